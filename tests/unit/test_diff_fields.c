/* SPDX-License-Identifier: MIT */
/* What a roster states of its members, live otherwise: which differ, in which fields, in what
 * order. */
#include "tests/unit/diff_case.h"

#include <string.h>

#include "reconcile/plan/plan.h"

static void table_add(DiffCase *table, MemberRow row, MemberFields fields)
{
    assert_int_equal(diff_case_add(table, row, fields), 0);
}

/* One wanted member in a group, live with some fields: which of those it states differ? */
static unsigned changes(const RosterMember *wanted, const ChannelRow *row, MemberFields live)
{
    DiffCase table = {0};
    unsigned states = 0;
    Plan plan;

    table.wanted[table.roster.member_count++] = *wanted;
    diff_case_open(&table, false);
    table.desired.row = row;
    table_add(
        &table,
        (MemberRow){.id = "m1", .group = config_member_group(wanted), .host = wanted->address},
        live);
    plan_make(&table.diff, MODE_PRUNE, &plan);
    assert_int_equal(plan.missing_count + plan.extra_count, 0);
    assert_in_range(plan.changed_count, 0, 1);
    if (plan.changed_count > 0) {
        states = plan.changed[0].states;
        assert_int_equal(plan.changed[0].desired, 0);
        assert_string_equal(plan.changed[0].id, "m1");
        assert_string_equal(plan.changed[0].member_json, "m1");
        assert_memory_equal(&plan.changed[0].live, &live, sizeof(live));
    }
    diff_case_close(&table);
    return states;
}

#define WANTED(...)                                                                                \
    &(RosterMember)                                                                                \
    {                                                                                              \
        .address = "10.0.0.1", __VA_ARGS__                                                         \
    }
#define LIVE(...)                                                                                  \
    (MemberFields)                                                                                 \
    {                                                                                              \
        __VA_ARGS__                                                                                \
    }

static void test_what_is_stated_is_compared_and_nothing_else(void **state)
{
    const RosterMember *all =
        WANTED(.states = ROSTER_MEMBER_WEIGHT | ROSTER_MEMBER_BACKUP | ROSTER_MEMBER_ENABLED,
               .weight = 5, .backup = true, .enabled = false);

    (void)state;
    assert_int_equal(changes(WANTED(.states = 0), NULL, LIVE(5, true, false)), 0);
    assert_int_equal(changes(WANTED(.states = ROSTER_MEMBER_ECS_NAME), NULL, LIVE(5, true, false)),
                     0);
    assert_int_equal(changes(all, NULL, LIVE(5, true, false)), 0);
    assert_int_equal(changes(all, NULL, LIVE(6, true, false)), ROSTER_MEMBER_WEIGHT);
    assert_int_equal(changes(all, NULL, LIVE(5, false, false)), ROSTER_MEMBER_BACKUP);
    assert_int_equal(changes(all, NULL, LIVE(5, true, true)), ROSTER_MEMBER_ENABLED);
    assert_int_equal(changes(all, NULL, LIVE(0, false, true)),
                     ROSTER_MEMBER_WEIGHT | ROSTER_MEMBER_BACKUP | ROSTER_MEMBER_ENABLED);
    assert_int_equal(changes(WANTED(.states = ROSTER_MEMBER_WEIGHT), NULL, LIVE(1, false, true)),
                     ROSTER_MEMBER_WEIGHT);
}

static void test_a_weight_that_is_not_told_is_not_compared(void **state)
{
    const RosterMember *wanted =
        WANTED(.states = ROSTER_MEMBER_WEIGHT | ROSTER_MEMBER_BACKUP, .weight = 5, .backup = true);

    (void)state;
    assert_int_equal(changes(wanted, NULL, LIVE(OPS_WEIGHT_NONE, true, true)), 0);
    assert_int_equal(changes(wanted, NULL, LIVE(OPS_WEIGHT_NONE, false, true)),
                     ROSTER_MEMBER_BACKUP);
}

static void put_in_group(RosterMember *member, Arena *arena, const char *group)
{
    assert_int_equal(config_member_set_texts(member, arena, "10.0.0.1", group, NULL), 0);
}

static void test_a_weight_counts_where_the_group_is_known_to_have_none(void **state)
{
    const ChannelGroup groups[] = {{"green", OPS_WEIGHT_NONE}, {"blue", 0}, {"", 3}};
    const ChannelRow told = {.tells_groups = true, .groups = groups, .group_count = 2};
    const ChannelRow not_told = {.tells_groups = false};
    RosterMember wanted =
        *WANTED(.states = ROSTER_MEMBER_WEIGHT | ROSTER_MEMBER_ENABLED, .weight = 5);
    Arena arena = {0};
    const MemberFields live = LIVE(1, false, true);

    (void)state;
    assert_int_equal(changes(&wanted, &not_told, live),
                     ROSTER_MEMBER_WEIGHT | ROSTER_MEMBER_ENABLED);
    put_in_group(&wanted, &arena, "green");
    assert_int_equal(changes(&wanted, &told, live), ROSTER_MEMBER_WEIGHT | ROSTER_MEMBER_ENABLED);
    assert_int_equal(changes(&wanted, &not_told, live), ROSTER_MEMBER_ENABLED);
    put_in_group(&wanted, &arena, "blue");
    assert_int_equal(changes(&wanted, &told, live), ROSTER_MEMBER_ENABLED);
    put_in_group(&wanted, &arena, "unheard of");
    assert_int_equal(changes(&wanted, &told, live), ROSTER_MEMBER_ENABLED);
    arena_done(&arena);
}

static void test_changed_members_are_sorted_and_forgotten_with_their_list(void **state)
{
    const RosterMember stated = {.states = ROSTER_MEMBER_WEIGHT, .weight = 5};
    DiffCase table = {0};
    Plan plan;

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        table.wanted[i] = stated;
        table.wanted[i].address = (const char *[]){"10.0.0.3", "10.0.0.1", "10.0.0.2"}[i];
    }
    table.roster.member_count = 3;
    diff_case_open(&table, false);
    for (size_t i = 0; i < 2; i++) {
        diff_reset(&table.diff);
        table_add(&table, (MemberRow){.id = "m3", .host = "10.0.0.3"}, LIVE(1, false, true));
        table_add(&table, (MemberRow){.id = "m2", .host = "10.0.0.2"}, LIVE(5, false, true));
        table_add(&table, (MemberRow){.id = "m1", .host = "10.0.0.1"}, LIVE(2, false, true));
    }
    plan_make(&table.diff, MODE_PRUNE, &plan);
    assert_int_equal(plan.changed_count, 2);
    assert_string_equal(plan.changed[0].id, "m1");
    assert_int_equal(plan.changed[0].desired, 1);
    assert_string_equal(plan.changed[1].id, "m3");
    diff_case_close(&table);
}

static void test_wanted_members_out_of_service_are_counted(void **state)
{
    static const char *const addresses[] = {"10.0.0.1", "10.0.0.2", "10.0.0.3"};
    DiffCase table = {0};
    Plan plan;

    (void)state;
    for (size_t i = 0; i < 3; i++)
        table.wanted[i] = (RosterMember){.address = addresses[i]};
    table.roster.member_count = 3;
    table.wanted[1].states = ROSTER_MEMBER_ENABLED;
    diff_case_open(&table, false);
    table_add(&table, (MemberRow){.id = "m1", .host = "10.0.0.1"}, LIVE(1, false, false));
    table_add(&table, (MemberRow){.id = "m2", .host = "10.0.0.2"}, LIVE(1, false, false));
    table_add(&table, (MemberRow){.id = "m3", .host = "10.0.0.3"}, LIVE(1, false, true));
    table_add(&table, (MemberRow){.id = "m9", .host = "10.9.0.1"}, LIVE(1, false, false));
    plan_make(&table.diff, MODE_PRUNE, &plan);
    assert_int_equal(plan.disabled_count, 1);
    assert_int_equal(plan.changed_count, 0);
    assert_false(plan.extras[0].fields.is_enabled);
    diff_case_close(&table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_stated_is_compared_and_nothing_else),
        cmocka_unit_test(test_a_weight_that_is_not_told_is_not_compared),
        cmocka_unit_test(test_a_weight_counts_where_the_group_is_known_to_have_none),
        cmocka_unit_test(test_changed_members_are_sorted_and_forgotten_with_their_list),
        cmocka_unit_test(test_wanted_members_out_of_service_are_counted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
