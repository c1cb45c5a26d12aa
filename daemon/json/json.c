/* SPDX-License-Identifier: MIT */
#include "daemon/json/json.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/str.h"
#include "daemon/base/utf8.h"
#include "daemon/json/json_whole.h"

#define DEPTH_MAX 8
#define TEXT_SIZE_MAX 1024

/* Something could not be made since the last json_append(). */
static bool json_failed;

static json_object *json_made(json_object *value)
{
    if (!value)
        json_failed = true;
    return value;
}

json_object *json_new_object(void)
{
    return json_made(json_object_new_object());
}

json_object *json_new_array(void)
{
    return json_made(json_object_new_array());
}

void json_put(json_object *object, const char *key, json_object *value)
{
    if (object && json_object_object_add(object, key, value) == 0)
        return;
    json_object_put(value);
    json_failed = true;
}

void json_add(json_object *array, json_object *value)
{
    if (array && value && json_object_array_add(array, value) == 0)
        return;
    json_object_put(value);
    json_failed = true;
}

/* What is cut to its place may end within a character, and file names are any bytes: JSON is UTF-8
 * all the same. */
void json_put_string(json_object *object, const char *key, const char *text)
{
    char *copy = strdup(text);

    if (copy)
        utf8_mend(copy);
    json_put(object, key, json_made(copy ? json_object_new_string(copy) : NULL));
    free(copy);
}

void json_put_text(json_object *object, const char *key, const char *text)
{
    if (str_is_empty(text))
        json_put(object, key, NULL);
    else
        json_put_string(object, key, text);
}

void json_put_number(json_object *object, const char *key, uint64_t number)
{
    json_put(object, key, json_made(json_object_new_uint64(number)));
}

void json_put_number_if(json_object *object, const char *key, bool is_known, uint64_t number)
{
    if (is_known)
        json_put_number(object, key, number);
    else
        json_put(object, key, NULL);
}

void json_put_bool(json_object *object, const char *key, bool value)
{
    json_put(object, key, json_made(json_object_new_boolean(value)));
}

/* json-c gives a text that lacks what there was no memory for, without a word. */
int json_append(json_object *root, Buf *buf)
{
    const char *text = json_object_to_json_string_ext(
        root, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED | JSON_C_TO_STRING_NOSLASHESCAPE);

    if (json_failed || !text || !json_is_whole(text, strlen(text), root))
        buf->failed = true;
    else
        buf_puts(buf, text);
    buf_putc(buf, '\n');
    json_object_put(root);
    json_failed = false;
    return buf_failed(buf);
}

int json_append_error(const char *text, Buf *buf)
{
    json_object *root = json_new_object();

    json_put_text(root, "error", text);
    return json_append(root, buf);
}

int json_parse_request(const Buf *body, json_object **ret_root, Err *err)
{
    json_tokener *tokener = json_tokener_new_ex(DEPTH_MAX);
    json_object *root;
    enum json_tokener_error error;
    bool is_object;
    size_t end;

    if (!tokener)
        return err_memory(err);
    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
    root = body->size ? json_tokener_parse_ex(tokener, body->data, (int)body->size)
                      : json_object_new_object();
    error = json_tokener_get_error(tokener);
    end = body->size ? json_tokener_get_parse_end(tokener) : 0;
    json_tokener_free(tokener);
    while (end < body->size && strchr(" \t\r\n", body->data[end]) && body->data[end])
        end++;
    is_object = error == json_tokener_success && end == body->size &&
                json_object_is_type(root, json_type_object);
    if (is_object && json_is_whole(buf_text(body), body->size, root)) {
        *ret_root = root;
        return 0;
    }
    json_object_put(root);
    if (is_object)
        return err_set(err, -EINVAL,
                       "a name stands twice in the request's body, or memory ran out");
    return err_set(err, -EINVAL, "the request's body is no JSON object");
}

int json_check_keys(json_object *root, const char *const *keys, Err *err)
{
    json_object_object_foreach(root, key, value)
    {
        const char *const *known = keys;

        (void)value;
        while (*known && !str_equal(*known, key))
            known++;
        if (!*known)
            return err_set(err, -EINVAL, "%.80s: unknown key", key);
    }
    return 0;
}

int json_get_text(json_object *root, const char *key, bool is_needed, const char **ret_text,
                  Err *err)
{
    json_object *value = NULL;
    const char *text;
    size_t size;

    json_object_object_get_ex(root, key, &value);
    if (!value && !is_needed) {
        *ret_text = NULL;
        return 0;
    }
    if (!json_object_is_type(value, json_type_string))
        return err_set(err, -EINVAL, "%s: %s, should be a text", key,
                       value ? "of another type" : "missing");
    text = json_object_get_string(value);
    size = (size_t)json_object_get_string_len(value);
    if (size == 0 || size > TEXT_SIZE_MAX || memchr(text, '\0', size))
        return err_set(err, -EINVAL, "%s: should be a text of 1 to %d bytes", key, TEXT_SIZE_MAX);
    *ret_text = text;
    return 0;
}

int json_get_number(json_object *root, const char *key, uint64_t *ret_number, Err *err)
{
    json_object *value = NULL;

    *ret_number = 0;
    json_object_object_get_ex(root, key, &value);
    if (!value)
        return 0;
    if (!json_object_is_type(value, json_type_int) || json_object_get_int64(value) < 1)
        return err_set(err, -EINVAL, "%s: should be a whole number from 1", key);
    *ret_number = (uint64_t)json_object_get_int64(value);
    return 0;
}

int json_get_bool(json_object *root, const char *key, bool *ret_value, Err *err)
{
    json_object *value = NULL;

    *ret_value = false;
    json_object_object_get_ex(root, key, &value);
    if (!value)
        return 0;
    if (!json_object_is_type(value, json_type_boolean))
        return err_set(err, -EINVAL, "%s: should be true or false", key);
    *ret_value = json_object_get_boolean(value);
    return 0;
}
