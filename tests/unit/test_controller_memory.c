/* SPDX-License-Identifier: MIT */
/* Every allocation of a controller that is made, of a pass that begins and of an undo that is
 * chosen fails once, in turn: that is told, nothing of it stays, and the next one has all it needs.
 */
#include "tests/unit/controller_case.h"

#include <errno.h>

#include "config/load/config_load.h"
#include "tests/unit/failing.h"

/* More than there are of any. */
#define ALLOCATIONS_MAX 20000

static Config *load(const ControllerCase *controller_case)
{
    Problems problems = {0};
    Config *config = NULL;

    assert_int_equal(config_load(controller_case->settings, &problems, &config), 0);
    problems_done(&problems);
    return config;
}

static void assert_told(int r, const Err *err)
{
    assert_true(r < 0);
    if (!err_is_set(err))
        fail_msg("nothing tells of %d", r);
}

static void skip_without_allocator(void)
{
    if (failing_is_possible())
        return;
    print_message("SKIPPED: the allocator is not the C library's\n");
    skip();
}

/* Whether it was made without the allocation with that number. */
static bool make_without(ControllerCase *controller_case, long number)
{
    Config *config = load(controller_case);
    Controller *controller = NULL;
    Err none = {.text = "there is a state"}, err = {0};
    bool did;
    int r;

    failing_after(number);
    r = controller_new(controller_case->client_case.event, config, false, controller_case->store,
                       &none, &controller, &err);
    did = failing_stop();
    if (r < 0) {
        assert_true(did);
        assert_told(r, &err);
        assert_null(controller);
    } else {
        assert_int_equal(controller->scheduler_count, 1);
        assert_int_equal(controller->schedulers[0].channel_count, 2);
        controller_free(controller);
    }
    return did;
}

static void test_a_controller_that_cannot_be_made(void **state)
{
    ControllerCase *controller_case = *state;
    long number = 0;

    skip_without_allocator();
    while (number < ALLOCATIONS_MAX && make_without(controller_case, number))
        number++;
    assert_in_range(number, 30, ALLOCATIONS_MAX - 1);
    controller_case_begin(controller_case, false);
    assert_int_equal(controller_service.deletions, 2);
}

/* ---- a pass ---- */

static void on_done(PassRun *run, void *userdata)
{
    (void)run;
    (void)userdata;
}

static void on_event(const Event *event, void *userdata)
{
    (void)event;
    (void)userdata;
}

static bool begin_without(Backend *backend, long number)
{
    PassRun *run = NULL;
    Err err = {0};
    bool did;
    int r;

    failing_after(number);
    r = pass_run_begin(backend, 0, false, on_done, on_event, NULL, &run, &err);
    did = failing_stop();
    if (r < 0) {
        assert_true(did);
        assert_told(r, &err);
        assert_null(run);
    } else {
        assert_non_null(backend->users[0]);
        roma_client_cancel_all(backend->client);
        pass_run_free(run);
    }
    assert_null(backend->users[0]);
    return did;
}

static void test_a_pass_that_cannot_begin(void **state)
{
    ControllerCase *controller_case = *state;
    Controller *controller;
    long number = 0;

    skip_without_allocator();
    controller_service.is_silent = true;
    controller = controller_case_make(controller_case, false);
    while (number < ALLOCATIONS_MAX && begin_without(&controller->backend, number))
        number++;
    assert_in_range(number, 10, ALLOCATIONS_MAX - 1);
    controller_free(controller);
}

/* ---- an undo ---- */

static bool choose_without(ControllerCase *controller_case, long number)
{
    const UndoChoice choice = {.last = true};
    Undo *undo = NULL;
    Err err = {0};
    bool did;
    int r;

    failing_after(number);
    r = undo_new(controller_case->store, controller_case->controller->config, &choice, &undo, &err);
    did = failing_stop();
    if (r < 0) {
        assert_true(did);
        assert_told(r, &err);
        assert_null(undo);
    } else {
        assert_int_equal(undo_get_actions(undo)->count, 2);
        assert_true(undo_covers(undo, 0));
        undo_free(undo);
    }
    return did;
}

static void test_an_undo_that_cannot_be_chosen(void **state)
{
    ControllerCase *controller_case = *state;
    long number = 0;

    skip_without_allocator();
    controller_case_begin(controller_case, false);
    while (number < ALLOCATIONS_MAX && choose_without(controller_case, number))
        number++;
    assert_in_range(number, 5, ALLOCATIONS_MAX - 1);
}

#define TEST(name)                                                                                 \
    cmocka_unit_test_setup_teardown(name, controller_case_setup, controller_case_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_controller_that_cannot_be_made),
        TEST(test_a_pass_that_cannot_begin),
        TEST(test_an_undo_that_cannot_be_chosen),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
