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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_change_lands_after_one_of_a_newer_owner),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
