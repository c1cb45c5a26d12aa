/* SPDX-License-Identifier: MIT */
/* Pauses: channels that are read and reported, never changed. */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "daemon/base/str.h"
#include "daemon/store/reading.h"
#include "daemon/store/steady.h"
#include "daemon/store/store_internal.h"
#include "daemon/store/transaction.h"

/* Whether etcd has it, in the table. */
enum { PAUSE_SHARED, PAUSE_LOCAL, PAUSE_LOCAL_INSTEAD };

/* A statement whose first parameters are the scope. */
static Query pause_begin_query(Store *store, QueryId id, const StoreScope *scope)
{
    Query query = sql_begin(store, id);

    sql_text(&query, scope->instance_key);
    sql_text(&query, scope->channel_id);
    sql_text(&query, scope->channel_name);
    return query;
}

/* ---- looking ---- */

void store_pauses_done(StorePauses *pauses)
{
    free(pauses->items);
    arena_done(&pauses->arena);
    *pauses = (StorePauses){0};
}

/* The three columns of an end, from `column` on. */
static SteadyEnd pause_read_end(const Query *query, int column)
{
    return (SteadyEnd){
        .set_usec = sql_column_number(query, column),
        .steady_usec = sql_column_number(query, column + 1),
        .wall_usec = sql_column_number(query, column + 2),
    };
}

/* One that has ended is none. */
static int pause_take_row(Store *store, StorePauses *pauses, const Query *query,
                          uint64_t realtime_usec)
{
    const SteadyEnd end = pause_read_end(query, 5);
    StorePause pause = {.until_usec = steady_end_wall_usec(store, &end, realtime_usec),
                        .uid = (uid_t)sql_column_number(query, 8),
                        .number = sql_column_number(query, 9),
                        .made_usec = sql_column_number(query, 10),
                        .is_local = sql_column_number(query, 12) != PAUSE_SHARED,
                        .is_instead = sql_column_number(query, 12) == PAUSE_LOCAL_INSTEAD};
    const char **const texts[] = {&pause.scope.instance_key, &pause.scope.instance_name,
                                  &pause.scope.channel_id, &pause.scope.channel_name,
                                  &pause.reason};

    if (steady_has_ended(store, &end, realtime_usec))
        return 0;
    for (size_t i = 0; i < ELEMENTS(texts); i++) {
        if (sql_copy_text(query, (int)i, &pauses->arena, texts[i]) < 0)
            return -ENOMEM;
    }
    if (sql_copy_text(query, 11, &pauses->arena, &pause.host) < 0 ||
        mem_grow(&pauses->items, &pauses->capacity, pauses->count + 1, sizeof(*pauses->items)) < 0)
        return -ENOMEM;
    pauses->items[pauses->count++] = pause;
    return 0;
}

static int pause_read_all(Store *store, uint64_t realtime_usec, StorePauses *pauses, Err *err)
{
    _cleanup_(sql_done) Query query = sql_begin(store, QUERY_PAUSES);
    int r;

    while ((r = sql_step(&query, err)) > 0) {
        if (pause_take_row(store, pauses, &query, realtime_usec) < 0)
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

static bool pause_is_equal(const char *a, const char *b)
{
    return a && b && str_equal(a, b);
}

PauseScope store_scope_kind(const StoreScope *scope)
{
    if (!scope->instance_key)
        return PAUSE_SCOPE_ALL;
    return scope->channel_id || scope->channel_name ? PAUSE_SCOPE_CHANNEL : PAUSE_SCOPE_INSTANCE;
}

bool store_scope_covers(const StoreScope *scope, const StoreScope *channel)
{
    switch (store_scope_kind(scope)) {
    case PAUSE_SCOPE_ALL:
        return true;
    case PAUSE_SCOPE_INSTANCE:
        return pause_is_equal(scope->instance_key, channel->instance_key);
    case PAUSE_SCOPE_CHANNEL:
    case PAUSE_SCOPE_ROSTER:
    case PAUSE_SCOPE_WINDOW:
        break;
    }
    return pause_is_equal(scope->instance_key, channel->instance_key) &&
           (pause_is_equal(scope->channel_id, channel->channel_id) ||
            pause_is_equal(scope->channel_name, channel->channel_name));
}

const StorePause *store_pauses_find(const StorePauses *pauses, const StoreScope *channel)
{
    assert(channel->instance_key);
    for (size_t i = 0; i < pauses->count; i++) {
        if (store_scope_covers(&pauses->items[i].scope, channel))
            return &pauses->items[i];
    }
    return NULL;
}

/* Of a row of QUERY_PAUSE. */
static PauseScope pause_read_scope(const Query *query)
{
    if (sql_column_number(query, 4))
        return PAUSE_SCOPE_ALL;
    return sql_column_number(query, 5) ? PAUSE_SCOPE_INSTANCE : PAUSE_SCOPE_CHANNEL;
}

int pause_recall(Store *store, const StoreScope *channel, uint64_t realtime_usec,
                 ChannelRecord *record, Err *err)
{
    _cleanup_(sql_done) Query query = pause_begin_query(store, QUERY_PAUSE, channel);
    int r;

    while ((r = sql_step(&query, err)) > 0) {
        const SteadyEnd end = pause_read_end(&query, 1);
        const char *reason = sql_column_text(&query, 0);

        if (steady_has_ended(store, &end, realtime_usec))
            continue;
        if (!reason || channel_record_set_pause(record, reason,
                                                steady_end_wall_usec(store, &end, realtime_usec),
                                                pause_read_scope(&query)) < 0)
            return err_memory(err);
        return 0;
    }
    return r;
}

/* ---- beginning and ending ---- */

/* 1 with an earlier pause of the very scope, whose id or name may be all that is known of it. */
static int pause_find_same(Store *store, const StoreScope *scope, uint64_t realtime_usec,
                           StorePauses *replaced, uint64_t *ret_id, StoreScope *known, Err *err)
{
    _cleanup_(sql_done) Query query = pause_begin_query(store, QUERY_PAUSE_SAME, scope);
    int r = sql_step(&query, err);

    if (r <= 0)
        return r;
    *ret_id = sql_column_number(&query, 9);
    if ((!known->channel_id &&
         sql_copy_text(&query, 2, &replaced->arena, &known->channel_id) < 0) ||
        (!known->channel_name &&
         sql_copy_text(&query, 3, &replaced->arena, &known->channel_name) < 0) ||
        pause_take_row(store, replaced, &query, realtime_usec) < 0)
        return err_memory(err);
    return 1;
}

int pause_remove(Store *store, uint64_t id, Err *err)
{
    _cleanup_(sql_done) Query query = sql_begin(store, QUERY_PAUSE_REMOVE);

    sql_number(&query, id);
    return sql_step(&query, err);
}

int pause_add(Store *store, const StorePause *pause, uint64_t realtime_usec, Err *err)
{
    const SteadyEnd end = steady_end(store, pause->until_usec, realtime_usec);
    _cleanup_(sql_done) Query query = pause_begin_query(store, QUERY_PAUSE_ADD, &pause->scope);

    sql_text(&query, pause->reason);
    sql_number(&query, pause->made_usec ? pause->made_usec : realtime_usec);
    sql_number_or_null(&query, end.wall_usec);
    sql_number(&query, end.set_usec);
    sql_number_or_null(&query, end.steady_usec);
    sql_number(&query, pause->uid);
    sql_text(&query, pause->host);
    sql_number(&query, !pause->is_local    ? PAUSE_SHARED
                       : pause->is_instead ? PAUSE_LOCAL_INSTEAD
                                           : PAUSE_LOCAL);
    return sql_step(&query, err);
}

static int pause_replace(Store *store, const StorePause *pause, uint64_t realtime_usec,
                         StorePauses *replaced, Err *err)
{
    StorePause whole = *pause;
    uint64_t id = 0;
    int r;

    while ((r = pause_find_same(store, &pause->scope, realtime_usec, replaced, &id, &whole.scope,
                                err)) > 0) {
        r = pause_remove(store, id, err);
        if (r < 0)
            return r;
    }
    return r < 0 ? r : pause_add(store, &whole, realtime_usec, err);
}

int store_pause(Store *store, const StorePause *pause, uint64_t realtime_usec,
                StorePauses *replaced, Err *err)
{
    _cleanup_(store_pauses_done) StorePauses unasked = {0};
    const StoreScope *scope = &pause->scope;
    int r = 0;

    assert(pause->reason && (scope->instance_key || (!scope->channel_id && !scope->channel_name)));
    if (scope->instance_key)
        r = store_name_instance(store, scope->instance_key, scope->instance_name, err);
    if (r == 0)
        r = transaction_begin(store, err);
    if (r < 0)
        return r;
    r = transaction_result(
        store, pause_replace(store, pause, realtime_usec, replaced ? replaced : &unasked, err));
    return r < 0 ? r : transaction_commit(store, err);
}

static int pause_end(Store *store, const StoreScope *scope, Err *err)
{
    _cleanup_(sql_done) Query query = pause_begin_query(store, QUERY_PAUSE_END, scope);
    int r = sql_step(&query, err);

    return r < 0 ? r : sql_changes(&query);
}

int store_resume(Store *store, const StoreScope *scope, Err *err)
{
    int ended, r;

    assert(scope->instance_key || (!scope->channel_id && !scope->channel_name));
    r = transaction_begin(store, err);
    if (r < 0)
        return r;
    ended = transaction_result(store, pause_end(store, scope, err));
    if (ended < 0)
        return ended;
    r = transaction_commit(store, err);
    return r < 0 ? r : ended > 0;
}
