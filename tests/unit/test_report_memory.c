/* SPDX-License-Identifier: MIT */
/* Every allocation fails once while a report, a survey, a plan or a schema is put into words: that
 * is told, and nothing of it is taken for whole. Needs the allocator to itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "config/roster/roster.h"
#include "config/settings/settings.h"
#include "daemon/base/mem.h"
#include "daemon/json/json_parser.h"
#include "daemon/report/channels_text.h"
#include "daemon/report/export.h"
#include "daemon/report/format.h"
#include "daemon/report/json_schema.h"
#include "daemon/report/plan_file.h"
#include "tests/unit/failing.h"

#define MEMBERS                                                                                    \
    "\"members\": [{\"id\": \"m1\", \"host\": \"10.1.0.5\", \"port\": 80, \"member_group_name\": " \
    "\"blue\"}, {\"id\": \"m2\", \"host\": \"2001:db8::1\", \"port\": 0}, {\"id\": \"m3\", "       \
    "\"host\": \"10.1.0.5\", \"port\": 80, \"member_group_name\": \"blue\"}]"
#define FAILED(name)                                                                               \
    "{\"instance\": \"two\", \"name\": \"" name "\", \"id\": \"c9\", \"result\": \"failed\", "     \
    "\"error\": {\"message\": \"no right\"}}"
#define SURVEY                                                                                     \
    "{\"channels\": [{\"instance\": \"prod\", \"name\": \"pay \\u0007\", \"id\": \"c1\", "         \
    "\"kind\": \"ip\", \"port\": 80, \"result\": \"listed\", \"live\": 3, " MEMBERS "}, " FAILED(  \
        "a") ", " FAILED("b") "], \"instances\": [{\"name\": \"prod\"}, {\"name\": \"two\"}]}"
#define DIGEST "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define HELD                                                                                       \
    "{\"instance\": \"prod\", \"name\": \"a|b`<\", \"id\": \"c1\", \"result\": \"held\", "         \
    "\"live\": 3, \"desired\": 2, \"extra\": [{\"id\": \"m1\", \"host\": \"10.1.0.5\", "           \
    "\"port\": 80, \"outcome\": \"held\", \"attempts\": 2}], \"added\": [], \"changed\": [], "     \
    "\"missing\": [{\"host\": \"10.9.0.9\", \"port\": 80}], \"digest\": \"" DIGEST "\", "          \
    "\"guards\": [{\"name\": \"max_deletes\", \"planned\": 2, \"limit\": 1}], \"error\": null}"
#define REPORT                                                                                     \
    "{\"pass\": \"p\", \"dry_run\": true, \"channels\": [" HELD ", {\"instance\": \"two\", "       \
    "\"name\": \"a\", \"id\": null, \"result\": \"failed\", \"changed\": [], \"error\": "          \
    "{\"message\": \"no right\"}}], \"instances\": [{\"name\": \"prod\", \"key\": \"k\"}]}"

static Json *survey, *report;

static int make_answers(void **state)
{
    (void)state;
    assert_int_equal(json_parse_once(SURVEY, strlen(SURVEY), &survey, NULL), 0);
    assert_int_equal(json_parse_once(REPORT, strlen(REPORT), &report, NULL), 0);
    return 0;
}

static int drop_answers(void **state)
{
    (void)state;
    json_free(survey);
    json_free(report);
    return 0;
}

/* Puts something into words; 0 or -ENOMEM. */
typedef int (*Write)(Buf *buf, Err *err);

static size_t count_lines(const Buf *buf)
{
    size_t count = 0;

    for (const char *line = buf_text(buf); *line; line++)
        count += *line == '\n';
    return count;
}

/* libsmartcols leaves a cell empty where memory runs out, and says nothing of it. */
static void expect_same(const Buf *buf, const Buf *whole, bool is_table)
{
    if (is_table)
        assert_int_equal(count_lines(buf), count_lines(whole));
    else
        assert_string_equal(buf_text(buf), buf_text(whole));
}

static void each_allocation_fails(Write write, bool is_table)
{
    _cleanup_(buf_done) Buf whole = {0};
    Err err = {0};
    bool did_fail = true;

    if (!failing_is_possible())
        skip();
    /* What is made once is made by now. */
    assert_int_equal(write(&whole, &err), 0);
    for (long index = 0; did_fail; index++) {
        _cleanup_(buf_done) Buf buf = {0};
        int r;

        failing_after(index);
        r = write(&buf, &err);
        did_fail = failing_stop();
        /* libcrypto does without some of what it asks for. */
        if (r != 0 && !(did_fail && r == -ENOMEM))
            fail_msg("allocation %ld: %d %s", index, r, err.text);
        if (r == 0)
            expect_same(&buf, &whole, is_table);
        assert_true(index < 10000);
    }
}

static int write_channels(Buf *buf, Err *err)
{
    (void)err;
    return channels_text_append(&(ReportSource){.root = survey}, true, buf);
}

static int write_export(Buf *buf, Err *err)
{
    return report_export_append(json_at(json_find(survey, "channels"), 0), true, buf, err);
}

static int write_format(ReportFormat format, Buf *buf)
{
    return report_format_append(&(ReportSource){.root = report}, format,
                                &(TextOptions){.verbose = true}, buf);
}

static int write_text(Buf *buf, Err *err)
{
    (void)err;
    return write_format(REPORT_FORMAT_TEXT, buf);
}

static int write_json(Buf *buf, Err *err)
{
    (void)err;
    return write_format(REPORT_FORMAT_JSON, buf);
}

static int write_markdown(Buf *buf, Err *err)
{
    (void)err;
    return write_format(REPORT_FORMAT_MARKDOWN, buf);
}

static int write_html(Buf *buf, Err *err)
{
    (void)err;
    return write_format(REPORT_FORMAT_HTML, buf);
}

static int write_schema(Buf *buf, Err *err)
{
    (void)err;
    return json_schema_append(
        &(JsonSchema){.title = "t", .schema = &settings_schema, .rosters = &roster_schema}, buf);
}

static int write_plan(Buf *buf, Err *err)
{
    (void)err;
    return plan_file_append(&(ReportSource){.root = report}, UINT64_C(1700000000000000), buf);
}

static void test_each_allocation(void **state)
{
    static const Write tables[] = {write_channels, write_text},
                       others[] = {write_export, write_json,   write_markdown,
                                   write_html,   write_schema, write_plan};

    (void)state;
    for (size_t i = 0; i < ELEMENTS(tables); i++)
        each_allocation_fails(tables[i], true);
    for (size_t i = 0; i < ELEMENTS(others); i++)
        each_allocation_fails(others[i], false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_allocation),
    };

    return cmocka_run_group_tests(tests, make_answers, drop_answers);
}
