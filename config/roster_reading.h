/* SPDX-License-Identifier: MIT */
/*
 * What one roster file gave when it was read: its channels, with all that they point to. It does
 * not change once it is made, and configurations share it: one that is loaded anew takes over what
 * was read of each file that is as it was (config/load/rosters.h). It goes with the last who holds
 * it, on whichever thread that is.
 */
#pragma once

#include <sys/stat.h>

#include "config/config.h"
#include "daemon/base/arena.h"

typedef struct RosterReading RosterReading;
struct RosterReading {
    unsigned holders;
    Arena arena;
    RosterReading *body; /* that has the texts and members of the channels in its arena, and is
                          * held; NULL: this one has */
    const char *path;
    struct stat status; /* of the file, before it was read */
    bool was_old;  /* by then it had not been written for so long that whatever is written to it
                    * later shows in the status */
    bool is_whole; /* it says the same whenever the file and the settings do: nothing was wrong
                    * with it, and no other file is behind it */
    RosterChannel *channels; /* the arena's */
    size_t channel_count;
};

/* Nothing read yet; the caller holds it. NULL: out of memory. */
RosterReading *roster_reading_new(const char *path);

/* Each returns what it is given. */
RosterReading *roster_reading_hold(RosterReading *reading);

/* Lets go of it. */
void roster_reading_leave(RosterReading *reading);

/* Several, each of which is held; and by which settings they were read. */
typedef struct RosterReadings {
    char settings[DIGEST_HEX_SIZE]; /* "": by none that are known */
    RosterReading **items;
    size_t count, capacity;
} RosterReadings;

void roster_readings_done(RosterReadings *readings);

/* Holds one more. 0 or -ENOMEM. */
int roster_readings_add(RosterReadings *readings, RosterReading *reading);

/* Holds what another list holds; `ret_copy` must be empty. 0, or -ENOMEM with some of it. */
int roster_readings_copy(const RosterReadings *readings, RosterReadings *ret_copy);

/* Lets go of those whose channels are not in the memory of what the configuration was read from:
 * so that whoever keeps readings beside a configuration keeps little that it does not keep
 * itself. */
void roster_readings_keep_shared(RosterReadings *readings, const Config *config);
