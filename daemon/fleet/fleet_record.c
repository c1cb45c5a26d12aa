/* SPDX-License-Identifier: MIT */
/* The owner's record of its last pass, and what the next owner needs: one transaction with the
 * token. */
#include <errno.h>
#include <string.h>

#include "daemon/base/str.h"
#include "daemon/fleet/fleet_internal.h"

/* What etcd refuses now it will hardly take in a second. */
#define REFUSED_RETRY_USEC (30 * USEC_PER_SEC)

static void record_put(FleetInstance *instance, EtcdTxn *txn)
{
    fleet_instance_put(instance, KEYS_RECORDS, &instance->record_sent, 0, txn);
    fleet_instance_put(instance, KEYS_CARRY, &instance->carry_sent, 0, txn);
    if (!str_equal(instance->last_set, instance->fleet->set_digest))
        fleet_owner_put_last(instance, false, txn);
    str_copy(instance->sent_set, sizeof(instance->sent_set), instance->fleet->set_digest);
}

static void record_on_taken(FleetInstance *instance)
{
    str_copy(instance->last_set, sizeof(instance->last_set), instance->sent_set);
    buf_done(&instance->record_sent);
    buf_done(&instance->carry_sent);
    fleet_record_send(instance);
    ownership_step(&instance->ownership);
}

/* What did not go out is sent again, unless a newer one is there by then. */
static void record_retry(FleetInstance *instance, uint64_t delay_usec)
{
    if (!instance->has_record) {
        buf_done(&instance->record);
        buf_done(&instance->next_carry);
        instance->record = instance->record_sent;
        instance->next_carry = instance->carry_sent;
        instance->record_sent = instance->carry_sent = (Buf){0};
        instance->has_record = true;
    }
    fleet_instance_work_in(instance, delay_usec);
}

/* One that etcd refuses does not keep an instance from being given away. */
static void record_fail(FleetInstance *instance, const EtcdAnswer *answer)
{
    bool is_refused = answer->result == ETCD_REFUSED;

    if (is_refused && instance->ownership.state == OWNERSHIP_RELEASING) {
        fleet_record_forget(instance);
        fleet_instance_work_in(instance, 0);
    } else {
        record_retry(instance, is_refused ? REFUSED_RETRY_USEC : FLEET_RETRY_USEC);
    }
}

static void record_on_answer(void *userdata, const EtcdAnswer *answer)
{
    FleetInstance *instance = userdata;
    Arena arena = {0};
    EtcdTxnAnswer txn;

    instance->record_call = NULL;
    if (!fleet_read(instance->fleet, answer, &arena, &txn)) {
        record_fail(instance, answer);
        fleet_lease_check(instance->fleet, answer);
    } else if (!txn.succeeded) {
        fleet_owner_fence(instance, &txn);
    } else {
        record_on_taken(instance);
    }
    arena_done(&arena);
}

void fleet_record_send(FleetInstance *instance)
{
    _cleanup_(buf_done) Buf body = {0};
    EtcdTxn txn;

    if (!instance->has_record || instance->record_call || !instance->is_owned)
        return;
    buf_done(&instance->record_sent);
    buf_done(&instance->carry_sent);
    instance->record_sent = instance->record;
    instance->carry_sent = instance->next_carry;
    instance->record = instance->next_carry = (Buf){0};
    instance->has_record = false;
    etcd_txn_begin(&txn, &body);
    fleet_owner_compare(instance, instance->ownership.token, &txn);
    etcd_txn_then(&txn);
    record_put(instance, &txn);
    etcd_txn_else(&txn);
    fleet_owner_range(instance, &txn);
    if (fleet_ask(instance->fleet, &txn, &body, FLEET_CALL_USEC, record_on_answer, instance,
                  &instance->record_call) < 0)
        record_retry(instance, FLEET_RETRY_USEC);
}

void fleet_record_forget(FleetInstance *instance)
{
    if (instance->record_call)
        etcd_cancel(instance->record_call);
    instance->record_call = NULL;
    instance->has_record = false;
    buf_done(&instance->record);
    buf_done(&instance->next_carry);
    buf_done(&instance->record_sent);
    buf_done(&instance->carry_sent);
}

int fleet_put_record(Fleet *fleet, const char *key, const Buf *record, const Buf *carry)
{
    _cleanup_(buf_done) Buf record_copy = {0}, carry_copy = {0};
    FleetInstance *instance = fleet_find(fleet, key);

    if (!instance || !instance->is_owned)
        return 0;
    buf_append(&record_copy, buf_text(record), record->size);
    buf_append(&carry_copy, buf_text(carry), carry->size);
    if (buf_failed(&record_copy) < 0 || buf_failed(&carry_copy) < 0)
        return -ENOMEM;
    buf_done(&instance->record);
    buf_done(&instance->next_carry);
    instance->record = record_copy;
    instance->next_carry = carry_copy;
    record_copy = carry_copy = (Buf){0};
    instance->has_record = true;
    fleet_record_send(instance);
    return 0;
}
