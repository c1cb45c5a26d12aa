/* SPDX-License-Identifier: MIT */
/* Settings and rosters from the command line: loading them or saying what is wrong. */
#pragma once

#include "config/load/config_load.h"

/* Loads them; every mistake goes to standard error, a line each. The exit status: 0 with them, to
 * be freed with config_free(); EXIT_INVALID; EXIT_FAILED out of memory, which says nothing of the
 * files. */
int load_config(const char *path, Config **ret_config);

/* The same where rosters may be absent or empty (config_load_if_any()). */
int load_config_if_any(const char *path, Config **ret_config);

/* The same of the settings alone (config_load_settings()). */
int load_settings(const char *path, Config **ret_config);

/*
 * Loads what a pass is to go by. Files younger than SOURCES_STILL_USEC are read when they have been
 * still for that long; what is invalid is logged and loaded again when it changes, for 3
 * s at most, for it may be half of a checkout. 0, or -EINVAL with every mistake in `problems`;
 * -EAGAIN with a configuration, whose files keep changing; -ENOMEM; -EINTR when SIGTERM or SIGINT,
 * blocked by the caller, is pending. `ret_sources`, `ret_readings` and `problems` must be empty,
 * and belong to the caller in every case.
 */
int load_when_still(const char *path, Sources *ret_sources, RosterReadings *ret_readings,
                    Problems *problems, Config **ret_config);

/* load_when_still() where what is invalid is printed and what keeps changing is an error: the exit
 * status as load_config(). */
int load_config_when_still(const char *path, Sources *ret_sources, Config **ret_config);

/* `--check`: says on standard output what was found valid. The exit status. */
int load_check(const char *path);
