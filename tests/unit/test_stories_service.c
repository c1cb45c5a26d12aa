/* SPDX-License-Identifier: MIT */
/* Whole passes of a service that errs, of plans that are held, and of a pass that is stopped, told
 * in all they did (story.h). */
#include <errno.h>
#include <string.h>

#include "tests/unit/quarantine_case.h"
#include "tests/unit/story.h"
#include "tests/unit/story_text.h"
#include "tests/unit/sync_case.h"
#include "tests/world/world_ops.h"

/* ---- answers ---- */

static void a_deletion_is_tried_again(void **state)
{
    World *world = world_new(1);
    Story story;

    (void)state;
    world_add_usual(world, "a", 3, 4);
    world_fault(world, REQUEST_DELETE_MEMBER, 1, 2, 503, "APIG.9999");
    world_fault(world, REQUEST_DELETE_MEMBER, 4, 1, 429, "APIG.0308");
    world_fault(world, REQUEST_DELETE_MEMBER, 6, 1, 400, "APIG.2001");
    story_begin(&story, "a_deletion_is_tried_again", world);
    story_pass("503 twice, 429 once, 400 for good");
    story_end();
}

static void nothing_is_heard_of_a_deletion(void **state)
{
    World *world = world_new(1);
    Story story;

    (void)state;
    world_add_usual(world, "a", 3, 2);
    world->config.retry.attempts = 2;
    world_fault_kind(world, REQUEST_DELETE_MEMBER, 1, 2, ANSWER_TIMEOUT)->has_effect = true;
    world_fault_kind(world, REQUEST_DELETE_MEMBER, 3, 2, ANSWER_LOST);
    story_begin(&story, "nothing_is_heard_of_a_deletion", world);
    story_pass("one had its effect, the other not");
    story_end();
}

/* No list is read that would decide it. */
static void an_uncertain_deletion_is_cut_off(void **state)
{
    World *world = world_new(1);
    Story story;

    (void)state;
    world_add_usual(world, "a", 3, 3);
    world_fault(world, REQUEST_DELETE_MEMBER, 1, 1, 200, "");
    world_fault(world, REQUEST_DELETE_MEMBER, 2, 1, 403, "APIG.0304");
    story_begin(&story, "an_uncertain_deletion_is_cut_off", world);
    story_pass("by an instance that fails");
    world->fault_count = 0;
    world_fault(world, REQUEST_DELETE_MEMBER, 1, 1, 200, "");
    world_fault(world, REQUEST_LIST_MEMBERS, 2, 9, 400, "APIG.2001");
    story_pass("by a list that cannot be read");
    world->fault_count = 0;
    world_fault(world, REQUEST_DELETE_MEMBER, 1, 1, 200, "");
    world->stop_after_usec = 35 * USEC_PER_MSEC;
    story_pass("by a stop");
    story_end();
}

static void a_deletion_was_a_lie(void **state)
{
    World *world = world_new(1);
    Story story;

    (void)state;
    world_add_usual(world, "a", 3, 2);
    world_fault(world, REQUEST_DELETE_MEMBER, 1, 1, 204, "");
    story_begin(&story, "a_deletion_was_a_lie", world);
    story_pass("204 without effect");
    story_end();
}

static void an_addition_was_a_lie(void **state)
{
    World *world = sync_case_new(MODE_SYNC, 2, 2, 1);
    Story story;

    (void)state;
    world->config.retry.attempts = 1;
    world_fault(world, REQUEST_ADD_MEMBERS, 1, 1, 201, "");
    world_fault_kind(world, REQUEST_ADD_MEMBERS, 2, 1, ANSWER_TIMEOUT);
    story_begin(&story, "an_addition_was_a_lie", world);
    story_pass("201 without effect, and no answer");
    story_end();
}

/* Of additions and corrections some fail for good, some without an answer. */
static void posts_fail(void **state)
{
    World *world = sync_case_new(MODE_SYNC, 2, 3, 1);
    RosterMember *members = world_edit_members(world, &world->rosters[0]);
    Story story;

    (void)state;
    members[0].states = members[1].states = ROSTER_MEMBER_WEIGHT;
    members[0].weight = members[1].weight = 6;
    world->config.retry.attempts = 2;
    world_fault(world, REQUEST_ADD_MEMBERS, 1, 1, 400, "APIG.2001");
    world_fault_kind(world, REQUEST_ADD_MEMBERS, 2, 2, ANSWER_TIMEOUT)->has_effect = true;
    world_fault(world, REQUEST_ADD_MEMBERS, 5, 1, 201, "");
    story_begin(&story, "posts_fail", world);
    story_pass("the pass");
    world->fault_count = 0;
    story_pass("another, without faults");
    story_end();
}

static void switches_fail(void **state)
{
    World *world = quarantine_case_new(MODE_PRUNE, 3);
    Story story;

    (void)state;
    world->config.retry.attempts = 2;
    world_fault(world, REQUEST_DISABLE_MEMBER, 1, 1, 400, "APIG.2001");
    world_fault_kind(world, REQUEST_DISABLE_MEMBER, 2, 2, ANSWER_LOST)->has_effect = true;
    story_begin(&story, "switches_fail", world);
    story_pass("one is refused, one unheard, one enters");
    quarantine_case_want(world, quarantine_case_extra(world, 1));
    quarantine_case_want(world, quarantine_case_extra(world, 2));
    world_fault(world, REQUEST_ENABLE_MEMBER, 1, 1, 400, "APIG.2001");
    story_pass("of those wanted again one is refused");
    story_end();
}

static void a_credential_is_renewed(void **state)
{
    World *world = world_new(1);
    Story story;

    (void)state;
    world_add_usual(world, "a", 3, 1);
    world->instances[0].credential_min = 1;
    story_begin(&story, "a_credential_is_renewed", world);
    story_pass("the first is refused");
    world->instances[0].credential_min = 9;
    world->instances[0].renewal = RENEWAL_UNCHANGED;
    story_pass("there is none but the one refused");
    world->instances[0].renewal = RENEWAL_FAILED;
    story_pass("getting one fails");
    story_end();
}

static void lists_fail(void **state)
{
    World *world = world_new(2);
    Story story;

    (void)state;
    world_add_usual(world, "a", 3, 1);
    world_add_usual(world, "b", 3, 1);
    world_add_usual(world, "d", 2, 1);
    world_add_usual(world, "e", 2, 1);
    world_add_roster(world, 0, "nowhere");
    world_add_channel(world, 1, "c");
    world_add_roster(world, 1, "c");
    world_fault(world, REQUEST_LIST_MEMBERS, 1, 100, 500, "APIG.9999")->channel_id = "id-a";
    world_fault(world, REQUEST_LIST_MEMBERS, 1, 100, 400, "APIG.2001")->channel_id = "id-d";
    world_fault(world, REQUEST_LIST_MEMBERS, 1, 100, 403, "APIG.0304")->channel_id = "id-e";
    world_fault(world, REQUEST_LIST_CHANNELS, 1, 100, 403, "APIG.0304")->instance = 1;
    story_begin(&story, "lists_fail", world);
    story_pass("a channel, and an instance, cannot be read");
    story_end();
}

/* ---- plans that are held ---- */

static void guards_hold(void **state)
{
    World *world = sync_case_new(MODE_SYNC, 2, 3, 3);
    Guards *guards = &world->rosters[0].guards;
    Story story;

    (void)state;
    guards->max_deletes = 2;
    guards->max_adds = 2;
    guards->max_delete_percent = 50;
    guards->min_remaining = 6;
    guards->confirm_passes = 2;
    story_begin(&story, "guards_hold", world);
    story_pass("all of them");
    story_pass("each extra was seen before");
    world_approve(world, world_report(world, 0)->digest);
    story_pass("it is approved");
    story_end();
}

static void guards_of_a_pass_hold(void **state)
{
    World *world = world_new(1);
    Story story;

    (void)state;
    world_add_usual(world, "a", 3, 2);
    world_add_usual(world, "b", 3, 1);
    world_add_usual(world, "c", 3, 0);
    world->config.guards.max_deletes_total = 2;
    world->config.guards.max_channels = 1;
    story_begin(&story, "guards_of_a_pass_hold", world);
    story_pass("too much together");
    world_approve(world, world_report(world, 1)->digest);
    story_pass("one of them is approved");
    world_add_member(&world->channels[1], "10.9.0.5", 8080);
    story_pass("again too much");
    world_approve(world, pass_get_report(world->pass)->instances[0].digest);
    story_pass("all of it is approved");
    story_end();
}

static void pauses_hold(void **state)
{
    static const ChangeWindow morning[] = {
        {.days = 0x7f, .from_minute = 420, .to_minute = 480, .zone = &zone_utc}};
    World *world = sync_case_new(MODE_SYNC, 2, 1, 1);
    RosterPause pause = {.reason = "it moves house"};
    Story story;

    (void)state;
    pause.until_usec = world->realtime_usec + USEC_PER_HOUR;
    world->rosters[0].guards.max_deletes = 0;
    story_begin(&story, "pauses_hold", world);
    world->rosters[0].pause = &pause;
    story_pass("the roster pauses it for an hour");
    world_pause(world, &world->channels[0], world->realtime_usec + 2 * USEC_PER_HOUR);
    story_pass("a pause of the state lasts longer");
    pause.until_usec = 0;
    story_pass("the roster's has no end");
    world->rosters[0].windows = (ChangeWindows){.windows = morning, .window_count = 1};
    story_pass("a window is closed besides");
    world->rosters[0].pause = NULL;
    story_pass("the window and the pause of the state");
    world->channels[0].is_paused = false;
    story_pass("the window alone");
    world->rosters[0].mode = MODE_OBSERVE;
    story_pass("to be observed, too");
    story_end();
}

/* ---- a pass that does not get to its end ---- */

static void a_pass_is_stopped(void **state)
{
    World *world = sync_case_new(MODE_SYNC, 2, 1, 3);
    Story story;

    (void)state;
    world->config.settle_usec = USEC_PER_SEC;
    world_fault(world, REQUEST_DELETE_MEMBER, 1, 1, 503, "");
    world_add_usual(world, "b", 2, 2);
    story_begin(&story, "a_pass_is_stopped", world);
    world->stop_after_usec = 1065 * USEC_PER_MSEC;
    story_pass("in the midst of deletions");
    story_pass("the next one");
    story_end();
}

static void a_pass_is_abandoned(void **state)
{
    World *world = sync_case_new(MODE_SYNC, 2, 1, 2);
    Story story;

    (void)state;
    world->config.settle_usec = 0;
    world_fault_kind(world, REQUEST_DELETE_MEMBER, 1, 1, ANSWER_TIMEOUT)->latency_usec =
        USEC_PER_SEC;
    story_begin(&story, "a_pass_is_abandoned", world);
    world->abandon_after_usec = 500 * USEC_PER_MSEC;
    story_pass("while a deletion is under way");
    story_pass("the next one");
    story_end();
}

static void a_pass_reaches_its_deadline(void **state)
{
    World *world = world_new(1);
    Story story;

    (void)state;
    world_add_usual(world, "a", 2, 3);
    world->config.limits.pass_deadline_usec = 2 * USEC_PER_SEC;
    world_fault(world, REQUEST_DELETE_MEMBER, 2, 100, 503, "");
    story_begin(&story, "a_pass_reaches_its_deadline", world);
    story_pass("while a deletion is tried again");
    story_end();
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_deletion_is_tried_again),
        cmocka_unit_test(nothing_is_heard_of_a_deletion),
        cmocka_unit_test(an_uncertain_deletion_is_cut_off),
        cmocka_unit_test(a_deletion_was_a_lie),
        cmocka_unit_test(an_addition_was_a_lie),
        cmocka_unit_test(posts_fail),
        cmocka_unit_test(switches_fail),
        cmocka_unit_test(a_credential_is_renewed),
        cmocka_unit_test(lists_fail),
        cmocka_unit_test(guards_hold),
        cmocka_unit_test(guards_of_a_pass_hold),
        cmocka_unit_test(pauses_hold),
        cmocka_unit_test(a_pass_is_stopped),
        cmocka_unit_test(a_pass_is_abandoned),
        cmocka_unit_test(a_pass_reaches_its_deadline),
    };

    story_text_init(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
