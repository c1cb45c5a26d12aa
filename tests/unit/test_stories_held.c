/* SPDX-License-Identifier: MIT */
/* Whole passes of which something is held, closed or chosen, or whose state fails, told in all they
 * did (story.h). */
#include <errno.h>
#include <string.h>

#include "tests/unit/quarantine_case.h"
#include "tests/unit/story.h"
#include "tests/unit/story_text.h"
#include "tests/unit/sync_case.h"
#include "tests/unit/undo_case.h"
#include "tests/world/chosen.h"
#include "tests/world/fleet.h"
#include "tests/world/world_ops.h"

static void as_it_is(WorldEvent *event)
{
    (void)event;
}

/* ---- the guards of a pass ---- */

static World *three(void)
{
    World *world = world_new(1);

    world_add_usual(world, "a", 5, 2);
    world_add_usual(world, "b", 5, 1);
    world_add_usual(world, "c", 5, 1);
    return world;
}

/* The first has not told its list by the time that plans wait, and is judged by itself then. */
static void a_late_plan_is_judged_alone(void **state)
{
    World *world = three();
    WorldFault *slow = world_twist(world, REQUEST_LIST_MEMBERS, 1, 3, as_it_is);
    Story story;

    (void)state;
    slow->channel_id = "id-a";
    slow->latency_usec = 4 * USEC_PER_MINUTE;
    world->config.guards.max_deletes_total = 3;
    world->config.guards.max_channels = 2;
    story_begin(&story, "a_late_plan_is_judged_alone", world);
    story_pass("two pass, the third is too much");
    world_add_member(&world->channels[1], "10.9.0.7", 8080);
    world_add_member(&world->channels[2], "10.9.0.8", 8080);
    world->config.guards.max_deletes_total = 1;
    story_pass("two are too much, and the third likewise");
    world_approve(world, world_report(world, 0)->digest);
    story_pass("the late one is approved");
    story_end();
}

static void an_approval_of_all_is_gone(void **state)
{
    World *world = three();
    WorldFleet *fleet = world_join_fleet(world);
    Story story;

    (void)state;
    world->config.guards.max_deletes_total = 3;
    story_begin(&story, "an_approval_of_all_is_gone", world);
    story_pass("too much");
    world_approve(world, pass_get_report(world->pass)->instances[0].digest);
    fleet->end = INTENT_APPROVAL_GONE;
    story_pass("approved, and spent elsewhere");
    story_end();
}

static void a_pass_goes_on_by_what_was_spent(void **state)
{
    World *world = three();
    Story story;

    (void)state;
    world->config.guards.max_deletes_total = 3;
    world->rosters[0].guards.max_deletes = 1;
    story_begin(&story, "a_pass_goes_on_by_what_was_spent", world);
    story_pass("the first is held by its own guard");
    world->rosters[0].guards.max_deletes = 2;
    story_pass("the next pass has its own count");
    story_end();
}

/* ---- windows and pauses in mid-pass ---- */

static void pause_channel(World *world, void *channel)
{
    world_pause(world, channel, 0);
}

static void a_pause_comes_in_mid_pass(void **state)
{
    World *world = sync_case_new(MODE_SYNC, 3, 2, 2);
    Story story;

    (void)state;
    story_begin(&story, "a_pause_comes_in_mid_pass", world);
    world_add_usual(world, "b", 3, 3);
    story_pass_with("after the first addition and deletion", 35 * USEC_PER_MSEC, pause_channel,
                    &world->channels[0]);
    story_pass("it stays");
    story_end();
}

static void changes_are_held_in_mid_pass(void **state)
{
    World *world = sync_case_new(MODE_SYNC, 3, 1, 2);
    Story story;

    (void)state;
    world->config.settle_usec = 0;
    story_begin(&story, "changes_are_held_in_mid_pass", world);
    world->abandon_after_usec = 40 * USEC_PER_SEC;
    story_pass_with("until it is abandoned", 25 * USEC_PER_MSEC, world_hold, NULL);
    story_pass("the next one");
    story_end();
}

static void a_window_opens_by_an_approval(void **state)
{
    static const ChangeWindow morning[] = {
        {.days = 0x7f, .from_minute = 420, .to_minute = 480, .zone = &zone_utc}};
    World *world = world_new(1);
    Story story;

    (void)state;
    world_add_usual(world, "a", 5, 2);
    world->rosters[0].windows = (ChangeWindows){.windows = morning, .window_count = 1};
    story_begin(&story, "a_window_opens_by_an_approval", world);
    story_pass("it is closed");
    world_approve(world, world_report(world, 0)->digest);
    story_pass("an approval does not open it");
    world_approve_now(world);
    story_pass("but for one that says so");
    story_end();
}

/* ---- chosen plans ---- */

static void only_what_was_chosen_is_done(void **state)
{
    World *world = world_new(1);
    Story story;

    (void)state;
    world_add_usual(world, "a", 3, 2);
    world_add_usual(world, "b", 3, 2);
    story_begin(&story, "only_what_was_chosen_is_done", world);
    story_dry_pass("what is planned");
    chosen_take(world);
    world_add_member(&world->channels[1], "10.9.0.77", 8080);
    story_pass("one plan is another by now");
    story_end();
}

/* ---- a state that fails ---- */

static void the_state_fails(void **state)
{
    World *world = sync_case_new(MODE_SYNC, 3, 1, 2);
    Story story;

    (void)state;
    world->config.settle_usec = 0;
    world->rosters[0].guards.confirm_passes = 2;
    story_begin(&story, "the_state_fails", world);
    world->recall_error = -EIO;
    story_pass("recalling");
    world->recall_error = 0;
    world->remember_error = -EIO;
    story_pass("remembering");
    world->remember_error = 0;
    world->record_error = -ENOSPC;
    story_pass("recording");
    world->record_error = 0;
    world->decide_error = -EIO;
    world->decide_error_from = 2;
    story_pass("deciding");
    story_end();
}

/* ---- lists ---- */

static void odd_row(WorldEvent *event)
{
    event->answer.kind = ANSWER_ODD;
}

static void lists_are_odd(void **state)
{
    World *world = world_new(1);
    Story story;

    (void)state;
    world_add_usual(world, "a", 700, 1);
    world_add_usual(world, "b", 2, 1);
    world_twist(world, REQUEST_LIST_MEMBERS, 2, 1, odd_row)->channel_id = "id-a";
    world_twist(world, REQUEST_LIST_MEMBERS, 1, 9, odd_row)->channel_id = "id-b";
    story_begin(&story, "lists_are_odd", world);
    story_pass("one is whole in the end");
    story_end();
}

static void channels_are_not_found(void **state)
{
    World *world = world_new(1);
    Story story;

    (void)state;
    world_add_usual(world, "a", 2, 1);
    world_add_channel(world, 0, "twice")->row.id = "id-twice-1";
    world_add_channel(world, 0, "twice")->row.id = "id-twice-2";
    world_add_channel(world, 0, "away")->row.vpc_channel_type = "reference";
    world_add_channel(world, 0, "odd")->row.odd = "its port is no port";
    world_add_roster(world, 0, "twice");
    world_add_roster(world, 0, "away");
    world_add_roster(world, 0, "odd");
    world_add_roster(world, 0, NULL)->id = "id-nowhere";
    world_add_roster(world, 0, NULL)->id = "id-a";
    story_begin(&story, "channels_are_not_found", world);
    story_pass("each for a reason of its own");
    story_end();
}

/* ---- undo ---- */

static void change_corrected(World *world, void *member)
{
    (void)world;
    ((WorldMember *)member)->weight = 77;
}

static void an_undo_is_crossed(void **state)
{
    World *world = undo_case_mixed();
    WorldMember *added = world_find_member(world, world->actions[0].listed.id);
    Story story;

    (void)state;
    story_begin(&story, "an_undo_is_crossed", world);
    story_undo_with("somebody changes a member that it added", 2 * USEC_PER_SEC, change_corrected,
                    added);
    story_end();
}

static void an_undo_is_stopped(void **state)
{
    World *world = undo_case_mixed();
    Story story;

    (void)state;
    story_begin(&story, "an_undo_is_stopped", world);
    story_undo_with("while it settles", 2 * USEC_PER_SEC, world_stop, NULL);
    story_end();
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_late_plan_is_judged_alone),
        cmocka_unit_test(an_approval_of_all_is_gone),
        cmocka_unit_test(a_pass_goes_on_by_what_was_spent),
        cmocka_unit_test(a_pause_comes_in_mid_pass),
        cmocka_unit_test(changes_are_held_in_mid_pass),
        cmocka_unit_test(a_window_opens_by_an_approval),
        cmocka_unit_test(only_what_was_chosen_is_done),
        cmocka_unit_test(the_state_fails),
        cmocka_unit_test(lists_are_odd),
        cmocka_unit_test(channels_are_not_found),
        cmocka_unit_test(an_undo_is_crossed),
        cmocka_unit_test(an_undo_is_stopped),
    };

    story_text_init(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
