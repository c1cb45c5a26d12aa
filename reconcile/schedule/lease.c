/* SPDX-License-Identifier: MIT */
#include "reconcile/schedule/lease.h"

#include <assert.h>

/* Of the time to live, what counts. */
#define COUNTED_PERCENT 98
#define RENEWALS_PER_TTL 4

#define TO(state) (1U << LEASE_##state)

static const unsigned legal[] = {
    [LEASE_NONE] = TO(ASKED) | TO(OVER),
    [LEASE_ASKED] = TO(HELD) | TO(NONE) | TO(OVER),
    [LEASE_HELD] = TO(NONE) | TO(OVER),
    [LEASE_OVER] = 0,
};

static uint64_t lease_now_usec(const Lease *lease)
{
    return lease->ops->now_usec(lease->context);
}

static void lease_go(Lease *lease, LeaseState state)
{
    assert(legal[lease->state] & (1U << state));
    lease->state = state;
}

/* Wakes at its next try, or at its end where that comes first. */
static void lease_wake(const Lease *lease)
{
    uint64_t wake_usec = lease->next_usec;

    if (lease->state == LEASE_HELD && lease->end_usec < wake_usec)
        wake_usec = lease->end_usec;
    lease->ops->wake_at(lease->context, wake_usec);
}

static uint64_t lease_renewal_usec(const Lease *lease)
{
    uint64_t ttl_usec = lease->state == LEASE_HELD ? lease->ttl_usec : lease->wanted_usec;

    return ttl_usec / RENEWALS_PER_TTL;
}

static uint64_t lease_retry_usec(const Lease *lease)
{
    uint64_t retry_usec = LEASE_RETRY_USEC, most_usec = lease_renewal_usec(lease);

    for (uint32_t i = 1; i < lease->failures && retry_usec < most_usec; i++)
        retry_usec *= 2;
    return retry_usec < most_usec ? retry_usec : most_usec;
}

static void lease_lose(Lease *lease, const char *why)
{
    int64_t id = lease->id;

    lease_go(lease, LEASE_NONE);
    lease->id = 0;
    lease->is_renewing = false;
    lease->failures = 0;
    lease->next_usec = lease_now_usec(lease);
    lease->ops->revoke(lease->context, id);
    lease->ops->on_lost(lease->context, why);
    lease_wake(lease);
}

/* Asked before anything else, whatever has happened: time may have passed unseen. */
static void lease_look_at_clock(Lease *lease)
{
    if (lease->state == LEASE_HELD && lease_now_usec(lease) >= lease->end_usec)
        lease_lose(lease, "the lease of this host has ended without a renewal");
}

void lease_init(Lease *lease, const LeaseOps *ops, void *context, uint64_t wanted_usec)
{
    assert(wanted_usec > 0);
    *lease = (Lease){
        .ops = ops, .context = context, .wanted_usec = wanted_usec, .next_usec = USEC_NEVER};
}

void lease_begin(Lease *lease)
{
    assert(lease->state == LEASE_NONE);
    lease->next_usec = lease_now_usec(lease);
    lease_wake(lease);
}

static void lease_try(Lease *lease)
{
    uint64_t now_usec = lease_now_usec(lease), timeout_usec = lease_renewal_usec(lease);

    lease->next_usec = USEC_NEVER;
    lease->asked_usec = now_usec;
    if (lease->state == LEASE_HELD) {
        lease->is_renewing = true;
        lease_wake(lease);
        lease->ops->renew(lease->context, lease->id, timeout_usec);
        return;
    }
    lease_go(lease, LEASE_ASKED);
    lease_wake(lease);
    lease->ops->grant(lease->context, lease->wanted_usec, timeout_usec);
}

void lease_on_time(Lease *lease)
{
    lease_look_at_clock(lease);
    if (lease->next_usec <= lease_now_usec(lease))
        lease_try(lease);
    else
        lease_wake(lease);
}

/* The end and the next renewal, both from the moment before the request was sent. */
static void lease_extend(Lease *lease, uint64_t ttl_usec)
{
    lease->failures = 0;
    lease->ttl_usec = ttl_usec;
    lease->end_usec = lease->asked_usec + ttl_usec / 100 * COUNTED_PERCENT;
    lease->next_usec = lease->asked_usec + lease_renewal_usec(lease);
}

void lease_on_granted(Lease *lease, int64_t id, uint64_t ttl_usec)
{
    assert(lease->state == LEASE_ASKED);
    if (ttl_usec == 0) {
        lease_on_unanswered(lease);
        return;
    }
    lease_go(lease, LEASE_HELD);
    lease->id = id;
    lease_extend(lease, ttl_usec);
    lease_look_at_clock(lease);
    if (lease->state != LEASE_HELD)
        return;
    lease_wake(lease);
    lease->ops->on_held(lease->context);
}

void lease_on_renewed(Lease *lease, uint64_t ttl_usec)
{
    lease_look_at_clock(lease);
    if (lease->state != LEASE_HELD)
        return;
    assert(lease->is_renewing);
    lease->is_renewing = false;
    if (ttl_usec == 0) {
        lease_lose(lease, "etcd does not know the lease of this host any more");
        return;
    }
    lease_extend(lease, ttl_usec);
    lease_look_at_clock(lease);
    lease_wake(lease);
}

void lease_on_unanswered(Lease *lease)
{
    lease_look_at_clock(lease);
    if (lease->state == LEASE_ASKED)
        lease_go(lease, LEASE_NONE);
    else if (lease->state != LEASE_HELD || !lease->is_renewing)
        return;
    lease->is_renewing = false;
    lease->failures++;
    lease->next_usec = lease_now_usec(lease) + lease_retry_usec(lease);
    lease_wake(lease);
}

void lease_on_gone(Lease *lease)
{
    if (lease->state == LEASE_HELD)
        lease_lose(lease, "etcd does not know the lease of this host any more");
}

void lease_end(Lease *lease)
{
    int64_t id = lease->id;

    if (lease->state == LEASE_OVER)
        return;
    lease_go(lease, LEASE_OVER);
    lease->id = 0;
    lease->next_usec = USEC_NEVER;
    lease_wake(lease);
    lease->ops->revoke(lease->context, id);
}

bool lease_is_held(const Lease *lease)
{
    return lease->state == LEASE_HELD && lease_now_usec(lease) < lease->end_usec;
}

uint64_t lease_allows_usec(const Lease *lease, uint64_t timeout_usec)
{
    uint64_t least_usec =
        timeout_usec < LEASE_REQUEST_MIN_USEC ? timeout_usec : LEASE_REQUEST_MIN_USEC;
    uint64_t left_usec;

    if (!lease_is_held(lease))
        return 0;
    left_usec = lease->end_usec - lease_now_usec(lease);
    if (left_usec < least_usec)
        return 0;
    return left_usec < timeout_usec ? left_usec : timeout_usec;
}
