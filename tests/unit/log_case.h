/* SPDX-License-Identifier: MIT */
/* The log of a test, whole, with its fields: standard error goes to a file meanwhile. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "daemon/base/buf.h"
#include "daemon/base/log.h"
#include "daemon/base/mem.h"

typedef struct LogCase {
    int stderr_fd, fd;
    off_t seen;
} LogCase;

static inline void log_case_begin(LogCase *log_case, LogLevel level)
{
    fflush(stderr);
    *log_case = (LogCase){.stderr_fd = dup(STDERR_FILENO), .fd = memfd_create("log", MFD_CLOEXEC)};
    assert_true(log_case->stderr_fd >= 0 && log_case->fd >= 0);
    dup2(log_case->fd, STDERR_FILENO);
    log_setup(LOG_FORMAT_JSON, level);
}

static inline void log_case_end(LogCase *log_case)
{
    dup2(log_case->stderr_fd, STDERR_FILENO);
    close(log_case->stderr_fd);
    close(log_case->fd);
}

/* The lines since the last look, each from its level on. */
static inline void log_case_read(LogCase *log_case, Buf *lines)
{
    char text[16384];
    ssize_t size = pread(log_case->fd, text, sizeof(text) - 1, log_case->seen);
    char *line, *rest = text;

    assert_true(size >= 0 && (size_t)size < sizeof(text) - 1);
    text[size] = '\0';
    log_case->seen += size;
    buf_reset(lines);
    while ((line = strsep(&rest, "\n")) != NULL && *line) {
        const char *from = strstr(line, "\"level\"");

        buf_printf(lines, "%s\n", from ? from : line);
    }
}

static inline void log_case_expect(LogCase *log_case, const char *lines)
{
    _cleanup_(buf_done) Buf said = {0};

    log_case_read(log_case, &said);
    assert_string_equal(buf_text(&said), lines);
}
