/* SPDX-License-Identifier: MIT */
/* What both programs do around the work of their own: the command line, the log, and the actions
 * that are the same in both. */
#pragma once

#include "daemon/cli/options.h"

typedef struct Program {
    const char *name;
    const char *help;
    int (*parse)(int argc, char *argv[], Options *ret_options, Err *err);
    int (*run)(const Options *options); /* what is left to it alone; the exit status */
} Program;

/* The whole of main(): the exit status. */
int program_main(const Program *program, int argc, char *argv[]);
