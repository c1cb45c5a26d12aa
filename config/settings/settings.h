/* SPDX-License-Identifier: MIT */
/* The settings file: all of it but the channels in it. */
#pragma once

#include "config/build.h"

/* All keys of the settings file, which settings_read() reads by. */
extern const Schema settings_schema;

/*
 * Reads the tree of the settings file into the Build and reports every mistake. Gives the entries
 * of `rosters`, or its default, in the Build's arena, and the list of channels that stand in the
 * settings themselves (NULL: none), which is the tree's.
 */
void settings_read(Build *build, Reader *reader, const Node *root, RosterEntries *ret_rosters,
                   const Node **ret_channels);
