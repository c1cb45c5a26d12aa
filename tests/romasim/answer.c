/* SPDX-License-Identifier: MIT */
/* Making answers: JSON, emptiness, and errors in the service's forms. */
#include "tests/romasim/answer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/romasim/alloc.h"

static const char json_content[] = "application/json;charset=utf8";

void answer_blob(Request *r, int status, Blob *body)
{
    blob_unref(r->answer.body);
    r->answer.status = status;
    r->answer.code[0] = '\0';
    r->answer.body = body;
    r->answer.content_type = body ? json_content : NULL;
}

void answer_empty(Request *r, int status)
{
    answer_blob(r, status, NULL);
}

void answer_json(Request *r, int status, Text *t)
{
    answer_blob(r, status, blob_take(t));
}

void answer_error(Request *r, int status, const char *code, const char *format, ...)
{
    Text t = {0};
    va_list args;
    char *message = NULL;

    va_start(args, format);
    if (vasprintf(&message, format, args) < 0)
        alloc_die("out of memory");
    va_end(args);
    text_add(&t, "{\"error_code\":");
    text_add_json(&t, code);
    text_add(&t, ",\"error_msg\":");
    text_add_json(&t, message);
    if (strncmp(code, "APIG.0", 6) == 0 || strncmp(code, "APIGW.0", 7) == 0) {
        text_add(&t, ",\"request_id\":");
        text_add_json(&t, r->id);
    }
    text_add(&t, "}");
    free(message);
    answer_json(r, status, &t);
    snprintf(r->answer.code, sizeof(r->answer.code), "%s", code);
}

void answer_bad_parameter(Request *r, const char *name)
{
    answer_error(r, 400, "APIG.2012",
                 "Invalid parameter value,parameterName:%s. "
                 "Please refer to the support documentation",
                 name);
}

void answer_add_header(Request *r, const char *name, const char *value)
{
    Header *h = alloc_zero(1, sizeof(*h));

    h->name = alloc_copy(name);
    h->value = alloc_copy(value);
    h->next = r->answer.headers;
    r->answer.headers = h;
}

bool answer_is_success(const Request *r)
{
    return r->answer.status >= 200 && r->answer.status < 300;
}
