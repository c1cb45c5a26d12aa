/* SPDX-License-Identifier: MIT */
/* All that may happen to the lifecycle of a set with two instances, of which an undo covers the
 * first, some steps far, and what comes of it. */
#include "daemon/base/mem.h"
#include "tests/unit/schedule_case.h"
#include "tests/unit/story_text.h"
#include "tests/unit/walk.h"

#define BEGAN USEC_PER_DAY

typedef struct LifecyclePlace {
    Lifecycle lifecycle;
    Schedule schedules[2];
    uint64_t now_usec;
} LifecyclePlace;

static struct {
    LifecyclePlace place;
    bool fails, is_changing;
    Buf *done;
} env;

static void note(size_t instance, const char *what, const char *why)
{
    buf_printf(env.done, "%s%s %zu%s%s", env.done->size > 0 ? ", " : "", what, instance,
               why[0] ? " " : "", why);
}

static uint64_t env_now(void *context)
{
    (void)context;
    return env.place.now_usec;
}

static uint64_t env_random(void *context)
{
    (void)context;
    return 6 * USEC_PER_SEC;
}

static void env_wake_at(void *context, size_t instance, uint64_t usec)
{
    (void)context;
    note(instance, usec == USEC_NEVER ? "do not wake" : "wake", "");
}

static bool env_has_work(void *context, size_t instance)
{
    (void)context;
    (void)instance;
    return true;
}

static uint64_t env_due_in(void *context, size_t instance)
{
    (void)context;
    (void)instance;
    return USEC_NEVER;
}

static int env_begin_pass(void *context, size_t instance, bool is_probe)
{
    (void)context;
    note(instance, is_probe ? "begin a probe" : "begin", "");
    return 0;
}

static void env_stop_pass(void *context, size_t instance, const char *why)
{
    (void)context;
    note(instance, "stop", why);
}

static void env_abandon_pass(void *context, size_t instance, const char *why)
{
    (void)context;
    note(instance, "abandon", why);
}

static void env_hold_pass(void *context, size_t instance, const char *why)
{
    (void)context;
    note(instance, "hold", why);
}

static void env_allow_pass(void *context, size_t instance)
{
    (void)context;
    note(instance, "allow", "");
}

static bool env_is_changing(void *context, size_t instance)
{
    (void)context;
    return env.is_changing && instance == 1;
}

static bool env_undo_covers(void *context, size_t instance)
{
    (void)context;
    return instance == 0;
}

static int env_begin_undo(void *context)
{
    (void)context;
    walk_note(env.done, "begin the undo", env.fails ? "fails" : "");
    return env.fails ? -1 : 0;
}

static void env_stop_undo(void *context, const char *why)
{
    (void)context;
    walk_note(env.done, "stop the undo", why);
}

static void env_abandon_undo(void *context, const char *why)
{
    (void)context;
    walk_note(env.done, "abandon the undo", why);
}

static const ScheduleOps env_ops = {
    .now_usec = env_now,
    .random = env_random,
    .wake_at = env_wake_at,
    .has_work = env_has_work,
    .due_in_usec = env_due_in,
    .begin_pass = env_begin_pass,
    .stop_pass = env_stop_pass,
    .abandon_pass = env_abandon_pass,
    .hold_pass = env_hold_pass,
    .allow_pass = env_allow_pass,
    .is_changing = env_is_changing,
    .undo_covers = env_undo_covers,
    .begin_undo = env_begin_undo,
    .stop_undo = env_stop_undo,
    .abandon_undo = env_abandon_undo,
};

typedef enum LifecycleStep {
    STEP_TIME,
    STEP_TIME_OTHER,
    STEP_ENDS,
    STEP_ENDS_OTHER,
    STEP_ASK,
    STEP_HOLD,
    STEP_ALLOW,
    STEP_UNDO,
    STEP_DRY_UNDO,
    STEP_UNDONE,
    STEP_STEP,
    STEP_STEP_FAILS,
    STEP_STEP_CHANGING,
    STEP_STAND_BY,
    STEP_TAKE_UP,
    STEP_REPLACE,
    STEP_STOP,
    STEP_ABANDON,
    STEP_WAIT,
} LifecycleStep;

static const char *const steps[] = {
    "time of 0",
    "time of 1",
    "pass 0 ends",
    "pass 1 ends",
    "ask",
    "hold",
    "allow",
    "an undo",
    "a dry undo",
    "undone",
    "step",
    "step, and the undo cannot begin",
    "step while a change is under way",
    "stand by",
    "take up",
    "replace",
    "stop",
    "abandon",
    "the grace passes",
};

static bool may(const void *state, size_t step)
{
    const LifecyclePlace *place = state;
    const Lifecycle *lifecycle = &place->lifecycle;

    if (step == STEP_TIME || step == STEP_TIME_OTHER)
        return place->schedules[step - STEP_TIME].state == SCHEDULE_WAITING;
    if (step == STEP_ENDS || step == STEP_ENDS_OTHER)
        return schedule_is_passing(&place->schedules[step - STEP_ENDS]);
    if (step == STEP_UNDO || step == STEP_DRY_UNDO)
        return lifecycle->undo == UNDO_NONE && lifecycle->state == LIFECYCLE_RUNNING;
    if (step == STEP_UNDONE)
        return lifecycle->undo == UNDO_RUNNING;
    if (step == STEP_ABANDON)
        return lifecycle->state != LIFECYCLE_RUNNING;
    if (step == STEP_STAND_BY || step == STEP_TAKE_UP)
        return lifecycle->state == LIFECYCLE_RUNNING;
    return true;
}

static void take_pass(Schedule *schedule, bool ends)
{
    if (ends) {
        if (schedule_counts(schedule))
            schedule_note(schedule, true);
        schedule_on_done(schedule);
        return;
    }
    if (schedule->next_usec > env.place.now_usec)
        env.place.now_usec = schedule->next_usec;
    schedule_on_time(schedule);
}

static void take_end(Lifecycle *lifecycle, size_t step)
{
    if (step == STEP_REPLACE)
        lifecycle_replace(lifecycle, "a newer set");
    else if (step == STEP_STOP)
        lifecycle_stop(lifecycle, "SIGTERM");
    else if (step == STEP_ABANDON)
        lifecycle_abandon(lifecycle);
    else
        env.place.now_usec += LIFECYCLE_GRACE_USEC;
}

static void take_other(Lifecycle *lifecycle, size_t step)
{
    if (step == STEP_ASK)
        lifecycle_ask(lifecycle);
    else if (step == STEP_HOLD)
        lifecycle_hold(lifecycle, "a file changed");
    else if (step == STEP_ALLOW)
        lifecycle_allow(lifecycle);
    else if (step == STEP_UNDO || step == STEP_DRY_UNDO)
        lifecycle_ask_undo(lifecycle, step == STEP_DRY_UNDO);
    else if (step == STEP_UNDONE)
        lifecycle_on_undone(lifecycle);
    else if (step >= STEP_STEP && step <= STEP_STEP_CHANGING)
        lifecycle_step(lifecycle);
    else if (step == STEP_STAND_BY)
        lifecycle_stand_by(lifecycle, 0, false, "another host");
    else
        lifecycle_take_up(lifecycle, 0);
}

static void take(void *state, size_t step, Buf *done)
{
    LifecyclePlace *place = state;
    Lifecycle *lifecycle = &env.place.lifecycle;

    env.place = *place;
    env.done = done;
    env.fails = step == STEP_STEP_FAILS;
    env.is_changing = step == STEP_STEP_CHANGING;
    lifecycle->schedules = env.place.schedules;
    if (step <= STEP_ENDS_OTHER)
        take_pass(&env.place.schedules[step % 2], step >= STEP_ENDS);
    else if (step >= STEP_REPLACE)
        take_end(lifecycle, step);
    else
        take_other(lifecycle, step);
    *place = env.place;
}

static void put(const void *state, Buf *buf)
{
    static const char *const states[] = {"running", "replaced", "stopping", "abandoned", "over"};
    static const char *const undos[] = {"none", "wanted", "waiting", "running"};
    static const char *const schedules[] = {"idle",  "waiting", "passing", "yielding",
                                            "aside", "ending",  "ended"};
    LifecyclePlace place = *(const LifecyclePlace *)state;
    const Lifecycle *lifecycle = &place.lifecycle;

    place.lifecycle.schedules = place.schedules;
    buf_printf(buf, "%s, undo %s%s", states[lifecycle->state], undos[lifecycle->undo],
               lifecycle->undo_is_dry ? " dry" : "");
    for (size_t i = 0; i < 2; i++)
        buf_printf(buf, ", %zu %s%s%s%s", i, schedules[place.schedules[i].state],
                   place.schedules[i].is_asked ? " asked" : "",
                   place.schedules[i].is_cut ? " cut" : "",
                   place.schedules[i].stands_by ? " stands by" : "");
    walk_put_moment(buf, ", ends", lifecycle_next_usec(lifecycle), place.now_usec);
    buf_printf(buf, "%s%s%s", lifecycle_get_hold(lifecycle)[0] ? ", held by " : "",
               lifecycle_get_hold(lifecycle), lifecycle_is_over(lifecycle) ? ", over" : "");
    for (uint64_t k = 0; k < 3; k++)
        buf_puts(buf, lifecycle_is_stuck(lifecycle, place.now_usec + SCHEDULE_OVERDUE_USEC + k - 1)
                          ? " stuck"
                          : " not");
}

static void walk_after(const LifecycleStep *first, size_t count, Buf *buf)
{
    LifecyclePlace place = {.now_usec = BEGAN};
    const Walk from = {.first = &place,
                       .state_size = sizeof(place),
                       .steps = steps,
                       .step_count = ELEMENTS(steps),
                       .depth = 2,
                       .may = may,
                       .take = take,
                       .put = put};
    _cleanup_(buf_done) Buf done = {0};

    env.place = place;
    env.done = &done;
    assert_int_equal(lifecycle_init(&env.place.lifecycle, &env_ops, NULL, 2, USEC_PER_MINUTE), 0);
    lifecycle_begin(&env.place.lifecycle);
    place = env.place;
    for (size_t i = 0; i < 2; i++)
        place.schedules[i] = env.place.lifecycle.schedules[i];
    lifecycle_done(&env.place.lifecycle);
    for (size_t i = 0; i < count; i++)
        take(&place, first[i], &done);
    walk(&from, buf);
    buf_putc(buf, '\n');
}

#define WALK_AFTER(buf, ...)                                                                       \
    walk_after((const LifecycleStep[]){__VA_ARGS__},                                               \
               ELEMENTS(((const LifecycleStep[]){__VA_ARGS__})), buf)

static void whatever_happens_to_a_lifecycle(void **state)
{
    _cleanup_(buf_done) Buf buf = {0};

    (void)state;
    WALK_AFTER(&buf, STEP_TIME);
    WALK_AFTER(&buf, STEP_TIME, STEP_TIME_OTHER, STEP_UNDO, STEP_STEP);
    WALK_AFTER(&buf, STEP_TIME_OTHER, STEP_DRY_UNDO, STEP_STEP);
    WALK_AFTER(&buf, STEP_TIME, STEP_TIME_OTHER, STEP_REPLACE);
    WALK_AFTER(&buf, STEP_TIME_OTHER, STEP_STOP);
    story_text_check("a_lifecycle", &buf);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whatever_happens_to_a_lifecycle),
    };

    story_text_init(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
