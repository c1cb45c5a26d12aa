/* SPDX-License-Identifier: MIT */
#include "reconcile/request/retry.h"

uint64_t retry_delay_usec(uint64_t base_usec, uint64_t cap_usec, uint32_t n, uint64_t random)
{
    uint64_t delay = base_usec < cap_usec ? base_usec : cap_usec;
    uint64_t half;

    for (; n > 0 && delay < cap_usec; n--)
        delay = delay > cap_usec / 2 ? cap_usec : delay * 2;
    half = delay / 2;
    return delay - half + (half ? random % (half + 1) : 0);
}
