/* SPDX-License-Identifier: MIT */
#include "tests/world/fleet.h"

#include <errno.h>
#include <stdlib.h>

#include "daemon/base/str.h"
#include "tests/world/trace.h"

WorldFleet *world_join_fleet(World *world)
{
    size_t instance_count = world->config.instance_count;

    assert_null(world->fleet);
    world->fleet = calloc(1, sizeof(*world->fleet));
    if (!world->fleet)
        fail_msg("the test is out of memory");
    world->fleet->latency_usec = world->latency_usec;
    world->fleet->lost_in = world_alloc(world, instance_count, sizeof(uint32_t));
    world->fleet->take_overs = world_alloc(world, instance_count, sizeof(TakeOver));
    world->fleet->withheld_in = world_alloc(world, world->channel_max, sizeof(uint32_t));
    world->fleet->seen = world_alloc(world, world->channel_max, sizeof(SeenChannel));
    return world->fleet;
}

void world_leave_fleet(World *world)
{
    for (size_t i = 0; world->fleet && i < world->config.instance_count; i++)
        take_over_done(&world->fleet->take_overs[i]);
    for (size_t i = 0; world->fleet && i < world->channel_max; i++)
        judge_fleet_done(&world->fleet->seen[i]);
    free(TAKE_PTR(world->fleet));
}

bool world_has_other_rosters(const World *world)
{
    return world->fleet && !world->dry_run && world->fleet->conditions.roster[0];
}

const char *world_keep_sighting(World *world, const char *name)
{
    const WorldMember *member = world_find_member(world, name);

    if (member)
        return member->id;
    if (!world->fleet || (name[0] != '+' && name[0] != '~'))
        world_broken(world, "a sighting of nobody: %s", name);
    return arena_string(&world->arena, name);
}

int world_fleet_remember(void *context, const RosterChannel *roster, const char *channel_id,
                         const Sighting *sightings, size_t count, Err *err)
{
    World *world = context;
    int r = world_remember(context, roster, channel_id, sightings, count, err);

    if (world->fleet)
        judge_fleet_count(world, world_find_channel(world, roster->instance, channel_id), roster,
                          r >= 0);
    return r;
}

static WorldIntent *fleet_find(World *world, const void *tag)
{
    WorldFleet *fleet = world->fleet;

    for (size_t i = 0; i < WORLD_INTENTS_MAX; i++) {
        WorldIntent *intent = &fleet->intents[i];

        if (intent->is_open && intent->tag == tag && intent->pass == world->pass_serial)
            return intent;
    }
    world_broken(world, "an intent is called off that is not under way");
}

/* Events of a pass that is over are forgotten with it. */
static void fleet_answer(World *world, void *argument)
{
    WorldIntent *intent = argument;
    Err why = {0};
    IntentAnswer answer = {.end = intent->end, .err = &why};

    if (!intent->is_open || intent->pass != world->pass_serial)
        return;
    intent->is_open = false;
    intent->is_taken = intent->end == INTENT_TAKEN;
    if (intent->end == INTENT_LOST)
        world->fleet->lost_in[intent->channel->instance] = world->pass_serial;
    if (intent->end == INTENT_PAUSED) {
        answer.pause_reason =
            world->fleet->pause_reason ? world->fleet->pause_reason : "paused on another host";
        answer.pause_end_usec = world->realtime_usec + USEC_PER_HOUR;
        answer.pause_scope = PAUSE_SCOPE_INSTANCE;
    }
    err_set(&why, -1, "%s", intent->end == INTENT_LOST ? "another host owns it" : "etcd is silent");
    world_trace(world, "the intent of %s ends as %d", intent->channel->row.name, intent->end);
    world_inside(world, true);
    pass_on_intended(world->pass, intent->tag, &answer);
    world_inside(world, false);
}

int world_fleet_submit(void *context, const Request *request)
{
    World *world = context;
    WorldFleet *fleet = world->fleet;
    const WorldChannel *channel;

    if (fleet && fleet->lost_in[request->instance] == world->pass_serial)
        world_broken(world, "a request to an instance that was lost in this pass");
    if (!fleet || !request_is_change(request->kind))
        return world_submit(context, request);
    channel = world_find_channel(world, request->instance, request->channel_id);
    if (fleet->closes_usec == 0 || world->now_usec < fleet->closes_usec) {
        if (fleet->withheld_in[channel - world->channels] == world->pass_serial)
            world_broken(world, "%s: a change after one that did not begin", request->channel_id);
        return world_submit(context, request);
    }
    fleet->withheld_in[channel - world->channels] = world->pass_serial;
    fleet->withheld_count++;
    return -ESTALE;
}

static bool fleet_is_closed(const World *world)
{
    const WorldFleet *fleet = world->fleet;

    return fleet->closes_usec && world->now_usec >= fleet->closes_usec;
}

size_t world_count_intending(const World *world)
{
    size_t count = 0;

    for (size_t i = 0; world->fleet && i < WORLD_INTENTS_MAX; i++)
        count +=
            world->fleet->intents[i].is_open && world->fleet->intents[i].pass == world->pass_serial;
    return count;
}

void world_get_conditions(void *context, size_t instance, Conditions *ret_conditions)
{
    const World *world = context;

    (void)instance;
    *ret_conditions = world->fleet && !world->dry_run ? world->fleet->conditions : (Conditions){0};
    if (!world->fleet || world->dry_run)
        return;
    if (world->fleet->handover_until_usec > world->now_usec)
        ret_conditions->handover_usec = world->fleet->handover_until_usec - world->now_usec;
    if (fleet_is_closed(world))
        str_copy(ret_conditions->lease, sizeof(ret_conditions->lease), "the lease may end");
}

int world_intend(void *context, const Batch *batch, void *tag, Err *err)
{
    World *world = context;
    WorldFleet *fleet = world->fleet;
    WorldIntent *intent;

    if (!fleet)
        return 1;
    if (fleet->error)
        return err_system(err, fleet->error, "the intent cannot be made");
    if (world->holds_changes || world->asked_step != world->steps)
        world_broken(world, "an intent, and nobody said that changes may be made");
    intent = &fleet->intents[fleet->intent_count++ % WORLD_INTENTS_MAX];
    *intent = (WorldIntent){
        .tag = tag,
        .channel = world_find_channel(world, batch->channel->instance, batch->channel_id),
        .pass = world->pass_serial,
        .is_open = true,
        .is_approved = batch->approved,
        .change_count = batch->change_count,
        .end =
            !fleet->name || str_equal(fleet->name, batch->channel_name) ? fleet->end : INTENT_TAKEN,
    };
    intent->latency_usec = fleet->latency_usec;
    if (fleet->choose)
        fleet->choose(world, intent);
    world_trace(world, "an intent of %zu changes in %s", batch->change_count, batch->channel_name);
    if (intent->latency_usec != USEC_NEVER)
        world_at(world, intent->latency_usec, fleet_answer, intent);
    return 0;
}

void world_cancel_intent(void *context, void *tag)
{
    World *world = context;

    fleet_find(world, tag)->is_open = false;
    world->fleet->cancelled_count++;
}

/* The newest of the channel in this pass, or NULL. */
static WorldIntent *fleet_find_newest(World *world, const Batch *batch)
{
    WorldFleet *fleet = world->fleet;
    const WorldChannel *channel =
        world_find_channel(world, batch->channel->instance, batch->channel_id);

    for (size_t i = fleet->intent_count; i > 0; i--) {
        WorldIntent *intent = &fleet->intents[(i - 1) % WORLD_INTENTS_MAX];

        if (fleet->intent_count - i >= WORLD_INTENTS_MAX || intent->pass != world->pass_serial)
            return NULL;
        if (intent->channel == channel)
            return intent;
    }
    return NULL;
}

static void fleet_judge_record(World *world, const Batch *batch)
{
    const WorldIntent *intent = fleet_find_newest(world, batch);

    if (world->fleet->lost_in[batch->channel->instance] == world->pass_serial)
        world_broken(world, "%s: changes are recorded after the loss", batch->channel_id);
    if (world->fleet->handover_until_usec > world->now_usec ||
        world->fleet->conditions.handover_usec > 0)
        world_broken(world, "%s: changes are recorded before the handover is over",
                     batch->channel_id);

    if (!intent || !intent->is_taken)
        world_broken(world, "%s: changes are recorded that nobody was told of", batch->channel_id);
    if (intent->recorded_count + batch->change_count > intent->change_count)
        world_broken(world, "%s: more changes are recorded than were made known",
                     batch->channel_id);
    if (batch->approved && !intent->is_approved)
        world_broken(world, "%s: an approval is spent here alone", batch->channel_id);
}

int world_fleet_record(void *context, Batch *batches, size_t count, Err *err)
{
    World *world = context;
    int r;

    for (size_t i = 0; world->fleet && i < count; i++)
        fleet_judge_record(world, &batches[i]);
    r = world_record(context, batches, count, err);
    for (size_t i = 0; world->fleet && r >= 0 && i < count; i++)
        fleet_find_newest(world, &batches[i])->recorded_count += batches[i].change_count;
    return r;
}
