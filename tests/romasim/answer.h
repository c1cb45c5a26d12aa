/* SPDX-License-Identifier: MIT */
#pragma once

#include "tests/romasim/request.h"

/* Each of these replaces what the request was going to be answered. */

void answer_empty(Request *r, int status);

/* Takes the text. */
void answer_json(Request *r, int status, Text *t);

/* Takes the reference. */
void answer_blob(Request *r, int status, Blob *body);

/* {"error_code","error_msg"}; errors of the front gateway (APIG.0nnn) carry the request_id too
 * (API.md section 1). */
void answer_error(Request *r, int status, const char *code, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* 400 APIG.2012: the parameter has a value that the service does not take. */
void answer_bad_parameter(Request *r, const char *name);

/* Adds a header to whatever the answer will be. */
void answer_add_header(Request *r, const char *name, const char *value);

bool answer_is_success(const Request *r);
