/* SPDX-License-Identifier: MIT */
#include "reconcile/schedule/schedule.h"

#include <assert.h>

#include "daemon/base/clock.h"

#define JITTER_PERCENT 10

#define TO(state) (1U << SCHEDULE_##state)

static const unsigned legal[] = {
    [SCHEDULE_IDLE] = TO(WAITING) | TO(ASIDE) | TO(ENDED),
    [SCHEDULE_WAITING] = TO(WAITING) | TO(IDLE) | TO(PASSING) | TO(ASIDE) | TO(ENDED),
    [SCHEDULE_PASSING] = TO(WAITING) | TO(IDLE) | TO(YIELDING) | TO(ENDING),
    [SCHEDULE_YIELDING] = TO(ASIDE) | TO(PASSING) | TO(ENDING),
    [SCHEDULE_ASIDE] = TO(WAITING) | TO(IDLE) | TO(ENDED),
    [SCHEDULE_ENDING] = TO(ENDED),
    [SCHEDULE_ENDED] = 0,
};

static void schedule_go(Schedule *schedule, ScheduleState state)
{
    assert(legal[schedule->state] & (1U << state));
    schedule->state = state;
    schedule->since_usec = schedule->ops->now_usec(schedule->context);
    if (state == SCHEDULE_WAITING)
        return;
    schedule->next_usec = USEC_NEVER;
    schedule->ops->wake_at(schedule->context, schedule->instance, USEC_NEVER);
}

static void schedule_wait(Schedule *schedule, uint64_t delay_usec)
{
    schedule_go(schedule, SCHEDULE_WAITING);
    schedule->next_usec = schedule->since_usec + delay_usec;
    schedule->ops->wake_at(schedule->context, schedule->instance, schedule->next_usec);
}

static bool schedule_has_work(const Schedule *schedule)
{
    return !schedule->stands_by && schedule->ops->has_work(schedule->context, schedule->instance);
}

/* After a pass, or when it is free to begin one again. */
static void schedule_go_on(Schedule *schedule, uint64_t delay_usec)
{
    if (schedule_has_work(schedule)) {
        schedule_wait(schedule, delay_usec);
        return;
    }
    schedule->is_asked = false;
    schedule->timed_usec = USEC_NEVER;
    schedule_go(schedule, SCHEDULE_IDLE);
}

/* ---- how long ---- */

static uint64_t schedule_jitter_usec(uint64_t duration_usec, uint64_t random)
{
    uint64_t width = duration_usec / 100 * (2 * JITTER_PERCENT);

    return width == 0 ? duration_usec : duration_usec - width / 2 + random % width;
}

uint64_t schedule_delay_usec(uint64_t interval_usec, uint32_t backoffs, uint64_t random)
{
    uint64_t delay_usec = interval_usec;

    for (uint32_t i = 0; i < backoffs && delay_usec < SCHEDULE_BACKOFF_MAX_USEC; i++)
        delay_usec *= 2;
    if (delay_usec == interval_usec)
        return schedule_jitter_usec(interval_usec, random);
    delay_usec = schedule_jitter_usec(delay_usec, random);
    return delay_usec < SCHEDULE_BACKOFF_MAX_USEC ? delay_usec : SCHEDULE_BACKOFF_MAX_USEC;
}

static uint64_t schedule_next_delay_usec(const Schedule *schedule)
{
    uint64_t delay_usec = schedule_delay_usec(schedule->interval_usec, schedule->backoffs,
                                              schedule->ops->random(schedule->context));
    uint64_t opens_usec = schedule->ops->due_in_usec(schedule->context, schedule->instance);

    return opens_usec < delay_usec ? opens_usec : delay_usec;
}

/* Whether a pass is due later that one of now comes before. */
static bool schedule_is_early(const Schedule *schedule)
{
    return schedule->timed_usec != USEC_NEVER &&
           schedule->timed_usec > schedule->ops->now_usec(schedule->context);
}

/* When the next pass is due: in its time, or where one was due before, no later than that. */
static uint64_t schedule_due_usec(const Schedule *schedule, uint64_t delay_usec)
{
    uint64_t due_usec = schedule->ops->now_usec(schedule->context) + delay_usec;
    uint64_t timed_usec = schedule_is_early(schedule) ? schedule->timed_usec : due_usec;

    return timed_usec < due_usec ? timed_usec : due_usec;
}

/* Another pass is about to come before the one that it waits for. */
static void schedule_keep_time(Schedule *schedule)
{
    if (schedule->timed_usec == USEC_NEVER)
        schedule->timed_usec = schedule->next_usec;
}

/* ---- passes ---- */

void schedule_init(Schedule *schedule, const ScheduleOps *ops, void *context, size_t instance,
                   uint64_t interval_usec)
{
    assert(interval_usec > 0);
    *schedule = (Schedule){
        .ops = ops,
        .context = context,
        .instance = instance,
        .interval_usec = interval_usec,
        .next_usec = USEC_NEVER,
        .timed_usec = USEC_NEVER,
    };
}

void schedule_take_over(Schedule *schedule, const Schedule *old)
{
    assert(old->state == SCHEDULE_ENDED && old->next_usec == USEC_NEVER);
    schedule->failures = old->failures;
    schedule->backoffs = old->backoffs;
    schedule->timed_usec = old->timed_usec;
}

void schedule_begin(Schedule *schedule)
{
    assert(schedule->state == SCHEDULE_IDLE);
    schedule->has_begun = true;
    if (schedule_has_work(schedule))
        schedule_wait(schedule, 0);
}

int schedule_on_time(Schedule *schedule)
{
    uint64_t delay_usec, due_usec;
    int r;

    if (schedule->state != SCHEDULE_WAITING ||
        schedule->next_usec > schedule->ops->now_usec(schedule->context))
        return 0;
    r = schedule->ops->begin_pass(schedule->context, schedule->instance, schedule->failures > 0);
    if (r >= 0) {
        schedule_go(schedule, SCHEDULE_PASSING);
        schedule->is_asked = false;
        schedule->begun_count++;
        return 0;
    }
    delay_usec = schedule_next_delay_usec(schedule);
    if (schedule->is_asked && delay_usec > SCHEDULE_RETRY_USEC)
        delay_usec = SCHEDULE_RETRY_USEC;
    due_usec = schedule_due_usec(schedule, delay_usec);
    schedule_wait(schedule, due_usec - schedule->ops->now_usec(schedule->context));
    return r;
}

uint64_t schedule_ask(Schedule *schedule)
{
    bool is_free = schedule->state == SCHEDULE_IDLE || schedule->state == SCHEDULE_WAITING;

    if (schedule->stands_by)
        return 0;
    if (is_free && schedule_has_work(schedule)) {
        schedule_keep_time(schedule);
        schedule_wait(schedule, 0);
    }
    schedule->is_asked = true;
    return schedule->begun_count + 1;
}

bool schedule_is_passing(const Schedule *schedule)
{
    return schedule->state == SCHEDULE_PASSING || schedule->state == SCHEDULE_YIELDING ||
           schedule->state == SCHEDULE_ENDING;
}

bool schedule_counts(const Schedule *schedule)
{
    return schedule_is_passing(schedule) && schedule->state != SCHEDULE_ENDING && !schedule->is_cut;
}

void schedule_note(Schedule *schedule, bool could_read)
{
    assert(schedule_counts(schedule));
    if (could_read) {
        schedule->failures = schedule->backoffs = 0;
        schedule->timed_usec = USEC_NEVER;
        return;
    }
    if (schedule->failures < UINT32_MAX)
        schedule->failures++;
    if (!schedule_is_early(schedule) && schedule->backoffs < UINT32_MAX)
        schedule->backoffs++;
}

/* After a pass: when the next is due. One that was cut short is made again before that; of the
 * others, `timed_usec` then tells whether another comes before. */
static void schedule_on_due(Schedule *schedule, bool was_cut)
{
    uint64_t due_usec = schedule_due_usec(schedule, schedule_next_delay_usec(schedule));
    bool is_at_once = was_cut || schedule->is_asked;

    if (!was_cut)
        schedule->timed_usec = due_usec;
    if (schedule->state == SCHEDULE_YIELDING) {
        schedule_go(schedule, SCHEDULE_ASIDE);
        return;
    }
    if (!is_at_once)
        schedule->timed_usec = USEC_NEVER;
    schedule_go_on(schedule,
                   is_at_once ? 0 : due_usec - schedule->ops->now_usec(schedule->context));
}

void schedule_on_done(Schedule *schedule)
{
    bool was_cut = schedule->is_cut;

    assert(schedule->done_count < schedule->begun_count);
    assert(schedule_is_passing(schedule));
    if (schedule_counts(schedule))
        schedule->done_count = schedule->begun_count;
    schedule->is_cut = false;
    if (schedule->state == SCHEDULE_ENDING)
        schedule_go(schedule, SCHEDULE_ENDED);
    else
        schedule_on_due(schedule, was_cut);
}

/* ---- giving way ---- */

void schedule_yield(Schedule *schedule, const char *why)
{
    if (schedule->state == SCHEDULE_IDLE || schedule->state == SCHEDULE_WAITING) {
        schedule_keep_time(schedule);
        schedule_go(schedule, SCHEDULE_ASIDE);
    }
    if (schedule->state != SCHEDULE_PASSING)
        return;
    schedule_go(schedule, SCHEDULE_YIELDING);
    if (!why)
        return;
    schedule->is_cut = true;
    schedule->ops->stop_pass(schedule->context, schedule->instance, why);
}

void schedule_resume(Schedule *schedule)
{
    if (schedule->state == SCHEDULE_YIELDING)
        schedule_go(schedule, SCHEDULE_PASSING);
    else if (schedule->state == SCHEDULE_ASIDE)
        schedule_go_on(schedule, 0);
}

void schedule_stand_by(Schedule *schedule, bool is_lost, const char *why)
{
    assert(why);
    schedule->stands_by = true;
    if (schedule->state == SCHEDULE_WAITING)
        schedule_go_on(schedule, 0);
    if (is_lost && schedule_is_passing(schedule)) {
        schedule->is_cut = true;
        schedule->ops->abandon_pass(schedule->context, schedule->instance, why);
        return;
    }
    if ((schedule->state != SCHEDULE_PASSING && schedule->state != SCHEDULE_YIELDING) ||
        schedule->is_cut)
        return;
    schedule->is_cut = true;
    schedule->ops->stop_pass(schedule->context, schedule->instance, why);
}

void schedule_take_up(Schedule *schedule)
{
    schedule->stands_by = false;
    schedule->failures = schedule->backoffs = 0;
    if (schedule->state == SCHEDULE_IDLE && schedule->has_begun)
        schedule_begin(schedule);
}

void schedule_end(Schedule *schedule, const char *why)
{
    assert(why);
    if (schedule->state == SCHEDULE_ENDING || schedule->state == SCHEDULE_ENDED)
        return;
    if (!schedule_is_passing(schedule)) {
        schedule_keep_time(schedule);
        schedule_go(schedule, SCHEDULE_ENDED);
        return;
    }
    schedule_go(schedule, SCHEDULE_ENDING);
    schedule->ops->stop_pass(schedule->context, schedule->instance, why);
}

bool schedule_is_stuck(const Schedule *schedule, uint64_t now_usec)
{
    return schedule->next_usec != USEC_NEVER &&
           now_usec > schedule->next_usec + SCHEDULE_OVERDUE_USEC;
}
