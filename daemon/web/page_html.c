/* SPDX-License-Identifier: MIT */
#include "daemon/web/page_html.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/mem.h"
#include "daemon/base/utf8.h"
#include "daemon/report/html.h"

/* The place of the time in "2026-11-24T15:04:05Z". */
#define PAGE_HTML_DATE_SIZE 10
#define PAGE_HTML_TIME_SIZE 8

void page_html_text(Buf *buf, const char *text)
{
    _cleanup_(buf_done) Buf shown = {0};

    utf8_append_shown(&shown, text);
    buf->failed = buf->failed || shown.failed;
    report_html_escape(buf, buf_text(&shown));
}

static void page_html_vprintf(Buf *buf, const char *format, va_list arguments)
    __attribute__((format(printf, 2, 0)));

static void page_html_vprintf(Buf *buf, const char *format, va_list arguments)
{
    _cleanup_free_ char *text = NULL;

    if (vasprintf(&text, format, arguments) < 0) {
        text = NULL;
        buf_fail(buf);
        return;
    }
    page_html_text(buf, text);
}

void page_html_printf(Buf *buf, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    page_html_vprintf(buf, format, arguments);
    va_end(arguments);
}

/* The time of day alone where it is today's, with a date where not. */
static void page_html_append_moment(Buf *buf, const char *rfc3339)
{
    const char *time = rfc3339 + PAGE_HTML_DATE_SIZE + 1;
    char now[CLOCK_RFC3339_SIZE];

    clock_format_rfc3339(clock_realtime_usec(), now);
    if (strncmp(now, rfc3339, PAGE_HTML_DATE_SIZE) != 0)
        page_html_printf(buf, "%.*s ", PAGE_HTML_DATE_SIZE, rfc3339);
    page_html_printf(buf, "%.*s UTC", PAGE_HTML_TIME_SIZE, time);
}

void page_html_time(Buf *buf, const char *rfc3339, const char *kind)
{
    if (!rfc3339[0]) {
        buf_puts(buf, "never");
        return;
    }
    buf_puts(buf, "<time datetime=\"");
    page_html_text(buf, rfc3339);
    if (kind[0])
        buf_printf(buf, "\" data-%s=\"", kind);
    buf_puts(buf, "\">");
    if (strlen(rfc3339) > PAGE_HTML_DATE_SIZE + PAGE_HTML_TIME_SIZE)
        page_html_append_moment(buf, rfc3339);
    else
        page_html_text(buf, rfc3339);
    buf_puts(buf, "</time>");
}

void page_html_command(Buf *buf, const char *format, ...)
{
    _cleanup_(buf_done) Buf text = {0};
    va_list arguments;

    va_start(arguments, format);
    page_html_vprintf(&text, format, arguments);
    va_end(arguments);
    buf->failed = buf->failed || text.failed;
    buf_printf(buf, "<p class=\"command\"><code>%s</code>", buf_text(&text));
    buf_printf(buf,
               "<button type=\"button\" class=\"copy\" aria-label=\"Copy: %s\">Copy</button></p>\n",
               buf_text(&text));
}

void page_html_count(Buf *buf, uint64_t count, const char *one, const char *many)
{
    page_html_printf(buf, "%" PRIu64 " %s", count, count == 1 ? one : many);
}

void page_html_bar(Buf *buf, uint64_t measured, uint64_t limit, const char *label)
{
    uint64_t most = measured > limit ? measured : limit, least = measured + limit - most;
    double within = most ? 100.0 * (double)least / (double)most : 0;

    buf_puts(buf, "<svg class=\"bar\" viewBox=\"0 0 100 6\" preserveAspectRatio=\"none\" "
                  "role=\"img\" aria-label=\"");
    page_html_text(buf, label);
    buf_printf(buf, "\"><rect class=\"within\" width=\"%.1f\" height=\"6\"/>", within);
    buf_printf(buf, "<rect class=\"%s\" x=\"%.1f\" width=\"%.1f\" height=\"6\"/></svg>",
               measured > limit ? "over" : "short", within, 100.0 - within);
}
