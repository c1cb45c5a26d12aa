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

static void take_forget_past(FleetInstance *instance)
{
    arena_done(&instance->arena);
    free(instance->past);
    instance->past = NULL;
    instance->past_count = instance->past_capacity = 0;
    instance->has_past = false;
}

static void take_forget(FleetInstance *instance)
{
    take_forget_past(instance);
    buf_done(&instance->carry);
    instance->has_carry = false;
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

static int take_carry(FleetInstance *instance, const EtcdFound *found)
{
    buf_reset(&instance->carry);
    if (found->count > 0)
        buf_append(&instance->carry, found->keys[0].value, found->keys[0].value_size);
    return buf_failed(&instance->carry);
}

static int take_intents(FleetInstance *instance, const EtcdFound *found)
{
    size_t size = strlen(instance->fleet->prefix) + strlen(KEYS_INTENTS) + strlen(instance->hash);

    for (size_t i = 0; i < found->count; i++) {
        int r = take_intent(instance, &found->keys[i], found->keys[i].key + size + 1);

        if (r < 0)
            return r;
    }
    return 0;
}

static int take_on_keys(void *userdata, const EtcdFound *found)
{
    FleetInstance *instance = userdata;

    return instance->has_carry ? take_intents(instance, found) : take_carry(instance, found);
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
        return;
    }
    instance->has_past = instance->has_carry;
    instance->has_carry = true;
    fleet_take_again(instance);
}

static const EtcdListOps take_ops = {.on_keys = take_on_keys, .on_end = take_on_end};

/* The keys that are read: ~intents/K/ from some time on, or ~carry/K. */
static void take_put_range(const FleetInstance *instance, bool is_past, Buf *from, Buf *to)
{
    uint64_t now_usec = clock_realtime_usec();
    char name[KEYS_NAME_SIZE];

    if (is_past) {
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
    if (instance->has_past) {
        take_end(instance);
        return;
    }
    take_forget_past(instance); /* that of an earlier try */
    take_put_range(instance, instance->has_carry, &from, &to);
    if (buf_failed(&from) < 0 || buf_failed(&to) < 0 ||
        etcd_list_new(instance->fleet->etcd, buf_text(&from), buf_text(&to), FLEET_CALL_USEC,
                      &take_ops, instance, &instance->list) < 0)
        fleet_instance_work_in(instance, FLEET_RETRY_USEC);
}

void fleet_take_begin(FleetInstance *instance)
{
    assert(instance->use == FLEET_UNUSED);
    instance->use = FLEET_READING;
    fleet_instance_work_in(instance, 0);
}

/* ---- with the campaign ---- */

/* So many intents, each as long as they may be, fit into an answer of etcd's. */
#define FIRST_INTENTS 4

void fleet_take_range(FleetInstance *instance, EtcdTxn *txn)
{
    _cleanup_(buf_done) Buf from = {0}, to = {0};

    take_forget(instance);
    for (size_t i = 0; i < 2; i++) {
        take_put_range(instance, i > 0, &from, &to);
        buf_fail_with(txn->writer.buf, &from);
        buf_fail_with(txn->writer.buf, &to);
        etcd_txn_range_first(txn, buf_text(&from), buf_text(&to), i > 0 ? FIRST_INTENTS : 1);
    }
}

void fleet_take_found(FleetInstance *instance, const EtcdTxnAnswer *txn, size_t place)
{
    take_forget(instance);
    if (place + 2 > txn->found_count)
        return;
    instance->has_carry = take_carry(instance, &txn->found[place]) == 0;
    instance->has_past = instance->has_carry && !txn->found[place + 1].has_more &&
                         take_intents(instance, &txn->found[place + 1]) == 0;
}
