/*
 * One request with its answer, sent again as the retry law says (reconcile/attempts.h): what
 * getting a credential takes. Reads no body of a success.
 */
#pragma once

#include <systemd/sd-event.h>

#include "config/config.h"
#include "daemon/http/http.h"
#include "daemon/roma/answer.h"
#include "reconcile/request/attempts.h"

/* `step` is not ATTEMPT_AGAIN; `http` and `err` are borrowed for the time of the call, `err` is set
 * unless it is ATTEMPT_DONE. It may begin the next request. */
typedef void (*ExchangeOnEnd)(void *userdata, AttemptStep step, const HttpAnswer *http,
                              const Err *err);

/* Told when it waits for so long before the next attempt; `attempts` are those made. */
typedef void (*ExchangeOnWait)(void *userdata, uint64_t wait_usec, uint32_t attempts,
                               const Err *err);

/* What is asked. Everything is borrowed until the end. */
typedef struct ExchangeRequest {
    HttpRequest http;
    const char *doing;         /* for messages: "getting a token" */
    const Credential *secrets; /* what no message may repeat */
} ExchangeRequest;

typedef struct Exchange {
    Http *http;
    const Config *config;
    ExchangeOnEnd on_end;
    ExchangeOnWait on_wait;
    void *userdata;
    AnswerReader reader;
    sd_event_source *wait; /* for the next attempt */
    HttpTransfer *transfer;
    ExchangeRequest request;
    Attempts attempts;
    uint64_t due_usec; /* monotonic: when its wait, or the answer's time, is over */
} Exchange;

/* Everything is borrowed and outlives it; it stays where it is. 0, -ENOMEM, or sd-event's error;
 * exchange_done() in every case, from {0} on. */
int exchange_init(Exchange *exchange, sd_event *event, Http *http, const Config *config,
                  ExchangeOnEnd on_end, ExchangeOnWait on_wait, void *userdata);
void exchange_done(Exchange *exchange);

/* Begins, while none is under way. on_end follows from the event loop, never from within, unless an
 * error of http_submit() is returned. */
int exchange_begin(Exchange *exchange, const ExchangeRequest *request);

/* Ends it without on_end. */
void exchange_cancel(Exchange *exchange);
