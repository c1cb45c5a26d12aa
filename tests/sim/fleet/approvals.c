/* SPDX-License-Identifier: MIT */
/* Approvals: given on any host for the plan that another has told, kept in etcd, where the intent
 * of the owner spends them. */
#include <stdio.h>
#include <string.h>

#include "daemon/base/str.h"
#include "tests/sim/fleet/judge.h"
#include "tests/sim/fleet/trouble.h"

#define APPROVALS_KEYS "approvals/"

/* By the fault all plans have one approval. */
void approvals_key(const Fleet *fleet, char ret_key[static ETCD_KEY_SIZE], const char *digest)
{
    keys_approval(ret_key, fleet->fault == FLEET_FAULT_LOOSE_APPROVAL ? "any" : digest);
}

static void approvals_on_done(FleetHost *host, const FleetCall *call)
{
    (void)host;
    (void)call;
}

void approvals_give(FleetHost *host, const char *digest, uint64_t plan, bool opens_window)
{
    FleetCall call = {.timeout_usec = 5 * USEC_PER_SEC,
                      .request = {.kind = ETCD_TXN},
                      .on_done = approvals_on_done};
    char key[ETCD_KEY_SIZE];

    approvals_key(host->fleet, key, digest);
    etcd_put(&call.request, key,
             (EtcdValue){.host = host->number, .number = plan, .opens_window = opens_window}, 0);
    net_ask(host, &call);
    host->fleet->counts->approved++;
    fleet_trace(host, "approves %.12s", digest);
}

/* What one host has told to be held; by the time it is given it may fit nothing. */
void approvals_happen(Fleet *fleet)
{
    World *told = fleet->hosts[fleet_below(fleet, fleet->host_count)].sim.world;
    FleetHost *host = &fleet->hosts[fleet_below(fleet, fleet->host_count)];

    for (size_t i = 0; i < told->channel_count && host_is_serving(host); i++) {
        WorldChannel *channel = &told->channels[i];

        if (channel->held_plan == 0 || fleet_below(fleet, 2))
            continue;
        approvals_give(host, channel->held_digest, channel->held_plan, fleet_below(fleet, 3) == 0);
        channel->held_plan = 0;
    }
}

/* What etcd has is what the state has. */
void approvals_hear(FleetHost *host)
{
    World *world = host->sim.world;
    char key[ETCD_KEY_SIZE];

    for (size_t i = 0; i < ELEMENTS(world->approvals); i++) {
        WorldApproval *approval = &world->approvals[i];

        approvals_key(host->fleet, key, approval->digest);
        approval->is_spent = approval->is_spent || !mirror_find(host, key);
    }
    for (size_t i = 0; i < host->mirror_count; i++) {
        const EtcdKv *kv = &host->mirror[i];
        const char *digest = kv->key + strlen(APPROVALS_KEYS);

        if (strncmp(kv->key, APPROVALS_KEYS, strlen(APPROVALS_KEYS)) != 0 ||
            world_find_approval(world, digest))
            continue;
        world_approve_plan(world, digest, kv->value.number);
        world_find_approval(world, digest)->opens_window = kv->value.opens_window;
    }
}

/* ---- of Ops ---- */

static FleetHost *approvals_host(const World *world)
{
    return ((const Sim *)world->userdata)->host;
}

int approvals_are_given(void *context, const char *digest, const ChangeGate *gate, Err *err)
{
    World *world = context;
    FleetHost *host = approvals_host(world);
    char key[ETCD_KEY_SIZE];
    const EtcdKv *kv;

    approvals_key(host->fleet, key, digest);
    kv = mirror_find(host, key);
    if (kv && !world_find_approval(world, digest))
        world_approve_plan(world, digest, kv->value.number);
    return world_is_approved(context, digest, gate, err);
}

/* What etcd let the intent spend is spent in the state, which may have heard of that by now, and of
 * another one that somebody has given for the same plan since: the pass goes by the one it found.
 */
int approvals_record(void *context, Batch *batches, size_t count, Err *err)
{
    World *world = context;
    FleetHost *host = approvals_host(world);

    for (size_t i = 0; i < count; i++) {
        const FleetIntent *intent = judge_approved(host, &batches[i]);

        if (!intent)
            continue;
        if (!world_find_approval(world, batches[i].digest))
            world_approve_plan(world, batches[i].digest, intent->approval.plan);
        world_find_approval(world, batches[i].digest)->opens_window = intent->approval.opens_window;
    }
    return world_record(context, batches, count, err);
}
