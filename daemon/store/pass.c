/* SPDX-License-Identifier: MIT */
/* Passes in the state: their names, and their rows, which only passes that delete have. */
#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "daemon/base/mem.h"
#include "daemon/base/str.h"
#include "daemon/store/migrate.h"
#include "daemon/store/pass.h"
#include "daemon/store/reading.h"
#include "daemon/store/steady.h"
#include "daemon/store/store_internal.h"
#include "daemon/store/transaction.h"

/* The highest N that the database knows of passes begun in a second; 0 for none. */
static int pass_last_recorded(Store *store, const char *second, uint64_t *ret_number, Err *err)
{
    int r = reading_refresh(store, err);

    if (r < 0)
        return r;
    *ret_number = 0;
    if (!store->db)
        return 0;
    {
        _cleanup_(sql_done) Query query = sql_begin(store, QUERY_PASS_LAST);

        sql_text(&query, second);
        r = sql_step(&query, err);
        if (r > 0)
            *ret_number = sql_column_number(&query, 0);
    }
    return r < 0 ? r : 0;
}

StorePass *pass_find(Store *store, const char *id)
{
    for (size_t i = 0; i < store->pass_count; i++) {
        if (str_equal(store->passes[i].id, id))
            return &store->passes[i];
    }
    return NULL;
}

void store_set_origin(Store *store, const char *id, const StoreOrigin *origin)
{
    StorePass *pass = pass_find(store, id);

    assert(pass && !pass->is_recorded);
    str_copy(pass->roster_digest, sizeof(pass->roster_digest),
             origin->roster_digest ? origin->roster_digest : "");
    str_copy(pass->roster_head, sizeof(pass->roster_head),
             origin->roster_head ? origin->roster_head : "");
    str_copy(pass->undo_of, sizeof(pass->undo_of), origin->undo_of ? origin->undo_of : "");
}

static const char *pass_known(const char *text)
{
    return text[0] ? text : NULL;
}

int pass_insert(Store *store, const char *id, Err *err)
{
    _cleanup_(sql_done) Query query = {0};
    const StorePass *pass = pass_find(store, id);

    if (!pass)
        return err_set(err, -EINVAL, "no pass %s is under way", id);
    query = sql_begin(store, QUERY_PASS_INSERT);
    sql_text(&query, pass->id);
    sql_number(&query, pass->started_usec);
    sql_text(&query, pass_known(pass->roster_digest));
    sql_text(&query, pass_known(pass->roster_head));
    sql_text(&query, pass_known(pass->undo_of));
    return sql_step(&query, err);
}

void pass_mark_recorded(Store *store, const char *id)
{
    StorePass *pass = pass_find(store, id);

    assert(pass);
    pass->is_recorded = true;
}

int pass_look_in_doubt(Store *store, Err *err)
{
    _cleanup_(sql_done) Query query = {0};
    int r;

    if (!store->has_in_doubt || !store->db)
        return 0;
    query = sql_begin(store, QUERY_ACTION_IN_DOUBT);
    r = sql_step(&query, err);
    if (r < 0)
        return r;
    store->has_in_doubt = r > 0;
    return 0;
}

/* The highest N named in that second, by this Store or in the database; 0 for none. */
static int pass_last_number(Store *store, const char *second, uint64_t *ret_number, Err *err)
{
    size_t length = strlen(second);
    const char *last = store->last_pass_id;
    uint64_t own = 0;
    int r = pass_last_recorded(store, second, ret_number, err);

    if (r < 0)
        return r;
    if (str_has_prefix(last, second) && last[length] == '-' &&
        str_parse_uint(last + length + 1, UINT32_MAX, &own) == 0 && own > *ret_number)
        *ret_number = own;
    return *ret_number < UINT32_MAX
               ? 0
               : migrate_damaged(store, "a pass has an impossible number", err);
}

int store_begin_pass(Store *store, uint64_t realtime_usec, char ret_id[static STORE_PASS_ID_SIZE],
                     Err *err)
{
    StorePass pass = {.started_usec = realtime_usec};
    char second[CLOCK_RFC3339_SIZE];
    uint64_t number;
    int r;

    if (!store->is_read_only)
        steady_follow(store, realtime_usec);
    clock_format_rfc3339(realtime_usec, second);
    r = pass_last_number(store, second, &number, err);
    if (r < 0)
        return r;
    if (mem_grow(&store->passes, &store->pass_capacity, store->pass_count + 1,
                 sizeof(*store->passes)) < 0)
        return err_memory(err);
    snprintf(pass.id, sizeof(pass.id), "%s-%" PRIu64, second, number + 1);
    store->passes[store->pass_count++] = pass;
    memcpy(store->last_pass_id, pass.id, sizeof(pass.id));
    memcpy(ret_id, pass.id, sizeof(pass.id));
    return 0;
}

static int pass_write_end(Store *store, const char *id, const char *result, uint64_t realtime_usec,
                          Err *err)
{
    _cleanup_(sql_done) Query query = sql_begin(store, QUERY_PASS_END);

    sql_text(&query, result);
    sql_number(&query, realtime_usec);
    sql_text(&query, id);
    return sql_step(&query, err);
}

int store_end_pass(Store *store, const char *id, const char *result, uint64_t realtime_usec,
                   Err *err)
{
    StorePass *pass;
    bool is_recorded;
    int r;

    assert(id && result);
    pass = pass_find(store, id);
    is_recorded = pass && pass->is_recorded;
    if (pass) {
        assert(store->pass_count > 0);
        *pass = store->passes[--store->pass_count];
    }
    store->has_in_doubt = store->has_in_doubt || is_recorded;
    if (is_recorded) {
        r = transaction_begin(store, err);
        if (r == 0)
            r = transaction_result(store, pass_write_end(store, id, result, realtime_usec, err));
        if (r < 0)
            return r;
    }
    r = store_flush(store, err);
    if (r == 0)
        r = store_check(store, err);
    return r < 0 ? r : pass_look_in_doubt(store, err);
}
