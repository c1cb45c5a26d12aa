/* SPDX-License-Identifier: MIT */
/* The digest of a plan: the same on every host and in every order, another for whatever differs,
 * and the same as yesterday, so that an approval outlives an update. */
#include <string.h>

#include "reconcile/plan/plan_digest.h"
#include "tests/unit/sync_case.h"

static char found[8][DIGEST_HEX_SIZE];

/* Of a channel that wants 10.5.0.FIRST and 10.5.0.SECOND, which state weights and more. */
static const char *digest_of(size_t number, const char *first, uint16_t first_weight,
                             const char *second, uint16_t second_weight)
{
    World *world = world_new(1);
    RosterMember *members;

    world_add_channel(world, 0, "a");
    world_add_member(&world->channels[0], "10.9.0.1", 8080);
    world_add_roster(world, 0, "a")->mode = MODE_SYNC;
    world_want(world, &world->rosters[0], "", first, 8080);
    world_want(world, &world->rosters[0], "", second, 8080);
    members = world_edit_members(world, &world->rosters[0]);
    members[0].states = members[1].states = ROSTER_MEMBER_WEIGHT;
    members[0].weight = first_weight;
    members[1].weight = second_weight;
    world_dry_pass(world);
    assert_int_equal(world_result(world, 0), RESULT_DRIFT);
    memcpy(found[number], world_report(world, 0)->digest, DIGEST_HEX_SIZE);
    world_free(world);
    return found[number];
}

static void test_the_order_of_the_roster_does_not_matter(void **state)
{
    const char *digest = digest_of(0, "10.5.0.1", 3, "10.5.0.2", 8);

    (void)state;
    assert_int_equal(strlen(digest), DIGEST_HEX_SIZE - 1);
    assert_string_equal(digest_of(1, "10.5.0.2", 8, "10.5.0.1", 3), digest);
    assert_string_not_equal(digest_of(1, "10.5.0.1", 8, "10.5.0.2", 3), digest);
    assert_string_not_equal(digest_of(1, "10.5.0.1", 3, "10.5.0.2", 9), digest);
    assert_string_not_equal(digest_of(1, "10.5.0.1", 3, "10.5.0.3", 8), digest);
}

static void test_the_digest_is_as_it_was(void **state)
{
    (void)state;
    assert_string_equal(digest_of(0, "10.5.0.1", 3, "10.5.0.2", 8),
                        "9d0250544c4f5ccda9bafa181fb7531d9ba295555c810a0eb8b2f54ade0f4e1b");
}

static void test_plans_of_an_instance_in_any_order(void **state)
{
    static const Instance instance = {.name = "prod",
                                      .endpoint = "https://roma.example.com",
                                      .project_id = "p1",
                                      .instance_id = "i1"};
    char digest[3][DIGEST_HEX_SIZE];
    const char *a[] = {"aaaa", "bbbb"}, *b[] = {"bbbb", "aaaa"}, *c[] = {"aaaa", "bbbc"};

    (void)state;
    assert_int_equal(plan_digest_combine(&instance, a, 2, digest[0]), 0);
    assert_int_equal(plan_digest_combine(&instance, b, 2, digest[1]), 0);
    assert_string_equal(digest[0], digest[1]);
    assert_string_equal(b[0], "aaaa");
    assert_int_equal(plan_digest_combine(&instance, c, 2, digest[1]), 0);
    assert_string_not_equal(digest[0], digest[1]);
    assert_int_equal(plan_digest_combine(&instance, a, 1, digest[2]), 0);
    assert_string_not_equal(digest[0], digest[2]);
    assert_string_equal(digest[0],
                        "5cdd10a1593846828863995fee6e6f6693091e0b4ed70700578e73ec0b85fede");
    assert_string_equal(digest[2],
                        "904924b7eeaa04b7e7eb1efab4e5e9c397568b0a27ac62e8fa6ef8d3283f19db");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_order_of_the_roster_does_not_matter),
        cmocka_unit_test(test_the_digest_is_as_it_was),
        cmocka_unit_test(test_plans_of_an_instance_in_any_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
