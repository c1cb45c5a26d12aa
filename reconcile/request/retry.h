/* SPDX-License-Identifier: MIT */
/* The retry policy: how long to wait before a request is sent again. The first delay doubles with
 * each retry up to a cap; half of it is random (equal jitter), so that clients do not come back at
 * once; and a Retry-After of the service is waited for. */
#pragma once

#include "reconcile/request/classify.h"

/* A Retry-After is obeyed up to this much. */
#define RETRY_AFTER_MAX_USEC (5 * USEC_PER_MINUTE)

/* Half of d fixed and half random, where d = base x 2^n, capped; n = 0 before the first retry.
 * `random` is any 64 bits. */
uint64_t retry_delay_usec(uint64_t base_usec, uint64_t cap_usec, uint32_t n, uint64_t random);

/* The delay after an answer with that verdict: throttling has a longer base, and the delay does not
 * end before Retry-After. `n` and `random` as above. */
uint64_t retry_delay_after_usec(Verdict verdict, const Answer *answer, const Retry *policy,
                                uint32_t n, uint64_t random);
