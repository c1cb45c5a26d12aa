/* SPDX-License-Identifier: MIT */
#include "daemon/http/unix_client.h"

#include <errno.h>
#include <poll.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "daemon/base/clock.h"
#include "daemon/base/file.h"
#include "daemon/base/hang.h"
#include "daemon/base/mem.h"
#include "daemon/base/str.h"
#include "daemon/http/client.h"
#include "daemon/http/unix_answer.h"

/* While a socket's queue is full, how often it is tried again. */
#define CONNECT_AGAIN_MSEC 50

/* How often who waits looks whether that is worth it. */
#define WAIT_MSEC 1000

/* ---- connecting ---- */

static int unix_client_refuse(const char *socket_path, const struct ucred *peer, Err *err)
{
    const struct passwd *user = getpwuid(peer->uid);

    return err_set(err, -EREMCHG,
                   "another user's program listens on %s (pid %d of %s, uid %u), which is neither "
                   "root nor rosterd's user: nothing was asked of it",
                   socket_path, (int)peer->pid, user ? user->pw_name : "a user without a name",
                   (unsigned int)peer->uid);
}

/* An answer of another user's program could be forged, so the client asks nothing of it. */
static int unix_client_check_owner(int fd, const char *socket_path, const UnixRequest *request,
                                   Err *err)
{
    struct ucred peer;
    socklen_t size = sizeof(peer);
    bool fits;

    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0)
        return err_system(err, -errno, "whose the control socket %s is cannot be told",
                          socket_path);
    fits = peer.uid == 0 || peer.uid == geteuid();
    for (size_t i = 0; i < request->owner_count && !fits; i++)
        fits = peer.uid == request->owners[i];
    return fits ? 0 : unix_client_refuse(socket_path, &peer, err);
}

static int unix_client_fail_to_connect(int error, const char *socket_path, Err *err)
{
    if (error == -ENOENT || error == -ECONNREFUSED)
        return err_set(err, error, "no rosterd runs here: nobody listens on %s", socket_path);
    if (error == -EAGAIN)
        return err_set(err, -ETIMEDOUT,
                       "rosterd takes no connection on %s for %d s: it is busy, or "
                       "stopped",
                       socket_path, (int)(UNIX_CLIENT_CONNECT_USEC / USEC_PER_SEC));
    return err_system(err, error, "the control socket %s", socket_path);
}

/* A socket whose queue is full gives EAGAIN (unix(7)), and no event when it has room. */
static int unix_client_connect(const char *socket_path, const UnixRequest *request, int *ret_fd,
                               Err *err)
{
    _cleanup_(file_closep) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    uint64_t due_usec = clock_monotonic_usec() + UNIX_CLIENT_CONNECT_USEC;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    _cleanup_hang_ Hang hang = hang_enter(socket_path);
    int r;

    if (strlen(socket_path) >= sizeof(address.sun_path))
        return err_system(err, -ENAMETOOLONG, "the control socket %s", socket_path);
    if (fd < 0)
        return err_system(err, -errno, "no socket can be made");
    str_copy(address.sun_path, sizeof(address.sun_path), socket_path);
    while (connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0) {
        r = -errno;
        if (r != -EAGAIN || clock_monotonic_usec() > due_usec)
            return unix_client_fail_to_connect(r, socket_path, err);
        poll(NULL, 0, CONNECT_AGAIN_MSEC);
    }
    r = unix_client_check_owner(fd, socket_path, request, err);
    if (r < 0)
        return r;
    *ret_fd = fd;
    fd = -1;
    return 0;
}

/* ---- asking ---- */

/* A request under way. */
typedef struct Asking {
    const UnixRequest *request;
    int fd;
    uint64_t began_usec, heard_usec;
    UnixAnswer answer;
    uint64_t told; /* bytes of the body, to on_body */
} Asking;

static void asking_done(Asking *asking)
{
    unix_answer_done(&asking->answer);
}

static int unix_client_append_request(const UnixRequest *request, Buf *buf)
{
    buf_printf(buf, "%s %s HTTP/1.1\r\nHost: rosterd\r\nConnection: close\r\n", request->method,
               request->target);
    if (request->header)
        buf_printf(buf, "%s\r\n", request->header);
    if (request->body)
        buf_printf(buf, "Content-Type: application/json\r\nContent-Length: %zu\r\n",
                   strlen(request->body));
    buf_printf(buf, "\r\n%s", request->body ? request->body : "");
    return buf_failed(buf);
}

/* Whether it is worth to wait on. */
static int unix_client_look(const Asking *asking, Err *err)
{
    uint64_t now_usec = clock_monotonic_usec();

    if (asking->request->on_wait)
        return asking->request->on_wait(asking->request->userdata, err);
    if (now_usec > asking->heard_usec + UNIX_CLIENT_SILENCE_USEC)
        return err_set(err, -ETIMEDOUT, "rosterd has said nothing for %d s",
                       (int)(UNIX_CLIENT_SILENCE_USEC / USEC_PER_SEC));
    if (now_usec > asking->began_usec + UNIX_CLIENT_WHOLE_USEC)
        return err_set(err, -ETIMEDOUT, "rosterd's answer is not whole after %d s",
                       (int)(UNIX_CLIENT_WHOLE_USEC / USEC_PER_SEC));
    return 0;
}

/* Waits until the socket can be read or written. */
static int unix_client_wait(const Asking *asking, short events, Err *err)
{
    struct pollfd poll_fd = {.fd = asking->fd, .events = events};
    int count;

    while ((count = poll(&poll_fd, 1, WAIT_MSEC)) <= 0) {
        int r = count < 0 && errno != EINTR ? err_system(err, -errno, "the control socket")
                                            : unix_client_look(asking, err);

        if (r < 0)
            return r;
    }
    return 0;
}

static int unix_client_send(Asking *asking, const Buf *text, Err *err)
{
    size_t sent = 0;

    while (sent < text->size) {
        ssize_t size = send(asking->fd, text->data + sent, text->size - sent, MSG_NOSIGNAL);
        int r = 0;

        if (size >= 0)
            sent += (size_t)size;
        else if (errno == EAGAIN)
            r = unix_client_wait(asking, POLLOUT, err);
        else if (errno == EPIPE)
            return 0; /* who answered before all was asked may have said why */
        else if (errno != EINTR)
            r = err_system(err, -errno, "the control socket");
        if (r < 0)
            return r;
    }
    return 0;
}

/* What came, and what it holds of the body. */
static int unix_client_take(Asking *asking, const char *bytes, size_t size, Buf *ret_body, Err *err)
{
    size_t size_max = asking->request->size_max ? asking->request->size_max : HTTP_BODY_SIZE_MAX;
    int r = unix_answer_take(&asking->answer, bytes, size, ret_body, err);

    if (r == 0 && asking->told + ret_body->size > size_max)
        r = err_set(err, -EFBIG, "rosterd's answer is too big");
    if (r < 0 || !asking->request->on_body || asking->answer.status != 200 || ret_body->size == 0)
        return r;
    r = asking->request->on_body(asking->request->body_userdata, ret_body->data, ret_body->size,
                                 err);
    asking->told += ret_body->size;
    buf_reset(ret_body);
    return r;
}

/* Reads to the end. */
static int unix_client_receive(Asking *asking, Buf *ret_body, Err *err)
{
    char bytes[16384];

    for (;;) {
        ssize_t size = recv(asking->fd, bytes, sizeof(bytes), 0);
        int r = 0;

        if (size > 0) {
            asking->heard_usec = clock_monotonic_usec();
            r = unix_client_take(asking, bytes, (size_t)size, ret_body, err);
            if (r == 0 && !asking->request->on_wait)
                r = unix_client_look(asking, err);
        } else if (size == 0 || errno == ECONNRESET) {
            return unix_answer_check(&asking->answer, err);
        } else if (errno == EAGAIN) {
            r = unix_client_wait(asking, POLLIN, err);
        } else if (errno != EINTR) {
            r = err_system(err, -errno, "the control socket");
        }
        if (r < 0)
            return r;
    }
}

int unix_client_parse(const Buf *answer, int *ret_status, Buf *ret_body, Err *err)
{
    _cleanup_(unix_answer_done) UnixAnswer taken = {0};
    _cleanup_(buf_done) Buf body = {0};
    int r = unix_answer_take(&taken, answer->data, answer->size, &body, err);

    if (r == 0)
        r = unix_answer_check(&taken, err);
    if (r < 0)
        return r;
    *ret_status = taken.status;
    buf_append(ret_body, buf_text(&body), body.size);
    return buf_failed(ret_body) < 0 ? err_memory(err) : 0;
}

int unix_client_ask(const char *socket_path, const UnixRequest *request, int *ret_status,
                    Buf *ret_body, Err *err)
{
    _cleanup_(asking_done) Asking asking = {.request = request};
    _cleanup_(buf_done) Buf text = {0};
    _cleanup_(file_closep) int fd = -1;
    int r = unix_client_connect(socket_path, request, &fd, err);

    if (r < 0)
        return r;
    asking.fd = fd;
    asking.began_usec = asking.heard_usec = clock_monotonic_usec();
    r = unix_client_append_request(request, &text) < 0 ? err_memory(err)
                                                       : unix_client_send(&asking, &text, err);
    if (r == 0)
        r = unix_client_receive(&asking, ret_body, err);
    if (r == 0)
        *ret_status = asking.answer.status;
    return r;
}

void unix_client_append_escaped(Buf *buf, const char *text)
{
    for (; *text; text++) {
        unsigned char byte = (unsigned char)*text;
        bool is_plain = (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') ||
                        (byte >= 'a' && byte <= 'z') || strchr("-._~", byte);

        if (is_plain)
            buf_putc(buf, *text);
        else
            buf_printf(buf, "%%%02X", byte);
    }
}
