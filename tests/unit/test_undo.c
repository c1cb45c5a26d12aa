/* SPDX-License-Identifier: MIT */
/* Undo on whole passes: what comes back, what is left alone, what lists say of it (API.md
 * section 1.4). */
#include "tests/unit/undo_case.h"
#include "tests/world/undo.h"

/* ---- what comes back ---- */

static void test_members_come_back_as_they_were_one_at_a_time(void **state)
{
    World *world = world_new(1);
    WorldChannel *channel = world_add_usual(world, "a", 3, 2);
    WorldMember *odd = world_add_grouped(channel, "blue", "2001:DB8::7", 0);

    (void)state;
    odd->status = 2;
    world_pass(world);
    world_undo(world);
    undo_case_expect(world, RESULT_CONVERGED, 3);
    undo_case_expect_items(world, 3, 0, 0, 0);
    undo_case_expect_told(world, 3, 0);
    assert_int_equal(world_report(world, 0)->live_count, 3);
    assert_true(world_report(world, 0)->has_list);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(world_undo_item(world, 0, i)->attempts, 1);
        assert_int_equal(world_count_same(channel, channel->members[3 + i]), 1);
        assert_ptr_equal(world->actions[3 + i].member, channel->members[3 + i]);
        assert_int_equal(world->sends[2 + i].request.action, 4 + i);
    }
    world_free(world);
}

static void test_members_of_an_ecs_channel_come_back(void **state)
{
    World *world = world_new(1);
    WorldChannel *channel = world_add_channel(world, 0, "a");
    WorldMember *member;

    (void)state;
    channel->row.member_type = "ecs";
    world_add_ecs(channel, "ecs-1", 8080);
    member = world_add_ecs(channel, "ecs-2", 8080);
    world_want_ecs(world, world_add_roster(world, 0, "a"), "ecs-1", 8080);
    world_pass(world);
    world_undo(world);
    undo_case_expect(world, RESULT_CONVERGED, 1);
    assert_int_equal(world_count_same(channel, member), 1);
    world_free(world);
}

static void test_what_came_back_stays(void **state)
{
    World *world = undo_case_pruned(2);

    (void)state;
    world_undo(world);
    world_pass(world);
    undo_case_expect(world, RESULT_PAUSED, 0);
    assert_int_equal(world_report(world, 0)->live_count, 5);
    assert_int_equal(world_count_sent(world, REQUEST_DELETE_MEMBER), 0);
    world_free(world);
}

static void test_undoing_twice_changes_nothing(void **state)
{
    World *world = undo_case_pruned(3);

    (void)state;
    world_undo(world);
    world_undo(world);
    undo_case_expect(world, RESULT_IN_SYNC, 0);
    undo_case_expect_items(world, 0, 3, 0, 0);
    undo_case_expect_told(world, 0, 0);
    assert_int_equal(world_count_sent(world, REQUEST_LIST_MEMBERS), 1);
    world_free(world);
}

static void test_what_is_live_again_is_left_alone(void **state)
{
    World *world = undo_case_pruned(3);
    WorldMember *back = world_add_member(&world->channels[0], "10.9.0.3", 8080);

    (void)state;
    back->status = 2;
    world_undo(world);
    undo_case_expect(world, RESULT_CONVERGED, 2);
    undo_case_expect_items(world, 2, 1, 0, 0);
    assert_int_equal(world_undo_item(world, 0, 1)->outcome, OUTCOME_LIVE);
    assert_int_equal(back->status, 2);
    assert_int_equal(back->restored_in, 0);
    world_free(world);
}

static void test_same_host_on_another_port_or_in_another_group_is_another_member(void **state)
{
    World *world = undo_case_pruned(1);

    (void)state;
    world_add_member(&world->channels[0], "10.9.0.2", 9090);
    world_add_grouped(&world->channels[0], "blue", "10.9.0.2", 8080);
    world_undo(world);
    undo_case_expect(world, RESULT_CONVERGED, 1);
    world_free(world);
}

static void test_channels_are_undone_side_by_side(void **state)
{
    World *world = world_new(2);
    WorldChannel *other = world_add_channel(world, 1, "c");

    (void)state;
    world_add_usual(world, "a", 3, 4);
    world_add_usual(world, "b", 3, 4);
    world_add_member(other, "10.9.0.1", 8080);
    world_add_roster(world, 1, "c");
    world_pass(world);
    world_undo(world);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(world_result(world, i), RESULT_CONVERGED);
    undo_case_expect_items(world, 9, 0, 0, 0);
    world_free(world);
}

static void test_a_dry_run_only_says_what_it_would_add(void **state)
{
    World *world = undo_case_pruned(3);

    (void)state;
    world_add_member(&world->channels[0], "10.9.0.2", 8080);
    world_dry_undo(world);
    undo_case_expect(world, RESULT_DRIFT, 0);
    assert_int_equal(world_count_items(world, OUTCOME_PLANNED), 2);
    assert_int_equal(world_count_items(world, OUTCOME_LIVE), 1);
    assert_true(world_report(world, 0)->has_list);
    assert_int_equal(world_report(world, 0)->live_count, 4);
    assert_false(world->channels[0].is_paused);
    world_undo(world);
    world_dry_undo(world);
    undo_case_expect(world, RESULT_IN_SYNC, 0);
    assert_int_equal(world_count_items(world, OUTCOME_LIVE), 3);
    world_free(world);
}

/* ---- reading ---- */

static void test_nothing_is_added_to_a_channel_that_cannot_be_read(void **state)
{
    World *world = undo_case_pruned(2);

    (void)state;
    world_fault(world, REQUEST_LIST_MEMBERS, 1, 100, 500, "");
    world_undo(world);
    undo_case_expect(world, RESULT_FAILED, 0);
    undo_case_expect_items(world, 0, 0, 0, 2);
    assert_false(world_report(world, 0)->has_list);
    world_free(world);
}

static void short_list(WorldEvent *event)
{
    event->members.row_count--;
}

static void test_nothing_is_added_to_a_channel_whose_list_is_never_whole(void **state)
{
    World *world = undo_case_pruned(2);

    (void)state;
    world_twist(world, REQUEST_LIST_MEMBERS, 1, 100, short_list);
    world_undo(world);
    undo_case_expect(world, RESULT_FAILED, 0);
    undo_case_expect_items(world, 0, 0, 0, 2);
    world_free(world);
}

static void test_nothing_is_added_to_a_channel_that_is_managed_elsewhere(void **state)
{
    World *world = undo_case_pruned(2);

    (void)state;
    world->channels[0].row.has_reference = true;
    world_undo(world);
    undo_case_expect(world, RESULT_UNMANAGEABLE, 0);
    world->channels[0].row.has_reference = false;
    world->channels[0].exists = false;
    world_undo(world);
    undo_case_expect(world, RESULT_FAILED, 0);
    world_free(world);
}

static void test_an_added_member_that_is_listed_late_is_waited_for(void **state)
{
    World *world = undo_case_pruned(2);

    (void)state;
    world->channels[0].late_usec = 3 * USEC_PER_SEC;
    world_undo(world);
    undo_case_expect(world, RESULT_CONVERGED, 2);
    /* At once, after 1 s, after 3 s more. */
    assert_int_equal(world_count_sent(world, REQUEST_LIST_MEMBERS), 4);
    assert_in_range(world_sent_at(world, REQUEST_LIST_MEMBERS, 3) -
                        world_sent_at(world, REQUEST_LIST_MEMBERS, 2),
                    USEC_PER_SEC, USEC_PER_SEC + USEC_PER_SEC / 10);
    assert_in_range(world_sent_at(world, REQUEST_LIST_MEMBERS, 4) -
                        world_sent_at(world, REQUEST_LIST_MEMBERS, 3),
                    3 * USEC_PER_SEC, 3 * USEC_PER_SEC + USEC_PER_SEC / 10);
    world_free(world);
}

static void test_an_added_member_that_is_never_listed_has_failed(void **state)
{
    World *world = undo_case_pruned(2);

    (void)state;
    world_fault(world, REQUEST_ADD_MEMBERS, 2, 1, 201, "");
    world_undo(world);
    undo_case_expect(world, RESULT_FAILED, 2);
    undo_case_expect_items(world, 1, 0, 1, 0);
    undo_case_expect_told(world, 1, 1);
    assert_true(undo_case_says(world, "does not list it"));
    assert_true(undo_case_says(world, world->channels[0].members[4]->host));
    /* Once before, and at once, after 1, 3 and 10 s. */
    assert_int_equal(world_count_sent(world, REQUEST_LIST_MEMBERS), 5);
    assert_in_range(world_sent_at(world, REQUEST_LIST_MEMBERS, 5) -
                        world_sent_at(world, REQUEST_LIST_MEMBERS, 4),
                    10 * USEC_PER_SEC, 10 * USEC_PER_SEC + USEC_PER_SEC / 10);
    world_free(world);
}

/* The first is there although its answer said no: what is wrong is the second. */
static void test_the_error_is_of_the_member_that_is_not_there(void **state)
{
    World *world = undo_case_pruned(2);

    (void)state;
    world->config.retry.attempts = 1;
    world_fault(world, REQUEST_ADD_MEMBERS, 1, 1, 504, "")->has_effect = true;
    world_fault(world, REQUEST_ADD_MEMBERS, 1, 1, 201, "");
    world_undo(world);
    undo_case_expect(world, RESULT_FAILED, 2);
    undo_case_expect_items(world, 1, 0, 1, 0);
    assert_true(undo_case_says(world, "does not list it"));
    world_free(world);
}

/* Nothing is said of them, here or in the history, before a later list tells. */
static void test_additions_that_no_list_confirms_are_open(void **state)
{
    World *world = undo_case_pruned(2);

    (void)state;
    world_fault(world, REQUEST_LIST_MEMBERS, 2, 100, 500, "APIG.9999");
    world_undo(world);
    undo_case_expect(world, RESULT_FAILED, 2);
    undo_case_expect_items(world, 2, 0, 0, 0);
    undo_case_expect_told(world, 0, 0);
    assert_string_equal(report_error(world_report(world, 0))->code, "APIG.9999");
    assert_false(world->actions[2].is_decided || world->actions[3].is_decided);
    world->fault_count = 0;
    world_pass(world);
    assert_true(world->actions[2].is_decided && world->actions[2].outcome == OUTCOME_ADDED);
    assert_true(world->actions[3].is_decided && world->actions[3].outcome == OUTCOME_ADDED);
    world_free(world);
}

static void test_words(void **state)
{
    (void)state;
    assert_string_equal(ops_outcome_text(OUTCOME_SKIPPED), "skipped");
    assert_string_equal(ops_outcome_text(OUTCOME_PLANNED), "planned");
    assert_string_equal(ops_outcome_text(OUTCOME_LIVE), "live");
    assert_string_equal(ops_outcome_text(OUTCOME_CHANGED), "changed");
    assert_string_equal(ops_outcome_text(OUTCOME_ADDED), "added");
    assert_string_equal(ops_outcome_text(OUTCOME_FAILED), "failed");
    assert_string_equal(channel_record_scope_text(PAUSE_SCOPE_CHANNEL), "channel");
    assert_string_equal(channel_record_scope_text(PAUSE_SCOPE_INSTANCE), "instance");
    assert_string_equal(channel_record_scope_text(PAUSE_SCOPE_ALL), "all");
    assert_string_equal(channel_record_scope_text(PAUSE_SCOPE_ROSTER), "roster");
    assert_string_equal(channel_record_scope_text(PAUSE_SCOPE_WINDOW), "window");
}

/* What the history has of a change, and of undoing it. */
static void test_what_the_history_has_of_each_kind(void **state)
{
    static const struct {
        ChangeKind done;
        Outcome effect, success, recorded;
    } rows[] = {
        {CHANGE_DELETE, OUTCOME_DELETED, OUTCOME_ADDED, OUTCOME_ADDED},
        {CHANGE_ADD, OUTCOME_ADDED, OUTCOME_DELETED, OUTCOME_DELETED},
        {CHANGE_CORRECT, OUTCOME_CORRECTED, OUTCOME_CORRECTED, OUTCOME_CORRECTED},
        {CHANGE_DISABLE, OUTCOME_DISABLED, OUTCOME_CORRECTED, OUTCOME_ENABLED},
    };

    (void)state;
    for (size_t i = 0; i < ELEMENTS(rows); i++) {
        UndoItem item = {.done = rows[i].done, .outcome = rows[i].success};

        assert_int_equal(undo_effect(rows[i].done), rows[i].effect);
        assert_int_equal(undo_outcome(&item), rows[i].recorded);
        item.outcome = OUTCOME_FAILED;
        assert_int_equal(undo_outcome(&item), OUTCOME_FAILED);
    }
}

/* A group that is no more is not created. */
static void test_a_group_that_is_gone_brings_nobody_back(void **state)
{
    static const ChannelGroup groups[] = {{"blue", OPS_WEIGHT_NONE}, {"green", OPS_WEIGHT_NONE}};
    World *world = world_new(1);
    WorldChannel *channel = world_add_usual(world, "a", 3, 0);

    (void)state;
    world_add_grouped(channel, "blue", "10.9.0.1", 0);
    channel->row.tells_groups = true;
    channel->row.groups = groups;
    channel->row.group_count = 2;
    world_pass(world);
    channel->row.groups = groups + 1;
    channel->row.group_count = 1;
    world_undo(world);
    undo_case_expect(world, RESULT_FAILED, 0);
    assert_true(undo_case_says(world, "the channel has no group blue any more, and rosterd creates "
                                      "none: create it, then undo again; it has: green"));
    undo_case_expect_items(world, 0, 0, 0, 1);
    channel->row.groups = groups;
    channel->row.group_count = 2;
    world_undo(world);
    undo_case_expect(world, RESULT_CONVERGED, 1);
    world_free(world);
}

/* No group is asked for that nobody who comes back was in, nor where the groups are not told. */
static void test_groups_matter_where_somebody_comes_back_to_them(void **state)
{
    static const ChannelGroup groups[] = {{"blue", OPS_WEIGHT_NONE}, {"green", OPS_WEIGHT_NONE}};
    static const struct {
        const char *group; /* of the one that was deleted; NULL: of no group */
        bool tells_groups; /* when it is undone, as the channel has green alone */
        bool dry_run;
        Result result;
        uint32_t additions;
    } rows[] = {
        {"blue", true, false, RESULT_FAILED, 0},     {"blue", true, true, RESULT_FAILED, 0},
        {"green", true, false, RESULT_CONVERGED, 1}, {NULL, true, false, RESULT_CONVERGED, 1},
        {"blue", false, false, RESULT_CONVERGED, 1},
    };

    (void)state;
    for (size_t i = 0; i < ELEMENTS(rows); i++) {
        World *world = world_new(1);
        WorldChannel *channel = world_add_usual(world, "a", 3, rows[i].group ? 0 : 1);

        if (rows[i].group)
            world_add_grouped(channel, rows[i].group, "10.9.0.1", 0);
        channel->row.tells_groups = true;
        channel->row.groups = groups;
        channel->row.group_count = 2;
        world_pass(world);
        assert_int_equal(world_report(world, 0)->result, RESULT_CONVERGED);
        channel->row.tells_groups = rows[i].tells_groups;
        channel->row.groups = rows[i].tells_groups ? groups + 1 : NULL;
        channel->row.group_count = rows[i].tells_groups;
        world->dry_run = rows[i].dry_run;
        world_undo(world);
        undo_case_expect(world, rows[i].result, rows[i].additions);
        world_free(world);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_members_come_back_as_they_were_one_at_a_time),
        cmocka_unit_test(test_members_of_an_ecs_channel_come_back),
        cmocka_unit_test(test_what_came_back_stays),
        cmocka_unit_test(test_undoing_twice_changes_nothing),
        cmocka_unit_test(test_what_is_live_again_is_left_alone),
        cmocka_unit_test(test_same_host_on_another_port_or_in_another_group_is_another_member),
        cmocka_unit_test(test_channels_are_undone_side_by_side),
        cmocka_unit_test(test_a_dry_run_only_says_what_it_would_add),
        cmocka_unit_test(test_nothing_is_added_to_a_channel_that_cannot_be_read),
        cmocka_unit_test(test_nothing_is_added_to_a_channel_whose_list_is_never_whole),
        cmocka_unit_test(test_nothing_is_added_to_a_channel_that_is_managed_elsewhere),
        cmocka_unit_test(test_an_added_member_that_is_listed_late_is_waited_for),
        cmocka_unit_test(test_an_added_member_that_is_never_listed_has_failed),
        cmocka_unit_test(test_the_error_is_of_the_member_that_is_not_there),
        cmocka_unit_test(test_additions_that_no_list_confirms_are_open),
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_what_the_history_has_of_each_kind),
        cmocka_unit_test(test_a_group_that_is_gone_brings_nobody_back),
        cmocka_unit_test(test_groups_matter_where_somebody_comes_back_to_them),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
