/* SPDX-License-Identifier: MIT */
/* What stands between a pass and the world on a host of a fleet: no change begins without a lease
 * that outlives it, and some that begin land late. */
#include <errno.h>
#include <stdlib.h>

#include "daemon/base/str.h"
#include "tests/sim/fleet/fleet.h"
#include "tests/sim/fleet/judge.h"
#include "tests/world/fleet.h"

static FleetHost *changes_host(const World *world)
{
    return ((const Sim *)world->userdata)->host;
}

uint64_t changes_allow_usec(const FleetHost *host, size_t instance)
{
    uint64_t timeout_usec = host->sim.world->config.limits.timeout_usec;

    if (host->fleet->fault == FLEET_FAULT_NO_GATE)
        return timeout_usec;
    if (!ownership_allows_changes(&host->ownerships[instance]))
        return 0;
    return lease_allows_usec(&host->lease, timeout_usec);
}

/* A pass ends only once all that it sent is answered, or nothing is awaited any more; what had no
 * answer may still land for a while. */
bool changes_are_quiet(const FleetHost *host, size_t instance)
{
    const Sim *sim = &host->sim;

    return sim->lifecycle.undo != UNDO_RUNNING && sim->running != &sim->slots[instance] &&
           !sim->slots[instance].is_queued &&
           (host->fleet->fault == FLEET_FAULT_RASH_RELEASE ||
            host->settled_usec[instance] == USEC_NEVER);
}

/* ---- sending ---- */

/* The sender gives up, and the request lands all the same, up to the front door's time later. */
static void changes_land_late(FleetHost *host, const WorldEvent *event, uint64_t allowed_usec)
{
    bool is_awaited = event->fault.answer.kind == ANSWER_TIMEOUT; /* until its time is over */
    uint64_t left_usec = is_awaited ? allowed_usec / 2 : 0;
    WorldEvent *late = malloc(sizeof(*late));

    if (!late)
        fail_msg("the test is out of memory");
    *late = *event;
    late->request.channel_id = late->channel_id;
    late->request.member_id = event->request.member_id ? late->member_id : NULL;
    late->request.channel = NULL;
    late->request.tag = NULL;
    late->is_orphan = true;
    late->has_fault = false;
    late->fault = (WorldFault){.kind = event->request.kind};
    late->at_usec += fleet_below(host->fleet, left_usec + FLEET_FRONT_DOOR_USEC);
    world_queue(host->sim.world, late);
    host->fleet->counts->late++;
}

/* Then it matters most what becomes of the sender. */
static void changes_have_trouble(FleetHost *host)
{
    Fleet *fleet = host->fleet;

    if (fleet_happens(fleet, 20))
        host->drains_soon = true;
    else if (fleet_happens(fleet, 20))
        host->etcd_cut_usec = fleet->now_usec + 2 * fleet->lease_usec;
    else if (fleet_happens(fleet, 30) && !fleet_is_frozen(host))
        host_freeze(host, fleet_below(fleet, 3 * fleet->lease_usec));
}

/* The process stands still between the last look at the lease and the sending: what `handover` has
 * to spare is for that. */
static void changes_stand_still(FleetHost *host, WorldEvent *event, uint64_t allowed_usec)
{
    Fleet *fleet = host->fleet;
    uint64_t spare_usec = fleet->handover_usec / 100 * 97;
    uint64_t taken_usec = FLEET_FRONT_DOOR_USEC + allowed_usec / 40;

    if (spare_usec > taken_usec && !fleet_is_frozen(host) && fleet_happens(fleet, 3)) {
        host->frozen_until_usec = fleet->now_usec + fleet_below(fleet, spare_usec - taken_usec);
        fleet->counts->freezes++;
    }
    /* One that stands still for longer has sent it before: the gate lets none pass after that. */
    if (fleet_is_frozen(host) &&
        host->frozen_until_usec + taken_usec < fleet->now_usec + spare_usec)
        event->at_usec += host->frozen_until_usec - fleet->now_usec;
}

/* More than elsewhere, changes are left without an answer here. */
bool changes_disturb(World *world, WorldEvent *arrival)
{
    const FleetHost *host = changes_host(world);

    if (host->service_cut_usec > host->fleet->now_usec) {
        arrival->fault.answer = (Answer){.kind = ANSWER_NOT_SENT};
        return true;
    }
    if (!request_is_change(arrival->request.kind) || !fleet_happens(host->fleet, 12))
        return sim_disturb(world, arrival);
    arrival->fault.answer =
        (Answer){.kind = fleet_happens(host->fleet, 70) ? ANSWER_TIMEOUT : ANSWER_LOST};
    if (arrival->fault.answer.kind == ANSWER_TIMEOUT)
        arrival->fault.latency_usec = world->config.limits.timeout_usec;
    arrival->fault.has_effect = fleet_happens(host->fleet, 20);
    return true;
}

static bool changes_is_unanswered(const WorldEvent *event)
{
    return event->has_fault && !event->fault.twist &&
           (event->fault.answer.kind == ANSWER_TIMEOUT || event->fault.answer.kind == ANSWER_LOST);
}

static void changes_send(FleetHost *host, WorldEvent *event, uint64_t allowed_usec)
{
    event->owner = host->ownerships[event->request.instance].token;
    if (event->fault.latency_usec > allowed_usec) {
        event->fault.latency_usec = allowed_usec;
        event->at_usec = host->fleet->now_usec + allowed_usec / 2;
    }
    changes_stand_still(host, event, allowed_usec);
    if (!changes_is_unanswered(event))
        return;
    if (!event->fault.has_effect && fleet_happens(host->fleet, 80))
        changes_land_late(host, event, allowed_usec);
    changes_have_trouble(host);
}

static int changes_submit(void *context, const Request *request)
{
    World *world = context;
    FleetHost *host = changes_host(world);
    size_t event_count = world->event_count;
    const WorldChannel *channel;
    uint64_t allowed_usec;
    int r;

    judge_go_on(host, request);
    if (!request_is_change(request->kind) || world->is_dead)
        return world_submit(world, request);
    allowed_usec = changes_allow_usec(host, request->instance);
    if (allowed_usec == 0) {
        host->fleet->counts->refused++;
        world->fleet->closes_usec = world->now_usec;
        channel = world_find_channel(world, request->instance, request->channel_id);
        world->fleet->withheld_in[channel - world->channels] = world->pass_serial;
        return -ESTALE;
    }
    judge_begin(host, request, allowed_usec);
    r = world_submit(world, request);
    if (r >= 0 && world->event_count > event_count)
        changes_send(host, world->events[event_count], allowed_usec);
    return r;
}

/* Of the instance whose pass asks: the world lives one at a time. */
static void changes_get_conditions(void *context, size_t instance, Conditions *ret_conditions)
{
    World *world = context;

    host_get_conditions(changes_host(world), instance, &world->fleet->conditions);
    world->fleet->closes_usec = 0;
    *ret_conditions = world->dry_run ? (Conditions){0} : world->fleet->conditions;
}

void changes_note_unanswered(FleetHost *host, size_t instance)
{
    host->settled_usec[instance] = host_boottime_usec(host) + host->fleet->handover_usec;
}

void changes_answered(World *world, const WorldEvent *event)
{
    if (changes_is_unanswered(event))
        changes_note_unanswered(changes_host(world), event->request.instance);
}

void changes_landed(World *world, const WorldEvent *event)
{
    judge_landed(changes_host(world), event);
}

Ops fleet_ops;

void changes_init(void)
{
    fleet_ops = world_ops;
    fleet_ops.submit = changes_submit;
    fleet_ops.record = approvals_record;
    fleet_ops.is_approved = approvals_are_given;
    fleet_ops.get_conditions = changes_get_conditions;
    fleet_ops.intend = intents_intend;
    fleet_ops.cancel_intent = intents_cancel;
}
