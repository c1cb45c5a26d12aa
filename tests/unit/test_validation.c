/* SPDX-License-Identifier: MIT */
/* What validate prints: every allocation fails once, lines of all kinds are shown as they are. */
#include "daemon/report/validation.h"

#include "daemon/report/excerpt.h"
#include "tests/unit/failing.h"
#include "tests/unit/test_config.h"

typedef int (*Append)(const Validation *validation, Buf *buf);

static const Append appends[] = {validation_append_text, validation_append_json,
                                 validation_append_github, validation_append_gitlab};

static void every_allocation_fails(Append append, const Validation *validation)
{
    _cleanup_(buf_done) Buf whole = {0};
    bool did_fail;
    long index = 0;

    assert_int_equal(append(validation, &whole), 0);
    do {
        _cleanup_(buf_done) Buf text = {0};
        int r;

        failing_after(index++);
        r = append(validation, &text);
        did_fail = failing_stop();
        assert_true(r == 0 || (did_fail && r == -ENOMEM));
        /* A line that cannot be read is left out; libcrypto does without some of what it asks for.
         */
        if (r == 0 && append != validation_append_text)
            assert_string_equal(buf_text(&text), buf_text(&whole));
    } while (did_fail);
    assert_true(index > 3);
}

static void test_want_of_memory_is_told(void **state)
{
    _cleanup_(problems_done) Problems problems = {0};
    const Validation validation = {.problems = &problems,
                                   .is_of_files = true,
                                   .is_without_settings = true,
                                   .shows_lines = true};

    (void)state;
    if (!failing_is_possible())
        skip();
    put_file("a.yaml", "one\ntwo\nthree\n");
    problems.document_count = 2;
    problems_add(&problems, "a.yaml", 2, 2, "key", "wrong: %s", "x");
    problems_add(&problems, "a.yaml", 3, 1, "key", "wrong: %s", "y");
    problems_add(&problems, "b.yaml", 0, 0, "", "not there");
    problems.dropped = 3;
    for (size_t i = 0; i < ELEMENTS(appends); i++)
        every_allocation_fails(appends[i], &validation);
}

static void test_formats_have_words(void **state)
{
    ValidationFormat format;

    (void)state;
    assert_int_equal(validation_parse_format("gitlab", &format), 0);
    assert_int_equal(format, VALIDATION_GITLAB);
    assert_int_equal(validation_parse_format("text", &format), 0);
    assert_int_equal(format, VALIDATION_TEXT);
    assert_int_equal(validation_parse_format("", &format), -EINVAL);
    assert_int_equal(validation_parse_format("JSON", &format), -EINVAL);
}

/* What stands in the file, the place, the key behind which nothing is shown, and what is shown. */
typedef struct Line {
    const char *text;
    size_t line, column, key_column;
    const char *shown;
} Line;

static void test_a_line_is_shown_with_its_caret(void **state)
{
    static const Line lines[] = {
        {"a\nbcd\n", 2, 3, 0, "    bcd\n      ^\n"},
        {"a\nbcd", 2, 1, 0, "    bcd\n    ^\n"},
        {"a\r\nbcd\r\n", 2, 2, 0, "    bcd\n     ^\n"},
        {"a\rbcd", 2, 2, 0, "    bcd\n     ^\n"},
        {"a\xc2\x85"
         "b\xe2\x80\xa8"
         "cd\xe2\x80\xa9",
         3, 2, 0, "    cd\n     ^\n"},
        {"bcd", 1, 4, 0, "    bcd\n       ^\n"},
        {"bcd", 1, 9, 0, "    bcd\n       ^\n"},
        {"b\td", 1, 3, 0, "    b<U+0009>d\n             ^\n"},
        {"b\xff"
         "d",
         1, 3, 0, "    b?d\n      ^\n"},
        {"", 1, 1, 0, ""},
        {"a\n", 2, 1, 0, ""},
        {"a\n", 3, 1, 0, ""},
        {"a\n", 1, 0, 0, ""},
        {"key: secret", 1, 1, 1, "    key\n    ^\n"},
        {"{a: 1, key: secret}", 1, 8, 8, "    {a: 1, key\n           ^\n"},
        {"{a: 1, key: secret}", 1, 13, 8, ""},
        {"\"k: y\": secret", 1, 1, 1, "    \"k: y\"\n    ^\n"},
        {"'key: secret", 1, 1, 1, ""},
        {"key", 1, 1, 1, "    key\n    ^\n"},
        {"key, secret", 1, 1, 1, "    key\n    ^\n"},
    };

    (void)state;
    for (size_t i = 0; i < ELEMENTS(lines); i++) {
        _cleanup_(excerpt_done) Excerpt excerpt = {0};
        _cleanup_(buf_done) Buf shown = {0};

        put_file("a.yaml", lines[i].text);
        excerpt_open(&excerpt, "a.yaml");
        excerpt_append(&excerpt, lines[i].line, lines[i].column, lines[i].key_column, &shown);
        assert_string_equal(buf_text(&shown), lines[i].shown);
    }
}

static void test_lines_may_come_in_any_order(void **state)
{
    _cleanup_(excerpt_done) Excerpt excerpt = {0};
    _cleanup_(buf_done) Buf shown = {0};

    (void)state;
    put_file("a.yaml", "a\nb\nc\n");
    put_file("b.yaml", "d\n");
    excerpt_open(&excerpt, "a.yaml");
    excerpt_append(&excerpt, 3, 1, 0, &shown);
    excerpt_append(&excerpt, 1, 1, 0, &shown);
    excerpt_open(&excerpt, "b.yaml");
    excerpt_append(&excerpt, 1, 1, 0, &shown);
    excerpt_open(&excerpt, "nowhere");
    excerpt_append(&excerpt, 1, 1, 0, &shown);
    assert_string_equal(buf_text(&shown), "    c\n    ^\n    a\n    ^\n    d\n    ^\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_DIRECTORY(test_want_of_memory_is_told),
        cmocka_unit_test(test_formats_have_words),
        IN_DIRECTORY(test_a_line_is_shown_with_its_caret),
        IN_DIRECTORY(test_lines_may_come_in_any_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
