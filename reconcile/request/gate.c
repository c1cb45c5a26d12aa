/* SPDX-License-Identifier: MIT */
#include "reconcile/request/gate.h"

int gate_init(Gate *gate, uint32_t per_second)
{
    gate->held_until_usec = 0;
    return rate_init(&gate->rate, per_second);
}

void gate_done(Gate *gate)
{
    rate_done(&gate->rate);
}

uint64_t gate_open_usec(const Gate *gate, uint64_t now_usec)
{
    uint64_t open_usec = rate_next_usec(&gate->rate, now_usec);

    return gate->held_until_usec > open_usec ? gate->held_until_usec : open_usec;
}

void gate_hold(Gate *gate, uint64_t until_usec)
{
    if (until_usec > gate->held_until_usec)
        gate->held_until_usec = until_usec;
}

void gate_take_over(Gate *gate, Gate *old)
{
    gate_hold(gate, old->held_until_usec);
    rate_take_over(&gate->rate, &old->rate);
    old->held_until_usec = 0;
}
