/* SPDX-License-Identifier: MIT */
#include "daemon/roma/wire/error.h"

#include <string.h>

#include "daemon/base/str.h"

/* A text of any length; where it has a NUL it ends. NULL: there is none. */
static const char *error_text(json_object *object, const char *key)
{
    json_object *value = NULL;

    if (!json_object_object_get_ex(object, key, &value) ||
        !json_object_is_type(value, json_type_string))
        return NULL;
    return json_object_get_string(value);
}

/* A code decides what is done next. What is too long, or not of a code's letters, is none. */
static void error_take_code(json_object *object, const char *key, ErrorBody *error)
{
    json_object *value = NULL;
    const char *text;

    if (!json_object_object_get_ex(object, key, &value) || json_read_get_string(value, &text) < 0 ||
        strlen(text) >= sizeof(error->code))
        return;
    for (const char *c = text; *c; c++) {
        if (*c <= ' ' || *c >= 0x7f)
            return;
    }
    str_copy(error->code, sizeof(error->code), text);
}

static void error_from_keystone(json_object *object, ErrorBody *error)
{
    const char *message = error_text(object, "message");
    const char *title = error_text(object, "title");

    error_take_code(object, "code", error);
    if (message)
        buf_puts(&error->message, message);
    if (title && message)
        buf_puts(&error->message, " (");
    if (title)
        buf_puts(&error->message, title);
    if (title && message)
        buf_putc(&error->message, ')');
}

static void error_from_service(json_object *root, ErrorBody *error)
{
    const char *message = error_text(root, "error_msg");
    const char *request_id = error_text(root, "request_id");

    error_take_code(root, "error_code", error);
    if (message)
        buf_puts(&error->message, message);
    if (request_id)
        str_copy(error->request_id, sizeof(error->request_id), request_id);
}

void error_parse(JsonParser *parser, const char *body, size_t size, ErrorBody *ret_error)
{
    json_object *root = NULL, *keystone = NULL;
    Err err;

    *ret_error = (ErrorBody){0};
    if (size == 0)
        return;
    if (json_read_parse(parser, body, size, &root, &err) < 0) {
        buf_puts(&ret_error->message, err.text);
        return;
    }
    if (json_object_object_get_ex(root, "error", &keystone) &&
        json_object_is_type(keystone, json_type_object))
        error_from_keystone(keystone, ret_error);
    else
        error_from_service(root, ret_error);
    if (ret_error->code[0] == '\0' && ret_error->message.size == 0)
        buf_puts(&ret_error->message, "JSON without error_code and error_msg");
    json_object_put(root);
}
