/* SPDX-License-Identifier: MIT */
/* The line of a file that a message is about, with a caret below the place, for terminals. */
#pragma once

#include <stdbool.h>

#include "daemon/base/buf.h"

/* A file that lines are taken from, best in their order. */
typedef struct Excerpt {
    Buf bytes;
    const char *file; /* borrowed; NULL: none was opened */
    bool is_readable;
    size_t line; /* from 1: the one that begins at `at` */
    size_t at;
} Excerpt;

void excerpt_done(Excerpt *excerpt);

/* Turns to a file; one that cannot be read has no lines. */
void excerpt_open(Excerpt *excerpt, const char *file);

/*
 * Appends the line and the caret, 4 spaces before each; nothing where the file has no such place.
 * Of a long line, what is around the place. `line` and `column` (in characters) count from 1.
 * Where `key_column` is not 0, nothing is shown that stands behind the key which begins there.
 */
void excerpt_append(Excerpt *excerpt, size_t line, size_t column, size_t key_column, Buf *buf);
