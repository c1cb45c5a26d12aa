/* SPDX-License-Identifier: MIT */
#include "daemon/base/tty_line.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "daemon/base/mem.h"
#include "daemon/base/str.h"
#include "daemon/base/utf8.h"

#define TTY_LINE_ERASE "\r\033[K"
#define TTY_LINE_WIDTH 80 /* where the terminal does not say its own */

static bool is_shown;

bool tty_line_is_wanted(void)
{
    const char *terminal = getenv("TERM");

    return isatty(STDERR_FILENO) == 1 && terminal && !str_equal(terminal, "dumb");
}

/* A terminal that is stopped keeps nobody waiting. */
static void tty_line_write(const Buf *text)
{
    struct pollfd one = {.fd = STDERR_FILENO, .events = POLLOUT};

    if (buf_failed(text) == 0 && poll(&one, 1, 0) == 1 && (one.revents & POLLOUT) &&
        write(STDERR_FILENO, text->data, text->size) < 0)
        is_shown = false;
}

static size_t tty_line_width(void)
{
    struct winsize size = {0};

    return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1 ? size.ws_col - 1U
                                                                           : TTY_LINE_WIDTH - 1U;
}

/* So many bytes of a text go into a line. */
static size_t tty_line_fitting(const char *text, size_t width)
{
    size_t used = 0, size = strlen(text), length;

    for (size_t at = 0; at < size; at += length) {
        length = utf8_sequence(text + at, size - at);
        if (length == 0)
            return at;
        used += utf8_columns(text + at, length);
        if (used > width)
            return at;
    }
    return size;
}

void tty_line_show(const char *text)
{
    _cleanup_(buf_done) Buf shown = {0}, line = {0};

    if (!tty_line_is_wanted())
        return;
    utf8_append_shown(&shown, text);
    buf_puts(&line, TTY_LINE_ERASE);
    buf_append(&line, buf_text(&shown), tty_line_fitting(buf_text(&shown), tty_line_width()));
    is_shown = true;
    tty_line_write(&line);
}

void tty_line_clear(void)
{
    _cleanup_(buf_done) Buf line = {0};

    if (!is_shown)
        return;
    is_shown = false;
    buf_puts(&line, TTY_LINE_ERASE);
    tty_line_write(&line);
}
