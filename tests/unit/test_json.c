/* SPDX-License-Identifier: MIT */
/* JSON texts: whole or an error that says where and what; typed getters; what is written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "daemon/json/json_parser.h"
#include "daemon/json/json_writer.h"

static Json *parse(const char *text)
{
    Json *root = NULL;
    Err err = {0};

    if (json_parse_once(text, strlen(text), &root, &err) < 0)
        fail_msg("%s: %s", text, err.text);
    return root;
}

static void assert_refused(const char *text, size_t size, const char *wanted)
{
    Json *root = NULL;
    Err err = {0};

    if (json_parse_once(text, size, &root, &err) != -EPROTO)
        fail_msg("%s is taken", text);
    assert_null(root);
    if (!strstr(err.text, wanted))
        fail_msg("%s: \"%s\" instead of \"%s\"", text, err.text, wanted);
}

static void test_what_is_no_json_says_where_and_what(void **state)
{
    static const struct {
        const char *text, *wanted;
    } cases[] = {
        {"", "an empty body"},
        {" \n", "an empty body"},
        {"\xef\xbb\xbf{}", "byte order mark"},
        {"\xff\xfe{\xff", "UTF-16"},
        {"<html>", "HTML instead of JSON"},
        {"null", "JSON, but null instead of an object"},
        {"[]", "JSON, but an array instead of an object"},
        {"12", "JSON, but a whole number instead of an object"},
        {"{\"a\": 1, \"a\": 2}", "duplicate key"},
        {"{\"a\": 1} x", "more after its end, at byte 9"},
        {"{\"a\": 1}{}", "more after its end, at byte 8"},
        {"{\"a\": 1", "(7 bytes: it ends too early, at byte 7)"},
        {"{\"a\": 1,}", "at byte 8"},
        {"{\"a\": \"\xff\"}", "it is not in UTF-8, at byte 7"},
        {"{\"a\": \"\xed\xa0\x80\"}", "it is not in UTF-8, at byte 7"},
        {"{\"a\": NaN}", "not a word of JSON"},
        {"{\"a\": [-Infinity]}", "not a word of JSON"},
        {"{\"a\": {\"b\": Infinity}}", "not a word of JSON"},
        {"{/**/}", "at byte 1"},
        {"{'a': 1}", "not a word of JSON"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_refused(cases[i].text, strlen(cases[i].text), cases[i].wanted);
    assert_refused("{}\0", 3, "more after its end");
    assert_refused("{\"a\": \"\\ud800\", \"b\": 1", 21, "it ends too early");
}

/* UTF-8 is looked for in steps: wherever a byte stands that is none, it is found and named. */
static void test_utf8_at_every_place(void **state)
{
    enum { SIZE = 150 };
    char text[SIZE + 1], wanted[64];

    (void)state;
    memset(text, 'x', SIZE);
    memcpy(text, "{\"a\":\"", 6);
    memcpy(text + SIZE - 2, "\"}", 3);
    for (size_t at = 6; at < SIZE - 3; at++) {
        Json *root;

        memcpy(text + at, "\xc3\xa4", 2);
        root = parse(text);
        assert_int_equal(strlen(json_as_text(json_find(root, "a"))), SIZE - 8);
        json_free(root);
        text[at + 1] = 'x';
        snprintf(wanted, sizeof(wanted), "it is not in UTF-8, at byte %zu", at);
        assert_refused(text, SIZE, wanted);
        text[at] = 'x';
    }
}

/* Reading leaves the thread's locale as it was, and does not go by it. */
/* As json-c 0.18 has to be fed, whichever this one is: the same is taken, and read alike. */
static void test_characters_as_escapes(void **state)
{
    static const char *const texts[] = {
        "{\"\xc3\xa9\":\"\xe7\xbb\x84\",\"x\":[1,\"\xf0\x9f\x92\xb0\",null,-0.5e3]} more \xc3\xa9",
        "{\"a\":\"\\\\\xc3\xa9\",\"b\":\"\\u00e9\\n\xc2\x80\xef\xbf\xbf\xf4\x8f\xbf\xbf\"}",
        "{\"a\":\"\\\xc3\xa9\"}",
        "{\"a\":\"\\\\\\\xc3\xa9\"}",
        "{\"a\":\"\\u00\xc3\xa9\"}",
        "{\xc3\xa9}",
        "{\"a\":1\xc3\xa9}",
        "\xc3\xa9",
        "{\"a\":\"\xc3\xa9",
        "{\"a\":\"\\ud83d\xc3\xa9\"}",
        "{\"a\":\"plain\",\"b\":12345}",
        "{\"\xc3\xa9\":1,\"\\u00e9\":2}",
    };
    JsonParser as_is, escaping;

    (void)state;
    assert_int_equal(json_parser_init(&as_is), 0);
    assert_int_equal(json_parser_init(&escaping), 0);
    escaping.must_escape = true;
    for (size_t i = 0; i < ELEMENTS(texts); i++) {
        size_t size = strlen(texts[i]), used = 0, escaped_used = 0;
        Json *value = NULL, *escaped = NULL;
        const char *reason = json_parse_value(&as_is, texts[i], size, &value, &used);
        const char *other = json_parse_value(&escaping, texts[i], size, &escaped, &escaped_used);

        if (!reason != !other)
            fail_msg("%s: %s, and %s", texts[i], reason ? reason : "taken",
                     other ? other : "taken");
        if (!reason) {
            assert_int_equal(escaped_used, used);
            assert_string_equal(json_as_text(escaped), json_as_text(value));
        }
        json_free(value);
        json_free(escaped);
    }
    json_parser_done(&escaping);
    json_parser_done(&as_is);
}

static void test_the_locale_stays(void **state)
{
    locale_t mine = newlocale(LC_ALL_MASK, "C.UTF-8", (locale_t)0), before;

    (void)state;
    assert_true(mine != (locale_t)0);
    before = uselocale(mine);
    json_free(parse("{\"a\": 1.5}"));
    assert_refused("{\"a\": 1,5}", 10, "at byte");
    assert_true(uselocale(before) == mine);
    freelocale(mine);
}

static void assert_deep(size_t levels, bool fits)
{
    _cleanup_(buf_done) Buf text = {0};
    _cleanup_(json_freep) Json *root = NULL;

    for (size_t i = 0; i < levels; i++)
        buf_puts(&text, "{\"a\":");
    buf_puts(&text, "1");
    for (size_t i = 0; i < levels; i++)
        buf_puts(&text, "}");
    assert_int_equal(json_parse_once(text.data, text.size, &root, NULL), fits ? 0 : -EPROTO);
}

static void test_depth(void **state)
{
    (void)state;
    assert_deep(JSON_DEPTH_MAX - 1, true);
    assert_deep(JSON_DEPTH_MAX + 1, false);
    assert_deep(100000, false);
}

static void test_getters_take_nothing_for_a_number_that_is_none(void **state)
{
    _cleanup_(json_freep) Json *root =
        parse("{\"text\": \"3\", \"half\": 1.5, \"one\": 1.0, \"big\": 18446744073709551619,"
              " \"max\": 9223372036854775807, \"zero\": 0, \"minus\": -1, \"null\": null, \"yes\":"
              " true, \"ok\": 7}");
    static const char *const odd[] = {"text", "half", "one", "big", "zero", "minus", "yes"};
    uint64_t number;
    int64_t signed_number;
    Err err = {0};

    (void)state;
    for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
        assert_int_equal(json_take_number(root, odd[i], INT64_MAX, &number, &err), -EINVAL);
        assert_non_null(strstr(err.text, "whole number from 1 to 9223372036854775807"));
    }
    assert_int_equal(json_get_integer(json_find(root, "big"), 0, INT64_MAX - 1, &signed_number),
                     -EPROTO);
    assert_int_equal(json_take_number(root, "max", INT64_MAX, &number, &err), 0);
    assert_int_equal(number, INT64_MAX);
    assert_int_equal(json_take_number(root, "max", 500, &number, &err), -EINVAL);
    assert_int_equal(json_take_number(root, "null", 500, &number, &err), 0);
    assert_int_equal(number, 0);
    assert_int_equal(json_take_number(root, "ok", 7, &number, &err), 0);
    assert_int_equal(number, 7);
}

/* The getters take it for out of range, whichever json-c reads it; what is beside it is read. */
static void test_whole_numbers_that_64_bits_do_not_hold(void **state)
{
    static const struct {
        const char *text, *shown;
    } numbers[] = {
        {"18446744073709551615", "18446744073709551615"},
        {"18446744073709551616", "18446744073709551615"},
        {"99999999999999999999999", "18446744073709551615"},
        {"-9223372036854775808", "-9223372036854775808"},
        {"-9223372036854775809", "-9223372036854775808"},
        {"0.99999999999999999999999", "0.99999999999999999999999"},
        {"1e-99999999999999999999999", "1e-99999999999999999999999"},
        {"\"99999999999999999999999\"", "99999999999999999999999"},
        {"\"\\\"99999999999999999999999\"", "\"99999999999999999999999"},
    };

    (void)state;
    for (size_t i = 0; i < ELEMENTS(numbers); i++) {
        _cleanup_(buf_done) Buf text = {0};
        _cleanup_(json_freep) Json *root = NULL;
        Json *list;

        /* The first of them is one, in any case. */
        buf_printf(&text, "{\"a\": 99999999999999999999, \"\u00e9\": [%s, {\"b\": [%s]}, %s]}",
                   numbers[i].text, numbers[i].text, numbers[i].text);
        root = parse(buf_text(&text));
        assert_int_equal(json_as_number(json_find(root, "a")), UINT64_MAX);
        list = json_find(root, "\u00e9");
        assert_int_equal(json_length(list), 3);
        assert_string_equal(json_as_text(json_at(list, 0)), numbers[i].shown);
        assert_string_equal(json_as_text(json_at(json_find(json_at(list, 1), "b"), 0)),
                            numbers[i].shown);
        assert_string_equal(json_as_text(json_at(list, 2)), numbers[i].shown);
    }
    assert_refused("{\"a\": 99999999999999999999, \"b\": 099999999999999999999}", 55, "at byte");
    assert_refused("{\"a\": -}", 8, "at byte");
    assert_refused("{\"a\": 99999999999999999999", 26, "it ends too early");
}

static void test_a_request(void **state)
{
    static const char *const keys[] = {"channel", NULL};
    _cleanup_(buf_done) Buf body = {0};
    Json *root = NULL;
    const char *text;
    bool value;
    Err err = {0};

    (void)state;
    assert_int_equal(json_parse_request(&body, &root, &err), 0);
    assert_int_equal(json_check_keys(root, keys, &err), 0);
    assert_int_equal(json_take_text(root, "channel", false, &text, &err), 0);
    assert_null(text);
    assert_int_equal(json_take_text(root, "channel", true, &text, &err), -EINVAL);
    assert_string_equal(err.text, "channel: missing, should be a text");
    json_free(root);
    buf_puts(&body, "{\"channel\": \"\", \"x\": 1, \"all\": \"true\"}");
    assert_int_equal(json_parse_request(&body, &root, &err), 0);
    assert_int_equal(json_check_keys(root, keys, &err), -EINVAL);
    assert_string_equal(err.text, "x: unknown key");
    assert_int_equal(json_take_text(root, "channel", false, &text, &err), -EINVAL);
    assert_int_equal(json_take_bool(root, "all", &value, &err), -EINVAL);
    json_free(root);
    root = parse("{\"channel\": null}");
    assert_int_equal(json_check_keys(root, keys, &err), -EINVAL);
    assert_string_equal(err.text, "channel: null, should be a value, or be left out");
    json_free(root);
    buf_puts(&body, "}");
    assert_int_equal(json_parse_request(&body, &root, &err), -EINVAL);
    assert_string_equal(err.text, "the request's body is no JSON object: no valid JSON (39 bytes: "
                                  "more after its end, at byte 38)");
}

static void put_of_each(JsonWriter *writer)
{
    json_open_object(writer, NULL);
    json_put_text(writer, "text", "\"\\/\n\x01\x7f\xc2\x9b\xe2\x80\xae\xf3\xa0\x80\x81\xc3\xa4");
    json_put_text(writer, "none", "");
    json_put_string(writer, "empty", "");
    json_put_string(writer, "cut", "\xe2\x82");
    json_open_array(writer, "list");
    json_put_number(writer, NULL, UINT64_MAX);
    json_open_object(writer, NULL);
    json_close_object(writer);
    json_put_number_if(writer, NULL, false, 1);
    json_close_array(writer);
    json_open_array(writer, "nothing");
    json_close_array(writer);
    json_put_json(writer, "json", "{\"a\":[1.50,true]}");
    json_put_json(writer, "broken", "{\"a\":");
    json_close_object(writer);
}

static const char text_of_each[] =
    "{\n"
    "  \"text\": \"\\\"\\\\/\\n\\u0001\\u007f\\u009b\\u202e\\udb40\\udc01"
    "\xc3\xa4\",\n"
    "  \"none\": null,\n"
    "  \"empty\": \"\",\n"
    "  \"cut\": \"??\",\n"
    "  \"list\": [\n"
    "    18446744073709551615,\n"
    "    {},\n"
    "    null\n"
    "  ],\n"
    "  \"nothing\": [],\n"
    "  \"json\": {\n"
    "    \"a\": [\n"
    "      1.50,\n"
    "      true\n"
    "    ]\n"
    "  },\n"
    "  \"broken\": null\n"
    "}\n";

static void test_written(void **state)
{
    _cleanup_(buf_done) Buf buf = {0};
    JsonWriter writer = {.buf = &buf};

    (void)state;
    put_of_each(&writer);
    assert_int_equal(json_end(&writer), 0);
    assert_string_equal(buf.data, text_of_each);
}

static void test_a_tree_holds_what_the_text_says(void **state)
{
    _cleanup_(json_freep) Json *root = NULL;
    _cleanup_(buf_done) Buf buf = {0};
    JsonTree tree = {0};
    JsonWriter writer = {.tree = &tree};

    (void)state;
    put_of_each(&writer);
    assert_int_equal(json_tree_end(&tree, &root), 0);
    assert_int_equal(json_append(root, &buf), 0);
    assert_string_equal(buf.data, text_of_each);
    assert_true(json_is_integer(json_at(json_find(root, "list"), 0)));
}

static void test_a_failure_stays_in_its_text(void **state)
{
    _cleanup_(buf_done) Buf failed = {.failed = true}, fine = {0};
    JsonWriter writer = {.buf = &failed};

    (void)state;
    json_open_object(&writer, NULL);
    json_put_text(&writer, "a", "b");
    json_close_object(&writer);
    assert_int_equal(json_append_error("c", &fine), 0);
    assert_int_equal(json_end(&writer), -ENOMEM);
    assert_string_equal(fine.data, "{\n  \"error\": \"c\"\n}\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_no_json_says_where_and_what),
        cmocka_unit_test(test_utf8_at_every_place),
        cmocka_unit_test(test_characters_as_escapes),
        cmocka_unit_test(test_the_locale_stays),
        cmocka_unit_test(test_depth),
        cmocka_unit_test(test_getters_take_nothing_for_a_number_that_is_none),
        cmocka_unit_test(test_whole_numbers_that_64_bits_do_not_hold),
        cmocka_unit_test(test_a_request),
        cmocka_unit_test(test_written),
        cmocka_unit_test(test_a_tree_holds_what_the_text_says),
        cmocka_unit_test(test_a_failure_stays_in_its_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
