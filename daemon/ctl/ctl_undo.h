/* SPDX-License-Identifier: MIT */
/* rosterctl undo. */
#pragma once

#include "daemon/cli/options.h"

/* Asks the daemon; a dry run without one asks the service itself, out of the files. The exit
 * status: 0 all is there, or would be; 1 not, or refused; 69, 78. */
int ctl_undo(const Options *options);
