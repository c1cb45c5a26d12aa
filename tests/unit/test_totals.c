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

#define CHANNEL(result, extra, added, changed)                                                     \
    "{\"result\": \"" result                                                                       \
    "\", \"live\": 1, \"missing\": [1, 2], \"extra\": [{\"outcome\": \"" extra                     \
    "\"}], \"added\": [{\"outcome\": \"" added "\"}], \"changed\": [{\"outcome\": \"" changed      \
    "\"}]}"
#define CHANNELS                                                                                   \
    CHANNEL("held", "held", "held", "held")                                                        \
    ", " CHANNEL("drift", "planned", "planned", "planned") ", " CHANNEL(                           \
        "failed", "failed", "failed",                                                              \
        "failed") ", " CHANNEL("drift", "skipped", "skipped",                                      \
                               "skipped") ", " CHANNEL("converged", "deleted", "added",            \
                                                       "corrected") ", " CHANNEL("quarantined",    \
                                                                                 "quarantined",    \
                                                                                 "added",          \
                                                                                 "corrected") ", " \
                                                                                              "{"  \
                                                                                              "\"" \
                                                                                              "re" \
                                                                                              "su" \
                                                                                              "lt" \
                                                                                              "\"" \
                                                                                              ": " \
                                                                                              "\"" \
                                                                                              "in" \
                                                                                              "_s" \
                                                                                              "yn" \
                                                                                              "c"  \
                                                                                              "\"" \
                                                                                              ", " \
                                                                                              "\"" \
                                                                                              "li" \
                                                                                              "ve" \
                                                                                              "\"" \
                                                                                              ": " \
                                                                                              "1}" \
                                                                                              ", " \
                                                                                              "{"  \
                                                                                              "\"" \
                                                                                              "re" \
                                                                                              "su" \
                                                                                              "lt" \
                                                                                              "\"" \
                                                                                              ": " \
                                                                                              "\"" \
                                                                                              "un" \
                                                                                              "ma" \
                                                                                              "na" \
                                                                                              "ge" \
                                                                                              "ab" \
                                                                                              "le" \
                                                                                              "\"" \
                                                                                              "}"

static void test_few_kinds_are_one_line(void **state)
{
    (void)state;
    expect("{\"channels\": []}", "0 channels\n");
    expect("{\"dry_run\": true, \"channels\": [" CHANNEL("held", "held", "held", "held") "]}",
           "1 channel: 1 held; members: 3 held, 2 missing, 1 changed (dry run: nothing was "
           "changed)\n");
}

static void test_all_kinds_are_a_line_for_each_part(void **state)
{
    (void)state;
    expect("{\"dry_run\": true, \"channels\": [" CHANNELS "]}",
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
