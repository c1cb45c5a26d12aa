/* SPDX-License-Identifier: MIT */
/* Which roster files the settings name. */
#pragma once

#include "config/build.h"

/* A roster file to read. */
typedef struct RosterFile {
    const char *path;
    const RosterEntry *entry; /* that named it; NULL: a person did */
    struct stat status;       /* as it was met */
} RosterFile;

typedef struct RosterFiles {
    RosterFile *items; /* on the heap; the paths are the arena's */
    size_t count;
    size_t capacity;
} RosterFiles;

void files_done(RosterFiles *files);

/*
 * Turns entries into files: a file is itself, a directory its *.yaml and *.yml, a pattern what fits
 * it; names that start with a dot are skipped unless they are written so; files come in the order
 * of the entries, then of their names, each once. Reports what is not there or cannot be read, at
 * its entry; tells the problems of every directory looked into, and the Build's sources of every
 * file and directory. An entry that comes to no file at all is a warning of the configuration.
 */
void files_find(Build *build, const RosterEntries *entries, RosterFiles *ret_files);

/* Takes the files that a person names, in place of entries: a directory is its *.yaml and *.yml,
 * names are no patterns, each file comes once. What is not there or cannot be read, and a directory
 * without rosters, is reported as a problem of that path. */
void files_take(Build *build, const char *const *paths, size_t count, RosterFiles *ret_files);

/* Sets the paths of the settings file and of its directory. 0 or -ENOMEM. */
int files_set_settings(Build *build, const char *path);
