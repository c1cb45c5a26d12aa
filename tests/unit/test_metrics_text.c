/* SPDX-License-Identifier: MIT */
/* The text format of metrics: numbers are exact, labels say what names are and steer no terminal.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "daemon/base/mem.h"
#include "daemon/web/metrics_text.h"

static void expect_text(Buf *buf, const char *wanted)
{
    assert_int_equal(buf_failed(buf), 0);
    assert_string_equal(buf_text(buf), wanted);
    buf_reset(buf);
}

static void numbers_and_labels(void **state)
{
    _cleanup_(buf_done) Buf buf = {0};
    MetricsText text = {.buf = &buf};

    (void)state;
    metrics_text_begin(&text, "a_total", "counter", "What it counts.");
    expect_text(&buf, "# HELP a_total What it counts.\n# TYPE a_total counter\n");
    metrics_text_put(&text, "", NULL, NULL, 0);
    metrics_text_put(&text, "g=\"x\"", NULL, NULL, UINT64_MAX);
    metrics_text_put(&text, "", "kind", "add", 10);
    metrics_text_put(&text, "g=\"x\"", "kind", "add", 7);
    expect_text(&buf, "a_total 0\n"
                      "a_total{g=\"x\"} 18446744073709551615\n"
                      "a_total{kind=\"add\"} 10\n"
                      "a_total{g=\"x\",kind=\"add\"} 7\n");
}

static void seconds_are_exact(void **state)
{
    static const struct {
        uint64_t usec;
        const char *text;
    } rows[] = {
        {0, "t 0\n"},
        {1, "t 0.000001\n"},
        {500000, "t 0.5\n"},
        {1000000, "t 1\n"},
        {2500000, "t 2.5\n"},
        {1796040605030028, "t 1796040605.030028\n"},
        {1796040605100000, "t 1796040605.1\n"},
    };
    _cleanup_(buf_done) Buf buf = {0};
    const MetricsText text = {.buf = &buf, .name = "t"};

    (void)state;
    for (size_t i = 0; i < ELEMENTS(rows); i++) {
        metrics_text_put_usec(&text, "", NULL, NULL, rows[i].usec);
        expect_text(&buf, rows[i].text);
    }
}

static void buckets_add_up(void **state)
{
    static const uint64_t bounds_usec[] = {5000, 2500000}, counts[] = {2, 0, 3};
    _cleanup_(buf_done) Buf buf = {0};
    const MetricsText text = {.buf = &buf, .name = "h"};

    (void)state;
    metrics_text_put_histogram(&text, "g=\"x\"", bounds_usec, counts, ELEMENTS(counts), 7000001);
    expect_text(&buf, "h_bucket{g=\"x\",le=\"0.005\"} 2\n"
                      "h_bucket{g=\"x\",le=\"2.5\"} 2\n"
                      "h_bucket{g=\"x\",le=\"+Inf\"} 5\n"
                      "h_sum{g=\"x\"} 7.000001\n"
                      "h_count{g=\"x\"} 5\n");
}

static void labels_say_what_names_are(void **state)
{
    static const struct {
        const char *value, *text;
    } rows[] = {
        {"payments", "n=\"payments\""},
        {"", "n=\"\""},
        {"a\"b\\c", "n=\"a\\\"b\\\\c\""},
        {"\n", "n=\"\\n\""},
        {"a\n\nb\n", "n=\"a\\n\\nb\\n\""},
        {"\u6e20\u9053", "n=\"\u6e20\u9053\""},
        {"\x1b[2J", "n=\"<U+001B>[2J\""},
        {"a\u202e\nb", "n=\"a<U+202E>\\nb\""},
        {"\xff", "n=\"?\""},
    };
    _cleanup_(buf_done) Buf buf = {0};

    (void)state;
    for (size_t i = 0; i < ELEMENTS(rows); i++) {
        metrics_text_append_label(&buf, "n", rows[i].value);
        expect_text(&buf, rows[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_and_labels),
        cmocka_unit_test(seconds_are_exact),
        cmocka_unit_test(buckets_add_up),
        cmocka_unit_test(labels_say_what_names_are),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
