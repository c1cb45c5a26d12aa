/* SPDX-License-Identifier: MIT */
#include "daemon/store/outbox.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "daemon/base/str.h"
#include "daemon/store/steady.h"
#include "daemon/store/store_internal.h"
#include "daemon/store/transaction.h"

uint64_t store_outbox_now_usec(const Store *store)
{
    return steady_now_usec(store);
}

void store_outbox_conditions_done(StoreConditions *conditions)
{
    free(conditions->items);
    arena_done(&conditions->arena);
    *conditions = (StoreConditions){0};
}

void store_outbox_notices_done(StoreNotices *notices)
{
    free(notices->items);
    arena_done(&notices->arena);
    *notices = (StoreNotices){0};
}

/* Copies the first columns of a row. */
static int outbox_copy_texts(const Query *query, Arena *arena, const char **const *texts,
                             size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (sql_copy_text(query, (int)i, arena, texts[i]) < 0)
            return -ENOMEM;
    }
    return 0;
}

/* ---- reading ---- */

static int outbox_take_condition(StoreConditions *conditions, const Query *query)
{
    StoreCondition row = {
        .since_usec = sql_column_number(query, 5),
        .is_open = sql_column_number(query, 6) != 0,
        .passes = (uint32_t)sql_column_number(query, 7),
        .told_usec = sql_column_number(query, 8),
    };
    const char **const texts[] = {&row.kind, &row.instance_key, &row.channel, &row.instance_name,
                                  &row.channel_name};

    if (outbox_copy_texts(query, &conditions->arena, texts, ELEMENTS(texts)) < 0 ||
        mem_grow(&conditions->items, &conditions->capacity, conditions->count + 1,
                 sizeof(*conditions->items)) < 0)
        return -ENOMEM;
    conditions->items[conditions->count++] = row;
    return 0;
}

int store_outbox_conditions(Store *store, const char *notifier, const char *instance_key,
                            StoreConditions *ret_conditions, Err *err)
{
    _cleanup_(store_outbox_conditions_done) StoreConditions conditions = {0};
    int r;

    assert(!store->is_read_only);
    {
        _cleanup_(sql_done) Query query = sql_begin(store, QUERY_CONDITIONS);

        sql_text(&query, notifier);
        sql_text(&query, instance_key);
        while ((r = sql_step(&query, err)) > 0) {
            if (outbox_take_condition(&conditions, &query) < 0)
                return err_memory(err);
        }
    }
    if (r < 0)
        return r;
    *ret_conditions = conditions;
    conditions = (StoreConditions){0};
    return 0;
}

static int outbox_take_notice(StoreNotices *notices, const Query *query)
{
    StoreNotice row = {
        .number = sql_column_number(query, 6),
        .created_usec = sql_column_number(query, 7),
    };
    const char **const texts[] = {&row.id,           &row.kind, &row.phase, &row.instance_name,
                                  &row.channel_name, &row.body};

    if (outbox_copy_texts(query, &notices->arena, texts, ELEMENTS(texts)) < 0 ||
        mem_grow(&notices->items, &notices->capacity, notices->count + 1, sizeof(*notices->items)) <
            0)
        return -ENOMEM;
    notices->items[notices->count++] = row;
    return 0;
}

static int outbox_read(Query *query, StoreNotices *ret_notices, Err *err)
{
    _cleanup_(store_outbox_notices_done) StoreNotices notices = {0};
    int r;

    while ((r = sql_step(query, err)) > 0) {
        if (outbox_take_notice(&notices, query) < 0)
            return err_memory(err);
    }
    if (r < 0)
        return r;
    *ret_notices = notices;
    notices = (StoreNotices){0};
    return ret_notices->count > 0;
}

int store_outbox_first(Store *store, const char *notifier, StoreNotices *ret_notices, Err *err)
{
    _cleanup_(sql_done) Query query = sql_begin(store, QUERY_NOTICE_FIRST);

    sql_text(&query, notifier);
    return outbox_read(&query, ret_notices, err);
}

int store_outbox_list(Store *store, const char *notifier, uint64_t until_usec,
                      StoreNotices *ret_notices, Err *err)
{
    _cleanup_(sql_done) Query query = sql_begin(store, QUERY_NOTICES);
    int r;

    sql_text(&query, notifier);
    sql_number(&query, until_usec);
    r = outbox_read(&query, ret_notices, err);
    return r < 0 ? r : 0;
}

int store_outbox_count(Store *store, const char *notifier, uint64_t until_usec, size_t *ret_count,
                       Err *err)
{
    _cleanup_(sql_done) Query query = sql_begin(store, QUERY_NOTICE_COUNT);
    int r;

    sql_text(&query, notifier);
    sql_number(&query, until_usec);
    r = sql_step(&query, err);
    if (r < 0)
        return r;
    *ret_count = r > 0 ? sql_column_number(&query, 0) : 0;
    return 0;
}

/* ---- writing ---- */

static int outbox_put_condition(Store *store, const char *notifier, const StoreTold *told, Err *err)
{
    const StoreCondition *condition = &told->condition;
    _cleanup_(sql_done) Query query =
        sql_begin(store, told->is_over ? QUERY_CONDITION_DROP : QUERY_CONDITION_PUT);

    sql_text(&query, notifier);
    sql_text(&query, condition->kind);
    sql_text(&query, condition->instance_key);
    sql_text(&query, condition->channel);
    if (!told->is_over) {
        sql_text(&query, condition->instance_name);
        sql_text(&query, condition->channel_name);
        sql_number(&query, condition->since_usec);
        sql_number(&query, condition->is_open);
        sql_number(&query, condition->passes);
        sql_number(&query, condition->told_usec);
    }
    return sql_step(&query, err);
}

static int outbox_put_notice(Store *store, const char *notifier, const StoreNotice *notice,
                             Err *err)
{
    _cleanup_(sql_done) Query query = sql_begin(store, QUERY_NOTICE_ADD);

    sql_text(&query, notifier);
    sql_text(&query, notice->id);
    sql_number(&query, steady_now_usec(store));
    sql_text(&query, notice->kind);
    sql_text(&query, notice->phase);
    sql_text(&query, notice->instance_name);
    sql_text(&query, notice->channel_name);
    sql_text(&query, notice->body);
    return sql_step(&query, err);
}

static int outbox_trim(Store *store, const char *notifier, Err *err)
{
    _cleanup_(sql_done) Query query = sql_begin(store, QUERY_NOTICES_TRIM);

    sql_text(&query, notifier);
    sql_number(&query, STORE_NOTICES_MAX);
    return sql_step(&query, err);
}

static int outbox_put_all(Store *store, const char *notifier, const StoreTold *told, size_t count,
                          Err *err)
{
    int r = 0;

    for (size_t i = 0; i < count && r == 0; i++) {
        if (told[i].condition.kind)
            r = outbox_put_condition(store, notifier, &told[i], err);
        if (r == 0 && told[i].notice)
            r = outbox_put_notice(store, notifier, told[i].notice, err);
    }
    return r < 0 ? r : outbox_trim(store, notifier, err);
}

/* What others have buffered is no part of what follows, and does not fail with it. */
static int outbox_begin(Store *store, Err *err)
{
    int r = store_flush(store, err);

    return r < 0 ? r : transaction_begin(store, err);
}

/* Commits what came to `r`. */
static int outbox_end(Store *store, int r, Err *err)
{
    r = transaction_result(store, r);
    return r < 0 ? r : transaction_commit(store, err);
}

int store_outbox_add(Store *store, const char *notifier, const StoreTold *told, size_t count,
                     Err *err)
{
    int r = outbox_begin(store, err);

    return r < 0 ? r : outbox_end(store, outbox_put_all(store, notifier, told, count, err), err);
}

static int outbox_run(Store *store, QueryId id, const char *notifier, uint64_t number, Err *err)
{
    _cleanup_(sql_done) Query query = sql_begin(store, id);

    if (notifier)
        sql_text(&query, notifier);
    sql_number(&query, number);
    return sql_step(&query, err);
}

static int outbox_become(Store *store, uint64_t number, const StoreNotice *notice, Err *err)
{
    _cleanup_(sql_done) Query query = sql_begin(store, QUERY_NOTICE_BECOME);

    sql_number(&query, number);
    sql_text(&query, notice->id);
    sql_text(&query, notice->kind);
    sql_text(&query, notice->phase);
    sql_text(&query, notice->body);
    return sql_step(&query, err);
}

int store_outbox_replace(Store *store, const char *notifier, uint64_t until_usec,
                         const StoreNotice *notice, Err *err)
{
    _cleanup_(store_outbox_notices_done) StoreNotices first = {0};
    uint64_t number;
    int r = store_outbox_first(store, notifier, &first, err);

    if (r <= 0)
        return r;
    number = first.items[0].number;
    r = outbox_begin(store, err);
    if (r < 0)
        return r;
    r = outbox_run(store, QUERY_NOTICES_REMOVE_UNTIL, notifier, until_usec, err);
    if (r == 0)
        r = outbox_become(store, number, notice, err);
    return outbox_end(store, r, err);
}

int store_outbox_remove(Store *store, uint64_t number, Err *err)
{
    int r = outbox_begin(store, err);

    return r < 0
               ? r
               : outbox_end(store, outbox_run(store, QUERY_NOTICE_REMOVE, NULL, number, err), err);
}

/* ---- notifiers that are no more ---- */

static bool outbox_is_kept(const char *notifier, const char *const *notifiers, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (str_equal(notifiers[i], notifier))
            return true;
    }
    return false;
}

/* 1 with the first that is not among these, 0: there is none. */
static int outbox_find_stranger(Store *store, const char *const *notifiers, size_t count,
                                Arena *arena, const char **ret_notifier, Err *err)
{
    _cleanup_(sql_done) Query query = sql_begin(store, QUERY_NOTIFIERS);
    int r;

    while ((r = sql_step(&query, err)) > 0) {
        if (outbox_is_kept(sql_column_text(&query, 0), notifiers, count))
            continue;
        return sql_copy_text(&query, 0, arena, ret_notifier) < 0 ? err_memory(err) : 1;
    }
    return r;
}

static int outbox_forget(Store *store, const char *notifier, Err *err)
{
    static const QueryId steps[] = {QUERY_NOTIFIER_CONDITIONS_DROP, QUERY_NOTIFIER_NOTICES_DROP};
    int r = outbox_begin(store, err);

    if (r < 0)
        return r;
    for (size_t i = 0; i < ELEMENTS(steps) && r == 0; i++) {
        _cleanup_(sql_done) Query query = sql_begin(store, steps[i]);

        sql_text(&query, notifier);
        r = sql_step(&query, err);
    }
    return outbox_end(store, r, err);
}

int store_outbox_keep(Store *store, const char *const *notifiers, size_t count, Err *err)
{
    _cleanup_(arena_done) Arena arena = {0};
    const char *notifier = NULL;
    int r;

    assert(!store->is_read_only);
    while ((r = outbox_find_stranger(store, notifiers, count, &arena, &notifier, err)) > 0) {
        r = outbox_forget(store, notifier, err);
        if (r < 0)
            return r;
    }
    return r;
}
