/* SPDX-License-Identifier: MIT */
#include "tests/sim/fleet/judge.h"

#include "daemon/base/str.h"
#include "tests/world/judge_exchange.h"

/* The host that etcd names is the one that begins a change, and its lease outlives the request. */
static void judge_owner(FleetHost *host, size_t instance, uint64_t allowed_usec)
{
    Fleet *fleet = host->fleet;
    const World *world = host->sim.world;
    const EtcdLease *lease = etcd_find_lease(&fleet->etcd, host->lease.id);
    char key[ETCD_KEY_SIZE];
    const EtcdKv *kv;

    keys_owner(key, instance);
    kv = etcd_find(&fleet->etcd, key);
    if (!lease || lease->end_usec < fleet->now_usec + allowed_usec)
        world_broken(world, "host %zu begins a change that its lease does not outlive",
                     host->number);
    if (fleet->now_usec < fleet->wait_until_usec[instance])
        world_broken(world, "host %zu begins a change before what the owner before sent is over",
                     host->number);
    if (!kv || kv->created != host->ownerships[instance].token)
        world_broken(world, "host %zu begins a change and does not own instance %zu", host->number,
                     instance);
}

/* The whole channel's changes were made known by this owner, in this pass. */
static const FleetIntent *judge_intent(const FleetHost *host, const Request *request,
                                       size_t channel)
{
    const World *world = host->sim.world;
    const FleetIntent *intent = &host->intents[channel];

    if (intent->pass != world->pass_serial || intent->tag || intent->token == 0)
        world_broken(world, "host %zu changes %s, which nobody was told of", host->number,
                     request->channel_id);
    if (intent->token != host->ownerships[request->instance].token)
        world_broken(world, "host %zu changes %s by what it made known as an earlier owner",
                     host->number, request->channel_id);
    return intent;
}

/* A pause that stood when the changes were made known, or that the host has heard of since. */
static void judge_pause(const FleetHost *host, const Request *request, size_t channel,
                        const FleetIntent *intent)
{
    const World *world = host->sim.world;
    char key[ETCD_KEY_SIZE];
    const EtcdKv *pause;

    keys_pause(key, channel);
    pause = etcd_find(&host->fleet->etcd, key);
    if (!pause || world->undo || host->fleet->fault == FLEET_FAULT_UNDONE_UNDO ||
        request->kind == REQUEST_ENABLE_MEMBER || judge_exchange_outlives_stop(world, request))
        return;
    if (intent->revision > pause->created)
        world_broken(world, "host %zu changes %s, which was paused before", host->number,
                     request->channel_id);
    if (host->mirror_revision >= pause->created)
        world_broken(world, "host %zu changes %s, of whose pause it has heard", host->number,
                     request->channel_id);
}

/* An undo begins its changes where all hosts have the pause that it was asked for with, or where
 * people have ended that since. */
static void judge_undo(const FleetHost *host, const Request *request, size_t channel)
{
    const Fleet *fleet = host->fleet;
    char key[ETCD_KEY_SIZE];

    keys_pause(key, channel);
    if (!etcd_find(&fleet->etcd, key) && fleet->resumed[channel] <= host->undo.revision)
        world_broken(host->sim.world, "host %zu undoes in %s, which is not paused for all hosts",
                     host->number, request->channel_id);
}

const FleetIntent *judge_approved(const FleetHost *host, const Batch *batch)
{
    const World *world = host->sim.world;
    const WorldChannel *channel =
        world_find_channel(host->sim.world, batch->channel->instance, batch->channel_id);
    const FleetIntent *intent = &host->intents[channel - world->channels];

    if (!batch->approved)
        return NULL;
    if (intent->pass != world->pass_serial || !intent->has_spent)
        world_broken(world, "host %zu changes %s by an approval that its intent has not spent",
                     host->number, batch->channel_id);
    return intent;
}

/* What it knows of the channel it has read as the owner that it is. */
static void judge_list(const FleetHost *host, const Request *request, size_t channel)
{
    const World *world = host->sim.world;

    if (world->channels[channel].listed_usec < host->owned_usec[request->instance])
        world_broken(world, "host %zu changes %s by what it read as an earlier owner", host->number,
                     request->channel_id);
}

/* Won from an owner that did not give it away: what that one has under way has to end first. By the
 * clocks of both, a handover may be two in a hundred shorter. */
static void judge_campaign(Fleet *fleet, const FleetCall *call)
{
    const EtcdKv *last = &call->answer.looked;
    bool is_released = !last->created || last->value.is_released;

    fleet->wait_until_usec[call->instance] =
        is_released ? 0 : fleet->now_usec + fleet->handover_usec / 100 * 98;
}

static void judge_intending(const Fleet *fleet, const FleetCall *call)
{
    char key[ETCD_KEY_SIZE];
    const EtcdKv *owner;

    keys_owner(key, call->instance);
    owner = etcd_find(&fleet->etcd, key);
    if (!owner || owner->created != call->extra)
        world_broken(
            call->host->sim.world,
            "host %zu makes known what it will change in instance %zu, and does not own it",
            call->host->number, call->instance);
}

/* What came of an undo says who has carried it out, and nobody else. */
static void judge_answer(const Fleet *fleet, const FleetCall *call)
{
    char key[ETCD_KEY_SIZE];
    const EtcdKv *owner;

    keys_owner(key, call->instance);
    owner = etcd_find(&fleet->etcd, key);
    if (!owner || owner->value.host != call->host->number)
        world_broken(call->host->sim.world,
                     "host %zu answers an undo in instance %zu, and does not own it",
                     call->host->number, call->instance);
}

/* Given away as after its last answer: then nothing that an owner has sent may land any more. */
static void judge_release(const Fleet *fleet, const FleetCall *call)
{
    for (size_t i = 0; i < fleet->host_count; i++) {
        const World *world = fleet->hosts[i].sim.world;

        for (size_t k = 0; k < world->event_count; k++) {
            const WorldEvent *event = world->events[k];

            if (event->kind == WORLD_ARRIVAL && request_is_change(event->request.kind) &&
                event->request.instance == call->instance)
                world_broken(world, "host %zu gives instance %zu away, and a change is under way",
                             call->host->number, call->instance);
        }
    }
}

void judge_known(Fleet *fleet, const FleetCall *call)
{
    const EtcdRequest *request = &call->request;

    if (request->do_count == 0 || !call->answer.has_succeeded)
        return;
    if (str_has_prefix(request->dos[0].key, "pauses/") && request->dos[0].is_delete)
        fleet->resumed[call->channel] = fleet->etcd.revision;
    if (request->dos[0].value.is_answered) {
        judge_answer(fleet, call);
        return;
    }
    if (request->dos[0].key[0] == '~')
        judge_intending(fleet, call);
    else if (request->dos[0].is_delete && request->do_count > 1 &&
             request->dos[1].value.is_released)
        judge_release(fleet, call);
    else if (request->look[0])
        judge_campaign(fleet, call);
}

/* An undo that begins then looks what it would do, and is held. */
void judge_go_on(const FleetHost *host, const Request *request)
{
    const World *world = host->sim.world;

    if (host->ownerships[request->instance].token == 0 && !world->is_dead && !world->undo)
        world_broken(world, "host %zu goes on in instance %zu, which it has lost", host->number,
                     request->instance);
}

void judge_begin(FleetHost *host, const Request *request, uint64_t allowed_usec)
{
    World *world = host->sim.world;
    size_t channel = (size_t)(world_find_channel(world, request->instance, request->channel_id) -
                              world->channels);

    judge_owner(host, request->instance, allowed_usec);
    judge_list(host, request, channel);
    if (world->undo)
        judge_undo(host, request, channel);
    judge_pause(host, request, channel, judge_intent(host, request, channel));
}

/* The pause of a channel; 0: it has none. */
static uint64_t judge_find_pause(const FleetHost *host, const WorldChannel *channel)
{
    char key[ETCD_KEY_SIZE];
    const EtcdKv *pause;

    keys_pause(key, (size_t)(channel - host->sim.world->channels));
    pause = etcd_find(&host->fleet->etcd, key);
    return pause ? pause->created : 0;
}

static void judge_keep(FleetHost *host, const WorldMember *member, uint64_t pause)
{
    Fleet *fleet = host->fleet;

    if (mem_grow(&fleet->kept, &fleet->kept_capacity, member->number + 1, sizeof(*fleet->kept)) < 0)
        fail_msg("the test is out of memory");
    while (fleet->kept_count <= member->number)
        fleet->kept[fleet->kept_count++] = 0;
    fleet->kept[member->number] = pause;
    fleet->counts->kept++;
}

/* Whether an undo asked for it, which may be over when it lands. */
static bool judge_is_of_undo(const World *world, const WorldEvent *event, const WorldMember *member)
{
    for (size_t i = 0; i < world->action_count; i++) {
        const WorldAction *action = &world->actions[i];

        if (action->is_undo && action->kind == CHANGE_DELETE && action->member == member &&
            action->pass == event->pass)
            return true;
    }
    return false;
}

/* What an undo has put back stays for as long as the pause that it was put back under. */
static void judge_undone(FleetHost *host, const WorldEvent *event)
{
    World *world = host->sim.world;
    const Fleet *fleet = host->fleet;
    const WorldChannel *channel =
        world_find_channel(world, event->request.instance, event->request.channel_id);
    uint64_t pause = judge_find_pause(host, channel);
    const WorldMember *member = NULL;

    if (event->request.kind == REQUEST_DELETE_MEMBER)
        member = world_find_member(world, event->request.member_id);
    if (member && member->number < fleet->kept_count && fleet->kept[member->number] &&
        fleet->kept[member->number] == pause && !world->undo &&
        !judge_is_of_undo(world, event, member))
        world_broken(world, "host %zu deletes %s, which an undo had put back", host->number,
                     member->id);
    if (event->request.kind != REQUEST_ADD_MEMBERS || !world->undo || !pause || event->is_orphan)
        return;
    for (size_t i = 0; i < channel->member_count; i++) {
        if (channel->members[i]->exists && channel->members[i]->restored_in == world->pass_serial)
            judge_keep(host, channel->members[i], pause);
    }
}

void judge_landed(FleetHost *host, const WorldEvent *event)
{
    Fleet *fleet = host->fleet;
    uint64_t *newest = &fleet->newest[event->request.instance];

    if (event->owner < *newest)
        world_broken(host->sim.world,
                     "host %zu changed instance %zu as owner %zu, after owner %zu had",
                     host->number, event->request.instance, (size_t)event->owner, (size_t)*newest);
    *newest = event->owner;
    judge_undone(host, event);
    fleet->has_landed = true;
    fleet->counts->landed++;
}
