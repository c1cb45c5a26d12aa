/* SPDX-License-Identifier: MIT */
/* The rules that tie a channel to the settings and to the other rosters. */
#pragma once

#include "config/build.h"

/* Reports a setting of a roster that is laxer than the settings allow. `map` is the channel's
 * entry, which has the setting's key. */
void rules_check_setting(Build *build, Reader *reader, const Node *map, SettingName name,
                         const RosterChannel *channel);

/* Reads a channel's guards, which may only be stricter than those of the settings, and merges them
 * over these. `map` is the channel's `guards`. */
void rules_read_guards(Build *build, Reader *reader, const Node *map, Guards *ret_guards);

/* Reports a channel that is listed before, in whichever file, and names that place. `node` is its
 * entry. */
void rules_check_listed_once(Build *build, Reader *reader, const Node *node,
                             const RosterChannel *channel);

/* Whether the channel is listed before. */
bool rules_is_listed(const Build *build, const RosterChannel *channel);

/* Notes where a channel is listed that is not listed before. */
void rules_note_listed(Build *build, const RosterChannel *channel);

/* Reports a configuration without channels, unless it has another mistake. */
void rules_check_any_channel(Build *build, const RosterEntries *rosters);
