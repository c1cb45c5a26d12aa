/* SPDX-License-Identifier: MIT */
/* Tables: no rows are no text, and no error; notes stand below their row. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "daemon/base/mem.h"
#include "daemon/report/table.h"

static const char *const titles[] = {"CHANNEL", "#LIVE", NULL};

static void test_no_rows(void **state)
{
    _cleanup_(buf_done) Buf text = {0};
    Table table;

    (void)state;
    table_init(&table, titles);
    assert_int_equal(table_append(&table, false, &text), 0);
    assert_int_equal(text.size, 0);
    table_done(&table);
}

static void test_rows_and_notes(void **state)
{
    _cleanup_(buf_done) Buf text = {0};
    Table table;

    (void)state;
    table_init(&table, titles);
    table_add_row(&table);
    table_add(&table, "payments", COLOUR_PLAIN);
    table_add(&table, "10", COLOUR_PLAIN);
    table_note(&table, "paused: %s", "move");
    table_add_row(&table);
    table_add(&table, "", COLOUR_PLAIN);
    table_add(&table, "7", COLOUR_PLAIN);
    assert_int_equal(table_append(&table, false, &text), 0);
    assert_string_equal(buf_text(&text), "CHANNEL   LIVE\n"
                                         "payments    10\n"
                                         "    paused: move\n"
                                         "-            7\n");
    table_done(&table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_rows),
        cmocka_unit_test(test_rows_and_notes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
