/* SPDX-License-Identifier: MIT */
#include "tests/unit/schedule_case.h"

static uint64_t fake_now(void *context)
{
    return ((Fake *)context)->now_usec;
}

static uint64_t fake_random(void *context)
{
    return ((Fake *)context)->random;
}

static void fake_wake_at(void *context, size_t instance, uint64_t usec)
{
    ((Fake *)context)->wake_usec[instance] = usec;
}

static bool fake_has_work(void *context, size_t instance)
{
    (void)instance;
    return !((Fake *)context)->has_no_work;
}

static uint64_t fake_due_in_usec(void *context, size_t instance)
{
    (void)instance;
    return ((Fake *)context)->due_in_usec;
}

static int fake_begin_pass(void *context, size_t instance, bool is_probe)
{
    Fake *fake = context;

    if (fake->begin_error)
        return fake->begin_error;
    assert_false(fake->is_passing[instance]);
    fake->is_passing[instance] = true;
    fake->is_stopped[instance] = fake->is_abandoned[instance] = false;
    fake->is_probe[instance] = is_probe;
    fake->is_held[instance] = lifecycle_get_hold(&fake->lifecycle)[0];
    fake->begun++;
    return 0;
}

static void fake_stop_pass(void *context, size_t instance, const char *why)
{
    Fake *fake = context;

    assert_true(fake->is_passing[instance] && why[0]);
    fake->is_stopped[instance] = true;
}

static void fake_abandon_pass(void *context, size_t instance, const char *why)
{
    Fake *fake = context;

    assert_true(fake->is_passing[instance] && why[0]);
    fake->is_abandoned[instance] = true;
}

static void fake_hold_pass(void *context, size_t instance, const char *why)
{
    assert_true(why[0]);
    ((Fake *)context)->is_held[instance] = true;
}

static void fake_allow_pass(void *context, size_t instance)
{
    ((Fake *)context)->is_held[instance] = false;
}

static bool fake_is_changing(void *context, size_t instance)
{
    return ((Fake *)context)->is_changing[instance];
}

static bool fake_undo_covers(void *context, size_t instance)
{
    return ((Fake *)context)->undo_covers[instance];
}

static int fake_begin_undo(void *context)
{
    Fake *fake = context;

    if (fake->undo_error)
        return fake->undo_error;
    for (size_t i = 0; i < 2; i++)
        assert_false(fake->undo_covers[i] && fake->is_passing[i]);
    fake->undo_runs = true;
    return 0;
}

static void fake_stop_undo(void *context, const char *why)
{
    assert_true(why[0]);
    ((Fake *)context)->undo_stopped = true;
}

static void fake_abandon_undo(void *context, const char *why)
{
    assert_true(why[0]);
    ((Fake *)context)->undo_abandoned = true;
}

static const ScheduleOps fake_ops = {
    .now_usec = fake_now,
    .random = fake_random,
    .wake_at = fake_wake_at,
    .has_work = fake_has_work,
    .due_in_usec = fake_due_in_usec,
    .begin_pass = fake_begin_pass,
    .stop_pass = fake_stop_pass,
    .abandon_pass = fake_abandon_pass,
    .hold_pass = fake_hold_pass,
    .allow_pass = fake_allow_pass,
    .is_changing = fake_is_changing,
    .undo_covers = fake_undo_covers,
    .begin_undo = fake_begin_undo,
    .stop_undo = fake_stop_undo,
    .abandon_undo = fake_abandon_undo,
};

void fake_init(Fake *fake, size_t count)
{
    *fake = (Fake){.now_usec = USEC_PER_HOUR, .undo_covers = {true}, .due_in_usec = USEC_NEVER};
    assert_int_equal(lifecycle_init(&fake->lifecycle, &fake_ops, fake, count, USEC_PER_MINUTE), 0);
}

Schedule *fake_schedule(Fake *fake, size_t instance)
{
    return &fake->lifecycle.schedules[instance];
}

void fake_wake(Fake *fake, size_t instance)
{
    assert_int_not_equal(fake->wake_usec[instance], USEC_NEVER);
    if (fake->wake_usec[instance] > fake->now_usec)
        fake->now_usec = fake->wake_usec[instance];
    schedule_on_time(fake_schedule(fake, instance));
}

void fake_end_pass(Fake *fake, size_t instance, bool could_read)
{
    assert_true(fake->is_passing[instance]);
    fake->is_passing[instance] = fake->is_changing[instance] = false;
    if (schedule_counts(fake_schedule(fake, instance)))
        schedule_note(fake_schedule(fake, instance), could_read);
    schedule_on_done(fake_schedule(fake, instance));
    lifecycle_step(&fake->lifecycle);
}

void fake_end_undo(Fake *fake)
{
    assert_true(fake->undo_runs);
    fake->undo_runs = false;
    lifecycle_on_undone(&fake->lifecycle);
    lifecycle_step(&fake->lifecycle);
}

void fake_done(Fake *fake)
{
    lifecycle_done(&fake->lifecycle);
}

void fake_begin(Fake *fake, size_t count)
{
    fake_init(fake, count);
    lifecycle_begin(&fake->lifecycle);
    for (size_t i = 0; i < count; i++)
        fake_wake(fake, i);
}
