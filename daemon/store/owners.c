/* SPDX-License-Identifier: MIT */
#include "daemon/store/owners.h"

#include <errno.h>
#include <stdlib.h>

#include "daemon/base/str.h"
#include "daemon/store/mirror.h"
#include "daemon/store/reading.h"
#include "daemon/store/store_internal.h"
#include "daemon/store/transaction.h"

void store_owners_done(StoreOwners *owners)
{
    free(owners->items);
    arena_done(&owners->arena);
    *owners = (StoreOwners){0};
}

/* ---- noting ---- */

/* 1 where the newest owner is that one (NULL: nobody) already; else 0, with the one that has to end
 * (0: none). */
static int owners_is_known(Store *store, const char *instance_key, const char *host,
                           uint64_t *ret_number, Err *err)
{
    _cleanup_(sql_done) Query query = sql_begin(store, QUERY_OWNER_LAST);
    const char *last;
    int r;

    sql_text(&query, instance_key);
    r = sql_step(&query, err);
    if (r <= 0)
        return r < 0 ? r : host == NULL;
    last = sql_column_number(&query, 2) ? sql_column_text(&query, 1) : NULL;
    *ret_number = last ? sql_column_number(&query, 0) : 0;
    return host && last ? str_equal(host, last) : host == last;
}

static int owners_run(Store *store, QueryId id, uint64_t first, uint64_t second, Err *err)
{
    _cleanup_(sql_done) Query query = sql_begin(store, id);

    sql_number(&query, first);
    sql_number(&query, second);
    return sql_step(&query, err);
}

static int owners_add(Store *store, const char *instance_key, const char *host,
                      uint64_t realtime_usec, Err *err)
{
    _cleanup_(sql_done) Query query = sql_begin(store, QUERY_OWNER_ADD);

    sql_text(&query, instance_key);
    sql_text(&query, host);
    sql_number(&query, realtime_usec);
    return sql_step(&query, err);
}

static int owners_trim(Store *store, const char *instance_key, Err *err)
{
    _cleanup_(sql_done) Query query = sql_begin(store, QUERY_OWNERS_TRIM);

    sql_text(&query, instance_key);
    sql_number(&query, STORE_OWNERS_MAX);
    return sql_step(&query, err);
}

static int owners_change(Store *store, const StoreOwner *owner, uint64_t ended, Err *err)
{
    int r = store_mirror_name_instance(store, owner->instance_key, owner->instance_name, err);

    if (r >= 0 && ended)
        r = owners_run(store, QUERY_OWNER_END, owner->from_usec, ended, err);
    if (r >= 0 && owner->host)
        r = owners_add(store, owner->instance_key, owner->host, owner->from_usec, err);
    return r < 0 ? r : owners_trim(store, owner->instance_key, err);
}

int store_owners_note(Store *store, const char *instance_key, const char *instance_name,
                      const char *host, uint64_t realtime_usec, Err *err)
{
    const StoreOwner owner = {.instance_key = instance_key,
                              .instance_name = instance_name,
                              .host = host,
                              .from_usec = realtime_usec};
    uint64_t ended = 0;
    int r = owners_is_known(store, instance_key, host, &ended, err);

    if (r != 0)
        return r < 0 ? r : 0;
    r = transaction_begin(store, err);
    return r < 0 ? r : transaction_result(store, owners_change(store, &owner, ended, err));
}

/* ---- looking ---- */

static int owners_take_row(StoreOwners *owners, const Query *query)
{
    StoreOwner row = {.from_usec = sql_column_number(query, 3),
                      .until_usec = sql_column_number(query, 4)};
    const char **const texts[] = {&row.instance_key, &row.instance_name, &row.host};

    for (size_t i = 0; i < ELEMENTS(texts); i++) {
        if (sql_copy_text(query, (int)i, &owners->arena, texts[i]) < 0)
            return -ENOMEM;
    }
    if (mem_grow(&owners->items, &owners->capacity, owners->count + 1, sizeof(row)) < 0)
        return -ENOMEM;
    owners->items[owners->count++] = row;
    return 0;
}

int store_owners(Store *store, const char *instance_name, uint64_t since_usec, const char *but,
                 StoreOwners *ret_owners, Err *err)
{
    _cleanup_(sql_done) Query query = {0};
    int r = reading_refresh(store, err);

    *ret_owners = (StoreOwners){0};
    if (r < 0 || !store->db)
        return r;
    query = sql_begin(store, QUERY_OWNERS);
    sql_text(&query, instance_name);
    sql_number(&query, since_usec);
    sql_text(&query, but);
    while ((r = sql_step(&query, err)) > 0) {
        if (owners_take_row(ret_owners, &query) < 0)
            return err_memory(err);
    }
    return r;
}
