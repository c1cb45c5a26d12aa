/* SPDX-License-Identifier: MIT */
/* What a host knows of etcd's keys: all of them once, then each change in its time, later than it
 * came about; after a gap that was compacted all of them again. */
#include <stdlib.h>
#include <string.h>

#include "daemon/base/str.h"
#include "tests/sim/fleet/fleet.h"

/* mirror_count: it is not there. */
static size_t mirror_index(const FleetHost *host, const char *key)
{
    size_t i = 0;

    while (i < host->mirror_count && !str_equal(host->mirror[i].key, key))
        i++;
    return i;
}

const EtcdKv *mirror_find(const FleetHost *host, const char *key)
{
    size_t i = mirror_index(host, key);

    return i < host->mirror_count ? &host->mirror[i] : NULL;
}

static void mirror_apply(FleetHost *host, const EtcdKv *kv)
{
    size_t i = mirror_index(host, kv->key);
    bool is_known = i < host->mirror_count;

    if (!kv->created) {
        if (is_known)
            host->mirror[i] = host->mirror[--host->mirror_count];
        return;
    }
    if (!is_known && mem_grow(&host->mirror, &host->mirror_capacity, ++host->mirror_count,
                              sizeof(*host->mirror)) < 0)
        fail_msg("the test is out of memory");
    host->mirror[i] = *kv;
}

/* Tells the ownership of an instance what there is by now. */
static void mirror_tell_owner(FleetHost *host, size_t instance)
{
    char key[ETCD_KEY_SIZE];
    const EtcdKv *kv;
    OwnerKind owner = OWNER_NOBODY;

    keys_owner(key, instance);
    kv = mirror_find(host, key);
    if (kv)
        owner = kv->lease == host->lease.id ? OWNER_SELF : OWNER_OTHER;
    ownership_on_owner(&host->ownerships[instance], owner, host->mirror_revision,
                       kv ? kv->created : 0);
}

/* Pauses count from the moment in which they are known. */
static void mirror_tell_pauses(FleetHost *host)
{
    World *world = host->sim.world;
    char key[ETCD_KEY_SIZE];

    for (size_t i = 0; i < world->channel_count; i++) {
        WorldChannel *channel = &world->channels[i];
        bool is_paused;

        keys_pause(key, i);
        is_paused = mirror_find(host, key) != NULL;
        if (fleet_is_deaf(host->fleet) || is_paused == channel->is_paused)
            continue;
        fleet_trace(host, "hears that %s is %s", channel->row.id, is_paused ? "paused" : "free");
        channel->is_paused = is_paused;
        if (is_paused)
            world_pause(world, channel, 0);
    }
}

/* Of what has changed. */
static void mirror_tell_change(FleetHost *host, const char *key)
{
    if (str_has_prefix(key, "pauses/"))
        mirror_tell_pauses(host);
    else if (str_has_prefix(key, "approvals/"))
        approvals_hear(host);
    else if (str_has_prefix(key, "owner/"))
        mirror_tell_owner(host, strtoul(key + strlen("owner/"), NULL, 10));
}

static void mirror_tell(FleetHost *host)
{
    mirror_tell_pauses(host);
    approvals_hear(host);
    for (size_t i = 0; i < host->fleet->instance_count; i++)
        mirror_tell_owner(host, i);
}

static void mirror_on_all(FleetHost *host, const FleetCall *call)
{
    if (host->ranging != call->number)
        return;
    host->ranging = 0;
    if (!call->has_answer) {
        mirror_begin(host);
        return;
    }
    if (call->answer.revision < host->mirror_revision)
        return;
    host->mirror_count = 0;
    for (size_t i = 0; i < call->answer.key_count; i++)
        mirror_apply(host, &call->answer.keys[i]);
    host->mirror_revision = call->answer.revision;
    mirror_tell(host);
}

void mirror_begin(FleetHost *host)
{
    if (host->ranging == 0)
        host->ranging = net_ask(host, &(FleetCall){.timeout_usec = 5 * USEC_PER_SEC,
                                                   .request = {.kind = ETCD_SNAPSHOT},
                                                   .on_done = mirror_on_all});
}

/* What has happened up to a revision. */
void mirror_hear(FleetHost *host, uint64_t revision)
{
    const Etcd *etcd = &host->fleet->etcd;
    size_t first = etcd->change_count, end = etcd->change_count;

    if (host->mirror_revision == 0 || host->mirror_revision >= revision)
        return;
    if (host->mirror_revision < etcd->compacted) {
        mirror_begin(host);
        return;
    }
    while (first > 0 && etcd->changes[first - 1].revision > host->mirror_revision)
        first--;
    while (end > first && etcd->changes[end - 1].revision > revision)
        end--;
    for (size_t i = first; i < end; i++)
        mirror_apply(host, &etcd->changes[i].kv);
    host->mirror_revision = revision;
    for (size_t i = first; i < end; i++)
        mirror_tell_change(host, etcd->changes[i].kv.key);
}
