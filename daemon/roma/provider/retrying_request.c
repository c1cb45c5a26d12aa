/* SPDX-License-Identifier: MIT */
#include "daemon/roma/provider/retrying_request.h"

#include "daemon/base/clock.h"
#include "daemon/base/random.h"

static void retrying_request_on_answer(void *userdata, const HttpAnswer *http);

static int retrying_request_send(RetryingRequest *exchange)
{
    exchange->due_usec = clock_monotonic_usec() + exchange->request.http.timeout_usec;
    return http_submit(exchange->http, &exchange->request.http, retrying_request_on_answer,
                       exchange, &exchange->transfer);
}

static void retrying_request_take(RetryingRequest *exchange, const Answer *answer,
                                  const HttpAnswer *http)
{
    Err err = {0};
    uint64_t delay_usec = 0;
    AttemptStep step =
        attempts_on_answer(&exchange->attempts, &exchange->config->retry, answer,
                           exchange->request.doing, random_bits(), &delay_usec, &err);

    if (step != ATTEMPT_AGAIN) {
        exchange->on_end(exchange->userdata, step, http, &err);
        return;
    }
    exchange->due_usec = clock_monotonic_usec() + delay_usec;
    sd_event_source_set_time(exchange->wait, exchange->due_usec);
    sd_event_source_set_enabled(exchange->wait, SD_EVENT_ONESHOT);
    exchange->on_wait(exchange->userdata, delay_usec, exchange->attempts.count, &err);
}

static void retrying_request_on_answer(void *userdata, const HttpAnswer *http)
{
    RetryingRequest *exchange = userdata;
    Answer answer;

    exchange->transfer = NULL;
    response_read_plain(&exchange->reader, exchange->request.secrets, http, &answer);
    retrying_request_take(exchange, &answer, http);
}

/* What cannot even be sent is one more attempt without an answer. */
static int retrying_request_on_wait(sd_event_source *source, uint64_t usec, void *userdata)
{
    static const HttpAnswer none = {.result = HTTP_NOT_SENT, .body = "", .message = ""};
    RetryingRequest *exchange = userdata;
    Answer answer = {.kind = ANSWER_NOT_SENT, .message = "out of memory"};

    (void)source;
    (void)usec;
    if (retrying_request_send(exchange) < 0)
        retrying_request_take(exchange, &answer, &none);
    return 0;
}

int retrying_request_init(RetryingRequest *exchange, sd_event *event, Http *http,
                          const Config *config, RetryingRequestOnEnd on_end,
                          RetryingRequestOnWait on_wait, void *userdata)
{
    int r;

    *exchange = (RetryingRequest){
        .http = http,
        .config = config,
        .on_end = on_end,
        .on_wait = on_wait,
        .userdata = userdata,
    };
    r = response_reader_init(&exchange->reader);
    if (r >= 0)
        r = sd_event_add_time(event, &exchange->wait, CLOCK_MONOTONIC, 0, USEC_PER_MSEC,
                              retrying_request_on_wait, exchange);
    if (r >= 0)
        r = sd_event_source_set_enabled(exchange->wait, SD_EVENT_OFF);
    return r < 0 ? r : 0;
}

void retrying_request_done(RetryingRequest *exchange)
{
    retrying_request_cancel(exchange);
    sd_event_source_disable_unref(exchange->wait);
    exchange->wait = NULL;
    response_reader_done(&exchange->reader);
}

int retrying_request_begin(RetryingRequest *exchange, const RetryingRequestInput *request)
{
    exchange->request = *request;
    exchange->attempts = (Attempts){0};
    return retrying_request_send(exchange);
}

void retrying_request_cancel(RetryingRequest *exchange)
{
    if (exchange->transfer)
        http_cancel(exchange->transfer);
    exchange->transfer = NULL;
    if (exchange->wait)
        sd_event_source_set_enabled(exchange->wait, SD_EVENT_OFF);
}
