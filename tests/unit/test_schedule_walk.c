/* SPDX-License-Identifier: MIT */
/* All that may happen to a schedule, some steps far, and what comes of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>

#include "daemon/base/mem.h"
#include "reconcile/schedule/schedule.h"
#include "tests/unit/story_text.h"
#include "tests/unit/walk.h"

#define BEGAN USEC_PER_DAY
#define INTERVAL USEC_PER_MINUTE

/* What the machine that walks is told, and what it does. */
static struct {
    uint64_t now_usec;
    bool has_no_work, fails;
    uint64_t due_in_usec;
    Buf *done;
} env;

static uint64_t env_now(void *context)
{
    (void)context;
    return env.now_usec;
}

static uint64_t env_random(void *context)
{
    (void)context;
    return 7 * USEC_PER_SEC;
}

static void env_wake_at(void *context, size_t instance, uint64_t usec)
{
    (void)context;
    assert_int_equal(instance, 3);
    walk_note_wake(env.done, usec, env.now_usec);
}

static bool env_has_work(void *context, size_t instance)
{
    (void)context;
    assert_int_equal(instance, 3);
    return !env.has_no_work;
}

static uint64_t env_due_in(void *context, size_t instance)
{
    (void)context;
    assert_int_equal(instance, 3);
    return env.due_in_usec;
}

static int env_begin_pass(void *context, size_t instance, bool is_probe)
{
    (void)context;
    assert_int_equal(instance, 3);
    walk_note(env.done, is_probe ? "begin a probe" : "begin", env.fails ? "fails" : "");
    return env.fails ? -EBUSY : 0;
}

static void env_stop_pass(void *context, size_t instance, const char *why)
{
    (void)context;
    assert_int_equal(instance, 3);
    walk_note(env.done, "stop", why);
}

static void env_abandon_pass(void *context, size_t instance, const char *why)
{
    (void)context;
    assert_int_equal(instance, 3);
    walk_note(env.done, "abandon", why);
}

static const ScheduleOps schedule_ops = {
    .now_usec = env_now,
    .random = env_random,
    .wake_at = env_wake_at,
    .has_work = env_has_work,
    .due_in_usec = env_due_in,
    .begin_pass = env_begin_pass,
    .stop_pass = env_stop_pass,
    .abandon_pass = env_abandon_pass,
};

typedef struct SchedulePlace {
    Schedule schedule;
    uint64_t now_usec;
} SchedulePlace;

typedef enum ScheduleStep {
    STEP_BEGIN,
    STEP_EARLY,
    STEP_TIME,
    STEP_TIME_FAILS,
    STEP_ASK,
    STEP_ASK_NO_WORK,
    STEP_READ,
    STEP_UNREAD,
    STEP_UNREAD_WINDOW,
    STEP_NO_WORK,
    STEP_YIELD,
    STEP_CUT,
    STEP_RESUME,
    STEP_RESUME_NO_WORK,
    STEP_STAND_BY,
    STEP_LOST,
    STEP_TAKE_UP,
    STEP_END,
    STEP_WAIT,
} ScheduleStep;

static const char *const schedule_steps[] = {
    "begin",
    "too early",
    "its time",
    "its time, and the pass cannot begin",
    "ask",
    "ask without work",
    "the pass could read",
    "the pass could not read",
    "the pass could not read, and a window opens in 5 s",
    "the pass could read, and there is no work any more",
    "yield",
    "yield at once",
    "resume",
    "resume without work",
    "stand by",
    "lost",
    "take up",
    "end",
    "20 s pass",
};

static bool schedule_may(const void *state, size_t step)
{
    const Schedule *schedule = &((const SchedulePlace *)state)->schedule;

    if (step == STEP_BEGIN)
        return schedule->state == SCHEDULE_IDLE && !schedule->has_begun;
    if (step == STEP_EARLY || step == STEP_TIME || step == STEP_TIME_FAILS)
        return schedule->state == SCHEDULE_WAITING;
    if (step >= STEP_READ && step <= STEP_NO_WORK)
        return schedule_is_passing(schedule);
    if (step == STEP_STAND_BY || step == STEP_LOST)
        return schedule->state != SCHEDULE_ENDED && !schedule->stands_by;
    return schedule->state != SCHEDULE_ENDED;
}

static void schedule_end_pass(Schedule *schedule, bool could_read)
{
    if (schedule_counts(schedule))
        schedule_note(schedule, could_read);
    schedule_on_done(schedule);
}

static void schedule_come(Schedule *schedule, size_t step)
{
    if (schedule->next_usec > env.now_usec)
        env.now_usec = schedule->next_usec - (step == STEP_EARLY);
    else if (step == STEP_EARLY)
        env.now_usec -= USEC_PER_MSEC;
    env.fails = step == STEP_TIME_FAILS;
    if (schedule_on_time(schedule) < 0)
        walk_note(env.done, "failed", "");
    if (step == STEP_EARLY && schedule->next_usec > env.now_usec + 1)
        env.now_usec = schedule->next_usec;
}

static void schedule_ask_for(Schedule *schedule)
{
    char number[24];

    snprintf(number, sizeof(number), "%u", (unsigned)schedule_ask(schedule));
    walk_note(env.done, "pass", number);
}

static void schedule_take_other(Schedule *schedule, size_t step)
{
    if (step == STEP_BEGIN)
        schedule_begin(schedule);
    else if (step == STEP_YIELD || step == STEP_CUT)
        schedule_yield(schedule, step == STEP_CUT ? "an undo" : NULL);
    else if (step == STEP_RESUME || step == STEP_RESUME_NO_WORK)
        schedule_resume(schedule);
    else if (step == STEP_STAND_BY || step == STEP_LOST)
        schedule_stand_by(schedule, step == STEP_LOST, "another host");
    else if (step == STEP_TAKE_UP)
        schedule_take_up(schedule);
    else if (step == STEP_END)
        schedule_end(schedule, "the end");
    else
        env.now_usec += 20 * USEC_PER_SEC;
}

static void schedule_take(void *state, size_t step, Buf *done)
{
    SchedulePlace *place = state;
    Schedule *schedule = &place->schedule;

    env.done = done;
    env.now_usec = place->now_usec;
    env.fails = false;
    env.due_in_usec = step == STEP_UNREAD_WINDOW ? 5 * USEC_PER_SEC : USEC_NEVER;
    env.has_no_work =
        step == STEP_ASK_NO_WORK || step == STEP_NO_WORK || step == STEP_RESUME_NO_WORK;
    if (step == STEP_EARLY || step == STEP_TIME || step == STEP_TIME_FAILS)
        schedule_come(schedule, step);
    else if (step == STEP_ASK || step == STEP_ASK_NO_WORK)
        schedule_ask_for(schedule);
    else if (step >= STEP_READ && step <= STEP_NO_WORK)
        schedule_end_pass(schedule, step == STEP_READ || step == STEP_NO_WORK);
    else
        schedule_take_other(schedule, step);
    place->now_usec = env.now_usec;
}

static void schedule_put(const void *state, Buf *buf)
{
    static const char *const words[] = {"idle",  "waiting", "passing", "yielding",
                                        "aside", "ending",  "ended"};
    const SchedulePlace *place = state;
    const Schedule *schedule = &place->schedule;

    buf_puts(buf, words[schedule->state]);
    walk_put_moment(buf, ", next", schedule->next_usec, place->now_usec);
    walk_put_moment(buf, ", due", schedule->timed_usec, place->now_usec);
    buf_printf(buf, ", %u failures, %u backoffs%s%s%s%s%s%s, %u begun, %u done", schedule->failures,
               schedule->backoffs, schedule->has_begun ? ", begun" : "",
               schedule->stands_by ? ", stands by" : "", schedule->is_asked ? ", asked" : "",
               schedule->is_cut ? ", cut" : "", schedule_counts(schedule) ? ", counts" : "",
               schedule_is_stuck(schedule, place->now_usec) ? ", stuck" : "",
               (unsigned)schedule->begun_count, (unsigned)schedule->done_count);
}

static void walk_schedule(const SchedulePlace *first, Buf *buf)
{
    const Walk schedule_walk = {
        .first = first,
        .state_size = sizeof(*first),
        .steps = schedule_steps,
        .step_count = ELEMENTS(schedule_steps),
        .depth = 3,
        .may = schedule_may,
        .take = schedule_take,
        .put = schedule_put,
    };

    walk(&schedule_walk, buf);
}

/* From its beginning, and from a pass after one that could read nothing, which somebody asked for
 * before it was due. */
static void whatever_happens_to_a_schedule(void **state)
{
    static const ScheduleStep steps[] = {STEP_BEGIN, STEP_TIME, STEP_UNREAD, STEP_ASK, STEP_TIME};
    SchedulePlace place = {.now_usec = BEGAN};
    _cleanup_(buf_done) Buf buf = {0}, done = {0};

    (void)state;
    env.now_usec = BEGAN;
    schedule_init(&place.schedule, &schedule_ops, NULL, 3, INTERVAL);
    walk_schedule(&place, &buf);
    for (size_t i = 0; i < ELEMENTS(steps); i++)
        schedule_take(&place, steps[i], &done);
    buf_putc(&buf, '\n');
    walk_schedule(&place, &buf);
    story_text_check("a_schedule", &buf);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whatever_happens_to_a_schedule),
    };

    story_text_init(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
