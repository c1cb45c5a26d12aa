/* SPDX-License-Identifier: MIT */
#include "daemon/store/sql.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "daemon/base/hang.h"
#include "daemon/store/store_internal.h"

Query sql_begin(Store *store, QueryId id)
{
    sqlite3_stmt **kept = &store->statements[id];
    Query query = {.store = store};

    assert(store->db && (size_t)id < QUERY_COUNT);
    if (!*kept)
        query.rc =
            sqlite3_prepare_v3(store->db, sql_texts[id], -1, SQLITE_PREPARE_PERSISTENT, kept, NULL);
    /* One use of a statement at a time: a second would begin it anew under the first. */
    assert(!*kept || !sqlite3_stmt_busy(*kept));
    assert(!*kept || !store->is_read_only || sqlite3_stmt_readonly(*kept));
    query.statement = *kept;
    return query;
}

void sql_done(Query *query)
{
    if (!query->statement)
        return;
    sqlite3_reset(query->statement);
    sqlite3_clear_bindings(query->statement);
}

static void sql_bound(Query *query, int rc)
{
    if (query->rc == SQLITE_OK)
        query->rc = rc;
}

void sql_text(Query *query, const char *text)
{
    sql_bound(query, sqlite3_bind_text(query->statement, ++query->bound, text, -1, SQLITE_STATIC));
}

void sql_blob(Query *query, const void *bytes, size_t size)
{
    sql_bound(query, sqlite3_bind_blob64(query->statement, ++query->bound, size > 0 ? bytes : "",
                                         size, SQLITE_STATIC));
}

void sql_number(Query *query, uint64_t number)
{
    sqlite3_int64 value = number > INT64_MAX ? INT64_MAX : (sqlite3_int64)number;

    sql_bound(query, sqlite3_bind_int64(query->statement, ++query->bound, value));
}

void sql_signed(Query *query, int64_t number)
{
    sql_bound(query, sqlite3_bind_int64(query->statement, ++query->bound, number));
}

void sql_number_or_null(Query *query, uint64_t number)
{
    if (number > 0)
        sql_number(query, number);
    else
        sql_bound(query, sqlite3_bind_null(query->statement, ++query->bound));
}

int sql_step(Query *query, Err *err)
{
    const char *verb =
        sqlite3_stmt_readonly(query->statement) && sqlite3_get_autocommit(query->store->db)
            ? "read"
            : "written";
    int rc = query->rc;

    assert(rc != SQLITE_OK || query->bound == sqlite3_bind_parameter_count(query->statement));
    if (rc == SQLITE_OK) {
        _cleanup_hang_ Hang hang = hang_enter(query->store->path);

        rc = sqlite3_step(query->statement);
    }
    if (rc == SQLITE_ROW)
        return 1;
    if (rc == SQLITE_DONE)
        return 0;
    rc = sql_error(query->store, rc, verb, err);
    if (rc == -EBADMSG)
        query->store->is_whole = false;
    return rc;
}

const char *sql_column_text(const Query *query, int column)
{
    assert(column >= 0 && column < sqlite3_column_count(query->statement));
    return (const char *)sqlite3_column_text(query->statement, column);
}

int sql_copy_text(const Query *query, int column, Arena *arena, const char **ret_text)
{
    const char *text = sql_column_text(query, column);

    *ret_text = text ? arena_string(arena, text) : NULL;
    return text && !*ret_text ? -ENOMEM : 0;
}

uint64_t sql_column_number(const Query *query, int column)
{
    sqlite3_int64 value;

    assert(column >= 0 && column < sqlite3_column_count(query->statement));
    value = sqlite3_column_int64(query->statement, column);
    return value < 0 ? 0 : (uint64_t)value;
}

int sql_changes(const Query *query)
{
    return sqlite3_changes(query->store->db);
}
