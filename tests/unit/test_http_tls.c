/* SPDX-License-Identifier: MIT */
/* Whom a request is sent to over TLS, and whom not. The other side is openssl(1), which serves a
 * file as an answer; without it these tests are skipped. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/base/clock.h"
#include "daemon/base/str.h"
#include "daemon/http/client.h"
#include "tests/scratch.h"

#define OPENSSL "/usr/bin/openssl"

typedef struct Fixture {
    sd_event *event;
    Http *http;
    pid_t server;
    unsigned int port;
    char directory[SCRATCH_SIZE];
    char url[96];
    char ca_file[96];
    HttpRequest request;
    size_t answers;
    HttpResult result;
    int status;
    char body[64];
    char message[HTTP_MESSAGE_SIZE];
} Fixture;

static void run_command(const char *command)
{
    if (system(command) != 0)
        fail_msg("failed: %s", command);
}

/* A certificate of the test's own authority, for a name, and what is served. */
static void make_certificate(const char *directory, const char *name)
{
    char command[2048];

    snprintf(command, sizeof(command),
             "cd %s && exec >/dev/null 2>&1 && "
             "openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 2 "
             "-subj '/CN=test authority' && "
             "echo 'subjectAltName=%s' >ext && "
             "openssl req -newkey rsa:2048 -nodes -keyout key.pem -out csr.pem -subj /CN=server && "
             "openssl x509 -req -in csr.pem -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 "
             "-extfile ext -out cert.pem && "
             "printf 'HTTP/1.1 200 OK\\r\\nContent-Length: 4\\r\\nConnection: "
             "close\\r\\n\\r\\nfine' >answer",
             directory, name);
    run_command(command);
}

/* Starts the server on a port of the system's choosing, which it prints. */
static void start_server(Fixture *fixture, const char *option)
{
    int out[2];
    char line[256];
    FILE *lines;

    assert_int_equal(pipe(out), 0);
    fixture->server = fork();
    assert_true(fixture->server >= 0);
    if (fixture->server == 0) {
        if (chdir(fixture->directory) == 0 && dup2(out[1], STDOUT_FILENO) >= 0 &&
            freopen("/dev/null", "w", stderr) && freopen("/dev/null", "r", stdin))
            execl(OPENSSL, "openssl", "s_server", "-accept", "127.0.0.1:0", "-cert", "cert.pem",
                  "-key", "key.pem", "-HTTP", option, NULL);
        _exit(127);
    }
    close(out[1]);
    lines = fdopen(out[0], "r");
    assert_non_null(lines);
    while (fgets(line, sizeof(line), lines)) {
        if (sscanf(line, "ACCEPT 127.0.0.1:%u", &fixture->port) == 1)
            break;
    }
    fclose(lines);
    assert_true(fixture->port > 0);
    snprintf(fixture->url, sizeof(fixture->url), "https://127.0.0.1:%u/answer", fixture->port);
}

static void start(Fixture *fixture, const char *name, const char *option)
{
    if (access(OPENSSL, X_OK) < 0) {
        print_message("SKIPPED: there is no " OPENSSL "\n");
        skip();
    }
    make_certificate(fixture->directory, name);
    start_server(fixture, option);
}

static int setup(void **state)
{
    Fixture *fixture = test_calloc(1, sizeof(*fixture));

    signal(SIGPIPE, SIG_IGN);
    assert_true(scratch_make(fixture->directory, "/tmp", "test_http_tls"));
    snprintf(fixture->ca_file, sizeof(fixture->ca_file), "%s/ca.pem", fixture->directory);
    assert_true(sd_event_new(&fixture->event) >= 0);
    assert_int_equal(http_new(fixture->event, &fixture->http), 0);
    fixture->request = (HttpRequest){
        .method = "GET",
        .url = fixture->url,
        .ca_file = fixture->ca_file,
        .connect_timeout_usec = 20 * USEC_PER_SEC,
        .timeout_usec = 30 * USEC_PER_SEC,
        .body_size_max = HTTP_BODY_SIZE_MAX,
    };
    *state = fixture;
    return 0;
}

static int teardown(void **state)
{
    Fixture *fixture = *state;

    http_free(fixture->http);
    sd_event_unref(fixture->event);
    if (fixture->server > 0) {
        kill(fixture->server, SIGKILL);
        waitpid(fixture->server, NULL, 0);
    }
    scratch_remove(fixture->directory);
    test_free(fixture);
    return 0;
}

static void on_answer(void *userdata, const HttpAnswer *answer)
{
    Fixture *fixture = userdata;

    fixture->answers++;
    fixture->result = answer->result;
    fixture->status = answer->status;
    str_copy(fixture->body, sizeof(fixture->body), answer->body);
    str_copy(fixture->message, sizeof(fixture->message), answer->message);
}

static void ask(Fixture *fixture, HttpResult result)
{
    size_t answers = fixture->answers;

    assert_int_equal(http_submit(fixture->http, &fixture->request, on_answer, fixture, NULL), 0);
    alarm(60);
    while (fixture->answers == answers)
        assert_true(sd_event_run(fixture->event, UINT64_MAX) >= 0);
    alarm(0);
    if (fixture->result != result)
        fail_msg("result %d: %s", fixture->result, fixture->message);
}

static void assert_has(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("\"%s\" is not in \"%s\"", part, text);
}

static void test_trusted_by_its_authority(void **state)
{
    Fixture *fixture = *state;

    start(fixture, "IP:127.0.0.1", NULL);
    ask(fixture, HTTP_ANSWERED);
    assert_int_equal(fixture->status, 200);
    assert_string_equal(fixture->body, "fine");
}

static void test_not_trusted_by_the_system(void **state)
{
    Fixture *fixture = *state;

    start(fixture, "IP:127.0.0.1", NULL);
    fixture->request.ca_file = NULL;
    ask(fixture, HTTP_UNTRUSTED);
    assert_has(fixture->message, "the certificate of 127.0.0.1 is not trusted: ");
    assert_has(fixture->message, "(set ca_file for a private authority)");
    fixture->request.ca_file = fixture->ca_file;
    ask(fixture, HTTP_ANSWERED);
    fixture->request.ca_file = NULL;
    ask(fixture, HTTP_UNTRUSTED);
}

static void test_certificate_for_another_name(void **state)
{
    Fixture *fixture = *state;

    start(fixture, "DNS:roma.example.com", NULL);
    ask(fixture, HTTP_UNTRUSTED);
    assert_has(fixture->message, "is for another name: correct the endpoint");
}

static void test_missing_ca_file(void **state)
{
    Fixture *fixture = *state;

    start(fixture, "IP:127.0.0.1", NULL);
    fixture->request.ca_file = "/nonexistent/ca.pem";
    ask(fixture, HTTP_UNTRUSTED);
    assert_has(fixture->message, "/nonexistent/ca.pem");
    assert_has(fixture->message, "ca_file");
}

static void test_old_tls_is_not_spoken(void **state)
{
    Fixture *fixture = *state;

    start(fixture, "IP:127.0.0.1", "-tls1_1");
    ask(fixture, HTTP_NOT_SENT);
    assert_has(fixture->message, "cannot connect to 127.0.0.1 port ");
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_trusted_by_its_authority),     TEST(test_not_trusted_by_the_system),
        TEST(test_certificate_for_another_name), TEST(test_missing_ca_file),
        TEST(test_old_tls_is_not_spoken),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
