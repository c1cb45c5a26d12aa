/* SPDX-License-Identifier: MIT */
/*
 * DOC: the daemon
 *
 * service_run() is rosterd as a daemon: it opens the state, loads settings and rosters, begins a
 * controller (daemon/runtime), listens on the control socket (daemon/control), and then runs the
 * event loop until a signal ends it. A service or a disk that does not work never ends it.
 *
 * What is read and when: watch.h tells that a file may have changed, settle.h waits until the
 * files have been still and compares, reload.h loads them beside the loop. From the first sign of
 * a change to the end of the reload nothing is changed at the service. A set that is invalid
 * changes nothing, is logged line by line, and shows in `systemctl status`.
 *
 * Which set is in force: service_change.c makes a second controller of a new set, has the first
 * one give way, and begins the second when the first is over. service_stop.c is SIGTERM: what is
 * in flight is awaited for a few seconds, then abandoned, and the state is closed.
 *
 * notify.h talks to the service manager, status_line.h writes the line that it shows. The watchdog
 * is fed while every pass moves and nothing is overdue, and no longer.
 */
#pragma once

#include "daemon/cli/options.h"

/* Runs until a signal ends it. The exit status: 0 after a signal; 75, 78 and, where the loop itself
 * fails, 1. */
int service_run(const Options *options);
