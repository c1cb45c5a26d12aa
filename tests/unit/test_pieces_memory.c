/* SPDX-License-Identifier: MIT */
/* Every allocation of the pieces of a pass fails once, at every place where a block of memory may
 * end: they say -ENOMEM, nothing crashes, and what succeeded is whole. Needs the allocator to
 * itself. */
#include "tests/world/world.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "reconcile/plan/catalog.h"
#include "reconcile/plan/plan_digest.h"
#include "reconcile/report/report.h"
#include "tests/unit/failing.h"

#define ROWS 40
#define PADDING_MAX 96

/* ---- texts to fill blocks with ---- */

static char padding[PADDING_MAX + 1];
static char texts[6][ROWS][24];

static void make_texts(size_t pad)
{
    memset(padding, 'p', sizeof(padding));
    padding[pad] = '\0';
    for (size_t kind = 0; kind < ELEMENTS(texts); kind++) {
        for (size_t i = 0; i < ROWS; i++)
            snprintf(texts[kind][i], sizeof(texts[kind][i]), "%c%zu-example", (char)('a' + kind),
                     i);
    }
}

/* Makes and frees them; 0 or -ENOMEM. */
typedef int (*Build)(void);

static void each_allocation_fails(Build build)
{
    if (!failing_is_possible())
        skip();
    /* libcrypto makes itself ready once, and does not take failures then. */
    make_texts(1);
    assert_int_equal(build(), 0);
    for (size_t pad = 1; pad < PADDING_MAX; pad += 3) {
        bool did_fail = true;

        make_texts(pad);
        for (long index = 0; did_fail; index++) {
            int r;

            failing_after(index);
            r = build();
            did_fail = failing_stop();
            assert_int_equal(r, did_fail ? -ENOMEM : 0);
            assert_true(index < 1000);
        }
    }
}

/* ---- the catalog ---- */

static int build_catalog(void)
{
    ChannelRow rows[ROWS];
    const ChannelPage page = {.total = ROWS, .rows = rows, .row_count = ROWS};
    Catalog catalog = {0};
    Err err = {0};
    int r;

    for (size_t i = 0; i < ROWS; i++)
        rows[i] = (ChannelRow){.id = i ? texts[0][i] : padding,
                               .name = texts[1][i],
                               .member_type = texts[2][i],
                               .vpc_channel_type = texts[3][i]};
    r = catalog_add_page(&catalog, &page, 0, &err);
    for (size_t i = 0; r == 0 && i < ROWS; i++) {
        const RosterChannel entry = {.name = texts[1][i], .file = "f"};
        const CatalogRow *row = catalog_claim(&catalog, &entry, &err);

        assert_non_null(row);
        assert_string_equal(row->channel.id, rows[i].id);
        assert_string_equal(row->channel.member_type, rows[i].member_type);
        assert_string_equal(row->channel.vpc_channel_type, rows[i].vpc_channel_type);
    }
    assert_int_equal(err_is_set(&err), r < 0);
    catalog_done(&catalog);
    return r;
}

static void test_catalog(void **state)
{
    (void)state;
    each_allocation_fails(build_catalog);
}

/* ---- from a list to the report ---- */

static const char *describe(const MemberPage *page, size_t row)
{
    return page->rows[row].id;
}

static int add_rows(Diff *diff, Err *err)
{
    MemberRow rows[ROWS];
    const MemberPage page = {.total = ROWS, .rows = rows, .row_count = ROWS, .describe = describe};

    for (size_t i = 0; i < ROWS; i++)
        rows[i] = (MemberRow){.id = texts[0][i],
                              .channel_id = "c1",
                              .host = texts[1][i],
                              .ecs_id = "",
                              .group = i ? texts[2][i] : padding,
                              .port = 80,
                              .fields = {.weight = (int32_t)i, .is_enabled = true}};
    return diff_add_page(diff, &page, 0, err);
}

static int report_all(Diff *diff, ChannelReport *report)
{
    const Instance instance = {.endpoint = "https://e", .project_id = "p", .instance_id = "i"};
    const Guard guards[GUARD_COUNT] = {0};
    Plan plan = {0};
    int r;

    plan_make(diff, MODE_PRUNE, &plan);
    r = plan_digest_make(&plan, diff, &instance, guards, plan.digest);
    if (r == 0)
        r = report_set_identity(report, padding, texts[3][0]);
    if (r == 0)
        r = report_set_extras(report, plan.extras, plan.extra_count);
    if (r == 0)
        r = report_set_missing(report, diff);
    if (r == 0)
        r = report_set_changed(report, diff->desired, plan.changed, plan.changed_count);
    if (r == 0)
        r = report_set_pause(report, padding, 7, PAUSE_SCOPE_ALL);
    return r;
}

static void expect_report(const ChannelReport *report, const RosterChannel *roster)
{
    assert_string_equal(report->id, padding);
    assert_string_equal(report->name, texts[3][0]);
    assert_string_equal(report->pause_reason, padding);
    assert_int_equal(report->extra_count, ROWS);
    for (size_t i = 0; i < ROWS; i++) {
        assert_int_equal(report->extras[i].id[0], 'a');
        assert_int_equal(report->extras[i].address[0], 'b');
        assert_non_null(report->extras[i].group);
    }
    assert_int_equal(report->missing_count, roster->member_count);
    for (size_t i = 0; i < report->missing_count; i++)
        assert_int_equal(report->missing[i].address[0], roster->members[i].address[0]);
}

static int build_report(void)
{
    _cleanup_(arena_done) Arena arena = {0};
    RosterMember wanted[ROWS];
    const RosterChannel roster = {.members = wanted, .member_count = ROWS};
    ChannelReport report = {0};
    Desired desired = {0};
    Diff diff = {0};
    Err err = {0};
    int r;

    for (size_t i = 0; i < ROWS; i++)
        wanted[i] = (RosterMember){.address = texts[4][i], .port = 80};
    if (config_member_set_texts(&wanted[0], &arena, texts[4][0], padding, NULL) < 0)
        return -ENOMEM;
    r = desired_init(&desired, &roster, 8080, false, &err);
    if (r == 0)
        r = diff_init(&diff, &desired, "c1", false);
    if (r == 0)
        r = add_rows(&diff, &err);
    if (r == 0)
        r = report_all(&diff, &report);
    if (r == 0)
        expect_report(&report, &roster);
    report_channel_done(&report);
    diff_done(&diff);
    desired_done(&desired);
    return r;
}

static void test_report(void **state)
{
    (void)state;
    each_allocation_fails(build_report);
}

/* ---- what is recalled ---- */

static int build_memory(void)
{
    ChannelRecord record = {0};
    int r = 0;

    for (size_t i = 0; i < ROWS && r == 0; i++)
        r = channel_record_add_sighting(&record, i ? texts[0][i] : padding, (uint32_t)i);
    for (size_t i = 0; i < ROWS && r == 0; i++)
        r = channel_record_add_change(&record, CHANGE_DELETE, texts[1][i], strlen(texts[1][i]) + 1,
                                      i);
    if (r == 0)
        r = channel_record_set_pause(&record, texts[2][0], 3, PAUSE_SCOPE_CHANNEL);
    assert_int_equal(record.is_paused, r == 0);
    for (size_t i = 0; i < record.sighting_count; i++)
        assert_string_equal(record.sightings[i].member_id, i ? texts[0][i] : padding);
    for (size_t i = 0; i < record.change_count; i++)
        assert_string_equal(record.changes[i].identity, texts[1][i]);
    channel_record_done(&record);
    return r;
}

static void test_memory(void **state)
{
    (void)state;
    each_allocation_fails(build_memory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_catalog),
        cmocka_unit_test(test_report),
        cmocka_unit_test(test_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
