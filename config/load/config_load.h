/* SPDX-License-Identifier: MIT */
/* Settings and rosters from their files: the whole set, or nothing. */
#pragma once

#include "config/load/sources.h"

/*
 * Reads the settings file and every roster it names. Returns 0 and the configuration; -EINVAL with
 * every mistake in `problems` (one at least); -ENOMEM with a problem that says so, where it could.
 * Nothing is ever half applied: with one problem there is no Config. Free with config_free().
 */
int config_load(const char *path, Problems *problems, Config **ret_config);

/* config_load(), which also after a failure tells what it looked at. Files are looked at before
 * they are read: one that changes meanwhile differs from what is told of it. `ret_sources` must be
 * empty; sources_done() frees it in every case. */
int config_load_sources(const char *path, Sources *ret_sources, Problems *problems,
                        Config **ret_config);

/* config_load() of the settings alone, without the rosters they name: for who only looks for the
 * state or the control socket, which rosters with mistakes must not stand in the way of. */
int config_load_settings(const char *path, Problems *problems, Config **ret_config);
