/* SPDX-License-Identifier: MIT */
/* Members in quarantine: in and out. */
#include "daemon/store/quarantine_internal.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "daemon/store/steady.h"
#include "daemon/store/store_internal.h"
#include "daemon/store/transaction.h"

int quarantine_open(Store *store, Err *err)
{
    _cleanup_(sql_done) Query query = sql_begin(store, QUERY_QUARANTINE_ANY);
    int r = sql_step(&query, err);

    store->has_quarantine = r != 0;
    return r < 0 ? r : 0;
}

/* ---- in and out, with the history ---- */

static int quarantine_put(Store *store, const StoreScope *channel, const Change *member,
                          uint64_t span_usec, uint64_t realtime_usec, Err *err)
{
    _cleanup_(sql_done) Query query = sql_begin(store, QUERY_QUARANTINE_PUT);

    store->has_quarantine = true;
    sql_text(&query, channel->instance_key);
    sql_text(&query, channel->channel_id);
    sql_text(&query, channel->channel_name ? channel->channel_name : "");
    sql_text(&query, member->member_id);
    sql_blob(&query, member->identity, member->identity_size);
    sql_text(&query, member->before);
    sql_number_or_null(&query, member->action);
    sql_number(&query, span_usec);
    sql_number(&query, realtime_usec);
    sql_number(&query, steady_now_usec(store));
    return sql_step(&query, err);
}

int quarantine_insert(Store *store, const Batch *batch, const Change *change,
                      uint64_t realtime_usec, Err *err)
{
    const StoreScope channel = {
        .instance_key = batch->instance_key,
        .channel_id = batch->channel_id,
        .channel_name = batch->channel_name,
    };

    assert(change->kind == CHANGE_DISABLE && change->action > 0);
    return quarantine_put(store, &channel, change, batch->channel->quarantine_usec, realtime_usec,
                          err);
}

static size_t quarantine_count_disabled(const Batch *batch)
{
    size_t count = 0;

    for (size_t i = 0; i < batch->change_count; i++)
        count += batch->changes[i].kind == CHANGE_DISABLE;
    return count;
}

int quarantine_read_back(Store *store, const Batch *batch, Err *err)
{
    size_t count = quarantine_count_disabled(batch);
    _cleanup_(sql_done) Query query = {0};
    int r;

    if (count == 0)
        return 0;
    query = sql_begin(store, QUERY_QUARANTINE_READ_BACK);
    sql_number(&query, batch->changes[0].action);
    sql_number(&query, batch->changes[batch->change_count - 1].action);
    r = sql_step(&query, err);
    if (r < 0)
        return r;
    return r > 0 && sql_column_number(&query, 0) == count ? 0 : -EBADMSG;
}

static int quarantine_begin(Store *store, uint64_t action, uint64_t realtime_usec, Err *err)
{
    _cleanup_(sql_done) Query query = sql_begin(store, QUERY_QUARANTINE_BEGIN);

    sql_number(&query, action);
    sql_number(&query, realtime_usec);
    sql_number(&query, steady_now_usec(store));
    return sql_step(&query, err);
}

static int quarantine_drop(Store *store, QueryId id, uint64_t action, Err *err)
{
    _cleanup_(sql_done) Query query = sql_begin(store, id);

    sql_number(&query, action);
    return sql_step(&query, err);
}

int quarantine_decide(Store *store, uint64_t action, Outcome outcome, uint64_t realtime_usec,
                      Err *err)
{
    if (!store->has_quarantine)
        return 0;
    switch (outcome) {
    case OUTCOME_DISABLED:
        return quarantine_begin(store, action, realtime_usec, err);
    case OUTCOME_ENABLED:
    case OUTCOME_DELETED:
    case OUTCOME_GONE:
        return quarantine_drop(store, QUERY_QUARANTINE_DROP, action, err);
    case OUTCOME_FAILED:
    case OUTCOME_SKIPPED:
        return quarantine_drop(store, QUERY_QUARANTINE_DROP_OPEN, action, err);
    case OUTCOME_PLANNED:
    case OUTCOME_HELD:
    case OUTCOME_ADDED:
    case OUTCOME_CORRECTED:
    case OUTCOME_QUARANTINED:
    case OUTCOME_LIVE:
    case OUTCOME_CHANGED:
        break;
    }
    return 0;
}

/* ---- without the history ---- */

int store_quarantine_enter(Store *store, const StoreScope *channel, uint64_t quarantine_usec,
                           const char *const *member_ids, size_t count, uint64_t realtime_usec,
                           Err *err)
{
    int r = transaction_begin(store, err);

    assert(channel->instance_key && channel->channel_id && quarantine_usec > 0);
    for (size_t i = 0; i < count && r == 0; i++) {
        const Change member = {.kind = CHANGE_DISABLE, .member_id = member_ids[i]};

        r = transaction_result(
            store, quarantine_put(store, channel, &member, quarantine_usec, realtime_usec, err));
    }
    return r;
}

static int quarantine_remove(Store *store, const char *instance_key, const char *channel_id,
                             const char *member_id, Err *err)
{
    _cleanup_(sql_done) Query query = sql_begin(store, QUERY_QUARANTINE_REMOVE);

    sql_text(&query, instance_key);
    sql_text(&query, channel_id);
    sql_text(&query, member_id);
    return sql_step(&query, err);
}

int store_quarantine_leave(Store *store, const char *instance_key, const char *channel_id,
                           const char *const *member_ids, size_t count, Err *err)
{
    int r = transaction_begin(store, err);

    assert(instance_key && channel_id);
    for (size_t i = 0; i < count && r == 0; i++)
        r = transaction_result(
            store, quarantine_remove(store, instance_key, channel_id, member_ids[i], err));
    return r;
}

/* ---- one channel ---- */

int quarantine_set(Store *store, QueryId id, const char *instance_key, const char *channel_id,
                   uint64_t number, Err *err)
{
    _cleanup_(sql_done) Query query = sql_begin(store, id);

    sql_text(&query, instance_key);
    sql_text(&query, channel_id);
    sql_number(&query, number);
    return sql_step(&query, err);
}

int store_quarantine_tell(Store *store, const char *instance_key, const char *channel_id,
                          bool is_told, Err *err)
{
    int r = transaction_begin(store, err);

    return r < 0
               ? r
               : transaction_result(store, quarantine_set(store, QUERY_QUARANTINE_TOLD,
                                                          instance_key, channel_id, is_told, err));
}
