/* SPDX-License-Identifier: MIT */
/* Reading the roster files of a configuration, or taking over what was read of them before. */
#pragma once

#include "config/load/config_load.h"
#include "config/load/files.h"

/* Returns 0 with the tree of a file's text, or with NULL where that cannot be parsed, which is
 * reported then. `ret_status` is what the file was before. A negative errno says why it could not
 * be read, which the caller reports by rosters_why_unreadable(). */
int rosters_read_tree(const char *path, Arena *arena, Problems *problems, struct stat *ret_status,
                      const Node **ret_root);

const char *rosters_why_unreadable(int error);

/* Notes the path of a file that could not be read. */
void rosters_note_unread(Build *build, const char *path);

/*
 * Adds the channels of the files to the Build, whose settings are read. What was read of a file
 * before serves again where nothing can have changed: the settings say the same, nothing is wrong
 * with them, the file is as it was (sources_is_same()), it was old when it was read, and none of
 * its channels is listed in a file before it. So a file is read anew in each case in which there
 * would be anything to report of it.
 */
void rosters_load(Build *build, const RosterFiles *files, const LoadTerms *terms);
