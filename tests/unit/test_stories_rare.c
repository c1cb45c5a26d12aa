/* SPDX-License-Identifier: MIT */
/* Whole passes that come to what seldom happens, told in all they did (story.h). */
#include <string.h>

#include "daemon/base/str.h"
#include "tests/unit/quarantine_case.h"
#include "tests/unit/story.h"
#include "tests/unit/story_text.h"
#include "tests/unit/sync_case.h"
#include "tests/unit/undo_case.h"
#include "tests/world/chosen.h"
#include "tests/world/fleet.h"
#include "tests/world/world_ops.h"

static const ChangeWindow morning[] = {
    {.days = 0x7f, .from_minute = 420, .to_minute = 480, .zone = &zone_utc}};

/* Opens less than two minutes after the world begins. */
static const ChangeWindow soon[] = {
    {.days = 0x7f, .from_minute = 906, .to_minute = 960, .zone = &zone_utc}};

/* ---- pauses ---- */

static void a_failed_instance_shows_pauses(void **state)
{
    RosterPause hour = {.reason = "it moves house"}, ever = {.reason = "nobody looks after it"};
    World *world = world_new(2);
    Freeze freeze = {.reason = "year end"};
    Story story;

    (void)state;
    for (size_t i = 0; i < 5; i++)
        world_add_usual(world, (const char *[]){"a", "b", "c", "d", "e"}[i], 3, 1);
    world_add_roster(world, 1, "f");
    world_add_roster(world, 1, "g");
    hour.until_usec = freeze.to_usec = world->realtime_usec + USEC_PER_HOUR;
    world->rosters[0].pause = &hour;
    world->rosters[1].pause = &ever;
    world->rosters[2].windows = (ChangeWindows){.windows = morning, .window_count = 1};
    world->rosters[3].windows = (ChangeWindows){.freezes = &freeze, .freeze_count = 1};
    world_fault(world, REQUEST_LIST_CHANNELS, 1, 2, 403, "APIG.0304");
    story_begin(&story, "a_failed_instance_shows_pauses", world);
    story_pass("no list of channels can be read");
    story_end();
}

static void a_freeze_of_both_holds_whom_we_disabled(void **state)
{
    World *world = quarantine_case_new(MODE_PRUNE, 2);
    Freeze freeze = {.reason = "year end", .to_usec = world->realtime_usec + USEC_PER_HOUR};
    Story story;

    (void)state;
    story_begin(&story, "a_freeze_of_both_holds_whom_we_disabled", world);
    story_pass("they are disabled");
    quarantine_case_want(world, quarantine_case_extra(world, 0));
    world->rosters[0].windows = (ChangeWindows){.freezes = &freeze, .freeze_count = 1};
    world->config.windows = world->rosters[0].windows;
    story_pass("one is wanted again in a freeze of the settings and of the channel");
    world->config.windows.freeze_count = 0;
    story_pass("of the channel alone");
    world->config.windows.freeze_count = 1;
    world->rosters[0].windows.freeze_count = 0;
    story_pass("of the settings alone");
    story_end();
}

static void the_approval_of_a_window_is_gone(void **state)
{
    World *world = world_new(1);
    WorldFleet *fleet = world_join_fleet(world);
    Story story;

    (void)state;
    world_add_usual(world, "a", 5, 2);
    world->rosters[0].windows = (ChangeWindows){.windows = soon, .window_count = 1};
    story_begin(&story, "the_approval_of_a_window_is_gone", world);
    story_pass("it is closed");
    world_approve(world, world_report(world, 0)->digest);
    world_approve_now(world);
    fleet->end = INTENT_APPROVAL_GONE;
    story_pass("spent elsewhere, and closed still");
    fleet->latency_usec = 2 * USEC_PER_MINUTE;
    story_pass("spent elsewhere, and open by then");
    story_end();
}

/* ---- answers ---- */

static void enabling_is_given_up_and_has_worked(void **state)
{
    World *world = quarantine_case_new(MODE_PRUNE, 7);
    Story story;

    (void)state;
    world_pass(world);
    quarantine_case_want_extras(world, 7);
    world_want(world, &world->rosters[0], "", "10.5.0.1", 8080);
    world_want(world, &world->rosters[0], "", "10.5.0.2", 8080);
    world_add_member(&world->channels[0], "10.9.0.77", 8080)->status = 2;
    world->config.retry.attempts = 1;
    world_fault(world, REQUEST_ENABLE_MEMBER, 1, 5, 500, "APIG.9999")->has_effect = true;
    story_begin(&story, "enabling_is_given_up_and_has_worked", world);
    story_pass("five in a row have no answer that says so");
    world->fault_count = 0;
    world_fault(world, REQUEST_ENABLE_MEMBER, 1, 2, 400, "APIG.2001");
    story_pass("the two that are left cannot be enabled");
    world->fault_count = 0;
    story_pass("they can");
    story_end();
}

static void six_deletions_are_uncertain(void **state)
{
    World *world = world_new(1);
    Story story;

    (void)state;
    world_add_usual(world, "a", 3, 7);
    world_fault(world, REQUEST_DELETE_MEMBER, 1, 6, 200, "")->has_effect = true;
    story_begin(&story, "six_deletions_are_uncertain", world);
    story_pass("each has another answer than the one promised");
    story_end();
}

static void five_deletions_fail(void **state)
{
    World *world = world_new(1);
    Story story;

    (void)state;
    world_add_usual(world, "a", 3, 7);
    world_fault(world, REQUEST_DELETE_MEMBER, 2, 5, 400, "APIG.2001");
    story_begin(&story, "five_deletions_fail", world);
    story_pass("after one that did not");
    world->fault_count = 0;
    world_fault(world, REQUEST_DELETE_MEMBER, 1, 4, 400, "APIG.2001");
    story_pass("four of them");
    story_end();
}

/* ---- who stays ---- */

static void disable_kept(World *world, void *unused)
{
    (void)unused;
    world->channels[0].members[0]->status = 2;
}

static void too_few_are_left_meanwhile(void **state)
{
    World *world = sync_case_new(MODE_SYNC, 3, 1, 2);
    Story story;

    (void)state;
    world->config.settle_usec = 10 * USEC_PER_SEC;
    world->rosters[0].guards.min_remaining = 4;
    story_begin(&story, "too_few_are_left_meanwhile", world);
    story_pass_with("somebody disables one while an addition takes effect", 5 * USEC_PER_SEC,
                    disable_kept, NULL);
    story_end();
}

static void too_few_are_left_in_an_undo(void **state)
{
    World *world = undo_case_mixed();
    Story story;

    (void)state;
    world->rosters[0].guards.min_remaining = 4;
    story_begin(&story, "too_few_are_left_in_an_undo", world);
    story_undo_with("somebody disables one while additions take effect", 2 * USEC_PER_SEC,
                    disable_kept, NULL);
    story_end();
}

/* ---- a full channel ---- */

static World *full(size_t kept, size_t missing, size_t extras)
{
    World *world = sync_case_new(MODE_SYNC, kept, missing, extras);

    world->channels[0].quota = kept + extras;
    world->config.settle_usec = 5 * USEC_PER_SEC;
    return world;
}

static void a_full_channel_has_no_extras(void **state)
{
    World *world = full(3, 2, 0);
    Story story;

    (void)state;
    story_begin(&story, "a_full_channel_has_no_extras", world);
    story_pass("it takes nobody");
    story_end();
}

static void make_wanted(World *world, void *unused)
{
    (void)unused;
    world_add_member(&world->channels[0], "10.5.0.1", 8080);
}

static void a_full_channel_is_helped(void **state)
{
    World *world = full(2, 2, 1);
    Story story;

    (void)state;
    world->rosters[0].guards.min_remaining = 4;
    story_begin(&story, "a_full_channel_is_helped", world);
    story_pass_with("somebody else adds one that is missing", 3 * USEC_PER_SEC, make_wanted, NULL);
    story_end();
}

static void take_first_extra(World *world, void *unused)
{
    (void)unused;
    world_remove_member(world->channels[0].members[2], &world->channels[0]);
}

static void an_extra_of_a_full_channel_goes(void **state)
{
    World *world = full(2, 1, 2);
    Story story;

    (void)state;
    story_begin(&story, "an_extra_of_a_full_channel_goes", world);
    story_pass_with("while an addition takes effect", 3 * USEC_PER_SEC, take_first_extra, NULL);
    story_end();
}

static void an_extra_of_a_full_channel_goes_once_disabled(void **state)
{
    World *world = full(2, 2, 2);
    Story story;

    (void)state;
    world->rosters[0].quarantine_usec = USEC_PER_HOUR;
    story_begin(&story, "an_extra_of_a_full_channel_goes_once_disabled", world);
    story_pass_with("before a list shows it", 5055 * USEC_PER_MSEC, take_first_extra, NULL);
    story_end();
}

static void an_approval_keeps_enough_in_a_full_channel(void **state)
{
    World *world = full(2, 1, 2);
    Guards *guards = &world->rosters[0].guards;
    Story story;

    (void)state;
    guards->max_deletes = 1;
    guards->min_remaining = 3;
    story_begin(&story, "an_approval_keeps_enough_in_a_full_channel", world);
    story_pass("held by max_deletes");
    world_approve(world, world_report(world, 0)->digest);
    story_pass("approved, and three stay");
    world_add_member(&world->channels[0], "10.9.0.7", 8080);
    world_add_member(&world->channels[0], "10.9.0.8", 8080);
    world_want(world, &world->rosters[0], "", "10.5.0.7", 8080);
    world->channels[0].quota = 5;
    guards->min_remaining = 5;
    story_pass("held by min_remaining");
    world_approve(world, world_report(world, 0)->digest);
    story_pass("which is approved");
    story_end();
}

/* ---- what is in doubt ---- */

/* A deletion without an answer, of a member that is still there. */
static World *in_doubt(void)
{
    World *world = world_new(1);

    world_add_usual(world, "a", 3, 2);
    world_fault_kind(world, REQUEST_DELETE_MEMBER, 1, 1, ANSWER_TIMEOUT)->latency_usec =
        USEC_PER_SEC;
    world->abandon_after_usec = 500 * USEC_PER_MSEC;
    world_pass(world);
    world->fault_count = 0;
    return world;
}

static void in_doubt_and_paused(World *world)
{
    world_pause(world, &world->channels[0], 0);
}

static void in_doubt_and_withheld(World *world)
{
    WorldFleet *fleet = world_join_fleet(world);

    str_copy(fleet->conditions.lease, sizeof(fleet->conditions.lease), "etcd is away");
}

static void in_doubt_and_observed(World *world)
{
    world->rosters[0].mode = MODE_OBSERVE;
}

static void in_doubt_and_only_added(World *world)
{
    world->rosters[0].mode = MODE_ADD;
}

static void in_doubt_and_quarantined(World *world)
{
    world->rosters[0].quarantine_usec = USEC_PER_HOUR;
}

static void in_doubt_and_without_its_group(World *world)
{
    world->rosters[0].mode = MODE_SYNC;
    world_want(world, &world->rosters[0], "blue", "10.5.0.1", 8080);
}

static void in_doubt_and_held(World *world)
{
    world->rosters[0].guards.max_deletes = 1;
}

static void in_doubt_and_wanted(World *world)
{
    world_want(world, &world->rosters[0], "", "10.9.0.1", 8080);
    world_want(world, &world->rosters[0], "", "10.9.0.2", 8080);
}

static void in_doubt_and_not_chosen(World *world)
{
    world_dry_pass(world);
    chosen_take(world);
    world_add_member(&world->channels[0], "10.9.0.77", 8080);
}

static void nothing_else(World *world)
{
    (void)world;
}

static void what_is_in_doubt_is_looked_at_again(void **state)
{
    static const struct {
        const char *name;
        void (*change)(World *world);
    } cases[] = {
        {"and paused", in_doubt_and_paused},
        {"and withheld", in_doubt_and_withheld},
        {"and observed", in_doubt_and_observed},
        {"and only added", in_doubt_and_only_added},
        {"and quarantined", in_doubt_and_quarantined},
        {"and without its group", in_doubt_and_without_its_group},
        {"and held", in_doubt_and_held},
        {"and wanted", in_doubt_and_wanted},
        {"and not chosen", in_doubt_and_not_chosen},
        {"alone", nothing_else},
    };

    _cleanup_(buf_done) Buf text = {0};

    (void)state;
    for (size_t i = 0; i < ELEMENTS(cases); i++) {
        World *world = in_doubt();
        _cleanup_free_ char *told = NULL;
        Story story;

        cases[i].change(world);
        story_begin(&story, "", world);
        story_pass(cases[i].name);
        told = story_take();
        buf_puts(&text, told);
    }
    story_text_check("what_is_in_doubt_is_looked_at_again", &text);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_failed_instance_shows_pauses),
        cmocka_unit_test(a_freeze_of_both_holds_whom_we_disabled),
        cmocka_unit_test(the_approval_of_a_window_is_gone),
        cmocka_unit_test(enabling_is_given_up_and_has_worked),
        cmocka_unit_test(six_deletions_are_uncertain),
        cmocka_unit_test(five_deletions_fail),
        cmocka_unit_test(too_few_are_left_meanwhile),
        cmocka_unit_test(too_few_are_left_in_an_undo),
        cmocka_unit_test(a_full_channel_has_no_extras),
        cmocka_unit_test(a_full_channel_is_helped),
        cmocka_unit_test(an_extra_of_a_full_channel_goes),
        cmocka_unit_test(an_extra_of_a_full_channel_goes_once_disabled),
        cmocka_unit_test(an_approval_keeps_enough_in_a_full_channel),
        cmocka_unit_test(what_is_in_doubt_is_looked_at_again),
    };

    story_text_init(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
