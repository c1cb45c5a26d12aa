/* SPDX-License-Identifier: MIT */
#include "daemon/web/page_timeline.h"

#include <inttypes.h>

#include "daemon/base/mem.h"
#include "daemon/base/str.h"
#include "daemon/store/newest.h"
#include "daemon/web/page_html.h"
#include "reconcile/report/report.h"

#define PAGE_TIMELINE_HEIGHT 48
#define PAGE_TIMELINE_BIN_WIDTH 10

typedef struct PageRange {
    const char *key, *title, *words;
    uint64_t bin_usec;
    size_t bins;
} PageRange;

static const PageRange ranges[PAGE_TIMELINE_RANGES] = {
    {"hour", "Hour", "the last hour", USEC_PER_MINUTE, 60},
    {"day", "Day", "the last day", 15 * USEC_PER_MINUTE, 96},
    {"week", "Week", "the last week", 2 * USEC_PER_HOUR, 84},
};

static const char *const series_words[PAGE_SERIES_COUNT] = {
    [PAGE_SERIES_DELETED] = "deleted", [PAGE_SERIES_ADDED] = "added",
    [PAGE_SERIES_CHANGED] = "changed", [PAGE_SERIES_HELD] = "held",
    [PAGE_SERIES_FAILED] = "failed",
};

/* The series that an outcome counts for; PAGE_SERIES_COUNT: none, for nothing was changed. */
static PageSeries page_timeline_series(const char *kind, const char *outcome)
{
    static const struct {
        Outcome outcome;
        PageSeries series;
    } rows[] = {
        {OUTCOME_DELETED, PAGE_SERIES_DELETED},   {OUTCOME_ADDED, PAGE_SERIES_ADDED},
        {OUTCOME_CORRECTED, PAGE_SERIES_CHANGED}, {OUTCOME_DISABLED, PAGE_SERIES_CHANGED},
        {OUTCOME_ENABLED, PAGE_SERIES_CHANGED},   {OUTCOME_FAILED, PAGE_SERIES_FAILED},
    };

    if (str_equal(kind, STORE_NEWEST_CHANNEL))
        return report_result_of(outcome) == RESULT_HELD ? PAGE_SERIES_HELD : PAGE_SERIES_FAILED;

    for (size_t i = 0; i < ELEMENTS(rows); i++) {
        if (str_equal(outcome, ops_outcome_text(rows[i].outcome)))
            return rows[i].series;
    }
    return PAGE_SERIES_COUNT;
}

/* Bins begin at whole multiples of their length, so that a chart stays as it is while nothing
 * happens. */
void page_timeline_add(void *timeline, uint64_t recorded_usec, const char *kind,
                       const char *outcome)
{
    PageTimeline *counted = timeline;
    PageSeries series = outcome ? page_timeline_series(kind, outcome) : PAGE_SERIES_COUNT;

    if (series == PAGE_SERIES_COUNT)
        return;
    for (size_t i = 0; i < PAGE_TIMELINE_RANGES; i++) {
        uint64_t last = counted->now_usec / ranges[i].bin_usec;
        uint64_t bin = recorded_usec / ranges[i].bin_usec;

        /* What a clock that was put back has recorded in the future stands at the end. */
        bin = bin > last ? last : bin;
        if (last - bin < ranges[i].bins)
            counted->bins[i][ranges[i].bins - 1 - (last - bin)][series]++;
    }
}

static uint64_t page_timeline_sum(const PageTimeline *timeline, size_t range, PageSeries series)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < ranges[range].bins; i++)
        sum += timeline->bins[range][i][series];
    return sum;
}

static uint64_t page_timeline_height(const PageTimeline *timeline, size_t range, size_t bin)
{
    uint64_t height = 0;

    for (PageSeries series = 0; series < PAGE_SERIES_COUNT; series++)
        height += timeline->bins[range][bin][series];
    return height;
}

/* "In the last hour: 4 deleted, 1 added, 0 changed, 0 held, 0 failed." */
static void page_timeline_append_words(Buf *buf, const PageTimeline *timeline, size_t range)
{
    buf_printf(buf, "In %s: ", ranges[range].words);
    for (PageSeries series = 0; series < PAGE_SERIES_COUNT; series++)
        buf_printf(buf, "%s%" PRIu64 " %s", series > 0 ? ", " : "",
                   page_timeline_sum(timeline, range, series), series_words[series]);
    buf_puts(buf, timeline->is_cut ? ", or more." : ".");
}

static void page_timeline_append_bin(Buf *buf, const PageTimeline *timeline, size_t range,
                                     size_t bin, uint64_t most)
{
    double top = PAGE_TIMELINE_HEIGHT;

    for (PageSeries series = 0; series < PAGE_SERIES_COUNT; series++) {
        uint32_t count = timeline->bins[range][bin][series];
        double height = (double)count * PAGE_TIMELINE_HEIGHT / (double)most;

        if (count == 0)
            continue;
        top -= height;
        buf_printf(buf, "<rect class=\"%s\" x=\"%zu\" y=\"%.1f\" width=\"%d\" height=\"%.1f\"/>",
                   series_words[series], bin * PAGE_TIMELINE_BIN_WIDTH, top,
                   PAGE_TIMELINE_BIN_WIDTH - 2, height);
    }
}

static void page_timeline_append_chart(Buf *buf, const PageTimeline *timeline, size_t range)
{
    const PageRange *row = &ranges[range];
    uint64_t most = 1;
    char from[CLOCK_RFC3339_SIZE];

    for (size_t i = 0; i < row->bins; i++) {
        if (page_timeline_height(timeline, range, i) > most)
            most = page_timeline_height(timeline, range, i);
    }
    clock_format_rfc3339((timeline->now_usec / row->bin_usec - row->bins + 1) * row->bin_usec,
                         from);
    buf_printf(buf,
               "<figure class=\"chart chart-%s\">\n<svg viewBox=\"0 0 %zu %d\" "
               "preserveAspectRatio=\"none\" role=\"img\" aria-label=\"",
               row->key, row->bins * PAGE_TIMELINE_BIN_WIDTH, PAGE_TIMELINE_HEIGHT);
    page_timeline_append_words(buf, timeline, range);
    buf_puts(buf, "\">");
    for (size_t i = 0; i < row->bins; i++)
        page_timeline_append_bin(buf, timeline, range, i, most);
    buf_puts(buf, "</svg>\n<p class=\"axis\"><span>");
    page_html_time(buf, from, "");
    buf_puts(buf, "</span><span>now</span></p>\n<figcaption>");
    page_timeline_append_words(buf, timeline, range);
    buf_puts(buf, "</figcaption>\n</figure>\n");
}

void page_timeline_append(Buf *buf, const PageTimeline *timeline)
{
    if (timeline->is_failed)
        return;
    buf_puts(buf, "<div class=\"timeline\">\n");
    for (size_t i = 0; i < PAGE_TIMELINE_RANGES; i++)
        buf_printf(buf,
                   "<input type=\"radio\" name=\"range\" id=\"range-%s\" value=\"%s\"%s>"
                   "<label for=\"range-%s\">%s</label>\n",
                   ranges[i].key, ranges[i].key, i == 1 ? " checked" : "", ranges[i].key,
                   ranges[i].title);
    for (size_t i = 0; i < PAGE_TIMELINE_RANGES; i++)
        page_timeline_append_chart(buf, timeline, i);
    buf_puts(buf, "<p class=\"legend\">");
    for (PageSeries series = 0; series < PAGE_SERIES_COUNT; series++)
        buf_printf(buf,
                   "<span><svg viewBox=\"0 0 10 10\" aria-hidden=\"true\"><rect class=\"%s\" "
                   "width=\"10\" height=\"10\"/></svg> %s</span> ",
                   series_words[series], series_words[series]);
    buf_puts(buf, "</p>\n</div>\n");
}
