/* SPDX-License-Identifier: MIT */
/* What a host makes known before it changes a channel: compared, in one transaction, with who owns
 * the instance and with the pauses that there are. */
#include <errno.h>

#include "daemon/base/str.h"
#include "tests/sim/fleet/fleet.h"
#include "tests/world/fleet.h"

static FleetHost *intents_host(const World *world)
{
    return ((const Sim *)world->userdata)->host;
}

/* Members go back into service whatever is paused; an undo is what it was paused for. */
static bool intents_heed_pauses(const World *world, const Batch *batch)
{
    return !world->undo && batch->changes[0].kind != CHANGE_ENABLE &&
           !fleet_is_deaf(intents_host(world)->fleet);
}

static void intents_tell(FleetHost *host, FleetIntent *intent, IntentEnd end)
{
    World *world = host->sim.world;
    void *tag = intent->tag;
    Err why = {0};
    IntentAnswer answer = {
        .end = end, .pause_reason = "paused", .pause_scope = PAUSE_SCOPE_CHANNEL, .err = &why};

    if (end == INTENT_UNANSWERED)
        world->fleet->closes_usec = world->now_usec;
    err_set(&why, -1, "the intent ends as %d", (int)end);
    intent->tag = NULL;
    fleet_trace(host, "has an intent end as %d", (int)end);
    pass_on_intended(world->pass, tag, &answer);
}

static void intents_take(FleetHost *host, FleetIntent *intent, const FleetCall *call)
{
    intent->token = call->extra;
    intent->revision = call->answer.revision;
    host->fleet->counts->intents++;
    host->fleet->counts->spent += intent->has_spent = call->approval > 0;
    intents_tell(host, intent, INTENT_TAKEN);
}

/* The pause is compared last. */
static bool intents_is_paused(const FleetCall *call)
{
    size_t count = call->request.compare_count;

    return count > call->approval && call->answer.compared[count - 1].created > 0;
}

static void intents_on_done(FleetHost *host, const FleetCall *call)
{
    FleetIntent *intent = &host->intents[call->channel];
    const EtcdAnswer *answer = &call->answer;
    uint64_t token = call->extra;

    if (!intent->tag || intent->call != call->number ||
        intent->pass != host->sim.world->pass_serial)
        return;
    if (!call->has_answer) {
        intents_tell(host, intent, INTENT_UNANSWERED);
    } else if (answer->has_succeeded) {
        intents_take(host, intent, call);
    } else if (answer->compared[0].created != token) {
        intents_tell(host, intent, INTENT_LOST);
        ownership_on_fenced(&host->ownerships[call->instance]);
    } else if (intents_is_paused(call)) {
        intents_tell(host, intent, INTENT_PAUSED);
    } else if (answer->looked.created && answer->looked.value.number == intent->number) {
        intents_take(host, intent, call); /* by an earlier try, whose answer was lost */
    } else {
        intents_tell(host, intent, INTENT_APPROVAL_GONE);
    }
}

int intents_intend(void *context, const Batch *batch, void *tag, Err *err)
{
    World *world = context;
    FleetHost *host = intents_host(world);
    size_t instance = batch->channel->instance;
    size_t channel =
        (size_t)(world_find_channel(world, instance, batch->channel_id) - world->channels);
    FleetCall call = {.timeout_usec = 10 * USEC_PER_SEC,
                      .request = {.kind = ETCD_TXN},
                      .on_done = intents_on_done,
                      .instance = instance,
                      .channel = channel,
                      .extra = host->ownerships[instance].token};
    char key[ETCD_KEY_SIZE];
    const WorldApproval *approval = world_find_approval(world, batch->digest);
    uint64_t number;

    if (call.extra == 0)
        return err_set(err, -EPERM, "the instance is not this host's");
    if (host->fleet->fault == FLEET_FAULT_NO_INTENT)
        return 1;
    if (host->fleet->fault != FLEET_FAULT_NO_FENCE) {
        keys_owner(key, instance);
        etcd_compare(&call.request, key, call.extra);
    }
    if (batch->approved && host->fleet->fault != FLEET_FAULT_KEPT_APPROVAL) {
        approvals_key(host->fleet, key, batch->digest);
        etcd_compare_any(&call.request, key);
        call.approval = call.request.compare_count;
    }
    if (intents_heed_pauses(world, batch)) {
        keys_pause(key, channel);
        etcd_compare(&call.request, key, 0);
    }
    keys_intent(call.request.look, instance, channel);
    number = ++host->fleet->serial;
    etcd_put(&call.request, call.request.look, (EtcdValue){.host = host->number, .number = number},
             0);
    if (call.approval) {
        approvals_key(host->fleet, key, batch->digest);
        etcd_delete(&call.request, key);
    }
    host->intents[channel] = (FleetIntent){
        .tag = tag, .pass = world->pass_serial, .number = number, .call = net_ask(host, &call)};
    if (approval)
        host->intents[channel].approval = *approval;
    return 0;
}

void intents_cancel(void *context, void *tag)
{
    World *world = context;
    FleetHost *host = intents_host(world);

    for (size_t i = 0; i < world->channel_count; i++) {
        if (host->intents[i].tag == tag) {
            host->intents[i] = (FleetIntent){.pass = 0};
            return;
        }
    }
    world_broken(world, "an intent is called off that is not under way");
}
