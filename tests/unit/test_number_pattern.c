/* SPDX-License-Identifier: MIT */
/* Patterns of numbers and durations: each fits its range and nothing else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <inttypes.h>
#include <regex.h>
#include <stdio.h>

#include "daemon/base/duration.h"
#include "daemon/base/mem.h"
#include "daemon/report/number_pattern.h"

static regex_t compile(const Buf *pattern)
{
    regex_t compiled;

    assert_int_equal(buf_failed(pattern), 0);
    assert_int_equal(regcomp(&compiled, buf_text(pattern), REG_EXTENDED | REG_NOSUB), 0);
    return compiled;
}

static bool fits(const regex_t *pattern, const char *text)
{
    return regexec(pattern, text, 0, NULL, 0) == 0;
}

static void expect_range(uint64_t least, uint64_t most, uint64_t last)
{
    _cleanup_(buf_done) Buf pattern = {0};
    regex_t compiled;
    char text[32];

    buf_puts(&pattern, "^(");
    number_pattern_append(&pattern, least, most);
    buf_puts(&pattern, ")$");
    compiled = compile(&pattern);
    for (uint64_t number = 0; number <= last; number++) {
        snprintf(text, sizeof(text), "%" PRIu64, number);
        if (fits(&compiled, text) != (number >= least && number <= most))
            fail_msg("%" PRIu64 " to %" PRIu64 ": %s and %s", least, most, text,
                     buf_text(&pattern));
        snprintf(text, sizeof(text), "0%" PRIu64, number);
        assert_false(fits(&compiled, text));
    }
    regfree(&compiled);
}

static void test_each_range_of_small_numbers(void **state)
{
    (void)state;
    for (uint64_t least = 0; least <= 120; least++) {
        for (uint64_t most = least; most <= 120; most++)
            expect_range(least, most, 130);
    }
}

static void test_ranges_of_large_numbers(void **state)
{
    static const uint64_t ends[] = {0,    1,    9,    10,   99,   100,   101,   999,  1000,
                                    1001, 1234, 4095, 4999, 5000, 10000, 10001, 12345};

    (void)state;
    for (size_t i = 0; i < ELEMENTS(ends); i++) {
        for (size_t j = i; j < ELEMENTS(ends); j++)
            expect_range(ends[i], ends[j], 13000);
    }
}

/* Durations are compared with what the parser makes of them. */
static void expect_durations(uint64_t least, uint64_t most, uint64_t gap)
{
    static const uint64_t counts[] = {0,    1,    2,    3,     4,     5,        7,       9,    10,
                                      14,   23,   24,   25,    30,    31,       59,      60,   61,
                                      99,   100,  999,  1000,  1001,  1440,     1441,    3599, 3600,
                                      3601, 3650, 3651, 86399, 86400, 86400000, 86400001};
    _cleanup_(buf_done) Buf pattern = {0};
    regex_t compiled;
    const char *unit;
    uint64_t usec;

    number_pattern_append_duration(&pattern, least, most, gap);
    compiled = compile(&pattern);
    for (size_t i = 0; (unit = duration_unit(i, &usec)); i++) {
        for (size_t j = 0; j < ELEMENTS(counts); j++) {
            uint64_t value = counts[j] * usec, parsed = 0;
            bool is_right = value >= least && value <= most && (value == 0 || value >= gap);
            char text[48];

            snprintf(text, sizeof(text), "%" PRIu64 "%s", counts[j], unit);
            if (duration_parse(text, &parsed) < 0)
                continue;
            assert_int_equal(parsed, value);
            if (fits(&compiled, text) != is_right)
                fail_msg("%s and %s", text, buf_text(&pattern));
        }
    }
    assert_false(fits(&compiled, "5"));
    assert_false(fits(&compiled, "05s"));
    assert_false(fits(&compiled, "5s "));
    assert_false(fits(&compiled, "1m30s"));
    regfree(&compiled);
}

static void test_durations(void **state)
{
    (void)state;
    expect_durations(USEC_PER_SEC, 24 * USEC_PER_HOUR, 0);
    expect_durations(0, 10 * USEC_PER_MINUTE, 0);
    expect_durations(0, 30 * USEC_PER_DAY, USEC_PER_SEC);
    expect_durations(100 * USEC_PER_MSEC, 10 * USEC_PER_MINUTE, 0);
    expect_durations(USEC_PER_DAY, 3650 * USEC_PER_DAY, 0);
    expect_durations(USEC_PER_MSEC, USEC_PER_HOUR, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_range_of_small_numbers),
        cmocka_unit_test(test_ranges_of_large_numbers),
        cmocka_unit_test(test_durations),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
