/* SPDX-License-Identifier: MIT */
/* An answer that is kept while it is shown: however it comes, it is the same as read at once, and
 * what is none is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "daemon/base/mem.h"
#include "daemon/json/json_parser.h"
#include "daemon/report/format.h"
#include "daemon/report/kept.h"
#include "daemon/report/row.h"

#define CHANNEL(name, extra)                                                                       \
    "{\"instance\": \"prod\", \"name\": \"" name "\", \"result\": \"held\", \"live\": 3, "         \
    "\"desired\": 2, \"missing\": [{\"group\": \"\", \"host\": \"10.1.0.1\", \"port\": 80}], "     \
    "\"extra\": [" extra "], \"guards\": [], \"error\": null}"
#define EXTRA(id, outcome)                                                                         \
    "{\"id\": \"" id "\", \"host\": \"10.9.0.1\", \"port\": 1, \"outcome\": \"" outcome "\"}"

static const char whole[] =
    " { \"pass\" : \"2026-]}\\\"\\u00e9\",\"dry_run\":true , \"none\":null,\"empty\":{},\n"
    "\"channels\": [" CHANNEL(
        "a,b", EXTRA("m1", "held") ", " EXTRA(
                   "m2", "planned")) ",\n " CHANNEL("}\\\\",
                                                    "") "] , \"instances\": [{\"name\": \"prod\", "
                                                        "\"result\": \"held\"}], "
                                                        "\"count\": 12 }\n ";

/* Feeds it in two parts, or (0) byte by byte. */
static int keep(const char *text, size_t size, size_t first, Kept **ret_kept, Err *err)
{
    _cleanup_(kept_freep) Kept *kept = NULL;
    int r = kept_new(&kept, err);

    if (r == 0 && first > 0) {
        r = kept_take(kept, text, first, err);
        if (r == 0)
            r = kept_take(kept, text + first, size - first, err);
    }
    for (size_t i = 0; r == 0 && first == 0 && i < size; i++)
        r = kept_take(kept, text + i, 1, err);
    if (r == 0)
        r = kept_end(kept, err);
    if (r == 0)
        *ret_kept = TAKE_PTR(kept);
    return r;
}

static void expect_shown_as(const ReportSource *source, const Json *root)
{
    for (ReportFormat format = 0; format < REPORT_FORMAT_COUNT; format++) {
        _cleanup_(buf_done) Buf kept = {0}, read = {0};
        const TextOptions options = {.verbose = true};

        assert_int_equal(report_format_append(source, format, &options, &kept), 0);
        assert_int_equal(
            report_format_append(&(ReportSource){.root = root}, format, &options, &read), 0);
        assert_string_equal(buf_text(&kept), buf_text(&read));
    }
}

static void test_however_it_comes_it_is_shown_as_read_at_once(void **state)
{
    _cleanup_(json_freep) Json *root = NULL;

    (void)state;
    assert_int_equal(json_parse_once(whole, strlen(whole), &root, NULL), 0);
    for (size_t first = 0; first < strlen(whole); first++) {
        _cleanup_(kept_freep) Kept *kept = NULL;
        Err err = {0};

        assert_int_equal(keep(whole, strlen(whole), first, &kept, &err), 0);
        expect_shown_as(&(ReportSource){kept_root(kept), kept_channel, NULL, kept}, root);
    }
}

static void test_the_outline_counts_what_it_does_not_hold(void **state)
{
    _cleanup_(kept_freep) Kept *kept = NULL;
    const Json *channel;
    Err err = {0};

    (void)state;
    assert_int_equal(keep(whole, strlen(whole), 0, &kept, &err), 0);
    assert_int_equal(row_count(kept_root(kept), "channels"), 2);
    channel = row_at(kept_root(kept), "channels", 0);
    assert_int_equal(row_count(channel, "extra"), 0);
    assert_int_equal(row_total(channel, "extra"), 2);
    assert_int_equal(row_total_of(channel, "extra", "planned"), 1);
    assert_int_equal(row_total(channel, "missing"), 1);
    assert_int_equal(row_total(row_at(kept_root(kept), "channels", 1), "extra"), 0);
    assert_int_equal(row_count(kept_channel(kept, 0), "extra"), 2);
    assert_null(kept_channel(kept, 2));
}

static void test_what_is_no_answer_is_refused(void **state)
{
    static const char *const odd[] = {
        "",
        " ",
        "[]",
        "{",
        "{}}",
        "{} x",
        "{\"a\"}",
        "{\"a\": }",
        "{\"a\": 1,}",
        "{\"a\": 1 2}",
        "{\"a\": 1, \"a\": 2}",
        "{\"a\": [1}}",
        "{a: 1}",
        "{\"channels\": [}",
        "{\"channels\": [{}",
        "{\"channels\": [{}]",
        "{\"channels\": [{} {}]}",
        "{\"channels\": [{},]}",
        "{\"channels\": [1]}",
        "{\"channels\": [{\"a\": nul}]}",
        "{\"channels\": [{}], \"channels\": [{}]}",
        "{\"channels\": [], \"channels\": 1}",
        "<html>",
    };

    (void)state;
    for (size_t i = 0; i < ELEMENTS(odd); i++) {
        for (size_t first = 0; first < strlen(odd[i]); first++) {
            _cleanup_(kept_freep) Kept *kept = NULL;
            Err err = {0};

            if (keep(odd[i], strlen(odd[i]), first, &kept, &err) != -EPROTO)
                fail_msg("%s, cut at %zu", odd[i], first);
            assert_true(err_is_set(&err));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_however_it_comes_it_is_shown_as_read_at_once),
        cmocka_unit_test(test_the_outline_counts_what_it_does_not_hold),
        cmocka_unit_test(test_what_is_no_answer_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
