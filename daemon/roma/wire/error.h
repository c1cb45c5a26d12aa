/* SPDX-License-Identifier: MIT */
/* What the service says in the body of an answer that tells an error (API.md sections 1 and 4.1).
 */
#pragma once

#include <stdbool.h>

#include "daemon/base/buf.h"
#include "daemon/json/json_parser.h"

#define ERROR_CODE_SIZE 32
#define ERROR_REQUEST_ID_SIZE 72

typedef struct ErrorBody {
    char code[ERROR_CODE_SIZE];             /* "APIG.3024", "" without one */
    char request_id[ERROR_REQUEST_ID_SIZE]; /* "" without one */
    bool is_told;                           /* there is an error in it, with or without a code */
    int http;                               /* the status that Keystone's form names; 0: none */
    Buf message;                            /* whole; buf_done() it */
} ErrorBody;

/* Whether the body is an object with an error in it: error_code, error_msg or Keystone's error,
 * which is neither null nor "" nor false. Copies nothing of it. */
bool error_is_told(const char *body, size_t size);

/*
 * Reads {"error_code", "error_msg", "request_id"}, or Keystone's {"error": {"code", "message",
 * "title"}}. Whatever else it is, there is no code, and the message says what came. Never fails:
 * where memory runs out the message is empty. `ret_error` is overwritten.
 */
void error_parse(JsonParser *parser, const char *body, size_t size, ErrorBody *ret_error);
