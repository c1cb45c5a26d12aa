/* SPDX-License-Identifier: MIT */
/* How an undo beside the passes of a controller ends: what cannot be recorded, what outlives its
 * run, one that only looks, one that fails, and whom its end is told. */
#include "tests/unit/controller_case.h"

#include "daemon/store/store_internal.h"

static void begin_undo(ControllerCase *controller_case)
{
    controller_case_begin(controller_case, false);
    controller_case_choose_undo(controller_case);
}

static void test_an_undo_that_cannot_be_recorded(void **state)
{
    ControllerCase *controller_case = *state;
    char says[160];

    begin_undo(controller_case);
    controller_service.keeps_changes = 1;
    controller_case_ask_undo(controller_case);
    CONTROLLER_AWAIT(controller_case, controller_service.kept_count == 1);
    controller_service.keeps_changes = 0;
    assert_int_equal(sqlite3_exec(controller_case->store->db,
                                  "ALTER TABLE pass RENAME TO pass_away", NULL, NULL, NULL),
                     SQLITE_OK);
    controller_service_answer_kept();
    controller_case_await_undo(controller_case);
    assert_int_equal(controller_service.additions, 2);
    assert_true(undo_has_failed(controller_case->undo));
    client_case_assert_has(undo_find_state_error(controller_case->undo), "no such table: pass");
    snprintf(says, sizeof(says), "err: undo of %s: the state in ",
             undo_get_pass(controller_case->undo));
    assert_int_equal(controller_case_count_logged(controller_case, says), 1);
    controller_case_end_undo(controller_case);
}

static void test_what_came_of_an_undo_outlives_its_run(void **state)
{
    ControllerCase *controller_case = *state;
    const Controller *controller;
    UndoChannel channel;

    begin_undo(controller_case);
    controller = controller_case->controller;
    controller_case_ask_undo(controller_case);
    assert_non_null(controller->backend.users[0]);
    controller_case_await_undo(controller_case);
    assert_int_equal(undo_leave(controller_case->undo), 0);
    assert_null(undo_find_run(controller_case->undo));
    assert_null(controller->backend.users[0]);
    assert_int_equal(undo_count_channels(controller_case->undo), 1);
    undo_get_channel(controller_case->undo, 0, &channel);
    assert_string_equal(channel.name, "payments");
    assert_string_equal(channel.report->instance_name, "prod");
    assert_true(channel.report->instance_name != controller->config->instances[0].name);
    assert_int_equal(channel.report->result, RESULT_CONVERGED);
    assert_int_equal(channel.undo->item_count, 2);
    assert_int_equal(channel.undo->items[1].outcome, OUTCOME_ADDED);
    assert_false(undo_has_failed(controller_case->undo));
    controller_case_end_undo(controller_case);
}

/* Passes were awaited for it: who waits for changes to be allowed looks again. */
static void test_the_end_of_an_undo_is_told(void **state)
{
    ControllerCase *controller_case = *state;

    begin_undo(controller_case);
    controller_case_ask_undo(controller_case);
    controller_case_await_undo(controller_case);
    assert_int_equal(controller_case->passes, 1);
    assert_non_null(controller_case->controller->undo_run);
    controller_case_end_undo(controller_case);
    assert_null(controller_case->controller->undo_run);
    assert_int_equal(controller_case->passes, 2);
    controller_case_await_passes(controller_case, 3); /* the one that stood aside */
}

static void test_changes_that_are_allowed_again_are_told_once(void **state)
{
    ControllerCase *controller_case = *state;
    Controller *controller;

    controller_case_begin(controller_case, false);
    controller = controller_case->controller;
    controller_allow_changes(controller);
    assert_int_equal(controller_case->passes, 1);
    controller_hold_changes(controller, "for a test");
    controller_hold_changes(controller, "for a test");
    assert_int_equal(controller_case->passes, 1);
    controller_allow_changes(controller);
    assert_int_equal(controller_case->passes, 2);
    controller_allow_changes(controller);
    assert_int_equal(controller_case->passes, 2);
}

/* ---- one that only looks ---- */

static bool covers(void *userdata, size_t instance)
{
    return undo_covers(((ControllerCase *)userdata)->undo, instance);
}

static void on_done(Undo *undo, void *userdata)
{
    (void)undo;
    ((ControllerCase *)userdata)->undo_is_done = true;
}

static int begin_dry(void *userdata, PassRun **ret_run)
{
    ControllerCase *controller_case = userdata;
    int r = undo_begin(controller_case->undo, &controller_case->controller->backend, true, on_done,
                       controller_case, &controller_case->err);

    *ret_run = undo_find_run(controller_case->undo);
    return r;
}

static size_t count_actions(ControllerCase *controller_case)
{
    const StoreFilter all = {0};
    StoreActions actions = {0};
    size_t count;

    assert_int_equal(store_history(controller_case->store, &all, &actions, NULL), 0);
    count = actions.count;
    store_actions_done(&actions);
    return count;
}

static void test_an_undo_that_only_looks(void **state)
{
    ControllerCase *controller_case = *state;
    const ControllerUndo undo = {covers, begin_dry, controller_case};
    UndoChannel channel;

    begin_undo(controller_case);
    controller_ask_undo(controller_case->controller, &undo, true);
    controller_case_await_undo(controller_case);
    assert_int_equal(controller_service.additions, 0);
    assert_int_equal(count_actions(controller_case), 2);
    undo_get_channel(controller_case->undo, 0, &channel);
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(channel.undo->items[i].outcome, OUTCOME_PLANNED);
    assert_false(undo_has_failed(controller_case->undo));
    controller_case_end_undo(controller_case);
}

/* ---- one that fails ---- */

static void test_an_undo_that_the_service_refuses(void **state)
{
    ControllerCase *controller_case = *state;
    UndoChannel channel;

    begin_undo(controller_case);
    controller_service.add_status = 400;
    controller_case_ask_undo(controller_case);
    controller_case_await_undo(controller_case);
    assert_true(undo_has_failed(controller_case->undo));
    assert_false(undo_is_held(controller_case->undo));
    assert_null(undo_find_state_error(controller_case->undo));
    undo_get_channel(controller_case->undo, 0, &channel);
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(channel.undo->items[i].outcome, OUTCOME_FAILED);
    assert_int_equal(
        controller_case_count_logged(
            controller_case, "warning: prod/payments: undo: could not add back 10.1.0.2:80: "),
        1);
    assert_int_equal(controller_case_count_history(controller_case, "failed"), 2);
    controller_case_end_undo(controller_case);
}

#define TEST(name)                                                                                 \
    cmocka_unit_test_setup_teardown(name, controller_case_setup, controller_case_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_an_undo_that_cannot_be_recorded),
        TEST(test_what_came_of_an_undo_outlives_its_run),
        TEST(test_the_end_of_an_undo_is_told),
        TEST(test_changes_that_are_allowed_again_are_told_once),
        TEST(test_an_undo_that_only_looks),
        TEST(test_an_undo_that_the_service_refuses),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
