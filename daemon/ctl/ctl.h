/* SPDX-License-Identifier: MIT */
/* rosterctl's commands that ask the running daemon, or the state's files where none runs. */
#pragma once

#include "daemon/cli/options.h"

/* Runs one; prints its answer on standard output, what is wrong on standard error. The exit status:
 * 0; 69 no daemon; 1 refused, or what reconcile and undo come to; 78 invalid settings where they
 * are needed. */
int ctl_run(const Options *options);
