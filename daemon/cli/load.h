/* SPDX-License-Identifier: MIT */
/* Settings and rosters from the command line: loading them or saying what is wrong. */
#pragma once

#include "config/config.h"

/* Loads them; every mistake goes to standard error, a line each. The exit status: 0 with them, to
 * be freed with config_free(); EXIT_INVALID; EXIT_FAILED out of memory, which says nothing of the
 * files. */
int load_config(const char *path, Config **ret_config);

/* The same of the settings alone (config_load_settings()). */
int load_settings(const char *path, Config **ret_config);

/* `--check` and `validate`: says on standard output what was found valid. The exit status. */
int load_check(const char *path);
