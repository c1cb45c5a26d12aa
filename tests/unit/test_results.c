/* SPDX-License-Identifier: MIT */
/* Results of channels and passes: which is worse, its word and its exit status. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "daemon/base/mem.h"
#include "reconcile/report/report.h"

static const struct {
    Result result;
    const char *word;
    int exit_status;
} results[] = {
    {RESULT_IN_SYNC, "in_sync", 0},
    {RESULT_CONVERGED, "converged", 0},
    {RESULT_PAUSED, "paused", 2},
    {RESULT_QUARANTINED, "quarantined", 2},
    {RESULT_DRIFT, "drift", 2},
    {RESULT_HELD, "held", 3},
    {RESULT_UNMANAGEABLE, "unmanageable", 1},
    {RESULT_FAILED, "failed", 1},
};

static void words_and_exit_statuses(void **state)
{
    (void)state;
    for (size_t i = 0; i < ELEMENTS(results); i++) {
        assert_int_equal(results[i].result, i);
        assert_string_equal(report_result_text(results[i].result), results[i].word);
        assert_int_equal(report_result_of(results[i].word), results[i].result);
        assert_int_equal(report_exit_status_of(results[i].result), results[i].exit_status);
    }
}

/* A channel that cannot be managed fails its pass. */
static void the_worst_decides(void **state)
{
    (void)state;
    for (Result worst = RESULT_IN_SYNC; worst <= RESULT_FAILED; worst++) {
        for (Result result = RESULT_IN_SYNC; result <= RESULT_FAILED; result++) {
            Result meant = result == RESULT_UNMANAGEABLE ? RESULT_FAILED : result;

            assert_int_equal(report_worse(worst, result), meant > worst ? meant : worst);
        }
    }
}

static void reports_of_several_channels(void **state)
{
    (void)state;
    for (Result one = RESULT_IN_SYNC; one <= RESULT_FAILED; one++) {
        for (Result other = RESULT_IN_SYNC; other <= RESULT_FAILED; other++) {
            ChannelReport channels[] = {{.instance_name = "prod", .result = one},
                                        {.instance_name = "test", .result = other}};
            const Report report = {.channels = channels, .channel_count = 2};
            const InstanceReport prod = {.name = "prod"}, test = {.name = "test"},
                                 none = {.name = "none"};
            Result all = report_worse(report_worse(RESULT_IN_SYNC, one), other);

            assert_int_equal(report_result(&report), all);
            assert_int_equal(report_exit_status(&report), report_exit_status_of(all));
            assert_int_equal(report_instance_result(&report, &prod),
                             report_worse(RESULT_IN_SYNC, one));
            assert_int_equal(report_instance_result(&report, &test),
                             report_worse(RESULT_IN_SYNC, other));
            assert_int_equal(report_instance_result(&report, &none), RESULT_IN_SYNC);
            assert_int_equal(report_could_read(&report),
                             one == RESULT_UNMANAGEABLE || other == RESULT_UNMANAGEABLE);
            channels[1].has_list = true;
            assert_true(report_could_read(&report));
        }
    }
}

/* By the first guard that refuses, in the instance that it is asked of. */
static void channels_that_the_whole_pass_holds(void **state)
{
    const InstanceReport prod = {.name = "prod"}, test = {.name = "test"};

    (void)state;
    for (GuardName name = 0; name < GUARD_COUNT; name++) {
        bool is_of_pass = name == GUARD_MAX_DELETES_TOTAL || name == GUARD_MAX_CHANNELS;
        Guard guards[] = {{.name = name}, {.name = GUARD_MAX_CHANNELS}};
        ChannelReport channel = {
            .instance_name = "prod", .result = RESULT_HELD, .guards = guards, .guard_count = 2};

        assert_int_equal(report_is_held_by_pass(&channel, &prod), is_of_pass);
        assert_false(report_is_held_by_pass(&channel, &test));
        channel.guard_count = 1;
        assert_int_equal(report_is_held_by_pass(&channel, &prod), is_of_pass);
        channel.guard_count = 0;
        assert_false(report_is_held_by_pass(&channel, &prod));
        channel.guard_count = 1;
        channel.result = RESULT_DRIFT;
        assert_false(report_is_held_by_pass(&channel, &prod));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_and_exit_statuses),
        cmocka_unit_test(the_worst_decides),
        cmocka_unit_test(reports_of_several_channels),
        cmocka_unit_test(channels_that_the_whole_pass_holds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
