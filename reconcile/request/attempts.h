/* SPDX-License-Identifier: MIT */
/* A request that no pass asks for, but the credential that passes need: a login, the keys of the
 * metadata service. What its answers mean is what classify says of a read, and how often and when
 * it is sent again is the retry policy. */
#pragma once

#include "reconcile/ops.h"

typedef enum AttemptStep {
    ATTEMPT_DONE,    /* a 2xx */
    ATTEMPT_AGAIN,   /* the same is to be sent again after a delay */
    ATTEMPT_REFUSED, /* what it was sent with is not accepted (401): not to be sent again */
    ATTEMPT_FAILED,  /* for good, or after all attempts */
} AttemptStep;

/* Starts as {0} for each request. */
typedef struct Attempts {
    uint32_t count; /* answers so far */
} Attempts;

/*
 * Takes the next answer. `doing` says what failed: "getting a token"; `random` is any 64 bits.
 * *ret_delay_usec is set with ATTEMPT_AGAIN, `err` unless it is ATTEMPT_DONE.
 */
AttemptStep attempts_on_answer(Attempts *attempts, const Retry *policy, const Answer *answer,
                               const char *doing, uint64_t random, uint64_t *ret_delay_usec,
                               Err *err);
