/* SPDX-License-Identifier: MIT */
/* Which instances there are, and what each needs to be looked after. */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/map.h"
#include "daemon/base/str.h"
#include "daemon/fleet/fleet_internal.h"

/* ---- keys ---- */

const char *fleet_instance_key(const FleetInstance *instance, const char *folder, Buf *buf)
{
    fleet_key(instance->fleet, folder, buf);
    buf_puts(buf, instance->hash);
    return buf_text(buf);
}

void fleet_instance_put(FleetInstance *instance, const char *folder, const Buf *value,
                        int64_t lease, EtcdTxn *txn)
{
    _cleanup_(buf_done) Buf key = {0};

    fleet_instance_key(instance, folder, &key);
    buf_fail_with(txn->writer.buf, &key);
    buf_fail_with(txn->writer.buf, value);
    etcd_txn_put(txn, buf_text(&key), buf_text(value), value->size, lease);
}

/* ---- one ---- */

static int instance_on_wake(sd_event_source *source, uint64_t usec, void *userdata)
{
    FleetInstance *instance = userdata;

    (void)source;
    (void)usec;
    ownership_on_time(&instance->ownership);
    return 0;
}

void fleet_instance_work_in(FleetInstance *instance, uint64_t delay_usec)
{
    sd_event_source_set_time(instance->work, clock_monotonic_usec() + delay_usec);
    sd_event_source_set_enabled(instance->work, SD_EVENT_ONESHOT);
}

static int instance_on_work(sd_event_source *source, uint64_t usec, void *userdata)
{
    FleetInstance *instance = userdata;

    (void)source;
    (void)usec;
    if (instance->was_not_asked) {
        instance->was_not_asked = false;
        ownership_on_unanswered(&instance->ownership);
    }
    fleet_record_send(instance);
    ownership_step(&instance->ownership);
    fleet_take_again(instance);
    return 0;
}

static void instance_free(FleetInstance *instance)
{
    if (instance->call)
        etcd_cancel(instance->call);
    fleet_take_cancel(instance);
    fleet_record_forget(instance);
    fleet_intent_forget(instance);
    sd_event_source_disable_unref(instance->wake);
    sd_event_source_disable_unref(instance->work);
    arena_done(&instance->arena);
    buf_done(&instance->record);
    buf_done(&instance->next_carry);
    free(instance->key);
    free(instance->name);
    free(instance);
}
DEFINE_CLEANUP(FleetInstance, instance_free)

static int instance_new(Fleet *fleet, const char *key, const char *name,
                        FleetInstance **ret_instance)
{
    _cleanup_(instance_freep) FleetInstance *instance = calloc(1, sizeof(*instance));
    int r;

    if (!instance)
        return -ENOMEM;
    instance->fleet = fleet;
    instance->key = strdup(key);
    instance->name = strdup(name);
    if (!instance->key || !instance->name || keys_hash_instance(key, instance->hash) < 0)
        return -ENOMEM;
    r = sd_event_add_time(fleet->event, &instance->wake, CLOCK_BOOTTIME, 0, 1, instance_on_wake,
                          instance);
    if (r >= 0)
        r = sd_event_source_set_enabled(instance->wake, SD_EVENT_OFF);
    if (r >= 0)
        r = sd_event_add_time(fleet->event, &instance->work, CLOCK_MONOTONIC, 0, 1,
                              instance_on_work, instance);
    if (r >= 0)
        r = sd_event_source_set_enabled(instance->work, SD_EVENT_OFF);
    if (r < 0)
        return r;
    ownership_init(&instance->ownership, &fleet_owner_ops, instance, 0, fleet->handover_usec);
    instance->ownership.is_drained = fleet->is_drained || fleet->is_ending;
    *ret_instance = TAKE_PTR(instance);
    return 0;
}

/* ---- all ---- */

/* One that is new takes part as the others do. */
static void instance_begin(FleetInstance *instance)
{
    Fleet *fleet = instance->fleet;
    char name[KEYS_NAME_SIZE];

    if (mirror_get_revision(fleet->mirror) > 0) {
        keys_format(KEYS_OWNER, instance->hash, name);
        fleet_owner_look(instance, mirror_find(fleet->mirror, name),
                         mirror_get_revision(fleet->mirror));
    }
    if (fleet->entry == ENTRY_OURS)
        ownership_on_lease(&instance->ownership);
}

static int instances_add(Fleet *fleet, const char *key, const char *name)
{
    int r = mem_grow(&fleet->instances, &fleet->instance_capacity, fleet->instance_count + 1,
                     sizeof(FleetInstance *));

    if (r == 0)
        r = instance_new(fleet, key, name, &fleet->instances[fleet->instance_count]);
    if (r == 0)
        fleet->instance_count++;
    return r;
}

/* Those behind `count` are the ones that were added just now. */
static void instances_drop_new(Fleet *fleet, size_t count)
{
    while (fleet->instance_count > count)
        instance_free(fleet->instances[--fleet->instance_count]);
}

static int instances_add_new(Fleet *fleet, const Map *known, const char *const *keys,
                             const char *const *names, size_t count)
{
    size_t before = fleet->instance_count;

    for (size_t i = 0; i < count; i++) {
        FleetInstance *instance = map_find(known, keys[i], strlen(keys[i]));
        int r = instance ? 0 : instances_add(fleet, keys[i], names[i]);

        if (instance)
            instance->listed_name = names[i];
        if (r < 0) {
            instances_drop_new(fleet, before);
            return r;
        }
    }
    return 0;
}

/* What the settings say of those that were there: their names, and which are gone. */
static void instances_list(FleetInstance *instance, const char *name)
{
    char *copy = name ? strdup(name) : NULL;

    if (copy) { /* without memory it keeps the name that it had */
        free(instance->name);
        instance->name = copy;
    }
    if (name && !instance->is_listed && !instance->fleet->is_drained && !instance->fleet->is_ending)
        ownership_undrain(&instance->ownership);
    instance->is_listed = name != NULL;
    if (!name)
        ownership_drain(&instance->ownership, "the instance is not in the settings any more");
}

static void instances_take_set(Fleet *fleet, const RosterSet *set)
{
    bool is_new =
        !str_equal(fleet->set_digest, set->digest) || !str_equal(fleet->set_head, set->head);

    str_copy(fleet->set_digest, sizeof(fleet->set_digest), set->digest);
    str_copy(fleet->set_head, sizeof(fleet->set_head), set->head);
    for (size_t i = 0; i < fleet->instance_count; i++)
        fleet_conditions_settle(fleet->instances[i]);
    if (is_new)
        fleet_entry_put(fleet);
}

static int instances_map_known(const Fleet *fleet, Map *map)
{
    for (size_t i = 0; i < fleet->instance_count; i++) {
        FleetInstance *instance = fleet->instances[i];

        instance->listed_name = NULL;
        if (map_put(map, instance->key, strlen(instance->key), instance) < 0)
            return -ENOMEM;
    }
    return 0;
}

int fleet_set_instances(Fleet *fleet, const char *const *keys, const char *const *names,
                        size_t count, const RosterSet *set)
{
    _cleanup_(map_done) Map known = {0};
    size_t before = fleet->instance_count;
    int r = instances_map_known(fleet, &known);

    if (r == 0)
        r = instances_add_new(fleet, &known, keys, names, count);
    if (r < 0)
        return r;
    instances_take_set(fleet, set);
    for (size_t i = 0; i < before; i++)
        instances_list(fleet->instances[i], fleet->instances[i]->listed_name);
    for (size_t i = before; i < fleet->instance_count; i++) {
        fleet->instances[i]->is_listed = true;
        instance_begin(fleet->instances[i]);
    }
    sd_event_source_set_enabled(fleet->room_wake, SD_EVENT_ONESHOT);
    return 0;
}

void fleet_instances_hold(Fleet *fleet)
{
    for (size_t i = 0; i < fleet->instance_count; i++) {
        if (!fleet->instances[i]->ownership.has_lease)
            ownership_on_lease(&fleet->instances[i]->ownership);
    }
}

void fleet_instances_lose(Fleet *fleet, const char *why)
{
    for (size_t i = 0; i < fleet->instance_count; i++) {
        if (fleet->instances[i]->ownership.has_lease)
            ownership_on_lost(&fleet->instances[i]->ownership, why);
    }
}

/* One that is not in the settings is forgotten once it is given away. */
static void instances_forget(Fleet *fleet)
{
    size_t kept = 0;

    for (size_t i = 0; i < fleet->instance_count; i++) {
        FleetInstance *instance = fleet->instances[i];

        if (instance->is_listed || instance->ownership.state != OWNERSHIP_STANDBY)
            fleet->instances[kept++] = instance;
        else
            instance_free(instance);
    }
    fleet->instance_count = kept;
}

static int instances_on_room(sd_event_source *source, void *userdata)
{
    Fleet *fleet = userdata;

    (void)source;
    instances_forget(fleet);
    for (size_t i = 0; i < fleet->instance_count; i++)
        ownership_on_room(&fleet->instances[i]->ownership);
    fleet_look_for_end(fleet);
    return 0;
}

int fleet_instances_init(Fleet *fleet)
{
    int r = sd_event_add_defer(fleet->event, &fleet->room_wake, instances_on_room, fleet);

    return r < 0 ? r : sd_event_source_set_enabled(fleet->room_wake, SD_EVENT_OFF);
}

void fleet_instances_done(Fleet *fleet)
{
    instances_drop_new(fleet, 0);
    free(fleet->instances);
    sd_event_source_disable_unref(fleet->room_wake);
}
