/* SPDX-License-Identifier: MIT */
/* Thousands of imaginary worlds, each out of a seed: no rule of world_rules.c may break in any.
 * A failure names its seed; WORLD_SEED=N runs that one alone. */
#include "tests/world/world.h"

#include <stdlib.h>

#define SEEDS 2000

static void test_no_rule_breaks_in_any_world(void **state)
{
    const char *one = getenv("WORLD_SEED");

    (void)state;
    if (one) {
        world_run_seed(strtoull(one, NULL, 10));
        return;
    }
    for (uint64_t seed = 1; seed <= SEEDS; seed++)
        world_run_seed(seed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_rule_breaks_in_any_world),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
