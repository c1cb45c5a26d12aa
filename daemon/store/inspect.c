/* SPDX-License-Identifier: MIT */
#include "daemon/store/inspect.h"

#include <assert.h>
#include <errno.h>

#include "daemon/base/hang.h"
#include "daemon/store/integrity.h"
#include "daemon/store/store_internal.h"

/* Rows of a piece: a few milliseconds. */
#define INSPECT_ROWS 200

/* Reads rows behind the number *cursor. 1: there may be more; 0: that were all. */
static int inspect_rows(Store *store, QueryId id, uint64_t *cursor, Err *err)
{
    _cleanup_(sql_done) Query query = sql_begin(store, id);
    uint64_t rows = 0;
    int r;

    sql_number(&query, *cursor);
    sql_number(&query, INSPECT_ROWS);
    while ((r = sql_step(&query, err)) > 0) {
        if (sql_column_number(&query, 1) == 0)
            return -EBADMSG;
        *cursor = sql_column_number(&query, 0);
        rows++;
    }
    return r < 0 ? r : rows == INSPECT_ROWS;
}

int store_inspect(Store *store, Err *err)
{
    _cleanup_hang_ Hang hang = hang_enter(store->path);
    int r;

    assert(!store->is_read_only);
    if (integrity_check(store, err) < 0)
        return 1;
    sqlite3_db_release_memory(store->db);
    if (!store->has_inspected_actions) {
        r = inspect_rows(store, QUERY_INSPECT_ACTIONS, &store->inspected_to, err);
        if (r == 0) {
            store->has_inspected_actions = true;
            store->inspected_to = 0;
            return 1;
        }
    } else {
        r = inspect_rows(store, QUERY_INSPECT_SAMPLES, &store->inspected_to, err);
        if (r == 0) {
            store->has_inspected_actions = false;
            store->inspected_to = 0;
        }
    }
    return r == -EBADMSG ? integrity_say_damaged(store, "its history cannot be read back", err) : r;
}
