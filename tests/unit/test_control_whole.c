/* SPDX-License-Identifier: MIT */
/* Whole answers of a daemon alone: what its passes came to, what is held, paused and undone. */
#include "tests/unit/control_answer.h"

#define HELD "guards: {max_delete_percent: 10}\n"

static void expect(ControlCase *control_case, const char *path, const char *body, const char *name)
{
    control_answer_expect(control_case, path, body, name);
}

static void test_a_pass_that_deletes(void **state)
{
    ControlCase *control_case = *state;

    expect(control_case, CONTROL_PATH_STATUS, NULL, "status-before.json");
    control_case_begin(control_case);
    expect(control_case, CONTROL_PATH_STATUS, NULL, "status-deleted.json");
    expect(control_case, CONTROL_PATH_PROGRESS, NULL, "progress.json");
    expect(control_case, CONTROL_PATH_HISTORY, NULL, "history-deleted.json");
    expect(control_case, CONTROL_PATH_CHANNELS, NULL, "channels.json");
    expect(control_case, CONTROL_PATH_RECONCILE, "{}", "reconcile.json");
    expect(control_case, CONTROL_PATH_RECONCILE, "{\"channel\":\"payments\"}",
           "reconcile-channel.json");
    expect(control_case, CONTROL_PATH_STATUS, NULL, "status-in-sync.json");
}

static void test_an_undo(void **state)
{
    ControlCase *control_case = *state;

    control_case_begin(control_case);
    expect(control_case, CONTROL_PATH_PAUSE, "{\"channel\":\"payments\",\"reason\":\"work\"}",
           "pause-channel.json");
    expect(control_case, CONTROL_PATH_UNDO, "{\"last\":true,\"dry_run\":true}",
           "undo-planned.json");
    expect(control_case, CONTROL_PATH_UNDO, "{\"last\":true}", "undo-done.json");
    expect(control_case, CONTROL_PATH_UNDO, "{\"action\":1}", "undo-live.json");
    expect(control_case, CONTROL_PATH_HISTORY, NULL, "history-undone.json");
    expect(control_case, CONTROL_PATH_RECONCILE, "{}", "reconcile-paused.json");
    expect(control_case, CONTROL_PATH_STATUS, NULL, "status-undone.json");
    expect(control_case, CONTROL_PATH_RESUME, "{\"channel\":\"" FIRST "\"}", "resume-channel.json");
}

static void test_an_undo_that_is_refused(void **state)
{
    ControlCase *control_case = *state;

    control_case_begin(control_case);
    controller_service.add_status = 400;
    expect(control_case, CONTROL_PATH_UNDO, "{\"last\":true}", "undo-failed.json");
    expect(control_case, CONTROL_PATH_HISTORY, NULL, "history-undo-failed.json");
}

static void test_a_plan_that_is_held(void **state)
{
    ControlCase *control_case = *state;
    char digest[80], body[128];

    control_case_use(control_case, HELD, NULL);
    control_case_begin(control_case);
    expect(control_case, CONTROL_PATH_STATUS, NULL, "status-held.json");
    control_answer_find(control_case, "\"changed\": [],\n      \"digest\": \"", digest,
                        sizeof(digest));
    expect(control_case, CONTROL_PATH_PLAN, "{}", "plan-held.json");
    snprintf(body, sizeof(body), "{\"digest\":\"%.12s\"}", digest);
    expect(control_case, CONTROL_PATH_APPROVE, body, "approve.json");
    expect(control_case, CONTROL_PATH_STATUS, NULL, "status-approved.json");
    snprintf(body, sizeof(body), "{\"digest\":\"%.12s\",\"now\":true}", digest);
    expect(control_case, CONTROL_PATH_APPROVE, body, "approve-now.json");
    expect(control_case, CONTROL_PATH_RECONCILE, "{}", "reconcile-approved.json");
    expect(control_case, CONTROL_PATH_STATUS, NULL, "status-spent.json");
    expect(control_case, CONTROL_PATH_APPROVE, body, "approve-spent.json");
}

static void test_what_is_paused(void **state)
{
    ControlCase *control_case = *state;

    expect(control_case, CONTROL_PATH_PAUSE, "{\"all\":true,\"reason\":\"storm\",\"for\":\"2h\"}",
           "pause-all.json");
    control_case_begin(control_case);
    expect(control_case, CONTROL_PATH_STATUS, NULL, "status-paused.json");
    expect(control_case, CONTROL_PATH_PAUSE, "{\"instance\":\"prod\",\"reason\":\"work\"}",
           "pause-instance.json");
    expect(control_case, CONTROL_PATH_RESUME, "{\"all\":true}", "resume-all.json");
    expect(control_case, CONTROL_PATH_RESUME, "{\"all\":true}", "resume-all-again.json");
    expect(control_case, CONTROL_PATH_RESUME, "{\"channel\":\"payments\"}",
           "resume-channel-of-instance.json");
    expect(control_case, CONTROL_PATH_RESUME, "{\"instance\":\"prod\"}", "resume-instance.json");
    expect(control_case, CONTROL_PATH_PAUSE, "{\"reason\":\"x\"}", "pause-nothing.json");
    expect(control_case, CONTROL_PATH_PAUSE,
           "{\"reason\":\"x\",\"all\":true,\"channel\":\"payments\"}", "pause-two.json");
    expect(control_case, CONTROL_PATH_PAUSE, "{\"reason\":\"x\",\"all\":true,\"for\":\"0s\"}",
           "pause-for-nothing.json");
    expect(control_case, CONTROL_PATH_PAUSE, "{\"reason\":\"x\",\"channel\":\"nobody\"}",
           "pause-nobody.json");
}

static void test_a_roster_that_pauses(void **state)
{
    ControlCase *control_case = *state;

    control_case_use(control_case, HELD,
                     "version: 1\nchannels:\n"
                     "  - {name: payments, members: ['10.1.0.1:80'], paused: {reason: audit}}\n");
    control_case_begin(control_case);
    expect(control_case, CONTROL_PATH_STATUS, NULL, "status-roster-paused.json");
    expect(control_case, CONTROL_PATH_RESUME, "{\"channel\":\"payments\"}",
           "resume-of-roster.json");
    expect(control_case, CONTROL_PATH_PAUSE, "{\"channel\":\"payments\",\"reason\":\"work\"}",
           "pause-beside-roster.json");
    expect(control_case, CONTROL_PATH_RESUME, "{\"channel\":\"payments\"}",
           "resume-beside-roster.json");
}

static void test_passes_that_fail(void **state)
{
    ControlCase *control_case = *state;

    controller_service.list_status = 400;
    control_case_begin(control_case);
    expect(control_case, CONTROL_PATH_STATUS, NULL, "status-failed.json");
    expect(control_case, CONTROL_PATH_RECONCILE, "{}", "reconcile-failed.json");
    controller_service.list_status = 0;
    controller_service.delete_status = 400;
    expect(control_case, CONTROL_PATH_RECONCILE, "{}", "reconcile-refused.json");
    expect(control_case, CONTROL_PATH_STATUS, NULL, "status-refused.json");
    expect(control_case, CONTROL_PATH_HISTORY, NULL, "history-refused.json");
}

static void test_without_a_state(void **state)
{
    ControlCase *control_case = *state;
    Store *store = control_case->state.store;

    control_case_begin(control_case);
    err_set(&control_case->state.err, -EIO, "no disk");
    control_case->state.store = NULL;
    expect(control_case, CONTROL_PATH_STATUS, NULL, "status-without-state.json");
    expect(control_case, CONTROL_PATH_PAUSE, "{\"all\":true,\"reason\":\"x\"}",
           "pause-without-state.json");
    expect(control_case, CONTROL_PATH_RESUME, "{\"all\":true}", "resume-without-state.json");
    expect(control_case, CONTROL_PATH_HISTORY, NULL, "history-without-state.json");
    expect(control_case, CONTROL_PATH_APPROVE, "{\"digest\":\"abcdef012345\"}",
           "approve-without-state.json");
    expect(control_case, CONTROL_PATH_UNDO, "{\"last\":true}", "undo-without-state.json");
    expect(control_case, CONTROL_PATH_UNDO, "{\"last\":true,\"dry_run\":true}",
           "undo-without-state.json");
    control_case->state.store = store;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, control_case_setup, control_case_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_pass_that_deletes),     TEST(test_an_undo),
        TEST(test_an_undo_that_is_refused), TEST(test_a_plan_that_is_held),
        TEST(test_what_is_paused),          TEST(test_a_roster_that_pauses),
        TEST(test_passes_that_fail),        TEST(test_without_a_state),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
