/* SPDX-License-Identifier: MIT */
/* Results and errors for people, on standard output and standard error. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "daemon/base/buf.h"

/*
 * Writes all of it to the descriptor. Whoever does not read it is waited for as long as no SIGTERM
 * or SIGINT, blocked by the caller, is pending. 0; -EINTR where one is; the errors of write(2).
 */
int print_all(int fd, const char *bytes, size_t size);

/* Writes a text of errors to standard error. An empty text is one that could not be made: whoever
 * fails says why. */
void print_errors(const Buf *text);

/* Whether SIGTERM or SIGINT, blocked by the caller, is pending. */
bool print_is_to_end(void);
