/* SPDX-License-Identifier: MIT */
/* Reads recorded deletions back. */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "daemon/base/str.h"
#include "daemon/store/reading.h"
#include "daemon/store/store_internal.h"
#include "daemon/store/transaction.h"

void store_actions_done(StoreActions *actions)
{
    free(actions->items);
    arena_done(&actions->arena);
    *actions = (StoreActions){0};
}

/* A copy of a text column; NULL stays NULL. */
static const char *history_text(StoreActions *actions, const Query *query, int column, bool *failed)
{
    const char *text = sql_column_text(query, column);
    const char *copy = text ? arena_string(&actions->arena, text) : NULL;

    if (text && !copy)
        *failed = true;
    return copy;
}

/* A member; the column of one that there is not is empty. */
static const char *history_member(StoreActions *actions, const Query *query, int column,
                                  bool *failed)
{
    return str_is_empty(sql_column_text(query, column))
               ? NULL
               : history_text(actions, query, column, failed);
}

/* The columns of ACTION_ROWS in sql.c. */
static int history_add_row(StoreActions *actions, const Query *query)
{
    const void *identity = sqlite3_column_blob(query->statement, 6);
    size_t identity_size = (size_t)sqlite3_column_bytes(query->statement, 6);
    bool failed = false;
    StoreAction row = {
        .action = sql_column_number(query, 0),
        .pass = history_text(actions, query, 1, &failed),
        .instance_name = history_text(actions, query, 2, &failed),
        .channel_id = history_text(actions, query, 3, &failed),
        .channel_name = history_text(actions, query, 4, &failed),
        .member_id = history_text(actions, query, 5, &failed),
        .identity = arena_copy(&actions->arena, identity ? identity : "", identity_size),
        .identity_size = identity_size,
        .before = history_member(actions, query, 7, &failed),
        .after = history_member(actions, query, 24, &failed),
        .digest = history_text(actions, query, 8, &failed),
        .mode = history_text(actions, query, 9, &failed),
        .recorded_usec = sql_column_number(query, 10),
        .outcome = history_text(actions, query, 11, &failed),
        .http = (int)sql_column_number(query, 12),
        .code = history_text(actions, query, 13, &failed),
        .request_id = history_text(actions, query, 14, &failed),
        .attempts = (uint32_t)sql_column_number(query, 15),
        .decided_usec = sql_column_number(query, 16),
        .kind = history_text(actions, query, 17, &failed),
        .instance_key = history_text(actions, query, 18, &failed),
        .vanished_usec = sql_column_number(query, 19),
        .roster_digest = history_text(actions, query, 20, &failed),
        .roster_head = history_text(actions, query, 21, &failed),
        .undo_of = history_text(actions, query, 22, &failed),
        .recorded_steady_usec = sql_column_number(query, 23),
        .weight = sqlite3_column_int(query->statement, 25),
        .original = history_member(actions, query, 26, &failed),
    };

    if (failed || !row.identity ||
        mem_grow(&actions->items, &actions->capacity, actions->count + 1, sizeof(*actions->items)) <
            0)
        return -ENOMEM;
    actions->items[actions->count++] = row;
    return 0;
}

/* Adds the rows of a bound query, except those whose outcome is known and not committed yet. */
static int history_read(Store *store, Query *query, StoreActions *actions, Err *err)
{
    int r;

    while ((r = sql_step(query, err)) > 0) {
        if (transaction_find_lost(store, sql_column_number(query, 0)))
            continue;
        if (history_add_row(actions, query) < 0)
            return err_memory(err);
    }
    return r;
}

/* Shows an outcome that is not committed yet as if it were in the database. */
static void history_overlay(const Store *store, StoreActions *actions, StoreAction *action)
{
    const PendingOutcome *outcome = NULL;
    const char *member_id = NULL;

    assert(actions->count > 0);
    if (!action->outcome)
        outcome = transaction_find_lost(store, action->action);
    if (!outcome)
        return;
    action->outcome = ops_outcome_text(outcome->outcome);
    action->http = outcome->http;
    action->code = outcome->code[0] ? arena_string(&actions->arena, outcome->code) : NULL;
    action->request_id =
        outcome->request_id[0] ? arena_string(&actions->arena, outcome->request_id) : NULL;
    action->attempts = outcome->attempts;
    action->weight = outcome->weight;
    if (outcome->member_id[0])
        member_id = arena_string(&actions->arena, outcome->member_id);
    if (member_id)
        action->member_id = member_id;
    action->decided_usec = outcome->decided_usec;
}

static void history_reverse(StoreActions *actions)
{
    for (size_t i = 0; i < actions->count / 2; i++) {
        StoreAction other = actions->items[i];

        actions->items[i] = actions->items[actions->count - 1 - i];
        actions->items[actions->count - 1 - i] = other;
    }
}

/* Which rows a query is for. */
typedef enum HistoryPart { HISTORY_NEWEST, HISTORY_PAGE, HISTORY_START } HistoryPart;

/* Those that a table's index finds: of a pass, of a channel, or by their numbers. */
static QueryId history_choose(HistoryPart part, const StoreFilter *filter)
{
    static const QueryId ids[][3] = {
        [HISTORY_NEWEST] = {QUERY_HISTORY, QUERY_HISTORY_OF_PASS, QUERY_HISTORY_OF_CHANNEL},
        [HISTORY_PAGE] = {QUERY_HISTORY_PAGE, QUERY_HISTORY_PAGE_OF_PASS,
                          QUERY_HISTORY_PAGE_OF_CHANNEL},
        [HISTORY_START] = {QUERY_HISTORY_START, QUERY_HISTORY_START_OF_PASS,
                           QUERY_HISTORY_START_OF_CHANNEL},
    };

    return ids[part][filter->pass ? 1 : filter->channel ? 2 : 0];
}

/* Of the numbers from `first` to below `before`. */
static Query history_begin(Store *store, HistoryPart part, const StoreFilter *filter,
                           uint64_t first, uint64_t before)
{
    Query query;

    if (filter->action) {
        first = filter->action > first ? filter->action : first;
        before = filter->action + 1 < before ? filter->action + 1 : before;
    }
    query = sql_begin(store, history_choose(part, filter));
    sql_text(&query, filter->instance);
    sql_number(&query, first);
    sql_number(&query, before);
    sql_number(&query, filter->since_usec);
    sql_number(&query, filter->limit ? filter->limit : INT64_MAX);
    if (filter->pass)
        sql_text(&query, filter->pass);
    if (filter->pass || filter->channel)
        sql_text(&query, filter->channel);
    return query;
}

static uint64_t history_before(const StoreFilter *filter)
{
    return filter->before ? filter->before : INT64_MAX;
}

/* Adds the rows of a bound query, with outcomes that are not committed yet. */
static int history_add_rows(Store *store, Query *query, StoreActions *actions, Err *err)
{
    int r;

    while ((r = sql_step(query, err)) > 0) {
        if (history_add_row(actions, query) < 0)
            return err_memory(err);
        history_overlay(store, actions, &actions->items[actions->count - 1]);
    }
    return r;
}

static int history_query(Store *store, HistoryPart part, const StoreFilter *filter, uint64_t first,
                         uint64_t before, StoreActions *actions, Err *err)
{
    _cleanup_(sql_done) Query query = history_begin(store, part, filter, first, before);

    return history_add_rows(store, &query, actions, err);
}

static int history_find_first(Store *store, uint64_t since_usec, uint64_t *ret_first, Err *err)
{
    _cleanup_(sql_done) Query query = sql_begin(store, QUERY_HISTORY_FIRST);
    int r;

    sql_number(&query, since_usec);
    r = sql_step(&query, err);
    if (r > 0)
        *ret_first = sql_column_number(&query, 0);
    return r < 0 ? r : 0;
}

int store_history_first(Store *store, uint64_t since_usec, uint64_t *ret_first, Err *err)
{
    uint64_t first = 0;
    int r = reading_refresh(store, err);

    if (r == 0 && store->db && since_usec > 0)
        r = history_find_first(store, since_usec, &first, err);
    if (r == 0)
        *ret_first = first;
    return r;
}

int store_history(Store *store, const StoreFilter *filter, StoreActions *ret_actions, Err *err)
{
    _cleanup_(store_actions_done) StoreActions actions = {0};
    uint64_t first = filter->first;
    int r = first ? reading_refresh(store, err)
                  : store_history_first(store, filter->since_usec, &first, err);

    if (r == 0 && store->db)
        r = history_query(store, HISTORY_NEWEST, filter, first, history_before(filter), &actions,
                          err);
    if (r < 0)
        return r;
    history_reverse(&actions);
    *ret_actions = actions;
    actions = (StoreActions){0};
    return 0;
}

/* ---- part by part ---- */

/* The numbers of the first change behind `filter->after` and of the last; 0 where there is none. */
static int history_span(Store *store, const StoreFilter *filter, uint64_t *ret_first,
                        uint64_t *ret_last, Err *err)
{
    _cleanup_(sql_done) Query query = sql_begin(store, QUERY_HISTORY_SPAN);
    int r;

    sql_number(&query, filter->after);
    sql_number(&query, history_before(filter));
    r = sql_step(&query, err);
    if (r <= 0)
        return r;
    *ret_first = sql_column_number(&query, 0);
    *ret_last = sql_column_number(&query, 1);
    return 0;
}

static int history_query_page(Store *store, const StoreFilter *filter, StoreActions *actions,
                              uint64_t *ret_next, Err *err)
{
    StoreFilter from = *filter;
    const size_t before = actions->count;
    uint64_t first = 0, last = 0, through;
    int r = 0;

    *ret_next = 0;
    /* The first page begins where the time does; the others follow it. */
    if (filter->after == 0 && filter->since_usec > 0) {
        r = history_find_first(store, filter->since_usec, &first, err);
        from.after = first > 0 ? first - 1 : 0;
    }
    if (r == 0)
        r = history_span(store, &from, &first, &last, err);
    if (r < 0 || first == 0 || first > last)
        return r;
    through = last - first < STORE_HISTORY_SCAN ? last : first + STORE_HISTORY_SCAN - 1;
    r = history_query(store, HISTORY_PAGE, filter, first, through + 1, actions, err);
    if (r == 0 && filter->limit && actions->count - before >= filter->limit)
        through = actions->items[actions->count - 1].action;
    *ret_next = through < last ? through : 0;
    return r;
}

int store_history_page(Store *store, const StoreFilter *filter, StoreActions *actions,
                       uint64_t *ret_next, Err *err)
{
    const size_t before = actions->count;
    uint64_t next = 0;
    int r = reading_refresh(store, err);

    if (r == 0 && store->db)
        r = history_query_page(store, filter, actions, &next, err);
    if (r < 0) {
        actions->count = before;
        return r;
    }
    *ret_next = next;
    return 0;
}

int store_history_start(Store *store, const StoreFilter *filter, uint64_t *ret_after, Err *err)
{
    uint64_t first;
    int r = store_history_first(store, filter->since_usec, &first, err);

    assert(filter->limit > 0);
    *ret_after = 0;
    if (r == 0 && store->db) {
        _cleanup_(sql_done) Query query =
            history_begin(store, HISTORY_START, filter, first, history_before(filter));

        r = sql_step(&query, err);
        if (r > 0 && sql_column_number(&query, 0) > 0)
            *ret_after = sql_column_number(&query, 0) - 1;
    }
    return r < 0 ? r : 0;
}

int store_find_last_changing(Store *store, const char *instance, const char *channel,
                             char ret_pass[static STORE_PASS_ID_SIZE], Err *err)
{
    int r = reading_refresh(store, err);

    if (r == 0 && store->db) {
        _cleanup_(sql_done) Query query =
            sql_begin(store, channel ? QUERY_LAST_CHANGING_OF_CHANNEL : QUERY_LAST_CHANGING);

        sql_text(&query, instance);
        if (channel)
            sql_text(&query, channel);
        r = sql_step(&query, err);
        if (r > 0)
            str_copy(ret_pass, STORE_PASS_ID_SIZE, sql_column_text(&query, 0));
    }
    if (r < 0)
        return r;
    return r > 0 ? 0
                 : err_set(err, -ENOENT, "the history holds no change%s%.200s",
                           channel ? " in " : "", channel ? channel : "");
}

/* The actions of a query that takes an instance's key and a channel's id. */
static int history_of_channel(Store *store, QueryId id, const char *instance_key,
                              const char *channel_id, StoreActions *ret_actions, Err *err)
{
    _cleanup_(store_actions_done) StoreActions actions = {0};
    int r = reading_refresh(store, err);

    if (r == 0 && store->db) {
        _cleanup_(sql_done) Query query = sql_begin(store, id);

        if (channel_id) {
            sql_text(&query, instance_key);
            sql_text(&query, channel_id);
        }
        r = history_read(store, &query, &actions, err);
    }
    if (r < 0)
        return r;
    *ret_actions = actions;
    actions = (StoreActions){0};
    return 0;
}

int store_undecided(Store *store, const char *instance_key, const char *channel_id,
                    StoreActions *ret_actions, Err *err)
{
    assert(!instance_key == !channel_id);
    return history_of_channel(
        store, channel_id ? QUERY_ACTION_UNDECIDED_OF_CHANNEL : QUERY_ACTION_UNDECIDED,
        instance_key, channel_id, ret_actions, err);
}

int history_added(Store *store, const char *instance_key, const char *channel_id,
                  StoreActions *ret_actions, Err *err)
{
    return history_of_channel(store, QUERY_ACTIONS_ADDED, instance_key, channel_id, ret_actions,
                              err);
}

int history_open_additions(Store *store, const char *instance_key, const char *channel_id,
                           StoreActions *ret_actions, Err *err)
{
    return history_of_channel(store, QUERY_ADDITIONS_UNDECIDED, instance_key, channel_id,
                              ret_actions, err);
}
