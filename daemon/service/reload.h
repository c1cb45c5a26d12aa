/* SPDX-License-Identifier: MIT */
/* Loading settings and rosters, at the start and anew while the daemon runs. */
#pragma once

#include "daemon/cli/options.h"
#include "daemon/runtime/controller.h"
#include "daemon/service/settle.h"
#include "daemon/service/watch.h"
#include "daemon/store/state.h"

typedef struct Reload {
    const Options *options;
    sd_event *event;
    Watch *watch;      /* of the files that were read */
    Settle *settle;    /* likewise */
    char invalid[160]; /* why the newest settings or rosters are refused; "" */
    Buf errors;        /* all of it, a line each; empty while they are not refused */
    char
        *in_force[SETTING_COUNT]; /* of settings that take a restart: what they said at the start */
} Reload;

void reload_done(Reload *reload);

/*
 * Loads what the daemon starts with, and watches the files that were read. 0; -EINVAL with every
 * error in the log; -ENOMEM; -EINTR, a signal wants the daemon to end.
 */
int reload_start(Reload *reload, Config **ret_config);

/*
 * Loads what the files say now: asked for, at once; else from SettleOnEnd. Valid, and not what
 * `old` says already (or asked for): 0 with a controller, not begun, and a line in the log for each
 * thing that changed. Valid and the same: 0 without one, and `old` tells the files and lines of
 * now. Invalid: -EINVAL, every error in the log. -EAGAIN: the files have changed again, or there is
 * no memory, and SettleOnEnd follows. Watches the files that were read.
 */
int reload_load(Reload *reload, const State *state, Config *old, bool is_asked,
                Controller **ret_controller);

/* Which set is in force from now on. */
void reload_say_set(const Config *config);

/* Watches what was read last by its paths as they lead now. */
void reload_watch_again(Reload *reload);
