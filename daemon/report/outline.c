/* SPDX-License-Identifier: MIT */
#include "daemon/report/outline.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "daemon/base/str.h"
#include "daemon/report/channel_text.h"
#include "reconcile/report/report.h"

const char *const outline_titles[OUTLINE_COLUMNS + 1] = {
    [OUTLINE_CHANNEL] = "CHANNEL",  [OUTLINE_RESULT] = "RESULT", [OUTLINE_LIVE] = "#LIVE",
    [OUTLINE_DESIRED] = "#DESIRED", [OUTLINE_EXTRA] = "#EXTRA",  [OUTLINE_MISSING] = "#MISSING",
    [OUTLINE_WHY] = "WHY",
};

int outline_init(Outline *outline, const Json *root, bool verbose)
{
    *outline = (Outline){.root = root, .verbose = verbose};
    return failures_collect(&outline->failures, root);
}

void outline_done(Outline *outline)
{
    failures_done(&outline->failures);
}

bool outline_has_row(const Outline *outline, size_t number)
{
    const Json *channel = row_at(outline->root, "channels", number);
    bool is_open = report_result_of(row_text(channel, "result")) != RESULT_IN_SYNC;

    return (outline->verbose || is_open) && !failures_is_shared(&outline->failures, number);
}

static void outline_set(OutlineRow *row, OutlineColumn column, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void outline_set(OutlineRow *row, OutlineColumn column, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(row->cells[column], sizeof(row->cells[column]), format, arguments);
    va_end(arguments);
}

/* A text, cut to so many bytes. */
static void outline_cut(OutlineRow *row, const char *before, const char *text, int size_max)
{
    bool is_cut = strlen(text) > (size_t)size_max;

    outline_set(row, OUTLINE_WHY, "%s%.*s%s", before, is_cut ? size_max - 3 : size_max, text,
                is_cut ? "..." : "");
}

static void outline_set_pause(OutlineRow *row, const Json *pause)
{
    char before[64];

    snprintf(before, sizeof(before), "%s: ", row_pause(pause));
    outline_cut(row, before, row_text(pause, "reason"), 40);
}

static void outline_set_guard(OutlineRow *row, const Json *guard, size_t count)
{
    char more[32] = "", words[128];

    if (count > 1)
        snprintf(more, sizeof(more), " (+%zu)", count - 1);
    outline_set(row, OUTLINE_WHY, "%s%s", channel_text_guard_short(guard, words, sizeof(words)),
                more);
}

static void outline_set_why(OutlineRow *row, const Json *channel)
{
    const Json *guard = row_at(channel, "guards", 0), *pause = json_find(channel, "pause");

    if (pause && str_equal(row_text(channel, "result"), "paused"))
        outline_set_pause(row, pause);
    else if (guard && channel_text_is_held_by_pass(channel))
        outline_set(row, OUTLINE_WHY, "its instance is held as a whole");
    else if (guard)
        outline_set_guard(row, guard, row_count(channel, "guards"));
    else if (pause)
        outline_set_pause(row, pause);
    else if (row_total(channel, "changed") > 0 && !json_find(channel, "error"))
        outline_set(row, OUTLINE_WHY, "%zu changed", row_total(channel, "changed"));
    else
        outline_cut(row, "", row_text(json_find(channel, "error"), "message"), 60);
}

void outline_fill_row(const Json *channel, OutlineRow *ret_row)
{
    *ret_row = (OutlineRow){0};
    row_channel(channel, ret_row->cells[OUTLINE_CHANNEL], ROW_NAME_SIZE);
    outline_set(ret_row, OUTLINE_RESULT, "%s", page_words_of(row_text(channel, "result")));
    outline_set(ret_row, OUTLINE_LIVE, "%s", row_text(channel, "live"));
    outline_set(ret_row, OUTLINE_DESIRED, "%s", row_text(channel, "desired"));
    if (row_was_read(channel)) {
        outline_set(ret_row, OUTLINE_EXTRA, "%zu", row_total(channel, "extra"));
        outline_set(ret_row, OUTLINE_MISSING, "%zu", row_total(channel, "missing"));
    }
    outline_set_why(ret_row, channel);
}

void outline_append_instances(const Outline *outline, const Page *page)
{
    channel_text_failures(page, outline->root, &outline->failures);
    for (size_t i = 0; i < row_count(outline->root, "instances"); i++) {
        const Json *instance = row_at(outline->root, "instances", i);

        if (row_count(instance, "guards") > 0)
            channel_text_instance(page, instance);
    }
}
