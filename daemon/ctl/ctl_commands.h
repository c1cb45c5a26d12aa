/* SPDX-License-Identifier: MIT */
/* rosterctl's commands, a file each. All return the exit status. */
#pragma once

#include "daemon/cli/options.h"

/* A dry run: by the daemon where one runs with these settings, else by rosterctl itself. */
int ctl_plan(const Options *options);

/* Reads settings and rosters, or files of rosters, and says what is wrong with them: 0, 78. */
int ctl_validate(const Options *options);

/* What the service has, and rosters out of it: by the daemon or by rosterctl likewise. 0; 1 where
 * something of it could not be read or written. */
int ctl_channels(const Options *options);
int ctl_export(const Options *options);
/* Goes along the way of a pass and says where it ends. 0; 1 where something is wrong; 78. */
int ctl_check(const Options *options);

/* Prints JSON Schema of settings or rosters. */
int ctl_schema(const Options *options);

/* What the daemon knows. */
int ctl_status(const Options *options);

/* The same for Prometheus. */
int ctl_metrics(const Options *options);

/* The history: the daemon's, or without one, of the state's files. */
int ctl_history(const Options *options);

/* Asks the daemon; a dry run without one asks the service itself, out of the files. 0 all is there,
 * or would be; 1 not, or refused; 69, 78. */
int ctl_undo(const Options *options);

int ctl_pause(const Options *options);
int ctl_resume(const Options *options);
int ctl_approve(const Options *options);

/* The fleet that the daemon belongs to; whether its host takes instances. */
int ctl_fleet(const Options *options);

/* Waits for a pass that begins after it was asked for; 0, 1, 2, 3 as its report says. */
int ctl_reconcile(const Options *options);
