/* SPDX-License-Identifier: MIT */
#include "daemon/fleet/etcd_watch.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/str.h"
#include "daemon/fleet/etcd_internal.h"

#define WATCH_CONNECT_USEC (5 * USEC_PER_SEC)

struct EtcdWatch {
    Etcd *etcd;
    size_t endpoint;
    Buf body;
    char url[ETCD_URL_SIZE];
    const char *headers[3];
    const EtcdWatchOps *ops;
    void *userdata;
    HttpTransfer *transfer;
    sd_event_source *wake; /* lines are taken from the loop, not from within libcurl */
    Buf lines;             /* what came, and was not taken yet */
    size_t taken;          /* of it */
    bool is_over, is_forgotten;
    bool *is_freed; /* of whoever calls back */
    char message[ETCD_MESSAGE_SIZE];
};

static void watch_wake(EtcdWatch *watch)
{
    sd_event_source_set_enabled(watch->wake, SD_EVENT_ONESHOT);
}

static void watch_give_up(EtcdWatch *watch, const char *why)
{
    watch->is_over = true;
    etcd_format_message(watch->etcd, watch->endpoint, why, watch->message);
    watch_wake(watch);
}

static bool watch_on_piece(void *userdata, const char *bytes, size_t size)
{
    EtcdWatch *watch = userdata;

    if (size > ETCD_ANSWER_SIZE_MAX - watch->lines.size)
        return false;
    buf_append(&watch->lines, bytes, size);
    watch_wake(watch);
    return buf_failed(&watch->lines) == 0;
}

static void watch_on_http(void *userdata, const HttpAnswer *http)
{
    EtcdWatch *watch = userdata;
    char why[64];

    watch->transfer = NULL;
    snprintf(why, sizeof(why), "HTTP %d to a watch", http->status);
    watch_give_up(watch, http->result == HTTP_ANSWERED ? why : http->message);
}

/* ---- what a line tells ---- */

static int watch_read_event(const Json *event, Arena *arena, EtcdEvent *ret_event, Err *err)
{
    const Json *type = json_find(event, "type");

    ret_event->is_delete = type && strcmp(json_as_text(type), "DELETE") == 0;
    if (type && !ret_event->is_delete && strcmp(json_as_text(type), "PUT") != 0)
        return err_set(err, -EPROTO, "etcd tells an event of an unknown type: %.64s",
                       json_as_text(type));
    return etcd_read_key(json_find(event, "kv"), arena, &ret_event->key, err);
}

/* False once the watch is freed by whoever was told. */
static bool watch_tell(EtcdWatch *watch, const EtcdEvent *events, size_t count, uint64_t revision)
{
    bool is_freed = false;

    watch->is_freed = &is_freed;
    watch->ops->on_events(watch->userdata, events, count, revision);
    if (!is_freed)
        watch->is_freed = NULL;
    return !is_freed;
}

/* Up to which revision everything has been told. What it begins with does not say so, nor does the
 * revision beside events, which is the newest of all, told or not. */
static int watch_read_revision(const Json *result, const EtcdEvent *events, size_t count,
                               uint64_t *ret_revision, Err *err)
{
    *ret_revision = count > 0 ? events[count - 1].key.changed : 0;
    if (json_is_true(json_find(result, "created")))
        return 0;
    if ((count == 0 &&
         etcd_read_number(json_find(json_find(result, "header"), "revision"), ret_revision) < 0) ||
        *ret_revision == 0)
        return err_set(err, -EPROTO, "etcd tells events without a revision");
    return 0;
}

static int watch_read_events(const Json *result, Arena *arena, EtcdEvent **ret_events,
                             size_t *ret_count, uint64_t *ret_revision, Err *err)
{
    const Json *list = json_find(result, "events");
    size_t count = json_length(list);

    *ret_count = count;
    *ret_events = arena_alloc(arena, (count + 1) * sizeof(**ret_events));
    if (!*ret_events)
        return err_memory(err);
    for (size_t i = 0; i < count; i++) {
        int r = watch_read_event(json_at(list, i), arena, &(*ret_events)[i], err);

        if (r < 0)
            return r;
    }
    return watch_read_revision(result, *ret_events, count, ret_revision, err);
}

/* The watch is over where the line says so, or cannot be understood. False once it is freed. */
static bool watch_take_result(EtcdWatch *watch, const Json *result)
{
    Arena arena = {0};
    EtcdEvent *events;
    uint64_t revision = 0, compacted = 0;
    size_t count;
    Err err = {0};
    bool goes_on = true;

    if (json_is_true(json_find(result, "canceled"))) {
        watch->is_forgotten =
            etcd_read_number(json_find(result, "compact_revision"), &compacted) == 0 &&
            compacted > 0;
        watch_give_up(watch, watch->is_forgotten
                                 ? "it has forgotten the changes since the last that were told"
                                 : json_as_text(json_find(result, "cancel_reason")));
        return true;
    }
    if (watch_read_events(result, &arena, &events, &count, &revision, &err) < 0)
        watch_give_up(watch, err.text);
    else
        goes_on = watch_tell(watch, events, count, revision);
    arena_done(&arena);
    return goes_on;
}

static bool watch_take_line(EtcdWatch *watch, const char *line, size_t size)
{
    _cleanup_(json_freep) Json *root = NULL;
    const Json *result;
    Err err = {0};

    if (json_parse(&watch->etcd->parser, line, size, &root, &err) < 0) {
        watch_give_up(watch, err.text);
        return true;
    }
    result = json_find(root, "result");
    if (json_is_object(result))
        return watch_take_result(watch, result);
    watch_give_up(watch, json_as_text(json_find(json_find(root, "error"), "message")));
    return true;
}

/* Takes the whole lines. False once it is freed. */
static bool watch_take_lines(EtcdWatch *watch)
{
    while (!watch->is_over || watch->transfer == NULL) {
        const char *start = buf_text(&watch->lines) + watch->taken;
        const char *end = memchr(start, '\n', watch->lines.size - watch->taken);

        if (!end || watch->is_forgotten)
            break;
        watch->taken += (size_t)(end - start) + 1;
        if (!watch_take_line(watch, start, (size_t)(end - start)))
            return false;
    }
    return true;
}

/* Forgets what was taken. */
static void watch_compact(EtcdWatch *watch)
{
    size_t left = watch->lines.size - watch->taken;

    if (watch->taken == 0)
        return;
    memmove(watch->lines.data, watch->lines.data + watch->taken, left + 1);
    watch->lines.size = left;
    watch->taken = 0;
}

static int watch_on_wake(sd_event_source *source, void *userdata)
{
    EtcdWatch *watch = userdata;

    (void)source;
    if (!watch_take_lines(watch))
        return 0;
    watch_compact(watch);
    if (watch->is_over)
        watch->ops->on_end(watch->userdata, watch->is_forgotten, watch->message);
    return 0;
}

/* ---- its life ---- */

static void watch_write_body(EtcdWatch *watch, const char *from, const char *to, uint64_t revision)
{
    EtcdTxn txn = {.writer = {.buf = &watch->body, .is_compact = true}};

    json_open_object(&txn.writer, NULL);
    json_open_object(&txn.writer, "create_request");
    etcd_txn_put_range(&txn, from, to);
    etcd_txn_put_number(&txn, "start_revision", revision);
    json_put_bool(&txn.writer, "progress_notify", true);
    json_close_object(&txn.writer);
    json_close_object(&txn.writer);
    buf_done(&txn.scratch);
}

static int watch_begin(EtcdWatch *watch, uint64_t duration_usec)
{
    HttpRequest request;
    int r = sd_event_add_defer(watch->etcd->event, &watch->wake, watch_on_wake, watch);

    if (r >= 0)
        r = sd_event_source_set_enabled(watch->wake, SD_EVENT_OFF);
    if (r >= 0)
        r = buf_failed(&watch->body);
    if (r < 0)
        return r;
    etcd_fill_request(watch->etcd, watch->endpoint, "watch", &watch->body, watch->url,
                      watch->headers, &request);
    /* Without it, a member that has lost its leader is silent for ever. */
    watch->headers[request.header_count++] = "Grpc-Metadata-hasleader: true";
    request.timeout_usec = duration_usec;
    request.connect_timeout_usec = WATCH_CONNECT_USEC;
    request.on_piece = watch_on_piece;
    return http_submit(watch->etcd->http, &request, watch_on_http, watch, &watch->transfer);
}

int etcd_watch_new(Etcd *etcd, size_t endpoint, const char *from, const char *to, uint64_t revision,
                   uint64_t duration_usec, const EtcdWatchOps *ops, void *userdata,
                   EtcdWatch **ret_watch)
{
    _cleanup_(etcd_watch_freep) EtcdWatch *watch = calloc(1, sizeof(*watch));
    int r;

    if (!watch)
        return -ENOMEM;
    watch->etcd = etcd;
    watch->endpoint = endpoint % etcd->settings->endpoint_count;
    watch->ops = ops;
    watch->userdata = userdata;
    watch_write_body(watch, from, to, revision);
    r = watch_begin(watch, duration_usec);
    if (r < 0)
        return r;
    *ret_watch = TAKE_PTR(watch);
    return 0;
}

void etcd_watch_free(EtcdWatch *watch)
{
    if (!watch)
        return;
    if (watch->is_freed)
        *watch->is_freed = true;
    if (watch->transfer)
        http_cancel(watch->transfer);
    sd_event_source_disable_unref(watch->wake);
    buf_done(&watch->lines);
    buf_done(&watch->body);
    free(watch);
}
