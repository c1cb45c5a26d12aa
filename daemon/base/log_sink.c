/* SPDX-License-Identifier: MIT */
#include "daemon/base/log_sink.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "daemon/base/buf.h"
#include "daemon/base/clock.h"
#include "daemon/base/mem.h"
#include "daemon/base/tty_line.h"

#define JOURNAL_PATH "/run/systemd/journal/socket"

/* Standard error as it was found, and as it is written to. */
typedef struct LogOutput {
    dev_t device;
    ino_t inode;
    int fd; /* -1: not looked at yet */
    bool is_own;
    bool is_socket;
    bool is_cut; /* half of a line was written last */
} LogOutput;

static LogOutput output = {.fd = -1};
static int journal_fd = -1;
static uint64_t rest_until_usec; /* monotonic: until then nothing waits */

/* The flags of standard error are shared with whoever else has it open: instead of making it
 * non-blocking, a pipe or a terminal is opened anew. Where that is refused, poll(2) must do. */
static void log_sink_look(void)
{
    struct stat status = {0};
    int fd;

    if (fstat(STDERR_FILENO, &status) == 0 && output.fd >= 0 && status.st_dev == output.device &&
        status.st_ino == output.inode)
        return;
    if (output.is_own)
        close(output.fd);
    output = (LogOutput){
        .device = status.st_dev,
        .inode = status.st_ino,
        .fd = STDERR_FILENO,
        .is_socket = S_ISSOCK(status.st_mode),
    };
    if (!S_ISFIFO(status.st_mode) && !S_ISCHR(status.st_mode))
        return;
    fd = open("/proc/self/fd/2", O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY | O_APPEND);
    if (fd >= 0) {
        output.fd = fd;
        output.is_own = true;
    }
}

/* Waits until it can be written to: 0 or -EAGAIN. */
static int log_sink_wait(int fd, uint64_t until_usec)
{
    uint64_t now_usec = clock_monotonic_usec();
    bool may_wait = now_usec < until_usec && now_usec >= rest_until_usec;
    struct pollfd one = {.fd = fd, .events = POLLOUT};
    int wait_msec = may_wait ? (int)((until_usec - now_usec) / USEC_PER_MSEC) + 1 : 0;
    int r = poll(&one, 1, wait_msec);

    if (r > 0 || (r < 0 && errno == EINTR))
        return 0;
    if (may_wait)
        rest_until_usec = clock_monotonic_usec() + LOG_SINK_REST_USEC;
    return -EAGAIN;
}

static ssize_t log_sink_put(const char *bytes, size_t size)
{
    if (output.is_socket)
        return send(output.fd, bytes, size, MSG_DONTWAIT | MSG_NOSIGNAL);
    /* A blocking pipe that poll(2) calls ready takes so much at once. */
    if (!output.is_own && size > _POSIX_PIPE_BUF)
        size = _POSIX_PIPE_BUF;
    return write(output.fd, bytes, size);
}

static int log_sink_write_all(const char *bytes, size_t size)
{
    uint64_t until_usec = clock_monotonic_usec() + LOG_SINK_WAIT_USEC;
    bool is_ready = output.is_own || output.is_socket;

    while (size > 0) {
        ssize_t put;

        if (!is_ready && log_sink_wait(output.fd, until_usec) < 0)
            return -EAGAIN;
        put = log_sink_put(bytes, size);
        is_ready = false;
        if (put < 0 && errno != EAGAIN && errno != EINTR)
            return -errno;
        if (put > 0) {
            output.is_cut = bytes[put - 1] != '\n';
            bytes += put;
            size -= (size_t)put;
        }
    }
    return 0;
}

int log_sink_write(const char *bytes, size_t size)
{
    int r = 0;

    tty_line_clear();
    log_sink_look();
    if (output.is_cut)
        r = log_sink_write_all("\n", 1);
    return r < 0 ? r : log_sink_write_all(bytes, size);
}

/* ---- the journal ---- */

static int log_sink_connect(void)
{
    static const struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = JOURNAL_PATH};
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd < 0)
        return -errno;
    if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0) {
        int r = -errno;

        close(fd);
        return r;
    }
    journal_fd = fd;
    return 0;
}

/* A value with a newline in it is told with its size instead. */
static void log_sink_append(Buf *entry, const struct iovec *part)
{
    const char *text = part->iov_base, *equals = memchr(text, '=', part->iov_len);
    uint64_t size;

    if (!equals || !memchr(text, '\n', part->iov_len)) {
        buf_append(entry, text, part->iov_len);
    } else {
        size = htole64(part->iov_len - (size_t)(equals - text) - 1);
        buf_append(entry, text, (size_t)(equals - text));
        buf_putc(entry, '\n');
        buf_append(entry, &size, sizeof(size));
        buf_append(entry, equals + 1, (size_t)le64toh(size));
    }
    buf_putc(entry, '\n');
}

static int log_sink_send_entry(const Buf *entry)
{
    uint64_t until_usec = clock_monotonic_usec() + LOG_SINK_WAIT_USEC;
    bool is_new = journal_fd < 0;
    int r = is_new ? log_sink_connect() : 0;

    while (r >= 0) {
        if (send(journal_fd, entry->data, entry->size, MSG_NOSIGNAL) >= 0)
            return 0;
        if (errno == EAGAIN || errno == EINTR) {
            r = log_sink_wait(journal_fd, until_usec);
            continue;
        }
        r = -errno;
        close(journal_fd);
        journal_fd = -1;
        /* The journal was started anew. */
        if (!is_new && r != -EMSGSIZE)
            r = log_sink_connect();
        is_new = true;
    }
    return r;
}

int log_sink_send(const struct iovec *parts, size_t count)
{
    _cleanup_(buf_done) Buf entry = {0};

    for (size_t i = 0; i < count; i++)
        log_sink_append(&entry, &parts[i]);
    return buf_failed(&entry) < 0 ? -ENOMEM : log_sink_send_entry(&entry);
}
