/* SPDX-License-Identifier: MIT */
/* Undos: by the host whose history has the pass where that host owns the instance, else handed by
 * etcd to the owner, who carries it out and answers. What is undone is paused for all hosts first.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/str.h"
#include "tests/sim/fleet/trouble.h"
#include "tests/world/undo.h"

/* An undo that cannot begin for so long is not wanted any more. */
#define UNDOS_WANT_USEC (2 * USEC_PER_MINUTE)
/* So long the owner is waited for. */
#define UNDOS_OWNER_USEC (2 * USEC_PER_MINUTE)
#define UNDOS_WRITE_USEC (5 * USEC_PER_SEC)

#define UNDOS_KEYS "undo/"

static void undos_on_done(FleetHost *host, const FleetCall *call)
{
    (void)host;
    (void)call;
}

/* ---- what it is about ---- */

/* The changes of the pass, as its host's history has them by now. */
static size_t undos_copy(const FleetHost *host, WorldAction *ret_actions)
{
    const World *world = host->sim.world;
    size_t count = 0;

    for (size_t i = 0; i < world->action_count; i++) {
        if (!world_is_undoable(&world->actions[i], host->sim.undo_serial))
            continue;
        if (ret_actions)
            ret_actions[count] = world->actions[i];
        count++;
    }
    return count;
}

/* One of its changes: a pass is of one instance. NULL: there is none. */
static const WorldAction *undos_first(const FleetHost *host)
{
    const World *world = host->sim.world;

    for (size_t i = 0; i < world->action_count; i++) {
        if (world_is_undoable(&world->actions[i], host->sim.undo_serial))
            return &world->actions[i];
    }
    return NULL;
}

/* Whether a host has heard that each channel of these changes was paused after that revision. */
static bool undos_are_paused(const FleetHost *host, const WorldAction *actions, size_t count,
                             uint32_t serial)
{
    const World *world = host->sim.world;

    for (size_t i = 0; i < count; i++) {
        char key[ETCD_KEY_SIZE];
        const EtcdKv *pause;

        keys_pause(key, (size_t)(actions[i].channel - world->channels));
        pause = mirror_find(host, key);
        if (world_is_undoable(&actions[i], serial) &&
            (!pause || pause->edited <= host->undo.revision))
            return false;
    }
    return true;
}

static bool undos_has_changed(const FleetHost *host, const WorldChannel *channel)
{
    const World *world = host->sim.world;

    for (size_t i = 0; i < world->action_count; i++) {
        if (world->actions[i].channel == channel &&
            world_is_undoable(&world->actions[i], host->sim.undo_serial))
            return true;
    }
    return false;
}

/* ---- who asks ---- */

static void undos_begin(FleetHost *host)
{
    host->undo.wanted_until_usec = 0;
    host->sim.act = SIM_ACT_UNDO;
    host->sim.act_usec = host->fleet->now_usec;
    host->fleet->counts->undos++;
}

static FleetHanded *undos_keep(Fleet *fleet)
{
    if (mem_grow(&fleet->handed, &fleet->handed_capacity, fleet->handed_count + 1,
                 sizeof(*fleet->handed)) < 0)
        fail_msg("the test is out of memory");
    return &fleet->handed[fleet->handed_count++];
}

static void undos_hand_over(FleetHost *host, size_t instance)
{
    Fleet *fleet = host->fleet;
    FleetHanded *handed = undos_keep(fleet);
    FleetCall call = {
        .timeout_usec = UNDOS_WRITE_USEC, .request = {.kind = ETCD_TXN}, .on_done = undos_on_done};

    *handed = (FleetHanded){.instance = instance,
                            .from = host->sim.world,
                            .revision = host->undo.revision,
                            .count = undos_copy(host, NULL)};
    handed->actions = calloc(handed->count + 1, sizeof(*handed->actions));
    if (!handed->actions)
        fail_msg("the test is out of memory");
    undos_copy(host, handed->actions);
    snprintf(host->undo.key, sizeof(host->undo.key), UNDOS_KEYS "%zu/%zu", instance,
             fleet->handed_count);
    etcd_compare(&call.request, host->undo.key, 0);
    etcd_put(&call.request, host->undo.key,
             (EtcdValue){.host = host->number, .number = fleet->handed_count - 1}, 0);
    net_ask(host, &call);
    host->undo.wanted_until_usec = 0;
    host->undo.owner_until_usec = fleet->now_usec + UNDOS_OWNER_USEC;
    fleet->counts->handed++;
    fleet_trace(host, "hands an undo of %zu changes to the owner of instance %zu", handed->count,
                instance);
}

static void undos_delete(FleetHost *host, const char *key)
{
    FleetCall call = {
        .timeout_usec = UNDOS_WRITE_USEC, .request = {.kind = ETCD_TXN}, .on_done = undos_on_done};

    etcd_delete(&call.request, key);
    net_ask(host, &call);
}

/* Its host has heard of every pause, and nobody else changes anything meanwhile. */
static void undos_go_on(FleetHost *host)
{
    const World *world = host->sim.world;
    const WorldAction *first = undos_first(host);
    bool is_hasty = host->fleet->fault == FLEET_FAULT_HASTY_UNDO;

    if (!first || host->sim.act != SIM_ACT_NONE || host->fleet->office->event_count > 0)
        return;
    if (!is_hasty &&
        !undos_are_paused(host, world->actions, world->action_count, host->sim.undo_serial))
        return;
    if (host_may_change(host, first->channel->instance))
        undos_begin(host);
    else
        undos_hand_over(host, first->channel->instance);
}

/* The channels are paused for all hosts first; by the fault that comes later. */
void undos_want(Fleet *fleet)
{
    FleetHost *host = &fleet->hosts[fleet_below(fleet, fleet->host_count)];
    World *world = host->sim.world;
    uint32_t serial = world_last_changing(world);
    bool is_hasty = fleet->fault == FLEET_FAULT_HASTY_UNDO;

    if (!host_is_serving(host) || serial == 0 || host->undo.key[0] || host->undo.taken)
        return;
    host->sim.undo_serial = serial;
    host->undo.revision = fleet->etcd.revision;
    host->undo.wanted_until_usec = fleet->now_usec + UNDOS_WANT_USEC;
    for (size_t i = 0; i < world->channel_count; i++) {
        if (!undos_has_changed(host, &world->channels[i]))
            continue;
        fleet->office->channels[i].is_paused = true;
        if (!is_hasty)
            people_pause(host, i);
    }
    if (is_hasty)
        undos_go_on(host);
}

/* An answer is read, or nothing is waited for any more. */
static void undos_await(FleetHost *host)
{
    const EtcdKv *kv = mirror_find(host, host->undo.key);

    if ((!kv || !kv->value.is_answered) && host->undo.owner_until_usec > host->fleet->now_usec)
        return;
    host->fleet->counts->answered += kv && kv->value.is_answered;
    undos_delete(host, host->undo.key);
    host->undo.key[0] = '\0';
}

/* ---- who owns the instance ---- */

/* The changes as they are in the world of this host. */
static void undos_translate(FleetHost *host, const FleetHanded *handed)
{
    World *world = host->sim.world;

    host->undo.taken = calloc(handed->count + 1, sizeof(*host->undo.taken));
    if (!host->undo.taken)
        fail_msg("the test is out of memory");
    memcpy(host->undo.taken, handed->actions, handed->count * sizeof(*host->undo.taken));
    host->undo.taken_count = handed->count;
    for (size_t i = 0; i < handed->count; i++) {
        WorldAction *action = &host->undo.taken[i];
        size_t number = action->member->number;

        action->channel = &world->channels[action->channel - handed->from->channels];
        /* Of an addition it is what nobody lists. */
        if (number < handed->from->member_count && handed->from->members[number] == action->member)
            action->member = world->members[number];
    }
}

static void undos_take(FleetHost *host, const EtcdKv *kv)
{
    const FleetHanded *handed = &host->fleet->handed[kv->value.number];

    if (!host_may_change(host, handed->instance) || host->fleet->is_calm)
        return; /* in the end nobody waits for it any more */
    undos_translate(host, handed);
    str_copy(host->undo.taken_key, sizeof(host->undo.taken_key), kv->key);
    host->undo.taken_instance = handed->instance;
    host->undo.revision = handed->revision;
    host->undo.asker = kv->value.host;
    host->undo.number = kv->value.number;
    /* Else it is answered at once: people have resumed meanwhile. */
    if (host->fleet->fault != FLEET_FAULT_HASTY_UNDO &&
        !undos_are_paused(host, host->undo.taken, host->undo.taken_count, host->undo.taken[0].pass))
        return;
    host->sim.handed = host->undo.taken;
    host->sim.handed_count = host->undo.taken_count;
    undos_begin(host);
}

static void undos_drop_taken(FleetHost *host)
{
    host->sim.handed = NULL;
    host->sim.handed_count = 0;
    free(host->undo.taken);
    host->undo.taken = NULL;
}

/* Where the answer is lost the undo is done once more: what is as it was is left alone. */
static void undos_answer(FleetHost *host)
{
    FleetUndoing *undo = &host->undo;
    bool is_stale = host->fleet->fault == FLEET_FAULT_STALE_ANSWER;
    char owner[ETCD_KEY_SIZE];
    FleetCall call = {.timeout_usec = UNDOS_WRITE_USEC,
                      .request = {.kind = ETCD_TXN},
                      .on_done = undos_on_done,
                      .instance = undo->taken_instance,
                      .extra = host->ownerships[undo->taken_instance].token};

    keys_owner(owner, undo->taken_instance);
    if (!is_stale)
        etcd_compare(&call.request, owner, call.extra);
    etcd_put(&call.request, undo->taken_key,
             (EtcdValue){.host = undo->asker, .number = undo->number, .is_answered = true}, 0);
    if (call.extra || is_stale)
        net_ask(host, &call);
    undos_drop_taken(host);
}

void undos_forget(FleetHost *host)
{
    undos_drop_taken(host);
    host->undo.wanted_until_usec = 0;
    host->undo.key[0] = '\0';
}

static bool undos_is_under_way(const FleetHost *host)
{
    return host->sim.act == SIM_ACT_UNDO || host->sim.lifecycle.undo != UNDO_NONE;
}

/* What is asked of it, and what came of what it asked for in another life. */
static void undos_look(FleetHost *host)
{
    if (host->undo.wanted_until_usec > host->fleet->now_usec)
        return;
    for (size_t i = 0; i < host->mirror_count && !host->undo.taken; i++) {
        const EtcdKv *kv = &host->mirror[i];

        if (!str_has_prefix(kv->key, UNDOS_KEYS))
            continue;
        if (kv->value.is_answered && kv->value.host == host->number && !host->undo.key[0])
            undos_delete(host, kv->key);
        else if (!kv->value.is_answered && host->sim.act == SIM_ACT_NONE &&
                 !undos_is_under_way(host) && host->fleet->office->event_count == 0)
            undos_take(host, kv);
    }
}

/* ---- all of them ---- */

void undos_end_taken(FleetHost *host)
{
    if (host->undo.taken && !undos_is_under_way(host))
        undos_answer(host);
}

static void undos_step(FleetHost *host)
{
    if (host->undo.wanted_until_usec > host->fleet->now_usec)
        undos_go_on(host);
    if (host->undo.key[0])
        undos_await(host);
    undos_look(host);
}

bool undos_go_on_all(Fleet *fleet)
{
    bool are_under_way = false;

    for (size_t i = 0; i < fleet->host_count; i++) {
        FleetHost *host = &fleet->hosts[i];

        if (host_is_serving(host) && !fleet_is_frozen(host))
            undos_step(host);
        are_under_way = are_under_way || undos_is_under_way(host) || host->undo.key[0] ||
                        host->undo.wanted_until_usec > fleet->now_usec;
    }
    return are_under_way;
}

bool people_are_undoing(Fleet *fleet)
{
    for (size_t i = 0; i < fleet->host_count; i++)
        fleet->hosts[i].undo.wanted_until_usec = 0;
    return undos_go_on_all(fleet);
}
