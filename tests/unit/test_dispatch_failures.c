/* SPDX-License-Identifier: MIT */
/* What ends an instance's part of a pass, or shuts it for a while (API.md sections 3.2 and 5). */
#include "tests/world/world.h"

#include <string.h>

#include "daemon/base/str.h"

static void as_it_is(WorldEvent *event)
{
    (void)event;
}

/* One channel of either instance, each with an extra. */
static World *world_of_two(void)
{
    World *world = world_new(2);
    WorldChannel *other = world_add_channel(world, 1, "other");

    world_add_usual(world, "a", 3, 1);
    world_add_member(other, "10.9.0.1", 8080);
    world_add_roster(world, 1, "other");
    return world;
}

static void lock(World *world, int http, const char *message)
{
    WorldFault *fault = world_fault(world, REQUEST_DELETE_MEMBER, 1, 1, http, "APIG.0301");

    fault->channel_id = "id-a";
    str_copy(fault->answer.message, sizeof(fault->answer.message), message);
}

/* Until when the second deletion in "a" was put off. */
static uint64_t waited_usec(const World *world)
{
    uint64_t first_usec = 0;

    for (size_t i = 0; i < world->send_count; i++) {
        const WorldSend *send = &world->sends[i];

        if (send->request.kind != REQUEST_DELETE_MEMBER || strcmp(send->channel_id, "id-a") != 0)
            continue;
        if (first_usec)
            return send->at_usec - first_usec;
        first_usec = send->at_usec;
    }
    fail_msg("nothing was sent again");
    return 0;
}

static void test_a_locked_access_key_is_left_alone_for_five_minutes(void **state)
{
    World *world = world_of_two();

    (void)state;
    lock(world, 401, "AK access failed to reach the limit,forbidden");
    world_pass(world);
    assert_in_range(waited_usec(world), 5 * USEC_PER_MINUTE, 5 * USEC_PER_MINUTE + USEC_PER_SEC);
    assert_int_equal(world_result(world, 0), RESULT_CONVERGED);
    assert_int_equal(world_result(world, 1), RESULT_CONVERGED);
    world_free(world);
}

static void test_any_other_refusal_is_answered_at_once(void **state)
{
    World *world = world_of_two();

    (void)state;
    lock(world, 401, "verify aksk signature fail");
    world_pass(world);
    assert_in_range(waited_usec(world), 0, USEC_PER_SEC);
    world_free(world);
}

static void test_a_lock_is_told_by_a_401_only(void **state)
{
    World *world = world_of_two();

    (void)state;
    world_fault(world, REQUEST_DELETE_MEMBER, 1, 1, 503, "")->channel_id = "id-a";
    str_copy(world->faults[0].answer.message, sizeof(world->faults[0].answer.message),
             "the queue has come to reach the limit");
    world_pass(world);
    assert_in_range(waited_usec(world), 0, 2 * USEC_PER_SEC);
    world_free(world);
}

/* The new credential is refused as well: nobody else tries with it. */
static void test_a_credential_refused_twice_ends_the_instance(void **state)
{
    World *world = world_of_two();
    WorldFault *slow;

    (void)state;
    world_add_usual(world, "b", 3, 1);
    world_fault(world, REQUEST_DELETE_MEMBER, 1, 2, 401, "APIG.1001")->channel_id = "id-a";
    slow = world_twist(world, REQUEST_LIST_MEMBERS, 1, 1, as_it_is);
    slow->channel_id = "id-b";
    slow->latency_usec = USEC_PER_SEC;
    world_pass(world);
    assert_int_equal(world->told[EVENT_INSTANCE_FAILED], 1);
    assert_int_equal(world_result(world, 0), RESULT_FAILED);
    assert_int_equal(world_result(world, 1), RESULT_CONVERGED);
    assert_int_equal(world_result(world, 2), RESULT_FAILED);
    assert_int_equal(world_count_extras(world, 2, OUTCOME_DELETED), 0);
    assert_string_equal(report_error(world_report(world, 0))->code, "APIG.1001");
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_locked_access_key_is_left_alone_for_five_minutes),
        cmocka_unit_test(test_any_other_refusal_is_answered_at_once),
        cmocka_unit_test(test_a_lock_is_told_by_a_401_only),
        cmocka_unit_test(test_a_credential_refused_twice_ends_the_instance),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
