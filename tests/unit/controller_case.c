/* SPDX-License-Identifier: MIT */
#include "tests/unit/controller_case.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/load/config_load.h"
#include "daemon/base/buf.h"
#include "daemon/base/file.h"
#include "daemon/base/log.h"
#include "daemon/base/str.h"
#include "reconcile/plan/identity.h"

static const char roster[] = "version: 1\nchannels:\n"
                             "  - {name: payments, members: ['10.1.0.1:80']}\n"
                             "  - {id: " SECOND ", members: ['10.2.0.1:80']}\n";

void controller_case_on_pass(void *userdata)
{
    ControllerCase *controller_case = userdata;

    controller_case->passes++;
}

static Config *controller_case_load(ControllerCase *controller_case)
{
    Problems problems = {0};
    Buf text = {0};
    Config *config = NULL;

    if (config_load(controller_case->settings, &problems, &config) < 0) {
        problems_print(&problems, &text);
        fail_msg("%s", buf_text(&text));
    }
    problems_done(&problems);
    return config;
}

void controller_case_write_settings(ControllerCase *controller_case, const char *more)
{
    FILE *file = fopen(controller_case->settings, "w");
    const char *endpoint = controller_case->client_case.endpoint;
    char password[160], second[256] = "";

    snprintf(password, sizeof(password),
             "method: password, domain: d, user: u, password_file: token, iam_endpoint: '%s'",
             endpoint);
    if (controller_case->has_two_instances)
        snprintf(second, sizeof(second),
                 "  test: {endpoint: '%s', project_id: p1, instance_id: i2,\n"
                 "         auth: {method: token, token_file: token}}\n",
                 endpoint);
    assert_non_null(file);
    fprintf(file,
            "version: 1\nmode: prune\ninterval: 24h\nsettle: 0s\n"
            "instances:\n  prod: {endpoint: '%s', project_id: p1, instance_id: i1,\n"
            "         auth: {%s}}\n%s"
            "retry: {attempts: 2, base: 1ms, cap: 1ms, throttle_base: 1ms}\n%s",
            endpoint, controller_case->has_password ? password : "method: token, token_file: token",
            second, more);
    assert_int_equal(fclose(file), 0);
}

/* Standard error goes to a file until the test ends. */
static void controller_case_keep_log(ControllerCase *controller_case)
{
    char path[SCRATCH_SIZE + 32];
    int fd;

    snprintf(path, sizeof(path), "%s/log", controller_case->client_case.directory);
    fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    controller_case->stderr_fd = dup(STDERR_FILENO);
    dup2(fd, STDERR_FILENO);
    close(fd);
    log_setup(LOG_FORMAT_TEXT, LOG_LEVEL_INFO);
}

/* How often the log says so. */
size_t controller_case_count_logged(const ControllerCase *controller_case, const char *text)
{
    char path[SCRATCH_SIZE + 32];
    _cleanup_(buf_done) Buf log = {0};
    size_t count = 0;

    snprintf(path, sizeof(path), "%s/log", controller_case->client_case.directory);
    assert_int_equal(file_read(path, 1U << 20, &log, NULL), 0);
    for (const char *at = buf_text(&log); (at = strstr(at, text)); at++)
        count++;
    return count;
}

int controller_case_setup(void **state)
{
    ControllerCase *controller_case = test_calloc(1, sizeof(*controller_case));
    ClientCase *client_case = &controller_case->client_case;
    char path[SCRATCH_SIZE + 32];

    unsetenv("CREDENTIALS_DIRECTORY");
    client_case_begin_service(client_case);
    assert_true(scratch_make(client_case->directory, "/tmp", "test_controller"));
    client_case_write_secret(client_case, "token", TOKEN);
    client_case->serve = controller_service_serve;
    controller_service_reset();
    snprintf(controller_case->settings, sizeof(controller_case->settings), "%s/rosterd.yaml",
             client_case->directory);
    snprintf(controller_case->state, sizeof(controller_case->state), "%s/state",
             client_case->directory);
    snprintf(path, sizeof(path), "%s/rosters.d", client_case->directory);
    assert_int_equal(mkdir(path, 0700), 0);
    client_case_write_secret(client_case, "rosters.d/a.yaml", roster);
    controller_case_write_settings(controller_case, "guards: {max_delete_percent: 100}\n");
    assert_int_equal(store_open(controller_case->state, &controller_case->store, NULL), 0);
    controller_case_keep_log(controller_case);
    *state = controller_case;
    return 0;
}

void controller_case_end(ControllerCase *controller_case)
{
    if (!controller_case->controller)
        return;
    controller_stop(controller_case->controller, "the test ends");
    controller_abandon(controller_case->controller);
    while (!controller_step(controller_case->controller))
        assert_true(sd_event_run(controller_case->client_case.event, UINT64_MAX) >= 0);
    controller_free(controller_case->controller);
    controller_case->controller = NULL;
}

int controller_case_teardown(void **state)
{
    ControllerCase *controller_case = *state;

    undo_free(controller_case->undo);
    controller_case_end(controller_case);
    store_free(controller_case->store);
    client_case_end_service(&controller_case->client_case);
    dup2(controller_case->stderr_fd, STDERR_FILENO);
    close(controller_case->stderr_fd);
    scratch_remove(controller_case->client_case.directory);
    test_free(controller_case);
    return 0;
}

Controller *controller_case_make(ControllerCase *controller_case, bool dry_run)
{
    Controller *controller = NULL;
    Err none = {0};

    err_set(&none, -EIO, "no state in this test");
    if (controller_new(controller_case->client_case.event, controller_case_load(controller_case),
                       dry_run, controller_case->store, &none, &controller,
                       &controller_case->err) < 0)
        fail_msg("%s", controller_case->err.text);
    return controller;
}

Controller *controller_case_reload(ControllerCase *controller_case)
{
    Controller *old = controller_case->controller,
               *now = controller_case_make(controller_case, old->backend.dry_run);

    controller_halt(old, "newer settings");
    assert_true(controller_step(old));
    controller_begin(now, old, controller_case_on_pass, controller_case);
    controller_free(old);
    controller_case->controller = now;
    return now;
}

void controller_case_await_passes(ControllerCase *controller_case, size_t passes)
{
    alarm(30);
    while (controller_case->passes < passes)
        assert_true(sd_event_run(controller_case->client_case.event, UINT64_MAX) >= 0);
    alarm(0);
}

Controller *controller_case_start(ControllerCase *controller_case, bool dry_run)
{
    Controller *controller = controller_case_make(controller_case, dry_run);

    controller_case->controller = controller;
    controller_begin(controller, NULL, controller_case_on_pass, controller_case);
    return controller;
}

Scheduler *controller_case_begin(ControllerCase *controller_case, bool dry_run)
{
    const Controller *controller = controller_case_start(controller_case, dry_run);

    controller_case_await_passes(controller_case, 1);
    return &controller->schedulers[0];
}

void controller_case_next_pass(ControllerCase *controller_case)
{
    controller_ask(controller_case->controller);
    controller_case_await_passes(controller_case, controller_case->passes + 1);
}

void controller_case_record(ControllerCase *controller_case, const char *instance_key,
                            ChangeKind kind)
{
    static const RosterChannel payments = {.mode = MODE_PRUNE, .quarantine_usec = USEC_PER_HOUR};
    unsigned char identity[IDENTITY_SIZE_MAX];
    char pass[STORE_PASS_ID_SIZE];
    bool is_posted = kind == CHANGE_ADD || kind == CHANGE_CORRECT;
    Change change = {
        .kind = kind,
        .member_id = kind == CHANGE_ADD ? "" : "102",
        .identity = identity,
        .before = kind == CHANGE_ADD ? NULL : "{\"host\":\"10.1.0.2\",\"port\":80,\"weight\":1}",
        .after = is_posted ? "{\"host\":\"10.1.0.2\",\"port\":80,\"weight\":7}" : NULL,
    };
    const Batch batch = {
        .pass = pass,
        .channel = &payments,
        .instance_name = "prod",
        .instance_key = instance_key,
        .channel_id = FIRST,
        .channel_name = "payments",
        .digest = "",
        .changes = &change,
        .change_count = 1,
    };
    Store *store = controller_case->store;
    int size = identity_pack("", "10.1.0.2", 80, identity);

    assert_true(size > 0);
    change.identity_size = (size_t)size;
    assert_int_equal(store_name_instance(store, instance_key, "prod", NULL), 0);
    assert_int_equal(store_begin_pass(store, clock_realtime_usec(), pass, NULL), 0);
    if (store_record(store, &batch, 1, clock_realtime_usec(), &controller_case->err) < 0)
        fail_msg("%s", controller_case->err.text);
    store_note_sent(store, change.action);
    assert_int_equal(store_end_pass(store, pass, "failed", clock_realtime_usec(), NULL), 0);
}

/* ---- an undo ---- */

static bool controller_case_undo_covers(void *userdata, size_t instance)
{
    const ControllerCase *controller_case = userdata;

    return undo_covers(controller_case->undo, instance);
}

static void controller_case_on_undone(Undo *undo, void *userdata)
{
    ControllerCase *controller_case = userdata;

    assert_ptr_equal(undo, controller_case->undo);
    controller_case->undo_is_done = true;
}

static int controller_case_begin_undo(void *userdata, PassRun **ret_run)
{
    ControllerCase *controller_case = userdata;
    int r = undo_begin(controller_case->undo, &controller_case->controller->backend, false,
                       controller_case_on_undone, controller_case, &controller_case->err);

    *ret_run = undo_find_run(controller_case->undo);
    return r;
}

void controller_case_choose_undo(ControllerCase *controller_case)
{
    const UndoChoice choice = {.last = true};

    assert_int_equal(undo_new(controller_case->store, controller_case->controller->config, &choice,
                              &controller_case->undo, &controller_case->err),
                     0);
}

void controller_case_ask_undo(ControllerCase *controller_case)
{
    const ControllerUndo undo = {controller_case_undo_covers, controller_case_begin_undo,
                                 controller_case};

    controller_ask_undo(controller_case->controller, &undo, false);
}

void controller_case_await_undo(ControllerCase *controller_case)
{
    alarm(60);
    while (!controller_case->undo_is_done)
        assert_true(sd_event_run(controller_case->client_case.event, UINT64_MAX) >= 0);
    alarm(0);
}

void controller_case_end_undo(ControllerCase *controller_case)
{
    undo_free(controller_case->undo);
    controller_case->undo = NULL;
    controller_end_undo(controller_case->controller);
}

size_t controller_case_count_history(ControllerCase *controller_case, const char *outcome)
{
    const StoreFilter all = {0};
    StoreActions actions = {0};
    size_t count = 0;

    assert_int_equal(store_history(controller_case->store, &all, &actions, NULL), 0);
    for (size_t i = 0; i < actions.count; i++)
        count += actions.items[i].outcome && str_equal(actions.items[i].outcome, outcome);
    store_actions_done(&actions);
    return count;
}
