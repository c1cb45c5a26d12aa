/* SPDX-License-Identifier: MIT */
/*
 * DOC: what wakes the daemon when files change
 *
 * A Watch (inotify(7)) tells at once when something happens that can matter to the settings and
 * rosters that were read: a file written, renamed over or removed; a name that can be a roster in a
 * directory or below a pattern; a link on the way that points elsewhere; a directory on the way
 * that is moved or removed. What else happens beside them is nobody's business here: an editor's
 * backup, a lock file or a log in a roster directory wakes nobody.
 *
 * It is a hint and no more. What has changed is found out by looking at the files (sources.h), and
 * before each pass and its first change they are looked at in any case (settle.h): inotify tells
 * nothing of a network file system that another host writes to, nor of a mount laid over a
 * directory, and there may be no inotify instance left for us.
 */
#pragma once

#include <stdbool.h>
#include <systemd/sd-event.h>

#include "config/load/sources.h"
#include "daemon/base/mem.h"

typedef struct Watch Watch;

typedef void (*WatchOnEvent)(void *userdata);

/* on_event is called from the event loop, before anything else that is due there. 0, or a negative
 * errno of sd-event; without an inotify instance it warns, and tells nothing. */
int watch_new(sd_event *event, WatchOnEvent on_event, void *userdata, Watch **ret_watch);
void watch_free(Watch *watch);
DEFINE_CLEANUP(Watch, watch_free)

/* Watches these instead of what it watched before. What happened before it returns may go untold:
 * whoever has looked at the files before must look again. What cannot be watched is left out, with
 * a warning, once. 0 or -ENOMEM, and then it watches as before. */
int watch_set(Watch *watch, const Sources *sources);
