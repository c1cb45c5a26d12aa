/* SPDX-License-Identifier: MIT */
#include "reconcile/schedule/lifecycle.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "daemon/base/clock.h"
#include "daemon/base/str.h"

static const char undo_text[] = "an undo came first, what was not sent is planned anew";

/* ---- states ---- */

#define TO(state) (1U << LIFECYCLE_##state)

static const unsigned legal[] = {
    [LIFECYCLE_RUNNING] = TO(REPLACED) | TO(STOPPING),
    [LIFECYCLE_REPLACED] = TO(STOPPING) | TO(ABANDONED) | TO(OVER),
    [LIFECYCLE_STOPPING] = TO(ABANDONED) | TO(OVER),
    [LIFECYCLE_ABANDONED] = TO(OVER),
    [LIFECYCLE_OVER] = 0,
};

static void lifecycle_go(Lifecycle *lifecycle, LifecycleState state)
{
    assert(legal[lifecycle->state] & (1U << state));
    lifecycle->state = state;
}

#define UNDO_TO(state) (1U << UNDO_##state)

static const unsigned undo_legal[] = {
    [UNDO_NONE] = UNDO_TO(WANTED),
    [UNDO_WANTED] = UNDO_TO(WAITING) | UNDO_TO(NONE),
    [UNDO_WAITING] = UNDO_TO(WANTED) | UNDO_TO(RUNNING) | UNDO_TO(NONE),
    [UNDO_RUNNING] = UNDO_TO(NONE),
};

static void lifecycle_undo_go(Lifecycle *lifecycle, UndoState state)
{
    assert(undo_legal[lifecycle->undo] & (1U << state));
    lifecycle->undo = state;
}

/* ---- beginning and ending ---- */

int lifecycle_init(Lifecycle *lifecycle, const ScheduleOps *ops, void *context, size_t count,
                   uint64_t interval_usec)
{
    assert(ops && interval_usec > 0);
    *lifecycle = (Lifecycle){
        .ops = ops,
        .context = context,
        .schedules = calloc(count ? count : 1, sizeof(*lifecycle->schedules)),
        .abandon_usec = USEC_NEVER,
    };
    if (!lifecycle->schedules)
        return -ENOMEM;
    lifecycle->count = count;
    for (size_t i = 0; i < count; i++)
        schedule_init(&lifecycle->schedules[i], ops, context, i, interval_usec);
    return 0;
}

void lifecycle_done(Lifecycle *lifecycle)
{
    free(lifecycle->schedules);
    *lifecycle = (Lifecycle){0};
}

void lifecycle_begin(Lifecycle *lifecycle)
{
    assert(lifecycle->state == LIFECYCLE_RUNNING);
    for (size_t i = 0; i < lifecycle->count; i++)
        schedule_begin(&lifecycle->schedules[i]);
}

void lifecycle_ask(Lifecycle *lifecycle)
{
    for (size_t i = 0; i < lifecycle->count; i++)
        schedule_ask(&lifecycle->schedules[i]);
}

static bool lifecycle_is_passing(const Lifecycle *lifecycle)
{
    for (size_t i = 0; i < lifecycle->count; i++) {
        if (schedule_is_passing(&lifecycle->schedules[i]))
            return true;
    }
    return false;
}

/* ---- changes are held ---- */

static void lifecycle_hold_passes(Lifecycle *lifecycle, const char *why)
{
    for (size_t i = 0; i < lifecycle->count; i++) {
        if (schedule_is_passing(&lifecycle->schedules[i]))
            lifecycle->ops->hold_pass(lifecycle->context, i, why);
    }
}

void lifecycle_hold(Lifecycle *lifecycle, const char *why)
{
    assert(why[0]);
    str_copy(lifecycle->hold, sizeof(lifecycle->hold), why);
    lifecycle_hold_passes(lifecycle, why);
}

void lifecycle_allow(Lifecycle *lifecycle)
{
    lifecycle->hold[0] = '\0';
    for (size_t i = 0; !lifecycle->is_replaced && i < lifecycle->count; i++) {
        if (schedule_is_passing(&lifecycle->schedules[i]))
            lifecycle->ops->allow_pass(lifecycle->context, i);
    }
}

const char *lifecycle_get_hold(const Lifecycle *lifecycle)
{
    return lifecycle->hold;
}

/* ---- an undo beside the passes ---- */

static void lifecycle_resume_all(Lifecycle *lifecycle)
{
    for (size_t i = 0; i < lifecycle->count; i++)
        schedule_resume(&lifecycle->schedules[i]);
}

void lifecycle_ask_undo(Lifecycle *lifecycle, bool is_dry)
{
    lifecycle_undo_go(lifecycle, UNDO_WANTED);
    lifecycle->undo_is_dry = is_dry;
}

void lifecycle_on_undone(Lifecycle *lifecycle)
{
    lifecycle_undo_go(lifecycle, UNDO_NONE);
    lifecycle_resume_all(lifecycle);
}

static bool lifecycle_all_aside(const Lifecycle *lifecycle)
{
    for (size_t i = 0; i < lifecycle->count; i++) {
        if (lifecycle->ops->undo_covers(lifecycle->context, i) &&
            lifecycle->schedules[i].state != SCHEDULE_ASIDE)
            return false;
    }
    return true;
}

/* While changes are held, passes read on instead of standing aside for an undo that cannot begin.
 */
static void lifecycle_step_undo(Lifecycle *lifecycle)
{
    bool is_held = lifecycle->hold[0] && !lifecycle->undo_is_dry;

    if (lifecycle->undo == UNDO_WAITING && is_held) {
        lifecycle_undo_go(lifecycle, UNDO_WANTED);
        lifecycle_resume_all(lifecycle);
    }
    if (lifecycle->undo == UNDO_WANTED && !is_held) {
        lifecycle_undo_go(lifecycle, UNDO_WAITING);
        for (size_t i = 0; i < lifecycle->count; i++) {
            if (lifecycle->ops->undo_covers(lifecycle->context, i))
                schedule_yield(&lifecycle->schedules[i], lifecycle->undo_is_dry ? NULL : undo_text);
        }
    }
    if (lifecycle->undo != UNDO_WAITING || !lifecycle_all_aside(lifecycle))
        return;
    if (lifecycle->ops->begin_undo(lifecycle->context) == 0)
        lifecycle_undo_go(lifecycle, UNDO_RUNNING);
    else
        lifecycle_on_undone(lifecycle);
}

/* ---- other hosts ---- */

void lifecycle_stand_by(Lifecycle *lifecycle, size_t instance, bool is_lost, const char *why)
{
    assert(instance < lifecycle->count);
    schedule_stand_by(&lifecycle->schedules[instance], is_lost, why);
}

void lifecycle_take_up(Lifecycle *lifecycle, size_t instance)
{
    assert(instance < lifecycle->count);
    schedule_take_up(&lifecycle->schedules[instance]);
}

/* ---- the end ---- */

static void lifecycle_end(Lifecycle *lifecycle, const char *why)
{
    str_copy(lifecycle->why, sizeof(lifecycle->why), why);
    for (size_t i = 0; i < lifecycle->count; i++)
        schedule_end(&lifecycle->schedules[i], why);
}

/* A stopped pass completes what it has begun; one of an old set does not. */
void lifecycle_replace(Lifecycle *lifecycle, const char *why)
{
    assert(why);
    if (lifecycle->state != LIFECYCLE_RUNNING)
        return;
    lifecycle_go(lifecycle, LIFECYCLE_REPLACED);
    lifecycle->is_replaced = true;
    lifecycle_hold_passes(lifecycle, why);
    lifecycle_end(lifecycle, why);
}

void lifecycle_stop(Lifecycle *lifecycle, const char *why)
{
    assert(why);
    if (lifecycle->state != LIFECYCLE_RUNNING && lifecycle->state != LIFECYCLE_REPLACED)
        return;
    lifecycle_go(lifecycle, LIFECYCLE_STOPPING);
    lifecycle->abandon_usec = lifecycle->ops->now_usec(lifecycle->context) + LIFECYCLE_GRACE_USEC;
    lifecycle_end(lifecycle, why);
    if (lifecycle->undo == UNDO_RUNNING)
        lifecycle->ops->stop_undo(lifecycle->context, why);
}

void lifecycle_abandon(Lifecycle *lifecycle)
{
    if (lifecycle->state == LIFECYCLE_ABANDONED || lifecycle->state == LIFECYCLE_OVER)
        return;
    lifecycle_go(lifecycle, LIFECYCLE_ABANDONED);
    lifecycle->abandon_usec = USEC_NEVER;
    for (size_t i = 0; i < lifecycle->count; i++) {
        if (schedule_is_passing(&lifecycle->schedules[i]))
            lifecycle->ops->abandon_pass(lifecycle->context, i, lifecycle->why);
    }
    if (lifecycle->undo == UNDO_RUNNING)
        lifecycle->ops->abandon_undo(lifecycle->context, lifecycle->why);
}

static bool lifecycle_is_changing(const Lifecycle *lifecycle)
{
    for (size_t i = 0; i < lifecycle->count; i++) {
        if (schedule_is_passing(&lifecycle->schedules[i]) &&
            lifecycle->ops->is_changing(lifecycle->context, i))
            return true;
    }
    return false;
}

/* A read that the service stalls must not delay a newer set: only changes in flight are awaited.
 * An undo is awaited to its end: it would not be begun again by itself. */
static bool lifecycle_is_to_abandon(const Lifecycle *lifecycle)
{
    if (lifecycle->state == LIFECYCLE_STOPPING)
        return lifecycle->ops->now_usec(lifecycle->context) >= lifecycle->abandon_usec;
    return lifecycle->state == LIFECYCLE_REPLACED && lifecycle->undo != UNDO_RUNNING &&
           !lifecycle_is_changing(lifecycle);
}

void lifecycle_step(Lifecycle *lifecycle)
{
    if (lifecycle->state == LIFECYCLE_RUNNING) {
        lifecycle_step_undo(lifecycle);
        return;
    }
    if (lifecycle->state == LIFECYCLE_OVER)
        return;
    if (!lifecycle_is_passing(lifecycle) && lifecycle->undo != UNDO_RUNNING)
        lifecycle_go(lifecycle, LIFECYCLE_OVER);
    else if (lifecycle_is_to_abandon(lifecycle))
        lifecycle_abandon(lifecycle);
}

uint64_t lifecycle_next_usec(const Lifecycle *lifecycle)
{
    return lifecycle->abandon_usec;
}

bool lifecycle_is_over(const Lifecycle *lifecycle)
{
    return lifecycle->state == LIFECYCLE_OVER;
}

bool lifecycle_is_stuck(const Lifecycle *lifecycle, uint64_t now_usec)
{
    bool is_waiting = lifecycle->undo != UNDO_RUNNING && !lifecycle_is_passing(lifecycle);

    for (size_t i = 0; i < lifecycle->count; i++) {
        const Schedule *schedule = &lifecycle->schedules[i];

        if (schedule_is_stuck(schedule, now_usec))
            return true;
        if (is_waiting && schedule->state == SCHEDULE_ASIDE &&
            now_usec > schedule->since_usec + SCHEDULE_OVERDUE_USEC)
            return true;
    }
    return false;
}
