/* SPDX-License-Identifier: MIT */
/* The rules that tie a channel to the settings and to the other rosters (PRODUCT.md section 3). */
#pragma once

#include "config/build.h"

/* A roster may turn prune into observe, never observe into prune. `node` is the channel's mode. */
void rules_check_mode(Build *build, Reader *reader, const Node *node, Mode mode);

/* A roster's guards may only be stricter. `node` is the channel's guards; 0xffffffff (GUARD_UNSET)
 * is a guard that it does not name. Merges them over the settings' into `ret_guards`. */
#define GUARD_UNSET UINT32_MAX
void rules_merge_guards(Build *build, Reader *reader, const Node *node, const Guards *written,
                        Guards *ret_guards);

/* A channel is listed once, in all files together. `node` is its entry. Reports the second place,
 * and names the first. */
void rules_check_listed_once(Build *build, Reader *reader, const Node *node,
                             const RosterChannel *channel);

/* Whether there is anything to manage; looked at when there is no other mistake. */
void rules_check_any_channel(Build *build, const RosterEntries *rosters);
