/* SPDX-License-Identifier: MIT */
#include "daemon/report/text.h"

#include <inttypes.h>
#include <string.h>

#include "daemon/base/mem.h"
#include "daemon/base/str.h"
#include "daemon/json/json_value.h"
#include "daemon/report/channel_text.h"
#include "daemon/report/outline.h"
#include "daemon/report/row.h"
#include "daemon/report/table.h"
#include "reconcile/report/report.h"

/* ---- totals ---- */

/* What is counted: an outcome of the rows of one array. Those of the same words add up. */
static const struct {
    const char *array, *outcome, *words;
} counted[] = {
    {"extra", "planned", "extra"},
    {"added", "planned", "to add"},
    {"changed", "planned", "to correct"},
    {"extra", "held", "held"},
    {"added", "held", "held"},
    {"changed", "held", "held"},
    {"extra", "skipped", "skipped"},
    {"added", "skipped", "skipped"},
    {"added", "added", "added"},
    {"changed", "corrected", "corrected"},
    {"extra", "deleted", "deleted"},
    {"extra", "gone", "gone already"},
    {"extra", "failed", "failed"},
    {"added", "failed", "failed"},
    {"changed", "failed", "failed"},
    {"extra", "quarantined", "quarantined"},
};

typedef struct Sums {
    uint64_t counts[ELEMENTS(counted)];
    uint64_t missing, changed, members, unread, read, elsewhere;
} Sums;

/* The first entry of the same words, which has their sum. */
static size_t text_entry(size_t number)
{
    size_t first = 0;

    while (!str_equal(counted[first].words, counted[number].words))
        first++;
    return first;
}

/* The entry of an outcome; rows in a row have most often the same. ELEMENTS(counted): none. */
static size_t text_find(const char *array, const char *outcome, size_t last)
{
    size_t number = 0;

    if (last < ELEMENTS(counted) && str_equal(counted[last].outcome, outcome))
        return last;
    while (number < ELEMENTS(counted) && (!str_equal(counted[number].array, array) ||
                                          !str_equal(counted[number].outcome, outcome)))
        number++;
    return number;
}

static void text_add_rows(const Json *channel, const char *array, Sums *sums)
{
    const Json *rows = json_find(channel, array);
    size_t number = ELEMENTS(counted);

    for (size_t i = 0; i < json_length(rows); i++) {
        number = text_find(array, row_text(json_at(rows, i), "outcome"), number);
        if (number < ELEMENTS(counted))
            sums->counts[text_entry(number)]++;
    }
}

static void text_add_outcomes(const Json *channel, Sums *sums)
{
    text_add_rows(channel, "extra", sums);
    text_add_rows(channel, "added", sums);
    text_add_rows(channel, "changed", sums);
    for (size_t i = 0; i < ELEMENTS(counted); i++)
        sums->counts[text_entry(i)] += row_more_of(channel, counted[i].array, counted[i].outcome);
}

static Sums text_add_up(const Json *root)
{
    Sums sums = {0};

    for (size_t i = 0; i < row_count(root, "channels"); i++) {
        const Json *channel = row_at(root, "channels", i);

        if (row_is_elsewhere(channel)) {
            sums.elsewhere++;
            continue;
        }
        sums.read += row_was_read(channel);
        sums.unread += !row_was_read(channel);
        sums.missing += row_total(channel, "missing");
        sums.changed += row_total(channel, "changed");
        sums.members += row_total(channel, "extra") + row_total(channel, "missing") +
                        row_total(channel, "changed");
        text_add_outcomes(channel, &sums);
    }
    return sums;
}

/* Says how many channels have a result, where any has; "": no pass has looked at them yet. */
static void text_count_result(const Page *page, const Json *root, const char *result, size_t *shown)
{
    uint64_t count = 0;

    for (size_t i = 0; i < row_count(root, "channels"); i++)
        count += !row_is_elsewhere(row_at(root, "channels", i)) &&
                 str_equal(row_text(row_at(root, "channels", i), "result"), result);
    if (count)
        page_printf(page, "%s %" PRIu64 " %s", (*shown)++ ? "," : ":", count,
                    result[0] ? page_words_of(result) : "not read yet");
}

static void text_count_members(const Page *page, const Sums *sums)
{
    size_t shown = 0;

    for (size_t i = 0; i < ELEMENTS(counted); i++) {
        if (sums->counts[i])
            page_printf(page, "%s %" PRIu64 " %s", shown++ ? "," : "; members:", sums->counts[i],
                        counted[i].words);
    }
    if (sums->read)
        page_printf(page, "%s %" PRIu64 " missing", shown ? "," : "; members:", sums->missing);
    if (sums->changed)
        page_printf(page, ", %" PRIu64 " changed", sums->changed);
    if (sums->unread)
        page_printf(page, "; %" PRIu64 " channel%s not read", sums->unread,
                    sums->unread == 1 ? "" : "s");
}

void report_text_totals(const Page *page, const Json *root)
{
    size_t channels = row_count(root, "channels"), shown = 0;
    const Sums sums = text_add_up(root);

    page_printf(page, "%zu channel%s", channels, channels == 1 ? "" : "s");
    for (size_t worse = RESULT_FAILED + 1; worse > 0; worse--)
        text_count_result(page, root, report_result_text((Result)(worse - 1)), &shown);
    text_count_result(page, root, "", &shown);
    if (sums.elsewhere)
        page_printf(page, "%s %" PRIu64 " not of this host", shown ? "," : ":", sums.elsewhere);
    text_count_members(page, &sums);
    if (row_is_true(root, "dry_run"))
        page_puts(page, " (dry run: nothing was changed)");
    page_newline(page);
}

void report_text_totals_in_lines(const Page *page, const Json *root)
{
    _cleanup_(buf_done) Buf line = {0};
    const char *text, *part;
    size_t used = 0, length;

    report_text_totals(&(Page){.buf = &line}, root);
    page->buf->failed = page->buf->failed || line.failed;
    text = buf_text(&line);
    if (strlen(text) <= CHANNEL_TEXT_WIDTH + 1) {
        buf_puts(page->buf, text);
        return;
    }
    for (part = text; *part; part += length + strspn(part + length, " ")) {
        length = strcspn(part, ",;\n") + 1;
        if (used > 0 && (part[-2] == ';' || used + 1 + length > CHANNEL_TEXT_WIDTH)) {
            buf_puts(page->buf, "\n ");
            used = 1;
        }
        if (used > 0)
            buf_putc(page->buf, ' ');
        buf_append(page->buf, part, length);
        used += 1 + length;
    }
}

/* ---- the report ---- */

static int text_table(const Outline *outline, const Page *page)
{
    Table table;
    int r = 0;

    table_init(&table, outline_titles);
    for (size_t i = 0; i < row_count(outline->root, "channels"); i++) {
        const Json *channel = row_at(outline->root, "channels", i);
        OutlineRow row;

        if (!outline_has_row(outline, i))
            continue;
        outline_fill_row(channel, &row);
        table_add_row(&table);
        for (OutlineColumn column = 0; column < OUTLINE_COLUMNS; column++)
            table_add(&table, row.cells[column],
                      column == OUTLINE_RESULT ? page_colour_of(row_text(channel, "result"))
                                               : COLOUR_PLAIN);
    }
    if (table.row_count > 0 || table.failed) {
        page_newline(page);
        r = table_append(&table, page->colour, page->buf);
    }
    table_done(&table);
    return r;
}

static void text_blocks(const Outline *outline, const ReportSource *source, const Page *page)
{
    const ChannelTextOptions options = {
        .verbose = outline->verbose,
        .is_packed = text_add_up(outline->root).members > CHANNEL_TEXT_MEMBERS_APART_MAX,
        .is_one_of = row_count(outline->root, "instances") > 0,
    };
    bool is_first = true;

    for (size_t i = 0; i < row_count(outline->root, "channels"); i++) {
        const Json *channel;

        if (!outline_has_row(outline, i))
            continue;
        channel = report_source_channel(source, i, page->buf);
        if (!channel)
            return;
        if (is_first || !options.is_packed || options.verbose)
            page_newline(page);
        is_first = false;
        channel_text_append(page, channel, &options);
        report_source_flush(source, page->buf);
    }
}

int report_text_append(const ReportSource *source, const TextOptions *options, Buf *buf)
{
    const Page page = {.buf = buf, .colour = options->colour};
    Outline outline;
    int r = outline_init(&outline, source->root, options->verbose);

    report_text_totals_in_lines(&page, source->root);
    if (r == 0) {
        outline_append_instances(&outline, &page);
        r = text_table(&outline, &page);
    }
    if (r == 0 && !options->summary)
        text_blocks(&outline, source, &page);
    outline_done(&outline);
    return r < 0 ? r : buf_failed(buf);
}
