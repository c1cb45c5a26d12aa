/* SPDX-License-Identifier: MIT */
/* The desired set of one channel: what a roster may not name, and finding by identity. */
#include "tests/world/world.h"

#include <string.h>

#include "reconcile/plan/desired.h"
#include "reconcile/plan/identity.h"
#include "tests/unit/member_texts.h"

static int try_init(const RosterMember *members, size_t count, bool is_ecs, Err *err)
{
    const RosterChannel roster = {.members = members, .member_count = count};
    Desired desired;
    int r = desired_init(&desired, &roster, 8080, is_ecs, err);

    desired_done(&desired);
    return r;
}

static void test_hosts_do_not_fit_ecs_channels_nor_servers_the_others(void **state)
{
    const RosterMember host = {.address = "10.0.0.1", .port = 80};
    const RosterMember server = {.address = "e1", .port = 80, .is_ecs = true};
    Err err = {0};

    (void)state;
    assert_int_equal(try_init(&host, 1, false, &err), 0);
    assert_int_equal(try_init(&server, 1, true, &err), 0);
    assert_int_equal(try_init(&host, 1, true, &err), -EINVAL);
    assert_non_null(strstr(err.text, "10.0.0.1: write ecs_id"));
    assert_int_equal(try_init(&server, 1, false, &err), -EINVAL);
    assert_non_null(strstr(err.text, "e1: write host"));
    assert_int_equal(try_init(NULL, 0, true, &err), 0);
}

static int try_ignore(const IgnoreRule *rule, bool is_ecs, Err *err)
{
    const RosterChannel roster = {.ignore = rule, .ignore_count = 1};
    Desired desired;
    int r = desired_init(&desired, &roster, 8080, is_ecs, err);

    desired_done(&desired);
    return r;
}

static void test_ignore_rules_that_can_match_nobody_are_refused(void **state)
{
    const IgnoreRule host = {.host = "10.9.0.1"};
    const IgnoreRule network = {.has_network = true, .prefix_bits = 112};
    const IgnoreRule server = {.ecs_id = "e1"};
    const IgnoreRule group = {.group = "canary"};
    Err err = {0};

    (void)state;
    assert_int_equal(try_ignore(&host, false, &err), 0);
    assert_int_equal(try_ignore(&network, false, &err), 0);
    assert_int_equal(try_ignore(&server, true, &err), 0);
    assert_int_equal(try_ignore(&group, true, &err), 0);
    assert_int_equal(try_ignore(&group, false, &err), 0);
    assert_int_equal(try_ignore(&host, true, &err), -EINVAL);
    assert_non_null(strstr(err.text, "ignore[0] of the roster names a host"));
    assert_int_equal(try_ignore(&network, true, &err), -EINVAL);
    assert_int_equal(try_ignore(&server, false, &err), -EINVAL);
    assert_non_null(strstr(err.text, "names the ecs_id e1"));
}

static void test_a_port_left_out_and_the_same_port_written_are_one_member(void **state)
{
    const RosterMember same[] = {{.address = "10.0.0.1"}, {.address = "10.0.0.1", .port = 8080}};
    const RosterMember other[] = {{.address = "10.0.0.1"}, {.address = "10.0.0.1", .port = 80}};
    Err err = {0};

    (void)state;
    assert_int_equal(try_init(same, 2, false, &err), -EINVAL);
    assert_non_null(strstr(err.text, "lists 10.0.0.1:8080 twice"));
    assert_int_equal(try_init(other, 2, false, &err), 0);
}

static void test_members_are_found_by_identity(void **state)
{
    const RosterMember members[] = {{.address = "10.0.0.1"},
                                    {MEMBER_IN_GROUP("10.0.0.1", "blue"), .port = 80}};
    const RosterChannel roster = {.members = members, .member_count = 2};
    unsigned char packed[IDENTITY_SIZE_MAX];
    Desired desired;
    int size;

    (void)state;
    assert_int_equal(desired_init(&desired, &roster, 8080, false, NULL), 0);
    assert_int_equal(desired_port(&desired, &members[0]), 8080);
    size = identity_pack("", "10.0.0.1", 8080, packed);
    assert_int_equal(desired_find(&desired, packed, (size_t)size), 0);
    size = identity_pack("blue", "10.0.0.1", 80, packed);
    assert_int_equal(desired_find(&desired, packed, (size_t)size), 1);
    size = identity_pack("", "10.0.0.1", 80, packed);
    assert_int_equal(desired_find(&desired, packed, (size_t)size), DESIRED_NONE);
    desired_done(&desired);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hosts_do_not_fit_ecs_channels_nor_servers_the_others),
        cmocka_unit_test(test_ignore_rules_that_can_match_nobody_are_refused),
        cmocka_unit_test(test_a_port_left_out_and_the_same_port_written_are_one_member),
        cmocka_unit_test(test_members_are_found_by_identity),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
