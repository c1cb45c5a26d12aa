/* SPDX-License-Identifier: MIT */
/*
 * DOC: the command line of both programs
 *
 * rosterd and rosterctl share this room: reading arguments, loading what a command needs, one pass
 * from the command line, and exit statuses. program_main() is the whole of main(): it parses, sets
 * up the log, does what both programs do alike (--version, --help, --check, --once), and hands the
 * rest to the program's own function.
 *
 * options.h has the Options that arguments become, and the table of rosterd's options; commands.h
 * has rosterctl's commands, its table, and which options go with which command. load.h reads
 * settings and rosters for a command: it prints every mistake on standard error and returns the
 * exit status. It waits for files that are being written just now, since a half-written roster must
 * not be taken for a whole one. once.h runs a pass and prints its report. socket_path.h says where
 * the control socket is, and control_path.h what it is asked, for both sides.
 *
 * Results go to standard output and errors to standard error; with a usage error or invalid
 * settings standard output stays empty. exit_status.h has the statuses that scripts rely on.
 */
#pragma once

#include "daemon/cli/options.h"

typedef struct Program {
    const char *name;
    const OptionTable *options;
    int (*parse)(int argc, char *argv[], Options *ret_options, Err *err);
    int (*run)(const Options *options); /* what is left to it alone; the exit status */
} Program;

/* The whole of main(): the exit status. */
int program_main(const Program *program, int argc, char *argv[]);
