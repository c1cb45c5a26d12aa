/* SPDX-License-Identifier: MIT */
/* The transaction of a piece of an intent. */
#include <inttypes.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/str.h"
#include "daemon/fleet/fleet_intent_internal.h"

#define KEPT_USEC (7 * USEC_PER_DAY)

static void intending_key(const FleetIntending *intending, size_t piece, Buf *key)
{
    char name[KEYS_NAME_SIZE];

    keys_format_intents(intending->instance->hash, intending->time_usec, name);
    fleet_key(intending->instance->fleet, name, key);
    buf_printf(key, "-%s/%s/%06zu", intending->pass, intending->channel_id, piece);
}

static void intending_write(const FleetIntending *intending, Buf *value)
{
    JsonWriter writer = {.buf = value, .is_compact = true};
    const Fleet *fleet = intending->instance->fleet;

    json_open_object(&writer, NULL);
    json_put_string(&writer, "host", fleet->host);
    json_put_number(&writer, "token", intending->token);
    json_put_string(&writer, "pass", intending->pass);
    json_put_string(&writer, "digest", intending->digest);
    json_put_string(&writer, "set", fleet->set_digest);
    json_put_string(&writer, "channel_id", intending->channel_id);
    json_put_string(&writer, "channel_name", intending->channel_name);
    json_put_bool(&writer, "undo", intending->is_undo);
    json_put_number(&writer, "pieces", intending->pieces.count);
    json_open_array(&writer, "changes");
    buf_append(value, buf_text(&intending->pieces.items[intending->at]),
               intending->pieces.items[intending->at].size);
    json_close_array(&writer);
    json_close_object(&writer);
}

bool fleet_intent_spends(const FleetIntending *intending)
{
    return intending->spent_approval && intending->at == 0;
}

static void intending_approval_key(const FleetIntending *intending, Buf *key)
{
    fleet_key(intending->instance->fleet, KEYS_APPROVALS, key);
    buf_puts(key, intending->spent_approval ? intending->spent_approval : "");
}

void fleet_intent_compare(FleetIntending *intending, EtcdTxn *txn, Buf *key)
{
    fleet_owner_compare(intending->instance, intending->token, txn);
    for (size_t i = 0; i < intending->scope_count; i++) {
        const IntentScope *scope = &intending->scopes[i];
        const char *name = fleet_key(intending->instance->fleet, scope->name, key);

        if (scope->ended != 0)
            etcd_txn_compare_unchanged(txn, name, scope->ended);
        else
            etcd_txn_compare_created(txn, name, 0);
    }
    if (fleet_intent_spends(intending)) {
        intending_approval_key(intending, key);
        etcd_txn_compare_exists(txn, buf_text(key));
    }
}

void fleet_intent_put(FleetIntending *intending, EtcdTxn *txn, Buf *key)
{
    _cleanup_(buf_done) Buf value = {0}, from = {0};
    uint64_t now_usec = clock_realtime_usec();
    char name[KEYS_NAME_SIZE];

    intending_write(intending, &value);
    intending_key(intending, intending->at, key);
    etcd_txn_put(txn, buf_text(key), buf_text(&value), value.size, 0);
    if (fleet_intent_spends(intending)) {
        intending_approval_key(intending, key);
        etcd_txn_delete(txn, buf_text(key));
    }
    /* Who dies in this pass went by this set last, whatever its last record says. */
    if (!str_equal(intending->instance->last_set, intending->instance->fleet->set_digest))
        fleet_owner_put_last(intending->instance, false, txn);
    fleet_instance_key(intending->instance, KEYS_INTENTS, &from);
    buf_puts(&from, "/");
    keys_format_intents(intending->instance->hash, now_usec > KEPT_USEC ? now_usec - KEPT_USEC : 0,
                        name);
    fleet_key(intending->instance->fleet, name, key);
    etcd_txn_delete_range(txn, buf_text(&from), buf_text(key));
    buf_fail_with(txn->writer.buf, &value);
    buf_fail_with(txn->writer.buf, &from);
}

void fleet_intent_look(FleetIntending *intending, EtcdTxn *txn, Buf *key)
{
    fleet_owner_range(intending->instance, txn);
    intending_key(intending, intending->at, key);
    etcd_txn_range(txn, buf_text(key));
    intending_approval_key(intending, key);
    etcd_txn_range(txn, buf_text(key));
    for (size_t i = 0; i < intending->scope_count; i++)
        etcd_txn_range(txn, fleet_key(intending->instance->fleet, intending->scopes[i].name, key));
}
