/*
 * Statements: every SQL text that runs after the database is open stands in query.c, is prepared
 * once and kept. A Query is one use of one: values go in by position, a failure sticks until
 * query_step() tells of it.
 *
 *     _cleanup_(query_done) Query query = query_begin(store, QUERY_PAUSE);
 *     query_text(&query, instance_name);
 *     r = query_step(&query, err);
 */
#pragma once

#include <sqlite3.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/base/err.h"
#include "daemon/store/store.h"

typedef enum QueryId {
    QUERY_BEGIN,
    QUERY_COMMIT,
    QUERY_ROLLBACK,
    QUERY_TOUCH,
    QUERY_PASS_LAST,
    QUERY_PASS_INSERT,
    QUERY_PASS_END,
    QUERY_ACTION_INSERT,
    QUERY_ACTION_DECIDE,
    QUERY_ACTION_UNDECIDED,
    QUERY_ACTION_RECENT,
    QUERY_SIGHTINGS,
    QUERY_SIGHTINGS_DELETE,
    QUERY_SIGHTING_INSERT,
    QUERY_PAUSE,
    QUERY_PAUSE_SET,
    QUERY_PAUSE_DELETE,
    QUERY_APPROVED,
    QUERY_APPROVAL_SPENT,
    QUERY_APPROVAL_GIVE,
    QUERY_APPROVAL_SPEND,
    QUERY_COUNT,
} QueryId;

typedef struct Query {
    Store *store;
    sqlite3_stmt *statement; /* NULL after a failed query_begin() */
    int rc;                  /* SQLite's, of the first failure */
    int bound;               /* values so far */
} Query;

Query query_begin(Store *store, QueryId id);

/* Ends its use: the statement is ready for the next. */
void query_done(Query *query);

/* Each gives the next parameter its value. Bytes are borrowed until query_done(). query_text() of
 * NULL, and query_number_or_null() of 0, give NULL. */
void query_text(Query *query, const char *text);
void query_blob(Query *query, const void *bytes, size_t size);
void query_number(Query *query, uint64_t number);
void query_number_or_null(Query *query, uint64_t number);

/* Runs it to its next row. 1: there is one; 0: it is done; negative with the reason in `err`. */
int query_step(Query *query, Err *err);

/* Columns of the row, from 0. Borrowed until the next step; NULL stays NULL. */
const char *query_column_text(const Query *query, int column);
uint64_t query_column_number(const Query *query, int column);

/* How many rows the statement run last has changed. */
int query_changes(const Query *query);

/* Tells of SQLite's failure `rc` in words for people; `verb` is "read" or "written". Returns the
 * negative errno (store.h). */
int query_error(const Store *store, int rc, const char *verb, Err *err);
