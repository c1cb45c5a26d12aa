/* SPDX-License-Identifier: MIT */
/*
 * Statements: every SQL text that runs after the database is open stands in sql_texts.c, is
 * prepared once and kept. A Query is one use of one: values go in by position, a failure sticks
 * until sql_step() tells of it.
 *
 *     _cleanup_(sql_done) Query query = sql_begin(store, QUERY_SIGHTINGS);
 *     sql_text(&query, instance_key);
 *     r = sql_step(&query, err);
 */
#pragma once

#include <sqlite3.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/base/arena.h"
#include "daemon/base/err.h"
#include "daemon/store/store.h"

typedef enum QueryId {
    QUERY_BEGIN,
    QUERY_COMMIT,
    QUERY_ROLLBACK,
    QUERY_CLOCK,
    QUERY_CLOCK_SET,
    QUERY_INSTANCE,
    QUERY_INSTANCE_SET,
    QUERY_INSTANCE_HEARD_OF,
    QUERY_INSTANCE_SAME_NAME,
    QUERY_INSTANCE_RENAME,
    QUERY_TAKE_OVER_ACTIONS,
    QUERY_TAKE_OVER_SIGHTINGS,
    QUERY_TAKE_OVER_PAUSES,
    QUERY_TAKEN_OVER,
    QUERY_PASS_LAST,
    QUERY_PASS_INSERT,
    QUERY_PASS_NOTE_LAST,
    QUERY_PASS_END,
    QUERY_ACTIONS_INSERT,
    QUERY_ACTION_READ_BACK,
    QUERY_PASS_READ_BACK,
    QUERY_ACTION_DECIDE,
    QUERY_ACTION_VANISHED,
    QUERY_ACTION_UNDECIDED,
    QUERY_ACTION_UNDECIDED_OF_CHANNEL,
    QUERY_ADDITIONS_UNDECIDED,
    QUERY_ADDED_LATER,
    QUERY_ACTION_IN_DOUBT,
    QUERY_ACTION_LAST,
    QUERY_CHANNELS_IN_DOUBT,
    QUERY_ACTIONS_ADDED,
    QUERY_HISTORY_FIRST,
    QUERY_HISTORY,
    QUERY_HISTORY_OF_PASS,
    QUERY_HISTORY_OF_CHANNEL,
    QUERY_HISTORY_PAGE,
    QUERY_HISTORY_PAGE_OF_PASS,
    QUERY_HISTORY_PAGE_OF_CHANNEL,
    QUERY_HISTORY_START,
    QUERY_HISTORY_START_OF_PASS,
    QUERY_HISTORY_START_OF_CHANNEL,
    QUERY_HISTORY_SPAN,
    QUERY_NEWEST,
    QUERY_NEWEST_TROUBLES,
    QUERY_LAST_CHANGING,
    QUERY_LAST_CHANGING_OF_CHANNEL,
    QUERY_PRUNE_REACH,
    QUERY_PRUNABLE,
    QUERY_PRUNE_ACTIONS,
    QUERY_PRUNE_PASSES,
    QUERY_PRUNE_OTHERS,
    QUERY_PRUNE_APPROVALS,
    QUERY_PRUNE_PAUSES,
    QUERY_INSPECT_ACTIONS,
    QUERY_INSPECT_SAMPLES,
    QUERY_FREE_PAGES,
    QUERY_GIVE_BACK,
    QUERY_ACTION_RECENT,
    QUERY_CHANGES_ELSEWHERE,
    QUERY_CHANGE_ELSEWHERE_ADD,
    QUERY_CHANGES_ELSEWHERE_FORGET,
    QUERY_SIGHTINGS,
    QUERY_SIGHTINGS_OF_INSTANCE,
    QUERY_SIGHTINGS_FORGET,
    QUERY_SIGHTINGS_DELETE,
    QUERY_SIGHTING_INSERT,
    QUERY_PAUSE,
    QUERY_PAUSES,
    QUERY_PAUSE_SAME,
    QUERY_PAUSE_ADD,
    QUERY_PAUSES_ADOPT,
    QUERY_PAUSE_SHARED,
    QUERY_PAUSE_REMOVE,
    QUERY_PAUSE_END,
    QUERY_PAUSE_NEW_BOOT,
    QUERY_PAUSE_FOLLOW,
    QUERY_APPROVED,
    QUERY_APPROVAL_SPENT,
    QUERY_APPROVAL_GIVE,
    QUERY_APPROVAL_SHARED,
    QUERY_APPROVAL_PARENT,
    QUERY_APPROVALS_WAITING,
    QUERY_APPROVAL_WITHDRAW,
    QUERY_APPROVAL_NOW,
    QUERY_APPROVAL_SPEND,
    QUERY_LOCKOUT,
    QUERY_LOCKOUT_SET,
    QUERY_QUARANTINE_ANY,
    QUERY_QUARANTINE_PUT,
    QUERY_QUARANTINE_BEGIN,
    QUERY_QUARANTINE_DROP,
    QUERY_QUARANTINE_DROP_OPEN,
    QUERY_QUARANTINE_REMOVE,
    QUERY_QUARANTINE_LENGTHEN,
    QUERY_QUARANTINE_OF_CHANNEL,
    QUERY_QUARANTINE_OF_INSTANCE,
    QUERY_QUARANTINE_CARRIED,
    QUERY_QUARANTINE_TAKE,
    QUERY_QUARANTINE_OURS,
    QUERY_QUARANTINE_TOLD,
    QUERY_QUARANTINE_READ_BACK,
    QUERY_QUARANTINE_NEW_BOOT,
    QUERY_QUARANTINE_FOLLOW,
    QUERY_SAMPLE_LAST,
    QUERY_SAMPLE_CHANNEL,
    QUERY_SAMPLE_ADD,
    QUERY_SAMPLES,
    QUERY_SAMPLES_PRUNE,
    QUERY_SAMPLES_PRUNE_CHANNELS,
    QUERY_CONDITIONS,
    QUERY_CONDITION_PUT,
    QUERY_CONDITION_DROP,
    QUERY_CONDITIONS_OF_INSTANCE,
    QUERY_CONDITIONS_FORGET,
    QUERY_OWNER_LAST,
    QUERY_OWNER_END,
    QUERY_OWNER_ADD,
    QUERY_OWNERS_TRIM,
    QUERY_OWNERS,
    QUERY_NOTICE_ADD,
    QUERY_NOTICE_FIRST,
    QUERY_NOTICE_COUNT,
    QUERY_NOTICES,
    QUERY_NOTICES_TRIM,
    QUERY_NOTICE_BECOME,
    QUERY_NOTICE_REMOVE,
    QUERY_NOTICES_REMOVE_UNTIL,
    QUERY_NOTIFIERS,
    QUERY_NOTIFIER_CONDITIONS_DROP,
    QUERY_NOTIFIER_NOTICES_DROP,
    QUERY_COUNT,
} QueryId;

extern const char *const sql_texts[QUERY_COUNT];

typedef struct Query {
    Store *store;
    sqlite3_stmt *statement; /* NULL after a failed sql_begin() */
    int rc;                  /* SQLite's, of the first failure */
    int bound;               /* values so far */
} Query;

Query sql_begin(Store *store, QueryId id);

/* Ends its use: the statement is ready for the next. */
void sql_done(Query *query);

/* Each gives the next parameter its value. Bytes are borrowed until sql_done(). sql_text() of
 * NULL, and sql_number_or_null() of 0, give NULL. */
void sql_text(Query *query, const char *text);
void sql_blob(Query *query, const void *bytes, size_t size);
void sql_number(Query *query, uint64_t number);
void sql_number_or_null(Query *query, uint64_t number);
void sql_signed(Query *query, int64_t number);

/* Runs it to its next row. 1: there is one; 0: it is done; negative with the reason in `err`. */
int sql_step(Query *query, Err *err);

/* Columns of the row, from 0. Borrowed until the next step; NULL stays NULL. */
const char *sql_column_text(const Query *query, int column);
uint64_t sql_column_number(const Query *query, int column);

/* A copy of a text column; NULL stays NULL. 0 or -ENOMEM. */
int sql_copy_text(const Query *query, int column, Arena *arena, const char **ret_text);

/* How many rows the statement run last has changed. */
int sql_changes(const Query *query);

/* Tells of SQLite's failure `rc` in words for people; `verb` is "read" or "written". Returns the
 * negative errno (store.h). */
int sql_error(const Store *store, int rc, const char *verb, Err *err);
