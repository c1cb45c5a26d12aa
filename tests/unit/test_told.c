/* SPDX-License-Identifier: MIT */
/* What the log is told: each event with all that a person looks for. */
#include "tests/world/undo.h"

#include <string.h>

/* "a" of the instance, its extra 10.9.0.2 in the group blue. */
static World *world_of_one(WorldMember **ret_extra)
{
    World *world = world_new(1);

    *ret_extra = world_add_grouped(world_add_usual(world, "a", 3, 0), "blue", "10.9.0.2", 8080);
    return world;
}

static const WorldTold *expect(const World *world, EventKind kind, const char *member_id)
{
    const WorldTold *told = &world->last_told[kind];

    assert_int_equal(world->told[kind], 1);
    assert_string_equal(told->pass, world->pass_id);
    assert_string_equal(told->instance_name, "instance0");
    assert_string_equal(told->channel_name, "a");
    assert_string_equal(told->channel_id, "id-a");
    assert_string_equal(told->member_id, member_id);
    return told;
}

static void test_a_deletion(void **state)
{
    WorldMember *extra;
    World *world = world_of_one(&extra);
    const WorldTold *told;

    (void)state;
    world_pass(world);
    told = expect(world, EVENT_DELETED, extra->id);
    assert_string_equal(told->member, "blue/10.9.0.2:8080");
    assert_string_equal(told->digest, world_report(world, 0)->digest);
    assert_int_equal(told->outcome, OUTCOME_DELETED);
    assert_int_equal(told->attempt, 1);
    assert_int_equal(told->err.http, 204);
    assert_string_equal(told->err.code, "");
    assert_string_equal(told->err.request_id, "req-7");
    for (EventKind kind = 0; kind <= EVENT_RENEWED; kind++)
        assert_int_equal(world->told[kind], kind == EVENT_DELETED);
    world_free(world);
}

static void remove_extra(World *world, void *argument)
{
    world_remove_member(argument, &world->channels[0]);
}

static void test_a_deletion_of_what_was_gone(void **state)
{
    WorldMember *extra;
    World *world = world_of_one(&extra);
    const WorldTold *told;

    (void)state;
    world_begin(world, false);
    world_at(world, 17 * USEC_PER_MSEC, remove_extra, extra);
    world_finish(world);
    told = expect(world, EVENT_DELETED, extra->id);
    assert_int_equal(told->outcome, OUTCOME_GONE);
    assert_int_equal(told->err.http, 404);
    assert_string_equal(told->err.code, "APIG.3024");
    assert_string_equal(told->err.request_id, "req-7");
    world_free(world);
}

static void test_a_retry_and_a_deletion_that_failed(void **state)
{
    WorldMember *extra;
    World *world = world_of_one(&extra);
    const WorldTold *told;

    (void)state;
    world->config.retry.attempts = 2;
    world_fault(world, REQUEST_DELETE_MEMBER, 1, 2, 500, "APIG.9999");
    world_pass(world);
    told = expect(world, EVENT_RETRY, extra->id);
    assert_int_equal(told->attempt, 1);
    assert_in_range(told->wait_usec, USEC_PER_SEC / 2, USEC_PER_SEC);
    assert_string_equal(told->err.code, "APIG.9999");
    told = expect(world, EVENT_DELETE_FAILED, extra->id);
    assert_string_equal(told->member, "blue/10.9.0.2:8080");
    assert_string_equal(told->digest, world_report(world, 0)->digest);
    assert_int_equal(told->outcome, OUTCOME_FAILED);
    assert_int_equal(told->attempt, 2);
    assert_int_equal(told->err.http, 500);
    assert_string_equal(told->err.code, "APIG.9999");
    assert_string_equal(told->err.request_id, "req-1");
    assert_non_null(strstr(told->err.text, "given up after 2 attempts"));
    told = expect(world, EVENT_CHANNEL_FAILED, "");
    assert_int_equal(told->err.http, 500);
    assert_string_equal(told->member, "");
    world_free(world);
}

static void test_a_plan_that_is_held(void **state)
{
    WorldMember *extra;
    World *world = world_of_one(&extra);
    const WorldTold *told;

    (void)state;
    world->rosters[0].guards.max_deletes = 0;
    world_pass(world);
    told = expect(world, EVENT_HELD, "");
    assert_string_equal(told->digest, world_report(world, 0)->digest);
    assert_string_equal(told->err.text,
                        "1 member is extra, none is deleted: max_deletes refuses (1 deletion "
                        "planned, limit 0); to let exactly this plan pass, approve its digest");
    world_free(world);
}

static void test_an_instance_that_fails_is_told_once_and_not_for_each_channel(void **state)
{
    WorldMember *extra;
    World *world = world_of_one(&extra);
    const WorldTold *told = &world->last_told[EVENT_INSTANCE_FAILED];

    (void)state;
    world_add_usual(world, "b", 3, 0);
    world_fault(world, REQUEST_LIST_CHANNELS, 1, 100, 503, "");
    world_pass(world);
    assert_int_equal(world->told[EVENT_INSTANCE_FAILED], 1);
    assert_int_equal(world->told[EVENT_CHANNEL_FAILED], 0);
    assert_int_equal(world_result(world, 1), RESULT_FAILED);
    assert_string_equal(told->pass, world->pass_id);
    assert_string_equal(told->instance_name, "instance0");
    assert_string_equal(told->channel_name, "");
    assert_string_equal(told->channel_id, "");
    assert_string_equal(told->member_id, "");
    assert_int_equal(told->attempt, 0);
    assert_int_equal(told->err.http, 503);
    world_free(world);
}

static void test_an_addition_and_one_that_failed(void **state)
{
    WorldMember *extra;
    World *world = world_of_one(&extra);
    const WorldTold *told;

    (void)state;
    world_pass(world);
    world_fault(world, REQUEST_ADD_MEMBERS, 1, 1, 400, "APIG.2012");
    world_undo(world);
    told = &world->last_told[EVENT_ADD_FAILED];
    assert_string_equal(told->member_id, "");
    assert_non_null(strstr(told->member, extra->host));
    assert_string_equal(told->err.code, "APIG.2012");
    assert_string_equal(told->err.request_id, "req-1");
    world_undo(world);
    told = &world->last_told[EVENT_ADDED];
    assert_int_equal(world->told[EVENT_ADDED], 1);
    assert_string_equal(told->pass, world->pass_id);
    assert_string_equal(told->instance_name, "instance0");
    assert_string_equal(told->channel_name, "a");
    assert_string_equal(told->channel_id, "id-a");
    assert_string_equal(told->member_id, world->actions[2].listed.id);
    assert_non_null(strstr(told->member, "10.9.0.2"));
    assert_int_equal(told->attempt, 1);
    assert_int_equal(told->err.http, 201);
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_deletion),
        cmocka_unit_test(test_a_deletion_of_what_was_gone),
        cmocka_unit_test(test_a_retry_and_a_deletion_that_failed),
        cmocka_unit_test(test_a_plan_that_is_held),
        cmocka_unit_test(test_an_instance_that_fails_is_told_once_and_not_for_each_channel),
        cmocka_unit_test(test_an_addition_and_one_that_failed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
