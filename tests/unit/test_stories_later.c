/* SPDX-License-Identifier: MIT */
/* Whole passes in which plans come late, that several instances share, and undos of odd histories,
 * told in all they did (story.h). */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/quarantine_case.h"
#include "tests/unit/story.h"
#include "tests/unit/story_text.h"
#include "tests/unit/sync_case.h"
#include "tests/unit/undo_case.h"
#include "tests/world/undo.h"
#include "tests/world/world_ops.h"

/* ---- plans that come late ---- */

/* Channels whose first list fails, so that none is waited for; the second comes one after the
 * other. */
static World *late(size_t count, const size_t *extras)
{
    static const char *const names[] = {"a", "b", "c", "d", "e"};
    static const char *const ids[] = {"id-a", "id-b", "id-c", "id-d", "id-e"};
    World *world = world_new(1);

    for (size_t i = 0; i < count; i++) {
        world_add_usual(world, names[i], 9, extras[i]);
        world_fault(world, REQUEST_LIST_MEMBERS, 1, (uint32_t)i + 1, 503, "")->channel_id = ids[i];
    }
    world->config.retry.base_usec = world->config.retry.cap_usec = 10 * USEC_PER_SEC;
    world->config.retry.attempts = 9;
    return world;
}

static void late_plans_count_one_by_one(void **state)
{
    static const size_t extras[] = {4, 2, 2, 1, 0};
    World *world = late(5, extras);
    Story story;

    (void)state;
    world->config.guards.max_deletes_total = 3;
    story_begin(&story, "late_plans_count_one_by_one", world);
    story_pass("too much, enough, too much with it, and what is left");
    story_end();
}

static void late_channels_count_one_by_one(void **state)
{
    static const size_t extras[] = {1, 1, 1, 1, 1};
    World *world = late(5, extras);
    Story story;

    (void)state;
    world->config.guards.max_channels = 2;
    story_begin(&story, "late_channels_count_one_by_one", world);
    story_pass("two, and no third");
    for (size_t i = 0; i < 5; i++)
        world->faults[i].matched = 0;
    world_approve(world, world_report(world, 3)->digest);
    story_pass("one more is approved");
    story_end();
}

static void a_plan_waits_for_a_silent_channel(void **state)
{
    static const size_t extras[] = {1, 2};
    World *world = late(2, extras);
    Story story;

    (void)state;
    world->fault_count = 0;
    world_fault_kind(world, REQUEST_LIST_MEMBERS, 1, 1, ANSWER_TIMEOUT)->channel_id = "id-b";
    world->faults[0].latency_usec = 4 * USEC_PER_MINUTE;
    world->config.guards.max_deletes_total = 2;
    world->config.limits.pass_deadline_usec = 8 * USEC_PER_MINUTE;
    story_begin(&story, "a_plan_waits_for_a_silent_channel", world);
    story_pass("for a quarter of the deadline");
    story_end();
}

static void a_dry_run_is_stopped(void **state)
{
    static const size_t extras[] = {1, 2};
    World *world = late(2, extras);
    Story story;

    (void)state;
    world->faults[0].count = 0;
    world->config.guards.max_deletes_total = 2;
    world->stop_after_usec = 5 * USEC_PER_MSEC;
    story_begin(&story, "a_dry_run_is_stopped", world);
    story_dry_pass("before any list");
    world->fault_count = 0;
    world_fault_kind(world, REQUEST_LIST_MEMBERS, 1, 1, ANSWER_TIMEOUT)->channel_id = "id-b";
    world->faults[0].latency_usec = 4 * USEC_PER_MINUTE;
    world->stop_after_usec = 10 * USEC_PER_SEC;
    story_dry_pass("while a plan waits for another channel");
    story_end();
}

/* ---- several instances ---- */

static void each_instance_has_its_own(void **state)
{
    static char names[6][8];
    World *world = world_new(3);
    Story story;

    (void)state;
    for (size_t i = 0; i < 6; i++) {
        snprintf(names[i], sizeof(names[i]), "c%zu", i);
        world_add_member(world_add_channel(world, 1 + i / 3, names[i]), "10.0.0.1", 8080);
        world_want(world, world_add_roster(world, 1 + i / 3, names[i]), "", "10.0.0.1", 8080);
        world_add_member(&world->channels[i], "10.9.0.1", 8080);
    }
    world->config.limits.concurrency = 1;
    world->firsts[0] = 7;
    world->firsts[1] = 1;
    world->firsts[2] = 5;
    world->stop_after_usec = 35 * USEC_PER_MSEC;
    story_begin(&story, "each_instance_has_its_own", world);
    story_pass("each begins with another channel, and is stopped");
    for (size_t i = 0; i < 3; i++)
        buf_printf(&story.text,
                   "instance %zu goes on with %zu, and has sent %llu in %zu channels\n", i,
                   world->firsts[i], (unsigned long long)world->spent[i].deletes,
                   world->spent[i].channel_count);
    world->config.guards.max_deletes_total = 2;
    story_pass("each goes on by what it has sent");
    world->scope = 2;
    story_pass("the last alone");
    world->scope = PASS_ALL_INSTANCES;
    world->firsts[1] = world->firsts[2] = 2;
    world->stop_after_usec = 5 * USEC_PER_MSEC;
    story_pass("stopped before anything is found");
    for (size_t i = 0; i < 3; i++)
        buf_printf(&story.text, "instance %zu goes on with %zu\n", i, world->firsts[i]);
    story_end();
}

static void put_extra(World *world, void *unused)
{
    (void)unused;
    world_add_member(&world->channels[0], "10.9.0.9", 8080);
}

/* It is one channel that was changed, however often. */
static void a_pass_is_stopped_again_and_again(void **state)
{
    World *world = world_new(1);
    Story story;

    (void)state;
    world_add_usual(world, "a", 3, 1);
    world->config.guards.max_channels = 1;
    world->config.guards.max_deletes_total = 3;
    story_begin(&story, "a_pass_is_stopped_again_and_again", world);
    for (size_t i = 0; i < 3; i++) {
        world->stop_after_usec = 35 * USEC_PER_MSEC;
        story_pass("stopped");
        buf_printf(&story.text, "%llu were sent in %zu channels\n",
                   (unsigned long long)world->spent[0].deletes, world->spent[0].channel_count);
        put_extra(world, NULL);
    }
    story_pass("to its end");
    story_end();
}

static void an_empty_roster_asks_nothing(void **state)
{
    World *world = world_new(2);
    Story story;

    (void)state;
    story_begin(&story, "an_empty_roster_asks_nothing", world);
    story_pass("no channel");
    story_dry_pass("nor in a dry run");
    story_end();
}

/* ---- undo ---- */

/* A channel of which two were deleted that are in one place. */
static void two_become_one(void **state)
{
    World *world = world_new(1);
    Story story;

    (void)state;
    world_add_usual(world, "a", 3, 0);
    world_add_member(&world->channels[0], "10.9.0.1", 8080);
    world_add_member(&world->channels[0], "10.9.0.1", 8080);
    story_begin(&story, "two_become_one", world);
    story_pass("two extras in one place");
    story_undo("both are put back");
    story_undo_of("and that is undone", world->pass_serial);
    story_end();
}

/* What was sent, as the history has it; rows of lists are others. */
static int read_no_fields(void *context, const char *member_json, MemberFields *ret_fields)
{
    return strstr(member_json, "\"id\":\"\"")
               ? -EINVAL
               : world_ops.read_fields(context, member_json, ret_fields);
}

static void a_history_cannot_be_read(void **state)
{
    World *world = undo_case_mixed();
    Story story;

    (void)state;
    story_begin(&story, "a_history_cannot_be_read", world);
    story.ops.read_fields = read_no_fields;
    story_dry_undo("a dry run");
    story_undo("the undo");
    story_end();
}

/* ---- corrections ---- */

/* Of two one is right by now, of the other another value is. */
static void weigh_otherwise(World *world, void *unused)
{
    (void)unused;
    world->channels[0].members[3]->weight = 6;
    world->channels[0].members[4]->weight = 9;
}

static void corrections_come_late(void **state)
{
    World *world = sync_case_new(MODE_SYNC, 5, 0, 0);
    RosterMember *members = world_edit_members(world, &world->rosters[0]);
    Story story;

    (void)state;
    for (size_t i = 0; i < 5; i++) {
        members[i].states = ROSTER_MEMBER_WEIGHT;
        members[i].weight = 6;
    }
    world->latency_usec = 5 * USEC_PER_SEC;
    story_begin(&story, "corrections_come_late", world);
    story_pass_with("somebody changes two while others are corrected", 12 * USEC_PER_SEC,
                    weigh_otherwise, NULL);
    story_end();
}

/* A failure that a later list contradicts is somebody else's work. */
static void weigh_first(World *world, void *unused)
{
    (void)unused;
    world->channels[0].members[0]->weight = 6;
}

static World *with_refused_correction(void)
{
    World *world = sync_case_new(MODE_SYNC, 3, 0, 1);
    RosterMember *members = world_edit_members(world, &world->rosters[0]);

    members[0].states = members[1].states = ROSTER_MEMBER_WEIGHT;
    members[0].weight = members[1].weight = 6;
    world->config.settle_usec = 5 * USEC_PER_SEC;
    return world;
}

static void somebody_makes_what_was_refused(void **state)
{
    World *world = with_refused_correction();
    Story story;

    (void)state;
    world_fault(world, REQUEST_ADD_MEMBERS, 1, 1, 400, "APIG.2001");
    story_begin(&story, "somebody_makes_what_was_refused", world);
    story_pass_with("a correction, while others take effect", 3 * USEC_PER_SEC, weigh_first, NULL);
    story_end();
}

static void weigh_as_before(World *world, void *unused)
{
    (void)unused;
    world->channels[0].members[0]->weight = 1;
}

static void somebody_undoes_what_was_refused(void **state)
{
    World *world = with_refused_correction();
    Story story;

    (void)state;
    world_want(world, &world->rosters[0], "", "10.5.0.1", 8080);
    world_pass(world);
    world_fault(world, REQUEST_ADD_MEMBERS, 2, 1, 400, "APIG.2001");
    story_begin(&story, "somebody_undoes_what_was_refused", world);
    story_undo_with("a correction, while others take effect", 3 * USEC_PER_SEC, weigh_as_before,
                    NULL);
    story_end();
}

/* What a list has decided is not told again where the next one cannot be read. */
static void an_uncertain_addition_is_told_once(void **state)
{
    World *world = sync_case_new(MODE_SYNC, 3, 1, 1);
    Story story;

    (void)state;
    world->config.retry.attempts = 1;
    world_fault(world, REQUEST_ADD_MEMBERS, 1, 1, 202, "")->has_effect = true;
    world_fault(world, REQUEST_LIST_MEMBERS, 3, 1, 503, "");
    story_begin(&story, "an_uncertain_addition_is_told_once", world);
    story_pass("it is listed, and then no list can be read");
    story_end();
}

/* ---- addresses ---- */

static void addresses_are_told_as_they_are_listed(void **state)
{
    World *world = sync_case_new(MODE_SYNC, 3, 0, 0);
    Story story;

    (void)state;
    world_add_member(&world->channels[0], "2001:DB8:0::7", 8080);
    world_want(world, &world->rosters[0], "", "2001:DB8:0::8", 8080);
    story_begin(&story, "addresses_are_told_as_they_are_listed", world);
    story_pass("one is deleted, and one is added");
    story_undo("and back");
    story_end();
}

/* ---- a full channel ---- */

static void the_only_member_is_exchanged(void **state)
{
    World *world = sync_case_new(MODE_SYNC, 0, 1, 1);
    Story story;

    (void)state;
    world->channels[0].quota = 1;
    world->rosters[0].guards.min_remaining = 0;
    story_begin(&story, "the_only_member_is_exchanged", world);
    story_pass("nobody has to stay");
    story_end();
}

static void remove_extras(World *world, void *argument)
{
    (void)argument;
    for (size_t i = 0; i < 3; i++)
        world_remove_member(quarantine_case_extra(world, i), &world->channels[0]);
}

static void somebody_deletes_whom_we_enable(void **state)
{
    World *world = quarantine_case_new(MODE_PRUNE, 3);
    Story story;

    (void)state;
    world_pass(world);
    quarantine_case_want_extras(world, 3);
    world->config.retry.attempts = 1;
    world_fault(world, REQUEST_ENABLE_MEMBER, 1, 1, 500, "")->latency_usec = 4 * USEC_PER_SEC;
    world_fault(world, REQUEST_ENABLE_MEMBER, 1, 1, 400, "APIG.2001")->latency_usec = USEC_PER_SEC;
    story_begin(&story, "somebody_deletes_whom_we_enable", world);
    story_pass_with("while the answers come", 3 * USEC_PER_SEC, remove_extras, NULL);
    story_pass("they are missing");
    story_end();
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(late_plans_count_one_by_one),
        cmocka_unit_test(late_channels_count_one_by_one),
        cmocka_unit_test(a_plan_waits_for_a_silent_channel),
        cmocka_unit_test(a_dry_run_is_stopped),
        cmocka_unit_test(each_instance_has_its_own),
        cmocka_unit_test(a_pass_is_stopped_again_and_again),
        cmocka_unit_test(an_empty_roster_asks_nothing),
        cmocka_unit_test(two_become_one),
        cmocka_unit_test(a_history_cannot_be_read),
        cmocka_unit_test(corrections_come_late),
        cmocka_unit_test(somebody_makes_what_was_refused),
        cmocka_unit_test(somebody_undoes_what_was_refused),
        cmocka_unit_test(an_uncertain_addition_is_told_once),
        cmocka_unit_test(addresses_are_told_as_they_are_listed),
        cmocka_unit_test(the_only_member_is_exchanged),
        cmocka_unit_test(somebody_deletes_whom_we_enable),
    };

    story_text_init(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
