/* SPDX-License-Identifier: MIT */
/* What is counted, row by row: of each event, of each result of a pass, of each bucket. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "daemon/base/mem.h"
#include "tests/unit/tally_case.h"

static uint64_t changed(const Tally *tally, size_t channel, ChangeKind kind, TallyOutcome outcome)
{
    return tally->channels[channel].changes ? tally->channels[channel].changes[kind][outcome] : 0;
}

/* What dashboards go by. */
static void the_bounds_of_the_buckets(void **state)
{
    static const uint64_t requests_msec[TALLY_BUCKET_COUNT] = {5,   10,   25,   50,   100,   250,
                                                               500, 1000, 2500, 5000, 15000, 60000};
    static const uint64_t passes_msec[TALLY_BUCKET_COUNT] = {
        100, 250, 500, 1000, 2500, 5000, 10000, 30000, 60000, 120000, 300000, 600000};

    (void)state;
    for (size_t i = 0; i < TALLY_BUCKET_COUNT; i++) {
        assert_int_equal(tally_request_bounds_usec[i], requests_msec[i] * 1000);
        assert_int_equal(tally_pass_bounds_usec[i], passes_msec[i] * 1000);
    }
}

static void each_event_counts_its_change(void **state)
{
    static const struct {
        EventKind event;
        Outcome outcome;
        ChangeKind kind;
        TallyOutcome counted;
    } rows[] = {
        {EVENT_DELETED, OUTCOME_DELETED, CHANGE_DELETE, TALLY_MADE},
        {EVENT_DELETED, OUTCOME_GONE, CHANGE_DELETE, TALLY_GONE},
        {EVENT_DELETE_FAILED, OUTCOME_FAILED, CHANGE_DELETE, TALLY_FAILED},
        {EVENT_ADDED, OUTCOME_ADDED, CHANGE_ADD, TALLY_MADE},
        {EVENT_ADD_FAILED, OUTCOME_FAILED, CHANGE_ADD, TALLY_FAILED},
        {EVENT_CORRECTED, OUTCOME_CORRECTED, CHANGE_CORRECT, TALLY_MADE},
        {EVENT_CORRECT_FAILED, OUTCOME_FAILED, CHANGE_CORRECT, TALLY_FAILED},
        {EVENT_DISABLED, OUTCOME_DISABLED, CHANGE_DISABLE, TALLY_MADE},
        {EVENT_DISABLE_FAILED, OUTCOME_FAILED, CHANGE_DISABLE, TALLY_FAILED},
        {EVENT_ENABLED, OUTCOME_ENABLED, CHANGE_ENABLE, TALLY_MADE},
        {EVENT_ENABLE_FAILED, OUTCOME_FAILED, CHANGE_ENABLE, TALLY_FAILED},
    };

    (void)state;
    for (size_t i = 0; i < ELEMENTS(rows); i++) {
        _cleanup_(tally_freep) Tally *tally = make(&config);
        const Event event = {
            .kind = rows[i].event, .roster = &named[2], .outcome = rows[i].outcome};
        uint64_t sum = 0;

        tally_on_event(tally, &event);
        assert_int_equal(changed(tally, 2, rows[i].kind, rows[i].counted), 1);
        for (size_t kind = 0; kind < CHANGE_KIND_COUNT; kind++) {
            for (size_t outcome = 0; outcome < TALLY_OUTCOME_COUNT; outcome++)
                sum += changed(tally, 2, kind, outcome);
        }
        assert_int_equal(sum, 1);
    }
}

/* An entry behind the last one of the rosters is none of them. */
static void entries_of_other_rosters(void **state)
{
    const RosterChannel more[] = {named[0], named[1], named[2], named[0]};
    const Config fewer = {
        .instances = instances, .instance_count = 2, .channels = more, .channel_count = 3};
    _cleanup_(tally_freep) Tally *tally = make(&fewer);
    Event event = {.kind = EVENT_DELETED, .instance_name = "prod", .channel_id = ID_B};

    (void)state;
    event.roster = &more[3];
    tally_on_event(tally, &event); /* by its id */
    event.roster = &more[2];
    tally_on_event(tally, &event);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(changed(tally, i, CHANGE_DELETE, TALLY_MADE), i > 0);
}

/* Of each result: whether the channel counts as in sync, and whether the pass has failed. */
static void each_result_of_a_pass(void **state)
{
    (void)state;
    for (Result result = RESULT_IN_SYNC; result <= RESULT_FAILED; result++) {
        _cleanup_(tally_freep) Tally *tally = make(&config);
        ChannelReport channel = {.channel = &named[1], .result = result};
        const Report report = {.channels = &channel, .channel_count = 1};

        tally_on_pass(tally, 0, &report, tally_pass_bounds_usec[3], 5);
        tally_on_pass(tally, 0, &report, tally_pass_bounds_usec[3] + 1, 6);
        assert_int_equal(tally->instances[0].passes[report_result(&report)], 2);
        assert_int_equal(tally->instances[0].pass.counts[3], 1);
        assert_int_equal(tally->instances[0].pass.counts[4], 1);
        assert_int_equal(tally->instances[0].failed_passes,
                         report_result(&report) == RESULT_FAILED ? 2 : 0);
        assert_true(tally->channels[1].has_result);
        assert_int_equal(tally->channels[1].result, result);
        assert_int_equal(tally->channels[1].in_sync_usec,
                         result == RESULT_IN_SYNC || result == RESULT_CONVERGED ? 6 : 0);
        assert_int_equal(tally->channels[1].listed_usec, 0);
        assert_string_equal(tally->channels[1].id, ID_B);
        assert_false(tally->channels[0].has_result);
    }
}

/* An instance is the same by endpoint, project and id, of which each counts. */
static void each_part_tells_instances_apart(void **state)
{
    static const Instance others[] = {
        {.name = "prod", .endpoint = "https://a", .project_id = "p", .instance_id = "i"},
        {.name = "prod", .endpoint = "https://b", .project_id = "p", .instance_id = "i"},
        {.name = "prod", .endpoint = "https://a", .project_id = "q", .instance_id = "i"},
        {.name = "prod", .endpoint = "https://a", .project_id = "p", .instance_id = "k"},
        {.name = "prod", .endpoint = "https://a", .instance_id = "i"},
    };

    (void)state;
    for (size_t i = 0; i < ELEMENTS(others); i++) {
        const Config after = {.instances = &others[i], .instance_count = 1};
        _cleanup_(tally_freep) Tally *before = make(&config);
        _cleanup_(tally_freep) Tally *tally = make(&after);

        tally_on_no_pass(before, 0);
        tally_take_over(tally, before);
        assert_int_equal(tally->instances[0].failed_passes, i == 0);
        assert_int_equal(before->instances[0].failed_passes, i != 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_bounds_of_the_buckets),
        cmocka_unit_test(each_event_counts_its_change),
        cmocka_unit_test(entries_of_other_rosters),
        cmocka_unit_test(each_result_of_a_pass),
        cmocka_unit_test(each_part_tells_instances_apart),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
