/* SPDX-License-Identifier: MIT */
/* Typed access to JSON that tests wrote, and strict parsing of JSON that clients send. */
#include "tests/romasim/jsonget.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "tests/romasim/alloc.h"

void jsonget_fail(JsonError *e, const char *format, ...)
{
    va_list args;

    if (e->text)
        return;
    va_start(args, format);
    if (vasprintf(&e->text, format, args) < 0)
        alloc_die("out of memory");
    va_end(args);
}

/* The value, NULL when absent or null; of another type it is a mistake. */
static json_object *get(JsonError *e, json_object *o, const char *key, json_type type)
{
    json_object *value = NULL;

    if (!json_object_is_type(o, json_type_object) || !json_object_object_get_ex(o, key, &value) ||
        !value)
        return NULL;
    if (json_object_is_type(value, type))
        return value;
    jsonget_fail(e, "%s must be of type %s", key, json_type_to_name(type));
    return NULL;
}

const char *jsonget_string(JsonError *e, json_object *o, const char *key)
{
    json_object *value = get(e, o, key, json_type_string);

    return value ? json_object_get_string(value) : NULL;
}

char *jsonget_copy(JsonError *e, json_object *o, const char *key, const char *otherwise)
{
    const char *value = jsonget_string(e, o, key);

    return alloc_copy(value ? value : otherwise);
}

int jsonget_int(JsonError *e, json_object *o, const char *key, int otherwise)
{
    json_object *value = get(e, o, key, json_type_int);
    int64_t number;

    if (!value)
        return otherwise;
    number = json_object_get_int64(value);
    if (number < INT_MIN || number > INT_MAX)
        jsonget_fail(e, "%s is out of range", key);
    return (int)number;
}

bool jsonget_bool(JsonError *e, json_object *o, const char *key, bool otherwise)
{
    json_object *value = get(e, o, key, json_type_boolean);

    return value ? json_object_get_boolean(value) : otherwise;
}

json_object *jsonget_object(JsonError *e, json_object *o, const char *key)
{
    return get(e, o, key, json_type_object);
}

json_object *jsonget_array(JsonError *e, json_object *o, const char *key)
{
    return get(e, o, key, json_type_array);
}

size_t jsonget_length(json_object *array_or_null)
{
    return array_or_null ? json_object_array_length(array_or_null) : 0;
}

bool jsonget_has(json_object *o, const char *key)
{
    return json_object_object_get_ex(o, key, NULL);
}

bool jsonget_is_listed(const char *key, const char *const *keys)
{
    for (; *keys; keys++)
        if (strcmp(*keys, key) == 0)
            return true;
    return false;
}

void jsonget_only(JsonError *e, json_object *o, const char *what, const char *const *keys)
{
    if (!json_object_is_type(o, json_type_object)) {
        jsonget_fail(e, "%s must be an object", what);
        return;
    }
    json_object_object_foreach(o, key, value)
    {
        (void)value;
        if (!jsonget_is_listed(key, keys))
            jsonget_fail(e, "unknown key %s in %s", key, what);
    }
}

json_object *jsonget_parse(const char *text, size_t len)
{
    struct json_tokener *tokener;
    json_object *root = NULL;

    if (len == 0 || len > INT_MAX)
        return NULL;
    tokener = json_tokener_new();
    if (!tokener)
        alloc_die("out of memory");
    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
    root = json_tokener_parse_ex(tokener, text, (int)len);
    if (!root || json_tokener_get_error(tokener) != json_tokener_success) {
        json_object_put(root);
        root = NULL;
    }
    json_tokener_free(tokener);
    return root;
}
