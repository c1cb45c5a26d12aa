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
        intent->token = token;
        intent->revision = answer->revision;
        host->fleet->counts->intents++;
        intents_tell(host, intent, INTENT_TAKEN);
    } else if (answer->compared[0].created != token) {
        intents_tell(host, intent, INTENT_LOST);
        ownership_on_fenced(&host->ownerships[call->instance]);
    } else {
        intents_tell(host, intent, INTENT_PAUSED);
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

    if (call.extra == 0)
        return err_set(err, -EPERM, "the instance is not this host's");
    if (host->fleet->fault == FLEET_FAULT_NO_INTENT)
        return 1;
    if (host->fleet->fault != FLEET_FAULT_NO_FENCE) {
        keys_owner(key, instance);
        etcd_compare(&call.request, key, call.extra);
    }
    if (intents_heed_pauses(world, batch)) {
        keys_pause(key, channel);
        etcd_compare(&call.request, key, 0);
    }
    keys_intent(key, instance, channel);
    etcd_put(&call.request, key, (EtcdValue){.host = host->number}, 0);
    host->intents[channel] =
        (FleetIntent){.tag = tag, .pass = world->pass_serial, .call = net_ask(host, &call)};
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
