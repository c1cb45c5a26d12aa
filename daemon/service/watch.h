/* SPDX-License-Identifier: MIT */
/*
 * Notices when files that were read may have changed: rewritten, renamed over, removed, or reached
 * through a link that now points elsewhere (inotify(7)). Tells once nothing has happened for a
 * while, so that a half-written file, or a half-done checkout, is not taken for the whole. What
 * keeps it from telling for long is logged.
 */
#pragma once

#include <stdbool.h>
#include <systemd/sd-event.h>

#include "daemon/base/mem.h"

typedef struct Watch Watch;

typedef void (*WatchOnChange)(void *userdata);

/* How long it must have been quiet. */
#define WATCH_QUIET_USEC (500 * USEC_PER_MSEC)

/* How long it may not be quiet before that is worth a warning. */
#define WATCH_BUSY_USEC (30 * USEC_PER_SEC)

/* 0, or a negative errno of sd-event or inotify. */
int watch_new(sd_event *event, WatchOnChange on_change, void *userdata, Watch **ret_watch);
void watch_free(Watch *watch);
DEFINE_CLEANUP(Watch, watch_free)

/* Watches these files and directories instead of what it watched before. A path that cannot be
 * watched is left out: returns how many were, or -ENOMEM. */
int watch_set(Watch *watch, const char *const *paths, size_t path_count);

/* Whether something changed since it was told, or asked, last: what was read meanwhile may be half
 * of it. It is told once it is quiet. */
bool watch_has_changed(Watch *watch);
