/* SPDX-License-Identifier: MIT */
/*
 * One request with its answer, sent again as the retry policy says (reconcile/request/attempts.h):
 * what getting a credential takes. Reads no body of a success. Each send takes a permit of the
 * route's limiter, and waits for one where there is none.
 */
#pragma once

#include <systemd/sd-event.h>

#include "config/config.h"
#include "daemon/http/client.h"
#include "daemon/roma/provider/route.h"
#include "daemon/roma/wire/response.h"
#include "reconcile/request/attempts.h"

/* `step` is not ATTEMPT_AGAIN; `http` and `err` are borrowed for the time of the call, `err` is set
 * unless it is ATTEMPT_DONE. It may begin the next request. */
typedef void (*RetryingRequestOnEnd)(void *userdata, AttemptStep step, const HttpAnswer *http,
                                     const Err *err);

/* Told when it waits for so long before the next attempt; `attempts` are those made. */
typedef void (*RetryingRequestOnWait)(void *userdata, uint64_t wait_usec, uint32_t attempts,
                                      const Err *err);

typedef struct RetryingRequest {
    Http *http;
    const Config *config;
    RetryingRequestOnEnd on_end;
    RetryingRequestOnWait on_wait;
    void *userdata;
    ResponseReader reader;
    sd_event_source *wait; /* for the next attempt */
    const Route *route;
    LimiterUser permits;
    LimiterPeer peer; /* who is asked */
    HttpTransfer *transfer;
    HttpRequest request;
    const char *doing;         /* for messages: "getting a token" */
    const Credential *secrets; /* what no message may repeat */
    Attempts attempts;
    uint64_t due_usec; /* monotonic: when its wait, the answer's time, or the longest time that a
                          permit may take to come (limits.pass_deadline) is over */
} RetryingRequest;

/* Everything is borrowed and outlives it; it stays where it is. 0, -ENOMEM, or sd-event's error;
 * retrying_request_done() in every case, from {0} on. */
int retrying_request_init(RetryingRequest *retrying, sd_event *event, Http *http,
                          const Config *config, const Route *route, RetryingRequestOnEnd on_end,
                          RetryingRequestOnWait on_wait, void *userdata);
void retrying_request_done(RetryingRequest *retrying);

/* Begins, while none is under way; all that is given is borrowed until the end. `doing` is for
 * messages ("getting a token"), which repeat nothing of `secrets` (NULL: none). on_end follows from
 * the event loop, never from within, unless an error of http_submit() is returned. */
int retrying_request_begin(RetryingRequest *retrying, const HttpRequest *request, const char *doing,
                           const Credential *secrets);

/* Ends it without on_end. */
void retrying_request_cancel(RetryingRequest *retrying);
