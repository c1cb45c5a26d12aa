/* SPDX-License-Identifier: MIT */
/*
 * Fuzzes what tells whether all of a JSON text was made (json-c loses parts when memory runs out).
 * What json-c writes of what it read is whole; what lacks any one part of it is not. The first byte
 * chooses the part.
 */
#include <assert.h>
#include <string.h>

#include "daemon/base/mem.h"
#include "daemon/json/json_read.h"
#include "daemon/json/json_whole.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *read_value(const char *text, size_t size, json_object **ret_value,
                              size_t *ret_used)
{
    static JsonParser parser;

    if (!parser.tokener)
        assert(json_read_parser_init(&parser) == 0);
    *ret_value = NULL;
    return json_read_read_value(&parser, text, size, ret_value, ret_used);
}

static void check_written(json_object *value)
{
    const char *text = json_object_to_json_string(value);
    json_object *again;
    size_t used;

    assert(json_is_whole(text, strlen(text), value));
    assert(!read_value(text, strlen(text) + 1, &again, &used));
    assert(used == strlen(text));
    json_object_put(again);
}

static void drop_member(json_object *object, size_t number)
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
static bool drop_part(json_object *value, size_t number)
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
    json_object *value;
    size_t used;

    if (size == 0)
        return 0;
    text = strndup((const char *)data + 1, size - 1);
    assert(text);
    if (json_read_check(text, strlen(text), NULL) < 0 ||
        read_value(text, strlen(text) + 1, &value, &used))
        return 0;
    check_written(value);
    if (drop_part(value, data[0]))
        assert(!json_is_whole(text, used, value) && !json_is_whole_prepared(text, used, value));
    json_object_put(value);
    return 0;
}
