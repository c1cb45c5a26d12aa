/* SPDX-License-Identifier: MIT */
#include "daemon/report/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "daemon/base/mem.h"
#include "daemon/base/str.h"
#include "daemon/json/json_value.h"
#include "daemon/report/channel_text.h"
#include "daemon/report/failures.h"
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
    uint64_t missing, changed, members, unread, read;
} Sums;

/* The first entry of the same words, which has their sum. */
static size_t text_entry(size_t number)
{
    size_t first = 0;

    while (!str_equal(counted[first].words, counted[number].words))
        first++;
    return first;
}

static void text_add_outcomes(const Json *channel, Sums *sums)
{
    for (size_t i = 0; i < ELEMENTS(counted); i++) {
        for (size_t k = 0; k < row_count(channel, counted[i].array); k++) {
            const Json *row = row_at(channel, counted[i].array, k);

            sums->counts[text_entry(i)] += str_equal(row_text(row, "outcome"), counted[i].outcome);
        }
    }
}

static Sums text_add_up(const Json *root)
{
    Sums sums = {0};

    for (size_t i = 0; i < row_count(root, "channels"); i++) {
        const Json *channel = row_at(root, "channels", i);

        sums.read += row_was_read(channel);
        sums.unread += !row_was_read(channel);
        sums.missing += row_count(channel, "missing");
        sums.changed += row_count(channel, "changed");
        sums.members += row_count(channel, "extra") + row_count(channel, "missing") +
                        row_count(channel, "changed");
        text_add_outcomes(channel, &sums);
    }
    return sums;
}

/* Says how many channels have a result, where any has; "": no pass has looked at them yet. */
static void text_count_result(const Page *page, const Json *root, const char *result, size_t *shown)
{
    uint64_t count = 0;

    for (size_t i = 0; i < row_count(root, "channels"); i++)
        count += str_equal(row_text(row_at(root, "channels", i), "result"), result);
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
    text_count_members(page, &sums);
    if (row_is_true(root, "dry_run"))
        page_puts(page, " (dry run: nothing was changed)");
    page_newline(page);
}

/* ---- what concerns a whole instance ---- */

/* What holds all of an instance back. */
static void text_instances(const Page *page, const Json *root)
{
    for (size_t i = 0; i < row_count(root, "instances"); i++) {
        const Json *instance = row_at(root, "instances", i);

        if (row_count(instance, "guards") == 0)
            continue;
        channel_text_instance(page, instance);
    }
}

/* ---- the report ---- */

static bool text_is_open(const Json *channel)
{
    return report_result_of(row_text(channel, "result")) != RESULT_IN_SYNC;
}

/* A text, cut to so many bytes. */
static void text_cut(Table *table, const char *before, const char *text, int size_max)
{
    bool is_cut = strlen(text) > (size_t)size_max;

    table_printf(table, "%s%.*s%s", before, is_cut ? size_max - 3 : size_max, text,
                 is_cut ? "..." : "");
}

static void text_pause(Table *table, const Json *pause)
{
    char before[64];

    snprintf(before, sizeof(before), "%s: ", row_pause(pause));
    text_cut(table, before, row_text(pause, "reason"), 40);
}

static void text_why(Table *table, const Json *channel)
{
    const Json *guard = row_at(channel, "guards", 0), *pause = json_find(channel, "pause");
    size_t more = row_count(channel, "guards");

    if (pause && str_equal(row_text(channel, "result"), "paused"))
        text_pause(table, pause);
    else if (guard && channel_text_is_held_by_pass(channel))
        table_add(table, "its instance is held as a whole", COLOUR_PLAIN);
    else if (guard && more > 1)
        table_printf(table, "%s %s, limit %s (+%zu)", row_text(guard, "name"),
                     row_text(guard, "planned"), row_text(guard, "limit"), more - 1);
    else if (guard)
        table_printf(table, "%s %s, limit %s", row_text(guard, "name"), row_text(guard, "planned"),
                     row_text(guard, "limit"));
    else if (pause)
        text_pause(table, pause);
    else if (row_count(channel, "changed") > 0 && !json_find(channel, "error"))
        table_printf(table, "%zu changed", row_count(channel, "changed"));
    else
        text_cut(table, "", row_text(json_find(channel, "error"), "message"), 60);
}

static void text_number(Table *table, const Json *channel, const char *key)
{
    if (row_was_read(channel))
        table_printf(table, "%zu", row_count(channel, key));
    else
        table_add(table, NULL, COLOUR_PLAIN);
}

/* A report on its way into words. */
typedef struct Rendering {
    Page page;
    const Json *root;
    const TextOptions *options;
    Failures failures;
} Rendering;

/* Whether it stands in the table: what others of its instance share is told once, above it. */
static bool text_is_listed(const Rendering *rendering, size_t number)
{
    const Json *channel = row_at(rendering->root, "channels", number);

    return (rendering->options->verbose || text_is_open(channel)) &&
           !failures_is_shared(&rendering->failures, number);
}

static void text_row(Table *table, const Json *channel)
{
    const char *result = row_text(channel, "result");
    char name[ROW_NAME_SIZE];

    table_add_row(table);
    table_add(table, row_channel(channel, name, sizeof(name)), COLOUR_PLAIN);
    table_add(table, page_words_of(result), page_colour_of(result));
    table_add(table, row_text(channel, "live"), COLOUR_PLAIN);
    table_add(table, row_text(channel, "desired"), COLOUR_PLAIN);
    text_number(table, channel, "extra");
    text_number(table, channel, "missing");
    text_why(table, channel);
}

static int text_table(const Rendering *rendering)
{
    static const char *const titles[] = {"CHANNEL", "RESULT",   "#LIVE", "#DESIRED",
                                         "#EXTRA",  "#MISSING", "WHY",   NULL};
    Table table;
    int r = 0;

    table_init(&table, titles);
    for (size_t i = 0; i < row_count(rendering->root, "channels"); i++) {
        if (text_is_listed(rendering, i))
            text_row(&table, row_at(rendering->root, "channels", i));
    }
    if (table.row_count > 0 || table.failed) {
        page_newline(&rendering->page);
        r = table_append(&table, rendering->page.colour, rendering->page.buf);
    }
    table_done(&table);
    return r;
}

static void text_blocks(const Rendering *rendering)
{
    const ChannelTextOptions options = {
        .verbose = rendering->options->verbose,
        .is_packed = text_add_up(rendering->root).members > CHANNEL_TEXT_MEMBERS_APART_MAX,
        .is_one_of = row_count(rendering->root, "instances") > 0,
    };
    bool is_first = true;

    for (size_t i = 0; i < row_count(rendering->root, "channels"); i++) {
        if (!text_is_listed(rendering, i))
            continue;
        if (is_first || !options.is_packed || options.verbose)
            page_newline(&rendering->page);
        is_first = false;
        channel_text_append(&rendering->page, row_at(rendering->root, "channels", i), &options);
    }
}

int report_text_append(const Json *root, const TextOptions *options, Buf *buf)
{
    Rendering rendering = {
        .page = {.buf = buf, .colour = options->colour}, .root = root, .options = options};
    int r = failures_collect(&rendering.failures, root);

    report_text_totals(&rendering.page, root);
    if (r == 0)
        channel_text_failures(&rendering.page, root, &rendering.failures);
    text_instances(&rendering.page, root);
    if (r == 0)
        r = text_table(&rendering);
    if (r == 0 && !options->summary)
        text_blocks(&rendering);
    failures_done(&rendering.failures);
    return r < 0 ? r : buf_failed(buf);
}
