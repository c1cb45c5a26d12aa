/* SPDX-License-Identifier: MIT */
/* A sliding window; a bucket would let twice the limit through in a second. */
#include "reconcile/request/rate.h"

#include <errno.h>
#include <stdlib.h>

#include "daemon/base/clock.h"

/* Requests begun apart arrive closer together when the first is held up on the way. */
#define WINDOW_USEC (USEC_PER_SEC + 20 * USEC_PER_MSEC)

int rate_init(Rate *rate, uint32_t per_second)
{
    *rate = (Rate){.limit = per_second};
    if (per_second == 0)
        return 0;
    rate->begun = calloc(per_second, sizeof(*rate->begun));
    return rate->begun ? 0 : -ENOMEM;
}

void rate_done(Rate *rate)
{
    free(rate->begun);
    *rate = (Rate){0};
}

uint64_t rate_next_usec(const Rate *rate, uint64_t now_usec)
{
    uint64_t free_at;

    if (rate->count < rate->limit || rate->limit == 0)
        return now_usec;
    free_at = rate->begun[rate->next] + WINDOW_USEC;
    return free_at > now_usec ? free_at : now_usec;
}

void rate_note(Rate *rate, uint64_t now_usec)
{
    if (rate->limit == 0)
        return;
    rate->begun[rate->next] = now_usec;
    rate->next = (rate->next + 1) % rate->limit;
    if (rate->count < rate->limit)
        rate->count++;
}

void rate_take_over(Rate *rate, const Rate *old)
{
    size_t oldest = old->count < old->limit ? 0 : old->next;

    for (size_t i = 0; i < old->count; i++)
        rate_note(rate, old->begun[(oldest + i) % old->limit]);
}
