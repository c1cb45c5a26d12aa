/* SPDX-License-Identifier: MIT */
/*
 * DOC: from files to a configuration
 *
 * config_load() reads the settings file, finds the roster files that it names (files.h: files,
 * directories, patterns), reads each of them, and gives out a Config or a list of mistakes, never
 * both. The tree of a file is freed before the next file is read.
 *
 * sources.h keeps what was looked at: each file with its device, inode, size and times, each
 * directory with the names that could be rosters. It is compared later, without reading, to tell
 * whether the set in force is still what the files say; that works on file systems that tell of no
 * changes.
 *
 * rosters.h takes over what was read of each roster file before, where nothing can have changed, so
 * that a reload costs what has changed.
 *
 * compare.h compares two configurations channel by channel, so that a reload can say what it
 * changed and tell a set that means the same from one that does not.
 *
 * The file system is the only part of the world that this room knows: no clock, no network, no
 * log. Whoever loads decides when (daemon/service) and what to print (daemon/cli).
 */
#pragma once

#include "config/load/sources.h"
#include "config/roster_reading.h"

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

/* What a load goes by beside the files. */
typedef struct LoadTerms {
    uint64_t realtime_usec;       /* when it begins */
    const RosterReadings *before; /* what was read of roster files before; NULL: nothing */
    bool only_still; /* ends with -EAGAIN, and has read no roster, where files are young
                      * (sources_are_young()) */
} LoadTerms;

/* config_load_sources(), but takes over what was read before of files that are as they were
 * (rosters.h): the result and all mistakes are those of reading each. `ret_readings` must be empty,
 * and takes what was read of each file, also after a failure: it serves as `before` for the next
 * load. After -EAGAIN `ret_sources` has all that is to be still. */
int config_load_again(const char *path, const LoadTerms *terms, Sources *ret_sources,
                      RosterReadings *ret_readings, Problems *problems, Config **ret_config);

/* config_load(), but the rosters may be absent or list nothing: for who is coming aboard. */
int config_load_if_any(const char *path, Problems *problems, Config **ret_config);

/*
 * Rosters that a person names (files_take()), and not those that the settings name, against the
 * settings; with NULL for `settings` without any: then what needs them is not checked, and the
 * Config, which is as config_load() gives it otherwise, has no instances and says nothing of
 * settings.
 */
int config_load_rosters(const char *settings, const char *const *files, size_t count,
                        Problems *problems, Config **ret_config);

/* config_load() of the settings alone, without the rosters they name: for who only looks for the
 * state or the control socket, which rosters with mistakes must not stand in the way of. */
int config_load_settings(const char *path, Problems *problems, Config **ret_config);
