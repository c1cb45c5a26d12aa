/* SPDX-License-Identifier: MIT */
/* Requests that wait until what lies on disk is loaded, and for passes, and what ends the waiting.
 */
#include "tests/unit/control_case.h"

#include "daemon/store/store_internal.h"

/* The daemon's side, as the test plays it. */
typedef struct Loader {
    int load_error;
    ControlOnLoaded on_loaded;
    void *waiter; /* NULL: none waits */
    size_t loads, cancels;
} Loader;

static Loader loader;

static int load(void *userdata, ControlOnLoaded on_loaded, void *waiter)
{
    assert_ptr_equal(userdata, &loader);
    loader.loads++;
    if (loader.load_error < 0)
        return loader.load_error;
    loader.on_loaded = on_loaded;
    loader.waiter = waiter;
    return 0;
}

static void cancel(void *userdata, const void *waiter)
{
    assert_ptr_equal(userdata, &loader);
    assert_ptr_equal(waiter, loader.waiter);
    loader.cancels++;
    loader.waiter = NULL;
}

static const ControlLoader plays = {load, cancel, &loader, NULL};

static int setup(void **state)
{
    ControlCase *control_case;

    assert_int_equal(control_case_setup(state), 0);
    control_case = *state;
    loader = (Loader){0};
    control_use_loader(control_case->control, &plays);
    control_case_begin(control_case);
    return 0;
}

/* A request that waits for the loading. */
static int send_and_wait(ControlCase *control_case, const char *path, const char *body)
{
    int fd = control_case_send_request(control_case, "POST", path, body);

    alarm(30);
    while (!loader.waiter)
        assert_true(sd_event_run(control_case_loop(control_case), UINT64_MAX) >= 0);
    alarm(0);
    return fd;
}

static void come_to(ControlCase *control_case, int fd, int result, const char *errors)
{
    void *waiter = loader.waiter;

    loader.waiter = NULL;
    loader.on_loaded(waiter, result, errors);
    control_case_await_answer(control_case, fd);
}

static void test_a_pass_is_asked_for_once_all_is_loaded(void **state)
{
    ControlCase *control_case = *state;
    int lists = controller_service.lists;
    int fd = send_and_wait(control_case, CONTROL_PATH_RECONCILE, "{\"channel\":\"orders\"}");

    assert_int_equal(controller_service.lists, lists);
    come_to(control_case, fd, 0, "");
    control_case_assert_answered(control_case, 200, "\"name\": \"orders\"");
    control_case_assert_has_not(control_case, "payments");
    assert_int_equal(controller_service.lists, lists + 2);
    assert_int_equal(loader.loads, 1);
}

static void test_what_is_refused_on_disk_is_told(void **state)
{
    static const char *const paths[] = {CONTROL_PATH_RECONCILE, CONTROL_PATH_PLAN};
    ControlCase *control_case = *state;
    int lists = controller_service.lists;

    for (size_t i = 0; i < 2; i++) {
        come_to(control_case, send_and_wait(control_case, paths[i], "{}"), -EINVAL,
                "a.yaml:3: duplicate key");
        control_case_assert_answered(control_case, 422, "a.yaml:3: duplicate key");
        come_to(control_case, send_and_wait(control_case, paths[i], "{}"), -ETIMEDOUT,
                "a.yaml does not answer");
        control_case_assert_answered(control_case, 503, "a.yaml does not answer");
        come_to(control_case, send_and_wait(control_case, paths[i], "{}"), -ECANCELED, "not told");
        control_case_assert_answered(control_case, 503, "rosterd is ending");
    }
    assert_int_equal(controller_service.lists, lists);
    loader.load_error = -ENOMEM;
    control_case_assert_post(control_case, CONTROL_PATH_RECONCILE, "{}", 500, "out of memory");
    assert_int_equal(loader.loads, 7);
}

static void test_the_end_answers_whoever_waits(void **state)
{
    ControlCase *control_case = *state;
    int loading = send_and_wait(control_case, CONTROL_PATH_RECONCILE, "{\"channel\":\"orders\"}");

    control_free(control_case->control);
    control_case->control = NULL;
    assert_int_equal(loader.cancels, 1);
    control_case_await_answer(control_case, loading);
    control_case_assert_answered(control_case, 503, "rosterd is ending");
}

/* It is loaded, and waits for a pass that does not end. */
static int send_and_begin_pass(ControlCase *control_case, const char *body)
{
    int fd = send_and_wait(control_case, CONTROL_PATH_RECONCILE, body);
    void *waiter = loader.waiter;

    loader.waiter = NULL;
    loader.on_loaded(waiter, 0, "");
    return fd;
}

static void test_the_end_answers_whoever_waits_for_a_pass(void **state)
{
    ControlCase *control_case = *state;
    int first, second;

    controller_service.is_silent = true;
    first = send_and_begin_pass(control_case, "{}");
    second = send_and_begin_pass(control_case, "{\"channel\":\"payments\"}");
    control_free(control_case->control);
    control_case->control = NULL;
    control_case_await_answer(control_case, first);
    control_case_assert_answered(control_case, 503, "rosterd is ending");
    control_case_await_answer(control_case, second);
    control_case_assert_answered(control_case, 503, "rosterd is ending");
    assert_int_equal(
        controller_case_count_logged(control_case->controller_case, "a pass asked for"), 2);
}

static void test_a_pass_that_cannot_begin_is_told(void **state)
{
    ControlCase *control_case = *state;
    sqlite3 *db = control_case->controller_case->store->db;
    int lists = controller_service.lists;

    assert_int_equal(sqlite3_exec(db, "ALTER TABLE pass RENAME TO pass_away", NULL, NULL, NULL),
                     SQLITE_OK);
    come_to(control_case, send_and_wait(control_case, CONTROL_PATH_RECONCILE, "{}"), 0, "");
    control_case_assert_answered(control_case, 500, "prod: no pass can begin: ");
    assert_int_equal(controller_service.lists, lists);
    assert_int_equal(sqlite3_exec(db, "ALTER TABLE pass_away RENAME TO pass", NULL, NULL, NULL),
                     SQLITE_OK);
    come_to(control_case, send_and_wait(control_case, CONTROL_PATH_RECONCILE, "{}"), 0, "");
    control_case_assert_answered(control_case, 200, "\"result\": \"in_sync\"");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, control_case_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_pass_is_asked_for_once_all_is_loaded),
        TEST(test_what_is_refused_on_disk_is_told),
        TEST(test_the_end_answers_whoever_waits),
        TEST(test_the_end_answers_whoever_waits_for_a_pass),
        TEST(test_a_pass_that_cannot_begin_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
