/* SPDX-License-Identifier: MIT */
#include "daemon/fleet/etcd.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/str.h"
#include "daemon/fleet/etcd_internal.h"
#include "daemon/json/json_writer.h"

/* Between a try at the last endpoint and one at the first again. */
#define ETCD_ROUND_USEC (250 * USEC_PER_MSEC)

/* What etcd says over its gateway to whoever shows a certificate with a common name, once it asks
 * for users: that a name is not taken from there. */
#define CN_TEXT "CommonName of client sending a request against gateway"

void etcd_call_wake_in(EtcdCall *call, uint64_t delay_usec)
{
    sd_event_source_set_time(call->timer, clock_monotonic_usec() + delay_usec);
    sd_event_source_set_enabled(call->timer, SD_EVENT_ONESHOT);
}

/* ---- turns ---- */

/* A lease does not wait behind whatever else is asked for. */
static bool call_has_turn(const EtcdCall *call)
{
    return call->etcd->under_way < ETCD_CALLS_MAX || call->is_login ||
           str_has_prefix(call->path, "lease/");
}

/* A try is over: whoever has waited the longest is next. */
static void etcd_end_try(Etcd *etcd)
{
    EtcdCall *oldest = NULL;

    assert(etcd->under_way > 0);
    etcd->under_way--;
    for (EtcdCall *call = etcd->calls; call; call = call->next) {
        if (call->waits_for_turn)
            oldest = call;
    }
    if (!oldest)
        return;
    oldest->waits_for_turn = false;
    etcd_call_wake_in(oldest, 0);
}

/* ---- the end of a call ---- */

static void call_unlink(EtcdCall *call)
{
    if (call->previous)
        call->previous->next = call->next;
    else
        call->etcd->calls = call->next;
    if (call->next)
        call->next->previous = call->previous;
}

static void call_free(EtcdCall *call)
{
    if (call->transfer) {
        http_cancel(call->transfer);
        etcd_end_try(call->etcd);
    }
    if (call->etcd->login == call)
        call->etcd->login = NULL;
    sd_event_source_disable_unref(call->timer);
    call_unlink(call);
    buf_done(&call->body);
    free(call);
}

static void call_end(EtcdCall *call, EtcdResult result, int code, const Json *root)
{
    EtcdOnAnswer callback = call->callback;
    void *userdata = call->userdata;
    char message[ETCD_MESSAGE_SIZE] = "";
    const EtcdAnswer answer = {.result = result, .root = root, .code = code, .message = message};

    if (result != ETCD_ANSWERED)
        str_copy(message, sizeof(message),
                 call->message[0] ? call->message : "etcd was not asked in time");
    call_free(call);
    callback(userdata, &answer);
}

void etcd_cancel(EtcdCall *call)
{
    call_free(call);
}

/* ---- tries ---- */

static void call_note(EtcdCall *call, const char *why)
{
    etcd_format_message(call->etcd, call->endpoint, why, call->message);
}

/* At the next endpoint; after the last one a moment later at the first. */
static void call_try_next(EtcdCall *call)
{
    size_t count = call->etcd->settings->endpoint_count, next = (call->endpoint + 1) % count;

    if (call->etcd->first == call->endpoint)
        call->etcd->first = next; /* for whoever begins a call now */
    call->tries++;
    call->endpoint = next;
    if (clock_monotonic_usec() >= call->due_usec)
        call_end(call, ETCD_UNANSWERED, 0, NULL);
    else
        etcd_call_wake_in(call, call->tries % count == 0 ? ETCD_ROUND_USEC : 0);
}

/* ---- what came ---- */

static void call_refuse(EtcdCall *call, int code, const char *why)
{
    call_note(call, why);
    call_end(call, ETCD_REFUSED, code, NULL);
}

/* The token has lapsed: it logs in once more and asks again, once. */
static bool call_can_be_let_in(const EtcdCall *call, int code)
{
    return code == ETCD_CODE_UNAUTHENTICATED && !call->is_login && !call->was_let_in &&
           call->etcd->settings->user;
}

static void call_on_error(EtcdCall *call, const HttpAnswer *http)
{
    _cleanup_(json_freep) Json *root = NULL;
    Err err = {0};
    char why[ETCD_MESSAGE_SIZE];
    int64_t code = 0;

    if (memmem(http->body, http->body_size, CN_TEXT, strlen(CN_TEXT))) {
        call_refuse(call, 0,
                    "it takes no certificate with a common name while it asks for users: issue one "
                    "for rosterd with subject alternative names alone, and no CN");
        return;
    }
    if (json_parse(&call->etcd->parser, http->body, http->body_size, &root, &err) < 0) {
        snprintf(why, sizeof(why), "HTTP %d without an error of etcd: is it etcd 3.4 or newer?",
                 http->status);
        call_refuse(call, 0, why);
        return;
    }
    if (json_get_integer(json_find(root, "code"), 0, INT32_MAX, &code) < 0)
        code = 0;
    if (call_can_be_let_in(call, (int)code)) {
        call->was_let_in = true;
        buf_reset(&call->etcd->authorization);
        etcd_call_wake_in(call, 0);
        return;
    }
    snprintf(why, sizeof(why), "%.300s", json_as_text(json_find(root, "message")));
    if (why[0] == '\0')
        snprintf(why, sizeof(why), "HTTP %d", http->status);
    call_refuse(call, (int)code, why);
}

static void call_on_whole(EtcdCall *call, const HttpAnswer *http)
{
    _cleanup_(json_freep) Json *root = NULL;
    Err err = {0};

    if (json_parse(&call->etcd->parser, http->body, http->body_size, &root, &err) < 0) {
        call_note(call, err.text);
        call_try_next(call);
        return;
    }
    call->etcd->first = call->endpoint;
    call_end(call, ETCD_ANSWERED, 0, root);
}

static void call_on_http(void *userdata, const HttpAnswer *http)
{
    EtcdCall *call = userdata;
    char why[64];

    call->transfer = NULL;
    etcd_end_try(call->etcd);
    if (http->result == HTTP_ANSWERED && http->status == 200) {
        call_on_whole(call, http);
    } else if (http->result == HTTP_ANSWERED && http->status / 100 == 4) {
        call_on_error(call, http);
    } else if (http->result == HTTP_ANSWERED) {
        snprintf(why, sizeof(why), "HTTP %d", http->status);
        call_note(call, why);
        call_try_next(call);
    } else if (http->result == HTTP_TOO_BIG) {
        call_refuse(call, ETCD_CODE_EXHAUSTED, http->message);
    } else {
        call_note(call, http->message);
        call_try_next(call);
    }
}

static int call_submit(EtcdCall *call)
{
    uint64_t left_usec = call->due_usec - clock_monotonic_usec();
    HttpRequest request;
    int r;

    etcd_fill_request(call->etcd, call->endpoint, call->path, &call->body, call->url, call->headers,
                      &request);
    request.timeout_usec = left_usec < call->try_usec ? left_usec : call->try_usec;
    request.connect_timeout_usec = request.timeout_usec;
    r = http_submit(call->etcd->http, &request, call_on_http, call, &call->transfer);
    if (r >= 0)
        call->etcd->under_way++;
    return r;
}

/* ---- their beginning ---- */

static void call_begin_try(EtcdCall *call)
{
    bool has_token = call->etcd->authorization.size > 0;
    int r;

    if (call->was_turned_away || clock_monotonic_usec() >= call->due_usec) {
        call_end(call, call->was_turned_away ? ETCD_REFUSED : ETCD_UNANSWERED, 0, NULL);
        return;
    }
    if (!call_has_turn(call)) {
        call->waits_for_turn = true;
        etcd_call_wake_in(call, call->due_usec - clock_monotonic_usec());
        return;
    }
    if (call->tries == 0)
        call->endpoint = call->etcd->first;
    r = call->etcd->settings->user && !has_token && !call->is_login ? etcd_call_await_login(call)
                                                                    : call_submit(call);
    if (r < 0) {
        call->waits_for_login = false;
        call_note(call, r == -EINVAL ? "its address or a file of its settings cannot be used"
                                     : "out of memory");
        call_try_next(call);
    }
}

static int call_on_time(sd_event_source *source, uint64_t usec, void *userdata)
{
    (void)source;
    (void)usec;
    call_begin_try(userdata);
    return 0;
}

/* ---- calls ---- */

/* Where there are several endpoints, one that hangs leaves time for another. */
static uint64_t call_try_usec(const Etcd *etcd, uint64_t timeout_usec)
{
    uint64_t most_usec = etcd->settings->endpoint_count > 1 ? timeout_usec / 2 : timeout_usec;

    return most_usec < ETCD_TRY_USEC ? most_usec : ETCD_TRY_USEC;
}

int etcd_call(Etcd *etcd, const char *path, const Buf *body, uint64_t timeout_usec,
              EtcdOnAnswer callback, void *userdata, EtcdCall **ret_call)
{
    EtcdCall *call = calloc(1, sizeof(*call));
    int r;

    if (!call)
        return -ENOMEM;
    call->etcd = etcd;
    call->callback = callback;
    call->userdata = userdata;
    call->due_usec = clock_monotonic_usec() + timeout_usec;
    call->try_usec = call_try_usec(etcd, timeout_usec);
    call->body.is_secret = body->is_secret;
    str_copy(call->path, sizeof(call->path), path);
    buf_append(&call->body, body->data, body->size);
    r = sd_event_add_time(etcd->event, &call->timer, CLOCK_MONOTONIC, 0, 1, call_on_time, call);
    if (r < 0 || buf_failed(&call->body) < 0) {
        sd_event_source_disable_unref(call->timer);
        buf_done(&call->body);
        free(call);
        return r < 0 ? r : -ENOMEM;
    }
    call->next = etcd->calls;
    if (call->next)
        call->next->previous = call;
    etcd->calls = call;
    if (ret_call)
        *ret_call = call;
    return 0;
}

int etcd_new(sd_event *event, Http *http, const EtcdSettings *settings, Etcd **ret_etcd)
{
    Etcd *etcd = calloc(1, sizeof(*etcd));

    assert(settings->endpoint_count > 0 && settings->endpoint_count <= ETCD_ENDPOINTS_MAX);
    if (!etcd || json_parser_init(&etcd->parser) < 0) {
        free(etcd);
        return -ENOMEM;
    }
    etcd->event = sd_event_ref(event);
    etcd->http = http;
    etcd->settings = settings;
    etcd->authorization.is_secret = true;
    *ret_etcd = etcd;
    return 0;
}

void etcd_free(Etcd *etcd)
{
    if (!etcd)
        return;
    while (etcd->calls)
        call_free(etcd->calls);
    json_parser_done(&etcd->parser);
    buf_done(&etcd->authorization);
    sd_event_unref(etcd->event);
    free(etcd);
}

size_t etcd_get_endpoint(const Etcd *etcd)
{
    return etcd->first;
}
