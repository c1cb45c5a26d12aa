/* SPDX-License-Identifier: MIT */
/* rosterctl's commands as a table, for what parses a command line (commands_parse.c) and what
 * completes one (completion.c). */
#pragma once

#include "daemon/cli/commands.h"

/* What a command takes besides --config and the options of the log. */
enum {
    TAKES_JSON = 1 << 0,
    TAKES_SOCKET = 1 << 1,
    TAKES_DRY_RUN = 1 << 2,
    TAKES_HISTORY = 1 << 3, /* --channel, --since */
    TAKES_REASON = 1 << 4,  /* --reason, --for */
    TAKES_UNDO = 1 << 5,    /* --last, --pass, --action, --channel */
    TAKES_SCOPE = 1 << 6,   /* a word, --instance or --all */
    MAY_CHANNEL = 1 << 7,   /* a word, or none */
    TAKES_DIGEST = 1 << 8,  /* a word */
    TAKES_PLAN = 1 << 9,    /* --verbose, --summary, --format, --out */
    TAKES_STATUS = 1 << 10, /* --problems, --exit-code, --watch */
    MAY_CHANNELS = 1 << 11, /* words */
    MAY_FILES = 1 << 12,    /* words, --format */
    TAKES_LOCAL = 1 << 13,
    TAKES_INSTANCE = 1 << 14,
    TAKES_MEMBERS = 1 << 15,
    TAKES_EXPORT = 1 << 16,   /* --output, --fields, --force */
    TAKES_DOCUMENT = 1 << 17, /* a word: settings or roster */
    MAY_DRAIN = 1 << 18,      /* a word: drain or undrain, or none */
};

typedef struct Command {
    const char *name;
    Action action;
    unsigned int takes;
} Command;

extern const Command commands_table[];
extern const size_t commands_count;

/* By its name; NULL: there is none. */
const Command *commands_find(const char *name);
