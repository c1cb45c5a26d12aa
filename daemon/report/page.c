/* SPDX-License-Identifier: MIT */
#include "daemon/report/page.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "daemon/base/mem.h"
#include "daemon/base/str.h"
#include "daemon/base/utf8.h"
#include "reconcile/report/report.h"

bool page_wants_colour(void)
{
    const char *terminal = getenv("TERM");

    return isatty(STDOUT_FILENO) == 1 && str_is_empty(getenv("NO_COLOR")) &&
           !(terminal && str_equal(terminal, "dumb"));
}

void page_puts(const Page *page, const char *text)
{
    utf8_append_shown(page->buf, text);
}

static void page_vprintf(const Page *page, const char *format, va_list arguments)
    __attribute__((format(printf, 2, 0)));

static void page_vprintf(const Page *page, const char *format, va_list arguments)
{
    char *text = NULL;

    if (vasprintf(&text, format, arguments) < 0) {
        buf_fail(page->buf);
        return;
    }
    page_puts(page, text);
    free(text);
}

void page_printf(const Page *page, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    page_vprintf(page, format, arguments);
    va_end(arguments);
}

void page_paint(const Page *page, Colour colour, const char *format, ...)
{
    static const char *const codes[] = {
        [COLOUR_PLAIN] = "\033[0m",
        [COLOUR_GREEN] = "\033[32m",
        [COLOUR_YELLOW] = "\033[33m",
        [COLOUR_RED] = "\033[31m",
    };
    bool is_painted = page->colour && colour != COLOUR_PLAIN;
    va_list arguments;

    if (is_painted)
        buf_puts(page->buf, codes[colour]);
    va_start(arguments, format);
    page_vprintf(page, format, arguments);
    va_end(arguments);
    if (is_painted)
        buf_puts(page->buf, codes[COLOUR_PLAIN]);
}

void page_newline(const Page *page)
{
    buf_putc(page->buf, '\n');
}

Colour page_colour_of(const char *word)
{
    static const Colour colours[] = {
        [RESULT_IN_SYNC] = COLOUR_GREEN, [RESULT_CONVERGED] = COLOUR_GREEN,
        [RESULT_PAUSED] = COLOUR_YELLOW, [RESULT_DRIFT] = COLOUR_YELLOW,
        [RESULT_HELD] = COLOUR_YELLOW,   [RESULT_QUARANTINED] = COLOUR_YELLOW,
        [RESULT_FAILED] = COLOUR_RED,    [RESULT_UNMANAGEABLE] = COLOUR_RED,
    };

    for (Result result = 0; result < ELEMENTS(colours); result++) {
        if (str_equal(report_result_text(result), word))
            return colours[result];
    }
    if (str_equal(ops_outcome_text(OUTCOME_ADDED), word))
        return COLOUR_GREEN;
    return str_equal(ops_outcome_text(OUTCOME_SKIPPED), word) ? COLOUR_YELLOW : COLOUR_PLAIN;
}

const char *page_words_of(const char *result)
{
    return str_equal(result, report_result_text(RESULT_IN_SYNC)) ? "in sync" : result;
}
