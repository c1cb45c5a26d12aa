/* SPDX-License-Identifier: MIT */
/*
 * DOC: what everything else is built of
 *
 * This room knows nothing of rosterd: every other room may include it, and it includes none. One
 * file has one subject. mem.h has the cleanup attributes and TAKE_PTR, buf.h a growing text or run
 * of bytes, arena.h many small allocations that end together, map.h a table from bytes to a
 * pointer. str.h, utf8.h and duration.h read and show text, clock.h the time, digest.h SHA-256 and
 * HMAC. secret.h and secure_alloc.h keep secrets out of core dumps and wipe them, environment.h
 * takes them out of the environment. log.h writes one event to standard error or the journal, and
 * aside.h does what may block beside the event loop.
 *
 * An Err is what a person must read about a failure. The function that fails fills it, those above
 * it add what they know (err_context()), and whoever decides to give up logs or prints it, once.
 * It has room of its own and needs no allocation, so that running out of memory can be told as
 * well. A function returns a negative errno beside it: callers compare the errno, people read the
 * Err.
 *
 * ERRORS.md beside this file is the convention of errors, asserts and ownership for the whole
 * tree.
 */
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
