/* SPDX-License-Identifier: MIT */
/* What the report of a pass says of each condition that people are told of: that it is there, that
 * it is not, or nothing, so that neither a beginning nor an end is told by guess. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "daemon/base/str.h"
#include "reconcile/notice/look.h"

#define WITH_MISSING NOTICE_BIT(NOTICE_MISSING)

static const RosterChannel prunes = {.mode = MODE_PRUNE}, syncs = {.mode = MODE_SYNC};
static const InstanceReport prod = {.name = "prod"};

static const char *presence_text(Presence presence)
{
    return presence == PRESENCE_YES ? "yes" : presence == PRESENCE_NO ? "no" : "unknown";
}

/* A channel that was listed, with nothing to be told of. */
static ChannelReport listed(Result result)
{
    return (ChannelReport){
        .channel = &prunes, .instance_name = "prod", .result = result, .has_list = true};
}

static void expect(NoticeKind kind, uint32_t kinds, const ChannelReport *channel,
                   bool is_instance_failed, Presence expected)
{
    Presence found = look_at_channel(kind, kinds, channel, &prod, is_instance_failed);

    if (found != expected)
        fail_msg("%s instead of %s", presence_text(found), presence_text(expected));
}

static ChannelReport held_by(GuardName first, size_t count)
{
    static Guard guards[2];
    ChannelReport channel = listed(RESULT_HELD);

    channel.guards = guards;
    channel.guard_count = count;
    channel.guards[0] = (Guard){.name = first, .refuses = true};
    channel.guards[1] = (Guard){.name = GUARD_FIGHT, .refuses = true};
    return channel;
}

static void test_what_is_held(void **state)
{
    ChannelReport channel = held_by(GUARD_MAX_DELETES, 1);

    (void)state;
    expect(NOTICE_HELD, 0, &channel, false, PRESENCE_YES);
    channel = held_by(GUARD_CONFIRM_PASSES, 1);
    expect(NOTICE_HELD, 0, &channel, false, PRESENCE_NO); /* it is seen again */
    channel = held_by(GUARD_CONFIRM_PASSES, 2);
    expect(NOTICE_HELD, 0, &channel, false, PRESENCE_YES);
    channel = held_by(GUARD_MAX_DELETES_TOTAL, 1);
    expect(NOTICE_HELD, 0, &channel, false, PRESENCE_NO); /* the instance is told of */
    channel.instance_name = "other";
    expect(NOTICE_HELD, 0, &channel, false, PRESENCE_YES);
}

static void test_what_is_not_held(void **state)
{
    ChannelReport channel = listed(RESULT_IN_SYNC);

    (void)state;
    expect(NOTICE_HELD, 0, &channel, false, PRESENCE_NO);
    channel.guard_count = 1;
    expect(NOTICE_HELD, 0, &channel, false, PRESENCE_UNKNOWN);
    channel = listed(RESULT_DRIFT);
    expect(NOTICE_HELD, 0, &channel, false, PRESENCE_NO);
    channel.has_list = false;
    expect(NOTICE_HELD, 0, &channel, false, PRESENCE_UNKNOWN);
    channel = listed(RESULT_UNMANAGEABLE);
    expect(NOTICE_HELD, 0, &channel, false, PRESENCE_UNKNOWN);
    channel = listed(RESULT_FAILED);
    expect(NOTICE_HELD, 0, &channel, false, PRESENCE_UNKNOWN);
}

static void test_what_fails(void **state)
{
    ChannelReport channel = listed(RESULT_HELD);

    (void)state;
    expect(NOTICE_FAILED, 0, &channel, false, PRESENCE_NO);
    expect(NOTICE_FAILED, 0, &channel, true, PRESENCE_NO);
    channel.error = &(const Err){.text = "no answer"};
    expect(NOTICE_FAILED, 0, &channel, false, PRESENCE_YES);
    channel = listed(RESULT_UNMANAGEABLE);
    expect(NOTICE_FAILED, 0, &channel, false, PRESENCE_YES);
    expect(NOTICE_FAILED, 0, &channel, true, PRESENCE_YES);
    channel = listed(RESULT_FAILED);
    channel.has_list = false;
    expect(NOTICE_FAILED, 0, &channel, false, PRESENCE_YES);
    expect(NOTICE_FAILED, 0, &channel, true, PRESENCE_UNKNOWN); /* it fails with its instance */
}

static void test_what_is_missing(void **state)
{
    ChannelReport channel = listed(RESULT_IN_SYNC);

    (void)state;
    expect(NOTICE_MISSING, 0, &channel, false, PRESENCE_NO);
    channel.missing_count = 1;
    expect(NOTICE_MISSING, 0, &channel, false, PRESENCE_YES);
    channel.result = RESULT_PAUSED;
    expect(NOTICE_MISSING, 0, &channel, false, PRESENCE_YES); /* nobody would add it */
    channel.channel = &syncs;
    expect(NOTICE_MISSING, 0, &channel, false, PRESENCE_UNKNOWN);
    channel.missing_count = 0;
    expect(NOTICE_MISSING, 0, &channel, false, PRESENCE_NO);
    channel.has_list = false;
    expect(NOTICE_MISSING, 0, &channel, false, PRESENCE_UNKNOWN);
}

static void test_what_drifts(void **state)
{
    ExtraReport extras[] = {{.outcome = OUTCOME_PLANNED}};
    ChannelReport channel = listed(RESULT_IN_SYNC);

    (void)state;
    expect(NOTICE_DRIFT, 0, &channel, false, PRESENCE_NO);
    channel.has_list = false;
    expect(NOTICE_DRIFT, 0, &channel, false, PRESENCE_UNKNOWN);
    channel = listed(RESULT_DRIFT);
    channel.extras = extras;
    channel.extra_count = 1;
    expect(NOTICE_DRIFT, 0, &channel, false, PRESENCE_YES);
    channel.result = RESULT_PAUSED;
    expect(NOTICE_DRIFT, 0, &channel, false, PRESENCE_UNKNOWN);
    channel.result = RESULT_UNMANAGEABLE;
    expect(NOTICE_DRIFT, 0, &channel, false, PRESENCE_UNKNOWN);
    channel = held_by(GUARD_MAX_DELETES, 1);
    expect(NOTICE_DRIFT, 0, &channel, false, PRESENCE_NO);
    channel.extras = extras;
    channel.extra_count = 1;
    expect(NOTICE_DRIFT, 0, &channel, false, PRESENCE_UNKNOWN); /* it is told of as held */
    channel = held_by(GUARD_CONFIRM_PASSES, 1);
    channel.extras = extras;
    channel.extra_count = 1;
    expect(NOTICE_DRIFT, 0, &channel, false, PRESENCE_YES);
}

static void test_missing_members_are_drift_where_they_are_not_told_by_themselves(void **state)
{
    ChangedReport changed[] = {{.outcome = OUTCOME_SKIPPED}};
    ChannelReport channel = listed(RESULT_DRIFT);

    (void)state;
    channel.missing_count = 1;
    expect(NOTICE_DRIFT, 0, &channel, false, PRESENCE_YES);
    expect(NOTICE_DRIFT, WITH_MISSING, &channel, false, PRESENCE_NO);
    channel.changed = changed;
    channel.changed_count = 1;
    expect(NOTICE_DRIFT, WITH_MISSING, &channel, false, PRESENCE_YES);
}

static void test_other_kinds_are_of_no_channel(void **state)
{
    const ChannelReport channel = listed(RESULT_FAILED);

    (void)state;
    expect(NOTICE_INVALID, 0, &channel, false, PRESENCE_UNKNOWN);
    expect(NOTICE_CHANGED, 0, &channel, false, PRESENCE_UNKNOWN);
}

/* ---- an instance ---- */

static void expect_instance(NoticeKind kind, const Report *report, const InstanceReport *instance,
                            Presence expected)
{
    Presence found = look_at_instance(kind, report, instance);

    if (found != expected)
        fail_msg("%s instead of %s", presence_text(found), presence_text(expected));
}

static void test_an_instance(void **state)
{
    ChannelReport channels[] = {listed(RESULT_FAILED), listed(RESULT_FAILED)};
    const Report report = {.channels = channels, .channel_count = 2}, empty = {0};
    InstanceReport instance = prod;

    (void)state;
    expect_instance(NOTICE_FAILED, &empty, &instance, PRESENCE_NO);
    expect_instance(NOTICE_FAILED, &report, &instance, PRESENCE_NO);
    expect_instance(NOTICE_HELD, &report, &instance, PRESENCE_NO);
    expect_instance(NOTICE_DRIFT, &report, &instance, PRESENCE_UNKNOWN);
    instance.guard_count = 1;
    expect_instance(NOTICE_HELD, &report, &instance, PRESENCE_YES);
    expect_instance(NOTICE_FAILED, &report, &instance, PRESENCE_NO);
    channels[0].has_list = channels[1].has_list = false;
    expect_instance(NOTICE_FAILED, &report, &instance, PRESENCE_YES);
    expect_instance(NOTICE_HELD, &report, &instance, PRESENCE_YES);
    instance.guard_count = 0;
    expect_instance(NOTICE_HELD, &report, &instance, PRESENCE_UNKNOWN);
    err_set(&instance.error, -EIO, "no answer");
    expect_instance(NOTICE_FAILED, &empty, &instance, PRESENCE_YES);
}

/* ---- what was changed ---- */

static void test_changes_are_added_up(void **state)
{
    ExtraReport extras[] = {{.outcome = OUTCOME_DELETED},
                            {.outcome = OUTCOME_GONE},
                            {.outcome = OUTCOME_QUARANTINED, .attempts = 1},
                            {.outcome = OUTCOME_QUARANTINED},
                            {.outcome = OUTCOME_FAILED}};
    AddedReport added[] = {{.outcome = OUTCOME_ADDED}, {.outcome = OUTCOME_FAILED}};
    ChangedReport changed[] = {{.outcome = OUTCOME_CORRECTED}, {.outcome = OUTCOME_PLANNED}};
    ChannelReport none = listed(RESULT_DRIFT), one = none;
    LookChanges changes = {0};

    (void)state;
    none.extras = extras + 3;
    none.extra_count = 2;
    none.added = added + 1;
    none.added_count = 1;
    none.changed = none.enabled = changed + 1;
    none.changed_count = none.enabled_count = 1;
    assert_false(look_add_changes(&none, &changes));
    for (size_t kind = 0; kind < 5; kind++) {
        one = listed(RESULT_CONVERGED);
        one.extras = kind == 0 ? extras : extras + 2;
        one.extra_count = kind == 0 ? 2 : kind == 1 ? 1 : 0;
        one.added = added;
        one.added_count = kind == 2 ? 2 : 0;
        one.changed = one.enabled = changed;
        one.changed_count = kind == 3 ? 2 : 0;
        one.enabled_count = kind == 4 ? 2 : 0;
        assert_true(look_add_changes(&one, &changes));
    }
    assert_true(look_add_changes(&one, &changes));
    assert_int_equal(changes.deleted, 1);
    assert_int_equal(changes.disabled, 1);
    assert_int_equal(changes.added, 1);
    assert_int_equal(changes.corrected, 1);
    assert_int_equal(changes.enabled, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_held),
        cmocka_unit_test(test_what_is_not_held),
        cmocka_unit_test(test_what_fails),
        cmocka_unit_test(test_what_is_missing),
        cmocka_unit_test(test_what_drifts),
        cmocka_unit_test(test_missing_members_are_drift_where_they_are_not_told_by_themselves),
        cmocka_unit_test(test_other_kinds_are_of_no_channel),
        cmocka_unit_test(test_an_instance),
        cmocka_unit_test(test_changes_are_added_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
