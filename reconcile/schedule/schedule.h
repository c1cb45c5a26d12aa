/* SPDX-License-Identifier: MIT */
/*
 * DOC: when passes begin, give way and end
 *
 * This room decides it, and knows neither a clock nor an event loop: the time, chance and
 * everything that is to be done go through ScheduleOps. daemon/runtime fills them with sd-event and
 * real passes, tests/sim with a virtual clock.
 *
 * A Schedule is one instance's. It waits for the moment of its next pass: an interval, give or take
 * a tenth, after the last pass ended; the interval doubles with each pass in a row that could read
 * none of the instance's channels, up to 15 minutes, and is itself again with the first pass that
 * could read one. Where a change window opens or a quarantine ends earlier, the pass begins then.
 * Somebody may ask for a pass: it begins at once, or at once after the one under way. For an undo
 * it stands aside: its pass is cut short, none begins until it resumes, and then one begins at
 * once. A pass that came before its time in one of these ways, or with a newer set, and could read
 * nothing leaves the next one where it was: whoever tries again loses nothing by it. While another
 * host of a fleet owns its instance it stands by, in whatever state: it has no work, and its pass
 * is cut short; it begins one as soon as the instance is taken up, and one more when `handover` is
 * over (due_in_usec). It ends when a newer set of settings and rosters replaces the one it is for,
 * or the daemon stops.
 *
 *     IDLE -> WAITING -> PASSING -> WAITING ...     PASSING -> YIELDING -> ASIDE -> WAITING
 *     PASSING, YIELDING -> ENDING -> ENDED          IDLE, WAITING, ASIDE -> ENDED
 *
 * A Lifecycle (lifecycle.h) is that of a whole set with the schedules of all its instances: it
 * holds changes while files may have changed, has an undo run beside them, gives way to a newer
 * set, and stops. Progress (progress.h) tells whether a pass that is under way still moves; with
 * both, the watchdog learns of a daemon that stands still.
 *
 * Every transition is in a table, and one that is not there is a bug that ends the program.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/base/clock.h"

/* The longest time between passes of an instance that cannot be read. */
#define SCHEDULE_BACKOFF_MAX_USEC (15 * USEC_PER_MINUTE)

/* A pass that was asked for and could not even begin is tried again after that at the latest. */
#define SCHEDULE_RETRY_USEC (10 * USEC_PER_SEC)

/* What is to happen at a moment and has not happened so much later is stuck. */
#define SCHEDULE_OVERDUE_USEC (15 * USEC_PER_SEC)

typedef struct ScheduleOps {
    uint64_t (*now_usec)(void *context); /* monotonic */
    uint64_t (*random)(void *context);   /* 64 random bits */

    /* Asks for one schedule_on_time() of that instance's schedule at that time or soon after;
     * replaces what was asked before; USEC_NEVER: none. */
    void (*wake_at)(void *context, size_t instance, uint64_t monotonic_usec);

    /* Whether there is anything to make passes for. */
    bool (*has_work)(void *context, size_t instance);

    /* From now, until a pass is due whatever the interval: a change window opens, a quarantine or
     * the handover from another host ends. USEC_NEVER: none. */
    uint64_t (*due_in_usec)(void *context, size_t instance);

    /* Begins a pass; `is_probe`: the ones before could read nothing. 0: schedule_on_done() follows,
     * after this has returned. Negative: no pass has begun. */
    int (*begin_pass)(void *context, size_t instance, bool is_probe);

    /* Of the pass under way: it sends nothing more (pass_stop()); awaits no answer either
     * (pass_abandon(); nothing comes of its own requests then, and those of other instances go
     * on); begins no change (pass_hold_changes()) or does again. */
    void (*stop_pass)(void *context, size_t instance, const char *why);
    void (*abandon_pass)(void *context, size_t instance, const char *why);
    void (*hold_pass)(void *context, size_t instance, const char *why);
    void (*allow_pass)(void *context, size_t instance);

    /* Whether a change of the pass under way is in flight. */
    bool (*is_changing)(void *context, size_t instance);

    /* Of the undo that was asked for: whether it concerns an instance; begins it (negative: it has
     * ended already); it sends nothing more; awaits no answer either. lifecycle_on_undone() follows
     * once it has begun, after the call that ended it has returned. */
    bool (*undo_covers)(void *context, size_t instance);
    int (*begin_undo)(void *context);
    void (*stop_undo)(void *context, const char *why);
    void (*abandon_undo)(void *context, const char *why);
} ScheduleOps;

typedef enum ScheduleState {
    SCHEDULE_IDLE,     /* has nothing to do, or has not begun */
    SCHEDULE_WAITING,  /* for its next pass */
    SCHEDULE_PASSING,  /* a pass is under way */
    SCHEDULE_YIELDING, /* the same, and it is to stand aside then */
    SCHEDULE_ASIDE,    /* begins no pass until it resumes */
    SCHEDULE_ENDING,   /* its last pass is under way */
    SCHEDULE_ENDED,
} ScheduleState;

typedef struct Schedule {
    const ScheduleOps *ops;
    void *context; /* of ops */
    size_t instance;
    uint64_t interval_usec;
    ScheduleState state;
    uint64_t since_usec; /* when it came to be in its state */
    uint64_t next_usec;  /* WAITING: when its next pass begins; else USEC_NEVER */
    uint64_t timed_usec; /* when the pass was due that another now comes before; USEC_NEVER: none */
    uint32_t failures;   /* passes in a row in which no channel could be read */
    uint32_t backoffs;   /* those of them that were due: how often the interval doubles */
    bool has_begun;      /* schedule_begin() was called */
    bool stands_by;      /* its instance is another host's: there is no work */
    bool is_asked;       /* a pass is to begin at once after the one under way */
    bool is_cut;         /* the pass under way was stopped for an undo, or for another host: it says
                          * nothing */
    uint64_t begun_count; /* passes so far */
    uint64_t done_count;  /* the number of the last that ended by itself */
} Schedule;

/* Everything is borrowed and outlives it. */
void schedule_init(Schedule *schedule, const ScheduleOps *ops, void *context, size_t instance,
                   uint64_t interval_usec);

/* Goes on where the schedule of an earlier set left off that is for the same instance, and backs
 * off as that one did. `old` has ended. */
void schedule_take_over(Schedule *schedule, const Schedule *old);

/* Its first pass begins at once, where there is any work. */
void schedule_begin(Schedule *schedule);

/* The time that was asked for by wake_at() has come, or another. 0, or what begin_pass() said. */
int schedule_on_time(Schedule *schedule);

/* Asks for a pass that begins from now on, as soon as may be. Returns the number that done_count
 * has reached when it is over; 0: it stands by, and none will begin. */
uint64_t schedule_ask(Schedule *schedule);

/* Whether what the pass under way says counts: it was not cut short. */
bool schedule_counts(const Schedule *schedule);

/* What the pass under way says of it, before schedule_on_done(): whether it could read any of the
 * channels. Not for a pass without channels, nor one that does not count. */
void schedule_note(Schedule *schedule, bool could_read);

/* Its pass is done. */
void schedule_on_done(Schedule *schedule);

/* Stands aside until schedule_resume(); where `why` tells a reason, the pass under way is stopped,
 * else it is awaited. */
void schedule_yield(Schedule *schedule, const char *why);

/* The opposite, where it was. */
void schedule_resume(Schedule *schedule);

/* Its instance is not this host's: it has no work, the pass under way is stopped (with `is_lost`
 * abandoned: it completes nothing), and whoever awaits one that was asked for (stands_by tells)
 * awaits it in vain. Harmless twice, also before schedule_begin(). */
void schedule_stand_by(Schedule *schedule, bool is_lost, const char *why);

/* It is from now on. Its next pass begins at once, once schedule_begin() was called. */
void schedule_take_up(Schedule *schedule);

/* Begins no pass any more; stops the one under way. Harmless twice. */
void schedule_end(Schedule *schedule, const char *why);

/* Whether a pass is under way. */
bool schedule_is_passing(const Schedule *schedule);

/* Whether its next pass is overdue. */
bool schedule_is_stuck(const Schedule *schedule, uint64_t now_usec);

/* The time from the end of a pass to the beginning of the next, which so many were due before that
 * could read nothing. */
uint64_t schedule_delay_usec(uint64_t interval_usec, uint32_t backoffs, uint64_t random);
