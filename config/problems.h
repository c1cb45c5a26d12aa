/* All mistakes found in settings and rosters, each with its place:
 * FILE:LINE:COLUMN: key.path: what is wrong, what would be right. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "daemon/base/buf.h"

typedef struct Problem {
    const char *file; /* owned by the list, like all texts */
    size_t line;      /* from 1; 0: the file as a whole */
    size_t column;    /* from 1, in characters */
    char *text;       /* "key.path: what is wrong, what would be right" */
} Problem;

typedef struct Problems {
    Problem *items;
    size_t count;
    size_t capacity;
    bool out_of_memory; /* a problem could not be kept; counts as one */
} Problems;

void problems_done(Problems *problems);

/* Adds one; `path` is the key path ("" for none). */
void problems_add(Problems *problems, const char *file, size_t line, size_t column,
                  const char *path, const char *format, ...) __attribute__((format(printf, 6, 7)));

bool problems_any(const Problems *problems);

/* Writes one line for each, in the order of files as read and then of places. */
void problems_print(const Problems *problems, Buf *buf);
