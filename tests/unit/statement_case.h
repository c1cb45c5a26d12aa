/* SPDX-License-Identifier: MIT */
/* Statements of the state that fail on demand, and what a call has made of the state, as text: what
 * a test of one call can compare as a whole. It defines SQLite's step: a library of the tests would
 * give it to every test. */
#pragma once

#include <dlfcn.h>
#include <inttypes.h>
#include <sqlite3.h>

#include "tests/unit/test_store_common.h"

#define STATEMENT_NEAR_USEC (100 * (int64_t)USEC_PER_DAY)

static long statements_left = -1; /* until one fails; -1: none does */
static long statements_begun;
static bool did_fail;

/* SQLite steps through statements of its own as well. */
static bool is_of_sqlite(const void *caller)
{
    Dl_info info = {0};

    return dladdr(caller, &info) != 0 && strstr(info.dli_fname, "libsqlite3") != NULL;
}

/* In the place of SQLite's, in the whole test program. */
int sqlite3_step(sqlite3_stmt *statement)
{
    static int (*step)(sqlite3_stmt *);

    if (!step) {
        void *found = dlsym(RTLD_NEXT, "sqlite3_step");

        memcpy(&step, &found, sizeof(step));
    }
    if (is_of_sqlite(__builtin_return_address(0)))
        return step(statement);
    if (statements_left == 0) {
        statements_left = -1;
        did_fail = true;
        return SQLITE_FULL;
    }
    if (statements_left > 0)
        statements_left--;
    statements_begun++;
    return step(statement);
}

/* The statement after so many fails once, as on a full disk, without having done anything. */
static inline void statement_fail_after(long count)
{
    statements_left = count;
    statements_begun = 0;
    did_fail = false;
}

/* Takes that back; how many were begun since, the one that failed not among them. */
static inline long statement_stop(void)
{
    statements_left = -1;
    return statements_begun;
}

/* Whether one has failed since. */
static inline bool statement_did_fail(void)
{
    return did_fail;
}

/* ---- what is there ---- */

static void dump_number(Buf *text, int64_t number)
{
    const int64_t from_now = number - (int64_t)NOW;

    if (from_now > -STATEMENT_NEAR_USEC && from_now < STATEMENT_NEAR_USEC)
        buf_printf(text, "NOW%+" PRId64, from_now / (int64_t)USEC_PER_SEC);
    else if (number >= (int64_t)USEC_PER_SEC && number % (int64_t)USEC_PER_SEC < 10)
        buf_printf(text, "%" PRId64 "s", number / (int64_t)USEC_PER_SEC);
    else
        buf_printf(text, "%" PRId64, number);
}

/* Digests are told by how they begin. */
static void dump_text(Buf *text, const char *bytes, int size)
{
    bool is_digest = size == DIGEST_HEX_SIZE - 1;

    buf_printf(text, "%.*s%s", is_digest ? 4 : size, bytes, is_digest ? ".." : "");
}

static void dump_row(Buf *text, const char *table, sqlite3_stmt *row)
{
    buf_printf(text, "%s", table);
    for (int i = 0; i < sqlite3_column_count(row); i++) {
        if (sqlite3_column_type(row, i) == SQLITE_NULL)
            continue;
        buf_printf(text, " %s=", sqlite3_column_name(row, i));
        if (sqlite3_column_type(row, i) == SQLITE_INTEGER)
            dump_number(text, sqlite3_column_int64(row, i));
        else
            dump_text(text, (const char *)sqlite3_column_blob(row, i),
                      sqlite3_column_bytes(row, i));
    }
    buf_printf(text, "\n");
}

/* The clock is left out: each commit writes it. */
static void dump_table(Buf *text, sqlite3 *db, const char *table)
{
    sqlite3_stmt *rows = NULL;
    char sql[128];

    if (strcmp(table, "clock") == 0)
        return;
    snprintf(sql, sizeof(sql), "SELECT * FROM %s ORDER BY 1, 2, 3", table);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &rows, NULL), SQLITE_OK);
    while (sqlite3_step(rows) == SQLITE_ROW)
        dump_row(text, table, rows);
    sqlite3_finalize(rows);
}

/* All rows that are committed: one a line, the name of the table first, without what is NULL. Times
 * about NOW are shown as the seconds from it, small ones of the steady clock in seconds. */
static inline char *statement_dump(const Folder *folder)
{
    sqlite3_stmt *tables = NULL;
    sqlite3 *db = NULL;
    char path[128];
    Buf text = {0};

    snprintf(path, sizeof(path), "%s/rosterd.db", folder->state);
    assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db,
                                        "SELECT name FROM sqlite_schema WHERE type = 'table' "
                                        "AND name NOT LIKE 'sqlite%' ORDER BY name",
                                        -1, &tables, NULL),
                     SQLITE_OK);
    while (sqlite3_step(tables) == SQLITE_ROW)
        dump_table(&text, db, (const char *)sqlite3_column_text(tables, 0));
    sqlite3_finalize(tables);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    return buf_take(&text);
}

static bool has_line(const char *text, const char *line, size_t size)
{
    for (; *text; text = strchr(text, '\n') + 1) {
        if (strncmp(text, line, size) == 0)
            return true;
    }
    return false;
}

static void put_lacking(Buf *text, const char *sign, const char *lines, const char *other)
{
    for (size_t size; *lines; lines += size) {
        size = strcspn(lines, "\n") + 1;
        if (!has_line(other, lines, size))
            buf_printf(text, "%s %.*s", sign, (int)size, lines);
    }
}

/* The lines that `after` lacks ("- ") and those that it has more ("+ "). */
static inline char *statement_difference(const char *before, const char *after)
{
    Buf text = {0};

    put_lacking(&text, "-", before, after);
    put_lacking(&text, "+", after, before);
    return text.size > 0 ? buf_take(&text) : strdup("");
}
