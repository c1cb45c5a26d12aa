/* SPDX-License-Identifier: MIT */
/* Loading settings and rosters anew while the daemon runs. */
#pragma once

#include "daemon/cli/options.h"
#include "daemon/runtime/controller.h"
#include "daemon/service/watch.h"
#include "daemon/store/state.h"

typedef struct Reload {
    const Options *options;
    sd_event *event;
    Watch *watch;      /* of the files that were read */
    char invalid[160]; /* why the newest settings or rosters are refused; "" */
    /* What the settings said at the start of what only a restart changes; NULL: nothing. */
    char *state_dir;
    char *control_socket;
} Reload;

void reload_done(Reload *reload);

/*
 * Loads what the daemon starts with, and watches the files that were read. 0; -EINVAL with every
 * error in the log; -ENOMEM.
 */
int reload_start(Reload *reload, Config **ret_config);

/*
 * Loads what the files say now. Valid, and not what `old` says already (or asked for): 0 with a
 * controller, not begun, and a line in the log for each thing that changed. Valid and the same: 0
 * without one. Invalid: -EINVAL, every error in the log. Watches the files that were read; files
 * that change meanwhile are loaded again once they are quiet, and this load comes to nothing,
 * unless it was asked for.
 */
int reload_load(Reload *reload, const State *state, const Config *old, bool is_asked,
                Controller **ret_tenure);
