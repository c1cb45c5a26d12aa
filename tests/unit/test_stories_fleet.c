/* SPDX-License-Identifier: MIT */
/* Undos, and whole passes of a host among others, told in all they did (story.h). */
#include <errno.h>
#include <string.h>

#include "daemon/base/str.h"
#include "tests/unit/quarantine_case.h"
#include "tests/unit/story.h"
#include "tests/unit/story_text.h"
#include "tests/unit/sync_case.h"
#include "tests/unit/undo_case.h"
#include "tests/world/fleet.h"
#include "tests/world/world_ops.h"

/* ---- undo ---- */

static void all_comes_back(void **state)
{
    World *world = undo_case_mixed();
    Story story;

    (void)state;
    story_begin(&story, "all_comes_back", world);
    story_dry_undo("a dry run");
    story_undo("the undo");
    story_undo("once more");
    story_end();
}

static void what_somebody_changed_stays(void **state)
{
    World *world = undo_case_mixed();
    WorldChannel *channel = &world->channels[0];
    WorldMember *first = world_find_member(world, world->actions[0].listed.id);
    WorldMember *second = world_find_member(world, world->actions[1].listed.id);
    Story story;

    (void)state;
    first->status = 2;
    world_remove_member(second, channel);
    world_add_member(channel, second->host, 8080);
    channel->members[0]->weight = 7;
    world_add_member(channel, channel->members[3]->host, 8080)->is_backup = true;
    story_begin(&story, "what_somebody_changed_stays", world);
    story_undo("the undo");
    story_end();
}

static void an_undo_fails(void **state)
{
    World *world = undo_case_mixed();
    Story story;

    (void)state;
    world_fault(world, REQUEST_ADD_MEMBERS, 1, 1, 400, "APIG.2001");
    world_fault(world, REQUEST_ADD_MEMBERS, 2, 1, 503, "");
    world_fault(world, REQUEST_DELETE_MEMBER, 1, 1, 400, "APIG.2001");
    world->rosters[0].guards.min_remaining = 3;
    story_begin(&story, "an_undo_fails", world);
    story_undo("some is refused");
    world->fault_count = 0;
    world->rosters[0].guards.min_remaining = 5;
    story_undo("min_remaining holds what goes");
    story_end();
}

static void whom_a_pass_disabled_is_enabled(void **state)
{
    World *world = quarantine_case_new(MODE_PRUNE, 3);
    Story story;

    (void)state;
    story_begin(&story, "whom_a_pass_disabled_is_enabled", world);
    story_pass("they enter");
    quarantine_case_extra(world, 0)->status = 1;
    story_undo("one is enabled already");
    story_pass("the channel is paused");
    story_end();
}

/* ---- several hosts ---- */

static void each_change_is_made_known(void **state)
{
    World *world = sync_case_new(MODE_SYNC, 3, 1, 1);
    WorldFleet *fleet = world_join_fleet(world);
    Story story;

    (void)state;
    world_add_usual(world, "b", 3, 2);
    world_add_usual(world, "c", 3, 0);
    story_begin(&story, "each_change_is_made_known", world);
    story_pass("it is taken");
    world_add_member(&world->channels[0], "10.9.0.7", 8080);
    world_add_member(&world->channels[1], "10.9.0.8", 8080);
    fleet->name = "b";
    fleet->end = INTENT_PAUSED;
    story_pass("one is paused elsewhere");
    fleet->end = INTENT_UNANSWERED;
    story_pass("one has no answer");
    fleet->end = INTENT_TAKEN;
    fleet->error = -EMSGSIZE;
    story_pass("one is too large to be made known");
    fleet->error = 0;
    fleet->end = INTENT_LOST;
    world_add_member(&world->channels[0], "10.9.0.9", 8080);
    story_pass("the instance is another host's");
    story_end();
}

/* The last that was asked for is answered first. */
static void answer_backwards(World *world, WorldIntent *intent)
{
    intent->end = INTENT_TAKEN;
    intent->latency_usec =
        (uint64_t)(1 + world->channel_count - (size_t)(intent->channel - world->channels)) * 100 *
        USEC_PER_MSEC;
}

static void changes_are_made_known_backwards(void **state)
{
    World *world = world_new(1);
    WorldFleet *fleet = world_join_fleet(world);
    Story story;

    (void)state;
    for (size_t i = 0; i < 4; i++)
        world_add_usual(world, (const char *[]){"a", "b", "c", "d"}[i], 3, 1);
    fleet->choose = answer_backwards;
    story_begin(&story, "changes_are_made_known_backwards", world);
    story_pass("the last is known first");
    story_end();
}

static void a_take_over_sees_all_twice(void **state)
{
    World *world = sync_case_new(MODE_SYNC, 3, 1, 1);
    WorldFleet *fleet = world_join_fleet(world);
    RosterMember *members = world_edit_members(world, &world->rosters[0]);
    Story story;

    (void)state;
    members[0].states = ROSTER_MEMBER_WEIGHT;
    members[0].weight = 7;
    fleet->conditions.needs_sightings = true;
    fleet->conditions.token = 7;
    story_begin(&story, "a_take_over_sees_all_twice", world);
    story_pass("a first time");
    story_pass("a second time");
    story_pass("nothing is left");
    fleet->conditions.token = 8;
    world_add_member(&world->channels[0], "10.9.0.9", 8080);
    story_pass("taken over again");
    story_end();
}

static void conditions_hold(void **state)
{
    World *world = sync_case_new(MODE_SYNC, 3, 1, 2);
    Conditions *conditions = &world_join_fleet(world)->conditions;
    Story story;

    (void)state;
    str_copy(conditions->lease, sizeof(conditions->lease), "etcd is away");
    conditions->handover_usec = USEC_PER_MINUTE;
    str_copy(conditions->roster, sizeof(conditions->roster), "theirs is of another commit");
    story_begin(&story, "conditions_hold", world);
    story_pass("all of them");
    conditions->lease[0] = '\0';
    story_pass("all but the lease");
    conditions->handover_usec = 0;
    story_pass("the rosters alone");
    world_approve(world, world_report(world, 0)->digest);
    story_pass("they are approved");
    world->rosters[0].mode = MODE_OBSERVE;
    world_add_member(&world->channels[0], "10.9.0.9", 8080);
    str_copy(conditions->lease, sizeof(conditions->lease), "etcd is away");
    story_pass("only observed, and the lease is away");
    story_end();
}

/* ---- what an earlier run left ---- */

static void what_was_left_is_settled(void **state)
{
    World *world = world_new(1);
    WorldFault *fault;
    Story story;

    (void)state;
    world_add_usual(world, "stays", 3, 1);
    world_add_usual(world, "left", 3, 1);
    fault = world_fault_kind(world, REQUEST_DELETE_MEMBER, 1, 2, ANSWER_TIMEOUT);
    fault->latency_usec = USEC_PER_SEC;
    story_begin(&story, "what_was_left_is_settled", world);
    world->abandon_after_usec = 500 * USEC_PER_MSEC;
    story_pass("abandoned");
    world->config.channel_count = 1;
    story_dry_pass("a dry run");
    story_pass("a channel has left the rosters");
    story_end();
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_comes_back),
        cmocka_unit_test(what_somebody_changed_stays),
        cmocka_unit_test(an_undo_fails),
        cmocka_unit_test(whom_a_pass_disabled_is_enabled),
        cmocka_unit_test(each_change_is_made_known),
        cmocka_unit_test(changes_are_made_known_backwards),
        cmocka_unit_test(a_take_over_sees_all_twice),
        cmocka_unit_test(conditions_hold),
        cmocka_unit_test(what_was_left_is_settled),
    };

    story_text_init(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
