/* SPDX-License-Identifier: MIT */
/* A state that fails in the middle of a channel, at whichever outcome: the channel fails, says why,
 * and sends no further change. */
#include <errno.h>
#include <string.h>

#include "tests/unit/quarantine_case.h"
#include "tests/unit/sync_case.h"

static Ops ops;
static uint32_t sent_then; /* changes, when the state failed; UINT32_MAX: it did not */

static uint32_t count_changes(const World *world)
{
    uint32_t count = 0;

    for (size_t i = 0; i < world->send_count; i++)
        count += request_is_change(world->sends[i].request.kind);
    return count;
}

static int decide(void *context, uint64_t action, Outcome outcome, uint32_t attempts,
                  const ListedMember *listed, const Answer *answer, Err *err)
{
    int r = world_ops.decide(context, action, outcome, attempts, listed, answer, err);

    if (r < 0 && sent_then == UINT32_MAX)
        sent_then = count_changes(context);
    return r;
}

/* ---- what a pass may be at ---- */

static World *deleting(void)
{
    return sync_case_new(MODE_PRUNE, 3, 0, 3);
}

static World *adding_and_deleting(void)
{
    return sync_case_new(MODE_SYNC, 3, 2, 2);
}

static World *correcting(void)
{
    World *world = sync_case_new(MODE_SYNC, 3, 1, 1);
    RosterMember *members = world_edit_members(world, &world->rosters[0]);

    for (size_t i = 0; i < 2; i++) {
        members[i].states = ROSTER_MEMBER_WEIGHT;
        members[i].weight = 77;
    }
    return world;
}

static World *exchanging(void)
{
    World *world = sync_case_new(MODE_SYNC, 1, 2, 2);

    world->channels[0].quota = 3;
    return world;
}

static World *disabling(void)
{
    return quarantine_case_new(MODE_PRUNE, 3);
}

static World *enabling(void)
{
    World *world = quarantine_case_new(MODE_PRUNE, 2);

    world_pass(world);
    quarantine_case_want(world, quarantine_case_extra(world, 0));
    quarantine_case_want(world, quarantine_case_extra(world, 1));
    world->gap_usec = USEC_PER_MINUTE;
    return world;
}

/* So that some are not sent, and skipped. */
static World *with_failures(World *world)
{
    world->config.retry.attempts = 1;
    world_fault(world, REQUEST_DELETE_MEMBER, 1, 100, 403, "APIG.1005");
    return world;
}

static World *refused(void)
{
    return with_failures(adding_and_deleting());
}

static const struct {
    World *(*make)(void);
    bool says_why; /* nothing else is wrong before */
} cases[] = {
    {deleting, true},    {adding_and_deleting, true}, {correcting, true},
    {exchanging, false}, {disabling, true},           {enabling, true},
    {refused, false},
};

/* Whether the state was asked to keep so many outcomes. */
static bool fails_from(World *world, uint32_t first, bool says_why)
{
    bool has_failed;

    ops = world_ops;
    ops.decide = decide;
    world->ops = &ops;
    world->decide_error = -EIO;
    world->decide_error_from = first;
    sent_then = UINT32_MAX;
    world_pass(world);
    has_failed = sent_then != UINT32_MAX;
    if (has_failed) {
        const ChannelReport *report = world_report(world, 0);

        assert_string_equal(report_result_text(report->result), "failed");
        assert_true(report->error);
        if (says_why && !strstr(report_error(report)->text, "the state cannot be written"))
            fail_msg("%u: %s", first, report_error(report)->text);
        assert_int_equal(count_changes(world), sent_then);
        assert_int_equal(report_exit_status(pass_get_report(world->pass)), 1);
    }
    world_free(world);
    return has_failed;
}

static void test_whichever_outcome_it_is(void **state)
{
    (void)state;
    for (size_t i = 0; i < ELEMENTS(cases); i++) {
        uint32_t first = 1;

        while (fails_from(cases[i].make(), first, cases[i].says_why))
            first++;
        if (first < 3)
            fail_msg("case %zu has %u outcomes", i, first - 1);
    }
}

/* ---- into quarantine without a request ---- */

static int enter_error, share_error;
static uint32_t shared;

static int enter(void *context, const RosterChannel *channel, const ChannelRow *row,
                 const char *const *member_ids, size_t count, Err *err)
{
    if (enter_error < 0)
        return err_system(err, enter_error, "the state cannot be written");
    return world_ops.enter_quarantine(context, channel, row, member_ids, count, err);
}

static int share(void *context, const char *digest, const char *const *plans, size_t plan_count,
                 Err *err)
{
    shared++;
    assert_int_equal(plan_count, 0);
    if (share_error < 0)
        return err_system(err, share_error, "the state cannot be written");
    return world_ops.share_approval(context, digest, plans, plan_count, err);
}

/* An extra that somebody has disabled enters as it is. */
static World *entering(void)
{
    World *world = quarantine_case_new(MODE_PRUNE, 1);

    quarantine_case_extra(world, 0)->status = 2;
    ops = world_ops;
    ops.enter_quarantine = enter;
    ops.share_approval = share;
    world->ops = &ops;
    enter_error = share_error = 0;
    shared = 0;
    return world;
}

static void expect_entered(World *world, Result result, Outcome outcome)
{
    world_pass(world);
    quarantine_case_expect(world, result, 0, 0, 0);
    assert_int_equal(world_count_extras(world, 0, outcome), 1);
    if (result == RESULT_FAILED)
        assert_non_null(
            strstr(report_error(world_report(world, 0))->text, "the state cannot be written"));
}

static void test_whoever_is_disabled_enters_the_quarantine(void **state)
{
    World *world = entering();

    (void)state;
    expect_entered(world, RESULT_QUARANTINED, OUTCOME_QUARANTINED);
    assert_in_range(world_report(world, 0)->extras[0].until_usec, world->realtime_usec,
                    world->realtime_usec + SPAN_USEC);
    assert_int_equal(shared, 0); /* there was no approval to spend */
    world_free(world);
    world = entering();
    world_want(world, &world->rosters[0], "", "10.5.0.1", 8080);
    expect_entered(world, RESULT_DRIFT, OUTCOME_QUARANTINED); /* which prune does not add */
    world_free(world);
    world = entering();
    world_want(world, &world->rosters[0], "", "10.5.0.1", 8080);
    world_edit_members(world, &world->rosters[0])[0].states = ROSTER_MEMBER_WEIGHT;
    world_edit_members(world, &world->rosters[0])[0].weight = 77;
    expect_entered(world, RESULT_DRIFT, OUTCOME_QUARANTINED); /* nor correct */
    world_free(world);
    world = entering();
    enter_error = -EIO;
    expect_entered(world, RESULT_FAILED, OUTCOME_SKIPPED);
    world_free(world);
}

/* Held until somebody approves. */
static World *approved(void)
{
    World *world = entering();

    world->rosters[0].guards.confirm_passes = 3;
    world_pass(world);
    assert_int_equal(world_result(world, 0), RESULT_HELD);
    assert_int_equal(shared, 0);
    world_approve(world, world_report(world, 0)->digest);
    return world;
}

static void test_an_approval_that_lets_it_enter_is_spent(void **state)
{
    World *world = approved();

    (void)state;
    expect_entered(world, RESULT_QUARANTINED, OUTCOME_QUARANTINED);
    assert_int_equal(shared, 1);
    expect_entered(world, RESULT_QUARANTINED, OUTCOME_QUARANTINED);
    assert_int_equal(shared, 1);
    world_free(world);
    world = approved();
    share_error = -EIO;
    world_pass(world);
    assert_int_equal(world_result(world, 0), RESULT_FAILED);
    assert_non_null(
        strstr(report_error(world_report(world, 0))->text, "the state cannot be written"));
    assert_int_equal(shared, 1);
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whichever_outcome_it_is),
        cmocka_unit_test(test_whoever_is_disabled_enters_the_quarantine),
        cmocka_unit_test(test_an_approval_that_lets_it_enter_is_spent),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
