/* SPDX-License-Identifier: MIT */
/* What a person must read about a failure: a text with context added on the way up, and what the
 * service said. Needs no allocation, so that running out of memory can be told as well. */
#pragma once

#include <stdbool.h>

typedef struct Err {
    char text[768];      /* "" while there is no error */
    int http;            /* HTTP status, 0 when there was none */
    char code[32];       /* error_code of the service, "" when there was none */
    char request_id[72]; /* the service's name for the request, "" when there was none */
} Err;

/* Empties it. */
void err_clear(Err *err);

/* Whether it holds an error. */
bool err_is_set(const Err *err);

/* Sets the text (cut, with "..." at the end, where it is too long) and returns `error`, so that
 * callers write `return err_set(err, -EINVAL, ...)`. `err` may be NULL. Forgets http, code, id. */
int err_set(Err *err, int error, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Puts "CONTEXT: " before the text and returns `error`. `err` may be NULL. */
int err_context(Err *err, int error, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* err_set() for a failed system call: the text is followed by ": " and strerror(-error). */
int err_system(Err *err, int error, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* strerror(), with what to do where that does not say it: descriptors that ran out. */
const char *err_reason(int error);

/* Sets "out of memory" and returns -ENOMEM. */
int err_memory(Err *err);
