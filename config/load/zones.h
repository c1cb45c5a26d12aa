/* SPDX-License-Identifier: MIT */
/* The zones that windows name, out of the host's tz database. */
#pragma once

#include "config/build.h"
#include "config/load/sources.h"

/* Where the compiled zones stand (tzfile(5)). */
#define ZONES_DIRECTORY "/usr/share/zoneinfo"

/* The zone of a name (BuildFindZone); each is read once in a load. UTC needs no file. Its file is
 * told to the Build's zone stamps before it is read. */
const BuildZone *zones_find(Build *build, const char *name, const char **ret_why);

/* Once the rosters are read: tells the sources of every zone file that was looked for. 0 or
 * -ENOMEM. */
int zones_tell_sources(const Build *build, Sources *sources);

/* Looks at the same zone files again. 0 or -ENOMEM. */
int zones_look(const Sources *before, Sources *ret_now);
