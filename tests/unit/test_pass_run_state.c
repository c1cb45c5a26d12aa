/* SPDX-License-Identifier: MIT */
/* What people who wait for a pass are told: how far it is, what it waits for, and why. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "daemon/base/str.h"
#include "daemon/runtime/pass_run_internal.h"
#include "tests/world/world.h"

/* ---- what it waits for ---- */

#define TEN "0123456789"
#define FIFTY TEN TEN TEN TEN TEN
#define HUNDRED FIFTY FIFTY

static void test_the_reason_of_a_wait(void **state)
{
    static const Err answered = {.text = "the whole story", .http = 503, .code = "APIG.9999"};
    static const Err lost = {.text = "lost the connection"};
    static const Err longer = {.text = HUNDRED "and more"};
    static const struct {
        const char *instance, *name, *id;
        const Err *err;
        const char *says;
    } rows[] = {
        {"prod", "payments", "c1", &answered, "prod/payments: answered 503 APIG.9999"},
        {"prod", "", "c1", &lost, "prod/c1: lost the connection"},
        {"prod", "", "", &lost, "prod: lost the connection"},
        {"prod", "", "", NULL, "prod: "},
        {"prod", "", "", &longer, "prod: " HUNDRED},
        {HUNDRED, HUNDRED, "", &lost,
         FIFTY TEN TEN TEN "/" FIFTY TEN TEN TEN ": lost the connection"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        PassRun run = {0};
        Event event = {.kind = EVENT_RETRY,
                       .instance_name = rows[i].instance,
                       .channel_name = rows[i].name,
                       .channel_id = rows[i].id,
                       .wait_usec = USEC_PER_HOUR,
                       .err = rows[i].err};
        uint64_t before_usec = clock_monotonic_usec();

        pass_run_note_wait(&run, &event);
        assert_string_equal(run.wait_text, rows[i].says);
        assert_in_range(run.wait_usec, before_usec + USEC_PER_HOUR,
                        clock_monotonic_usec() + USEC_PER_HOUR);
    }
}

/* ---- how far it is ---- */

static PassRunState state_at(World *world, uint64_t now_usec)
{
    static PassRun run; /* whose text is borrowed */
    PassRunState run_state;

    run = (PassRun){.pass = world->pass,
                    .progress = {.moved_usec = 1000},
                    .wait_text = "something",
                    .wait_usec = 2000};
    memset(&run_state, 0xff, sizeof(run_state));
    pass_run_get_state(&run, now_usec, &run_state);
    return run_state;
}

static void test_times_are_told_from_now(void **state)
{
    World *world = world_new(1);

    (void)state;
    world_add_usual(world, "a", 2, 1);
    world_pass(world);
    assert_int_equal(state_at(world, 999).silent_usec, 0);
    assert_int_equal(state_at(world, 1000).silent_usec, 0);
    assert_int_equal(state_at(world, 1001).silent_usec, 1);
    assert_string_equal(state_at(world, 1999).wait_text, "something");
    assert_int_equal(state_at(world, 1999).wait_usec, 1);
    assert_int_equal(state_at(world, 500).wait_usec, 1500);
    assert_null(state_at(world, 2000).wait_text);
    assert_int_equal(state_at(world, 2000).wait_usec, 0);
    assert_null(state_at(world, 2001).wait_text);
    world_free(world);
}

/* Everything that changed at the service counts, and nothing else. */
static void test_what_was_changed_is_counted(void **state)
{
    static const struct {
        Outcome outcome;
        uint32_t attempts;
        bool counts;
    } extras[] = {
        {OUTCOME_DELETED, 1, true},      {OUTCOME_GONE, 1, true},    {OUTCOME_QUARANTINED, 1, true},
        {OUTCOME_QUARANTINED, 0, false}, {OUTCOME_FAILED, 1, false}, {OUTCOME_SKIPPED, 0, false},
        {OUTCOME_PLANNED, 0, false},
    };
    AddedReport added[] = {{.outcome = OUTCOME_ADDED}, {.outcome = OUTCOME_FAILED}};
    ChangedReport changed[] = {{.outcome = OUTCOME_CORRECTED}, {.outcome = OUTCOME_SKIPPED}};
    World *world = world_new(1);
    ChannelReport *report, kept;

    (void)state;
    world_add_usual(world, "a", 1, 2);
    world_pass(world);
    report = &pass_get_report(world->pass)->channels[0];
    kept = *report;
    for (size_t i = 0; i < sizeof(extras) / sizeof(*extras); i++) {
        ExtraReport extra = {.outcome = extras[i].outcome, .attempts = extras[i].attempts};

        report->extras = &extra;
        report->extra_count = 1;
        assert_int_equal(state_at(world, 0).changed_count, extras[i].counts);
    }
    report->extra_count = 0;
    report->added = added;
    report->added_count = 2;
    assert_int_equal(state_at(world, 0).changed_count, 1);
    report->changed = changed;
    report->changed_count = 2;
    assert_int_equal(state_at(world, 0).changed_count, 2);
    report->enabled = changed;
    report->enabled_count = 2;
    assert_int_equal(state_at(world, 0).changed_count, 3);
    *report = kept;
    world_free(world);
}

/* The first channel that is not read yet says of whom something is awaited. */
static void test_what_was_read_is_counted(void **state)
{
    static const Err error = {.text = "refused"};
    World *world = world_new(1);
    const Report *report;
    PassRunState run_state;

    (void)state;
    world_add_usual(world, "a", 1, 1);
    world_add_usual(world, "b", 1, 1);
    world_add_usual(world, "c", 1, 1);
    world_pass(world);
    report = pass_get_report(world->pass);
    run_state = state_at(world, 0);
    assert_int_equal(run_state.channel_count, 3);
    assert_int_equal(run_state.read_count, 3);
    assert_int_equal(run_state.changed_count, 3);
    assert_null(run_state.instance_name);
    for (size_t i = 0; i < 3; i++) {
        report->channels[i].has_list = false;
        report->channels[i].error = NULL;
        report->channels[i].instance_name = i == 0 ? "first" : i == 1 ? "second" : "third";
    }
    assert_string_equal(state_at(world, 0).instance_name, "first");
    assert_int_equal(state_at(world, 0).read_count, 0);
    report->channels[0].error = &error;
    assert_string_equal(state_at(world, 0).instance_name, "second");
    assert_int_equal(state_at(world, 0).read_count, 1);
    report->channels[1].has_list = true;
    assert_string_equal(state_at(world, 0).instance_name, "third");
    assert_int_equal(state_at(world, 0).read_count, 2);
    report->channels[0].error = NULL;
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_reason_of_a_wait),
        cmocka_unit_test(test_times_are_told_from_now),
        cmocka_unit_test(test_what_was_changed_is_counted),
        cmocka_unit_test(test_what_was_read_is_counted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
