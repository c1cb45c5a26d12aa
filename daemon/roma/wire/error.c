/* SPDX-License-Identifier: MIT */
#include "daemon/roma/wire/error.h"

#include <string.h>

#include "daemon/base/str.h"
#include "daemon/json/json_parser.h"

#define HTTP_ERROR_MIN 400
#define HTTP_ERROR_MAX 599

/* ---- whether there is one ---- */

/* Walks over a body without a copy of it: the metadata service's answers hold secrets. */
typedef struct ErrorScan {
    const char *at, *end;
    bool is_told;
    bool has_keys; /* of the metadata service */
} ErrorScan;

static void error_scan_space(ErrorScan *scan)
{
    while (scan->at < scan->end && memchr(" \t\r\n", *scan->at, 4))
        scan->at++;
}

/* From a string's first quote to behind its last. */
static size_t error_scan_string(ErrorScan *scan, const char **ret_text)
{
    const char *start = ++scan->at;

    while (scan->at < scan->end && *scan->at != '"')
        scan->at += *scan->at == '\\' && scan->end - scan->at > 1 ? 2 : 1;
    *ret_text = start;
    return scan->at < scan->end ? (size_t)(scan->at++ - start) : 0;
}

/* From a value's first byte to behind its last. */
static void error_scan_value(ErrorScan *scan)
{
    size_t depth = 0;
    const char *text;

    while (scan->at < scan->end) {
        char byte = *scan->at;

        if (depth == 0 && (byte == ',' || byte == '}' || byte == ']'))
            return;
        if (byte == '"') {
            error_scan_string(scan, &text);
            continue;
        }
        depth += byte == '{' || byte == '[';
        depth -= byte == '}' || byte == ']';
        scan->at++;
    }
}

static bool error_is_name(const char *text, size_t size, const char *name)
{
    return size == strlen(name) && memcmp(text, name, size) == 0;
}

static bool error_says_none(const char *text, size_t size)
{
    while (size > 0 && memchr(" \t\r\n", text[size - 1], 4))
        size--;
    return error_is_name(text, size, "null") || error_is_name(text, size, "\"\"") ||
           error_is_name(text, size, "false") || size == 0;
}

static void error_scan_pair(ErrorScan *scan)
{
    const char *name, *value;
    size_t size = error_scan_string(scan, &name);

    error_scan_space(scan);
    if (scan->at == scan->end || *scan->at != ':')
        return;
    scan->at++;
    error_scan_space(scan);
    value = scan->at;
    error_scan_value(scan);
    if (error_is_name(name, size, "error_code") || error_is_name(name, size, "error_msg") ||
        error_is_name(name, size, "error"))
        scan->is_told = scan->is_told || !error_says_none(value, (size_t)(scan->at - value));
    scan->has_keys = scan->has_keys || error_is_name(name, size, "credential");
}

/* The parser reports a body that is not JSON. */
static ErrorScan error_scan(const char *body, size_t size)
{
    ErrorScan scan = {.at = body, .end = body + size};

    error_scan_space(&scan);
    if (scan.at == scan.end || *scan.at != '{')
        return scan;
    do {
        scan.at++;
        error_scan_space(&scan);
        if (scan.at == scan.end || *scan.at != '"')
            break;
        error_scan_pair(&scan);
    } while (scan.at < scan.end && *scan.at == ',');
    return scan;
}

bool error_is_told(const char *body, size_t size)
{
    return error_scan(body, size).is_told;
}

/* ---- what it says ---- */

/* A text of any length; where it has a NUL it ends. NULL: there is none. */
static const char *error_text(const Json *object, const char *key)
{
    const Json *value = json_find(object, key);

    return json_is_string(value) ? json_as_text(value) : NULL;
}

/* A code decides what is done next. What is too long, or not of a code's letters, is none. */
static void error_take_code(const Json *object, const char *key, ErrorBody *error)
{
    const char *text;

    if (json_get_string(json_find(object, key), &text) < 0 || strlen(text) >= sizeof(error->code))
        return;
    for (const char *c = text; *c; c++) {
        if (*c <= ' ' || *c >= 0x7f)
            return;
    }
    str_copy(error->code, sizeof(error->code), text);
}

static void error_take_http(const Json *object, ErrorBody *error)
{
    int64_t number;

    if (json_get_integer(json_find(object, "code"), HTTP_ERROR_MIN, HTTP_ERROR_MAX, &number) == 0)
        error->http = (int)number;
}

static void error_from_keystone(const Json *object, ErrorBody *error)
{
    const char *message = error_text(object, "message");
    const char *title = error_text(object, "title");

    error_take_code(object, "code", error);
    error_take_http(object, error);
    if (message)
        buf_puts(&error->message, message);
    if (title && message)
        buf_puts(&error->message, " (");
    if (title)
        buf_puts(&error->message, title);
    if (title && message)
        buf_putc(&error->message, ')');
}

static void error_from_service(const Json *root, ErrorBody *error)
{
    const char *message = error_text(root, "error_msg");
    const char *error_alone = message ? NULL : error_text(root, "error");
    const char *request_id = error_text(root, "request_id");

    error_take_code(root, "error_code", error);
    if (message)
        buf_puts(&error->message, message);
    if (error_alone)
        buf_puts(&error->message, error_alone);
    if (request_id)
        str_copy(error->request_id, sizeof(error->request_id), request_id);
}

void error_parse(JsonParser *parser, const char *body, size_t size, ErrorBody *ret_error)
{
    ErrorScan scan = error_scan(body, size);
    _cleanup_(json_freep) Json *root = NULL;
    const Json *keystone;
    Err err;

    *ret_error = (ErrorBody){.is_told = scan.is_told};
    if (size == 0)
        return;
    /* json-c would leave copies of them all over the heap. */
    if (scan.has_keys) {
        buf_puts(&ret_error->message, "an error beside keys, which are not read");
        return;
    }
    if (json_parse(parser, body, size, &root, &err) < 0) {
        buf_puts(&ret_error->message, err.text);
        return;
    }
    keystone = json_find(root, "error");
    if (json_is_object(keystone))
        error_from_keystone(keystone, ret_error);
    else
        error_from_service(root, ret_error);
    if (ret_error->code[0] == '\0' && ret_error->message.size == 0)
        buf_puts(&ret_error->message, "JSON without error_code and error_msg");
}
