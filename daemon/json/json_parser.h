/* SPDX-License-Identifier: MIT */
/*
 * JSON texts, whole or an error that says where and what: json-c's strict syntax, UTF-8 (RFC 3629),
 * JSON_DEPTH_MAX levels at most, each name once in its object, nothing behind the end, and nothing
 * lost where memory ran out (json_whole.h).
 */
#pragma once

#include <locale.h>
#include <stdbool.h>

#include "daemon/base/buf.h"
#include "daemon/json/json_value.h"

/* A channel's labels stand six levels deep; there is room for what may come. */
#define JSON_DEPTH_MAX 32

/* Reads one text after the other. */
typedef struct JsonParser {
    struct json_tokener *tokener;
    locale_t c_locale; /* static, not to be given back */
    bool must_escape; /* this json-c refuses characters above U+007F: it is given escapes of them */
} JsonParser;

/* 0 or -ENOMEM. */
int json_parser_init(JsonParser *parser);
void json_parser_done(JsonParser *parser);

/* The whole text as one JSON object. -EPROTO with `err` saying what it is instead ("HTML instead of
 * JSON"). Give *ret_root back with json_free(). */
int json_parse(JsonParser *parser, const char *text, size_t size, Json **ret_root, Err *err);

/* The same of a text for which no parser is at hand. -ENOMEM too. */
int json_parse_once(const char *text, size_t size, Json **ret_root, Err *err);

/* A request's body; none is an empty object. -EINVAL with one line in `err`; -ENOMEM. */
int json_parse_request(const Buf *body, Json **ret_root, Err *err);

/* ---- piece by piece ---- */

/* Whether a text can be JSON at all: UTF-8, and not too long for json-c. 0 or -EPROTO. */
int json_check(const char *text, size_t size, Err *err);

/* Says what a text that is no JSON is instead ("HTML instead of JSON"), or else `reason` and at
 * which byte, from 0; -EPROTO. */
int json_not_json(const char *text, size_t size, size_t at, const char *reason, Err *err);

/* Reads one value at the text's start, of any kind; what follows is not looked at. NULL, or the
 * reason why it is none. *ret_used is how far it went, in either case. Give *ret_value back with
 * json_free(). */
const char *json_parse_value(JsonParser *parser, const char *text, size_t size, Json **ret_value,
                             size_t *ret_used);
