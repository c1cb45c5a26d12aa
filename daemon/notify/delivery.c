/* SPDX-License-Identifier: MIT */
#include "daemon/notify/delivery.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "daemon/base/clock.h"
#include "daemon/base/log.h"
#include "daemon/base/random.h"
#include "daemon/base/str.h"
#include "daemon/log/message_ids.h"
#include "daemon/notify/destination.h"
#include "daemon/notify/identifier.h"

#define DELIVERY_CONNECT_USEC (10 * USEC_PER_SEC)
#define DELIVERY_TIMEOUT_USEC (30 * USEC_PER_SEC)
#define DELIVERY_ANSWER_MAX (64U * 1024U)
#define DELIVERY_RETRY_AFTER_MAX 3600 /* seconds */
#define DELIVERY_STATE_RETRY_USEC USEC_PER_MINUTE

/* Under which the log keeps what it said. */
#define DELIVERY_SUBJECT "delivery"

/* ---- when ---- */

static void delivery_wake(Delivery *delivery, uint64_t in_usec)
{
    sd_event_source_set_time(delivery->timer, usec_add(clock_monotonic_usec(), in_usec));
    sd_event_source_set_enabled(delivery->timer, SD_EVENT_ONESHOT);
}

static int delivery_on_time(sd_event_source *source, uint64_t usec, void *userdata)
{
    (void)source;
    (void)usec;
    delivery_run(userdata);
    return 0;
}

static void delivery_put_off(Delivery *delivery, uint64_t in_usec)
{
    delivery->not_before_usec = usec_add(clock_monotonic_usec(), in_usec);
    delivery_wake(delivery, in_usec);
}

/* ---- what came of it ---- */

static void delivery_end(Delivery *delivery)
{
    delivery->transfer = NULL;
    store_outbox_notices_done(&delivery->under_way);
    secret_free(delivery->url);
    delivery->url = NULL;
}

static void delivery_log_failure(Delivery *delivery)
{
    const LogFields fields = {.message_id = MESSAGE_NOTICE};
    bool is_new = log_once_is_new(&delivery->log_once, DELIVERY_SUBJECT, delivery->error);

    log_event(is_new ? LOG_LEVEL_WARNING : LOG_LEVEL_DEBUG, &fields,
              "notify[%zu] (%s): a notice was not taken: %s; it is sent again", delivery->place,
              notifier_format_text(delivery->notifier->format), delivery->error);
}

/* The receiver, or the way to it: all notices wait. */
static void delivery_on_failure(Delivery *delivery, const char *why, uint64_t least_usec)
{
    uint64_t wait_usec = notice_backoff_usec(++delivery->failures);

    str_copy(delivery->error, sizeof(delivery->error), why);
    delivery->failed_usec = clock_realtime_usec();
    delivery_log_failure(delivery);
    delivery_put_off(delivery, wait_usec > least_usec ? wait_usec : least_usec);
}

/* The state cannot be read or written: what was sent may be sent again. */
static void delivery_on_state_failure(Delivery *delivery, const Err *err)
{
    if (log_once_is_new(&delivery->log_once, DELIVERY_SUBJECT, err->text))
        log_event(LOG_LEVEL_WARNING, &(LogFields){.message_id = MESSAGE_STATE},
                  "notify[%zu] (%s): notices wait: %s", delivery->place,
                  notifier_format_text(delivery->notifier->format), err->text);
    delivery_put_off(delivery, DELIVERY_STATE_RETRY_USEC);
}

static void delivery_on_taken(Delivery *delivery)
{
    const StoreNotice *notice = &delivery->under_way.items[0];
    Err err = {0};

    delivery->taken_usec = clock_realtime_usec();
    delivery->error[0] = '\0';
    delivery->failures = 0;
    delivery->not_before_usec = 0;
    if (notifier_kind_of(notice->kind) != NOTICE_KIND_COUNT)
        notice_window_note(&delivery->window, notice->created_usec);
    if (store_outbox_remove(delivery->store, notice->number, &err) < 0) {
        delivery_on_state_failure(delivery, &err);
        return;
    }
    if (log_once_forget(&delivery->log_once, DELIVERY_SUBJECT))
        log_event(LOG_LEVEL_NOTICE, &(LogFields){.message_id = MESSAGE_NOTICE},
                  "notify[%zu] (%s): notices are taken again", delivery->place,
                  notifier_format_text(delivery->notifier->format));
}

static uint64_t delivery_retry_after_usec(const HttpAnswer *answer)
{
    uint64_t seconds;

    if (answer->result != HTTP_ANSWERED ||
        str_parse_uint(http_answer_header(answer, "Retry-After"), UINT32_MAX, &seconds) < 0)
        return 0;
    return (seconds < DELIVERY_RETRY_AFTER_MAX ? seconds : DELIVERY_RETRY_AFTER_MAX) * USEC_PER_SEC;
}

static void delivery_on_answer(void *userdata, const HttpAnswer *answer)
{
    Delivery *delivery = userdata;
    char why[PAYLOAD_WHY_SIZE];
    bool was_taken =
        payload_was_taken(delivery->notifier->format, answer, secret_bytes(delivery->url), why);

    if (was_taken)
        delivery_on_taken(delivery);
    else
        delivery_on_failure(delivery, why, delivery_retry_after_usec(answer));
    delivery_end(delivery);
    delivery_run(delivery);
}

/* ---- sending ---- */

/* Takes the notice over. */
static int delivery_submit(Delivery *delivery, StoreNotices *notice, Err *err)
{
    HttpRequest request = {
        .method = "POST",
        .headers = delivery->headers,
        .header_count = ELEMENTS(delivery->headers),
        .connect_timeout_usec = DELIVERY_CONNECT_USEC,
        .timeout_usec = DELIVERY_TIMEOUT_USEC,
        .body_size_max = DELIVERY_ANSWER_MAX,
    };
    int r = destination_read(delivery->notifier, delivery->place, delivery->directory,
                             &delivery->url, err);

    if (r < 0)
        return r;
    delivery->under_way = *notice;
    *notice = (StoreNotices){0};
    delivery->headers[0] = payload_content_type(delivery->notifier->format);
    request.url = secret_bytes(delivery->url);
    request.plain_allowed = destination_is_plain(request.url);
    request.body = delivery->under_way.items[0].body;
    request.body_size = strlen(delivery->under_way.items[0].body);
    r = http_submit(delivery->http, &request, delivery_on_answer, delivery, &delivery->transfer);
    if (r < 0) {
        delivery_end(delivery);
        err_set(err, r, "%s", r == -ENOMEM ? "out of memory" : "its URL cannot be used");
    }
    return r;
}

/* Many become one. */
static int delivery_summarise(Delivery *delivery, uint64_t until_usec, Err *err)
{
    _cleanup_(store_outbox_notices_done) StoreNotices notices = {0};
    _cleanup_(note_text_done) NoteText text = {0};
    _cleanup_(buf_done) Buf body = {0};
    char id[STORE_NOTICE_ID_SIZE];
    const PayloadEvent event = {.id = id,
                                .kind = "summary",
                                .phase = "",
                                .subject = "",
                                .time_usec = clock_realtime_usec()};
    int r = store_outbox_list(delivery->store, delivery->key, until_usec, &notices, err);

    if (r < 0)
        return r;
    identifier_make(id);
    if (note_write_summary(&notices, event.time_usec, &text) < 0 ||
        payload_append(delivery->notifier->format, &event, &text, &body) < 0)
        return err_memory(err);
    return store_outbox_replace(
        delivery->store, delivery->key, until_usec,
        &(StoreNotice){.id = id, .kind = event.kind, .phase = "", .body = buf_text(&body)}, err);
}

static int delivery_give_up(Delivery *delivery, const StoreNotice *notice, Err *err)
{
    log_event(LOG_LEVEL_ERR, &(LogFields){.message_id = MESSAGE_NOTICE},
              "notify[%zu] (%s): a notice of a day ago was never taken and is dropped (%s %s%s%s)",
              delivery->place, notifier_format_text(delivery->notifier->format), notice->kind,
              notice->instance_name, notice->channel_name[0] ? "/" : "", notice->channel_name);
    return store_outbox_remove(delivery->store, notice->number, err);
}

/* 1: there may be more to do at once; 0: there is not; negative with the state's error, or that of
 * the receiver (`is_receiver`). */
static int delivery_step(Delivery *delivery, bool *is_receiver, Err *err)
{
    _cleanup_(store_outbox_notices_done) StoreNotices first = {0};
    uint64_t now_usec = store_outbox_now_usec(delivery->store), created_usec, end_usec;
    size_t count = 0;
    int r = store_outbox_first(delivery->store, delivery->key, &first, err);

    if (r <= 0)
        return r;
    created_usec = first.items[0].created_usec;
    if (now_usec > created_usec && now_usec - created_usec >= DELIVERY_USEC) {
        r = delivery_give_up(delivery, &first.items[0], err);
        return r < 0 ? r : 1;
    }
    end_usec = notice_window_end(&delivery->window, created_usec);
    r = store_outbox_count(delivery->store, delivery->key, end_usec, &count, err);
    if (r < 0)
        return r;
    assert(count > 0);
    switch (notice_window_turn(&delivery->window, created_usec, count, now_usec)) {
    case NOTICE_TURN_WAIT:
        delivery_wake(delivery, end_usec - now_usec);
        return 0;
    case NOTICE_TURN_SUMMARY:
        r = delivery_summarise(delivery, end_usec, err);
        return r < 0 ? r : 1;
    case NOTICE_TURN_ONE:
        break;
    }
    *is_receiver = true;
    return delivery_submit(delivery, &first, err);
}

void delivery_run(Delivery *delivery)
{
    uint64_t now_usec = clock_monotonic_usec();
    int r = 1;

    if (delivery->transfer || !delivery->store)
        return;
    if (now_usec < delivery->not_before_usec) {
        delivery_wake(delivery, delivery->not_before_usec - now_usec);
        return;
    }
    while (r > 0) {
        bool is_receiver = false;
        Err err = {0};

        r = delivery_step(delivery, &is_receiver, &err);
        if (r < 0 && is_receiver)
            delivery_on_failure(delivery, err.text, 0);
        else if (r < 0)
            delivery_on_state_failure(delivery, &err);
    }
}

/* ---- beginning and ending ---- */

char *delivery_make_key(const Notifier *notifier)
{
    Buf key = {0};

    buf_printf(&key, "%s %s", notifier_format_text(notifier->format), notifier->url_file);
    return buf_take(&key);
}

Delivery *delivery_new(sd_event *event, const Notifier *notifier)
{
    _cleanup_(delivery_freep) Delivery *delivery = calloc(1, sizeof(*delivery));

    if (!delivery)
        return NULL;
    delivery->key = delivery_make_key(notifier);
    if (!delivery->key || sd_event_add_time(event, &delivery->timer, CLOCK_MONOTONIC, 0,
                                            USEC_PER_MSEC, delivery_on_time, delivery) < 0)
        return NULL;
    sd_event_source_set_enabled(delivery->timer, SD_EVENT_OFF);
    return TAKE_PTR(delivery);
}

void delivery_free(Delivery *delivery)
{
    if (!delivery)
        return;
    if (delivery->transfer)
        http_cancel(delivery->transfer);
    delivery_end(delivery);
    sd_event_source_disable_unref(delivery->timer);
    log_once_done(&delivery->log_once);
    free(delivery->key);
    free(delivery);
}
