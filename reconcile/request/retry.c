/* SPDX-License-Identifier: MIT */
#include "reconcile/request/retry.h"

#include "daemon/base/clock.h"

uint64_t retry_delay_usec(uint64_t base_usec, uint64_t cap_usec, uint32_t n, uint64_t random)
{
    uint64_t delay = base_usec < cap_usec ? base_usec : cap_usec;
    uint64_t half;

    for (; n > 0 && delay < cap_usec; n--)
        delay = delay > cap_usec / 2 ? cap_usec : delay * 2;
    half = delay / 2;
    return delay - half + (half ? random % (half + 1) : 0);
}

uint64_t retry_delay_after_usec(Verdict verdict, const Answer *answer, const Retry *policy,
                                uint32_t n, uint64_t random)
{
    uint64_t base_usec = verdict == VERDICT_RETRY ? policy->base_usec : policy->throttle_base_usec;
    uint64_t after_usec = answer->has_retry_after ? answer->retry_after_usec : 0;
    uint64_t delay_usec = retry_delay_usec(base_usec, policy->cap_usec, n, random);

    if (after_usec > RETRY_AFTER_MAX_USEC)
        after_usec = RETRY_AFTER_MAX_USEC;
    return delay_usec < after_usec ? after_usec : delay_usec;
}
