/* SPDX-License-Identifier: MIT */
/* One file being read: where its mistakes are reported, so that all of them look alike, and where
 * texts are kept that outlive its tree. */
#pragma once

#include "config/yaml/node.h"
#include "config/yaml/problems.h"
#include "daemon/base/arena.h"

typedef struct Reader {
    const char *file;
    Arena *arena; /* keeps the texts of schemas with `keeps_texts` */
    Problems *problems;
} Reader;

/* Reports a mistake at a value, at the key of a value, and at a map that lacks a key. */
void reader_problem(Reader *reader, const Node *node, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void reader_problem_at_key(Reader *reader, const Node *node, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void reader_problem_missing(Reader *reader, const Node *map, const char *key, const char *format,
                            ...) __attribute__((format(printf, 4, 5)));

/* Of the mistake reported last: what stands on its line may be a secret, and is not to be shown. */
static inline void reader_hide_line(Reader *reader)
{
    problems_show_less(reader->problems, PROBLEM_SHOWS_NOTHING);
}

/* A copy in the arena that lives as long as the Config; NULL for NULL, or when out of memory, which
 * the problems then tell. */
const char *reader_keep(Reader *reader, const char *text);
