/* SPDX-License-Identifier: MIT */
/* Who owns an instance: what ownership.h decides, carried out with etcd. */
#include <assert.h>
#include <errno.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/str.h"
#include "daemon/fleet/fleet_internal.h"

/* ---- keys ---- */

/* Without memory for it the transaction is none. */
static const char *owner_key(const FleetInstance *instance, const char *folder, EtcdTxn *txn,
                             Buf *key)
{
    fleet_instance_key(instance, folder, key);
    buf_fail_with(txn->writer.buf, key);
    return buf_text(key);
}

void fleet_owner_compare(FleetInstance *instance, uint64_t token, EtcdTxn *txn)
{
    _cleanup_(buf_done) Buf key = {0};

    etcd_txn_compare_created(txn, owner_key(instance, KEYS_OWNER, txn, &key), token);
}

static void owner_range(FleetInstance *instance, const char *folder, EtcdTxn *txn)
{
    _cleanup_(buf_done) Buf key = {0};

    etcd_txn_range(txn, owner_key(instance, folder, txn, &key));
}

void fleet_owner_range(FleetInstance *instance, EtcdTxn *txn)
{
    owner_range(instance, KEYS_OWNER, txn);
}

/* The fields of owner/K and last/K. */
static void owner_begin_value(FleetInstance *instance, JsonWriter *writer)
{
    json_open_object(writer, NULL);
    json_put_string(writer, "instance", instance->key);
    json_put_string(writer, "host", instance->fleet->host);
    fleet_put_now(writer, "since");
}

static void owner_put(FleetInstance *instance, EtcdTxn *txn)
{
    _cleanup_(buf_done) Buf value = {0};
    JsonWriter writer = {.buf = &value, .is_compact = true};

    owner_begin_value(instance, &writer);
    json_close_object(&writer);
    fleet_instance_put(instance, KEYS_OWNER, &value, instance->fleet->lease.id, txn);
}

void fleet_owner_put_last(FleetInstance *instance, bool is_released, EtcdTxn *txn)
{
    _cleanup_(buf_done) Buf value = {0};
    JsonWriter writer = {.buf = &value, .is_compact = true};

    owner_begin_value(instance, &writer);
    json_put_bool(&writer, "released", is_released);
    json_put_string(&writer, "set", instance->fleet->set_digest);
    json_close_object(&writer);
    fleet_instance_put(instance, KEYS_LAST, &value, 0, txn);
}

/* ---- what is there ---- */

static OwnerKind owner_kind(const FleetInstance *instance, const EtcdKey *key)
{
    const Lease *lease = &instance->fleet->lease;

    if (!key)
        return OWNER_NOBODY;
    return lease->id != 0 && key->lease == lease->id ? OWNER_SELF : OWNER_OTHER;
}

void fleet_owner_look(FleetInstance *instance, const EtcdKey *key, uint64_t revision)
{
    ownership_on_owner(&instance->ownership, owner_kind(instance, key), revision,
                       key ? key->created : 0);
}

void fleet_owner_look_all(Fleet *fleet)
{
    char name[KEYS_NAME_SIZE];

    if (mirror_get_revision(fleet->mirror) == 0)
        return;
    for (size_t i = 0; i < fleet->instance_count; i++) {
        keys_format(KEYS_OWNER, fleet->instances[i]->hash, name);
        fleet_owner_look(fleet->instances[i], mirror_find(fleet->mirror, name),
                         mirror_get_revision(fleet->mirror));
    }
}

static const EtcdKey *owner_found(const EtcdTxnAnswer *txn, size_t number)
{
    return number < txn->found_count && txn->found[number].count > 0 ? &txn->found[number].keys[0]
                                                                     : NULL;
}

void fleet_owner_fence(FleetInstance *instance, const EtcdTxnAnswer *txn)
{
    ownership_on_fenced(&instance->ownership);
    fleet_owner_look(instance, owner_found(txn, 0), txn->revision);
}

/* ---- the one before ---- */

void fleet_owner_read_last(FleetInstance *instance, const EtcdKey *last)
{
    _cleanup_(json_freep) Json *root = NULL;
    Err err = {0};

    instance->has_before = last != NULL;
    instance->is_handed_over = !last;
    instance->before_host[0] = instance->before_set[0] = '\0';
    if (!last || json_parse_once(last->value, last->value_size, &root, &err) < 0)
        return;
    str_copy(instance->before_host, sizeof(instance->before_host),
             json_as_text(json_find(root, "host")));
    str_copy(instance->before_set, sizeof(instance->before_set),
             json_as_text(json_find(root, "set")));
    instance->is_handed_over = json_is_true(json_find(root, "released"));
}

/* What is mirrored of it, for a campaign whose answer is lost: by then its own stands there. */
static void owner_guess_last(FleetInstance *instance)
{
    char name[KEYS_NAME_SIZE];

    keys_format(KEYS_LAST, instance->hash, name);
    fleet_owner_read_last(instance, mirror_find(instance->fleet->mirror, name));
    instance->is_handed_over = false;
}

/* ---- asking ---- */

/* Reads the answer to a transaction, and takes what it says. */
static void owner_read(FleetInstance *instance, const EtcdAnswer *answer,
                       void (*take)(FleetInstance *instance, const EtcdTxnAnswer *txn))
{
    Arena arena = {0};
    EtcdTxnAnswer txn;

    instance->call = NULL;
    if (fleet_read(instance->fleet, answer, &arena, &txn)) {
        take(instance, &txn);
    } else {
        ownership_on_unanswered(&instance->ownership);
        fleet_lease_check(instance->fleet, answer);
    }
    arena_done(&arena);
    fleet_look_for_end(instance->fleet);
}

static void owner_ask(FleetInstance *instance, EtcdTxn *txn, Buf *body, EtcdOnAnswer on_answer)
{
    if (fleet_ask(instance->fleet, txn, body, FLEET_CALL_USEC, on_answer, instance,
                  &instance->call) >= 0)
        return;
    instance->was_not_asked = true;
    fleet_instance_work_in(instance, 0);
}

static void owner_take_campaign(FleetInstance *instance, const EtcdTxnAnswer *txn)
{
    const EtcdKey *first = owner_found(txn, 0);

    if (txn->succeeded) {
        fleet_owner_read_last(instance, first);
        fleet_take_found(instance, txn, 1);
        ownership_on_won(&instance->ownership, txn->revision, instance->is_handed_over);
    } else {
        ownership_on_taken(&instance->ownership, owner_kind(instance, first), txn->revision,
                           first ? first->created : 0);
    }
}

static void owner_on_campaign(void *userdata, const EtcdAnswer *answer)
{
    owner_read(userdata, answer, owner_take_campaign);
}

static void owner_ops_campaign(void *context, size_t number)
{
    FleetInstance *instance = context;
    _cleanup_(buf_done) Buf body = {0};
    EtcdTxn txn;

    (void)number;
    owner_guess_last(instance);
    etcd_txn_begin(&txn, &body);
    fleet_owner_compare(instance, 0, &txn);
    etcd_txn_then(&txn);
    owner_range(instance, KEYS_LAST, &txn);
    fleet_take_range(instance, &txn);
    owner_put(instance, &txn);
    fleet_owner_put_last(instance, false, &txn);
    etcd_txn_else(&txn);
    fleet_owner_range(instance, &txn);
    owner_ask(instance, &txn, &body, owner_on_campaign);
}

static void owner_take_look(FleetInstance *instance, const EtcdTxnAnswer *txn)
{
    const EtcdKey *key = owner_found(txn, 0);

    ownership_on_looked(&instance->ownership, owner_kind(instance, key), txn->revision,
                        key ? key->created : 0);
}

static void owner_on_look(void *userdata, const EtcdAnswer *answer)
{
    owner_read(userdata, answer, owner_take_look);
}

static void owner_ops_look(void *context, size_t number)
{
    FleetInstance *instance = context;
    _cleanup_(buf_done) Buf body = {0};
    EtcdTxn txn;

    (void)number;
    etcd_txn_begin(&txn, &body);
    etcd_txn_then(&txn);
    fleet_owner_range(instance, &txn);
    etcd_txn_else(&txn);
    owner_ask(instance, &txn, &body, owner_on_look);
}

/* Where it is not there, an earlier try had given it away. */
static void owner_take_release(FleetInstance *instance, const EtcdTxnAnswer *txn)
{
    if (txn->succeeded || !owner_found(txn, 0))
        ownership_on_released(&instance->ownership, txn->revision);
    else
        fleet_owner_fence(instance, txn);
}

static void owner_on_release(void *userdata, const EtcdAnswer *answer)
{
    owner_read(userdata, answer, owner_take_release);
}

static void owner_ops_release(void *context, size_t number, uint64_t token, bool has_waited)
{
    FleetInstance *instance = context;
    _cleanup_(buf_done) Buf body = {0}, key = {0};
    EtcdTxn txn;

    (void)number;
    etcd_txn_begin(&txn, &body);
    fleet_owner_compare(instance, token, &txn);
    etcd_txn_then(&txn);
    etcd_txn_delete(&txn, owner_key(instance, KEYS_OWNER, &txn, &key));
    fleet_owner_put_last(instance, has_waited, &txn);
    etcd_txn_else(&txn);
    fleet_owner_range(instance, &txn);
    owner_ask(instance, &txn, &body, owner_on_release);
}

/* ---- time and room ---- */

static uint64_t owner_ops_now_usec(void *context)
{
    (void)context;
    return clock_boottime_usec();
}

static void owner_ops_wake_at(void *context, size_t number, uint64_t boottime_usec)
{
    FleetInstance *instance = context;

    (void)number;
    if (boottime_usec == USEC_NEVER) {
        sd_event_source_set_enabled(instance->wake, SD_EVENT_OFF);
        return;
    }
    sd_event_source_set_time(instance->wake, boottime_usec);
    sd_event_source_set_enabled(instance->wake, SD_EVENT_ONESHOT);
}

static bool owner_ops_has_room(void *context)
{
    const FleetInstance *instance = context;
    const Fleet *fleet = instance->fleet;
    size_t count = 0;

    if (!instance->is_listed)
        return false;
    for (size_t i = 0; fleet->max_instances > 0 && i < fleet->instance_count; i++)
        count += fleet->instances[i]->ownership.state != OWNERSHIP_STANDBY;
    return fleet->max_instances == 0 || count < fleet->max_instances;
}

static void owner_ops_on_room(void *context)
{
    const FleetInstance *instance = context;

    sd_event_source_set_enabled(instance->fleet->room_wake, SD_EVENT_ONESHOT);
}

/* ---- what the daemon does ---- */

/* What was left is read first: passes begin then. */
static void owner_ops_begin(void *context, size_t number, uint64_t change_from_usec)
{
    FleetInstance *instance = context;

    (void)number;
    (void)change_from_usec;
    instance->is_owned = true;
    instance->won = instance->ownership.token;
    instance->has_settled = false;
    str_copy(instance->took_set, sizeof(instance->took_set), instance->fleet->set_digest);
    str_copy(instance->last_set, sizeof(instance->last_set), instance->fleet->set_digest);
    fleet_conditions_settle(instance);
    fleet_log_owner(instance, NULL);
    fleet_take_begin(instance);
}

static void owner_ops_stop(void *context, size_t number, const char *why)
{
    FleetInstance *instance = context;
    const Fleet *fleet = instance->fleet;

    (void)number;
    if (instance->use == FLEET_BEGUN) {
        instance->use = FLEET_STOPPED;
        fleet->ops->stop(fleet->userdata, instance->key, why);
    } else {
        fleet_take_cancel(instance);
        instance->use = FLEET_UNUSED;
    }
}

static void owner_ops_drop(void *context, size_t number, const char *why)
{
    FleetInstance *instance = context;
    Fleet *fleet = instance->fleet;
    FleetUse use = instance->use;

    (void)number;
    if (instance->call)
        etcd_cancel(instance->call);
    instance->call = NULL;
    instance->was_not_asked = false;
    fleet_take_cancel(instance);
    fleet_record_forget(instance);
    instance->use = FLEET_UNUSED;
    if (instance->is_owned)
        fleet_log_owner(instance, why);
    instance->is_owned = false;
    if (use == FLEET_BEGUN || use == FLEET_STOPPED)
        fleet->ops->drop(fleet->userdata, instance->key, why);
    fleet_intent_lose(instance);
}

static bool owner_ops_is_quiet(void *context, size_t number)
{
    const FleetInstance *instance = context;
    const Fleet *fleet = instance->fleet;

    (void)number;
    return !instance->has_record && !instance->record_call && !instance->intendings &&
           (instance->use != FLEET_STOPPED || fleet->ops->is_quiet(fleet->userdata, instance->key));
}

const OwnershipOps fleet_owner_ops = {
    .now_usec = owner_ops_now_usec,
    .wake_at = owner_ops_wake_at,
    .has_room = owner_ops_has_room,
    .on_room = owner_ops_on_room,
    .campaign = owner_ops_campaign,
    .look = owner_ops_look,
    .release = owner_ops_release,
    .begin = owner_ops_begin,
    .stop = owner_ops_stop,
    .drop = owner_ops_drop,
    .is_quiet = owner_ops_is_quiet,
};
