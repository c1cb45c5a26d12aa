/* SPDX-License-Identifier: MIT */
/* The list of mistakes: their order, what is cut, what is only counted, and want of memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/yaml/problems.h"
#include "daemon/base/mem.h"
#include "tests/unit/failing.h"

static void expect(const Problems *problems, const char *expected)
{
    Buf text = {0};

    problems_print(problems, &text);
    assert_string_equal(buf_text(&text), expected);
    buf_done(&text);
}

static void test_files_come_as_they_were_read_and_places_in_order(void **state)
{
    Problems problems = {0};

    (void)state;
    assert_false(problems_any(&problems));
    problems_add_file(&problems, "z");
    problems_add(&problems, "a", 1, 1, "", "fifth");
    problems_add(&problems, "z", 2, 5, "key", "third");
    problems_add(&problems, "z", 2, 5, "key", "fourth");
    problems_add(&problems, "z", 2, 4, "", "second%c", '\n');
    problems_add(&problems, "z", 0, 0, "", "first");
    assert_true(problems_any(&problems));
    expect(&problems, "z: first\nz:2:4: second<U+000A>\nz:2:5: key: third\nz:2:5: key: fourth\n"
                      "a:1:1: fifth\n");
    problems_done(&problems);
    problems_done(&problems);
    assert_false(problems_any(&problems));
    expect(&problems, "");
}

static void test_a_text_beyond_all_bounds_is_cut(void **state)
{
    char text[2048], expected[1200];
    Problems problems = {0};

    (void)state;
    memset(text, 'x', sizeof(text));
    for (size_t size = 1022; size <= 1024; size++) {
        text[size] = '\0';
        problems_add(&problems, "f", 1, 1, "", "%s", text);
        memcpy(expected, "f:1:1: ", 7);
        memset(expected + 7, 'x', 1023);
        strcpy(expected + 7 + (size < 1023 ? size : 1023), "\n");
        if (size > 1023)
            memcpy(expected + 7 + 1020, "...", 3);
        expect(&problems, expected);
        problems_done(&problems);
        text[size] = 'x';
    }
}

static void test_more_than_anybody_reads_is_counted(void **state)
{
    Problems problems = {0};
    Buf text = {0};

    (void)state;
    for (size_t i = 0; i < PROBLEMS_KEPT_MAX; i++) {
        assert_false(problems_full(&problems));
        problems_add(&problems, "f", i + 1, 1, "", "x");
    }
    assert_true(problems_full(&problems));
    problems_print(&problems, &text);
    assert_null(strstr(buf_text(&text), "more"));
    problems_add(&problems, "f", 1, 1, "", "x");
    buf_done(&text);
    problems_print(&problems, &text);
    assert_non_null(strstr(buf_text(&text), "f:10000:1: x\n1 more problems are not shown\n"));
    buf_done(&text);
    problems_done(&problems);
}

static void put_point(Buf *buf, uint32_t point)
{
    if (point >= 0x800) {
        buf_putc(buf, (char)(0xe0 | point >> 12));
        buf_putc(buf, (char)(0x80 | (point >> 6 & 0x3f)));
    } else {
        buf_putc(buf, (char)(0xc0 | point >> 6));
    }
    buf_putc(buf, (char)(0x80 | (point & 0x3f)));
}

/* A character among letters of ASCII that is taken for one of them. */
static void test_what_looks_like_ascii_is_told_apart(void **state)
{
    static const uint32_t alike[] = {0x2010, 0x2015, 0x2018, 0x201f, 0x2024, 0x2044,
                                     0x2212, 0x2236, 0xff01, 0xff5e, 0x0370, 0x052f};
    static const uint32_t unlike[] = {0x2016, 0x2017, 0x2020, 0x2023, 0x2025, 0x2043, 0x2045,
                                      0x2211, 0x2213, 0x2235, 0x2237, 0xff5f, 0x0531, 0x00e9};

    (void)state;
    for (size_t i = 0; i < ELEMENTS(alike) + ELEMENTS(unlike); i++) {
        bool is_alike = i < ELEMENTS(alike);
        uint32_t point = is_alike ? alike[i] : unlike[i - ELEMENTS(alike)];
        Problems problems = {0};
        Buf word = {0}, shown = {0};

        put_point(&word, point);
        buf_puts(&shown, "f: a");
        if (is_alike)
            buf_printf(&shown, "<U+%04" PRIX32 ">", point);
        else
            buf_puts(&shown, buf_text(&word));
        /* In a word of its own it is no part of one in ASCII. */
        buf_printf(&shown, "b %s\n", buf_text(&word));
        problems_add(&problems, "f", 0, 0, "", "a%sb %s", buf_text(&word), buf_text(&word));
        expect(&problems, buf_text(&shown));
        problems_done(&problems);
        buf_done(&word);
        buf_done(&shown);
    }
}

/* What makes a word of ASCII, and what ends it: an o of Cyrillic behind it shows in words alone. */
static void test_words_of_ascii(void **state)
{
    static const char word[] = "09azAZ_mM5", other[] = "/:@[`{ .-~";

    (void)state;
    for (size_t i = 0; i < strlen(word) + strlen(other); i++) {
        bool is_word = i < strlen(word);
        char before = is_word ? word[i] : other[i - strlen(word)];
        Problems problems = {0};
        char expected[32];

        snprintf(expected, sizeof(expected), "f: %c%s\n", before,
                 is_word ? "<U+043E>" : "\xd0\xbe");
        problems_add(&problems, "f", 0, 0, "", "%c\xd0\xbe", before);
        expect(&problems, expected);
        problems_done(&problems);
    }
}

/* What is no text in UTF-8 is shown byte by byte, and ends nothing. */
static void test_bytes_that_are_no_text(void **state)
{
    Problems problems = {0};

    (void)state;
    problems_add(&problems, "f", 0, 0, "a\xff", "b\xc3 \xe2\x80 c\xf0\x9f\x92\xb0");
    expect(&problems, "f: a?: b? ?? c\xf0\x9f\x92\xb0\n");
    problems_done(&problems);
}

/* Each comes once, and says how much of its line may be shown and where its message begins. */
static void test_each_is_sorted_once(void **state)
{
    Problems problems = {0};
    const Problem **sorted = NULL;
    size_t count = 0;

    (void)state;
    problems_show_less(&problems, PROBLEM_SHOWS_NOTHING);
    problems_add(&problems, "f", 2, 1, "a.b", "second");
    problems_show_less(&problems, PROBLEM_SHOWS_NOTHING);
    problems_show_less(&problems, PROBLEM_SHOWS_KEY);
    problems_add(&problems, "f", 1, 1, "", "first: of all");
    problems_add(&problems, "f", 2, 1, "a.b", "second");
    problems_add(&problems, "f", 1, 1, "", "first: of all");
    assert_int_equal(problems_sort(&problems, &sorted, &count), 0);
    assert_int_equal(count, 2);
    assert_string_equal(problems_message(sorted[0]), "first: of all");
    assert_int_equal(sorted[0]->shows, PROBLEM_SHOWS_LINE);
    assert_string_equal(problems_message(sorted[1]), "second");
    assert_int_equal(sorted[1]->shows, PROBLEM_SHOWS_NOTHING);
    free(sorted);
    problems_done(&problems);
}

/* Every allocation of a list fails once: it says so, and what it holds is whole. */
static void test_want_of_memory_is_a_problem(void **state)
{
    long index = 0;
    bool did_fail;

    (void)state;
    if (!failing_is_possible())
        skip();
    do {
        Problems problems = {0};
        Buf text = {0};

        failing_after(index++);
        problems_add_file(&problems, "f");
        problems_add(&problems, "g", 2, 1, "key", "x");
        problems_add(&problems, "h", 1, 1, "", "y");
        did_fail = failing_stop();
        problems_print(&problems, &text);
        assert_int_equal(problems.out_of_memory, did_fail);
        assert_int_equal(strstr(buf_text(&text), "out of memory\n") != NULL, did_fail);
        if (!did_fail)
            assert_string_equal(buf_text(&text), "g:2:1: key: x\nh:1:1: y\n");
        assert_true(problems_any(&problems));
        buf_done(&text);
        problems_done(&problems);
    } while (did_fail);
    assert_true(index > 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_files_come_as_they_were_read_and_places_in_order),
        cmocka_unit_test(test_a_text_beyond_all_bounds_is_cut),
        cmocka_unit_test(test_more_than_anybody_reads_is_counted),
        cmocka_unit_test(test_what_looks_like_ascii_is_told_apart),
        cmocka_unit_test(test_words_of_ascii),
        cmocka_unit_test(test_bytes_that_are_no_text),
        cmocka_unit_test(test_each_is_sorted_once),
        cmocka_unit_test(test_want_of_memory_is_a_problem),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
