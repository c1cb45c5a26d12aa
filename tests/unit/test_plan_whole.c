/* SPDX-License-Identifier: MIT */
/* What each mode plans of a list, by what becomes of its extras, and what the guards measure of
 * that: whole plans in words, of all of its rows and of each alone. */
#include "reconcile/plan/guard.h"
#include "reconcile/plan/identity.h"
#include "reconcile/plan/plan.h"
#include "reconcile/report/report.h"
#include "tests/unit/diff_case.h"
#include "tests/unit/story_text.h"

#define ROWS 8

/* In no order: plans and reports have one. */
static const struct {
    const char *host;
    uint8_t states;
    bool enabled; /* as the roster states */
    bool is_wanted, is_live, is_enabled;
} rows[ROWS] = {
    {"10.0.0.7", ROSTER_MEMBER_ENABLED, false, true, true, true},
    {"10.0.0.5", ROSTER_MEMBER_ENABLED, true, true, true, false},
    {"10.0.0.6", ROSTER_MEMBER_ENABLED, false, true, false, false},
    {"10.0.0.3", 0, false, true, false, false},
    {"10.0.0.4", 0, false, true, true, false},
    {"10.0.0.2", 0, false, true, true, true},
    {"10.9.0.2", 0, false, false, true, true},
    {"10.9.0.1", 0, false, false, true, false},
};

static const char *const ids[ROWS] = {"m7", "m5", "m6", "m3", "m4", "m2", "x2", "x1"};

static void make_case(DiffCase *table, Mode mode, size_t first, size_t last)
{
    table->roster.mode = mode;
    for (size_t i = first; i < last; i++) {
        if (rows[i].is_wanted)
            table->wanted[table->roster.member_count++] = (RosterMember){
                .address = rows[i].host, .states = rows[i].states, .enabled = rows[i].enabled};
    }
    diff_case_open(table, false);
    for (size_t i = first; i < last; i++) {
        if (rows[i].is_live)
            assert_int_equal(diff_case_add(table, (MemberRow){.id = ids[i], .host = rows[i].host},
                                           (MemberFields){1, false, rows[i].is_enabled}),
                             0);
    }
}

static void put_plan(const Plan *plan, Buf *buf)
{
    static const char fates[] = "DSEWL";

    buf_printf(buf,
               "live %zu, missing %zu, disabled %zu, delete %zu (%zu due), enter %zu, wait %zu, "
               "add %zu, correct %zu (%zu out), stay %zu, changes %zu, leave %zu%s;",
               plan->live_count, plan->missing_count, plan->disabled_count, plan->delete_count,
               plan->due_count, plan->enter_count, plan->wait_count, plan->add_count,
               plan->correct_count, plan->disable_count, plan->staying_in_service,
               plan_change_count(plan), plan_leave_count(plan),
               plan_only_waits(plan) ? ", only waits" : "");
    for (size_t i = 0; i < plan->extra_count; i++) {
        buf_printf(buf, " %s %c%s", plan->extras[i].id, fates[plan->extras[i].fate],
                   plan_is_leaving(&plan->extras[i]) ? " leaves" : "");
        assert_int_equal(plan_find_extra(plan, &plan->extras[i]), i);
    }
    for (size_t i = 0; i < plan->changed_count; i++)
        buf_printf(buf, " %s", plan->changed[i].id);
}

/* By limits that all that is measured is above, or below. */
static void put_guards(const Plan *plan, Buf *buf)
{
    const Guards limits = {.min_remaining = 100000, .confirm_passes = 3};
    const Conditions conditions = {0};
    const ChannelRecord record = {0};
    Guard guards[GUARD_COUNT] = {0};

    buf_printf(buf, " refusing %zu:",
               guard_evaluate(&limits, plan, &record, &conditions, USEC_PER_DAY, guards));
    for (GuardName name = 0; name < GUARD_COUNT; name++) {
        if (guards[name].refuses)
            buf_printf(buf, " %s %llu of %llu", guard_name_text(name),
                       (unsigned long long)guards[name].planned,
                       (unsigned long long)guards[name].limit);
    }
    buf_putc(buf, '\n');
}

static void put_missing(const Diff *diff, Buf *buf)
{
    ChannelReport report = {0};

    assert_int_equal(report_set_missing(&report, diff), 0);
    for (size_t i = 0; i < report.missing_count; i++)
        buf_printf(buf, " missing %s", report.missing[i].address);
    report_channel_done(&report);
}

static void plan_rows(Mode mode, ExtraFate fate, size_t first, size_t last, Buf *buf)
{
    DiffCase table = {0};
    Plan plan;

    make_case(&table, mode, first, last);
    for (size_t i = 0; i < table.diff.extra_count; i++)
        table.diff.extras[i].fate = fate;
    plan_make(&table.diff, mode, &plan);
    buf_printf(buf, "%s %s: ", mode_text(mode), last - first == 1 ? ids[first] : "all");
    put_plan(&plan, buf);
    put_missing(&table.diff, buf);
    if (plan_change_count(&plan) > 0)
        put_guards(&plan, buf);
    else
        buf_putc(buf, '\n');
    diff_case_close(&table);
}

static void what_each_mode_plans(void **state)
{
    static const ExtraFate fates[] = {EXTRA_DELETES, EXTRA_ENTERS, EXTRA_WAITS, EXTRA_LEAVES};
    _cleanup_(buf_done) Buf buf = {0};

    (void)state;
    for (Mode mode = 0; mode < MODE_COUNT; mode++) {
        for (size_t k = 0; k < ELEMENTS(fates); k++)
            plan_rows(mode, fates[k], 0, ROWS, &buf);
        for (size_t i = 0; i < ROWS; i++)
            plan_rows(mode, EXTRA_DELETES, i, i + 1, &buf);
        /* One that goes, and one that is disabled. */
        plan_rows(mode, EXTRA_DELETES, 5, 7, &buf);
        plan_rows(mode, EXTRA_ENTERS, 6, 8, &buf);
    }
    story_text_check("plans", &buf);
}

/* One member goes and one is taken out of service: min_remaining counts both. */
static void what_goes_and_what_is_disabled(void **state)
{
    const Guards limits = {.max_deletes = 2,
                           .max_adds = 9,
                           .max_delete_percent = 100,
                           .min_remaining = 1,
                           .confirm_passes = 1};
    const Conditions conditions = {0};
    const ChannelRecord record = {0};
    Guard guards[GUARD_COUNT] = {0};
    DiffCase table = {0};
    Plan plan;

    (void)state;
    make_case(&table, MODE_SYNC, 0, 1);
    assert_int_equal(diff_case_add(&table, (MemberRow){.id = "x9", .host = "10.9.0.9"},
                                   (MemberFields){1, false, true}),
                     0);
    plan_make(&table.diff, MODE_SYNC, &plan);
    assert_int_equal(plan.delete_count, 1);
    assert_int_equal(plan.disable_count, 1);
    assert_int_equal(guard_evaluate(&limits, &plan, &record, &conditions, USEC_PER_DAY, guards), 1);
    assert_true(guards[GUARD_MIN_REMAINING].refuses);
    assert_int_equal(guards[GUARD_MIN_REMAINING].planned, 0);
    diff_case_close(&table);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_each_mode_plans),
        cmocka_unit_test(what_goes_and_what_is_disabled),
    };

    story_text_init(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
