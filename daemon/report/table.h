/* SPDX-License-Identifier: MIT */
/* Tables for people: columns as wide as what is shown in them, lines below a row that say more. The
 * only file that knows libsmartcols, which needs LC_CTYPE to be of UTF-8. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "daemon/report/page.h"

#define TABLE_COLUMNS_MAX 10

typedef struct TableRow TableRow;

typedef struct Table {
    struct libscols_table *scols; /* NULL: memory ran out */
    size_t column_count;
    TableRow *rows;
    size_t row_count, row_capacity;
    bool failed; /* memory ran out */
    /* Appends lines below a row when it is shown, behind its notes: table_append_note(). NULL:
     * none.
     */
    void (*on_row)(void *userdata, size_t number, Buf *buf);
    void *userdata;
} Table;

/* `titles` end with NULL; numbers, whose title begins with '#', stand at the right. */
void table_init(Table *table, const char *const *titles);
void table_done(Table *table);

/* Begins a row, and fills its cells from the left. A failure sticks. NULL is shown as "-". */
void table_add_row(Table *table);
void table_add(Table *table, const char *text, Colour colour);
void table_printf(Table *table, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A line below the row. */
void table_note(Table *table, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Appends such a line. */
void table_append_note(Buf *buf, const char *text);

/* Appends it. 0 or -ENOMEM. */
int table_append(const Table *table, bool colour, Buf *buf);

/* How wide the columns are by now of a table that is shown piece by piece. Begins as {0}. */
typedef struct TableWidths {
    size_t columns[TABLE_COLUMNS_MAX];
} TableWidths;

/* Appends a piece of a table: the first one with the titles, each further one with columns no
 * narrower than those before. It is a Table of its own, which takes no row after this. 0 or
 * -ENOMEM.
 */
int table_append_piece(Table *table, TableWidths *widths, bool colour, Buf *buf);
