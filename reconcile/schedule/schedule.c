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
    return schedule->ops->has_work(schedule->context, schedule->instance);
}

/* After a pass, or when it is free to begin one again. */
static void schedule_go_on(Schedule *schedule, uint64_t delay_usec)
{
    schedule->is_asked = false;
    if (schedule_has_work(schedule))
        schedule_wait(schedule, delay_usec);
    else
        schedule_go(schedule, SCHEDULE_IDLE);
}

/* ---- how long ---- */

static uint64_t schedule_jitter_usec(uint64_t duration_usec, uint64_t random)
{
    uint64_t width = duration_usec / 100 * (2 * JITTER_PERCENT);

    return width == 0 ? duration_usec : duration_usec - width / 2 + random % width;
}

uint64_t schedule_delay_usec(uint64_t interval_usec, uint32_t failures, uint64_t random)
{
    uint64_t delay_usec = interval_usec;

    for (uint32_t i = 0; i < failures && delay_usec < SCHEDULE_BACKOFF_MAX_USEC; i++)
        delay_usec *= 2;
    if (delay_usec == interval_usec)
        return schedule_jitter_usec(interval_usec, random);
    delay_usec = schedule_jitter_usec(delay_usec, random);
    return delay_usec < SCHEDULE_BACKOFF_MAX_USEC ? delay_usec : SCHEDULE_BACKOFF_MAX_USEC;
}

static uint64_t schedule_next_delay_usec(const Schedule *schedule)
{
    return schedule_delay_usec(schedule->interval_usec, schedule->failures,
                               schedule->ops->random(schedule->context));
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
    };
}

void schedule_begin(Schedule *schedule)
{
    assert(schedule->state == SCHEDULE_IDLE);
    if (schedule_has_work(schedule))
        schedule_wait(schedule, 0);
}

int schedule_on_time(Schedule *schedule)
{
    uint64_t delay_usec;
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
    schedule_wait(schedule, delay_usec);
    return r;
}

uint64_t schedule_ask(Schedule *schedule)
{
    bool is_free = schedule->state == SCHEDULE_IDLE || schedule->state == SCHEDULE_WAITING;

    if (is_free && schedule_has_work(schedule))
        schedule_wait(schedule, 0);
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
    if (could_read)
        schedule->failures = 0;
    else if (schedule->failures < UINT32_MAX)
        schedule->failures++;
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
    else if (schedule->state == SCHEDULE_YIELDING)
        schedule_go(schedule, SCHEDULE_ASIDE);
    else
        schedule_go_on(schedule,
                       schedule->is_asked || was_cut ? 0 : schedule_next_delay_usec(schedule));
}

/* ---- giving way ---- */

void schedule_yield(Schedule *schedule, const char *why)
{
    if (schedule->state == SCHEDULE_IDLE || schedule->state == SCHEDULE_WAITING)
        schedule_go(schedule, SCHEDULE_ASIDE);
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

void schedule_end(Schedule *schedule, const char *why)
{
    assert(why);
    if (schedule->state == SCHEDULE_ENDING || schedule->state == SCHEDULE_ENDED)
        return;
    if (!schedule_is_passing(schedule)) {
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
