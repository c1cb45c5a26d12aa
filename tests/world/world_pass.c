/* SPDX-License-Identifier: MIT */
/* Whole passes of an imaginary world: what is left of the last one, the next, its stop. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/str.h"
#include "tests/world/fleet.h"
#include "tests/world/judge.h"
#include "tests/world/judge_pass.h"
#include "tests/world/undo.h"
#include "tests/world/world.h"

/* The throttles stay from pass to pass, as they do in the daemon. A rate set anew takes over what
 * the old one knew; without a rate nothing is known. */
static void passes_set_gate(World *world, size_t instance)
{
    uint32_t limit = world->config.limits.requests_per_second;
    Throttle *old = &world->throttles[instance], throttle;

    if (old->limit == limit)
        return;
    if (old->limit == 0)
        world->instances[instance].begun_count = 0;
    if (throttle_init(&throttle, limit) < 0)
        fail_msg("the test is out of memory");
    throttle_take_over(&throttle, old);
    throttle_done(old);
    *old = throttle;
}

/* Nothing is in flight any more. A limit of 0 is none. */
static void passes_set_limiter(World *world)
{
    size_t total = world->config.limits.total_concurrency;

    assert_int_equal(world->limiter.held, 0);
    assert_null(world->limiter.first);
    world->limiter = (Limiter){.total = total};
    for (size_t i = 0; i < world->config.instance_count; i++)
        world->throttles[i].limiter = total ? &world->limiter : NULL;
}

/* A change under way still arrives, though nobody waits for what comes of it. */
static bool passes_orphan(WorldEvent *event)
{
    if (event->kind != WORLD_ARRIVAL || !request_is_change(event->request.kind))
        return false;
    event->is_orphan = true;
    event->request.channel = NULL;
    event->request.tag = NULL;
    return true;
}

static void passes_forget_events(World *world)
{
    size_t left = 0;

    for (size_t i = 0; i < world->event_count; i++) {
        if (passes_orphan(world->events[i])) {
            world->events[left++] = world->events[i];
            continue;
        }
        arena_done(&world->events[i]->arena);
        free(world->events[i]);
    }
    world->event_count = left;
}

/* Members that are gone from every list need not be looked through any more. */
static void passes_bury(WorldChannel *channel)
{
    size_t left = 0;

    for (size_t i = 0; i < channel->member_count; i++) {
        if (channel->members[i]->exists || world_is_listed(channel, channel->members[i]))
            channel->members[left++] = channel->members[i];
    }
    channel->member_count = left;
}

void world_forget(World *world)
{
    pass_free(TAKE_PTR(world->pass));
    free(TAKE_PTR(world->undo));
    passes_forget_events(world);
    world->wake_usec = USEC_NEVER;
    world->is_dead = false;
    world->effects = 0;
    world->kill_at_call = 0;
    world->pass_first_action = world->action_count;
    world->first_buffered = world->action_count;
    world->call_count = 0;
    world->send_count = 0;
    world->steps = 0;
    world->decide_count = 0;
    world->holds_changes = false;
    world->asked_count = 0;
    memset(world->told, 0, sizeof(world->told));
    for (size_t i = 0; i < world->config.instance_count; i++) {
        WorldInstance *instance = &world->instances[i];

        instance->in_flight = 0;
        instance->has_failed = false;
        instance->is_over = false;
        instance->is_renewing = false;
        instance->renewal_count = 0;
        passes_set_gate(world, i);
    }
    passes_set_limiter(world);
    for (size_t i = 0; i < world->channel_count; i++) {
        world->channels[i].mutations = 0;
        world->channels[i].owed_for = world->channels[i].bound = 0;
        world->channels[i].recall_count = 0;
        if (world->buries)
            passes_bury(&world->channels[i]);
    }
}

void world_stop(World *world, void *unused)
{
    (void)unused;
    world->is_stopped = true;
    pass_stop(world->pass, "stopped by a test");
}

void world_hold(World *world, void *unused)
{
    (void)unused;
    world->holds_changes = true;
    world_inside(world, true);
    pass_hold_changes(world->pass, "a test holds them");
    world_inside(world, false);
}

void world_allow(World *world, void *unused)
{
    (void)unused;
    world->refuses_changes = world->holds_changes = false;
    world_inside(world, true);
    pass_allow_changes(world->pass);
    world_inside(world, false);
}

/* What was in flight may have had its effect, and nobody will tell. */
void world_abandon(World *world, void *unused)
{
    (void)unused;
    world->is_stopped = true;
    world->is_abandoned = true;
    for (size_t i = world->pass_first_action; i < world->action_count; i++) {
        WorldAction *action = &world->actions[i];

        if (action->was_sent && !action->is_decided)
            action->may_have_gone = true;
    }
    pass_abandon(world->pass, "abandoned by a test");
}

void world_begin_prepared(World *world, bool dry_run)
{
    PassScope scope;

    world_advance(world, world->now_usec + world->gap_usec);
    judge_pass_begin(world);
    world->pass_serial++;
    world->dry_run = dry_run;
    world->is_stopped = false;
    world->is_abandoned = false;
    world->set = world->newest_set;
    snprintf(world->pass_id, sizeof(world->pass_id), "pass-%u", world->pass_serial);
    scope = (PassScope){
        .pass_id = world->pass_id,
        .dry_run = dry_run,
        .instance = world->scope,
        .is_probe = world->is_probe,
        .throttles = world->throttles,
        .chosen = world->undo ? NULL : world->chosen,
        .firsts = world->undo ? NULL : world->firsts,
        .spent = world->undo ? NULL : world->spent,
        .lookups = world->lookups,
        .take_overs = world->fleet && !world->undo ? world->fleet->take_overs : NULL,
        .undos = world->undo ? world->undo->undos : NULL,
    };
    if (pass_new(world->undo ? &world->undo->config : &world->config, world->ops, world, &scope,
                 &world->pass) < 0)
        fail_msg("the test is out of memory");
    if (world->stop_after_usec)
        world_at(world, world->stop_after_usec, world_stop, NULL);
    if (world->abandon_after_usec)
        world_at(world, world->abandon_after_usec, world_abandon, NULL);
    world->stop_after_usec = 0;
    world->abandon_after_usec = 0;
    world_inside(world, true);
    pass_start(world->pass);
    world_inside(world, false);
}

/* Acts are of the pass during which they are to happen: give them after this, before stepping. */
void world_begin(World *world, bool dry_run)
{
    world_forget(world);
    world_begin_prepared(world, dry_run);
}

void world_finish(World *world)
{
    while (world_step(world))
        ;
    if (world->is_dead)
        return;
    world_rule_end(world);
    judge_count_lists(world);
    world_flush(world);
}

void world_pass(World *world)
{
    world_begin(world, false);
    world_finish(world);
}

void world_dry_pass(World *world)
{
    world_begin(world, true);
    world_finish(world);
}
