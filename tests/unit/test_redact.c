/* SPDX-License-Identifier: MIT */
/* Secrets in what is told to people: three stars stand for each, and for any long run of one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "daemon/base/mem.h"
#include "daemon/roma/auth/redact.h"

#define SECRET "abcdefghijklmnopqrst"

static void assert_shown(const char *text, const char *secret, const char *shown)
{
    _cleanup_(buf_done) Buf buf = {0};

    buf_puts(&buf, text);
    redact_text(&buf, secret, strlen(secret));
    assert_string_equal(buf_text(&buf), shown);
    assert_int_equal(buf.size, strlen(shown));
}

static void test_a_secret_becomes_three_stars(void **state)
{
    (void)state;
    assert_shown("", SECRET, "");
    assert_shown("nothing here", SECRET, "nothing here");
    assert_shown("nothing here", "", "nothing here");
    assert_shown(SECRET, SECRET, "***");
    assert_shown("<" SECRET ">", SECRET, "<***>");
    assert_shown(SECRET SECRET, SECRET, "******");
    assert_shown("pw: x1y.", "x1y", "pw: ***.");
    /* No longer than what it stands for. */
    assert_shown("a z b zz", "z", "a * b **");
    assert_shown("a zy b", "zy", "a ** b");
}

static void test_a_long_run_is_no_accident(void **state)
{
    (void)state;
    assert_shown("-abcdefghijkl-", SECRET, "-***-");
    assert_shown("-abcdefghijk-", SECRET, "-abcdefghijk-");
    assert_shown("-abcdefghijkl", SECRET, "-***");
    /* A run that is cut off at its beginning is none: it begins as the secret does. */
    assert_shown("bcdefghijklmnop", SECRET, "bcdefghijklmnop");
    assert_shown("aab", "ab", "a**");
}

static void test_json_may_escape_it(void **state)
{
    (void)state;
    assert_shown("\"a\\/b\\/c\"", "a/b/c", "\"***\"");
    assert_shown("\"a/b\\/c\"", "a/b/c", "\"***\"");
    assert_shown("\"a\\\"b\"", "a\"b", "\"***\"");
    assert_shown("\"a\\\\b\"", "a\\b", "\"***\"");
    assert_shown("\"a\\b\"", "a\\b", "\"***\"");
    assert_shown("a\\", "a/", "a\\");
    assert_shown("a\\x", "a/", "a\\x");
    assert_shown("\\n", "nn", "\\n");
    assert_shown("\\nn", "nn", "\\**");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_secret_becomes_three_stars),
        cmocka_unit_test(test_a_long_run_is_no_accident),
        cmocka_unit_test(test_json_may_escape_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
