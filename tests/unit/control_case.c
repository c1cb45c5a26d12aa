/* SPDX-License-Identifier: MIT */
#include "tests/unit/control_case.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "daemon/store/store_internal.h"

static void control_case_on_pass(void *userdata)
{
    ControlCase *control_case = userdata;

    control_case->controller_case->passes++;
    if (control_case->control)
        control_on_pass(control_case->control);
}

sd_event *control_case_loop(const ControlCase *control_case)
{
    return control_case->controller_case->client_case.event;
}

int control_case_setup(void **state)
{
    ControlCase *control_case = test_calloc(1, sizeof(*control_case));
    ControllerCase *controller_case;
    Controller *controller;
    Err err = {0};

    controller_case_setup((void **)&controller_case);
    control_case->controller_case = controller_case;
    control_case->state =
        (State){.directory = controller_case->state, .store = controller_case->store};
    snprintf(control_case->path, sizeof(control_case->path), "%s/control",
             controller_case->client_case.directory);
    if (control_new(control_case_loop(control_case), control_case->path, &control_case->state,
                    false, "", &control_case->control, &err) < 0)
        fail_msg("%s", err.text);
    controller = controller_case_make(controller_case, false);
    controller_case->controller = controller;
    control_set_controller(control_case->control, controller);
    *state = control_case;
    return 0;
}

int control_case_teardown(void **state)
{
    ControlCase *control_case = *state;

    control_free(control_case->control);
    control_case->control = NULL; /* passes that end now are told to nobody */
    controller_case_teardown((void **)&control_case->controller_case);
    buf_done(&control_case->answer);
    test_free(control_case);
    return 0;
}

void control_case_use(ControlCase *control_case, const char *settings, const char *roster)
{
    ControllerCase *controller_case = control_case->controller_case;

    control_free(control_case->control);
    control_case->control = NULL;
    controller_free(controller_case->controller);
    controller_case->controller = NULL;
    controller_case_write_settings(controller_case, settings);
    if (roster)
        client_case_write_secret(&controller_case->client_case, "rosters.d/a.yaml", roster);
    controller_case->controller = controller_case_make(controller_case, false);
    assert_int_equal(control_new(control_case_loop(control_case), control_case->path,
                                 &control_case->state, false, "", &control_case->control, NULL),
                     0);
    control_set_controller(control_case->control, controller_case->controller);
}

void control_case_begin(ControlCase *control_case)
{
    controller_begin(control_case->controller_case->controller, NULL, control_case_on_pass,
                     control_case);
    controller_case_await_passes(control_case->controller_case, 1);
}

void control_case_add_history(ControlCase *control_case, unsigned int count)
{
    char sql[1024];

    snprintf(sql, sizeof(sql),
             "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < %u)"
             "INSERT INTO action (pass, instance, channel_id, channel_name, kind, member_id,"
             " identity, member, digest, mode, recorded_usec, steady_usec, outcome, attempts)"
             " SELECT pass, instance, channel_id, channel_name, kind, 'm' || i, 'x' || i, member,"
             " digest, mode, recorded_usec, steady_usec, outcome, attempts FROM n,"
             " (SELECT * FROM action ORDER BY id DESC LIMIT 1)",
             count);
    assert_int_equal(sqlite3_exec(control_case->controller_case->store->db, sql, NULL, NULL, NULL),
                     SQLITE_OK);
}

/* ---- asking ---- */

int control_case_send_request(const ControlCase *control_case, const char *method, const char *path,
                              const char *body)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    _cleanup_(buf_done) Buf request = {0};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_true(fd >= 0);
    snprintf(address.sun_path, sizeof(address.sun_path), "%s", control_case->path);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    buf_printf(&request, "%s %s HTTP/1.1\r\nHost: rosterd\r\nConnection: close\r\n", method, path);
    if (body)
        buf_printf(&request, "Content-Type: application/json\r\nContent-Length: %zu\r\n",
                   strlen(body));
    buf_printf(&request, "\r\n%s", body ? body : "");
    assert_int_equal(write(fd, request.data, request.size), request.size);
    return fd;
}

void control_case_await_answer(ControlCase *control_case, int fd)
{
    char bytes[4096];
    ssize_t size;

    buf_reset(&control_case->answer);
    alarm(60);
    while ((size = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT)) != 0) {
        if (size > 0)
            buf_append(&control_case->answer, bytes, (size_t)size);
        else
            assert_true(sd_event_run(control_case_loop(control_case), 10 * USEC_PER_MSEC) >= 0);
    }
    alarm(0);
    close(fd);
    assert_int_equal(sscanf(buf_text(&control_case->answer), "HTTP/1.1 %d", &control_case->status),
                     1);
}

static void control_case_ask(ControlCase *control_case, const char *method, const char *path,
                             const char *body)
{
    control_case_await_answer(control_case,
                              control_case_send_request(control_case, method, path, body));
}

void control_case_assert_answered(const ControlCase *control_case, int status, const char *part)
{
    if (control_case->status != status || !strstr(buf_text(&control_case->answer), part))
        fail_msg("no %d with \"%s\": %s", status, part, buf_text(&control_case->answer));
}

void control_case_assert_get(ControlCase *control_case, const char *path, int status,
                             const char *part)
{
    control_case_ask(control_case, "GET", path, NULL);
    control_case_assert_answered(control_case, status, part);
}

void control_case_assert_post(ControlCase *control_case, const char *path, const char *body,
                              int status, const char *part)
{
    control_case_ask(control_case, "POST", path, body);
    control_case_assert_answered(control_case, status, part);
}

void control_case_assert_has(const ControlCase *control_case, const char *part)
{
    client_case_assert_has(buf_text(&control_case->answer), part);
}

void control_case_assert_has_not(const ControlCase *control_case, const char *part)
{
    client_case_assert_has_not(buf_text(&control_case->answer), part);
}
