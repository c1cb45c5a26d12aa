/* SPDX-License-Identifier: MIT */
/*
 * Fuzzes the quick readers of JSON against json-c's. What json_pull.h takes of a text json_parser.h
 * takes, with the same end, and it means the same; a page that is taken without a tree is one with
 * it, row by row, and it does not matter in which pieces it arrives. The first byte chooses the
 * reader, the second where the text is cut.
 */
#include <assert.h>
#include <errno.h>
#include <json-c/json.h>
#include <string.h>

#include "daemon/base/mem.h"
#include "daemon/base/str.h"
#include "daemon/json/json_shape.h"
#include "tests/fuzz/same_page.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static JsonParser parser;

/* ---- values ---- */

static void check_string(const JsonSpan *span, const Json *value)
{
    char meant[JSON_STRING_SIZE_MAX];
    const char *text = NULL;
    size_t size;
    int r = json_get_string(value, &text);

    assert(json_is_string(value));
    assert(json_span_get_string(span, meant, &size) == r);
    assert(r < 0 || (strlen(text) == size && memcmp(text, meant, size) == 0));
}

static void check_integer(const JsonSpan *span, const Json *value)
{
    int64_t number = -1, meant = -2;

    assert(json_get_integer(value, INT64_MIN, INT64_MAX, &number) == 0);
    assert(json_span_get_integer(span, INT64_MIN, INT64_MAX, &meant) == 0 && meant == number);
}

static void check_same(const JsonSpan *span, const Json *value)
{
    switch ((JsonKind)span->kind) {
    case JSON_NULL:
        assert(!value);
        break;
    case JSON_FALSE:
        assert(json_is_false(value));
        break;
    case JSON_TRUE:
        assert(json_is_true(value));
        break;
    case JSON_INTEGER:
        check_integer(span, value);
        break;
    case JSON_FRACTION:
        assert(json_object_is_type(value, json_type_double));
        break;
    case JSON_STRING:
        check_string(span, value);
        break;
    case JSON_ARRAY:
        assert(json_is_array(value));
        break;
    case JSON_OBJECT:
        assert(json_is_object(value));
        break;
    case JSON_NONE:
        assert(false);
    }
}

static void check_value(const char *text, size_t size)
{
    JsonPull pull = {.at = text, .end = text + size};
    Json *value = NULL;
    JsonSpan span;
    size_t used = 0;

    if (json_pull_value(&pull, &span) < 0)
        return;
    assert(json_check(text, (size_t)(pull.at - text), NULL) == 0);
    assert(!json_parse_value(&parser, text, size, &value, &used));
    /* White space behind a number may count as read. */
    while (pull.at < pull.end && used > (size_t)(pull.at - text) && memchr(" \n\r\t", *pull.at, 4))
        pull.at++;
    assert(used == (size_t)(pull.at - text));
    check_same(&span, value);
    json_free(value);
}

/* An object's values by a shape that has learnt from it, or from another. */
static void check_shape(const char *text, size_t size)
{
    static const char *const wanted[] = {"a", "id", "host", "member_group_name"};
    static JsonShape shape = {.wanted = wanted, .wanted_count = ELEMENTS(wanted)};
    JsonPull pull = {.at = text, .end = text + size};
    JsonSpan values[ELEMENTS(wanted)], whole;

    while (json_shape_pull(&shape, &pull, values) == 0) {
        JsonPull again = {.at = text, .end = text + size};
        Json *object = NULL;
        size_t used = 0;
        int r = json_pull_value(&again, &whole);

        /* Of names in objects around one another it has room for fewer. */
        assert(r == -EPROTO || (r == 0 && again.at == pull.at));
        assert(!json_parse_value(&parser, text, size, &object, &used));
        for (size_t i = 0; i < ELEMENTS(wanted); i++) {
            assert((values[i].kind <= JSON_NULL) == !json_find(object, wanted[i]));
            if (values[i].kind != JSON_NONE)
                check_same(&values[i], json_find(object, wanted[i]));
        }
        json_free(object);
        size -= (size_t)(pull.at - text);
        text = pull.at;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data + 2;
    size_t cut;

    if (size < 2)
        return 0;
    if (!parser.tokener)
        assert(json_parser_init(&parser) == 0);
    size -= 2;
    cut = size * data[1] / UINT8_MAX;
    switch (data[0] % 4) {
    case 0:
        same_members(&parser, text, size, cut);
        break;
    case 1:
        same_channels(&parser, text, size, cut);
        break;
    case 2:
        check_value(text, size);
        break;
    default:
        check_shape(text, size);
        break;
    }
    return 0;
}
