/* SPDX-License-Identifier: MIT */
/* The rules that tie a channel to the settings and to the other rosters. */
#pragma once

#include "config/build.h"

/* Whether a roster may say what it says of this setting where the settings say what they say.
 * `map` is the channel's entry, which has the setting's key. */
void rules_check_setting(Build *build, Reader *reader, const Node *map, SettingName name,
                         const RosterChannel *channel);

/* Reads a channel's guards, which may only be stricter than those of the settings, and merges them
 * over these. `map` is the channel's `guards`. */
void rules_read_guards(Build *build, Reader *reader, const Node *map, Guards *ret_guards);

/* A channel is listed once, in all files together. `node` is its entry. Reports the second place,
 * and names the first. */
void rules_check_listed_once(Build *build, Reader *reader, const Node *node,
                             const RosterChannel *channel);

/* Whether there is anything to manage; looked at when there is no other mistake. */
void rules_check_any_channel(Build *build, const RosterEntries *rosters);
