/* SPDX-License-Identifier: MIT */
#include "daemon/shared/fields.h"

#include <errno.h>
#include <string.h>

#include "daemon/base/base64.h"

int fields_parse(const char *text, size_t size, Json **ret_root, Err *err)
{
    return json_parse_once(text, size, ret_root, err);
}

int fields_text(const Json *root, const char *key, bool is_needed, Arena *arena,
                const char **ret_text, Err *err)
{
    const Json *value = json_find(root, key);
    const char *text = NULL;
    int r;

    *ret_text = NULL;
    if (!is_needed && json_is_string(value) && !json_as_text(value)[0])
        return 0;
    r = json_take_text(root, key, is_needed, &text, err);
    if (r < 0 || !text)
        return r;
    *ret_text = arena_string(arena, text);
    return *ret_text ? 0 : err_memory(err);
}

int fields_json(const Json *root, const char *key, Arena *arena, const char **ret_text, Err *err)
{
    _cleanup_(json_freep) Json *inside = NULL;
    const Json *value = json_find(root, key);
    const char *text;
    int r;

    *ret_text = NULL;
    if (!value)
        return 0;
    if (!json_is_string(value))
        return err_set(err, -EINVAL, "%s: should be a string, is %s", key, json_type_name(value));
    text = json_as_text(value);
    r = json_parse_once(text, strlen(text), &inside, err);
    if (r == -ENOMEM)
        return err_memory(err);
    if (r < 0)
        return err_context(err, -EINVAL, "%s: is no member", key);
    *ret_text = arena_string(arena, text);
    return *ret_text ? 0 : err_memory(err);
}

int fields_bytes(const Json *root, const char *key, Arena *arena, const void **ret_bytes,
                 size_t *ret_size, Err *err)
{
    _cleanup_(buf_done) Buf bytes = {0};
    const char *text = NULL;
    int r = json_take_text(root, key, true, &text, err);

    if (r < 0)
        return r;
    if (!base64_decode(&bytes, text) || bytes.size == 0)
        return buf_failed(&bytes) < 0 ? err_memory(err)
                                      : err_set(err, -EINVAL, "%s: is no base64", key);
    *ret_bytes = arena_copy(arena, buf_text(&bytes), bytes.size);
    *ret_size = bytes.size;
    return *ret_bytes ? 0 : err_memory(err);
}

int fields_uid(const Json *root, const char *key, uid_t *ret_uid, Err *err)
{
    const Json *value = json_find(root, key);
    int64_t number = (int64_t)(uid_t)-1;

    if (value && json_get_integer(value, 0, (int64_t)(uid_t)-1, &number) < 0)
        return err_set(err, -EINVAL, "%s: is no number of a user", key);
    *ret_uid = (uid_t)number;
    return 0;
}

int fields_rows(const Json *root, const char *key, const Json **ret_rows, Err *err)
{
    const Json *rows = json_find(root, key);

    if (rows && !json_is_array(rows))
        return err_set(err, -EINVAL, "%s: should be an array, is %s", key, json_type_name(rows));
    for (size_t i = 0; i < json_length(rows); i++) {
        if (!json_is_object(json_at(rows, i)))
            return err_set(err, -EINVAL, "%s[%zu]: should be an object", key, i);
    }
    *ret_rows = rows;
    return 0;
}

int fields_of_row(int error, const char *key, size_t index, Err *err)
{
    return error == -ENOMEM ? error : err_context(err, error, "%s[%zu]", key, index);
}

void fields_put_bytes(JsonWriter *writer, const char *key, const void *bytes, size_t size)
{
    _cleanup_(buf_done) Buf text = {0};

    base64_encode(&text, bytes, size);
    if (buf_failed(&text) < 0)
        buf_fail(writer->buf);
    else
        json_put_string(writer, key, buf_text(&text));
}
