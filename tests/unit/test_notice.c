/* SPDX-License-Identifier: MIT */
/* When people are told: what a pass says of conditions, when they begin, last and end, and what
 * becomes of many at once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "daemon/base/mem.h"
#include "reconcile/notice/notice.h"

#define HOUR USEC_PER_HOUR

/* ---- conditions ---- */

static void test_a_condition_begins_lasts_and_ends(void **state)
{
    NoticeRecord record = {0};

    (void)state;
    assert_int_equal(notice_step(&record, NOTICE_HELD, PRESENCE_NO, HOUR, 1), NOTICE_NOTHING);
    assert_int_equal(notice_step(&record, NOTICE_HELD, PRESENCE_UNKNOWN, HOUR, 1), NOTICE_NOTHING);
    assert_int_equal(notice_step(&record, NOTICE_HELD, PRESENCE_YES, HOUR, 1), NOTICE_BEGINS);
    assert_int_equal(notice_step(&record, NOTICE_HELD, PRESENCE_YES, HOUR, HOUR), NOTICE_NOTHING);
    assert_int_equal(notice_step(&record, NOTICE_HELD, PRESENCE_UNKNOWN, HOUR, 3 * HOUR),
                     NOTICE_NOTHING);
    assert_int_equal(notice_step(&record, NOTICE_HELD, PRESENCE_YES, HOUR, HOUR + 1), NOTICE_LASTS);
    assert_int_equal(notice_step(&record, NOTICE_HELD, PRESENCE_YES, HOUR, 2 * HOUR),
                     NOTICE_NOTHING);
    assert_int_equal(notice_step(&record, NOTICE_HELD, PRESENCE_YES, HOUR, 2 * HOUR + 1),
                     NOTICE_LASTS);
    assert_int_equal(notice_step(&record, NOTICE_HELD, PRESENCE_NO, HOUR, 4 * HOUR), NOTICE_ENDS);
    assert_false(record.is_open);
    assert_int_equal(notice_step(&record, NOTICE_HELD, PRESENCE_NO, HOUR, 4 * HOUR),
                     NOTICE_NOTHING);
}

static void test_without_repeat_it_is_told_once(void **state)
{
    NoticeRecord record = {0};

    (void)state;
    assert_int_equal(notice_step(&record, NOTICE_FAILED, PRESENCE_YES, 0, 1), NOTICE_BEGINS);
    assert_int_equal(notice_step(&record, NOTICE_FAILED, PRESENCE_YES, 0, 1000 * HOUR),
                     NOTICE_NOTHING);
}

static void test_drift_is_told_once_three_passes_in_a_row_find_it(void **state)
{
    NoticeRecord record = {0};

    (void)state;
    assert_int_equal(notice_step(&record, NOTICE_DRIFT, PRESENCE_YES, 0, 1), NOTICE_KEEP);
    assert_int_equal(notice_step(&record, NOTICE_DRIFT, PRESENCE_YES, 0, 2), NOTICE_KEEP);
    assert_int_equal(notice_step(&record, NOTICE_DRIFT, PRESENCE_NO, 0, 3), NOTICE_FORGET);
    assert_int_equal(notice_step(&record, NOTICE_DRIFT, PRESENCE_YES, 0, 4), NOTICE_KEEP);
    assert_int_equal(notice_step(&record, NOTICE_DRIFT, PRESENCE_UNKNOWN, 0, 5), NOTICE_NOTHING);
    assert_int_equal(notice_step(&record, NOTICE_DRIFT, PRESENCE_YES, 0, 6), NOTICE_KEEP);
    assert_int_equal(notice_step(&record, NOTICE_DRIFT, PRESENCE_YES, 0, 7), NOTICE_BEGINS);
    assert_int_equal(notice_step(&record, NOTICE_DRIFT, PRESENCE_NO, 0, 8), NOTICE_ENDS);
}

/* ---- what a pass says ---- */

static const RosterChannel pruned = {.name = "a", .mode = MODE_PRUNE, .member_count = 3};
static const RosterChannel synced = {.name = "a", .mode = MODE_SYNC, .member_count = 3};
static const InstanceReport fine = {.name = "prod"};

static ChannelReport channel_of(Result result)
{
    return (ChannelReport){
        .channel = &pruned, .instance_name = "prod", .result = result, .has_list = true};
}

static Presence look(NoticeKind kind, const ChannelReport *channel)
{
    return look_at_channel(kind, UINT32_MAX, channel, &fine, false);
}

static void test_held_is_what_a_guard_of_the_channel_holds(void **state)
{
    ChannelReport channel = channel_of(RESULT_HELD);
    Guard guards[2] = {0};

    (void)state;
    channel.guards = guards;
    channel.guards[0].name = GUARD_MAX_DELETES;
    channel.guard_count = 1;
    assert_int_equal(look(NOTICE_HELD, &channel), PRESENCE_YES);
    channel.guards[0].name = GUARD_MAX_CHANNELS;
    assert_int_equal(look(NOTICE_HELD, &channel), PRESENCE_NO);
    channel.guards[0].name = GUARD_CONFIRM_PASSES;
    assert_int_equal(look(NOTICE_HELD, &channel), PRESENCE_NO);
    channel.guards[1].name = GUARD_MAX_DELETES;
    channel.guard_count = 2;
    assert_int_equal(look(NOTICE_HELD, &channel), PRESENCE_YES);
    channel.result = RESULT_PAUSED;
    assert_int_equal(look(NOTICE_HELD, &channel), PRESENCE_UNKNOWN);
    channel.guard_count = 0;
    assert_int_equal(look(NOTICE_HELD, &channel), PRESENCE_NO);
    channel.result = RESULT_FAILED;
    assert_int_equal(look(NOTICE_HELD, &channel), PRESENCE_UNKNOWN);
    channel.result = RESULT_CONVERGED;
    assert_int_equal(look(NOTICE_HELD, &channel), PRESENCE_NO);
}

static void test_what_fails_with_its_instance_is_told_of_the_instance(void **state)
{
    ChannelReport channels[] = {channel_of(RESULT_FAILED), channel_of(RESULT_FAILED)};
    InstanceReport instance = fine;
    const Report report = {.channels = channels, .channel_count = ELEMENTS(channels)};

    (void)state;
    channels[0].has_list = channels[1].has_list = false;
    assert_int_equal(look(NOTICE_FAILED, &channels[0]), PRESENCE_YES);
    assert_int_equal(look_at_channel(NOTICE_FAILED, 0, &channels[0], &fine, true),
                     PRESENCE_UNKNOWN);
    assert_int_equal(look_at_instance(NOTICE_FAILED, &report, &instance), PRESENCE_YES);
    assert_int_equal(look_at_instance(NOTICE_HELD, &report, &instance), PRESENCE_UNKNOWN);
    channels[1].has_list = true;
    assert_int_equal(look_at_instance(NOTICE_FAILED, &report, &instance), PRESENCE_NO);
    assert_int_equal(look_at_instance(NOTICE_HELD, &report, &instance), PRESENCE_NO);
    instance.guard_count = 1;
    assert_int_equal(look_at_instance(NOTICE_HELD, &report, &instance), PRESENCE_YES);
    err_set(&instance.error, -1, "cut off");
    assert_int_equal(look_at_instance(NOTICE_FAILED, &report, &instance), PRESENCE_YES);
}

static void test_missing_members_wait_for_a_pause_only_where_they_would_be_added(void **state)
{
    ChannelReport channel = channel_of(RESULT_PAUSED);

    (void)state;
    assert_int_equal(look(NOTICE_MISSING, &channel), PRESENCE_NO);
    channel.missing_count = 1;
    assert_int_equal(look(NOTICE_MISSING, &channel), PRESENCE_YES);
    channel.channel = &synced;
    assert_int_equal(look(NOTICE_MISSING, &channel), PRESENCE_UNKNOWN);
    channel.result = RESULT_DRIFT;
    assert_int_equal(look(NOTICE_MISSING, &channel), PRESENCE_YES);
    channel.has_list = false;
    assert_int_equal(look(NOTICE_MISSING, &channel), PRESENCE_UNKNOWN);
}

static void test_drift_is_what_nothing_else_explains(void **state)
{
    ExtraReport extra = {.outcome = OUTCOME_PLANNED};
    ChannelReport channel = channel_of(RESULT_DRIFT);

    (void)state;
    assert_int_equal(look(NOTICE_DRIFT, &channel), PRESENCE_NO);
    channel.missing_count = 1;
    assert_int_equal(look(NOTICE_DRIFT, &channel), PRESENCE_NO);
    assert_int_equal(
        look_at_channel(NOTICE_DRIFT, NOTICE_BIT(NOTICE_DRIFT), &channel, &fine, false),
        PRESENCE_YES);
    channel.extras = &extra;
    channel.extra_count = 1;
    assert_int_equal(look(NOTICE_DRIFT, &channel), PRESENCE_YES);
    channel.result = RESULT_HELD;
    assert_int_equal(look(NOTICE_DRIFT, &channel), PRESENCE_UNKNOWN);
    channel.result = RESULT_PAUSED;
    assert_int_equal(look(NOTICE_DRIFT, &channel), PRESENCE_UNKNOWN);
    extra.outcome = OUTCOME_QUARANTINED;
    channel.result = RESULT_QUARANTINED;
    assert_int_equal(look(NOTICE_DRIFT, &channel), PRESENCE_NO);
}

static void test_changes_are_what_the_pass_did_itself(void **state)
{
    ExtraReport extras[] = {{.outcome = OUTCOME_DELETED},
                            {.outcome = OUTCOME_GONE},
                            {.outcome = OUTCOME_QUARANTINED, .attempts = 1},
                            {.outcome = OUTCOME_QUARANTINED}};
    ChannelReport channel = channel_of(RESULT_CONVERGED);
    LookChanges changes = {0};

    (void)state;
    assert_false(look_add_changes(&channel, &changes));
    channel.extras = extras;
    channel.extra_count = ELEMENTS(extras);
    assert_true(look_add_changes(&channel, &changes));
    assert_int_equal(changes.deleted, 1);
    assert_int_equal(changes.disabled, 1);
    channel.extras = extras + 1;
    channel.extra_count = 1;
    assert_false(look_add_changes(&channel, &changes));
}

/* ---- many at once ---- */

static void test_a_few_are_told_one_by_one(void **state)
{
    NoticeWindow window = {0};

    (void)state;
    for (size_t i = 0; i < NOTICE_FEW; i++) {
        assert_int_equal(notice_window_turn(&window, 100 + i, NOTICE_FEW - i, 100),
                         NOTICE_TURN_ONE);
        notice_window_note(&window, 100 + i);
    }
    assert_int_equal(notice_window_turn(&window, 106, 1, 106), NOTICE_TURN_WAIT);
    assert_int_equal(notice_window_end(&window, 106), 100 + NOTICE_WINDOW_USEC);
    assert_int_equal(notice_window_turn(&window, 106, 7, 100 + NOTICE_WINDOW_USEC),
                     NOTICE_TURN_SUMMARY);
    assert_int_equal(notice_window_turn(&window, 106, 1, 100 + NOTICE_WINDOW_USEC),
                     NOTICE_TURN_ONE);
}

static void test_many_are_one_summary_when_their_window_is_over(void **state)
{
    const NoticeWindow none = {0};
    NoticeWindow before = {.began_usec = 50, .told_count = 3};

    (void)state;
    assert_int_equal(notice_window_turn(&none, 100, 2000, 100), NOTICE_TURN_WAIT);
    assert_int_equal(notice_window_end(&none, 100), 100 + NOTICE_WINDOW_USEC);
    assert_int_equal(notice_window_turn(&none, 100, 2000, 100 + NOTICE_WINDOW_USEC),
                     NOTICE_TURN_SUMMARY);
    assert_int_equal(notice_window_turn(&before, 60 + NOTICE_WINDOW_USEC, 3, NOTICE_WINDOW_USEC),
                     NOTICE_TURN_ONE);
    notice_window_note(&before, 60 + NOTICE_WINDOW_USEC);
    assert_int_equal(before.told_count, 1);
}

static void test_it_is_tried_later_each_time(void **state)
{
    uint64_t last_usec = 0;

    (void)state;
    for (unsigned int failures = 1; failures < 100; failures++) {
        uint64_t wait_usec = notice_backoff_usec(failures);

        assert_true(wait_usec >= last_usec);
        last_usec = wait_usec;
    }
    assert_int_equal(notice_backoff_usec(1), USEC_PER_SEC);
    assert_int_equal(last_usec, 15 * USEC_PER_MINUTE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_condition_begins_lasts_and_ends),
        cmocka_unit_test(test_without_repeat_it_is_told_once),
        cmocka_unit_test(test_drift_is_told_once_three_passes_in_a_row_find_it),
        cmocka_unit_test(test_held_is_what_a_guard_of_the_channel_holds),
        cmocka_unit_test(test_what_fails_with_its_instance_is_told_of_the_instance),
        cmocka_unit_test(test_missing_members_wait_for_a_pause_only_where_they_would_be_added),
        cmocka_unit_test(test_drift_is_what_nothing_else_explains),
        cmocka_unit_test(test_changes_are_what_the_pass_did_itself),
        cmocka_unit_test(test_a_few_are_told_one_by_one),
        cmocka_unit_test(test_many_are_one_summary_when_their_window_is_over),
        cmocka_unit_test(test_it_is_tried_later_each_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
