/* SPDX-License-Identifier: MIT */
/*
 * Fuzzes JSON texts. What is written of what was read is whole, reads as the same, and holds
 * nothing that steers a terminal; what lacks any one part of a text is not whole (json-c loses
 * parts when memory runs out). The first byte chooses the part.
 */
#include <assert.h>
#include <json-c/json.h>
#include <string.h>

#include "daemon/base/mem.h"
#include "daemon/json/json_parser.h"
#include "daemon/json/json_whole.h"
#include "daemon/json/json_writer.h"
#include "tests/fuzz/shown.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *read_value(const char *text, size_t size, Json **ret_value, size_t *ret_used)
{
    static JsonParser parser;

    if (!parser.tokener)
        assert(json_parser_init(&parser) == 0);
    *ret_value = NULL;
    return json_parse_value(&parser, text, size, ret_value, ret_used);
}

static void check_written(Json *value)
{
    _cleanup_(buf_done) Buf first = {0}, second = {0};
    Json *again;
    size_t used;

    assert(json_append(value, &first) == 0);
    shown_check(&first);
    assert(!read_value(first.data, first.size, &again, &used));
    /* The newline at its end may count as read or not. */
    assert(used == first.size || used == first.size - 1);
    assert(json_is_whole(first.data, used, value) && json_is_whole(first.data, used, again));
    assert(json_append(again, &second) == 0);
    assert(second.size == first.size && memcmp(first.data, second.data, first.size) == 0);
    json_free(again);
}

static void drop_member(Json *object, size_t number)
{
    char *name = NULL;

    json_object_object_foreach(object, key, value)
    {
        (void)value;
        if (number-- == 0)
            name = key;
    }
    json_object_object_del(object, name);
}

/* Goes down the first members and elements that lead further, and drops one there. */
static bool drop_part(Json *value, size_t number)
{
    size_t length;

    if (json_object_is_type(value, json_type_array)) {
        length = json_object_array_length(value);
        if (length == 0)
            return false;
        if (drop_part(json_object_array_get_idx(value, number % length), number / length))
            return true;
        return json_object_array_del_idx(value, number % length, 1) == 0;
    }
    if (!json_object_is_type(value, json_type_object) || json_object_object_length(value) == 0)
        return false;
    drop_member(value, number % (size_t)json_object_object_length(value));
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    _cleanup_free_ char *text = NULL;
    Json *value;
    size_t used;

    if (size == 0)
        return 0;
    text = strndup((const char *)data + 1, size - 1);
    assert(text);
    if (json_check(text, strlen(text), NULL) < 0 ||
        read_value(text, strlen(text) + 1, &value, &used))
        return 0;
    check_written(value);
    if (drop_part(value, data[0]))
        assert(!json_is_whole(text, used, value) && !json_is_whole_prepared(text, used, value));
    json_free(value);
    return 0;
}
