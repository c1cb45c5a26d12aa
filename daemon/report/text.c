/* SPDX-License-Identifier: MIT */
#include "daemon/report/text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#include "config/guards.h"
#include "daemon/base/clock.h"
#include "daemon/base/mem.h"
#include "daemon/base/str.h"
#include "reconcile/plan/identity.h"
#include "reconcile/report/near_miss.h"

typedef enum Colour { COLOUR_NONE, COLOUR_RED, COLOUR_GREEN, COLOUR_YELLOW } Colour;

typedef struct Page {
    Buf *buf;
    bool colour;
} Page;

bool report_text_wants_colour(void)
{
    const char *terminal = getenv("TERM");

    return isatty(STDOUT_FILENO) == 1 && str_is_empty(getenv("NO_COLOR")) &&
           !(terminal && str_equal(terminal, "dumb"));
}

static void page_colour(const Page *page, Colour colour)
{
    static const char *const codes[] = {
        [COLOUR_NONE] = "\033[0m",
        [COLOUR_RED] = "\033[31m",
        [COLOUR_GREEN] = "\033[32m",
        [COLOUR_YELLOW] = "\033[33m",
    };

    if (page->colour)
        buf_puts(page->buf, codes[colour]);
}

/* What a service or a roster names must not steer the terminal. */
static void page_puts(const Page *page, const char *text)
{
    while (*text) {
        size_t size = str_control_size(text);

        buf_putc(page->buf, size > 0 ? '?' : *text);
        text += size > 0 ? size : 1;
    }
}

static Colour page_result_colour(Result result)
{
    switch (result) {
    case RESULT_IN_SYNC:
    case RESULT_CONVERGED:
        return COLOUR_GREEN;
    case RESULT_PAUSED:
    case RESULT_DRIFT:
    case RESULT_HELD:
        return COLOUR_YELLOW;
    case RESULT_UNMANAGEABLE:
    case RESULT_FAILED:
        break;
    }
    return COLOUR_RED;
}

static const char *page_result_text(Result result)
{
    return result == RESULT_IN_SYNC ? "in sync" : report_result_text(result);
}

static void page_heading(const Page *page, const ChannelReport *report)
{
    page_puts(page, report->instance_name);
    buf_putc(page->buf, '/');
    page_puts(page, report->name ? report->name : report->id);
    if (report->name && report->id) {
        buf_puts(page->buf, " (");
        page_puts(page, report->id);
        buf_putc(page->buf, ')');
    }
    if (report->channel->mode == MODE_OBSERVE)
        buf_puts(page->buf, ", observe");
    buf_puts(page->buf, ": ");
    page_colour(page, page_result_colour(report->result));
    buf_puts(page->buf, page_result_text(report->result));
    page_colour(page, COLOUR_NONE);
    buf_putc(page->buf, '\n');
}

static void page_member(const Page *page, char sign, Colour colour, const char *group,
                        const char *address, uint16_t port)
{
    char text[IDENTITY_SIZE_MAX + 16];

    identity_format(group, address, port, text, sizeof(text));
    buf_puts(page->buf, "  ");
    page_colour(page, colour);
    buf_putc(page->buf, sign);
    buf_putc(page->buf, ' ');
    page_puts(page, text);
    page_colour(page, COLOUR_NONE);
}

static void page_extra(const Page *page, const ExtraReport *extra)
{
    page_member(page, '-', COLOUR_RED, extra->group, extra->address, extra->port);
    buf_puts(page->buf, "  ");
    page_puts(page, extra->id);
    if (extra->outcome != OUTCOME_PLANNED)
        buf_printf(page->buf, "  %s", report_outcome_text(extra->outcome));
    if (extra->attempts > 1)
        buf_printf(page->buf, " (%" PRIu32 " attempts)", extra->attempts);
    buf_putc(page->buf, '\n');
}

static void page_counts(const Page *page, const ChannelReport *report)
{
    size_t kept = report->live_count - report->extra_count - report->ignored_count;

    buf_printf(page->buf, "  = %zu kept", kept);
    if (report->ignored_count)
        buf_printf(page->buf, ", %zu ignored", report->ignored_count);
    buf_putc(page->buf, '\n');
}

const char *report_text_measure(const char *guard_name)
{
    const GuardRow *row = guards_find(guard_name);

    return row ? row->unit : "planned";
}

static void page_guard(const Page *page, const Guard *guard)
{
    const char *name = guard_name_text(guard->name);

    buf_puts(page->buf, "  ");
    page_colour(page, COLOUR_YELLOW);
    buf_printf(page->buf, "! %s refuses: %" PRIu64 " %s, limit %" PRIu64, name, guard->planned,
               report_text_measure(name), guard->limit);
    page_colour(page, COLOUR_NONE);
    buf_putc(page->buf, '\n');
}

static void page_guards(const Page *page, const ChannelReport *report)
{
    for (size_t i = 0; i < report->guard_count; i++)
        page_guard(page, &report->guards[i]);
    if (report->digest[0])
        buf_printf(page->buf, "  digest %s\n", report->digest);
}

static void page_notes(const Page *page, const ChannelReport *report)
{
    char end[CLOCK_RFC3339_SIZE];

    if (report->pause_reason) {
        buf_puts(page->buf, "  paused: ");
        page_puts(page, report->pause_reason);
        if (report->pause_end_usec) {
            clock_format_rfc3339(report->pause_end_usec, end);
            buf_printf(page->buf, " (until %s)", end);
        }
        buf_putc(page->buf, '\n');
    }
    if (report->error.text[0]) {
        buf_puts(page->buf, "  ");
        page_colour(page, COLOUR_RED);
        page_puts(page, report->error.text);
        page_colour(page, COLOUR_NONE);
        if (report->error.request_id[0]) {
            buf_puts(page->buf, " (request ");
            page_puts(page, report->error.request_id);
            buf_putc(page->buf, ')');
        }
        buf_putc(page->buf, '\n');
    }
}

static void page_missing(const Page *page, const MissingReport *row, const NearMisses *near_misses)
{
    static const char *const differences[] = {
        [NEAR_MISS_GROUP] = "in the group alone",
        [NEAR_MISS_PORT] = "in the port alone",
        [NEAR_MISS_BOTH] = "in group and port",
    };
    NearMissKind kind;
    const ExtraReport *near_miss = near_miss_find(near_misses, row, &kind);
    char text[IDENTITY_SIZE_MAX + 16];

    page_member(page, '?', COLOUR_YELLOW, row->group, row->address, row->port);
    buf_puts(page->buf, "  missing");
    if (near_miss) {
        identity_format(near_miss->group, near_miss->address, near_miss->port, text, sizeof(text));
        buf_puts(page->buf, " (");
        page_puts(page, text);
        buf_printf(page->buf, " above differs %s)", differences[kind]);
    }
    buf_putc(page->buf, '\n');
}

static void page_channel(const Page *page, const ChannelReport *report)
{
    _cleanup_(near_miss_done) NearMisses near_misses = {0};

    near_miss_collect(&near_misses, report);
    page_heading(page, report);
    for (size_t i = 0; i < report->extra_count; i++)
        page_extra(page, &report->extras[i]);
    for (size_t i = 0; i < report->missing_count; i++)
        page_missing(page, &report->missing[i], &near_misses);
    if (report->has_list)
        page_counts(page, report);
    page_guards(page, report);
    page_notes(page, report);
    buf_putc(page->buf, '\n');
}

typedef struct Sums {
    size_t results[RESULT_FAILED + 1];
    size_t outcomes[OUTCOME_FAILED + 1];
    size_t missing;
} Sums;

static Sums page_add_up(const Report *report)
{
    Sums sums = {0};

    for (size_t i = 0; i < report->channel_count; i++) {
        const ChannelReport *channel = &report->channels[i];

        sums.results[channel->result]++;
        sums.missing += channel->missing_count;
        for (size_t k = 0; k < channel->extra_count; k++)
            sums.outcomes[channel->extras[k].outcome]++;
    }
    return sums;
}

static void page_summary(const Page *page, const Report *report)
{
    static const Result results[] = {RESULT_FAILED, RESULT_UNMANAGEABLE, RESULT_HELD,
                                     RESULT_DRIFT,  RESULT_PAUSED,       RESULT_CONVERGED,
                                     RESULT_IN_SYNC};
    static const char *const outcomes[] = {
        [OUTCOME_PLANNED] = "extra",     [OUTCOME_HELD] = "held",
        [OUTCOME_SKIPPED] = "skipped",   [OUTCOME_DELETED] = "deleted",
        [OUTCOME_GONE] = "gone already", [OUTCOME_FAILED] = "failed",
    };
    Sums sums = page_add_up(report);
    size_t shown = 0;

    buf_printf(page->buf, "%zu channel%s:", report->channel_count,
               report->channel_count == 1 ? "" : "s");
    for (size_t i = 0; i < ELEMENTS(results); i++) {
        if (sums.results[results[i]])
            buf_printf(page->buf, "%s %zu %s", shown++ ? "," : "", sums.results[results[i]],
                       page_result_text(results[i]));
    }
    buf_puts(page->buf, "; members:");
    for (size_t i = 0; i < ELEMENTS(outcomes); i++) {
        if (sums.outcomes[i])
            buf_printf(page->buf, " %zu %s,", sums.outcomes[i], outcomes[i]);
    }
    buf_printf(page->buf, " %zu missing%s\n", sums.missing,
               report->dry_run ? " (dry run: nothing was changed)" : "");
}

int report_text_append(const Report *report, bool colour, Buf *buf)
{
    Page page = {.buf = buf, .colour = colour};

    for (size_t i = 0; i < report->channel_count; i++)
        page_channel(&page, &report->channels[i]);
    page_summary(&page, report);
    return buf_failed(buf);
}
