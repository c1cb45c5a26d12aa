/* SPDX-License-Identifier: MIT */
/* What came of reading settings and rosters: every mistake and warning, for people, for scripts,
 * and for the pipelines of GitHub and GitLab. */
#pragma once

#include <stdbool.h>

#include "config/config.h"
#include "daemon/base/buf.h"

/* Each format: its constant and its word. */
#define VALIDATION_FORMAT_ROWS(ROW)                                                                \
    ROW(TEXT, text)                                                                                \
    ROW(JSON, json)                                                                                \
    ROW(GITHUB, github)                                                                            \
    ROW(GITLAB, gitlab)

#define VALIDATION_FORMAT_WORDS "text, json, github, gitlab"

typedef enum ValidationFormat {
#define VALIDATION_CONSTANT(constant, word) VALIDATION_##constant,
    VALIDATION_FORMAT_ROWS(VALIDATION_CONSTANT)
#undef VALIDATION_CONSTANT
} ValidationFormat;

/* 0, or -EINVAL for a word that is none. */
int validation_parse_format(const char *word, ValidationFormat *ret_format);

typedef struct Validation {
    const Problems *problems;
    const Config *config;     /* NULL where there are problems */
    bool is_of_files;         /* rosters that a person named */
    bool is_without_settings; /* and these alone */
    bool shows_lines;         /* in a text: the line of each mistake, with a caret */
} Validation;

/* Appends the mistakes of a text, a line each, and the totals; or what was found valid. */
int validation_append_text(const Validation *validation, Buf *buf);

/* "FILE: valid: 1 instance, 2 channels, 4 members" */
void validation_append_valid(const Config *config, Buf *buf);

/* An object with the totals and "problems", errors and warnings. */
int validation_append_json(const Validation *validation, Buf *buf);

/* Workflow commands, ::error and ::warning, and a line of totals. */
int validation_append_github(const Validation *validation, Buf *buf);

/* A report of Code Quality: an array with a violation for each. */
int validation_append_gitlab(const Validation *validation, Buf *buf);

/* ---- for the files of this subject ---- */

/* All mistakes and warnings in the order of their places, mistakes first. */
typedef struct ValidationList {
    const Problem **errors, **warnings;
    size_t error_count, warning_count; /* that are listed */
    size_t total;                      /* mistakes in all */
    size_t bad_file_count;             /* that have mistakes */
} ValidationList;

/* 0 or -ENOMEM. */
int validation_list(const Validation *validation, ValidationList *ret_list);
void validation_list_done(ValidationList *list);

/* "2 errors in 1 of 14 files", with what was not checked; no newline. */
void validation_append_totals(const Validation *validation, const ValidationList *list, Buf *buf);

/* The name of a file from where the program was begun, as pipelines want it. */
const char *validation_path(const char *file);
