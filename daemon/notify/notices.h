/* SPDX-License-Identifier: MIT */
/*
 * DOC: telling people
 *
 * A Notices tells those whom the settings' `notify` names, each for itself, by a POST when a
 * condition begins, when it ends, and meanwhile as often as they want. After each pass the report
 * is compared with what is open (reconcile/notice decides), and what comes of it is kept in the
 * state (daemon/store/outbox.h) in one commit, after which the pass has nothing more to do with it.
 * note.h puts a notice into words, payload.h into the form of its receiver; so it stands in the
 * state until its receiver has taken it, byte for byte, with an id that is the same each time.
 *
 * delivery.h sends one after the other, the oldest first. What is not taken is sent again, later
 * each time, for a day. No pass waits for any of it, and no failure fails one.
 *
 * The URL is a secret. It stands in its file, is read before each attempt, and nothing of it gets
 * into a text: what libcurl says is not told, and a receiver's words only where they repeat no part
 * of it.
 *
 * Without a state that can be written nothing is told: nobody would know what was told before.
 */
#pragma once

#include <systemd/sd-event.h>

#include "config/config.h"
#include "daemon/store/store.h"
#include "reconcile/report/report.h"

typedef struct Notices Notices;

/* Tells nobody yet. 0; -ENOMEM; sd-event's. */
int notices_new(sd_event *event, Notices **ret_notices);

/* Ends what is under way, which is sent again by the next run. NULL is fine. */
void notices_free(Notices *notices);
DEFINE_CLEANUP(Notices, notices_free)

/*
 * Goes by these settings from now on, which are borrowed until the next call, and by that state,
 * which is borrowed; NULL: there is none, nobody is told. What was kept for others is dropped, and
 * conditions end whose channel or instance is no more.
 */
void notices_use(Notices *notices, const Config *config, Store *store);

/* After a pass over all channels of that instance of the settings in use. */
void notices_on_report(Notices *notices, size_t instance, const Report *report);

/* Why newer settings or rosters are refused; "": they are not. Costs nothing where it is as it was.
 */
void notices_on_validity(Notices *notices, const char *invalid);

/* One of those who are told, for people. */
typedef struct NoticesState {
    NotifyFormat format;
    size_t waiting;      /* that are not taken yet */
    uint64_t taken_usec; /* realtime: when one was taken last by this run; 0: none was */
    uint64_t failed_usec;
    const char *error; /* why one was not taken then; "": the last one was. Borrowed */
} NoticesState;

size_t notices_count(const Notices *notices);
NoticesState notices_get_state(const Notices *notices, size_t number);
