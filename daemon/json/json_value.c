/* SPDX-License-Identifier: MIT */
#include "daemon/json/json_value.h"

#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <string.h>

#include "daemon/base/str.h"

void json_free(Json *root)
{
    json_object_put(root);
}

/* ---- what it is ---- */

bool json_is_object(const Json *value)
{
    return json_object_is_type(value, json_type_object);
}

bool json_is_array(const Json *value)
{
    return json_object_is_type(value, json_type_array);
}

bool json_is_string(const Json *value)
{
    return json_object_is_type(value, json_type_string);
}

bool json_is_integer(const Json *value)
{
    return json_object_is_type(value, json_type_int);
}

bool json_is_true(const Json *value)
{
    return json_object_is_type(value, json_type_boolean) && json_object_get_boolean(value);
}

bool json_is_false(const Json *value)
{
    return json_object_is_type(value, json_type_boolean) && !json_object_get_boolean(value);
}

const char *json_type_name(const Json *value)
{
    switch (json_object_get_type(value)) {
    case json_type_null:
        return "null";
    case json_type_boolean:
        return "a truth value";
    case json_type_double:
        return "a number with a fraction";
    case json_type_int:
        return "a whole number";
    case json_type_object:
        return "an object";
    case json_type_array:
        return "an array";
    case json_type_string:
        return "a string";
    }
    return "something else";
}

/* ---- what is in it ---- */

Json *json_find(const Json *object, const char *key)
{
    Json *value = NULL;

    if (json_is_object(object))
        json_object_object_get_ex(object, key, &value);
    return value;
}

size_t json_length(const Json *array)
{
    return json_is_array(array) ? json_object_array_length(array) : 0;
}

Json *json_at(const Json *array, size_t index)
{
    return index < json_length(array) ? json_object_array_get_idx(array, index) : NULL;
}

JsonField json_fields(const Json *object)
{
    return (JsonField){
        .next = json_is_object(object) ? lh_table_head(json_object_get_object(object)) : NULL};
}

bool json_next(JsonField *field)
{
    const struct lh_entry *entry = field->next;

    if (!entry)
        return false;
    field->key = lh_entry_k(entry);
    field->value = lh_entry_v(entry);
    field->next = lh_entry_next(entry);
    return true;
}

const char *json_as_text(const Json *value)
{
    /* json-c keeps the text within the value. */
    const char *text = value ? json_object_get_string((Json *)(uintptr_t)value) : NULL;

    return text ? text : "";
}

uint64_t json_as_number(const Json *value)
{
    return json_is_integer(value) ? json_object_get_uint64(value) : 0;
}

/* ---- exactly that, or an error ---- */

int json_get_string(const Json *value, const char **ret_text)
{
    const char *text;
    size_t size;

    if (!json_is_string(value))
        return -EPROTO;
    text = json_object_get_string((Json *)(uintptr_t)value);
    size = (size_t)json_object_get_string_len(value);
    if (size > JSON_STRING_SIZE_MAX || memchr(text, '\0', size))
        return -EPROTO;
    *ret_text = text;
    return 0;
}

int json_get_optional_string(const Json *value, const char **ret_text)
{
    if (value)
        return json_get_string(value, ret_text);
    *ret_text = "";
    return 0;
}

/* json-c puts what is beyond int64_t at its ends. */
int json_get_integer(const Json *value, int64_t min, int64_t max, int64_t *ret_number)
{
    int64_t number;

    if (!json_is_integer(value))
        return -EPROTO;
    number = json_object_get_int64(value);
    if (number < min || number > max)
        return -EPROTO;
    *ret_number = number;
    return 0;
}

int json_odd_field(Err *err, const char *list, size_t index, const char *field, const char *wanted,
                   const Json *value)
{
    return err_set(err, -EPROTO, "%s[%zu].%s: should be %s, is %s", list, index, field, wanted,
                   json_type_name(value));
}

/* ---- requests ---- */

int json_check_keys(const Json *root, const char *const *keys, Err *err)
{
    JsonField field = json_fields(root);

    while (json_next(&field)) {
        const char *const *known = keys;

        while (*known && !str_equal(*known, field.key))
            known++;
        if (!*known)
            return err_set(err, -EINVAL, "%.80s: unknown key", field.key);
        /* Else what a script could not fill in would count as not asked for. */
        if (!field.value)
            return err_set(err, -EINVAL, "%s: null, should be a value, or be left out", field.key);
    }
    return 0;
}

int json_take_text(const Json *root, const char *key, bool is_needed, const char **ret_text,
                   Err *err)
{
    const Json *value = json_find(root, key);
    const char *text;

    *ret_text = NULL;
    if (!value && !is_needed)
        return 0;
    if (!json_is_string(value))
        return err_set(err, -EINVAL, "%s: %s, should be a text", key,
                       value ? "of another type" : "missing");
    if (json_get_string(value, &text) < 0 || text[0] == '\0')
        return err_set(err, -EINVAL, "%s: should be a text of 1 to %d bytes", key,
                       JSON_STRING_SIZE_MAX);
    *ret_text = text;
    return 0;
}

/* json-c puts what is beyond uint64_t at its end. */
int json_take_number(const Json *root, const char *key, uint64_t max, uint64_t *ret_number,
                     Err *err)
{
    const Json *value = json_find(root, key);
    uint64_t number;

    *ret_number = 0;
    if (!value)
        return 0;
    number = json_is_integer(value) ? json_object_get_uint64(value) : 0;
    if (number == 0 || number > max)
        return err_set(err, -EINVAL, "%s: should be a whole number from 1 to %" PRIu64, key, max);
    *ret_number = number;
    return 0;
}

int json_take_bool(const Json *root, const char *key, bool *ret_value, Err *err)
{
    const Json *value = json_find(root, key);

    *ret_value = false;
    if (!value)
        return 0;
    if (!json_object_is_type(value, json_type_boolean))
        return err_set(err, -EINVAL, "%s: should be true or false", key);
    *ret_value = json_object_get_boolean(value);
    return 0;
}
