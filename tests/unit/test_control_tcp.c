/* SPDX-License-Identifier: MIT */
/* What a daemon shows over TCP: to whom, of which paths, and without the places of its secrets. */
#include "tests/unit/control_case.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#define READER_TOKEN "a-token-of-readers"
#define WITH_TOKEN "Authorization: Bearer " READER_TOKEN "\r\n"

static uint16_t port;

/* One that is free now. */
static uint16_t find_port(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    close(fd);
    return ntohs(address.sin_port);
}

static int setup(void **state)
{
    ControlCase *control_case;
    ControllerCase *controller_case;
    char settings[512];

    control_case_setup(state);
    control_case = *state;
    controller_case = control_case->controller_case;
    port = find_port();
    snprintf(settings, sizeof(settings),
             "guards: {max_delete_percent: 100}\ncontrol_socket: '%s'\n"
             "http: {listen: '127.0.0.1:%d', token_file: readers, plain: true}\n",
             control_case->path, port);
    client_case_write_secret(&controller_case->client_case, "readers", READER_TOKEN);
    control_case_use(control_case, settings, NULL);
    control_free(control_case->control);
    control_case->control =
        control_open(control_case_loop(control_case), controller_case->controller->config,
                     &control_case->state, false, "");
    assert_non_null(control_case->control);
    control_set_controller(control_case->control, controller_case->controller);
    return 0;
}

static void ask(ControlCase *control_case, const char *method, const char *path,
                const char *headers)
{
    const struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    char request[512];
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int size = snprintf(request, sizeof(request), "%s %s HTTP/1.1\r\n%sConnection: close\r\n\r\n",
                        method, path, headers);

    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(write(fd, request, (size_t)size), size);
    control_case_await_answer(control_case, fd);
}

static void expect(ControlCase *control_case, const char *path, const char *headers, int status,
                   const char *part)
{
    ask(control_case, "GET", path, headers);
    control_case_assert_answered(control_case, status, part);
}

#define HOST "Host: localhost\r\n"

static void test_who_has_the_token_is_shown(void **state)
{
    ControlCase *control_case = *state;

    expect(control_case, CONTROL_PATH_STATUS, HOST WITH_TOKEN, 200, "\"name\": \"payments\"");
    expect(control_case, CONTROL_PATH_HISTORY, HOST WITH_TOKEN, 200, "\"actions\": []");
    expect(control_case, CONTROL_PATH_SAMPLES, HOST WITH_TOKEN, 200, "\"samples\": []");
    expect(control_case, CONTROL_PATH_METRICS, HOST WITH_TOKEN, 200, "rosterd_");
    expect(control_case, CONTROL_PATH_PAGE, HOST WITH_TOKEN, 200, "<main ");
    ask(control_case, "HEAD", CONTROL_PATH_STATUS, HOST WITH_TOKEN);
    control_case_assert_answered(control_case, 200, "application/json");
    control_case_assert_has_not(control_case, "payments");
}

static void test_who_has_none_learns_nothing(void **state)
{
    static const char *const paths[] = {CONTROL_PATH_STATUS, CONTROL_PATH_METRICS,
                                        CONTROL_PATH_PAGE, CONTROL_PATH_PAUSE, "/nothing"};
    ControlCase *control_case = *state;

    for (size_t i = 0; i < ELEMENTS(paths); i++) {
        expect(control_case, paths[i], HOST, 401,
               "the token of http.token_file is missing or wrong");
        control_case_assert_has(control_case,
                                "WWW-Authenticate: Basic realm=\"rosterd\", charset=\"UTF-8\"\r\n");
        control_case_assert_has(control_case, "WWW-Authenticate: Bearer realm=\"rosterd\"\r\n");
        expect(control_case, paths[i], HOST "Authorization: Bearer other\r\n", 401, "token");
    }
    expect(control_case, CONTROL_PATH_LIVE, HOST, 200, "\r\n\r\nok\n");
}

static void test_nothing_can_be_changed(void **state)
{
    static const char *const local[] = {CONTROL_PATH_PAUSE,  CONTROL_PATH_PROGRESS,
                                        CONTROL_PATH_PLAN,   CONTROL_PATH_CHANNELS,
                                        CONTROL_PATH_RESUME, CONTROL_PATH_APPROVE,
                                        CONTROL_PATH_UNDO,   CONTROL_PATH_RECONCILE,
                                        CONTROL_PATH_FLEET,  "/nothing"};
    ControlCase *control_case = *state;

    for (size_t i = 0; i < ELEMENTS(local); i++) {
        expect(control_case, local[i], HOST WITH_TOKEN, 404, "no such path: see rosterd(8)");
        ask(control_case, "POST", local[i], HOST WITH_TOKEN "Content-Length: 0\r\n");
        control_case_assert_answered(control_case, 405, "this path takes GET");
        control_case_assert_has(control_case, "Allow: GET, HEAD\r\n");
    }
}

static void test_the_name_of_the_host_is_looked_at_first(void **state)
{
    ControlCase *control_case = *state;

    expect(control_case, CONTROL_PATH_STATUS, "Host: evil.example\r\n" WITH_TOKEN, 421,
           "Host: not a name of this host, see http.hosts");
    expect(control_case, CONTROL_PATH_LIVE, "Host: evil.example\r\n", 421, "Host: not a name");
    expect(control_case, CONTROL_PATH_STATUS, "Host: .\r\n" WITH_TOKEN, 400,
           "Host: missing, or no host");
}

static void test_it_is_ready_after_its_first_pass(void **state)
{
    ControlCase *control_case = *state;

    expect(control_case, CONTROL_PATH_READY, HOST, 503, "prod: 2 of 2 channels not read in time");
    control_case_begin(control_case);
    expect(control_case, CONTROL_PATH_READY, HOST, 200, "\r\n\r\nok\n");
}

/* Who sits at the host is told which file it is; who reads from elsewhere is not. */
static void test_places_of_secrets_are_not_shown(void **state)
{
    ControlCase *control_case = *state;
    char token[SCRATCH_SIZE + 16];

    snprintf(token, sizeof(token), "%s/readers",
             control_case->controller_case->client_case.directory);
    control_case->state.store = NULL;
    err_set(&control_case->state.err, -EIO, "%s is open to all", token);
    expect(control_case, CONTROL_PATH_HISTORY, HOST WITH_TOKEN, 500,
           "(a secret file) is open to all");
    control_case_assert_has_not(control_case, token);
    control_case_assert_get(control_case, CONTROL_PATH_HISTORY, 500, token);
    control_case->state.store = control_case->controller_case->store;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, control_case_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_who_has_the_token_is_shown),
        TEST(test_who_has_none_learns_nothing),
        TEST(test_nothing_can_be_changed),
        TEST(test_the_name_of_the_host_is_looked_at_first),
        TEST(test_it_is_ready_after_its_first_pass),
        TEST(test_places_of_secrets_are_not_shown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
