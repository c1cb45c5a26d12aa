/* SPDX-License-Identifier: MIT */
/*
 * DOC: the commands of rosterctl
 *
 * ctl_run() runs one command; each has a file of its own (ctl_commands.h). A command asks the
 * running daemon over its control socket (ctl_ask.h), prints the answer as JSON or as text by
 * daemon/report, and returns an exit status that a script can rely on.
 *
 * status, pause, resume, approve and reconcile need a daemon: without one they end with 69.
 * history and a dry undo read the state's files themselves then, and plan makes a dry run itself.
 * Before anything is believed, the other side of the socket must belong to root, to the user of
 * the service or to the caller, by what the kernel says; an answer is checked like any other
 * input, and no control character of it reaches the terminal.
 * One with many members is kept in a file without a name (ctl_kept.h), and shown out of it channel
 * by channel once it is there as a whole.
 *
 * Waiting is bounded, or shown: where the daemon works on a request, the client asks it once a
 * second whether it is still at work and shows how far it is.
 *
 * daemon/control has the other side: a command here and a handler there belong together.
 */
#pragma once

#include "daemon/cli/options.h"

/* Runs one; prints its answer on standard output, what is wrong on standard error. The exit status:
 * 0; 69 no daemon; 1 refused, or what reconcile and undo come to; 78 invalid settings where they
 * are needed. */
int ctl_run(const Options *options);
