/* SPDX-License-Identifier: MIT */
/* The guards: each just below, at and just above its limit, with its numbers. */
#include "tests/world/world.h"

#include "reconcile/plan/guard.h"

#define NOW (1000 * USEC_PER_HOUR)

static const Guards open_guards = {
    .max_deletes = 1000000, .max_delete_percent = 100, .confirm_passes = 1};

static const Conditions alone = {0};

static Guard evaluate_one(GuardName name, const Guards *limits, const Plan *plan,
                          const ChannelRecord *record, size_t refusing)
{
    Guard guards[GUARD_COUNT];
    const ChannelRecord nothing = {0};

    assert_int_equal(guard_evaluate(limits, plan, record ? record : &nothing, &alone, NOW, guards),
                     refusing);
    for (size_t i = 0; i < GUARD_COUNT; i++)
        assert_int_equal(guards[i].name, i);
    return guards[name];
}

static void expect(Guard guard, uint64_t planned, uint64_t limit, bool refuses)
{
    assert_int_equal(guard.planned, planned);
    assert_int_equal(guard.limit, limit);
    assert_int_equal(guard.refuses, refuses);
}

/* A plan over extras that have ids and identities of their own. */
static Plan plan_of(Extra *extras, size_t count)
{
    static char ids[64][8];

    for (size_t i = 0; i < count; i++) {
        ids[i][0] = 'm';
        ids[i][1] = (char)('0' + i / 10);
        ids[i][2] = (char)('0' + i % 10);
        extras[i] = (Extra){.id = ids[i], .identity = ids[i], .identity_size = 3};
    }
    return (Plan){.extras = extras,
                  .extra_count = count,
                  .delete_count = count,
                  .live_count = count + 100,
                  .staying_in_service = 100};
}

static void test_a_channel_without_members_is_no_division_by_zero(void **state)
{
    const Plan plan = {0};

    (void)state;
    expect(evaluate_one(GUARD_MAX_DELETE_PERCENT, &open_guards, &plan, NULL, 0), 0, 100, false);
}

static void test_max_deletes(void **state)
{
    Extra extras[16];
    Plan plan = plan_of(extras, 10);
    Guards limits = open_guards;

    (void)state;
    limits.max_deletes = 11;
    expect(evaluate_one(GUARD_MAX_DELETES, &limits, &plan, NULL, 0), 10, 11, false);
    limits.max_deletes = 10;
    expect(evaluate_one(GUARD_MAX_DELETES, &limits, &plan, NULL, 0), 10, 10, false);
    limits.max_deletes = 9;
    expect(evaluate_one(GUARD_MAX_DELETES, &limits, &plan, NULL, 1), 10, 9, true);
    limits.max_deletes = 0;
    expect(evaluate_one(GUARD_MAX_DELETES, &limits, &plan, NULL, 1), 10, 0, true);
}

static void expect_percent(size_t extras_count, size_t live, size_t ignored, uint32_t limit,
                           uint64_t planned, bool refuses)
{
    Extra extras[64];
    Plan plan = plan_of(extras, extras_count);
    Guards limits = open_guards;

    plan.live_count = live;
    plan.ignored_count = ignored;
    limits.max_delete_percent = limit;
    expect(evaluate_one(GUARD_MAX_DELETE_PERCENT, &limits, &plan, NULL, refuses), planned, limit,
           refuses);
}

static void test_max_delete_percent(void **state)
{
    (void)state;
    expect_percent(5, 10, 0, 51, 50, false);
    expect_percent(5, 10, 0, 50, 50, false);
    expect_percent(5, 10, 0, 49, 50, true);
    expect_percent(10, 10, 0, 99, 100, true);
    expect_percent(10, 10, 0, 100, 100, false);
    expect_percent(1, 10, 0, 0, 10, true);
}

static void test_a_part_above_the_limit_is_never_shown_as_the_limit(void **state)
{
    (void)state;
    expect_percent(1, 3, 0, 33, 34, true);
    expect_percent(1, 3, 0, 34, 34, false);
    expect_percent(2, 3, 0, 67, 67, false);
    expect_percent(1, 1000, 0, 0, 1, true);
    expect_percent(51, 101, 0, 50, 51, true);
    expect_percent(50, 101, 0, 50, 50, false);
}

static void test_ignored_members_do_not_count_for_the_percentage(void **state)
{
    (void)state;
    expect_percent(5, 110, 100, 50, 50, false);
    expect_percent(6, 110, 100, 50, 60, true);
    expect_percent(10, 110, 100, 50, 100, true);
}

static void test_min_remaining(void **state)
{
    Extra extras[4];
    Plan plan = plan_of(extras, 3);
    Guards limits = open_guards;

    (void)state;
    limits.min_remaining = 2;
    plan.staying_in_service = 3;
    expect(evaluate_one(GUARD_MIN_REMAINING, &limits, &plan, NULL, 0), 3, 2, false);
    plan.staying_in_service = 2;
    expect(evaluate_one(GUARD_MIN_REMAINING, &limits, &plan, NULL, 0), 2, 2, false);
    plan.staying_in_service = 1;
    expect(evaluate_one(GUARD_MIN_REMAINING, &limits, &plan, NULL, 1), 1, 2, true);
    limits.min_remaining = 0;
    plan.staying_in_service = 0;
    expect(evaluate_one(GUARD_MIN_REMAINING, &limits, &plan, NULL, 0), 0, 0, false);
}

static void test_confirm_passes_counts_the_least_seen(void **state)
{
    Extra extras[4];
    Plan plan = plan_of(extras, 2);
    Guards limits = open_guards;
    ChannelRecord record = {0};

    (void)state;
    limits.confirm_passes = 1;
    expect(evaluate_one(GUARD_CONFIRM_PASSES, &limits, &plan, NULL, 0), 1, 1, false);
    limits.confirm_passes = 3;
    expect(evaluate_one(GUARD_CONFIRM_PASSES, &limits, &plan, NULL, 1), 1, 3, true);
    channel_record_add_sighting(&record, "m00", 7);
    expect(evaluate_one(GUARD_CONFIRM_PASSES, &limits, &plan, &record, 1), 1, 3, true);
    channel_record_add_sighting(&record, "m01", 1);
    expect(evaluate_one(GUARD_CONFIRM_PASSES, &limits, &plan, &record, 1), 2, 3, true);
    record.sightings[1].count = 2;
    expect(evaluate_one(GUARD_CONFIRM_PASSES, &limits, &plan, &record, 0), 3, 3, false);
    record.sightings[1].count = UINT32_MAX;
    expect(evaluate_one(GUARD_CONFIRM_PASSES, &limits, &plan, &record, 0), 8, 3, false);
    channel_record_done(&record);
}

static void add_deletions(ChannelRecord *record, const char *identity, size_t count, uint64_t when)
{
    for (size_t i = 0; i < count; i++)
        assert_int_equal(channel_record_add_change(record, CHANGE_DELETE, identity, 3, when), 0);
}

static void expect_fight(uint64_t when, size_t count, uint64_t planned, bool refuses)
{
    Extra extras[4];
    Plan plan = plan_of(extras, 2);
    ChannelRecord record = {0};

    add_deletions(&record, "m01", count, when);
    add_deletions(&record, "m77", 9, NOW - 1);
    expect(evaluate_one(GUARD_FIGHT, &open_guards, &plan, &record, refuses), planned, 3, refuses);
    channel_record_done(&record);
}

static void test_fight_within_and_outside_the_hour(void **state)
{
    (void)state;
    expect_fight(NOW - 1, 2, 2, false);
    expect_fight(NOW - 1, 3, 3, true);
    expect_fight(NOW - 1, 4, 4, true);
    expect_fight(NOW - USEC_PER_HOUR + 1, 3, 3, true);
    expect_fight(NOW - USEC_PER_HOUR, 3, 0, false);
    expect_fight(NOW - 5 * USEC_PER_HOUR, 3, 0, false);
}

static void test_a_clock_set_back_does_not_forget_a_fight(void **state)
{
    (void)state;
    expect_fight(NOW + 1, 3, 3, true);
    expect_fight(NOW + 100 * USEC_PER_HOUR, 3, 3, true);
}

static void test_the_report_names_them_in_one_order(void **state)
{
    static const char *const names[] = {"max_deletes", "max_delete_percent", "min_remaining",
                                        "confirm_passes", "fight"};
    const Guards limits = {.min_remaining = 1000, .confirm_passes = 2};
    size_t found = 0;
    Extra extras[4];
    Plan plan = plan_of(extras, 2);
    Guard guards[GUARD_COUNT];
    ChannelRecord record = {0};

    (void)state;
    add_deletions(&record, "m00", 3, NOW);
    assert_int_equal(guard_evaluate(&limits, &plan, &record, &alone, NOW, guards), ELEMENTS(names));
    for (size_t i = 0; i < GUARD_COUNT; i++) {
        if (guards[i].refuses)
            assert_string_equal(guard_name_text(guards[i].name), names[found++]);
    }
    assert_int_equal(found, ELEMENTS(names));
    channel_record_done(&record);
}

static void expect_words(GuardName name, uint64_t planned, uint64_t limit, const char *why,
                         const char *words, const char *in_short)
{
    const GuardRow *row = guards_row(name);
    char text[256];

    assert_string_equal(guards_describe(row, planned, limit, why, text, sizeof(text)), words);
    assert_string_equal(guards_describe_short(row, row->name, planned, limit, text, sizeof(text)),
                        in_short);
}

static void test_what_they_say_is_for_people(void **state)
{
    char text[256];

    (void)state;
    expect_words(GUARD_MAX_DELETES, 20, 10, NULL, "20 deletions planned, limit 10",
                 "max_deletes 20, limit 10");
    expect_words(GUARD_MAX_DELETES, 1, 0, "", "1 deletion planned, limit 0",
                 "max_deletes 1, limit 0");
    expect_words(GUARD_MIN_REMAINING, 1, 4, NULL, "1 left in service, at least 4",
                 "min_remaining 1, at least 4");
    expect_words(GUARD_ROSTER, 1, 0, NULL, "its rosters are not those of the last owner", "roster");
    expect_words(GUARD_ROSTER, 1, 0, "b went by another set", "b went by another set", "roster");
    expect_words(GUARD_LEASE, 0, 1, NULL, "no lease outlives a change", "lease");
    expect_words(GUARD_HANDOVER, 1, 0, NULL, "1 second until changes of the last owner are over",
                 "handover");
    expect_words(GUARD_HANDOVER, 57, 0, NULL, "57 seconds until changes of the last owner are over",
                 "handover");
    assert_string_equal(guards_describe(NULL, 3, 2, NULL, text, sizeof(text)),
                        "3 planned, limit 2");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_channel_without_members_is_no_division_by_zero),
        cmocka_unit_test(test_max_deletes),
        cmocka_unit_test(test_max_delete_percent),
        cmocka_unit_test(test_a_part_above_the_limit_is_never_shown_as_the_limit),
        cmocka_unit_test(test_ignored_members_do_not_count_for_the_percentage),
        cmocka_unit_test(test_min_remaining),
        cmocka_unit_test(test_confirm_passes_counts_the_least_seen),
        cmocka_unit_test(test_fight_within_and_outside_the_hour),
        cmocka_unit_test(test_a_clock_set_back_does_not_forget_a_fight),
        cmocka_unit_test(test_the_report_names_them_in_one_order),
        cmocka_unit_test(test_what_they_say_is_for_people),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
