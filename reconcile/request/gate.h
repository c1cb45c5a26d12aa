/* SPDX-License-Identifier: MIT */
/* What governs an instance's requests from one pass to the next: its rate, and the time until which
 * it throttles us. Kept by whoever runs the passes. */
#pragma once

#include "reconcile/request/rate.h"

typedef struct Gate {
    Rate rate;
    uint64_t held_until_usec; /* monotonic: nothing is sent before */
} Gate;

/* 0 or -ENOMEM; `per_second` is limits.requests_per_second. */
int gate_init(Gate *gate, uint32_t per_second);
void gate_done(Gate *gate);

/* The first moment, not before now, at which another request may begin. */
uint64_t gate_open_usec(const Gate *gate, uint64_t now_usec);

/* Goes on where `old`, the gate of the same instance, leaves off; `old` is as good as new. */
void gate_take_over(Gate *gate, Gate *old);

/* Keeps it shut until then, unless it is shut for longer already. */
void gate_hold(Gate *gate, uint64_t until_usec);
