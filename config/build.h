/* SPDX-License-Identifier: MIT */
/* A Config in the making: what the steps of config_load() share. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/config.h"
#include "config/schema/schema.h"
#include "daemon/base/arena.h"
#include "daemon/base/map.h"

typedef struct Build {
    Config config; /* first: what config_load() gives out */
    Arena arena;   /* all that the Config points to */
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
} Build;

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
