/* SPDX-License-Identifier: MIT */
/* Pauses: channels that are read and reported, never changed. */
#include <errno.h>
#include <stdlib.h>

#include "daemon/base/buf.h"
#include "daemon/base/clock.h"
#include "daemon/base/str.h"
#include "daemon/store/reading.h"
#include "daemon/store/store_internal.h"
#include "daemon/store/transaction.h"

static int pause_set(Store *store, const char *instance_name, const char *channel_id,
                     const char *reason, uint64_t realtime_usec, uint64_t until_usec, Err *err)
{
    _cleanup_(sql_done) Query query = sql_begin(store, QUERY_PAUSE_SET);

    sql_text(&query, instance_name);
    sql_text(&query, channel_id);
    sql_text(&query, reason);
    sql_number(&query, realtime_usec);
    sql_number_or_null(&query, until_usec);
    return sql_step(&query, err);
}

static int pause_delete(Store *store, const char *instance_name, const char *channel_id, Err *err)
{
    _cleanup_(sql_done) Query query = sql_begin(store, QUERY_PAUSE_DELETE);
    int r;

    sql_text(&query, instance_name);
    sql_text(&query, channel_id);
    r = sql_step(&query, err);
    return r < 0 ? r : sql_changes(&query);
}

int store_pause(Store *store, const char *instance_name, const char *channel_id, const char *reason,
                uint64_t realtime_usec, uint64_t until_usec, Err *err)
{
    int r = transaction_begin(store, err);

    if (r == 0)
        r = transaction_result(store, pause_set(store, instance_name, channel_id, reason,
                                                realtime_usec, until_usec, err));
    return r < 0 ? r : transaction_commit(store, err);
}

int store_resume(Store *store, const char *instance_name, const char *channel_id, Err *err)
{
    int ended, r = transaction_begin(store, err);

    if (r < 0)
        return r;
    ended = transaction_result(store, pause_delete(store, instance_name, channel_id, err));
    if (ended < 0)
        return ended;
    r = transaction_commit(store, err);
    return r < 0 ? r : ended;
}

void store_pauses_done(StorePauses *pauses)
{
    free(pauses->items);
    arena_done(&pauses->arena);
    *pauses = (StorePauses){0};
}

static int pause_take_row(StorePauses *pauses, const Query *query)
{
    const char *instance = sql_column_text(query, 0);
    const char *channel = sql_column_text(query, 1);
    const char *reason = sql_column_text(query, 2);
    StorePause pause = {
        .instance_name = arena_string(&pauses->arena, instance ? instance : ""),
        .channel_id = arena_string(&pauses->arena, channel ? channel : ""),
        .reason = arena_string(&pauses->arena, reason ? reason : ""),
        .until_usec = sql_column_number(query, 3),
    };

    if (!pause.instance_name || !pause.channel_id || !pause.reason ||
        mem_grow(&pauses->items, &pauses->capacity, pauses->count + 1, sizeof(*pauses->items)) < 0)
        return -ENOMEM;
    pauses->items[pauses->count++] = pause;
    return 0;
}

static int pause_read_all(Store *store, uint64_t realtime_usec, StorePauses *pauses, Err *err)
{
    _cleanup_(sql_done) Query query = sql_begin(store, QUERY_PAUSES);
    int r;

    sql_number(&query, realtime_usec);
    while ((r = sql_step(&query, err)) > 0) {
        if (pause_take_row(pauses, &query) < 0)
            return err_memory(err);
    }
    return r;
}

int store_pauses(Store *store, uint64_t realtime_usec, StorePauses *ret_pauses, Err *err)
{
    _cleanup_(store_pauses_done) StorePauses pauses = {0};
    int r = reading_refresh(store, err);

    if (r == 0 && store->db)
        r = pause_read_all(store, realtime_usec, &pauses, err);
    if (r < 0)
        return r;
    *ret_pauses = pauses;
    pauses = (StorePauses){0};
    return 0;
}

static int pause_name_key(const char *name, Buf *key, Err *err)
{
    buf_printf(key, STORE_BY_NAME "%s", name);
    return buf_failed(key) < 0 ? err_memory(err) : 0;
}

int store_pause_channel(Store *store, const char *instance_name, const char *id, const char *name,
                        const char *reason, uint64_t until_usec, Err *err)
{
    _cleanup_(buf_done) Buf key = {0};
    uint64_t now_usec = clock_realtime_usec();
    int r = 0;

    if (id)
        r = store_pause(store, instance_name, id, reason, now_usec, until_usec, err);
    if (r < 0 || str_is_empty(name))
        return r;
    r = pause_name_key(name, &key, err);
    return r < 0 ? r
                 : store_pause(store, instance_name, buf_text(&key), reason, now_usec, until_usec,
                               err);
}
