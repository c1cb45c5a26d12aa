/* SPDX-License-Identifier: MIT */
/* Undo of passes that added, corrected and deleted (sync): every field of every member comes back,
 * what somebody has changed since is left alone, min_remaining holds what goes out of service. */
#include <string.h>

#include "tests/unit/sync_case.h"
#include "tests/unit/undo_case.h"

static WorldMember *world_find_added(World *world, size_t number)
{
    return world_find_member(world, world->actions[number].listed.id);
}

static void test_every_field_of_every_member_comes_back(void **state)
{
    World *world = undo_case_mixed();

    (void)state;
    world_undo(world);
    undo_case_expect(world, RESULT_CONVERGED, 3);
    assert_int_equal(world_count_items(world, OUTCOME_ADDED), 2);
    assert_int_equal(world_count_items(world, OUTCOME_CORRECTED), 1);
    assert_int_equal(world_count_items(world, OUTCOME_DELETED), 2);
    undo_case_expect_as_before(world);
    assert_true(world_sent_at(world, REQUEST_DELETE_MEMBER, 1) >=
                world_sent_at(world, REQUEST_ADD_MEMBERS, 3) + 5 * USEC_PER_SEC);
    world_undo(world);
    undo_case_expect(world, RESULT_IN_SYNC, 0);
    assert_int_equal(world_count_items(world, OUTCOME_LIVE), 3);
    assert_int_equal(world_count_items(world, OUTCOME_GONE), 2);
    world_free(world);
}

static void test_an_undo_can_be_undone_by_its_pass(void **state)
{
    World *world = undo_case_mixed();
    uint32_t undo;

    (void)state;
    world_undo(world);
    undo = world->pass_serial;
    assert_true(world_last_changing(world) < undo);
    assert_true(world_begin_undo(world, undo, false));
    world_finish(world);
    undo_case_expect(world, RESULT_CONVERGED, 3);
    world->channels[0].is_paused = false;
    world_pass(world);
    sync_case_expect(world, RESULT_IN_SYNC, 0, 0);
    world_free(world);
}

static void test_a_dry_run_of_all_kinds_changes_nothing(void **state)
{
    World *world = undo_case_mixed();
    size_t actions = world->action_count;

    (void)state;
    world_dry_undo(world);
    undo_case_expect(world, RESULT_DRIFT, 0);
    assert_int_equal(world_count_items(world, OUTCOME_PLANNED), 5);
    assert_int_equal(world_count_sent(world, REQUEST_DELETE_MEMBER), 0);
    assert_int_equal(world->action_count, actions);
    world_free(world);
}

static const UndoItem *item_of(const World *world, ChangeKind done, size_t nth)
{
    const ChannelUndo *undo = &world->undo->undos[0];

    for (size_t i = 0; i < undo->item_count; i++) {
        if (undo->items[i].done == done && nth-- == 0)
            return &undo->items[i];
    }
    fail_msg("the undo has no such item");
    return NULL;
}

static void expect_left(const World *world, ChangeKind done, size_t nth, Outcome outcome,
                        const char *reason)
{
    const UndoItem *item = item_of(world, done, nth);

    assert_string_equal(ops_outcome_text(item->outcome), ops_outcome_text(outcome));
    assert_non_null(strstr(item->reason, reason));
    assert_int_equal(item->attempts, 0);
}

static void test_what_somebody_has_changed_since_is_left_alone(void **state)
{
    World *world = undo_case_mixed();
    WorldChannel *channel = &world->channels[0];
    WorldMember *first = world_find_added(world, 0), *second = world_find_added(world, 1);

    (void)state;
    first->status = 2;
    world_remove_member(second, channel);
    world_add_member(channel, second->host, 8080);
    channel->members[0]->weight = 7;
    world_undo(world);
    undo_case_expect(world, RESULT_CONVERGED, 2);
    assert_int_equal(world_count_sent(world, REQUEST_DELETE_MEMBER), 0);
    expect_left(world, CHANGE_ADD, 0, OUTCOME_CHANGED, "it is disabled now");
    expect_left(world, CHANGE_ADD, 1, OUTCOME_CHANGED, "another id");
    expect_left(world, CHANGE_CORRECT, 0, OUTCOME_CHANGED, "its weight is 7, the pass left 9");
    assert_int_equal(channel->members[0]->weight, 7);
    assert_true(channel->members[0]->is_backup);
    assert_true(first->exists);
    world_free(world);
}

/* The roster stated no weight: that of the service counts, as the list showed it. */
static void test_a_weight_that_the_service_chose_and_somebody_changed(void **state)
{
    World *world = undo_case_mixed();
    WorldMember *added = world_find_added(world, 1);

    (void)state;
    assert_int_equal(added->weight, 1);
    added->weight = 8;
    world_undo(world);
    undo_case_expect(world, RESULT_CONVERGED, 3);
    assert_int_equal(world_count_items(world, OUTCOME_DELETED), 1);
    expect_left(world, CHANGE_ADD, 1, OUTCOME_CHANGED, "its weight is 8, the pass left 1");
    assert_true(added->exists);
    world_free(world);
}

/* Only the fields that the correction changed are given back: a switch that somebody turned since
 * stays as it is. */
static void test_a_field_that_the_pass_did_not_change_stays(void **state)
{
    World *world = undo_case_mixed();

    (void)state;
    world->channels[0].members[0]->status = 2;
    world_undo(world);
    undo_case_expect(world, RESULT_CONVERGED, 3);
    assert_int_equal(world->channels[0].members[0]->weight, 4);
    assert_int_equal(world->channels[0].members[0]->status, 2);
    world_free(world);
}

static void test_members_that_are_gone_are_no_failure(void **state)
{
    World *world = undo_case_mixed();

    (void)state;
    world_remove_member(world_find_added(world, 0), &world->channels[0]);
    world_remove_member(world->channels[0].members[0], &world->channels[0]);
    world_undo(world);
    undo_case_expect(world, RESULT_CONVERGED, 2);
    expect_left(world, CHANGE_ADD, 0, OUTCOME_GONE, "not there any more");
    expect_left(world, CHANGE_CORRECT, 0, OUTCOME_GONE, "not there any more");
    world_free(world);
}

/* ---- min_remaining ---- */

static void test_min_remaining_holds_the_deletions_of_an_undo(void **state)
{
    World *world = undo_case_mixed();

    (void)state;
    world->rosters[0].guards.min_remaining = 5;
    world_undo(world);
    undo_case_expect(world, RESULT_HELD, 3);
    assert_int_equal(world_count_sent(world, REQUEST_DELETE_MEMBER), 0);
    assert_int_equal(world_count_items(world, OUTCOME_HELD), 2);
    assert_int_equal(world_count_items(world, OUTCOME_ADDED), 2);
    assert_int_equal(world_count_items(world, OUTCOME_CORRECTED), 1);
    assert_int_equal(world_report(world, 0)->guards[0].planned, 4);
    assert_int_equal(world_report(world, 0)->guards[0].limit, 5);
    assert_int_equal(world->told[EVENT_HELD], 1);
    world->rosters[0].guards.min_remaining = 4;
    world_undo(world);
    undo_case_expect(world, RESULT_CONVERGED, 0);
    assert_int_equal(world_count_items(world, OUTCOME_DELETED), 2);
    world_free(world);
}

static void remove_two(World *world, void *argument)
{
    WorldChannel *channel = argument;

    (void)world;
    world_remove_member(channel->members[0], channel);
    world_remove_member(channel->members[1], channel);
}

/* Somebody takes members away while it settles. */
static void test_what_the_last_list_shows_counts(void **state)
{
    World *world = undo_case_mixed();

    (void)state;
    world->rosters[0].guards.min_remaining = 3;
    world->config.settle_usec = USEC_PER_MINUTE;
    assert_true(world_begin_undo(world, world_last_changing(world), false));
    world_at(world, 30 * USEC_PER_SEC, remove_two, &world->channels[0]);
    world_finish(world);
    undo_case_expect(world, RESULT_HELD, 3);
    assert_int_equal(world_count_sent(world, REQUEST_DELETE_MEMBER), 0);
    assert_int_equal(world_count_items(world, OUTCOME_HELD), 2);
    world_free(world);
}

/* A correction that takes a member out of service comes last as well, and is held alike. */
static World *world_enabled(void)
{
    World *world = sync_case_new(MODE_SYNC, 2, 0, 0);
    RosterMember *members = world_edit_members(world, &world->rosters[0]);

    members[0].states = ROSTER_MEMBER_ENABLED;
    members[0].enabled = true;
    world->channels[0].members[0]->status = 2;
    world_pass(world);
    sync_case_expect(world, RESULT_CONVERGED, 1, 0);
    return world;
}

static void test_min_remaining_holds_what_disables(void **state)
{
    World *world = world_enabled();

    (void)state;
    world->rosters[0].guards.min_remaining = 2;
    world_undo(world);
    undo_case_expect(world, RESULT_HELD, 0);
    assert_int_equal(world->channels[0].members[0]->status, 1);
    world->rosters[0].guards.min_remaining = 1;
    world_undo(world);
    undo_case_expect(world, RESULT_CONVERGED, 1);
    assert_int_equal(world->channels[0].members[0]->status, 2);
    world_free(world);
}

/* ---- while it is under way ---- */

static void change_added(World *world, void *argument)
{
    WorldMember *member = argument;

    (void)world;
    member->is_backup = true;
}

static void test_what_is_changed_while_it_settles_is_left_alone(void **state)
{
    World *world = undo_case_mixed();
    WorldMember *added = world_find_added(world, 1);

    (void)state;
    world->config.settle_usec = USEC_PER_MINUTE;
    assert_true(world_begin_undo(world, world_last_changing(world), false));
    world_at(world, 30 * USEC_PER_SEC, change_added, added);
    world_finish(world);
    undo_case_expect(world, RESULT_CONVERGED, 3);
    assert_int_equal(world_count_items(world, OUTCOME_DELETED), 1);
    expect_left(world, CHANGE_ADD, 1, OUTCOME_CHANGED, "it is a backup now");
    assert_true(added->exists);
    world_free(world);
}

/* A correction goes by a list that is at most 10 s old: somebody may have changed the member while
 * an addition was sent again and again. */
static void test_a_correction_goes_by_a_fresh_list(void **state)
{
    World *world = undo_case_mixed();
    uint64_t lists;

    (void)state;
    world_fault(world, REQUEST_ADD_MEMBERS, 1, 3, 429, "APIG.0308");
    assert_true(world_begin_undo(world, world_last_changing(world), false));
    world_at(world, 3 * USEC_PER_SEC, change_added, world->channels[0].members[1]);
    world_finish(world);
    undo_case_expect(world, RESULT_CONVERGED, 6);
    lists = world_count_sent(world, REQUEST_LIST_MEMBERS);
    assert_true(lists >= 4);
    assert_true(world->channels[0].members[1]->is_backup);
    world_free(world);
}

static void test_nothing_is_deleted_where_an_addition_failed(void **state)
{
    World *world = undo_case_mixed();

    (void)state;
    world_fault(world, REQUEST_ADD_MEMBERS, 1, 1, 400, "APIG.2012");
    world_undo(world);
    undo_case_expect(world, RESULT_FAILED, 3);
    assert_int_equal(world_count_items(world, OUTCOME_FAILED), 1);
    assert_int_equal(world_count_items(world, OUTCOME_SKIPPED), 2);
    assert_int_equal(world_count_sent(world, REQUEST_DELETE_MEMBER), 0);
    world_undo(world);
    undo_case_expect(world, RESULT_CONVERGED, 1);
    undo_case_expect_as_before(world);
    world_free(world);
}

/* At its full quota the channel takes nothing before something goes. */
static void test_an_undo_exchanges_in_a_full_channel(void **state)
{
    World *world = sync_case_new(MODE_SYNC, 0, 3, 3);

    (void)state;
    world->channels[0].quota = 3;
    world->rosters[0].guards.min_remaining = 2;
    world_pass(world);
    sync_case_expect(world, RESULT_CONVERGED, 6, 3);
    world_undo(world);
    undo_case_expect(world, RESULT_CONVERGED, 6);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(world_count_same(&world->channels[0], world->actions[3 + i].member), 1);
    world_free(world);
}

/* ---- deaths ---- */

/* Killed at each of its calls that have an effect, an undo leaves a history that later lists
 * settle, and another undo completes it. */
static void test_a_kill_at_any_call(void **state)
{
    (void)state;
    for (uint64_t call = 1; call < 40; call++) {
        World *world = undo_case_mixed();
        size_t undecided = 0;

        assert_true(world_begin_undo(world, world_last_changing(world), false));
        world->kill_at_call = world->effects + call;
        world->kills_before = call % 2 == 0;
        while (!world->is_dead && world_step(world))
            ;
        if (world->is_dead) {
            world_kill(world);
            world->now_usec += 2 * USEC_PER_MINUTE;
            world_pass(world); /* paused: it reads, and settles */
            for (size_t i = 0; i < world->action_count; i++)
                undecided += !world->actions[i].is_decided;
            assert_int_equal(undecided, 0);
            world_undo(world);
        }
        assert_true(world_result(world, 0) <= RESULT_CONVERGED);
        undo_case_expect_as_before(world);
        world_free(world);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_field_of_every_member_comes_back),
        cmocka_unit_test(test_an_undo_can_be_undone_by_its_pass),
        cmocka_unit_test(test_a_dry_run_of_all_kinds_changes_nothing),
        cmocka_unit_test(test_what_somebody_has_changed_since_is_left_alone),
        cmocka_unit_test(test_a_weight_that_the_service_chose_and_somebody_changed),
        cmocka_unit_test(test_a_field_that_the_pass_did_not_change_stays),
        cmocka_unit_test(test_members_that_are_gone_are_no_failure),
        cmocka_unit_test(test_min_remaining_holds_the_deletions_of_an_undo),
        cmocka_unit_test(test_what_the_last_list_shows_counts),
        cmocka_unit_test(test_min_remaining_holds_what_disables),
        cmocka_unit_test(test_what_is_changed_while_it_settles_is_left_alone),
        cmocka_unit_test(test_a_correction_goes_by_a_fresh_list),
        cmocka_unit_test(test_nothing_is_deleted_where_an_addition_failed),
        cmocka_unit_test(test_an_undo_exchanges_in_a_full_channel),
        cmocka_unit_test(test_a_kill_at_any_call),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
