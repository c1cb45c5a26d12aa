/* SPDX-License-Identifier: MIT */
#include "daemon/roma/provider/retrying_request.h"

#include "daemon/base/clock.h"
#include "daemon/base/random.h"

static void retrying_request_on_answer(void *userdata, const HttpAnswer *http);

static void retrying_request_give_up_permit(RetryingRequest *retrying)
{
    limiter_end(&retrying->permits);
    limiter_rest(&retrying->permits, false);
}

/* Sends, or stands in line for a permit. */
static int retrying_request_send(RetryingRequest *retrying)
{
    uint64_t now_usec = clock_monotonic_usec();
    int r;

    if (!limiter_take(&retrying->permits, false, now_usec)) {
        retrying->due_usec = now_usec + retrying->config->limits.pass_deadline_usec;
        return 0;
    }
    retrying->due_usec = now_usec + retrying->request.timeout_usec;
    r = http_submit(retrying->http, &retrying->request, retrying_request_on_answer, retrying,
                    &retrying->transfer);
    if (r < 0)
        retrying_request_give_up_permit(retrying);
    return r;
}

static void retrying_request_send_at(RetryingRequest *retrying, uint64_t monotonic_usec)
{
    sd_event_source_set_time(retrying->wait, monotonic_usec);
    sd_event_source_set_enabled(retrying->wait, SD_EVENT_ONESHOT);
}

static void retrying_request_wake(void *userdata)
{
    retrying_request_send_at(userdata, clock_monotonic_usec());
}

static void retrying_request_take(RetryingRequest *retrying, const Answer *answer,
                                  const HttpAnswer *http)
{
    Err err = {0};
    uint64_t delay_usec = 0;
    AttemptStep step = attempts_on_answer(&retrying->attempts, &retrying->config->retry, answer,
                                          retrying->doing, random_bits(), &delay_usec, &err);

    if (step != ATTEMPT_AGAIN) {
        retrying->on_end(retrying->userdata, step, http, &err);
        return;
    }
    retrying->due_usec = clock_monotonic_usec() + delay_usec;
    retrying_request_send_at(retrying, retrying->due_usec);
    retrying->on_wait(retrying->userdata, delay_usec, retrying->attempts.count, &err);
}

static void retrying_request_on_answer(void *userdata, const HttpAnswer *http)
{
    RetryingRequest *retrying = userdata;
    Answer answer;

    retrying->transfer = NULL;
    retrying->peer.is_silent = http->result != HTTP_ANSWERED;
    retrying_request_give_up_permit(retrying);
    response_read_plain(&retrying->reader, retrying->secrets, http, &answer);
    retrying_request_take(retrying, &answer, http);
}

/* A request that cannot be sent counts as an attempt that got no answer. */
static int retrying_request_on_wait(sd_event_source *source, uint64_t usec, void *userdata)
{
    static const HttpAnswer none = {.result = HTTP_NOT_SENT, .body = "", .message = ""};
    RetryingRequest *retrying = userdata;
    Answer answer = {.kind = ANSWER_NOT_SENT, .message = "out of memory"};

    (void)source;
    (void)usec;
    if (retrying_request_send(retrying) < 0)
        retrying_request_take(retrying, &answer, &none);
    return 0;
}

int retrying_request_init(RetryingRequest *retrying, sd_event *event, Http *http,
                          const Config *config, const Route *route, RetryingRequestOnEnd on_end,
                          RetryingRequestOnWait on_wait, void *userdata)
{
    int r;

    *retrying = (RetryingRequest){
        .http = http,
        .config = config,
        .route = route,
        .on_end = on_end,
        .on_wait = on_wait,
        .userdata = userdata,
    };
    r = response_reader_init(&retrying->reader);
    if (r >= 0)
        r = sd_event_add_time(event, &retrying->wait, CLOCK_MONOTONIC, 0, USEC_PER_MSEC,
                              retrying_request_on_wait, retrying);
    if (r >= 0)
        r = sd_event_source_set_enabled(retrying->wait, SD_EVENT_OFF);
    return r < 0 ? r : 0;
}

void retrying_request_done(RetryingRequest *retrying)
{
    retrying_request_cancel(retrying);
    sd_event_source_disable_unref(retrying->wait);
    retrying->wait = NULL;
    response_reader_done(&retrying->reader);
}

int retrying_request_begin(RetryingRequest *retrying, const HttpRequest *request, const char *doing,
                           const Credential *secrets)
{
    retrying->request = *request;
    retrying->doing = doing;
    retrying->secrets = secrets;
    retrying->attempts = (Attempts){0};
    limiter_join(retrying->route->limiter, &retrying->permits, &retrying->peer,
                 retrying_request_wake, retrying);
    return retrying_request_send(retrying);
}

void retrying_request_cancel(RetryingRequest *retrying)
{
    if (retrying->transfer)
        http_cancel(retrying->transfer);
    retrying->transfer = NULL;
    limiter_leave(&retrying->permits);
    if (retrying->wait)
        sd_event_source_set_enabled(retrying->wait, SD_EVENT_OFF);
}
