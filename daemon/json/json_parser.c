/* SPDX-License-Identifier: MIT */
#include "daemon/json/json_parser.h"

#include <errno.h>
#include <json-c/json.h>
#include <string.h>
#include <strings.h>

#include "daemon/base/mem.h"
#include "daemon/base/utf8.h"
#include "daemon/json/json_tokenize.h"
#include "daemon/json/json_whole.h"

/* json-c 0.18 takes each byte above 0x7f in a string for a control character where char is signed.
 */
static bool json_refuses_utf8(struct json_tokener *tokener)
{
    static const char text[] = "\"\xc3\xa9\"";
    Json *value = json_tokener_parse_ex(tokener, text, (int)sizeof(text) - 1);

    json_tokener_reset(tokener);
    json_free(value);
    return value == NULL;
}

int json_parser_init(JsonParser *parser)
{
    int r;

    parser->c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    parser->tokener = json_tokener_new_ex(JSON_DEPTH_MAX);
    if (!parser->tokener)
        return -ENOMEM;
    /* What follows a value is for the caller to judge. */
    json_tokener_set_flags(parser->tokener,
                           JSON_TOKENER_STRICT | JSON_TOKENER_ALLOW_TRAILING_CHARS);
    parser->must_escape = json_refuses_utf8(parser->tokener);
    r = json_prepare(parser);
    if (r < 0)
        json_parser_done(parser);
    return r;
}

void json_parser_done(JsonParser *parser)
{
    if (parser->tokener)
        json_tokener_free(parser->tokener);
    parser->tokener = NULL;
}

int json_not_json(const char *text, size_t size, size_t at, const char *reason, Err *err)
{
    size_t start = 0;

    while (start < size && memchr(" \t\r\n", text[start], 4))
        start++;
    if (start == size)
        return err_set(err, -EPROTO, "an empty body instead of JSON");
    if (size >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
        return err_set(err, -EPROTO, "a byte order mark before the JSON, where none may be");
    if (size >= 2 && (memcmp(text, "\xff\xfe", 2) == 0 || memcmp(text, "\xfe\xff", 2) == 0))
        return err_set(err, -EPROTO, "text in UTF-16 instead of JSON, which is in UTF-8");
    if (text[start] == '<')
        return err_set(err, -EPROTO,
                       size - start >= 5 && strncasecmp(text + start, "<?xml", 5) == 0
                           ? "XML instead of JSON"
                           : "HTML instead of JSON");
    return err_set(err, -EPROTO, "no valid JSON (%zu bytes: %s, at byte %zu)", size, reason, at);
}

/* How much of it is UTF-8. json-c's own check costs a tenth of the parsing. */
static size_t json_measure_utf8(const char *text, size_t size)
{
    size_t at = 0, length = 1;

    while (length > 0 && at < size) {
        at += json_measure_ascii(text + at, size - at);
        length = at < size ? utf8_sequence(text + at, size - at) : 0;
        at += length;
    }
    return at;
}

int json_check(const char *text, size_t size, Err *err)
{
    size_t at;

    if (size > INT32_MAX)
        return err_set(err, -EPROTO, "a body too large for JSON");
    at = json_measure_utf8(text, size);
    return at == size ? 0 : json_not_json(text, size, at, "it is not in UTF-8", err);
}

/* Half of a surrogate pair at which a text broke off is still there after json_tokener_reset(), and
 * would stand in the next text: here it goes into one that nobody reads. */
static void json_forget(JsonParser *parser)
{
    static const char text[] = "\"\\u0061\"";

    json_tokener_reset(parser->tokener);
    json_object_put(json_tokener_parse_ex(parser->tokener, text, (int)sizeof(text)));
}

/* null, true, a number: at the text's end the tokener asks for more of it. */
static bool json_is_word(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (memchr("{[\"", text[i], 3))
            return false;
    }
    return true;
}

static bool json_end_word(JsonParser *parser, Json **ret_value)
{
    Json *value = json_tokener_parse_ex(parser->tokener, " ", 1);

    if (json_tokener_get_error(parser->tokener) != json_tokener_success) {
        json_object_put(value);
        return false;
    }
    *ret_value = value;
    return true;
}

/* A text that ends too early leaves the tokener asking for more. */
const char *json_parse_value(JsonParser *parser, const char *text, size_t size, Json **ret_value,
                             size_t *ret_used)
{
    enum json_tokener_error error;
    Json *value;

    json_tokener_reset(parser->tokener);
    value = json_tokenize(parser, text, size, ret_used);
    error = json_tokener_get_error(parser->tokener);
    if (error == json_tokener_success && json_is_whole_prepared(text, *ret_used, value)) {
        *ret_value = value;
        return NULL;
    }
    json_free(value);
    if (error == json_tokener_continue && json_is_word(text, size) &&
        json_end_word(parser, ret_value)) {
        *ret_used = size;
        return NULL;
    }
    json_forget(parser);
    if (error == json_tokener_success)
        return json_has_odd_word(text, *ret_used)
                   ? "not a word of JSON: NaN, Infinity or a single quote"
                   : "duplicate key, an escape that json-c misreads, or out of memory";
    return error == json_tokener_continue ? "it ends too early" : json_tokener_error_desc(error);
}

int json_parse(JsonParser *parser, const char *text, size_t size, Json **ret_root, Err *err)
{
    _cleanup_(json_freep) Json *root = NULL;
    const char *reason;
    size_t used = 0;
    int r = json_check(text, size, err);

    if (r < 0)
        return r;
    reason = json_parse_value(parser, text, size, &root, &used);
    while (!reason && used < size && memchr(" \t\r\n", text[used], 4))
        used++;
    if (!reason && used < size)
        reason = "more after its end";
    if (reason)
        return json_not_json(text, size, used, reason, err);
    if (!json_is_object(root))
        return err_set(err, -EPROTO, "JSON, but %s instead of an object", json_type_name(root));
    *ret_root = TAKE_PTR(root);
    return 0;
}

int json_parse_once(const char *text, size_t size, Json **ret_root, Err *err)
{
    JsonParser parser;
    int r = json_parser_init(&parser);

    if (r < 0)
        return err_memory(err);
    r = json_parse(&parser, text, size, ret_root, err);
    json_parser_done(&parser);
    return r;
}

int json_parse_request(const Buf *body, Json **ret_root, Err *err)
{
    int r = body->size ? json_parse_once(body->data, body->size, ret_root, err)
                       : json_parse_once("{}", 2, ret_root, err);

    return r == -EPROTO ? err_context(err, -EINVAL, "the request's body is no JSON object") : r;
}
