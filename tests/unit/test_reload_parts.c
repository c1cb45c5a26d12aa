/* SPDX-License-Identifier: MIT */
/* A set of many instances comes and goes in parts, between which the event loop goes on; meanwhile
 * its files count as ones that are not read, so that nothing is changed by the set in force. */
#include "tests/unit/controller_case.h"

#include <errno.h>

#include "daemon/base/mem.h"
#include "daemon/base/str.h"
#include "daemon/service/reload.h"

#define COUNT (2 * CONTROLLER_INSTANCES_AT_ONCE + 1)
#define PARTS_MAX 1000

/* `weak`, where it is below COUNT, has a secret that is not there; so has the first one then. */
static void write_many(const ControllerCase *controller_case, size_t weak, const char *member)
{
    _cleanup_(buf_done) Buf settings = {0}, roster = {0};

    buf_puts(&settings, "version: 1\nmode: prune\ninterval: 24h\nsettle: 0s\ninstances:\n");
    buf_printf(&roster,
               "version: 1\ninstance: n0\nchannels:\n  - {name: payments, members: ['%s']}\n",
               member);
    for (size_t i = 0; i < COUNT; i++) {
        bool is_weak = weak < COUNT && (i == weak || i == 0);

        buf_printf(&settings,
                   "  n%zu: {endpoint: '%s', project_id: p1, instance_id: i%zu,\n"
                   "       auth: {method: token, token_file: %s}}\n",
                   i, controller_case->client_case.endpoint, i, is_weak ? "gone" : "token");
    }
    client_case_write_secret(&controller_case->client_case, "rosterd.yaml", buf_text(&settings));
    client_case_write_secret(&controller_case->client_case, "rosters.d/a.yaml", buf_text(&roster));
}

static void on_settled(bool has_changed, void *userdata)
{
    (void)has_changed;
    (void)userdata;
}

static void on_nothing(void *userdata)
{
    (void)userdata;
}

typedef struct ReloadCase {
    ControllerCase *controller_case;
    Options options;
    State state;
    Reload reload;
    Controller *controller;
} ReloadCase;

static int setup(void **state)
{
    ReloadCase *reload_case = test_calloc(1, sizeof(*reload_case));
    ControllerCase *controller_case;
    sd_event *event;
    Config *config = NULL;
    Err err = {0};

    controller_case_setup((void **)&controller_case);
    event = controller_case->client_case.event;
    write_many(controller_case, COUNT, "10.1.0.1:80");
    reload_case->controller_case = controller_case;
    reload_case->options = (Options){.config_path = controller_case->settings};
    reload_case->state.store = controller_case->store;
    reload_case->reload = (Reload){.options = &reload_case->options, .event = event};
    assert_int_equal(watch_new(event, on_nothing, NULL, &reload_case->reload.watch), 0);
    assert_int_equal(settle_new(event, on_settled, on_nothing, NULL, &reload_case->reload.settle),
                     0);
    assert_int_equal(reload_start(&reload_case->reload, &config), 0);
    assert_int_equal(controller_new(event, config, false, controller_case->store, &err,
                                    &reload_case->controller, &err),
                     0);
    *state = reload_case;
    return 0;
}

static int teardown(void **state)
{
    ReloadCase *reload_case = *state;
    size_t parts = 0;

    reload_done(&reload_case->reload);
    while (reload_case->controller && !controller_free_part(reload_case->controller))
        assert_true(++parts < PARTS_MAX);
    assert_true(!reload_case->controller || parts > COUNT / CONTROLLER_INSTANCES_AT_ONCE);
    controller_case_teardown((void **)&reload_case->controller_case);
    test_free(reload_case);
    return 0;
}

static int take_part(ReloadCase *reload_case, Controller **ret_controller)
{
    return reload_load(&reload_case->reload, &reload_case->state, reload_case->controller->config,
                       ret_controller);
}

/* What is read by then; the next part is what the caller asks for. */
static int begin(ReloadCase *reload_case, Controller **ret_controller)
{
    Reload *reload = &reload_case->reload;

    for (bool is_done = reload_begin(reload, true); !is_done; is_done = reload_is_done(reload))
        assert_true(sd_event_run(reload->event, 1000) >= 0);
    return take_part(reload_case, ret_controller);
}

static void a_set_is_opened_in_parts(void **state)
{
    ReloadCase *reload_case = *state;
    Reload *reload = &reload_case->reload;
    Controller *controller = NULL;
    size_t parts = 0;
    int r;

    write_many(reload_case->controller_case, COUNT, "10.1.0.2:80");
    r = begin(reload_case, &controller);
    while (r == -EINPROGRESS) {
        assert_null(controller);
        assert_true(reload_is_loading(reload) && reload_is_opening(reload));
        assert_true(settle_is_waiting(reload->settle));
        assert_false(settle_look(reload->settle));
        assert_true(++parts < PARTS_MAX);
        r = take_part(reload_case, &controller);
    }
    assert_int_equal(r, 0);
    /* None, each part of the secrets, and what is set up for all. */
    assert_int_equal(parts, 1 + (COUNT / CONTROLLER_INSTANCES_AT_ONCE + 1) + 1);
    assert_non_null(controller);
    assert_false(reload_is_loading(reload) || reload_is_opening(reload));
    controller_halt(reload_case->controller, "the set has changed");
    assert_true(controller_step(reload_case->controller));
    controller_begin(controller, reload_case->controller, on_nothing, NULL);
    controller_stop(controller, "the test ends");
    controller_abandon(controller);
    while (!controller_step(controller))
        assert_true(sd_event_run(reload->event, UINT64_MAX) >= 0);
    controller_free(controller);
}

/* One that comes while a set is being opened follows it, and is not forgotten. */
static void a_reload_that_is_asked_for_meanwhile_follows(void **state)
{
    ReloadCase *reload_case = *state;
    Controller *controller = NULL;
    int r;

    write_many(reload_case->controller_case, COUNT, "10.1.0.2:80");
    r = begin(reload_case, &controller);
    assert_int_equal(r, -EINPROGRESS);
    assert_false(reload_begin(&reload_case->reload, true));
    assert_true(reload_case->reload.is_asked_again);
    while (r == -EINPROGRESS)
        r = take_part(reload_case, &controller);
    assert_int_equal(r, 0);
    assert_true(reload_case->reload.is_asked_again);
    controller_free(controller);
}

/* All secrets that are missing are named, however many parts were read by then. */
static void what_cannot_be_opened_is_told_whole(void **state)
{
    ReloadCase *reload_case = *state;
    const char *errors;
    Controller *controller = NULL;
    int r;

    write_many(reload_case->controller_case, COUNT - 1, "10.1.0.2:80");
    r = begin(reload_case, &controller);
    while (r == -EINPROGRESS)
        r = take_part(reload_case, &controller);
    assert_int_equal(r, -EINVAL);
    assert_null(controller);
    assert_true(reload_case->reload.is_unopened);
    assert_false(reload_is_loading(&reload_case->reload));
    errors = buf_text(&reload_case->reload.errors);
    assert_non_null(strstr(errors, "instance n0: "));
    assert_non_null(strstr(errors, "instance n64: "));
    assert_null(strstr(errors, "instance n1: "));
}

/* The state may be usable from some moment on: the set that is being opened then has it too. */
static void a_state_that_comes_meanwhile_is_used(void **state)
{
    ReloadCase *reload_case = *state;
    Controller *controller = NULL;
    int r;

    reload_case->state.store = NULL;
    err_set(&reload_case->state.err, -EIO, "disk full");
    write_many(reload_case->controller_case, COUNT, "10.1.0.2:80");
    r = begin(reload_case, &controller);
    assert_int_equal(r, -EINPROGRESS);
    reload_use_store(&reload_case->reload, reload_case->controller_case->store);
    while (r == -EINPROGRESS)
        r = take_part(reload_case, &controller);
    assert_int_equal(r, 0);
    assert_ptr_equal(controller->backend.store, reload_case->controller_case->store);
    controller_free(controller);
}

/* The daemon may end at any moment. */
static void what_is_being_opened_goes_with_the_reload(void **state)
{
    ReloadCase *reload_case = *state;
    Controller *controller = NULL;

    write_many(reload_case->controller_case, COUNT, "10.1.0.2:80");
    assert_int_equal(begin(reload_case, &controller), -EINPROGRESS);
    assert_int_equal(take_part(reload_case, &controller), -EINPROGRESS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_set_is_opened_in_parts, setup, teardown),
        cmocka_unit_test_setup_teardown(a_reload_that_is_asked_for_meanwhile_follows, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(what_cannot_be_opened_is_told_whole, setup, teardown),
        cmocka_unit_test_setup_teardown(a_state_that_comes_meanwhile_is_used, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_being_opened_goes_with_the_reload, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
