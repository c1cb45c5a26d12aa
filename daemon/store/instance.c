/* SPDX-License-Identifier: MIT */
/* The keys of instances, by which the state finds them, and their names, for people. */
#include <assert.h>
#include <errno.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/str.h"
#include "daemon/store/store_internal.h"
#include "daemon/store/transaction.h"

/* Before the key was known, an instance went by its name (migrate.c). */
#define INSTANCE_BY_NAME "name:"

/* 1 where the key has this name already. */
static int instance_has_name(Store *store, const char *key, const char *name, Err *err)
{
    _cleanup_(sql_done) Query query = sql_begin(store, QUERY_INSTANCE);
    const char *found;
    int r;

    sql_text(&query, key);
    r = sql_step(&query, err);
    if (r <= 0)
        return r;
    found = sql_column_text(&query, 0);
    return found && str_equal(found, name);
}

static int instance_set(Store *store, const char *key, const char *name, Err *err)
{
    _cleanup_(sql_done) Query query = sql_begin(store, QUERY_INSTANCE_SET);

    sql_text(&query, key);
    sql_text(&query, name);
    return sql_step(&query, err);
}

static int instance_update(Store *store, QueryId id, const char *text, uint64_t number, Err *err)
{
    _cleanup_(sql_done) Query query = sql_begin(store, id);

    sql_text(&query, text);
    sql_number(&query, number);
    return sql_step(&query, err);
}

/* 1 with another instance that has the name, 0 without one. */
static int instance_find_same_name(Store *store, const char *key, const char *name,
                                   uint64_t *ret_number, Buf *ret_key, Err *err)
{
    _cleanup_(sql_done) Query query = sql_begin(store, QUERY_INSTANCE_SAME_NAME);
    const char *other;
    int r;

    sql_text(&query, name);
    sql_text(&query, key);
    r = sql_step(&query, err);
    if (r <= 0)
        return r;
    other = sql_column_text(&query, 1);
    *ret_number = sql_column_number(&query, 0);
    buf_puts(ret_key, other ? other : "");
    return buf_failed(ret_key) < 0 ? err_memory(err) : 1;
}

/* Takes over what is known of a name alone. */
static int instance_take_over(Store *store, const char *key, uint64_t number, Err *err)
{
    static const QueryId steps[] = {QUERY_TAKE_OVER_ACTIONS, QUERY_TAKE_OVER_SIGHTINGS,
                                    QUERY_TAKE_OVER_PAUSES, QUERY_TAKEN_OVER};
    int r = 0;

    for (size_t i = 0; i < ELEMENTS(steps) && r == 0; i++)
        r = instance_update(store, steps[i], key, number, err);
    return r;
}

/* Another instance that had the name before is told apart by its own id. */
static int instance_tell_apart(Store *store, uint64_t number, const char *key, const char *name,
                               Err *err)
{
    _cleanup_(buf_done) Buf past = {0};
    const char *id = strrchr(key, ' ');

    buf_printf(&past, "%s (was %s)", name, id ? id + 1 : key);
    return buf_failed(&past) < 0
               ? err_memory(err)
               : instance_update(store, QUERY_INSTANCE_RENAME, buf_text(&past), number, err);
}

static int instance_rename(Store *store, const char *key, const char *name, Err *err)
{
    int r = instance_set(store, key, name, err);

    while (r == 0) {
        _cleanup_(buf_done) Buf other = {0};
        uint64_t number = 0;

        r = instance_find_same_name(store, key, name, &number, &other, err);
        if (r <= 0)
            return r;
        r = str_has_prefix(buf_text(&other), INSTANCE_BY_NAME)
                ? instance_take_over(store, key, number, err)
                : instance_tell_apart(store, number, buf_text(&other), name, err);
    }
    return r;
}

int store_name_instance(Store *store, const char *key, const char *name, Err *err)
{
    int r;

    assert(key && name);
    if (store->is_read_only)
        return 0;
    r = instance_has_name(store, key, name, err);
    if (r != 0)
        return r < 0 ? r : 0;
    r = transaction_begin(store, err);
    if (r == 0)
        r = transaction_result(store, instance_rename(store, key, name, err));
    return r < 0 ? r : transaction_commit(store, err);
}
