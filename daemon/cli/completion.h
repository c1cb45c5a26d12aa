/* SPDX-License-Identifier: MIT */
/*
 * What may stand where the cursor is in a command line of either program: the shells ask it, so
 * that none of them has a list of its own. Commands, options and words are those of the tables that
 * the programs parse by (options.h, commands.h); channels, instances and digests are for the caller
 * to find.
 */
#pragma once

#include "daemon/base/buf.h"
#include "daemon/cli/options.h"

typedef enum CompletionKind {
    COMPLETION_NOTHING, /* nobody can know it, as a reason */
    COMPLETION_COMMANDS,
    COMPLETION_OPTIONS,
    COMPLETION_WORDS,
    COMPLETION_FILES,
    COMPLETION_DIRECTORIES,
    COMPLETION_CHANNELS,
    COMPLETION_INSTANCES,
    COMPLETION_DIGESTS,
    COMPLETION_UNKNOWN, /* the tables do not say: a mistake, of which a test tells */
} CompletionKind;

typedef struct Completion {
    CompletionKind kind;
    const char *words;  /* of COMPLETION_WORDS: "text, json" */
    const char *prefix; /* what of the word the value stands behind, as "--format=json" has it */
    size_t prefix_size; /* "--format="; 0: none */
    const char *typed;  /* the word as far as it is there, behind the prefix */
    const OptionTable *options; /* of the program */
    size_t command;             /* its number, of COMPLETION_OPTIONS; COMPLETION_NO_COMMAND */
    const char *config_path, *socket_path; /* as given before; NULL: not given */
} Completion;

#define COMPLETION_NO_COMMAND SIZE_MAX

/* Takes the words behind the program's name, the last of which is the one to complete; everything
 * that is returned is borrowed from them. */
void completion_find(const char *program, const char *const words[], size_t count,
                     Completion *ret_completion);

/* What may stand for the value of an option; `command` may be COMPLETION_NO_COMMAND. */
CompletionKind completion_of_value(const OptionRow *row, size_t command, const char **ret_words);

/* What the word number `at` behind a command may be. */
CompletionKind completion_of_word(size_t command, size_t at, const char **ret_words);

/* Appends what may be known here, a line each: commands, options, words. A failure sticks. */
void completion_append(const Completion *completion, Buf *buf);

/* Appends one line: what may stand there, and what is said of it ("": nothing). */
void completion_append_line(const Completion *completion, const char *text, const char *about,
                            Buf *buf);
