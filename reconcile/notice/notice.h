/* SPDX-License-Identifier: MIT */
/*
 * DOC: when people are told
 *
 * This room decides, and sends nothing: it is given what a pass found (reconcile/report) and what
 * is known from before, and says what people are to be told. daemon/notify keeps what is known in
 * the state, puts it into words and sends it.
 *
 * A condition (look.h) begins, lasts and ends, and whoever is to be told of it hears of the
 * beginning and of the end, and meanwhile as often as `repeat` says: never of each pass. What is
 * known of a condition is a NoticeRecord, which outlives a restart; notice_step() is all that
 * happens to one. It goes by (kind, instance, channel), and not by any text, so that another error
 * or another number begins nothing anew.
 *
 * Notices of one notifier that come within NOTICE_WINDOW_USEC belong together: the first few are
 * told one by one, and of more than NOTICE_FEW there is one summary, when that time is over.
 *
 * Nothing here knows a clock: times are given, by a clock that nobody can set.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/notifier.h"
#include "reconcile/notice/look.h"

#define NOTICE_FEW 5
#define NOTICE_WINDOW_USEC (10 * USEC_PER_SEC)
#define NOTICE_DRIFT_PASSES 3 /* drift is told once so many passes have found it */

/* What is known of a condition; all zeros: nothing. */
typedef struct NoticeRecord {
    bool is_open;
    uint32_t passes;    /* that found it, before it is open */
    uint64_t told_usec; /* is_open: when it was told last */
} NoticeRecord;

typedef enum NoticeStep {
    NOTICE_NOTHING, /* the record is as it was */
    NOTICE_KEEP,    /* it is another one, and nobody is told */
    NOTICE_FORGET,  /* there is none any more, and nobody is told */
    NOTICE_BEGINS,
    NOTICE_LASTS, /* it is told again */
    NOTICE_ENDS,  /* there is none any more */
} NoticeStep;

NoticeStep notice_step(NoticeRecord *record, NoticeKind kind, Presence presence,
                       uint64_t repeat_usec, uint64_t now_usec);

/* What was told one by one of the window that began then. */
typedef struct NoticeWindow {
    uint64_t began_usec;
    size_t told_count; /* 0: there is none */
} NoticeWindow;

/* The end of the window that a notice of that time belongs to. */
uint64_t notice_window_end(const NoticeWindow *window, uint64_t created_usec);

typedef enum NoticeTurn {
    NOTICE_TURN_ONE,     /* the oldest is told by itself */
    NOTICE_TURN_WAIT,    /* until the end of its window */
    NOTICE_TURN_SUMMARY, /* all that belong to its window are told as one */
} NoticeTurn;

/* What becomes of the oldest notice that is not told, of that time; `count` are those not told that
 * belong to its window, itself included. */
NoticeTurn notice_window_turn(const NoticeWindow *window, uint64_t created_usec, size_t count,
                              uint64_t now_usec);

/* One was told by itself. */
void notice_window_note(NoticeWindow *window, uint64_t created_usec);

/* How long after so many failures in a row it is tried again. */
uint64_t notice_backoff_usec(unsigned int failures);
