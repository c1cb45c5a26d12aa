/* SPDX-License-Identifier: MIT */
/* A Config in the making: what the steps of config_load() share. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "config/roster_reading.h"
#include "config/schema/schema.h"
#include "daemon/base/arena.h"
#include "daemon/base/map.h"

/* A zone that a window names, or why there is none. */
typedef struct BuildZone BuildZone;
struct BuildZone {
    const char *name;
    const char *path;   /* of its file; NULL: it needs none */
    struct stat status; /* of the file, before it was read */
    int error;          /* why that cannot be looked at; 0: it can */
    const char *why;    /* what is wrong with it, a clause; NULL: nothing */
    Zone zone;
    char canonical[DIGEST_HEX_SIZE]; /* of what it means in our time */
    BuildZone *next;
};

/* An instance that rosters name where there are no settings. */
typedef struct BuildName BuildName;
struct BuildName {
    const char *name; /* "" where a roster leaves it out */
    size_t number;    /* stands in for its index */
    BuildName *next;
};

typedef struct Build Build;

/* The zone of a name. NULL: there is none, of which *ret_why tells a clause; or (NULL as well, the
 * problems tell) memory ran out. It is the Build's. */
typedef const BuildZone *(*BuildFindZone)(Build *build, const char *name, const char **ret_why);

struct Build {
    Config config;           /* first: what config_load() gives out */
    Arena arena;             /* what the Config points to, beside what was read of rosters */
    RosterReadings readings; /* of the roster files */
    Problems *problems;
    struct Sources *sources; /* borrowed: what is looked at */
    Instance *instances;
    RosterChannel *channels; /* grows; on the heap */
    size_t channel_capacity;
    Map listed; /* (instance, name or id) -> where it was listed first */
    /* False where the settings have a mistake there, which is reported: no rule compares a roster
     * with it then. */
    bool knows_instances;
    bool knows[SETTING_COUNT];
    bool knows_guards;
    bool is_without_settings; /* rosters alone: then names of instances are taken as they come */
    BuildName *names;         /* those, the newest first */
    bool may_lack_rosters;    /* rosters that are not there are none, and none need be there */
    BuildFindZone find_zone;
    BuildZone *zones; /* that were looked for, in that order */
};

/* One entry of `rosters`. It outlives the tree of the settings. */
typedef struct RosterEntry {
    const char *text; /* a file, a directory or a pattern, relative to the settings */
    size_t line;
    size_t column;
    const char *path; /* key path, "rosters[0]" */
} RosterEntry;

typedef struct RosterEntries {
    RosterEntry *items; /* the arena's */
    size_t count;
} RosterEntries;
