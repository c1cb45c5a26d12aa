/* SPDX-License-Identifier: MIT */
#include "daemon/report/table.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/mem.h"
#include "daemon/base/str.h"

#define GAP 2

struct TableRow {
    char *cells[TABLE_COLUMNS_MAX];
    TableColour colours[TABLE_COLUMNS_MAX];
    size_t count;
    Buf notes;
};

void table_init(Table *table, const char *const *titles)
{
    *table = (Table){.titles = titles};
    while (titles[table->column_count])
        table->column_count++;
}

void table_done(Table *table)
{
    for (size_t i = 0; i < table->row_count; i++) {
        for (size_t k = 0; k < table->rows[i].count; k++)
            free(table->rows[i].cells[k]);
        buf_done(&table->rows[i].notes);
    }
    free(table->rows);
    *table = (Table){0};
}

void table_add_row(Table *table)
{
    if (table->failed || mem_grow(&table->rows, &table->row_capacity, table->row_count + 1,
                                  sizeof(*table->rows)) < 0) {
        table->failed = true;
        return;
    }
    table->rows[table->row_count++] = (TableRow){0};
}

/* What a service or a roster names must not steer the terminal. */
void table_add(Table *table, const char *text, TableColour colour)
{
    TableRow *row;
    char *copy;

    if (table->failed)
        return;
    copy = strdup(str_is_empty(text) ? "-" : text);
    if (!copy) {
        table->failed = true;
        return;
    }
    str_clean(copy);
    row = &table->rows[table->row_count - 1];
    row->colours[row->count] = colour;
    row->cells[row->count++] = copy;
}

void table_printf(Table *table, const char *format, ...)
{
    char text[512];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    table_add(table, text, TABLE_PLAIN);
}

void table_note(Table *table, const char *format, ...)
{
    char text[1024];
    va_list arguments;

    if (table->failed)
        return;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    str_clean(text);
    buf_printf(&table->rows[table->row_count - 1].notes, "    %s\n", text);
}

/* Characters, not bytes. */
static size_t table_width(const char *text)
{
    size_t width = 0;

    for (; *text; text++)
        width += ((unsigned char)*text & 0xc0) != 0x80;
    return width;
}

static void table_pad(Buf *buf, size_t count)
{
    while (count-- > 0)
        buf_putc(buf, ' ');
}

static void table_append_cell(Buf *buf, const char *text, const char *colour, size_t width,
                              bool is_right, bool is_last)
{
    size_t rest = width - table_width(text);

    if (is_right)
        table_pad(buf, rest);
    if (colour)
        buf_printf(buf, "\033[%sm%s\033[0m", colour, text);
    else
        buf_puts(buf, text);
    if (is_last)
        buf_putc(buf, '\n');
    else
        table_pad(buf, GAP + (is_right ? 0 : rest));
}

static const char *table_title(const Table *table, size_t column)
{
    const char *title = table->titles[column];

    return title[0] == '#' ? title + 1 : title;
}

static void table_measure(const Table *table, size_t *ret_widths)
{
    for (size_t k = 0; k < table->column_count; k++)
        ret_widths[k] = table_width(table_title(table, k));
    for (size_t i = 0; i < table->row_count; i++) {
        for (size_t k = 0; k < table->rows[i].count; k++) {
            size_t width = table_width(table->rows[i].cells[k]);

            ret_widths[k] = width > ret_widths[k] ? width : ret_widths[k];
        }
    }
}

int table_append(const Table *table, bool colour, Buf *buf)
{
    static const char *const codes[] = {
        [TABLE_PLAIN] = NULL, [TABLE_GREEN] = "32", [TABLE_YELLOW] = "33", [TABLE_RED] = "31"};
    size_t widths[TABLE_COLUMNS_MAX];

    if (table->failed)
        return -ENOMEM;
    table_measure(table, widths);
    for (size_t k = 0; k < table->column_count; k++)
        table_append_cell(buf, table_title(table, k), NULL, widths[k], table->titles[k][0] == '#',
                          k + 1 == table->column_count);
    for (size_t i = 0; i < table->row_count; i++) {
        const TableRow *row = &table->rows[i];

        for (size_t k = 0; k < row->count; k++)
            table_append_cell(buf, row->cells[k], colour ? codes[row->colours[k]] : NULL, widths[k],
                              table->titles[k][0] == '#', k + 1 == row->count);
        buf_puts(buf, buf_text(&row->notes));
    }
    return buf_failed(buf);
}
