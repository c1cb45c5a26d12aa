/* SPDX-License-Identifier: MIT */
/* The totals that a report begins with. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "daemon/base/mem.h"
#include "daemon/json/json_parser.h"
#include "daemon/report/channel_text.h"
#include "daemon/report/text.h"

static void expect(const char *json, const char *totals)
{
    _cleanup_(json_freep) Json *root = NULL;
    _cleanup_(buf_done) Buf text = {0};
    size_t length;

    assert_int_equal(json_parse_once(json, strlen(json), &root, NULL), 0);
    report_text_totals_in_lines(&(Page){.buf = &text}, root);
    assert_string_equal(buf_text(&text), totals);
    for (const char *line = text.data; *line; line += length + 1) {
        length = strcspn(line, "\n");
        assert_true(length <= CHANNEL_TEXT_WIDTH);
    }
}

/* A channel of each result, with the outcomes of its extra, addition and correction. */
static const char *const kinds[][4] = {
    {"held", "held", "held", "held"},
    {"drift", "planned", "planned", "planned"},
    {"failed", "failed", "failed", "failed"},
    {"drift", "skipped", "skipped", "skipped"},
    {"converged", "deleted", "added", "corrected"},
    {"quarantined", "quarantined", "added", "corrected"},
};

/* `count` of the kinds, then what `rest` says, as a dry run's report. */
static void expect_of_kinds(size_t count, const char *rest, const char *totals)
{
    _cleanup_(buf_done) Buf json = {0};

    buf_puts(&json, "{\"dry_run\": true, \"channels\": [");
    for (size_t i = 0; i < count; i++)
        buf_printf(&json,
                   "%s{\"result\": \"%s\", \"live\": 1, \"missing\": [1, 2], \"extra\": "
                   "[{\"outcome\": \"%s\"}], \"added\": [{\"outcome\": \"%s\"}], "
                   "\"changed\": [{\"outcome\": \"%s\"}]}",
                   i > 0 ? ", " : "", kinds[i][0], kinds[i][1], kinds[i][2], kinds[i][3]);
    buf_printf(&json, "%s]}", rest);
    expect(buf_text(&json), totals);
}

static void test_few_kinds_are_one_line(void **state)
{
    (void)state;
    expect("{\"channels\": []}", "0 channels\n");
    expect_of_kinds(
        1, "",
        "1 channel: 1 held; members: 3 held, 2 missing, 1 changed (dry run: nothing was "
        "changed)\n");
}

static void test_all_kinds_are_a_line_for_each_part(void **state)
{
    (void)state;
    expect_of_kinds(
        ELEMENTS(kinds), ", {\"result\": \"in_sync\", \"live\": 1}, {\"result\": \"unmanageable\"}",
        "8 channels: 1 failed, 1 unmanageable, 1 held, 2 drift, 1 quarantined, 1 converged, 1 "
        "in sync;\n"
        "  members: 1 extra, 1 to add, 1 to correct, 3 held, 2 skipped, 2 added, 2 corrected, "
        "1 deleted,\n"
        "  3 failed, 1 quarantined, 12 missing, 6 changed;\n"
        "  1 channel not read (dry run: nothing was changed)\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_few_kinds_are_one_line),
        cmocka_unit_test(test_all_kinds_are_a_line_for_each_part),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
