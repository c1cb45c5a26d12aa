/* SPDX-License-Identifier: MIT */
/* What the completion of a shell asks. It is no command of a person's: --help has it not. */
#pragma once

/* The word that asks for it, as the first argument. */
#define CTL_COMPLETE_WORD "__complete"

/*
 * Takes the program's name and the words behind it up to the cursor, the last of them the one to
 * complete. Prints what may stand there, a line each, with what is said of it behind a tab; or a
 * tab and "file" or "directory" where those may. What nobody can tell within 2 s is left out, and
 * nothing is said of it: somebody is typing. Returns 0.
 */
int ctl_complete(int argc, char *argv[]);
