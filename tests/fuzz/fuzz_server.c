/* SPDX-License-Identifier: MIT */
/*
 * Fuzzes the control socket's HTTP, from the bytes that a client sends to its request in parts and
 * back to the answer. The first byte is a set of bits: how the client behaves, and whether the
 * answer comes at once. The rest is sent as it is, or (IS_FRAMED) with a Content-Length that fits
 * put after the first line. Whatever comes in, a request has bounded parts, no more than one is
 * taken of a connection, one that is taken is answered, and the connection ends.
 */
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "daemon/base/clock.h"
#include "daemon/base/str.h"
#include "daemon/http/server.h"

enum {
    IS_FRAMED = 1 << 0,
    IS_IN_PIECES = 1 << 1,
    IS_HASTY = 1 << 2,     /* reads no answer */
    IS_HALF_OPEN = 1 << 3, /* says that nothing follows, which libmicrohttpd may take for an end */
    IS_LATE_MASK = 0xf0,
    IS_LATE = 0x50, /* the answer comes later; seldom, for it costs a millisecond */
};

#define TURNS_MAX 10
#define ANSWER "{\"error\": null}\n"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static sd_event *event;
static Server *server;
static struct sockaddr_un address = {.sun_family = AF_UNIX};
static ServerRequest *waiting;
static bool is_late;
static size_t call_count;

static void answer(ServerRequest *request)
{
    Buf body = {0};

    buf_puts(&body, ANSWER);
    server_reply(request, 200, &body);
}

static void on_request(ServerRequest *request, void *userdata)
{
    const Buf *body = server_request_body(request);
    const char *channel = server_request_find(request, "channel");

    (void)userdata;
    call_count++;
    assert(strlen(server_request_method(request)) > 0);
    assert(strlen(server_request_path(request)) < SERVER_HEADERS_SIZE_MAX);
    assert(!channel || strlen(channel) < SERVER_HEADERS_SIZE_MAX);
    assert(body->size <= SERVER_BODY_SIZE_MAX);
    assert(body->size == 0 || body->data[body->size] == '\0');
    assert(server_request_may_change(request));
    if (is_late)
        waiting = request;
    else
        answer(request);
}

static void end(void)
{
    server_free(server);
    sd_event_unref(event);
}

static void begin(void)
{
    int fd;

    if (server)
        return;
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    snprintf(address.sun_path + 1, sizeof(address.sun_path) - 1, "fuzz_server.%d", getpid());
    assert(fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0);
    assert(listen(fd, 8) == 0 && sd_event_new(&event) >= 0);
    assert(server_new(event, fd, on_request, NULL, &server) == 0);
    atexit(end);
}

/* The bytes to send. */
static void make_request(const uint8_t *data, size_t size, bool is_framed, Buf *bytes)
{
    const char *text = (const char *)data, *end = memchr(text, '\n', size);
    size_t line_size = end ? (size_t)(end - text) : size;
    size_t body_size = end ? size - line_size - 1 : 0;

    if (!is_framed) {
        buf_append(bytes, data, size);
        return;
    }
    buf_append(bytes, text, line_size);
    buf_printf(bytes, " HTTP/1.1\r\nHost: x\r\nContent-Length: %zu\r\n\r\n", body_size);
    if (end)
        buf_append(bytes, end + 1, body_size);
}

static void take_turns(int count)
{
    for (int i = 0; i < count; i++)
        assert(sd_event_run(event, 0) >= 0);
}

/* A server that has ended the connection may refuse the rest. */
static void send_all(int fd, const Buf *bytes, bool is_in_pieces)
{
    size_t half = is_in_pieces ? bytes->size / 2 : 0;

    if (half > 0) {
        (void)!send(fd, bytes->data, half, MSG_NOSIGNAL);
        take_turns(3);
    }
    if (bytes->size > half)
        (void)!send(fd, bytes->data + half, bytes->size - half, MSG_NOSIGNAL);
}

/* The answer to a request that waited, which the server's timer sends. */
static void answer_late(void)
{
    if (!waiting)
        return;
    answer(waiting);
    waiting = NULL;
    assert(sd_event_run(event, 2 * USEC_PER_MSEC) >= 0);
}

/* Until the server has ended the connection. It may have gone on waiting for the rest of a request
 * that the client broke off; that ends by a timeout, which is not awaited here. */
static void receive(int fd, Buf *ret_answer)
{
    char bytes[4096];

    for (int quiet = 0; quiet < TURNS_MAX; quiet++) {
        ssize_t size = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);

        if (size > 0) {
            buf_append(ret_answer, bytes, (size_t)size);
            quiet = 0;
        } else if (size == 0 || errno == ECONNRESET)
            return;
        take_turns(1);
        answer_late();
    }
    assert(call_count == 0);
}

static void check_answer(const Buf *whole)
{
    const char *text = buf_text(whole);

    assert(whole->size == 0 || str_has_prefix(text, "HTTP/1."));
    /* Bytes behind a request without a body that awaits a 100 make libmicrohttpd 0.9.75 ask for the
     * answer too early, and refuse it. */
    if (call_count == 0 || str_has_prefix(text, "HTTP/1.1 100"))
        return;
    assert(strstr(text, " 200 OK\r\n") && strstr(text, "\r\nContent-Type: application/json\r\n"));
    assert(strcasestr(text, "\r\nConnection: close\r\n"));
}

static void exchange(int fd, const Buf *bytes, unsigned int flags)
{
    _cleanup_(buf_done) Buf whole = {0};

    send_all(fd, bytes, flags & IS_IN_PIECES);
    if (flags & IS_HALF_OPEN)
        shutdown(fd, SHUT_WR);
    if (flags & IS_HASTY)
        return;
    receive(fd, &whole);
    assert(call_count <= 1);
    if (!(flags & IS_HALF_OPEN))
        check_answer(&whole);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    _cleanup_(buf_done) Buf bytes = {0};
    int fd;

    begin();
    if (size == 0)
        return 0;
    call_count = 0;
    is_late = (data[0] & IS_LATE_MASK) == IS_LATE;
    make_request(data + 1, size - 1, data[0] & IS_FRAMED, &bytes);
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert(fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0);
    exchange(fd, &bytes, data[0]);
    close(fd);
    take_turns(4);
    answer_late();
    return 0;
}
