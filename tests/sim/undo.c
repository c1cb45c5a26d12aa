/* SPDX-License-Identifier: MIT */
/* Undo: people have a pass turned back, by the real reconcile/apply/undo.c, in whatever weather
 * there is. Nobody else changes anything meanwhile; what comes back equal, what is left alone, one
 * change at a time, in channels that are paused, are rules of the world (tests/world/judge_undo.h).
 */
#include "tests/world/undo.h"
#include "daemon/base/str.h"
#include "tests/sim/sim.h"
#include "tests/world/trace.h"

/* Mostly the last pass that changed something; at times an undo. */
static uint32_t undo_choose(World *world)
{
    size_t recent = world->action_count < 40 ? world->action_count : 40;

    if (recent == 0 || world_chance(world, 70))
        return world_last_changing(world);
    return world->actions[world->action_count - 1 - world_below(world, recent)].pass;
}

static void undo_dangers(World *world)
{
    world->scope = PASS_ALL_INSTANCES;
    world->is_probe = false;
    world->gap_usec = 0;
    for (size_t i = 0; i < world->channel_count; i++)
        world->channels[i].late_usec =
            world_chance(world, 30) ? world_below(world, 20 * USEC_PER_SEC) : 0;
}

/* Whether all that was to be put back lives now, and nothing is under way that could change it. */
static bool undo_is_whole(World *world)
{
    const Report *report = pass_get_report(world->pass);

    if (world->dry_run || world->event_count > 0)
        return false;
    for (size_t i = 0; i < report->channel_count; i++) {
        const ChannelUndo *undo = &world->undo->undos[i];
        const WorldChannel *channel;

        if (report->channels[i].result > RESULT_CONVERGED)
            return false;
        channel = world_find_channel(world, report->channels[i].channel->instance,
                                     report->channels[i].id);
        for (size_t k = 0; k < undo->item_count; k++) {
            const UndoItem *item = &undo->items[k];

            if (item->done == CHANGE_DELETE &&
                world_count_same(channel, world_undo_action(world, item)->member) == 0)
                return false;
        }
    }
    return true;
}

static void undo_again(World *world, uint32_t serial)
{
    const Report *report;

    world->disturb = NULL;
    world->config.limits.pass_deadline_usec = USEC_PER_HOUR;
    if (!world_begin_undo(world, serial, false))
        world_broken(world, "what was undone is no more in the history");
    world_finish(world);
    world->disturb = sim_disturb;
    report = pass_get_report(world->pass);
    if (world_count_sent(world, REQUEST_ADD_MEMBERS) > 0 ||
        world_count_sent(world, REQUEST_DELETE_MEMBER) > 0)
        world_broken(world, "undone twice, something is changed twice");
    for (size_t i = 0; i < report->channel_count; i++) {
        if (report->channels[i].result != RESULT_IN_SYNC)
            world_broken(world, "%s: undone twice, it is %s: %s", report->channels[i].id,
                         report_result_text(report->channels[i].result),
                         report_error(&report->channels[i])->text);
    }
}

/* Most of the channels are let go after a while: else a long life would end in pauses. */
static void undo_resume_later(World *world)
{
    for (size_t i = 0; i < world->channel_count; i++) {
        if (world->channels[i].is_paused && world_chance(world, 60))
            world->channels[i].pause_end_usec =
                world->realtime_usec + world_below(world, 2 * USEC_PER_HOUR) + 1;
    }
}

bool sim_undo_begin(Sim *sim)
{
    World *world = sim->world;
    bool is_mortal = world_chance(world, 10);

    if (!sim->host)
        sim->undo_serial = undo_choose(world);
    undo_dangers(world);
    if (!(sim->handed ? world_begin_handed_undo(world, sim->handed, sim->handed_count)
                      : world_begin_undo(world, sim->undo_serial, sim->lifecycle.undo_is_dry)))
        return false;
    if (is_mortal && !world->is_dead) {
        world->kill_at_call = world->effects + 1 + world_below(world, 12);
        world->kills_before = world_chance(world, 50);
    }
    sim->counts->undos++;
    return true;
}

void sim_undo_end(Sim *sim)
{
    World *world = sim->world;

    sim->counts->returns += world_count_items(world, OUTCOME_ADDED) +
                            world_count_items(world, OUTCOME_CORRECTED) +
                            world_count_items(world, OUTCOME_DELETED);
    if (!sim->stop_usec && !sim->host && undo_is_whole(world))
        undo_again(world, sim->undo_serial);
    if (!sim->host)
        undo_resume_later(world);
}
