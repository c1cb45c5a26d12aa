/* SPDX-License-Identifier: MIT */
#include "daemon/json/json_read.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "daemon/base/utf8.h"
#include "daemon/json/json_whole.h"

/* A channel's labels stand six levels deep; there is room for what may come. */
#define DEPTH_MAX 32

int json_read_parser_init(JsonParser *parser)
{
    int r;

    parser->tokener = json_tokener_new_ex(DEPTH_MAX);
    if (!parser->tokener)
        return -ENOMEM;
    /* What follows a value is for the caller to judge. */
    json_tokener_set_flags(parser->tokener,
                           JSON_TOKENER_STRICT | JSON_TOKENER_ALLOW_TRAILING_CHARS);
    r = json_prepare(parser->tokener);
    if (r < 0)
        json_read_parser_done(parser);
    return r;
}

void json_read_parser_done(JsonParser *parser)
{
    if (parser->tokener)
        json_tokener_free(parser->tokener);
    parser->tokener = NULL;
}

const char *json_read_type_name(json_object *value)
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

int json_read_not_json(const char *body, size_t size, const char *reason, Err *err)
{
    size_t start = 0;

    while (start < size && strchr(" \t\r\n", body[start]) && body[start])
        start++;
    if (start == size)
        return err_set(err, -EPROTO, "an empty body instead of JSON");
    if (size >= 3 && memcmp(body, "\xef\xbb\xbf", 3) == 0)
        return err_set(err, -EPROTO, "a byte order mark before the JSON, where none may be");
    if (size >= 2 && (memcmp(body, "\xff\xfe", 2) == 0 || memcmp(body, "\xfe\xff", 2) == 0))
        return err_set(err, -EPROTO, "text in UTF-16 instead of JSON, which is in UTF-8");
    if (body[start] == '<')
        return err_set(err, -EPROTO,
                       size - start >= 5 && strncasecmp(body + start, "<?xml", 5) == 0
                           ? "XML instead of JSON"
                           : "HTML instead of JSON");
    return err_set(err, -EPROTO, "no valid JSON (%zu bytes: %s)", size, reason);
}

/* json-c's own check costs a tenth of the parsing; most bodies are ASCII, eight bytes at a time. */
static bool json_read_is_utf8(const char *body, size_t size)
{
    const unsigned char *text = (const unsigned char *)body;
    uint64_t word;

    while (size > 0) {
        size_t length;

        for (; size >= sizeof(word); text += sizeof(word), size -= sizeof(word)) {
            memcpy(&word, text, sizeof(word));
            if (word & UINT64_C(0x8080808080808080))
                break;
        }
        if (size == 0)
            break;
        length = utf8_sequence((const char *)text, size);
        if (length == 0)
            return false;
        text += length;
        size -= length;
    }
    return true;
}

int json_read_check(const char *body, size_t size, Err *err)
{
    if (size > INT32_MAX)
        return err_set(err, -EPROTO, "a body too large for JSON");
    return json_read_is_utf8(body, size)
               ? 0
               : json_read_not_json(body, size, "it is not in UTF-8", err);
}

/* Half of a surrogate pair at which a text broke off is still there after json_tokener_reset(), and
 * would stand in the next text: here it goes into one that nobody reads. */
static void json_read_forget(JsonParser *parser)
{
    static const char text[] = "\"\\u0061\"";

    json_tokener_reset(parser->tokener);
    json_object_put(json_tokener_parse_ex(parser->tokener, text, (int)sizeof(text)));
}

/* null, true, a number: at the text's end the tokener asks for more of it. */
static bool json_read_is_word(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (memchr("{[\"", text[i], 3))
            return false;
    }
    return true;
}

static bool json_read_end_word(JsonParser *parser, json_object **ret_value)
{
    json_object *value = json_tokener_parse_ex(parser->tokener, " ", 1);

    if (json_tokener_get_error(parser->tokener) != json_tokener_success) {
        json_object_put(value);
        return false;
    }
    *ret_value = value;
    return true;
}

/* A text that ends too early leaves the tokener asking for more. */
const char *json_read_read_value(JsonParser *parser, const char *text, size_t size,
                                 json_object **ret_value, size_t *ret_used)
{
    enum json_tokener_error error;
    json_object *value;
    size_t used;

    json_tokener_reset(parser->tokener);
    value = json_tokener_parse_ex(parser->tokener, text, (int)size);
    error = json_tokener_get_error(parser->tokener);
    used = json_tokener_get_parse_end(parser->tokener);
    if (error == json_tokener_success && json_is_whole_prepared(text, used, value)) {
        *ret_used = used;
        *ret_value = value;
        return NULL;
    }
    json_object_put(value);
    if (error == json_tokener_continue && json_read_is_word(text, size) &&
        json_read_end_word(parser, ret_value)) {
        *ret_used = size;
        return NULL;
    }
    json_read_forget(parser);
    if (error == json_tokener_success)
        return "a name stands there twice, or memory ran out";
    return error == json_tokener_continue ? "it ends too early" : json_tokener_error_desc(error);
}

int json_read_parse(JsonParser *parser, const char *body, size_t size, json_object **ret_root,
                    Err *err)
{
    json_object *root = NULL;
    const char *reason;
    size_t used = 0;
    int r = json_read_check(body, size, err);

    if (r < 0)
        return r;
    reason = json_read_read_value(parser, body, size, &root, &used);
    while (!reason && used < size && strchr(" \t\r\n", body[used]) && body[used])
        used++;
    if (!reason && used < size)
        reason = "more after its end";
    if (!reason && json_object_is_type(root, json_type_object)) {
        *ret_root = root;
        return 0;
    }
    if (!reason)
        err_set(err, -EPROTO, "JSON, but %s instead of an object", json_read_type_name(root));
    json_object_put(root);
    return reason ? json_read_not_json(body, size, reason, err) : -EPROTO;
}

int json_read_get_string(json_object *value, const char **ret_text)
{
    const char *text;
    size_t size;

    if (!json_object_is_type(value, json_type_string))
        return -EPROTO;
    text = json_object_get_string(value);
    size = (size_t)json_object_get_string_len(value);
    if (size > JSON_STRING_SIZE_MAX || memchr(text, '\0', size))
        return -EPROTO;
    *ret_text = text;
    return 0;
}

int json_read_get_optional_string(json_object *value, const char **ret_text)
{
    if (value)
        return json_read_get_string(value, ret_text);
    *ret_text = "";
    return 0;
}

int json_read_get_integer(json_object *value, int64_t min, int64_t max, int64_t *ret_number)
{
    int64_t number;

    if (!json_object_is_type(value, json_type_int))
        return -EPROTO;
    number = json_object_get_int64(value);
    if (number < min || number > max)
        return -EPROTO;
    *ret_number = number;
    return 0;
}

int json_read_odd_field(Err *err, const char *list, size_t index, const char *field,
                        const char *wanted, json_object *value)
{
    return err_set(err, -EPROTO, "%s[%zu].%s: should be %s, is %s", list, index, field, wanted,
                   json_read_type_name(value));
}
