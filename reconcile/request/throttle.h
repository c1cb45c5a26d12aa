/* SPDX-License-Identifier: MIT */
/* When an instance may be sent its next request: at most limits.requests_per_second begin in any
 * one second, and none while the service throttles rosterd; where there is a limiter, none without
 * its permit. Whoever runs the passes keeps it from one pass to the next. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "reconcile/request/limiter.h"

typedef struct Throttle {
    uint64_t *begun; /* ring of the newest `limit` beginnings, monotonic */
    size_t limit;    /* 0: no limit */
    size_t next;     /* where the next one goes: the oldest stands there */
    size_t count;
    uint64_t held_until_usec; /* monotonic: the service throttles, nothing is sent before */
    Limiter *limiter;         /* of all instances, borrowed; NULL: none */
    LimiterPeer peer;         /* what it knows of the instance */
} Throttle;

/* 0 or -ENOMEM; `per_second` is limits.requests_per_second. */
int throttle_init(Throttle *throttle, uint32_t per_second);
void throttle_done(Throttle *throttle);

/* The first moment, not before now, at which another request may begin. Monotonic microseconds. */
uint64_t throttle_next_usec(const Throttle *throttle, uint64_t now_usec);

/* Notes that a request begins now. */
void throttle_note(Throttle *throttle, uint64_t now_usec);

/* Lets no request begin before then, unless it holds them for longer already. */
void throttle_hold(Throttle *throttle, uint64_t until_usec);

/* Goes on where `old`, of the same instance, leaves off: where the limits differ, with the newest
 * beginnings that fit. `old` holds nothing any more. */
void throttle_take_over(Throttle *throttle, Throttle *old);
