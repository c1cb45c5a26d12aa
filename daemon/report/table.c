/* SPDX-License-Identifier: MIT */
#include "daemon/report/table.h"

#include <assert.h>
#include <errno.h>
#include <libsmartcols/libsmartcols.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/mem.h"
#include "daemon/base/str.h"
#include "daemon/base/utf8.h"

struct TableRow {
    struct libscols_line *line; /* the table's */
    size_t count;
    Buf notes;
};

/* Two spaces between columns, and none that a terminal's width would cut. */
static int table_set_up(struct libscols_table *scols)
{
    if (scols_table_set_column_separator(scols, "  ") < 0 ||
        scols_table_set_termforce(scols, SCOLS_TERMFORCE_NEVER) < 0)
        return -ENOMEM;
    return scols_table_enable_nolinesep(scols, 0);
}

void table_init(Table *table, const char *const *titles)
{
    *table = (Table){.scols = scols_new_table()};
    table->failed = !table->scols || table_set_up(table->scols) < 0;
    for (size_t i = 0; titles[i] && !table->failed; i++) {
        bool is_number = titles[i][0] == '#';

        table->failed = !scols_table_new_column(table->scols, titles[i] + is_number, 0,
                                                is_number ? SCOLS_FL_RIGHT : 0);
        table->column_count++;
    }
    assert(table->column_count <= TABLE_COLUMNS_MAX);
}

void table_done(Table *table)
{
    for (size_t i = 0; i < table->row_count; i++)
        buf_done(&table->rows[i].notes);
    free(table->rows);
    scols_unref_table(table->scols);
    *table = (Table){0};
}

void table_add_row(Table *table)
{
    struct libscols_line *line;

    if (table->failed || mem_grow(&table->rows, &table->row_capacity, table->row_count + 1,
                                  sizeof(*table->rows)) < 0) {
        table->failed = true;
        return;
    }
    line = scols_table_new_line(table->scols, NULL);
    table->failed = !line;
    if (line)
        table->rows[table->row_count++] = (TableRow){.line = line};
}

void table_add(Table *table, const char *text, Colour colour)
{
    static const char *const names[] = {
        [COLOUR_GREEN] = "green", [COLOUR_YELLOW] = "yellow", [COLOUR_RED] = "red"};
    _cleanup_(buf_done) Buf shown = {0};
    struct libscols_cell *cell;
    TableRow *row;

    if (table->failed)
        return;
    row = &table->rows[table->row_count - 1];
    assert(row->count < table->column_count);
    utf8_append_shown(&shown, str_is_empty(text) ? "-" : text);
    cell = scols_line_get_cell(row->line, row->count++);
    table->failed = buf_failed(&shown) < 0 || !cell || scols_cell_set_data(cell, shown.data) < 0 ||
                    (colour != COLOUR_PLAIN && scols_cell_set_color(cell, names[colour]) < 0);
}

void table_printf(Table *table, const char *format, ...)
{
    char text[512];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    table_add(table, text, COLOUR_PLAIN);
}

void table_append_note(Buf *buf, const char *text)
{
    buf_puts(buf, "    ");
    utf8_append_shown(buf, text);
    buf_putc(buf, '\n');
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
    table_append_note(&table->rows[table->row_count - 1].notes, text);
}

/* What stands below a row. */
static void table_append_below(const Table *table, size_t row, Buf *buf)
{
    const Buf *notes = &table->rows[row].notes;

    buf_puts(buf, buf_text(notes));
    buf->failed = buf->failed || notes->failed;
    if (table->on_row)
        table->on_row(table->userdata, row, buf);
}

/* The title's line and one for each row, whose notes go below it; `from`, `count`: which lines of
 * these are shown. The library takes a string that it had no memory for as one that it printed. */
static int table_append_lines(const Table *table, bool colour, size_t from, size_t count, Buf *buf)
{
    _cleanup_free_ char *text = NULL;
    char *rest = NULL, *line;
    size_t number = 0;

    if (table->failed || scols_table_enable_colors(table->scols, colour) < 0 ||
        scols_print_table_to_string(table->scols, &text) < 0 || !text)
        return -ENOMEM;
    for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest), number++) {
        size_t size = strlen(line);

        if (number < from || number >= count)
            continue;
        while (size > 0 && line[size - 1] == ' ')
            size--;
        buf_append(buf, line, size);
        buf_putc(buf, '\n');
        if (number > 0 && number <= table->row_count)
            table_append_below(table, number - 1, buf);
    }
    /* The library leaves lines out where memory runs out. Of no rows it prints no titles either. */
    return table->row_count == 0 || number == table->row_count + 1 ? buf_failed(buf) : -ENOMEM;
}

int table_append(const Table *table, bool colour, Buf *buf)
{
    return table_append_lines(table, colour, 0, SIZE_MAX, buf);
}

/* A last row, not to be shown, that is as wide as what was shown before. */
static void table_add_widths(Table *table, const TableWidths *widths)
{
    table_add_row(table);
    for (size_t i = 0; i < table->column_count; i++) {
        _cleanup_(buf_done) Buf cell = {0};

        for (size_t k = 0; k < widths->columns[i]; k++)
            buf_putc(&cell, 'x');
        table->failed = table->failed || buf_failed(&cell) < 0;
        table_add(table, buf_text(&cell), COLOUR_PLAIN);
    }
}

int table_append_piece(Table *table, TableWidths *widths, bool colour, Buf *buf)
{
    bool is_first = widths->columns[0] == 0;
    size_t shown = table->row_count + 1;
    int r;

    if (table->row_count == 0)
        return table->failed ? -ENOMEM : 0;
    table_add_widths(table, widths);
    r = table_append_lines(table, colour, is_first ? 0 : 1, shown, buf);
    for (size_t i = 0; i < table->column_count && r == 0; i++)
        widths->columns[i] = scols_column_get_width(scols_table_get_column(table->scols, i));
    return r;
}
