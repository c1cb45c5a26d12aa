/* SPDX-License-Identifier: MIT */
/* Answers that are made while they go out, and how a client takes them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "daemon/base/clock.h"
#include "daemon/base/file.h"
#include "daemon/base/str.h"
#include "daemon/http/server.h"
#include "daemon/http/unix_answer.h"
#include "daemon/http/unix_client.h"

#define PART_SIZE 60000U
#define ALL_PARTS 40

typedef struct Parts {
    sd_event *event;
    Server *server;
    struct sockaddr_un address;
    int breaks_at; /* 0: it does not */
    int made, done;
} Parts;

static int next_part(void *userdata, Buf *part)
{
    Parts *parts = userdata;

    if (++parts->made == parts->breaks_at)
        return -ESTALE;
    for (size_t i = 0; i < PART_SIZE; i++)
        buf_putc(part, (char)('a' + parts->made % 26));
    return parts->made < ALL_PARTS;
}

static void end_parts(void *userdata)
{
    ((Parts *)userdata)->done++;
}

static void on_request(ServerRequest *request, void *userdata)
{
    Parts *parts = userdata;
    const ServerParts rest = {next_part, end_parts, parts};
    Buf first = {0};

    next_part(parts, &first);
    server_reply_parts(request, 200, SERVER_TEXT, &first, &rest);
}

static int setup(void **state)
{
    Parts *parts = test_calloc(1, sizeof(*parts));
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    parts->address.sun_family = AF_UNIX;
    snprintf(parts->address.sun_path + 1, sizeof(parts->address.sun_path) - 1,
             "test_server_parts.%d", getpid());
    assert_int_equal(bind(fd, (struct sockaddr *)&parts->address, sizeof(parts->address)), 0);
    assert_int_equal(listen(fd, 8), 0);
    assert_true(sd_event_new(&parts->event) >= 0);
    assert_int_equal(server_new(parts->event, fd, on_request, parts, &parts->server), 0);
    *state = parts;
    return 0;
}

static int teardown(void **state)
{
    Parts *parts = *state;

    server_free(parts->server);
    sd_event_unref(parts->event);
    test_free(parts);
    return 0;
}

static int ask(const Parts *parts)
{
    static const char request[] = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_int_equal(connect(fd, (const struct sockaddr *)&parts->address, sizeof(parts->address)),
                     0);
    assert_int_equal(write(fd, request, strlen(request)), strlen(request));
    return fd;
}

static void turn(const Parts *parts)
{
    assert_true(sd_event_run(parts->event, 10 * USEC_PER_MSEC) >= 0);
}

/* To the end of the connection; `done` may come a turn later. */
static void receive(const Parts *parts, int fd, Buf *answer)
{
    static char bytes[1 << 16];
    ssize_t size;

    alarm(60);
    while ((size = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT)) != 0) {
        if (size > 0)
            buf_append(answer, bytes, (size_t)size);
        else if (errno == ECONNRESET)
            break;
        else
            turn(parts);
    }
    while (parts->done == 0)
        turn(parts);
    alarm(0);
}

/* ---- the server ---- */

static void test_all_parts_arrive_in_order(void **state)
{
    Parts *parts = *state;
    _cleanup_(buf_done) Buf answer = {0}, body = {0};
    _cleanup_(file_closep) int fd = ask(parts);
    int status;
    Err err = {0};

    receive(parts, fd, &answer);
    assert_int_equal(unix_client_parse(&answer, &status, &body, &err), 0);
    assert_int_equal(status, 200);
    assert_int_equal(body.size, ALL_PARTS * PART_SIZE);
    for (size_t i = 0; i < body.size; i++)
        assert_int_equal(body.data[i], 'a' + (int)(i / PART_SIZE + 1) % 26);
    assert_int_equal(parts->done, 1);
}

/* However long a client reads nothing, no more is made for it than its socket holds. */
static void test_parts_wait_for_who_reads_slowly(void **state)
{
    Parts *parts = *state;
    _cleanup_(buf_done) Buf answer = {0}, body = {0};
    _cleanup_(file_closep) int fd = ask(parts);
    int status, held, size = 8192;
    Err err = {0};

    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size)), 0);
    for (int i = 0; i < 200; i++)
        assert_true(sd_event_run(parts->event, 0) >= 0);
    held = parts->made;
    assert_in_range(held, 1, ALL_PARTS / 2);
    receive(parts, fd, &answer);
    assert_int_equal(unix_client_parse(&answer, &status, &body, &err), 0);
    assert_int_equal(body.size, ALL_PARTS * PART_SIZE);
}

static void test_answer_that_breaks_off_is_not_whole(void **state)
{
    Parts *parts = *state;
    _cleanup_(buf_done) Buf answer = {0}, body = {0};
    _cleanup_(file_closep) int fd = -1;
    int status;
    Err err = {0};

    parts->breaks_at = 3;
    fd = ask(parts);
    receive(parts, fd, &answer);
    assert_true(answer.size > PART_SIZE);
    assert_int_equal(unix_client_parse(&answer, &status, &body, &err), -EIO);
    assert_non_null(strstr(err.text, "ends too early"));
    assert_int_equal(body.size, 0);
    assert_int_equal(parts->done, 1);
}

static void test_parts_end_with_who_asked(void **state)
{
    Parts *parts = *state;
    int fd = ask(parts);

    while (parts->made == 0)
        turn(parts);
    close(fd);
    alarm(60);
    while (parts->done == 0)
        turn(parts);
    alarm(0);
    assert_true(parts->made < ALL_PARTS);
    assert_int_equal(parts->done, 1);
}

static void test_parts_end_with_the_server(void **state)
{
    Parts *parts = *state;
    int fd = ask(parts);

    while (parts->made == 0)
        turn(parts);
    server_free(parts->server);
    parts->server = NULL;
    assert_int_equal(parts->done, 1);
    close(fd);
}

/* ---- the client ---- */

static int take(const char *text, Buf *body, Err *err)
{
    _cleanup_(unix_answer_done) UnixAnswer answer = {0};
    int r = 0;

    for (size_t i = 0; text[i] && r == 0; i++)
        r = unix_answer_take(&answer, text + i, 1, body, err);
    return r < 0 ? r : unix_answer_check(&answer, err);
}

static void test_answers_are_taken_byte_by_byte(void **state)
{
    static const struct {
        const char *rest;
        int result;
        const char *body;
    } answers[] = {
        {"Content-Length: 5\r\n\r\nabcde", 0, "abcde"},
        {"Content-Length: 5\r\n\r\nabcdefg", 0, "abcde"},
        {"Content-Length: 0\r\n\r\n", 0, ""},
        {"Content-Length: 5\r\n\r\nabcd", -EIO, "abcd"},
        {"X: y\r\n\r\nabcd", -EPROTO, ""},
        {"Content-Length: x\r\n\r\nabcd", -EPROTO, ""},
        {"transfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0A;x=y\r\n0123456789\r\n0\r\n\r\n", 0,
         "abc0123456789"},
        {"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX: y\r\n\r\n", 0, "abc"},
        {"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n", -EIO, "abc"},
        {"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", -EIO, "abc"},
        {"Transfer-Encoding: chunked\r\n\r\n3\r\nab", -EIO, "ab"},
        {"Transfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n0\r\n\r\n", -EPROTO, "abc"},
        {"Transfer-Encoding: chunked\r\n\r\n\r\n", -EPROTO, ""},
        {"Transfer-Encoding: chunked\r\n\r\n3x\r\nabc\r\n", -EPROTO, ""},
        {"Transfer-Encoding: chunked\r\n\r\n123456789\r\n", -EPROTO, ""},
        {"Transfer-Encoding: gzip, chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", -EPROTO, ""},
    };
    (void)state;

    for (size_t i = 0; i < ELEMENTS(answers); i++) {
        _cleanup_(buf_done) Buf text = {0}, body = {0};
        Err err = {0};

        buf_printf(&text, "HTTP/1.1 200 OK\r\n%s", answers[i].rest);
        assert_int_equal(take(buf_text(&text), &body, &err), answers[i].result);
        assert_string_equal(buf_text(&body), answers[i].body);
    }
}

static void test_no_rosterd_is_told(void **state)
{
    Buf body = {0};
    Err err = {0};
    (void)state;

    assert_int_equal(take("", &body, &err), -EIO);
    assert_int_equal(take("SSH-2.0-x\r\n\r\n", &body, &err), -EPROTO);
    assert_int_equal(take("HTTP/1.1 200 OK\r\n", &body, &err), -EPROTO);
    buf_done(&body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_all_parts_arrive_in_order, setup, teardown),
        cmocka_unit_test_setup_teardown(test_parts_wait_for_who_reads_slowly, setup, teardown),
        cmocka_unit_test_setup_teardown(test_answer_that_breaks_off_is_not_whole, setup, teardown),
        cmocka_unit_test_setup_teardown(test_parts_end_with_who_asked, setup, teardown),
        cmocka_unit_test_setup_teardown(test_parts_end_with_the_server, setup, teardown),
        cmocka_unit_test(test_answers_are_taken_byte_by_byte),
        cmocka_unit_test(test_no_rosterd_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
