/* SPDX-License-Identifier: MIT */
/* Running an imaginary world: the clock, the queue of events, one step. */
#include <stdlib.h>

#include "daemon/base/str.h"
#include "tests/world/fleet.h"
#include "tests/world/judge.h"
#include "tests/world/quarantine.h"
#include "tests/world/trace.h"
#include "tests/world/world.h"

#define STEPS_MAX 400000

/* ---- time and chance ---- */

uint64_t world_random(World *world)
{
    uint64_t mixed = (world->random_state += 0x9e3779b97f4a7c15ULL);

    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9ULL;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebULL;
    return mixed ^ (mixed >> 31);
}

uint64_t world_below(World *world, uint64_t limit)
{
    return world_random(world) % limit;
}

bool world_chance(World *world, uint64_t percent)
{
    return world_below(world, 100) < percent;
}

static uint64_t run_now(void *context)
{
    return ((World *)context)->now_usec;
}

static uint64_t run_realtime(void *context)
{
    return ((World *)context)->realtime_usec;
}

static uint64_t run_random(void *context)
{
    return world_random(context);
}

static void run_wake_at(void *context, uint64_t usec)
{
    ((World *)context)->wake_usec = usec;
}

static void run_keep_told(World *world, const Event *event)
{
    WorldTold *told = &world->last_told[event->kind];

    *told = (WorldTold){
        .outcome = event->outcome, .attempt = event->attempt, .wait_usec = event->wait_usec};
    str_copy(told->pass, sizeof(told->pass), event->pass);
    str_copy(told->instance_name, sizeof(told->instance_name), event->instance_name);
    str_copy(told->channel_name, sizeof(told->channel_name), event->channel_name);
    str_copy(told->channel_id, sizeof(told->channel_id), event->channel_id);
    str_copy(told->member, sizeof(told->member), event->member);
    str_copy(told->member_id, sizeof(told->member_id), event->member_id);
    str_copy(told->digest, sizeof(told->digest), event->digest);
    if (event->err)
        told->err = *event->err;
}

static void run_tell(void *context, const Event *event)
{
    World *world = context;

    if (world->is_dead)
        return;
    world->told[event->kind]++;
    run_keep_told(world, event);
    if (event->kind == EVENT_HELD)
        judge_held(world, event);
    if (event->err && err_is_set(event->err))
        world->told_err = *event->err;
    if (event->kind == EVENT_RETRY)
        world_rule_retry(world, event);
    if (event->kind == EVENT_INSTANCE_FAILED) {
        for (size_t i = 0; i < world->config.instance_count; i++) {
            if (str_equal(world->instances[i].name, event->instance_name))
                world->instances[i].has_failed = true;
        }
    }
}

/* Nothing is watched here: a test of the daemon looks at what is told. */
static void run_watch_added(void *context, const RosterChannel *channel, const ChannelRow *row,
                            IsListed is_listed, const void *list)
{
    World *world = context;

    (void)channel;
    (void)row;
    (void)is_listed;
    (void)list;
    if (world->dry_run)
        world_broken(world, "a dry run watches what was added");
}

const Ops world_ops = {
    .now_usec = run_now,
    .realtime_usec = run_realtime,
    .random = run_random,
    .wake_at = run_wake_at,
    .submit = world_fleet_submit,
    .renew = world_renew,
    .recall = world_recall,
    .recall_quarantine = world_recall_quarantine,
    .enter_quarantine = world_enter_quarantine,
    .leave_quarantine = world_leave_quarantine,
    .is_approved = world_is_approved,
    .share_approval = world_share_approval,
    .remember = world_fleet_remember,
    .unsettled = world_unsettled,
    .settle = world_settle,
    .watch_added = run_watch_added,
    .may_change = world_may_change,
    .compose = world_compose,
    .read_fields = world_read_fields,
    .get_conditions = world_get_conditions,
    .intend = world_intend,
    .cancel_intent = world_cancel_intent,
    .record = world_fleet_record,
    .decide = world_decide,
    .tell = run_tell,
};

/* ---- the queue ---- */

void world_queue(World *world, WorldEvent *event)
{
    if (mem_grow(&world->events, &world->event_capacity, world->event_count + 1,
                 sizeof(*world->events)) < 0)
        fail_msg("the test is out of memory");
    event->serial = world->event_serial++;
    world->events[world->event_count++] = event;
}

void world_at(World *world, uint64_t after_usec, void (*act)(World *world, void *argument),
              void *argument)
{
    WorldEvent *event = calloc(1, sizeof(*event));

    if (!event)
        fail_msg("the test is out of memory");
    event->kind = WORLD_ACT;
    event->at_usec = world->now_usec + after_usec;
    event->act = act;
    event->argument = argument;
    world_queue(world, event);
}

static size_t run_first(const World *world)
{
    size_t first = 0;

    for (size_t i = 1; i < world->event_count; i++) {
        const WorldEvent *a = world->events[i], *b = world->events[first];

        if (a->at_usec < b->at_usec || (a->at_usec == b->at_usec && a->serial < b->serial))
            first = i;
    }
    return first;
}

static WorldEvent *run_take(World *world, size_t index)
{
    WorldEvent *event = world->events[index];

    world->events[index] = world->events[--world->event_count];
    return event;
}

uint64_t world_next_usec(const World *world)
{
    uint64_t event_usec =
        world->event_count > 0 ? world->events[run_first(world)]->at_usec : USEC_NEVER;

    return event_usec < world->wake_usec ? event_usec : world->wake_usec;
}

void world_advance(World *world, uint64_t usec)
{
    if (usec <= world->now_usec)
        return;
    world->realtime_usec += usec - world->now_usec;
    world->now_usec = usec;
}

/* ---- one step ---- */

void world_inside(const World *world, bool is_inside)
{
    if (world->inside)
        world->inside(is_inside);
}

static void run_renewed(World *world, const WorldEvent *event)
{
    WorldInstance *instance = &world->instances[event->instance];
    Err err = {0};

    instance->is_renewing = false;
    if (instance->renewal == RENEWAL_DONE)
        instance->credential++;
    if (instance->renewal == RENEWAL_FAILED)
        err_set(&err, -1, "the identity service is away");
    if (world->is_abandoned || !world->pass)
        return;
    world_inside(world, true);
    pass_on_renewed(world->pass, event->instance, instance->renewal, &err);
    world_inside(world, false);
}

static void run_answer(World *world, WorldEvent *event)
{
    if (world->answered && request_is_change(event->request.kind))
        world->answered(world, event);
    if (world->is_abandoned)
        return;
    world_rule_answer(world, event);
    world_trace_answer(world, &event->request, &event->answer);
    world->delivering = event;
    world_inside(world, true);
    pass_on_answer(world->pass, event->request.tag, &event->answer);
    world_inside(world, false);
    world->delivering = NULL;
}

static void run_event(World *world, WorldEvent *event)
{
    switch (event->kind) {
    case WORLD_ARRIVAL:
        world_arrive(world, event);
        if (event->kind == WORLD_ANSWER)
            return;
        break;
    case WORLD_ANSWER:
        run_answer(world, event);
        break;
    case WORLD_RENEWED:
        run_renewed(world, event);
        break;
    case WORLD_ACT:
        event->act(world, event->argument);
        break;
    }
    arena_done(&event->arena);
    free(event);
}

/* The first that happens whatever becomes of the process; event_count: there is none. */
static size_t run_first_outside(const World *world)
{
    size_t first = world->event_count;

    for (size_t i = 0; i < world->event_count; i++) {
        const WorldEvent *event = world->events[i];

        if ((event->kind == WORLD_ARRIVAL || event->kind == WORLD_ACT) &&
            (first == world->event_count || event->at_usec < world->events[first]->at_usec))
            first = i;
    }
    return first;
}

uint64_t world_next_outside_usec(const World *world)
{
    size_t first = run_first_outside(world);

    return first < world->event_count ? world->events[first]->at_usec : USEC_NEVER;
}

bool world_step_outside(World *world)
{
    if (world_next_outside_usec(world) > world->now_usec)
        return false;
    run_event(world, run_take(world, run_first_outside(world)));
    return true;
}

bool world_step(World *world)
{
    size_t first;

    if (world->is_dead || pass_is_done(world->pass))
        return false;
    if (++world->steps > STEPS_MAX)
        world_broken(world, "the pass does not end");
    first = run_first(world);
    if (world->event_count == 0 && world->wake_usec == USEC_NEVER)
        world_broken(world, "the pass waits for nothing");
    if (world->event_count == 0 || world->wake_usec < world->events[first]->at_usec) {
        world_advance(world, world->wake_usec);
        world->wake_usec = USEC_NEVER;
        world_inside(world, true);
        pass_on_wake(world->pass);
        world_inside(world, false);
    } else {
        world_advance(world, world->events[first]->at_usec);
        run_event(world, run_take(world, first));
    }
    return true;
}
