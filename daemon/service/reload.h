/* SPDX-License-Identifier: MIT */
/* Loading settings and rosters, at the start and anew while the daemon runs. */
#pragma once

#include "daemon/cli/look.h"
#include "daemon/cli/options.h"
#include "daemon/runtime/controller.h"
#include "daemon/service/settle.h"
#include "daemon/service/watch.h"
#include "daemon/store/state.h"

typedef struct Reload {
    const Options *options;
    sd_event *event;
    Watch *watch;        /* of the files that were read */
    Settle *settle;      /* likewise */
    RosterReadings read; /* of the roster files, for the next load */
    Look *load;          /* under way; NULL: none is */
    Controller *opening; /* made of what was loaded, while its secrets are read; NULL: none is */
    Sources opened;      /* with it: the files that it is made of */
    bool is_asked;       /* `load`: by a person, at once */
    bool is_asked_again; /* `load`: since it began, and it may have read what was there before */
    char touched[ASIDE_PATH_SIZE]; /* `load`: what it was seen at last */
    uint64_t touched_usec;         /* `load`: since when, monotonic */
    bool is_late_said;             /* `load`: that a file does not answer */
    char invalid[160];             /* why the newest settings or rosters are refused; "" */
    uint64_t invalid_usec;         /* realtime, since when; 0 */
    bool is_unopened; /* refused for what no file of settings or rosters says: a secret */
    Buf errors;       /* all of it, a line each; empty while they are not refused */
    char
        *in_force[SETTING_COUNT]; /* of settings that take a restart: what they said at the start */
    char fleet_in_force[DIGEST_HEX_SIZE]; /* likewise; "": there was none */
} Reload;

void reload_done(Reload *reload);

/*
 * Loads what the daemon starts with, and watches the files that were read. 0; -EINVAL with every
 * error in the log; -ENOMEM; -EINTR, a signal wants the daemon to end.
 */
int reload_start(Reload *reload, Config **ret_config);

/*
 * Begins to load what the files say now, unless that is under way: asked for, at once; else from
 * SettleOnEnd. Whether it is done, as where few files changed. Where not, the event loop goes on
 * meanwhile, and nothing is to be changed until reload_is_done(); files may be slow to answer, or
 * not answer at all (reload_is_late()).
 */
bool reload_begin(Reload *reload, bool is_asked);

bool reload_is_loading(const Reload *reload);

/* Whether what was loaded is being opened: reload_load() goes on with it, in any turn. */
bool reload_is_opening(const Reload *reload);

/* Whether what is under way has ended. */
bool reload_is_done(Reload *reload);

/* Why nothing is read for so long; false: there is nothing to tell. */
bool reload_trouble(const Reload *reload, char ret_text[static SETTLE_TROUBLE_SIZE]);

/* Whether files do not answer. */
bool reload_is_late(const Reload *reload);

/*
 * Takes what was loaded, once it is done. Valid, and not what
 * `old` says already (or asked for): 0 with a controller, not begun, and a line in the log for each
 * thing that changed. Valid and the same: 0 without one, and `old` tells the files and lines of
 * now. Invalid: -EINVAL, every error in the log. -EAGAIN: the files have changed again, or there is
 * no memory, and SettleOnEnd follows. -EINPROGRESS: the secrets of many instances are being read,
 * call it again in a later turn, with what is in force then; until then it is loading, and nothing
 * is to be changed. Watches the files that were read.
 */
int reload_load(Reload *reload, const State *state, Config *old, Controller **ret_controller);

/* The state can be used from now on (controller_use_store()). */
void reload_use_store(Reload *reload, Store *store);

/* Which set is in force from now on. */
void reload_log_set(const Config *config);

/* Watches what was read last by its paths as they lead now. */
void reload_watch_again(Reload *reload);
