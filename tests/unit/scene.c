/* SPDX-License-Identifier: MIT */
#include "tests/unit/scene.h"

#include <string.h>

#include "daemon/base/str.h"
#include "tests/unit/quarantine_case.h"
#include "tests/unit/sync_case.h"
#include "tests/unit/undo_case.h"
#include "tests/world/fleet.h"
#include "tests/world/world_ops.h"

/* ---- the scenes ---- */

static World *changes_of_all_kinds(void)
{
    World *world = sync_case_new(MODE_SYNC, 3, 2, 2);
    RosterMember *members = world_edit_members(world, &world->rosters[0]);

    members[0].states = ROSTER_MEMBER_WEIGHT;
    members[0].weight = 77;
    world->rosters[0].guards.confirm_passes = 1;
    world_ignore(world, &world->rosters[0])->group = "canary";
    world_add_grouped(&world->channels[0], "canary", "10.7.7.7", 0);
    world->config.settle_usec = USEC_PER_MINUTE;
    return world;
}

static World *seen_twice(void)
{
    World *world = sync_case_new(MODE_SYNC, 3, 1, 3);

    world->rosters[0].guards.confirm_passes = 2;
    world_pass(world);
    world_remove_member(world->channels[0].members[4], &world->channels[0]);
    return world;
}

static World *a_full_channel(void)
{
    World *world = sync_case_new(MODE_SYNC, 2, 2, 2);

    world->channels[0].quota = 4;
    return world;
}

/* The first deletion is told to be done, and is not. */
static World *a_full_channel_that_lies(void)
{
    World *world = sync_case_new(MODE_SYNC, 2, 1, 3);

    world->channels[0].quota = 5;
    world_fault(world, REQUEST_DELETE_MEMBER, 1, 1, 204, "");
    return world;
}

/* A deletion that would make room is refused, of the channel or of the whole instance. */
static World *a_full_channel_that_keeps_all(void)
{
    World *world = a_full_channel();

    world_fault(world, REQUEST_DELETE_MEMBER, 1, 1, 400, "APIG.2001");
    return world;
}

static World *a_full_channel_that_is_refused(void)
{
    World *world = a_full_channel();

    world_fault(world, REQUEST_DELETE_MEMBER, 1, 1, 403, "APIG.1005");
    return world;
}

static World *two_channels(void)
{
    World *world = world_new(1);

    world_add_usual(world, "a", 3, 1);
    world_add_usual(world, "b", 3, 2);
    return world;
}

/* An addition and a deletion are answered as nobody promised, one of each has no answer. */
static World *with_odd_answers(void)
{
    World *world = sync_case_new(MODE_SYNC, 3, 3, 3);

    world->config.retry.attempts = 2;
    world_fault(world, REQUEST_ADD_MEMBERS, 1, 1, 202, "")->has_effect = true;
    world_fault_kind(world, REQUEST_ADD_MEMBERS, 2, 2, ANSWER_TIMEOUT)->has_effect = true;
    world_fault(world, REQUEST_DELETE_MEMBER, 1, 1, 200, "");
    world_fault_kind(world, REQUEST_DELETE_MEMBER, 2, 2, ANSWER_LOST)->has_effect = true;
    return world;
}

static World *approved_together(void)
{
    World *world = two_channels();

    world->config.guards.max_deletes_total = 2;
    world_pass(world);
    world_approve(world, pass_get_report(world->pass)->instances[0].digest);
    return world;
}

static World *entering(void)
{
    World *world = quarantine_case_new(MODE_PRUNE, 3);

    quarantine_case_extra(world, 1)->status = 2;
    return world;
}

/* Those that are disabled already need no request. */
static World *entering_by_an_approval(void)
{
    World *world = quarantine_case_new(MODE_PRUNE, 2);

    quarantine_case_extra(world, 0)->status = 2;
    quarantine_case_extra(world, 1)->status = 2;
    world->rosters[0].guards.max_deletes = 1;
    world_pass(world);
    world_approve(world, world_report(world, 0)->digest);
    return world;
}

/* One is wanted again, one that somebody else had disabled as well, one is to be deleted. */
static World *leaving(void)
{
    World *world = quarantine_case_new(MODE_SYNC, 4);

    quarantine_case_extra(world, 1)->status = 2;
    world_pass(world);
    quarantine_case_want(world, quarantine_case_extra(world, 0));
    quarantine_case_want(world, quarantine_case_extra(world, 1));
    world_want(world, &world->rosters[0], "", "10.5.0.1", 8080);
    world->gap_usec = SPAN_USEC + USEC_PER_MINUTE;
    return world;
}

/* A deletion without an answer, in a channel of the rosters and in one that left them. */
static World *left_in_doubt(void)
{
    World *world = two_channels();

    world_add_usual(world, "c", 3, 1);
    world_fault_kind(world, REQUEST_DELETE_MEMBER, 1, 3, ANSWER_TIMEOUT)->latency_usec =
        USEC_PER_SEC;
    world->abandon_after_usec = 500 * USEC_PER_MSEC;
    world_pass(world);
    world->config.channel_count = 2;
    return world;
}

static World *of_a_fleet(void)
{
    World *world = changes_of_all_kinds();
    Conditions *conditions = &world_join_fleet(world)->conditions;

    conditions->needs_sightings = true;
    conditions->token = 7;
    world_pass(world);
    return world;
}

static World *withheld(void)
{
    World *world = of_a_fleet();

    str_copy(world->fleet->conditions.lease, sizeof(world->fleet->conditions.lease),
             "etcd is away");
    return world;
}

static World *paused(void)
{
    static const RosterPause pause = {.reason = "it moves house"};
    World *world = changes_of_all_kinds();

    world->rosters[0].pause = &pause;
    return world;
}

static World *shut(void)
{
    static const ChangeWindow morning[] = {
        {.days = 0x7f, .from_minute = 420, .to_minute = 480, .zone = &zone_utc}};
    World *world = changes_of_all_kinds();

    world->rosters[0].windows = (ChangeWindows){.windows = morning, .window_count = 1};
    return world;
}

static World *with_stale_corrections(void)
{
    World *world = sync_case_new(MODE_SYNC, 4, 0, 1);
    RosterMember *members = world_edit_members(world, &world->rosters[0]);

    for (size_t i = 0; i < 4; i++) {
        members[i].states = ROSTER_MEMBER_WEIGHT;
        members[i].weight = 6;
    }
    world->latency_usec = 6 * USEC_PER_SEC;
    return world;
}

static void show_another_weight(WorldEvent *event)
{
    for (size_t i = 0; i < event->members.row_count; i++)
        event->rows[i].fields.weight = 77;
}

/* Somebody changes those members before their turn. */
static World *with_crossed_corrections(void)
{
    World *world = with_stale_corrections();

    world_twist(world, REQUEST_LIST_MEMBERS, 2, 1, show_another_weight);
    return world;
}

static void show_backups(WorldEvent *event)
{
    for (size_t i = 0; i < event->members.row_count; i++)
        event->rows[i].fields.is_backup = true;
}

/* Somebody changes another of their fields, which the correction would send as it was. */
static World *after_corrections_and_crossed(void)
{
    World *world = with_stale_corrections();

    world_pass(world);
    world_pass(world);
    world_twist(world, REQUEST_LIST_MEMBERS, 2, 1, show_backups);
    return world;
}

static World *after_all_kinds(void)
{
    return undo_case_mixed();
}

/* Somebody changes members while additions take effect. */
static World *after_all_kinds_and_crossed(void)
{
    World *world = undo_case_mixed();

    world_twist(world, REQUEST_LIST_MEMBERS, 3, 1, show_another_weight);
    return world;
}

static World *after_quarantine(void)
{
    World *world = quarantine_case_new(MODE_PRUNE, 3);

    world_pass(world);
    return world;
}

static World *after_all_kinds_and_withheld(void)
{
    World *world = undo_case_mixed();
    Conditions *conditions = &world_join_fleet(world)->conditions;

    str_copy(conditions->lease, sizeof(conditions->lease), "etcd is away");
    return world;
}

static World *after_the_last_may_go(void)
{
    World *world = undo_case_mixed();

    world->rosters[0].guards.min_remaining = 5;
    return world;
}

const Scene scenes[SCENE_COUNT] = {
    {"changes of all kinds", changes_of_all_kinds, false},
    {"seen twice", seen_twice, false},
    {"a full channel", a_full_channel, false},
    {"a full channel that lies", a_full_channel_that_lies, false},
    {"a full channel that keeps all", a_full_channel_that_keeps_all, false},
    {"a full channel that is refused", a_full_channel_that_is_refused, false},
    {"two channels", two_channels, false},
    {"with odd answers", with_odd_answers, false},
    {"approved together", approved_together, false},
    {"entering quarantine", entering, false},
    {"entering by an approval", entering_by_an_approval, false},
    {"leaving quarantine", leaving, false},
    {"left in doubt", left_in_doubt, false},
    {"of a fleet", of_a_fleet, false},
    {"withheld", withheld, false},
    {"paused", paused, false},
    {"shut", shut, false},
    {"with stale corrections", with_stale_corrections, false},
    {"with crossed corrections", with_crossed_corrections, false},
    {"undone: corrections, and crossed", after_corrections_and_crossed, true},
    {"undone: all kinds", after_all_kinds, true},
    {"undone: all kinds, and crossed", after_all_kinds_and_crossed, true},
    {"undone: all kinds, but withheld", after_all_kinds_and_withheld, true},
    {"undone: quarantine", after_quarantine, true},
    {"undone: held", after_the_last_may_go, true},
};

/* ---- what is done otherwise ---- */

static void scene_run(const Scene *scene, const Disturbance *disturbance)
{
    if (disturbance->act && scene->is_undo)
        story_undo_with("this", disturbance->after_usec, disturbance->act, NULL);
    else if (disturbance->act)
        story_pass_with("this", disturbance->after_usec, disturbance->act, NULL);
    else if (scene->is_undo)
        story_undo("this");
    else
        story_pass("this");
}

char *scene_play(const Scene *scene, Disturbance *disturbance)
{
    Story story;

    story_begin(&story, "", scene->make());
    if (disturbance->begin)
        disturbance->begin(disturbance, &story);
    scene_run(scene, disturbance);
    if (disturbance->end)
        disturbance->end(disturbance);
    story.world->ops = &world_ops;
    story.world->inside = NULL;
    story.world->decide_error = 0;
    if (scene->is_undo)
        world_undo(story.world);
    else
        world_pass(story.world);
    for (size_t i = 0; i < pass_get_report(story.world->pass)->channel_count; i++)
        buf_printf(&story.text, "  in the next it is %s\n",
                   report_result_text(world_result(story.world, i)));
    return story_take();
}

/* Without the moment of which it is, which a failure may put off. */
static const char *skip_moment(const char *line)
{
    const char *point = strchr(line, '.');

    return point && strspn(line, " 0123456789") == (size_t)(point - line) && line[0] == ' '
               ? point + 4
               : line;
}

static bool has_line(const char *text, const char *line, size_t size)
{
    for (; *text; text = strchr(text, '\n') + 1) {
        const char *other = skip_moment(text);

        if (strcspn(other, "\n") == size && memcmp(other, line, size) == 0)
            return true;
    }
    return false;
}

/* The lines of a text that another one has not. */
void scene_put_difference(const char *text, const char *usual, Buf *buf)
{
    for (; *text; text = strchr(text, '\n') + 1) {
        const char *line = skip_moment(text);
        size_t size = strcspn(line, "\n");

        if (!has_line(usual, line, size))
            buf_printf(buf, "%.*s\n", (int)size, line);
    }
}
