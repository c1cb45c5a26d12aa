/* SPDX-License-Identifier: MIT */
/* All mistakes found in settings and rosters, each with its place:
 * FILE:LINE:COLUMN: key.path: what is wrong, what would be right. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "daemon/base/buf.h"

/* More mistakes than anybody reads are counted, not kept: a broken file must not eat the memory of
 * a daemon that goes on with its last good set. */
#define PROBLEMS_KEPT_MAX 10000U

/* How much of its line may be shown beside a problem: what it does not repeat may be a secret. */
typedef enum ProblemShows {
    PROBLEM_SHOWS_LINE,
    PROBLEM_SHOWS_KEY, /* up to the end of the key that stands at its place */
    PROBLEM_SHOWS_NOTHING,
} ProblemShows;

typedef struct Problem {
    const char *file;  /* owned by the list, like all texts */
    size_t file_order; /* index into Problems.files */
    size_t line;       /* from 1; 0: the file as a whole */
    size_t column;     /* from 1, in characters */
    char *text;        /* "key.path: what is wrong, what would be right" */
    size_t key_size;   /* bytes of the key path in it; 0: it has none */
    ProblemShows shows;
} Problem;

typedef struct Problems {
    Problem *items;
    size_t count;
    size_t capacity;
    size_t dropped;     /* beyond PROBLEMS_KEPT_MAX */
    bool out_of_memory; /* a problem could not be kept; counts as one */
    char **files;       /* every file and directory read or looked for, also where that failed, so
                         * that a daemon can watch them until the set is valid again */
    size_t file_count;
    size_t file_capacity;
    size_t document_count; /* settings and rosters that were read, also where that failed */
} Problems;

void problems_done(Problems *problems);

/* Tells of a file or directory that is about to be read; their order is that of problems_print().
 */
void problems_add_file(Problems *problems, const char *file);

/* Adds one; `path` is the key path ("" for none). Control characters are kept as '?', so that a
 * problem is one line whatever a file says. */
void problems_add(Problems *problems, const char *file, size_t line, size_t column,
                  const char *path, const char *format, ...) __attribute__((format(printf, 6, 7)));

/* Of the problem that was added last: shows no more of its line than this. */
void problems_show_less(Problems *problems, ProblemShows shows);

/* What is wrong, without the key path. */
static inline const char *problems_message(const Problem *problem)
{
    return problem->text + (problem->key_size > 0 ? problem->key_size + 2 : 0);
}

/* Notes that memory ran out: sets out_of_memory and returns -ENOMEM. */
int problems_memory(Problems *problems);

bool problems_any(const Problems *problems);

/* Whether a further problem would only be counted: then no caller needs to make its text. */
bool problems_full(const Problems *problems);

/* Gives them in the order of files as read and then of places, each once, in an array of the
 * caller's. 0 or -ENOMEM. */
int problems_sort(const Problems *problems, const Problem ***ret_sorted, size_t *ret_count);

/* Writes one line. */
void problems_print_one(const Problem *problem, Buf *buf);

/* Writes one line for each, sorted. */
void problems_print(const Problems *problems, Buf *buf);

/* Writes how many more there are, and that memory ran out, where that is so. */
void problems_print_rest(const Problems *problems, Buf *buf);
