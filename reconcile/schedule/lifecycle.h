/* SPDX-License-Identifier: MIT */
/*
 * The life of one set of settings and rosters: the schedules of its instances, an undo beside them,
 * changes that are held while files may have changed, its end for a newer set or for the daemon's
 * stop. Whoever owns it calls lifecycle_step() after each pass and each answer, from outside of all
 * of them.
 */
#pragma once

#include "daemon/base/clock.h"
#include "reconcile/schedule/schedule.h"

/* How long requests in flight are awaited after a stop. */
#define LIFECYCLE_GRACE_USEC (4 * USEC_PER_SEC)

typedef enum LifecycleState {
    LIFECYCLE_RUNNING,
    LIFECYCLE_REPLACED,  /* a newer set waits for what is under way, of which changes are awaited */
    LIFECYCLE_STOPPING,  /* all that is in flight is awaited, until the grace is over */
    LIFECYCLE_ABANDONED, /* nothing is awaited any more, passes end */
    LIFECYCLE_OVER,      /* nothing is under way and nothing will be */
} LifecycleState;

typedef enum UndoState {
    UNDO_NONE,
    UNDO_WANTED,  /* waits until changes are allowed; passes go on */
    UNDO_WAITING, /* passes on its instances stand aside, or are about to */
    UNDO_RUNNING,
} UndoState;

typedef struct Lifecycle {
    const ScheduleOps *ops;
    void *context; /* of ops */
    Schedule *schedules;
    size_t count;
    LifecycleState state;
    UndoState undo;
    bool undo_is_dry;      /* it changes nothing */
    bool is_replaced;      /* by a newer set: what passes hold then stays held */
    char hold[96];         /* why changes are held; "" while they are allowed */
    char why[96];          /* REPLACED and later: why it ends */
    uint64_t abandon_usec; /* STOPPING: when the grace is over */
} Lifecycle;

/* Schedules for so many instances. Everything is borrowed. 0 or -ENOMEM; lifecycle_done() in both
 * cases. */
int lifecycle_init(Lifecycle *lifecycle, const ScheduleOps *ops, void *context, size_t count,
                   uint64_t interval_usec);
void lifecycle_done(Lifecycle *lifecycle);

/* The first passes begin at once. */
void lifecycle_begin(Lifecycle *lifecycle);

/* Asks every schedule for a pass. */
void lifecycle_ask(Lifecycle *lifecycle);

/* No pass, of those under way and those that begin later, makes a change; no undo begins that
 * would. One under way goes on: it is not of the set, but adds back what the history says was
 * there. */
void lifecycle_hold(Lifecycle *lifecycle, const char *why);
void lifecycle_allow(Lifecycle *lifecycle);

/* Whoever begins a pass asks: why it is to hold its changes; "": it is not. */
const char *lifecycle_get_hold(const Lifecycle *lifecycle);

/* An undo is to run beside the passes, as soon as may be (ops->begin_undo); one at a time. It cuts
 * short the passes that it meets, for the reason `why`; a dry one awaits them. */
void lifecycle_ask_undo(Lifecycle *lifecycle, bool is_dry);

/* It is done, or will not be begun after all. */
void lifecycle_on_undone(Lifecycle *lifecycle);

/* A newer set has taken its place: no pass begins, those under way send nothing more. Reads in
 * flight are not awaited, changes are; an undo under way goes on to its end. Harmless twice. */
void lifecycle_replace(Lifecycle *lifecycle, const char *why);

/* An instance is not this host's, or not any more: its passes give way (schedule_stand_by()). With
 * `is_lost` no answer is awaited either. The opposite: its passes begin at once. */
void lifecycle_stand_by(Lifecycle *lifecycle, size_t instance, bool is_lost, const char *why);
void lifecycle_take_up(Lifecycle *lifecycle, size_t instance);

/* The daemon ends: like lifecycle_replace(), but all that is in flight is awaited, of the undo as
 * well, until the grace is over. */
void lifecycle_stop(Lifecycle *lifecycle, const char *why);

/* Awaits nothing any more. After one of the two above. */
void lifecycle_abandon(Lifecycle *lifecycle);

/* Does what may be done by now: begins the undo, abandons, is over. */
void lifecycle_step(Lifecycle *lifecycle);

/* When lifecycle_step() has something to do without anything else happening; USEC_NEVER: not. */
uint64_t lifecycle_next_usec(const Lifecycle *lifecycle);

bool lifecycle_is_over(const Lifecycle *lifecycle);

/* Whether the next pass of a schedule is overdue, or one that stands aside does so for nothing. */
bool lifecycle_is_stuck(const Lifecycle *lifecycle, uint64_t now_usec);
