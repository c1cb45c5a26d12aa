/* SPDX-License-Identifier: MIT */
/* What the one before left of an instance, read before the first pass over it: what it carried, and
 * what all owners made known in the last hour. */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/str.h"
#include "daemon/fleet/fleet_internal.h"

/* Of which intents are read: as long as the guard `fight` remembers, and a little for clocks that
 * differ. */
#define PAST_USEC (USEC_PER_HOUR + 5 * USEC_PER_MINUTE)

static void take_forget(FleetInstance *instance)
{
    arena_done(&instance->arena);
    free(instance->past);
    instance->past = NULL;
    instance->past_count = instance->past_capacity = 0;
    buf_done(&instance->carry);
}

void fleet_take_cancel(FleetInstance *instance)
{
    etcd_list_free(instance->list);
    instance->list = NULL;
    take_forget(instance);
}

/* TIME-PASS/CHANNEL/N behind "~intents/K/". What is otherwise is none of ours. */
static int take_intent(FleetInstance *instance, const EtcdKey *key, const char *name)
{
    char *copy = arena_string(&instance->arena, name);
    char *pass = copy ? strchr(copy, '-') : NULL;
    char *channel = pass ? strchr(pass, '/') : NULL,
         *piece = channel ? strchr(channel + 1, '/') : NULL;
    FleetPast *past;
    uint64_t usec;

    if (!copy)
        return -ENOMEM;
    if (!piece)
        return 0;
    *pass = *piece = '\0';
    for (; copy[0] == '0' && copy[1] != '\0'; copy++)
        ;
    if (str_parse_uint(copy, UINT64_MAX, &usec) < 0)
        return 0;
    if (mem_grow(&instance->past, &instance->past_capacity, instance->past_count + 1,
                 sizeof(*instance->past)) < 0)
        return -ENOMEM;
    past = &instance->past[instance->past_count];
    *past = (FleetPast){.channel_id = channel + 1,
                        .realtime_usec = usec,
                        .json = arena_copy(&instance->arena, key->value, key->value_size)};
    if (!past->json)
        return -ENOMEM;
    instance->past_count++;
    return 0;
}

static int take_carry(FleetInstance *instance, const EtcdKey *key)
{
    buf_reset(&instance->carry);
    buf_append(&instance->carry, key->value, key->value_size);
    return buf_failed(&instance->carry);
}

static int take_on_keys(void *userdata, const EtcdFound *found)
{
    FleetInstance *instance = userdata;
    size_t prefix_size = strlen(instance->fleet->prefix);

    for (size_t i = 0; i < found->count; i++) {
        const EtcdKey *key = &found->keys[i];
        const char *name = key->key + prefix_size;
        int r = instance->reads_intents
                    ? take_intent(instance, key,
                                  name + strlen(KEYS_INTENTS) + strlen(instance->hash) + 1)
                    : take_carry(instance, key);

        if (r < 0)
            return r;
    }
    return 0;
}

/* Passes begin. */
static void take_end(FleetInstance *instance)
{
    const Fleet *fleet = instance->fleet;
    const FleetCarry carry = {
        .json = buf_text(&instance->carry),
        .intents = instance->past,
        .intent_count = instance->past_count,
        .host = instance->before_host,
        .set_digest = instance->before_set,
        .is_handed_over = instance->is_handed_over,
    };

    instance->use = FLEET_BEGUN;
    fleet->ops->begin(fleet->userdata, instance->key, &carry);
    take_forget(instance);
}

static void take_on_end(void *userdata, EtcdResult result, uint64_t revision, const char *message)
{
    FleetInstance *instance = userdata;

    (void)revision;
    etcd_list_free(instance->list);
    instance->list = NULL;
    if (result != ETCD_ANSWERED) {
        fleet_log_trouble(instance->fleet, false, message);
        fleet_instance_work_in(instance, FLEET_RETRY_USEC);
    } else if (instance->reads_intents) {
        take_end(instance);
    } else {
        instance->reads_intents = true;
        fleet_take_again(instance);
    }
}

static const EtcdListOps take_ops = {.on_keys = take_on_keys, .on_end = take_on_end};

/* The keys that are read: ~carry/K, or ~intents/K/ from some time on. */
static void take_range(const FleetInstance *instance, Buf *from, Buf *to)
{
    uint64_t now_usec = clock_realtime_usec();
    char name[KEYS_NAME_SIZE];

    if (instance->reads_intents) {
        keys_format_intents(instance->hash, now_usec > PAST_USEC ? now_usec - PAST_USEC : 0, name);
        fleet_key(instance->fleet, name, from);
        fleet_instance_key(instance, KEYS_INTENTS, to);
        buf_puts(to, "0"); /* which follows the slash */
    } else {
        fleet_instance_key(instance, KEYS_CARRY, from);
        fleet_instance_key(instance, KEYS_CARRY, to);
        buf_puts(to, "/");
    }
}

void fleet_take_again(FleetInstance *instance)
{
    _cleanup_(buf_done) Buf from = {0}, to = {0};

    if (instance->use != FLEET_READING || instance->list)
        return;
    if (instance->reads_intents) { /* those of an earlier try */
        free(instance->past);
        instance->past = NULL;
        instance->past_count = instance->past_capacity = 0;
    }
    take_range(instance, &from, &to);
    if (buf_failed(&from) < 0 || buf_failed(&to) < 0 ||
        etcd_list_new(instance->fleet->etcd, buf_text(&from), buf_text(&to), FLEET_CALL_USEC,
                      &take_ops, instance, &instance->list) < 0)
        fleet_instance_work_in(instance, FLEET_RETRY_USEC);
}

void fleet_take_begin(FleetInstance *instance)
{
    assert(instance->use == FLEET_UNUSED);
    take_forget(instance);
    instance->use = FLEET_READING;
    instance->reads_intents = false;
    fleet_take_again(instance);
}
