/* SPDX-License-Identifier: MIT */
/* Looking at settings and rosters, and loading them, aside (aside.h): they may stand on a file
 * system that does not answer. */
#pragma once

#include "config/load/config_load.h"
#include "daemon/base/aside.h"

typedef struct Look Look;

/* Looks at the files anew, as sources_look(). 0 or -ENOMEM. */
int look_begin(const Sources *before, Look **ret_look);

/* Loads, as config_load_again(): `before` may be NULL, and is copied. 0 or -ENOMEM. */
int look_begin_load(const char *path, const RosterReadings *before, bool only_still,
                    Look **ret_look);

/* As aside_wait(). */
bool look_wait(Look *look, uint64_t usec);

/* As aside_wait() without an end, but for a signal that wants the program to end: 0, it is done;
 * -EINTR. The log tells of what does not answer. */
int look_wait_patiently(Look *look);

/* What it has been touching last, as aside_path(). */
void look_path(Look *look, char ret_path[static ASIDE_PATH_SIZE]);

/* Ends one that is done, with the result of sources_look(). */
int look_end(Look *look, Sources *ret_now);

/* Likewise, with the result of config_load_again(); `ret_sources`, `ret_readings` and `problems`
 * must be empty. */
int look_end_load(Look *look, Sources *ret_sources, RosterReadings *ret_readings,
                  Problems *problems, Config **ret_config);

/* Lets go of one, done or not. */
void look_leave(Look *look);
DEFINE_CLEANUP(Look, look_leave)
