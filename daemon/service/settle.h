/* SPDX-License-Identifier: MIT */
/*
 * DOC: when changed files are read
 *
 * A Settle knows what the files were when they were read last, and compares. From the first
 * difference on it waits: the files themselves, by device, inode, size and times, must have been
 * still for half a second, whatever else happens beside them, so that a half-written file or a
 * half-done checkout is not taken for the whole. Meanwhile its owner lets nothing be changed at the
 * service, for the set in force may name fewer members than the one that is being written.
 *
 * The files are looked at aside (aside.h): those that do not answer count as changed and not read
 * yet, and hold the loop no longer than a second, once.
 *
 * Being still is observed by looking, and timed by the monotonic clock: it needs no inotify, and a
 * clock that was set wrong delays nothing.
 */
#pragma once

#include <stdbool.h>
#include <systemd/sd-event.h>

#include "config/load/sources.h"
#include "daemon/base/mem.h"

typedef struct Settle Settle;

/* Waiting is over: the files are still, and differ from what was read last; or they do not, and
 * there is nothing to read. Called from the event loop. */
typedef void (*SettleOnEnd)(bool has_changed, void *userdata);

/* settle_trouble() tells something else by now, which is logged. Called from the event loop. */
typedef void (*SettleOnBusy)(void *userdata);

/* 0, or a negative errno of sd-event. */
int settle_new(sd_event *event, SettleOnEnd on_end, SettleOnBusy on_busy, void *userdata,
               Settle **ret_settle);
void settle_free(Settle *settle);
DEFINE_CLEANUP(Settle, settle_free)

/* Takes over what has been read just now, from which files will differ from now on, and leaves
 * `read` empty. Where the files were not known to be still (`is_rushed`) and are young, it waits,
 * and they are to be read again in any case. */
void settle_use(Settle *settle, Sources *read, bool is_rushed);

/* Within on_end, with what was read then: whether it is what had been still. Else new settings
 * named other files, or something changed in between: it takes `read` over and waits for that, and
 * nothing is to come of this reading. */
bool settle_accepts(Settle *settle, Sources *read);

/* Where the files could not be read for want of memory: tries again in a while. */
void settle_put_off(Settle *settle);

/* Looks at the files: true when they are what was read last; else it waits, and on_end follows. */
bool settle_look(Settle *settle);

/* Something happened to the files: a look that is under way may have passed them before, and
 * another one is made instead of going by it. */
void settle_distrust(Settle *settle);

/* What was read last, borrowed until the next. */
const Sources *settle_get_read(const Settle *settle);

/* Whether files differ, or may, and are not read yet. */
bool settle_is_waiting(const Settle *settle);

/* Why nothing is read for so long: a file that has kept changing for SOURCES_BUSY_USEC, or that
 * does not answer. False: there is nothing to tell. */
#define SETTLE_TROUBLE_SIZE 200
bool settle_trouble(const Settle *settle, char ret_text[static SETTLE_TROUBLE_SIZE]);

/* Whether the files do not answer. */
bool settle_is_late(const Settle *settle);

/* There is something to be read that cannot be read now, whatever the files say: it waits, and
 * tries again with them. */
void settle_hold(Settle *settle);
