/* Loading settings and rosters anew while the daemon runs. */
#pragma once

#include "daemon/options.h"
#include "daemon/state.h"
#include "daemon/tenure.h"
#include "daemon/watch.h"

/*
 * Loads what the daemon starts with, and watches the files that were read. 0; -EINVAL with every
 * error in the log.
 */
int reload_start(const char *path, Watch *watch, Config **ret_config);

/*
 * Loads what the files say now. Valid, and not what `old` says already (or asked for): 0 with a
 * tenure, not begun, and a line in the log for each thing that changed. Valid and the same: 0
 * without one. Invalid: -EINVAL, every error in the log; `ret_invalid` says it in few words, and is
 * "" where all is valid. Watches the files that were read; files that change meanwhile are loaded
 * again once they are quiet, and this load comes to nothing, unless it was asked for.
 */
int reload_load(const Options *options, sd_event *event, const State *state, Watch *watch,
                const Config *old, bool is_asked, Tenure **ret_tenure, char *ret_invalid,
                size_t invalid_size);
