/* SPDX-License-Identifier: MIT */
/*
 * DOC: who belongs
 *
 * What the teams say: which members a channel has, which members rosterd never touches, what is
 * stricter than the settings. roster_read() reads the tree of one roster file and adds its
 * channels to the Build. The same list of channels may stand in the settings of a small host
 * (roster_read_in_settings()).
 *
 * members.h reads a member as a text (10.1.0.5:8080) or as a map; host.h takes such a text apart
 * and refuses what can be read in two ways. member_index.h finds a member that is listed twice.
 * ignore_rules.c reads what must never be touched, by some of the keys of a member
 * (member_keys.c); pause.h a pause that git carries. rules.h has the rules that look at more than
 * one entry: a channel is listed once in all files together, and a roster may only be stricter than
 * the settings.
 *
 * Addresses are kept in canonical form (config/address.h), so that two spellings of one address
 * are one member. A channel without members is a mistake unless it says allow_empty: an empty list
 * is the most dangerous thing that a roster can say.
 */
#pragma once

#include "config/build.h"

/* All keys of a roster file, which roster_read() reads by. */
extern const Schema roster_schema;

/* Reads the tree of a roster file: adds its channels to the Build and reports every mistake. */
void roster_read(Build *build, Reader *reader, const Node *root);

/* Reads a list of channels that stands in the settings themselves. */
void roster_read_in_settings(Build *build, Reader *reader, const Node *list);
