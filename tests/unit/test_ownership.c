/* SPDX-License-Identifier: MIT */
/* Several hosts, of which one owns an instance: whatever happens between them, no change lands
 * after one of a newer owner. */
#include "tests/unit/fleet_case.h"

#define SEEDS 100

static void test_no_change_lands_after_one_of_a_newer_owner(void **state)
{
    static Fleet fleet;
    size_t landed = 0, taken_over = 0;

    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        fleet_init(&fleet, seed, 2 + seed % 4, FLEET_INSTANCES);
        fleet_run(&fleet, 20 * USEC_PER_MINUTE);
        landed += fleet.landed;
        taken_over += fleet.taken_over;
        fleet.is_calm = true;
        for (size_t i = 0; i < fleet.host_count; i++)
            for (size_t j = 0; j < FLEET_INSTANCES; j++)
                ownership_undrain(&fleet.hosts[i].ownerships[j]);
        fleet_run(&fleet, 5 * USEC_PER_MINUTE);
        for (size_t j = 0; j < FLEET_INSTANCES; j++)
            if (fleet_get_owner(&fleet, j) == FLEET_HOSTS_MAX)
                fail_msg("seed %llu: instance %zu has no owner", (unsigned long long)seed, j);
    }
    assert_true(landed > SEEDS * 50 && taken_over > SEEDS);
}

/* ---- one host ---- */

typedef struct Alone {
    Ownership ownership;
    uint64_t now_usec;
    size_t releases, rooms;
    bool is_busy;
} Alone;

static uint64_t alone_now_usec(void *context)
{
    return ((Alone *)context)->now_usec;
}

static void alone_wake_at(void *context, size_t instance, uint64_t usec)
{
    (void)context;
    (void)instance;
    (void)usec;
}

static bool alone_has_room(void *context)
{
    (void)context;
    return true;
}

static void alone_on_room(void *context)
{
    ((Alone *)context)->rooms++;
}

static void alone_ask(void *context, size_t instance)
{
    (void)context;
    (void)instance;
}

static void alone_release(void *context, size_t instance, uint64_t token, bool has_waited)
{
    Alone *alone = context;

    (void)instance;
    assert_int_equal(token, 7);
    alone->releases++;
    assert_true(has_waited);
}

static void alone_begin(void *context, size_t instance, uint64_t change_from_usec)
{
    (void)context;
    (void)instance;
    (void)change_from_usec;
}

static void alone_stop(void *context, size_t instance, const char *why)
{
    (void)context;
    (void)instance;
    (void)why;
}

static bool alone_is_quiet(void *context, size_t instance)
{
    (void)instance;
    return !((Alone *)context)->is_busy;
}

static const OwnershipOps alone_ops = {.now_usec = alone_now_usec,
                                       .wake_at = alone_wake_at,
                                       .has_room = alone_has_room,
                                       .on_room = alone_on_room,
                                       .campaign = alone_ask,
                                       .look = alone_ask,
                                       .release = alone_release,
                                       .begin = alone_begin,
                                       .stop = alone_stop,
                                       .drop = alone_stop,
                                       .is_quiet = alone_is_quiet};

static void alone_own(Alone *alone)
{
    *alone = (Alone){.now_usec = USEC_PER_DAY};
    ownership_init(&alone->ownership, &alone_ops, alone, 0, FLEET_HANDOVER_USEC);
    ownership_on_owner(&alone->ownership, OWNER_NOBODY, 1, 0);
    ownership_on_lease(&alone->ownership);
    ownership_on_won(&alone->ownership, 7, true);
    assert_true(ownership_allows_changes(&alone->ownership));
}

static void test_a_stopped_pass_completes_what_it_has_begun(void **state)
{
    Alone alone;

    (void)state;
    alone_own(&alone);
    alone.is_busy = true;
    ownership_drain(&alone.ownership, "drained");
    assert_int_equal(alone.releases, 0);
    assert_true(ownership_allows_changes(&alone.ownership));
    alone.is_busy = false;
    ownership_step(&alone.ownership);
    assert_int_equal(alone.releases, 1);
    assert_false(ownership_allows_changes(&alone.ownership));
    ownership_on_unanswered(&alone.ownership); /* it may have been carried out */
    assert_false(ownership_allows_changes(&alone.ownership));
}

/* Others were not asked for while this one might have been won. */
static void test_a_lost_campaign_makes_room(void **state)
{
    Alone alone = {.now_usec = USEC_PER_DAY};

    (void)state;
    ownership_init(&alone.ownership, &alone_ops, &alone, 0, FLEET_HANDOVER_USEC);
    ownership_on_owner(&alone.ownership, OWNER_NOBODY, 1, 0);
    ownership_on_lease(&alone.ownership);
    assert_int_equal(alone.ownership.state, OWNERSHIP_CAMPAIGNING);
    assert_int_equal(alone.rooms, 0);
    ownership_on_taken(&alone.ownership, OWNER_OTHER, 2, 0);
    assert_int_equal(alone.rooms, 1);
    ownership_on_owner(&alone.ownership, OWNER_NOBODY, 3, 0);
    ownership_on_unanswered(&alone.ownership);
    assert_int_equal(alone.rooms, 1); /* it may be won */
    alone.now_usec += USEC_PER_MINUTE;
    ownership_on_time(&alone.ownership);
    ownership_on_looked(&alone.ownership, OWNER_OTHER, 4, 0);
    assert_int_equal(alone.rooms, 2);
    ownership_on_owner(&alone.ownership, OWNER_NOBODY, 5, 0);
    ownership_on_won(&alone.ownership, 6, true);
    assert_int_equal(alone.rooms, 2);
    ownership_on_lost(&alone.ownership, "lost");
    assert_int_equal(alone.rooms, 3);
}

/* All keys were read anew while the answer was on its way. */
static void test_what_is_won_is_owned_though_newer_news_came_first(void **state)
{
    Alone alone = {.now_usec = USEC_PER_DAY};

    (void)state;
    ownership_init(&alone.ownership, &alone_ops, &alone, 0, FLEET_HANDOVER_USEC);
    ownership_on_owner(&alone.ownership, OWNER_NOBODY, 1, 0);
    ownership_on_lease(&alone.ownership);
    ownership_on_owner(&alone.ownership, OWNER_SELF, 9, 7);
    ownership_on_won(&alone.ownership, 7, true);
    assert_int_equal(alone.ownership.state, OWNERSHIP_OWNED);
    assert_true(ownership_allows_changes(&alone.ownership));
    assert_int_equal(alone.rooms, 0);
    ownership_on_lost(&alone.ownership, "lost");
    /* And what was lost again by then is not. */
    ownership_init(&alone.ownership, &alone_ops, &alone, 0, FLEET_HANDOVER_USEC);
    ownership_on_owner(&alone.ownership, OWNER_NOBODY, 1, 0);
    ownership_on_lease(&alone.ownership);
    ownership_on_owner(&alone.ownership, OWNER_OTHER, 9, 0);
    ownership_on_won(&alone.ownership, 7, true);
    assert_int_equal(alone.ownership.state, OWNERSHIP_STANDBY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_change_lands_after_one_of_a_newer_owner),
        cmocka_unit_test(test_a_stopped_pass_completes_what_it_has_begun),
        cmocka_unit_test(test_a_lost_campaign_makes_room),
        cmocka_unit_test(test_what_is_won_is_owned_though_newer_news_came_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
