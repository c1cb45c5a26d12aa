/* SPDX-License-Identifier: MIT */
/* The lease of a host: from when to when it counts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "reconcile/schedule/lease.h"

#define TTL (60 * USEC_PER_SEC)

typedef struct Host {
    Lease lease;
    uint64_t now_usec, wake_usec;
    uint64_t renewal_usec; /* what the last renewal was given */
    const char *why;       /* it was lost */
    size_t grants, renewals, held, lost;
    int64_t revoked;
} Host;

static uint64_t now_usec(void *context)
{
    return ((Host *)context)->now_usec;
}

static void wake_at(void *context, uint64_t usec)
{
    ((Host *)context)->wake_usec = usec;
}

static void grant(void *context, uint64_t ttl_usec, uint64_t timeout_usec)
{
    assert_int_equal(ttl_usec, TTL);
    assert_int_equal(timeout_usec, TTL / 4);
    ((Host *)context)->grants++;
}

static void renew(void *context, int64_t id, uint64_t timeout_usec)
{
    assert_int_equal(id, ((Host *)context)->lease.id);
    ((Host *)context)->renewal_usec = timeout_usec;
    ((Host *)context)->renewals++;
}

static void revoke(void *context, int64_t id)
{
    ((Host *)context)->revoked = id;
}

static void on_held(void *context)
{
    ((Host *)context)->held++;
}

static void on_lost(void *context, const char *why)
{
    ((Host *)context)->why = why;
    ((Host *)context)->lost++;
}

static const LeaseOps ops = {.now_usec = now_usec,
                             .wake_at = wake_at,
                             .grant = grant,
                             .renew = renew,
                             .revoke = revoke,
                             .on_held = on_held,
                             .on_lost = on_lost};

/* A host that asks for its lease at this moment. */
static void host_init(Host *host)
{
    *host = (Host){.now_usec = USEC_PER_DAY};
    lease_init(&host->lease, &ops, host, TTL);
    lease_begin(&host->lease);
    assert_int_equal(host->wake_usec, host->now_usec);
    lease_on_time(&host->lease);
    assert_int_equal(host->grants, 1);
    assert_int_equal(host->wake_usec, USEC_NEVER);
}

static void host_wait(Host *host, uint64_t usec)
{
    host->now_usec += usec;
    if (host->wake_usec > host->now_usec)
        return;
    host->wake_usec = USEC_NEVER; /* a timer fires once */
    lease_on_time(&host->lease);
}

static void test_it_counts_from_before_the_question(void **state)
{
    Host host;

    (void)state;
    host_init(&host);
    host_wait(&host, 10 * USEC_PER_SEC);
    lease_on_granted(&host.lease, 7, TTL);
    assert_int_equal(host.lease.end_usec, USEC_PER_DAY + TTL / 100 * 98);
    assert_int_equal(host.wake_usec, USEC_PER_DAY + TTL / 4);
    assert_int_equal(host.held, 1);
}

static void test_the_time_that_etcd_names_counts(void **state)
{
    Host host;

    (void)state;
    host_init(&host);
    lease_on_granted(&host.lease, 7, 2 * TTL);
    assert_int_equal(host.lease.end_usec, USEC_PER_DAY + 2 * TTL / 100 * 98);
    assert_int_equal(host.wake_usec, USEC_PER_DAY + 2 * TTL / 4);
    host_wait(&host, 2 * TTL / 4);
    assert_int_equal(host.renewal_usec, 2 * TTL / 4);
    lease_on_renewed(&host.lease, TTL);
    assert_int_equal(host.lease.end_usec, host.now_usec + TTL / 100 * 98);
}

/* Between renewals it wakes for the end, and a timer that comes early for the rest of its time. */
static void test_it_wakes_for_what_comes_first(void **state)
{
    Host host;

    (void)state;
    host_init(&host);
    lease_on_granted(&host.lease, 7, TTL);
    host.now_usec += TTL / 4 - 1;
    host.wake_usec = USEC_NEVER;
    lease_on_time(&host.lease);
    assert_int_equal(host.renewals, 0);
    assert_int_equal(host.wake_usec, host.now_usec + 1);
    host_wait(&host, 1);
    assert_int_equal(host.renewals, 1);
    assert_int_equal(host.wake_usec, host.lease.end_usec); /* while no answer comes */
    host.now_usec = host.lease.end_usec - 1;
    assert_true(lease_is_held(&host.lease));
    lease_on_time(&host.lease);
    assert_int_equal(host.lost, 0);
    host.now_usec++;
    assert_false(lease_is_held(&host.lease));
    host_wait(&host, 0);
    assert_int_equal(host.lost, 1);
    assert_string_equal(host.why, "the lease of this host has ended without a renewal");
    assert_int_equal(host.grants, 2); /* another one is asked for at once */
    assert_int_equal(host.wake_usec, USEC_NEVER);
}

/* A grant that came so late that it is over, and no news of an old one. */
static void test_what_comes_too_late_is_nothing(void **state)
{
    Host host;

    (void)state;
    host_init(&host);
    host.now_usec += TTL / 100 * 98;
    lease_on_granted(&host.lease, 7, TTL);
    assert_int_equal(host.held, 0);
    assert_int_equal(host.revoked, 7);
    assert_int_equal(host.wake_usec, host.now_usec);
    host_wait(&host, 0);
    assert_int_equal(host.grants, 2);
    host.now_usec += TTL / 100 * 98 - 1;
    lease_on_granted(&host.lease, 8, TTL);
    assert_int_equal(host.held, 1);
    lease_on_unanswered(&host.lease); /* no renewal is under way */
    assert_int_equal(host.lease.failures, 0);
    assert_true(host.wake_usec <= host.now_usec + 1);
}

static void test_a_renewal_fails_once(void **state)
{
    Host host;

    (void)state;
    host_init(&host);
    lease_on_granted(&host.lease, 7, TTL);
    host_wait(&host, TTL / 4);
    lease_on_unanswered(&host.lease);
    lease_on_unanswered(&host.lease);
    assert_int_equal(host.lease.failures, 1);
    host_wait(&host, LEASE_RETRY_USEC);
    host.now_usec = host.lease.end_usec; /* which the timer has not told yet */
    lease_on_unanswered(&host.lease);
    assert_int_equal(host.lost, 1);
    assert_int_equal(host.wake_usec, host.now_usec);
    /* Nor does one that was answered, nor that of a lease before. */
    host_wait(&host, 0);
    lease_on_granted(&host.lease, 8, TTL);
    lease_on_unanswered(&host.lease);
    assert_int_equal(host.lease.failures, 0);
    host_wait(&host, TTL / 4);
    lease_on_renewed(&host.lease, TTL);
    lease_on_unanswered(&host.lease);
    assert_int_equal(host.lease.failures, 0);
    host_wait(&host, TTL / 4);
    lease_on_gone(&host.lease);
    host_wait(&host, 0);
    lease_on_granted(&host.lease, 9, TTL);
    lease_on_unanswered(&host.lease);
    assert_int_equal(host.lease.failures, 0);
}

static void test_one_that_etcd_has_forgotten_is_lost(void **state)
{
    Host host;

    (void)state;
    host_init(&host);
    lease_on_gone(&host.lease);
    assert_int_equal(host.lost, 0);
    lease_on_granted(&host.lease, 7, TTL);
    lease_on_gone(&host.lease);
    assert_int_equal(host.lost, 1);
    assert_string_equal(host.why, "etcd does not know the lease of this host any more");
    assert_int_equal(host.revoked, 7);
    assert_int_equal(host.lease.id, 0);
    assert_int_equal(host.wake_usec, host.now_usec);
    assert_false(lease_is_held(&host.lease));
}

/* Tries go to a quarter of the time to live apart, no farther; a lost lease begins anew. */
static void test_tries_come_no_rarer_than_renewals(void **state)
{
    Host host;

    (void)state;
    host_init(&host);
    for (uint64_t wait_sec = 1; wait_sec <= 8; wait_sec *= 2) {
        lease_on_unanswered(&host.lease);
        assert_int_equal(host.wake_usec, host.now_usec + wait_sec * USEC_PER_SEC);
        host_wait(&host, wait_sec * USEC_PER_SEC);
    }
    lease_on_unanswered(&host.lease);
    assert_int_equal(host.wake_usec, host.now_usec + TTL / 4);
    host_wait(&host, TTL / 4);
    lease_on_granted(&host.lease, 7, TTL);
    host_wait(&host, TTL / 4);
    lease_on_unanswered(&host.lease);
    assert_int_equal(host.wake_usec, host.now_usec + LEASE_RETRY_USEC);
    lease_on_gone(&host.lease);
    host_wait(&host, 0);
    lease_on_unanswered(&host.lease);
    assert_int_equal(host.wake_usec, host.now_usec + LEASE_RETRY_USEC);
}

static void test_a_renewal_whose_answer_comes_after_the_end_is_too_late(void **state)
{
    Host host;

    (void)state;
    host_init(&host);
    lease_on_granted(&host.lease, 7, TTL);
    host_wait(&host, TTL / 4);
    assert_int_equal(host.renewals, 1);
    host.now_usec = host.lease.end_usec;
    lease_on_renewed(&host.lease, TTL);
    assert_int_equal(host.lost, 1);
    assert_int_equal(host.revoked, 7);
    assert_false(lease_is_held(&host.lease));
}

static void test_a_machine_that_slept_has_lost_it(void **state)
{
    Host host;

    (void)state;
    host_init(&host);
    lease_on_granted(&host.lease, 7, TTL);
    host.now_usec += USEC_PER_HOUR;
    assert_false(lease_is_held(&host.lease));
    assert_int_equal(lease_allows_usec(&host.lease, USEC_PER_SEC), 0);
    lease_on_time(&host.lease);
    assert_int_equal(host.lost, 1);
    assert_int_equal(host.grants, 2);
}

static void test_no_time_to_live_is_a_loss(void **state)
{
    Host host;

    (void)state;
    host_init(&host);
    lease_on_granted(&host.lease, 7, 0);
    assert_int_equal(host.held, 0);
    assert_int_equal(host.wake_usec, host.now_usec + LEASE_RETRY_USEC);
    host_wait(&host, LEASE_RETRY_USEC);
    lease_on_granted(&host.lease, 8, TTL);
    host_wait(&host, TTL / 4);
    lease_on_renewed(&host.lease, 0);
    assert_int_equal(host.lost, 1);
    assert_string_equal(host.why, "etcd does not know the lease of this host any more");
    assert_int_equal(host.revoked, 8);
}

static void test_it_asks_once_a_quarter_and_soon_again_without_an_answer(void **state)
{
    Host host;

    (void)state;
    host_init(&host);
    lease_on_granted(&host.lease, 7, TTL);
    for (size_t i = 1; i <= 8; i++) {
        host_wait(&host, TTL / 4);
        assert_int_equal(host.renewals, i);
        lease_on_renewed(&host.lease, TTL);
    }
    host_wait(&host, TTL / 4);
    lease_on_unanswered(&host.lease);
    assert_int_equal(host.wake_usec, host.now_usec + LEASE_RETRY_USEC);
    host_wait(&host, LEASE_RETRY_USEC);
    lease_on_unanswered(&host.lease);
    assert_int_equal(host.wake_usec, host.now_usec + 2 * LEASE_RETRY_USEC);
    host_wait(&host, 2 * LEASE_RETRY_USEC);
    lease_on_renewed(&host.lease, TTL);
    assert_int_equal(host.lost, 0);
    assert_int_equal(host.renewals, 11);
}

static void test_a_change_needs_time_for_its_answer(void **state)
{
    Host host;

    (void)state;
    host_init(&host);
    assert_int_equal(lease_allows_usec(&host.lease, TTL), 0);
    lease_on_granted(&host.lease, 7, TTL);
    assert_int_equal(lease_allows_usec(&host.lease, 20 * USEC_PER_SEC), 20 * USEC_PER_SEC);
    assert_int_equal(lease_allows_usec(&host.lease, TTL), TTL / 100 * 98);
    host.now_usec = host.lease.end_usec - LEASE_REQUEST_MIN_USEC;
    assert_int_equal(lease_allows_usec(&host.lease, TTL), LEASE_REQUEST_MIN_USEC);
    host.now_usec++;
    assert_int_equal(lease_allows_usec(&host.lease, TTL), 0);
    assert_int_equal(lease_allows_usec(&host.lease, USEC_PER_SEC), USEC_PER_SEC);
    host.now_usec = host.lease.end_usec;
    assert_int_equal(lease_allows_usec(&host.lease, 1), 0);
}

static void test_given_back_it_is_over(void **state)
{
    Host host;

    (void)state;
    host_init(&host);
    lease_on_granted(&host.lease, 7, TTL);
    lease_end(&host.lease);
    assert_int_equal(host.revoked, 7);
    assert_int_equal(host.lease.id, 0);
    assert_int_equal(host.wake_usec, USEC_NEVER);
    assert_int_equal(host.lost, 0);
    assert_false(lease_is_held(&host.lease));
    host.revoked = 0;
    lease_end(&host.lease);
    lease_on_gone(&host.lease);
    lease_on_unanswered(&host.lease);
    assert_int_equal(host.lost, 0);
    assert_int_equal(host.revoked, 0);
    assert_int_equal(host.wake_usec, USEC_NEVER);
    /* While one is asked for, whose number is not known, nothing is given back. */
    host_init(&host);
    lease_end(&host.lease);
    assert_int_equal(host.revoked, 0);
    assert_int_equal(host.wake_usec, USEC_NEVER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_it_counts_from_before_the_question),
        cmocka_unit_test(test_the_time_that_etcd_names_counts),
        cmocka_unit_test(test_it_wakes_for_what_comes_first),
        cmocka_unit_test(test_what_comes_too_late_is_nothing),
        cmocka_unit_test(test_a_renewal_fails_once),
        cmocka_unit_test(test_one_that_etcd_has_forgotten_is_lost),
        cmocka_unit_test(test_tries_come_no_rarer_than_renewals),
        cmocka_unit_test(test_a_renewal_whose_answer_comes_after_the_end_is_too_late),
        cmocka_unit_test(test_a_machine_that_slept_has_lost_it),
        cmocka_unit_test(test_no_time_to_live_is_a_loss),
        cmocka_unit_test(test_it_asks_once_a_quarter_and_soon_again_without_an_answer),
        cmocka_unit_test(test_a_change_needs_time_for_its_answer),
        cmocka_unit_test(test_given_back_it_is_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
