/* SPDX-License-Identifier: MIT */
/* A sliding window; a bucket would let twice the limit through in a second. */
#include "reconcile/request/throttle.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "daemon/base/clock.h"

/* Requests begun apart arrive closer together when the first is held up on the way. */
#define WINDOW_USEC (USEC_PER_SEC + 20 * USEC_PER_MSEC)

int throttle_init(Throttle *throttle, uint32_t per_second)
{
    *throttle = (Throttle){.limit = per_second};
    if (per_second == 0)
        return 0;
    throttle->begun = calloc(per_second, sizeof(*throttle->begun));
    return throttle->begun ? 0 : -ENOMEM;
}

void throttle_done(Throttle *throttle)
{
    free(throttle->begun);
    *throttle = (Throttle){0};
}

uint64_t throttle_next_usec(const Throttle *throttle, uint64_t now_usec)
{
    uint64_t next_usec = now_usec;

    assert(throttle->count <= throttle->limit);
    if (throttle->limit > 0 && throttle->count == throttle->limit)
        next_usec = throttle->begun[throttle->next] + WINDOW_USEC;
    if (throttle->held_until_usec > next_usec)
        next_usec = throttle->held_until_usec;
    return next_usec > now_usec ? next_usec : now_usec;
}

void throttle_note(Throttle *throttle, uint64_t now_usec)
{
    if (throttle->limit == 0)
        return;
    assert(throttle->begun && throttle->next < throttle->limit);
    throttle->begun[throttle->next] = now_usec;
    throttle->next = (throttle->next + 1) % throttle->limit;
    if (throttle->count < throttle->limit)
        throttle->count++;
}

void throttle_hold(Throttle *throttle, uint64_t until_usec)
{
    if (until_usec > throttle->held_until_usec)
        throttle->held_until_usec = until_usec;
}

void throttle_take_over(Throttle *throttle, Throttle *old)
{
    size_t oldest = old->count < old->limit ? 0 : old->next;

    throttle_hold(throttle, old->held_until_usec);
    throttle->peer = old->peer;
    for (size_t i = 0; i < old->count; i++)
        throttle_note(throttle, old->begun[(oldest + i) % old->limit]);
    old->held_until_usec = 0;
}
