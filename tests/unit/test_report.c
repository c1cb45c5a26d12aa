/* SPDX-License-Identifier: MIT */
/* The report: which result is the worst, what the program exits with, and the words. */
#include "tests/world/world.h"

#include <string.h>

#include "reconcile/report/counts.h"

static int status_of(const Result *results, size_t count, Result *ret_worst)
{
    ChannelReport channels[8] = {0};
    const Report report = {.channels = channels, .channel_count = count};

    for (size_t i = 0; i < count; i++)
        channels[i].result = results[i];
    *ret_worst = report_result(&report);
    return report_exit_status(&report);
}

static void expect(const Result *results, size_t count, Result worst, int status)
{
    Result found;

    assert_int_equal(status_of(results, count, &found), status);
    assert_int_equal(found, worst);
}

#define EXPECT(worst, status, ...)                                                                 \
    expect((const Result[]){__VA_ARGS__}, ELEMENTS(((const Result[]){__VA_ARGS__})), worst, status)

static void test_failed_outranks_held_outranks_drift_outranks_in_sync(void **state)
{
    (void)state;
    expect(NULL, 0, RESULT_IN_SYNC, 0);
    EXPECT(RESULT_IN_SYNC, 0, RESULT_IN_SYNC);
    EXPECT(RESULT_CONVERGED, 0, RESULT_IN_SYNC, RESULT_CONVERGED);
    EXPECT(RESULT_PAUSED, 2, RESULT_CONVERGED, RESULT_PAUSED);
    EXPECT(RESULT_DRIFT, 2, RESULT_DRIFT, RESULT_PAUSED);
    EXPECT(RESULT_HELD, 3, RESULT_DRIFT, RESULT_HELD, RESULT_IN_SYNC);
    EXPECT(RESULT_FAILED, 1, RESULT_HELD, RESULT_UNMANAGEABLE, RESULT_DRIFT);
    EXPECT(RESULT_FAILED, 1, RESULT_FAILED, RESULT_HELD, RESULT_DRIFT);
}

static void test_the_words_are_those_of_the_contract(void **state)
{
    (void)state;
    assert_string_equal(report_result_text(RESULT_FAILED), "failed");
    assert_string_equal(report_result_text(RESULT_UNMANAGEABLE), "unmanageable");
    assert_string_equal(report_result_text(RESULT_HELD), "held");
    assert_string_equal(report_result_text(RESULT_DRIFT), "drift");
    assert_string_equal(report_result_text(RESULT_PAUSED), "paused");
    assert_string_equal(report_result_text(RESULT_CONVERGED), "converged");
    assert_string_equal(report_result_text(RESULT_IN_SYNC), "in_sync");
    assert_string_equal(ops_outcome_text(OUTCOME_DELETED), "deleted");
    assert_string_equal(ops_outcome_text(OUTCOME_GONE), "gone");
    assert_string_equal(ops_outcome_text(OUTCOME_FAILED), "failed");
    assert_string_equal(ops_outcome_text(OUTCOME_PLANNED), "planned");
    assert_string_equal(ops_outcome_text(OUTCOME_HELD), "held");
    assert_string_equal(ops_outcome_text(OUTCOME_SKIPPED), "skipped");
}

static void test_counts_are_of_what_the_pass_left(void **state)
{
    const RosterChannel roster = {.member_count = 7};
    ExtraReport extras[] = {{.outcome = OUTCOME_DELETED},
                            {.outcome = OUTCOME_GONE},
                            {.outcome = OUTCOME_QUARANTINED},
                            {.outcome = OUTCOME_FAILED},
                            {.outcome = OUTCOME_HELD}};
    AddedReport added[] = {{.outcome = OUTCOME_ADDED}, {.outcome = OUTCOME_FAILED}};
    ChangedReport changed[] = {{.outcome = OUTCOME_CORRECTED}, {.outcome = OUTCOME_PLANNED}};
    ChannelReport report = {
        .channel = &roster,
        .live_count = 10,
        .ignored_count = 1,
        .missing_count = 2,
        .extras = extras,
        .extra_count = ELEMENTS(extras),
        .added = added,
        .added_count = ELEMENTS(added),
        .changed = changed,
        .changed_count = ELEMENTS(changed),
        .enabled = changed + 1,
        .enabled_count = 1,
    };
    Counts counts = counts_of(&report);

    (void)state;
    assert_false(counts.is_read);
    assert_int_equal(counts.desired, 7);
    assert_int_equal(counts.live + counts.extra + counts.missing + counts.changed, 0);
    report.has_list = true;
    counts = counts_of(&report);
    assert_true(counts.is_read);
    assert_int_equal(counts.live, 9);
    assert_int_equal(counts.extra, 2);
    assert_int_equal(counts.quarantined, 1);
    assert_int_equal(counts.missing, 2);
    assert_int_equal(counts.changed, 2);
    assert_int_equal(counts.ignored, 1);
}

/* Members that are enabled again are told in two steps: those that left quarantine before the plan
 * was carried out, and those after it. */
static void test_what_is_enabled_later_stands_behind_what_was_before(void **state)
{
    static const Kept kept[] = {{.id = "m1", .group = "", .address = "10.1.0.1", .port = 81},
                                {.id = "m2", .group = "g", .address = "10.1.0.2", .port = 82},
                                {.id = "m3", .group = "", .address = "10.1.0.3", .port = 83}};
    const Kept *const first[] = {&kept[0], &kept[1]}, *const later[] = {&kept[2]};
    ChannelReport report = {0};

    (void)state;
    assert_int_equal(report_add_enabled(&report, first, 0), 0);
    assert_int_equal(report.enabled_count, 0);
    assert_int_equal(report_add_enabled(&report, first, 2), 0);
    assert_int_equal(report_add_enabled(&report, later, 1), 0);
    assert_int_equal(report.enabled_count, 3);
    for (size_t i = 0; i < 3; i++) {
        const ChangedReport *row = &report.enabled[i];

        assert_string_equal(row->id, kept[i].id);
        assert_int_equal(row->port, kept[i].port);
        assert_int_equal(row->outcome, OUTCOME_PLANNED);
        assert_int_equal(row->states, ROSTER_MEMBER_ENABLED);
        assert_int_equal(row->live.weight, OPS_WEIGHT_NONE);
        assert_false(row->live.is_enabled);
        assert_string_equal(config_member_group(row->member), kept[i].group);
        assert_string_equal(row->member->address, kept[i].address);
        assert_int_equal(row->member->states, ROSTER_MEMBER_ENABLED);
        assert_true(row->member->enabled);
    }
    report_channel_done(&report);
}

static void test_a_word_gives_its_result(void **state)
{
    (void)state;
    for (Result result = RESULT_IN_SYNC; result <= RESULT_FAILED; result++)
        assert_int_equal(report_result_of(report_result_text(result)), result);
    assert_int_equal(report_result_of("success"), RESULT_FAILED);
    assert_int_equal(report_result_of(""), RESULT_FAILED);
}

static void test_the_worst_of_one_instance(void **state)
{
    ChannelReport channels[] = {{.instance_name = "prod", .result = RESULT_DRIFT},
                                {.instance_name = "test", .result = RESULT_HELD},
                                {.instance_name = "prod", .result = RESULT_CONVERGED},
                                {.instance_name = "prod2", .result = RESULT_UNMANAGEABLE}};
    const Report report = {.channels = channels, .channel_count = ELEMENTS(channels)};
    const InstanceReport prod = {.name = "prod"}, test = {.name = "test"}, other = {.name = "none"},
                         last = {.name = "prod2"};

    (void)state;
    assert_int_equal(report_instance_result(&report, &prod), RESULT_DRIFT);
    assert_int_equal(report_instance_result(&report, &test), RESULT_HELD);
    assert_int_equal(report_instance_result(&report, &last), RESULT_FAILED);
    assert_int_equal(report_instance_result(&report, &other), RESULT_IN_SYNC);
}

static void test_a_channels_numbers_are_of_the_planned_list(void **state)
{
    World *world = world_new(1);
    const ChannelReport *report;
    WorldChannel *channel = world_add_usual(world, "a", 3, 2);

    (void)state;
    world_add_grouped(channel, "canary", "10.7.0.1", 0);
    world_ignore(world, &world->rosters[0])->group = "canary";
    world_pass(world);
    report = world_report(world, 0);
    assert_string_equal(report->instance_name, "instance0");
    assert_string_equal(report->name, "a");
    assert_string_equal(report->id, "id-a");
    assert_int_equal(report->live_count, 6);
    assert_int_equal(report->ignored_count, 1);
    assert_int_equal(report->extra_count, 2);
    assert_string_equal(report->extras[0].address, "10.9.0.2");
    assert_int_equal(report->extras[0].outcome, OUTCOME_DELETED);
    assert_int_equal(report->extras[0].attempts, 1);
    assert_int_equal(strlen(report->digest), 64);
    assert_int_equal(report->result, RESULT_CONVERGED);
    world_free(world);
}

static void test_a_pause_is_shown_with_its_reason_and_end(void **state)
{
    World *world = world_new(1);
    WorldChannel *channel = world_add_usual(world, "a", 3, 2);

    (void)state;
    channel->is_paused = true;
    channel->pause_end_usec = world->realtime_usec + USEC_PER_HOUR;
    world_pass(world);
    assert_int_equal(world_result(world, 0), RESULT_PAUSED);
    assert_string_equal(world_report(world, 0)->pause_reason, "for a test");
    assert_int_equal(world_report(world, 0)->pause_end_usec, channel->pause_end_usec);
    channel->pause_end_usec = 0;
    world_pass(world);
    assert_int_equal(world_report(world, 0)->pause_end_usec, 0);
    channel->is_paused = false;
    world_pass(world);
    assert_null(world_report(world, 0)->pause_reason);
    world_free(world);
}

/* One channel of several is enough, whatever the others come to. */
static void test_one_channel_that_can_be_read_is_enough(void **state)
{
    ChannelReport channels[3] = {
        {.result = RESULT_FAILED}, {.result = RESULT_FAILED}, {.result = RESULT_FAILED}};
    const Report report = {.channels = channels, .channel_count = 3};

    (void)state;
    assert_false(report_could_read(&report));
    for (size_t i = 0; i < 3; i++) {
        channels[i].has_list = true;
        assert_true(report_could_read(&report));
        channels[i].has_list = false;
        channels[i].result = RESULT_UNMANAGEABLE;
        assert_true(report_could_read(&report));
        channels[i].result = RESULT_FAILED;
    }
    assert_false(report_could_read(&(Report){0}));
}

/* As the daemon does: a report outlives its pass. */
static void test_a_report_can_be_taken_out_of_its_pass(void **state)
{
    World *world = world_new(1);
    Report report;

    (void)state;
    world_add_usual(world, "a", 3, 2);
    world_pass(world);
    pass_take_report(world->pass, &report);
    world_forget(world);
    assert_string_equal(report.pass_id, world->pass_id);
    assert_int_equal(report.channel_count, 1);
    assert_string_equal(report.channels[0].name, "a");
    assert_int_equal(report.channels[0].extra_count, 2);
    assert_string_equal(report.channels[0].extras[0].address, "10.9.0.2");
    report_done(&report);
    assert_int_equal(report.channel_count, 0);
    report_done(&report);
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_failed_outranks_held_outranks_drift_outranks_in_sync),
        cmocka_unit_test(test_the_words_are_those_of_the_contract),
        cmocka_unit_test(test_counts_are_of_what_the_pass_left),
        cmocka_unit_test(test_what_is_enabled_later_stands_behind_what_was_before),
        cmocka_unit_test(test_a_word_gives_its_result),
        cmocka_unit_test(test_the_worst_of_one_instance),
        cmocka_unit_test(test_a_channels_numbers_are_of_the_planned_list),
        cmocka_unit_test(test_a_pause_is_shown_with_its_reason_and_end),
        cmocka_unit_test(test_one_channel_that_can_be_read_is_enough),
        cmocka_unit_test(test_a_report_can_be_taken_out_of_its_pass),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
