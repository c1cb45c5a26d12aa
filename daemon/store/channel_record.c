/* SPDX-License-Identifier: MIT */
/* The record of a channel: sightings, past deletions, pause. */
#include <assert.h>
#include <errno.h>

#include "config/guards.h"
#include "daemon/store/reading.h"
#include "daemon/store/steady.h"
#include "daemon/store/store_internal.h"
#include "daemon/store/transaction.h"

/* A query whose first parameters name the channel. */
static Query channel_record_begin(Store *store, QueryId id, const char *instance_key,
                                  const char *channel_id)
{
    Query query = sql_begin(store, id);

    sql_text(&query, instance_key);
    sql_text(&query, channel_id);
    return query;
}

static int channel_record_sightings(Store *store, const char *instance_key, const char *channel_id,
                                    ChannelRecord *record, Err *err)
{
    _cleanup_(sql_done) Query query =
        channel_record_begin(store, QUERY_SIGHTINGS, instance_key, channel_id);
    int r;

    while ((r = sql_step(&query, err)) > 0) {
        uint64_t count = sql_column_number(&query, 1);
        const char *member_id = sql_column_text(&query, 0);

        if (!member_id ||
            channel_record_add_sighting(record, member_id,
                                        count > UINT32_MAX ? UINT32_MAX : (uint32_t)count) < 0)
            return err_memory(err);
    }
    return r;
}

/* The steady clock says that the deletion is recent: a wall clock that was set meanwhile must
 * not make it look older. */
static uint64_t channel_record_time(uint64_t realtime_usec, uint64_t recorded_usec)
{
    return recorded_usec < realtime_usec && realtime_usec - recorded_usec >= GUARD_FIGHT_SPAN_USEC
               ? realtime_usec
               : recorded_usec;
}

/* Of the history here, or of other hosts. */
static int channel_record_changes(Store *store, QueryId id, const char *instance_key,
                                  const char *channel_id, uint64_t realtime_usec,
                                  ChannelRecord *record, Err *err)
{
    _cleanup_(sql_done) Query query = channel_record_begin(store, id, instance_key, channel_id);
    int r;

    while ((r = sql_step(&query, err)) > 0) {
        const void *identity = sqlite3_column_blob(query.statement, 0);
        size_t size = (size_t)sqlite3_column_bytes(query.statement, 0);
        uint64_t recorded_usec = sql_column_number(&query, 1);

        /* Newest first: what comes after is older still. */
        if (!steady_is_recent(store, sql_column_number(&query, 2), recorded_usec, realtime_usec,
                              GUARD_FIGHT_SPAN_USEC))
            return 0;
        if (sql_column_number(&query, 4) > 0 &&
            channel_record_add_change(record, change_kind_of(sql_column_text(&query, 3)),
                                      identity ? identity : "", size,
                                      channel_record_time(realtime_usec, recorded_usec)) < 0)
            return err_memory(err);
    }
    return r;
}

int store_recall(Store *store, const StoreScope *channel, uint64_t realtime_usec,
                 ChannelRecord *record, Err *err)
{
    _cleanup_(channel_record_done) ChannelRecord found = {0};
    const char *key = channel->instance_key, *id = channel->channel_id;
    int r = reading_refresh(store, err);

    assert(key && id);
    if (r == 0 && store->db)
        r = channel_record_sightings(store, key, id, &found, err);
    if (r == 0 && store->db)
        r = channel_record_changes(store, QUERY_ACTION_RECENT, key, id, realtime_usec, &found, err);
    if (r == 0 && store->db)
        r = channel_record_changes(store, QUERY_CHANGES_ELSEWHERE, key, id, realtime_usec, &found,
                                   err);
    if (r == 0 && store->db)
        r = pause_recall(store, channel, realtime_usec, &found, err);
    if (r < 0)
        return r;
    *record = found;
    found = (ChannelRecord){0};
    return 0;
}

/* 1 when the state holds sightings of the channel, else 0. */
static int channel_record_has_sightings(Store *store, const char *instance_key,
                                        const char *channel_id, Err *err)
{
    _cleanup_(sql_done) Query query =
        channel_record_begin(store, QUERY_SIGHTINGS, instance_key, channel_id);

    if (pending_find_sightings(&store->pending, instance_key, channel_id))
        return 1;
    return sql_step(&query, err);
}

int store_remember(Store *store, const char *instance_key, const char *channel_id,
                   const Sighting *sightings, size_t count, Err *err)
{
    int r;

    assert(instance_key && channel_id && (sightings || count == 0));
    if (count == 0 && !store->is_read_only) {
        r = channel_record_has_sightings(store, instance_key, channel_id, err);
        if (r <= 0)
            return r;
    }
    r = transaction_begin(store, err);
    if (r == -EROFS && store->is_read_only)
        return r;
    /* Kept even where the transaction could not be opened: older sightings than the newest would
     * let an extra count as confirmed that was away in between. */
    if (pending_set_sightings(&store->pending, instance_key, channel_id, sightings, count) < 0)
        return err_memory(err);
    if (r < 0)
        return r;
    return transaction_result(
        store, transaction_write_sightings(store, instance_key, channel_id, sightings, count, err));
}
