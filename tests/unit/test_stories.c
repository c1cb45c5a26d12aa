/* SPDX-License-Identifier: MIT */
/* Whole passes that compare and change, told in all they did (story.h): what is planned, asked,
 * recorded, logged and reported of members of each kind in each mode. */
#include <string.h>

#include "tests/unit/quarantine_case.h"
#include "tests/unit/story.h"
#include "tests/unit/story_text.h"
#include "tests/unit/sync_case.h"

/* ---- what is deleted ---- */

static void an_extra_is_deleted(void **state)
{
    World *world = world_new(1);
    Story story;

    (void)state;
    world_add_usual(world, "a", 3, 2);
    world_add_grouped(&world->channels[0], "blue", "10.9.0.9", 81);
    story_begin(&story, "an_extra_is_deleted", world);
    story_dry_pass("a dry run");
    story_pass("the pass");
    story_pass("another, with nothing to do");
    story_end();
}

/* Ignored ones stay, by host, by group, and by network and port. */
static void what_is_ignored_stays(void **state)
{
    World *world = world_new(1);
    RosterChannel *roster;
    IgnoreRule *rule;
    Story story;

    (void)state;
    world_add_usual(world, "a", 1, 2);
    world_add_grouped(&world->channels[0], "canary", "10.9.0.7", 8080);
    world_add_member(&world->channels[0], "10.9.0.8", 81)->status = 2;
    roster = &world->rosters[0];
    world_ignore(world, roster)->host = "10.9.0.1";
    world_ignore(world, roster)->group = "canary";
    rule = world_ignore(world, roster);
    rule->has_port = true;
    rule->port = 81;
    story_begin(&story, "what_is_ignored_stays", world);
    story_pass("the pass");
    story_end();
}

static void servers_are_deleted(void **state)
{
    World *world = world_new(1);
    WorldChannel *channel = world_add_channel(world, 0, "servers");
    RosterChannel *roster = world_add_roster(world, 0, "servers");
    Story story;

    (void)state;
    channel->row.member_type = "ecs";
    world_add_ecs(channel, "ecs-1", 8080);
    world_add_ecs(channel, "ecs-2", 81);
    world_want_ecs(world, roster, "ecs-1", 0);
    story_begin(&story, "servers_are_deleted", world);
    story_pass("the pass");
    story_end();
}

/* ---- what is added and corrected ---- */

/* Members that state all fields, of which some differ, one that is missing with all fields, and
 * extras. */
static World *mixed(Mode mode)
{
    World *world = sync_case_new(mode, 4, 2, 2);
    RosterMember *members = world_edit_members(world, &world->rosters[0]);

    for (size_t i = 0; i < 5; i++) {
        members[i].states = ROSTER_MEMBER_WEIGHT | ROSTER_MEMBER_BACKUP | ROSTER_MEMBER_ENABLED;
        members[i].weight = 1;
        members[i].enabled = true;
    }
    members[0].weight = 9;
    members[1].backup = true;
    members[2].enabled = false;
    members[4].weight = 5;
    members[4].backup = true;
    world->channels[0].members[3]->status = 2;
    world->channels[0].members[5]->weight = 33;
    return world;
}

static void tell_mixed(const char *name, Mode mode)
{
    World *world = mixed(mode);
    Story story;

    story_begin(&story, name, world);
    story_dry_pass("a dry run");
    story_pass("the pass");
    world->gap_usec = USEC_PER_MINUTE;
    story_pass("a minute later");
    story_end();
}

static void sync_does_all(void **state)
{
    (void)state;
    tell_mixed("sync_does_all", MODE_SYNC);
}

static void add_leaves_extras(void **state)
{
    (void)state;
    tell_mixed("add_leaves_extras", MODE_ADD);
}

static void prune_tells_what_is_missing(void **state)
{
    (void)state;
    tell_mixed("prune_tells_what_is_missing", MODE_PRUNE);
}

static void observe_changes_nothing(void **state)
{
    (void)state;
    tell_mixed("observe_changes_nothing", MODE_OBSERVE);
}

/* The weights of groups are theirs; a group that is not there fails the channel. */
static void groups_have_weights(void **state)
{
    static const ChannelGroup groups[] = {{"blue", 40}, {"green", OPS_WEIGHT_NONE}};
    World *world = sync_case_new(MODE_SYNC, 0, 0, 0);
    WorldChannel *channel = &world->channels[0];
    RosterMember *members;
    Story story;

    (void)state;
    channel->row.groups = groups;
    channel->row.group_count = 2;
    channel->row.tells_groups = true;
    world_add_grouped(channel, "blue", "10.0.0.1", 8080);
    world_add_grouped(channel, "green", "10.0.0.2", 8080);
    world_want(world, &world->rosters[0], "blue", "10.0.0.1", 8080);
    world_want(world, &world->rosters[0], "green", "10.0.0.2", 8080);
    world_want(world, &world->rosters[0], "blue", "10.0.0.3", 8080);
    members = world_edit_members(world, &world->rosters[0]);
    for (size_t i = 0; i < 3; i++) {
        members[i].states = ROSTER_MEMBER_WEIGHT;
        members[i].weight = 7;
    }
    story_begin(&story, "groups_have_weights", world);
    story_pass("the pass");
    world_want(world, &world->rosters[0], "red", "10.0.0.4", 8080);
    story_pass("a group is not there");
    story_end();
}

/* ---- a channel that is full ---- */

static void extras_make_room(void **state)
{
    World *world = sync_case_new(MODE_SYNC, 1, 2, 3);
    Story story;

    (void)state;
    world->channels[0].quota = 5;
    world->channels[0].members[2]->status = 2;
    story_begin(&story, "extras_make_room", world);
    story_pass("the pass");
    story_end();
}

static void no_extra_goes_where_too_few_stay(void **state)
{
    World *world = sync_case_new(MODE_SYNC, 2, 2, 1);
    Story story;

    (void)state;
    world->channels[0].quota = 3;
    world->rosters[0].guards.min_remaining = 3;
    story_begin(&story, "no_extra_goes_where_too_few_stay", world);
    story_pass("the pass");
    story_end();
}

/* ---- quarantine ---- */

static void an_extra_goes_through_quarantine(void **state)
{
    World *world = quarantine_case_new(MODE_PRUNE, 3);
    Story story;

    (void)state;
    quarantine_case_extra(world, 1)->status = 2;
    story_begin(&story, "an_extra_goes_through_quarantine", world);
    story_dry_pass("a dry run");
    story_pass("they enter");
    world->gap_usec = SPAN_USEC / 2;
    story_pass("they wait");
    quarantine_case_want(world, quarantine_case_extra(world, 0));
    quarantine_case_want(world, quarantine_case_extra(world, 1));
    story_dry_pass("a dry run with two that are wanted");
    story_pass("those two are wanted");
    world->gap_usec = SPAN_USEC;
    story_pass("the third is due");
    story_end();
}

static void a_full_channel_disables_first(void **state)
{
    World *world = quarantine_case_new(MODE_SYNC, 2);
    Story story;

    (void)state;
    world->channels[0].quota = 4;
    world_want(world, &world->rosters[0], "", "10.5.0.1", 8080);
    story_begin(&story, "a_full_channel_disables_first", world);
    story_pass("the pass");
    world->gap_usec = SPAN_USEC + USEC_PER_SEC;
    story_pass("an hour later");
    story_pass("and again");
    story_end();
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_extra_is_deleted),
        cmocka_unit_test(what_is_ignored_stays),
        cmocka_unit_test(servers_are_deleted),
        cmocka_unit_test(sync_does_all),
        cmocka_unit_test(add_leaves_extras),
        cmocka_unit_test(prune_tells_what_is_missing),
        cmocka_unit_test(observe_changes_nothing),
        cmocka_unit_test(groups_have_weights),
        cmocka_unit_test(extras_make_room),
        cmocka_unit_test(no_extra_goes_where_too_few_stay),
        cmocka_unit_test(an_extra_goes_through_quarantine),
        cmocka_unit_test(a_full_channel_disables_first),
    };

    story_text_init(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
