/* SPDX-License-Identifier: MIT */
/* JSON read where it stands: what is taken, and what is left to json-c. */
#include "tests/unit/codec_case.h"

#include <errno.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/json/json_shape.h"

static int pull(const char *text, JsonSpan *ret_span)
{
    JsonPull reader = {.at = text, .end = text + strlen(text)};
    int r = json_pull_value(&reader, ret_span);

    return r < 0 ? r : json_pull_expect(&reader, ';');
}

/* RFC 8259 and RFC 3629, and what is left to json-c. */
static void test_values(void **state)
{
    static const struct {
        const char *text;
        int r;
    } rows[] = {
        {"null;", 0},
        {" [ true , false ] ;", 0},
        {"{\"a\":{\"a\":1},\"b\":2};", 0},
        {"{\"\":0, \"a\":0, \"A\":0};", 0},
        {"0;", 0},
        {"-0;", 0},
        {"-1.50E-7;", 0},
        {"1e5;", 0},
        {"999999999999999999;", 0},
        {"\"\xed\x9f\xbf\xee\x80\x80\xf4\x8f\xbf\xbf\x7f\";", 0},
        {"\"\\ud800\\udc00\\u0000\";", 0},
        {"", -EAGAIN},
        {"nul", -EAGAIN},
        {"1", -EAGAIN},
        {"1.", -EAGAIN},
        {"1.5e+", -EAGAIN},
        {"-", -EAGAIN},
        {"\"a", -EAGAIN},
        {"\"\\u00", -EAGAIN},
        {"\"\\ud800", -EAGAIN},
        {"\"\xf0\x9f\x98", -EAGAIN},
        {"[1,", -EAGAIN},
        {"{\"a\"", -EAGAIN},
        {"nulL;", -EPROTO},
        {"NaN;", -EPROTO},
        {"'a';", -EPROTO},
        {"01;", -EPROTO},
        {"-a;", -EPROTO},
        {"+1;", -EPROTO},
        {"1.e5;", -EPROTO},
        {"1e;", -EPROTO},
        {"1000000000000000000;", -EPROTO},
        {"[1,];", -EPROTO},
        {"[,1];", -EPROTO},
        {"[1 2];", -EPROTO},
        {"{\"a\":1,};", -EPROTO},
        {"{\"a\" 1};", -EPROTO},
        {"{a:1};", -EPROTO},
        {"{\"a\":1,\"a\":1};", -EPROTO},
        {"{\"\\u0061\":1};", -EPROTO},
        {"[{\"b\":{\"a\":1,\"a\":2}}];", -EPROTO},
        {"\"\n\";", -EPROTO},
        {"\"\\x\";", -EPROTO},
        {"\"\\u00g0\";", -EPROTO},
        {"\"\\ud800\\u0041\";", -EPROTO},
        {"\"\\udc00\";        ", -EPROTO},
        {"\"\xc0\x80\";  ", -EPROTO},
        {"\"\xed\xa0\x80\";  ", -EPROTO},
        {"\"\xf4\x90\x80\x80\";", -EPROTO},
        {"\"\xe9\";    ", -EPROTO},
        {"[1 /* */];", -EPROTO},
        {"\v1;", -EPROTO},
    };
    JsonSpan span;

    (void)state;
    for (size_t i = 0; i < ELEMENTS(rows); i++) {
        int r = pull(rows[i].text, &span);

        if (r != rows[i].r)
            fail_msg("%s: %d", rows[i].text, r);
    }
}

/* json-c 0.16 reads U+FFFD where a pair stands for what has the end of half a pair's number. */
static void test_pairs(void **state)
{
    JsonSpan span;

    (void)state;
    assert_int_equal(pull("\"\\ud835\\udfff\\ud838\\udc00\\udbff\\udfff\";", &span), 0);
    assert_int_equal(pull("\"\\ud836\\udc00\";", &span), -EPROTO);
    assert_int_equal(pull("\"\\ud837\\udfff\";", &span), -EPROTO);
    assert_int_equal(pull("\"\\ud876\\udc00\";", &span), -EPROTO);
}

static void test_depth(void **state)
{
    JsonParser *parser = &((CodecCase *)*state)->parser;
    char text[2 * JSON_DEPTH_MAX + 8];
    JsonSpan span;
    Json *value;

    for (size_t depth = 1; depth <= JSON_DEPTH_MAX + 1; depth++) {
        size_t used;
        int r;

        memset(text, '[', depth);
        text[depth] = '1';
        memset(text + depth + 1, ']', depth);
        text[2 * depth + 1] = ';';
        text[2 * depth + 2] = '\0';
        value = NULL;
        r = pull(text, &span);
        assert_int_equal(r, depth < JSON_DEPTH_MAX ? 0 : -EPROTO);
        assert_int_equal(!json_parse_value(parser, text, strlen(text), &value, &used), r == 0);
        json_free(value);
    }
}

/* ---- objects of one shape ---- */

static const char *const wanted[] = {"a", "bb", "a name of forty bytes, longer than slots"};

static int pull_shape(JsonShape *shape, const char *text, JsonSpan *values)
{
    JsonPull reader = {.at = text, .end = text + strlen(text)};

    return json_shape_pull(shape, &reader, values);
}

static void assert_values(JsonShape *shape, const char *text, const char *first, const char *second,
                          const char *third)
{
    const char *const expected[] = {first, second, third};
    JsonSpan values[ELEMENTS(wanted)];

    assert_int_equal(pull_shape(shape, text, values), 0);
    for (size_t i = 0; i < ELEMENTS(wanted); i++) {
        assert_int_equal(values[i].kind == JSON_NONE, !expected[i]);
        assert_true(!expected[i] || json_span_is(&values[i], expected[i]));
    }
}

/* Whatever the object before was like. */
#define SPACE "                                "

static void test_shapes(void **state)
{
    static const char *const twice[] = {
        "{\"a\":1,\"bb\":2,\"a\":3}" SPACE,
        "{\"a\":1,\"a\":3,\"bb\":2}" SPACE,
        "{\"x\":1,\"bb\":2,\"x\":3}" SPACE,
        "{\"bb\":1,\"a\":2,\"bb\":3}" SPACE,
        "{\"a\":1,\"a name of forty bytes, longer than slots\":2,"
        "\"a name of forty bytes, longer than slots\":3}" SPACE,
    };
    JsonShape shape = {.wanted = wanted, .wanted_count = ELEMENTS(wanted)};
    JsonSpan values[ELEMENTS(wanted)];

    (void)state;
    for (int i = 0; i < 2; i++) {
        assert_values(&shape, "{}" SPACE, NULL, NULL, NULL);
        assert_values(&shape, "{\"a\":1,\"bb\":2}" SPACE, "1", "2", NULL);
        assert_values(&shape, "{\"a\":3,\"bb\":4}" SPACE, "3", "4", NULL);
        assert_values(&shape, "{\"a\":3,\"bb\":4}", "3", "4", NULL);
        assert_values(&shape, "{\"a\":5,\"c\":6,\"bb\":7}" SPACE, "5", "7", NULL);
        assert_values(&shape, "{\"bb\":8,\"a\":9}" SPACE, "9", "8", NULL);
        assert_values(&shape, "{ \"bb\" : 8, \"a\":\n9 }" SPACE, "9", "8", NULL);
        assert_values(&shape, "{\"a name of forty bytes, longer than slots\":1,\"a\":2}" SPACE, "2",
                      NULL, "1");
        assert_values(&shape, "{\"aa\":1,\"b\":2}" SPACE, NULL, NULL, NULL);
        for (size_t j = 0; j < ELEMENTS(twice); j++)
            assert_int_equal(pull_shape(&shape, twice[j], values), -EPROTO);
    }
}

/* An object ends at its bracket, though what follows is what followed a value in the one before,
 * and however its last value is read. */
static void test_ends_of_shapes(void **state)
{
    static const char *const last[] = {"1", "0", "\"x\"", "\"\"", "null", "{}", "[1]", "1 ", "-1"};

    (void)state;
    for (size_t i = 0; i < ELEMENTS(last); i++) {
        JsonShape shape = {.wanted = wanted, .wanted_count = ELEMENTS(wanted)};
        JsonSpan values[ELEMENTS(wanted)];
        _cleanup_(buf_done) Buf text = {0};
        size_t size;

        buf_printf(&text, "{\"a\":%s}", last[i]);
        size = text.size;
        buf_puts(&text, "\"bb\":2}" SPACE);
        assert_values(&shape, "{\"a\":1,\"bb\":2}" SPACE, "1", "2", NULL);
        for (int j = 0; j < 2; j++) {
            JsonPull reader = {.at = text.data, .end = text.data + text.size};

            assert_int_equal(json_shape_pull(&shape, &reader, values), 0);
            assert_ptr_equal(reader.at, text.data + size);
            assert_int_equal(values[1].kind, JSON_NONE);
        }
    }
}

static void test_many_names(void **state)
{
    JsonShape shape = {.wanted = wanted, .wanted_count = ELEMENTS(wanted)};
    JsonSpan values[ELEMENTS(wanted)];

    (void)state;
    for (size_t count = JSON_NAMES_MAX; count <= JSON_NAMES_MAX + 1; count++) {
        _cleanup_(buf_done) Buf text = {0};

        for (size_t i = 0; i < count; i++)
            buf_printf(&text, "%c\"n%zu\":0", i > 0 ? ',' : '{', i);
        buf_puts(&text, "}" SPACE);
        for (int i = 0; i < 2; i++)
            assert_int_equal(pull_shape(&shape, text.data, values),
                             count > JSON_NAMES_MAX ? -EPROTO : 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CODEC_TEST(test_values), CODEC_TEST(test_pairs),          CODEC_TEST(test_depth),
        CODEC_TEST(test_shapes), CODEC_TEST(test_ends_of_shapes), CODEC_TEST(test_many_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
