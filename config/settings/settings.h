/* SPDX-License-Identifier: MIT */
/*
 * DOC: the settings file
 *
 * What the host says: where the service is, how to authorise, how carefully to work.
 * settings_read() reads the tree of the settings file by one table into the Build (build.h), which
 * is the Config in the making. The keys of the single values and of the guards are made from the
 * rows of setting.h and guards.h; the rest has files of its own: instances.h the map of instances,
 * auth.h what each method of authorisation takes, endpoint.h which URLs are accepted.
 *
 * After the table has been read come the rules that look at several keys: two instances that are
 * one, an http:// endpoint that is not on this host, a method without its files. Secrets are not
 * read here, only the names of their files: a configuration can be checked on a host that has no
 * secrets.
 *
 * What is wrong is reported and reading goes on. Where a mistake would make later rules complain
 * about its consequences, the Build remembers that the value is not known (`knows_*`) and these
 * rules are left out.
 */
#pragma once

#include "config/build.h"

/* All keys of the settings file, which settings_read() reads by. */
extern const Schema settings_schema;

/* The keys below `guards:`, in rosters as well: one for each row of the guards that has one. They
 * are read into Guards; the fallbacks are the defaults of the settings. */
extern const Schema settings_guards_schema;

/* Reports a quarantine that is shorter than a second and not off, of the settings or of a roster.
 */
void settings_check_quarantine(Reader *reader, const Node *map, uint64_t value);

/*
 * Reads the tree of the settings file into the Build and reports every mistake. Gives the entries
 * of `rosters`, or its default, in the Build's arena, and the list of channels that stand in the
 * settings themselves (NULL: none), which is the tree's.
 */
void settings_read(Build *build, Reader *reader, const Node *root, RosterEntries *ret_rosters,
                   const Node **ret_channels);
