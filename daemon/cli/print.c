/* SPDX-License-Identifier: MIT */
#include "daemon/cli/print.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#define PRINT_LOOK_MSEC 100

bool print_is_to_end(void)
{
    sigset_t pending;

    sigemptyset(&pending);
    sigpending(&pending);
    return sigismember(&pending, SIGTERM) > 0 || sigismember(&pending, SIGINT) > 0;
}

void print_errors(const Buf *text)
{
    static const char no_memory[] = "out of memory\n";

    if (buf_failed(text) < 0 || text->size == 0)
        print_all(STDERR_FILENO, no_memory, sizeof(no_memory) - 1);
    else
        print_all(STDERR_FILENO, text->data, text->size);
}

int print_all(int fd, const char *bytes, size_t size)
{
    while (size > 0) {
        struct pollfd one = {.fd = fd, .events = POLLOUT};
        ssize_t put;

        if (poll(&one, 1, PRINT_LOOK_MSEC) == 0) {
            if (print_is_to_end())
                return -EINTR;
            continue;
        }
        /* What poll(2) calls ready takes so much at once. */
        put = write(fd, bytes, size < _POSIX_PIPE_BUF ? size : _POSIX_PIPE_BUF);
        if (put < 0 && errno != EINTR && errno != EAGAIN)
            return -errno;
        if (put > 0) {
            bytes += put;
            size -= (size_t)put;
        }
    }
    return 0;
}
