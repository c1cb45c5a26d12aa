/* SPDX-License-Identifier: MIT */
/* Settings and rosters from their files: the whole set, or nothing. */
#pragma once

#include "config/config.h"

/*
 * Reads the settings file and every roster it names. Returns 0 and the configuration; -EINVAL with
 * every mistake in `problems` (one at least); -ENOMEM with a problem that says so, where it could.
 * Nothing is ever half applied: with one problem there is no Config. Free with config_free().
 */
int config_load(const char *path, Problems *problems, Config **ret_config);

/* The same of the settings alone, without the rosters they name: for who only looks for the state
 * or the control socket, which rosters with mistakes must not stand in the way of. */
int config_load_settings(const char *path, Problems *problems, Config **ret_config);
