/* SPDX-License-Identifier: MIT */
#include "daemon/report/status_text.h"

#include <inttypes.h>

#include "config/mode.h"
#include "daemon/base/digest.h"
#include "daemon/base/str.h"
#include "daemon/json/json_value.h"
#include "daemon/report/channel_text.h"
#include "daemon/report/fleet_text.h"
#include "daemon/report/page.h"
#include "daemon/report/row.h"
#include "daemon/report/table.h"
#include "daemon/report/text.h"
#include "reconcile/report/report.h"

/* ---- what concerns the whole daemon ---- */

static void status_text_line(const Page *page, Colour colour, const char *before, const char *text)
{
    if (!text[0])
        return;
    page_paint(page, colour, "%s%s", before, text);
    page_newline(page);
}

static void status_text_pull(const Page *page, const Json *pull)
{
    bool is_failing = row_is_true(pull, "is_failing");

    page_printf(page, "git %s: ", row_text(pull, "clone"));
    if (is_failing)
        page_paint(page, COLOUR_RED, "the pull failed at %s: %s; ", row_text(pull, "failure"),
                   row_text(pull, "message"));
    if (row_text(pull, "success")[0])
        page_printf(page, "%s at %s, commit %.12s", is_failing ? "last success" : "pulled",
                    row_text(pull, "success"), row_text(pull, "commit"));
    else
        page_puts(page, "no pull has succeeded yet");
    page_newline(page);
}

/* Those who are told of things and do not take it. */
static void status_text_notify(const Page *page, const Json *root)
{
    for (size_t i = 0; i < row_count(root, "notify"); i++) {
        const Json *notifier = row_at(root, "notify", i);

        if (!row_text(notifier, "error")[0])
            continue;
        page_paint(page, COLOUR_RED, "notify[%zu] (%s): notices are not taken: %s; %s wait", i,
                   row_text(notifier, "format"), row_text(notifier, "error"),
                   row_text(notifier, "waiting"));
        page_newline(page);
    }
}

static void status_text_head(const Page *page, const Json *root)
{
    const Json *roster = json_find(root, "roster");

    page_printf(page, "rosterd %s, pid %s%s, as of %s", row_text(root, "version"),
                row_text(root, "pid"), row_is_true(root, "dry_run") ? ", dry run" : "",
                row_text(root, "time"));
    page_newline(page);
    if (row_text(roster, "digest")[0]) {
        page_printf(page, "rosters %.*s%s%s", DIGEST_SHORT, row_text(roster, "digest"),
                    row_text(roster, "head")[0] ? ", git head " : "", row_text(roster, "head"));
        page_newline(page);
    }
    for (size_t i = 0; i < row_count(root, "git"); i++)
        status_text_pull(page, row_at(root, "git", i));
    if (row_text(root, "invalid")[0]) {
        page_paint(page, COLOUR_RED,
                   "INVALID settings or rosters, the last good ones stay in force: %s; rosterctl "
                   "validate prints every mistake",
                   row_text(root, "invalid"));
        page_newline(page);
    }
    status_text_line(page, COLOUR_RED, "", row_text(root, "state_error"));
    status_text_line(page, COLOUR_RED,
                     "which channels are paused is not known: ", row_text(root, "pauses_error"));
    status_text_notify(page, root);
    if (json_find(root, "fleet"))
        fleet_text_append_trouble(page, json_find(root, "fleet"));
}

void status_text_append_approval(const Json *root, const Json *channel, Buf *buf)
{
    const char *instance = row_text(channel, "instance"), *next = "";

    buf_puts(buf, "approved: ");
    if (json_find(channel, "pause") && !row_is_true(channel, "opens_window")) {
        bool is_window = str_equal(row_text(json_find(channel, "pause"), "scope"),
                                   channel_record_scope_text(PAUSE_SCOPE_WINDOW));

        buf_printf(buf, "waits for %s",
                   is_window ? "its change window to open" : "the end of its pause");
        return;
    }
    if (str_equal(row_text(channel, "mode"), mode_text(MODE_OBSERVE))) {
        buf_puts(buf, "waits for another mode than observe");
        return;
    }
    for (size_t i = 0; i < row_count(root, "instances"); i++) {
        const Json *row = row_at(root, "instances", i);

        if (str_equal(row_text(row, "name"), instance[0] ? instance : row_text(channel, "name")))
            next = row_text(row, "next_pass");
    }
    buf_printf(buf, "waits for the next pass%s%s; rosterctl reconcile has one begin at once",
               next[0] ? " at " : "", next);
}

/* A line, where its plan is approved. */
static void status_text_approved(const Page *page, const Json *root, const Json *object)
{
    _cleanup_(buf_done) Buf text = {0};

    if (!row_is_true(object, "approved"))
        return;
    status_text_append_approval(root, object, &text);
    page_printf(page, "  %s", buf_text(&text));
    page_newline(page);
}

/* What the passes of this host over an instance come to. */
static void status_text_passes(const Page *page, const Json *instance)
{
    uint64_t failures = row_number(instance, "failed_passes");

    if (row_text(instance, "last_pass")[0])
        page_printf(page, "last pass %s, ", row_text(instance, "last_pass"));
    if (row_is_true(instance, "pass_under_way"))
        page_puts(page, "a pass is under way");
    else
        page_printf(page, "next pass %s", row_text(instance, "next_pass"));
    if (failures > 0)
        page_printf(page, ", cannot be read (%" PRIu64 " pass%s in a row)", failures,
                    failures == 1 ? "" : "es");
}

/* Who owns it, and what the last pass of another host came to. */
static void status_text_owner(const Page *page, const Json *instance)
{
    const Json *fleet = json_find(instance, "fleet"), *record = json_find(fleet, "record");
    _cleanup_(buf_done) Buf owner = {0}, result = {0};
    Colour colour = row_text(fleet, "owner")[0] ? COLOUR_PLAIN : COLOUR_RED;

    fleet_text_append_owner(fleet, &owner);
    page_paint(page, colour, "%s", buf_text(&owner));
    if (!row_is_elsewhere(instance)) {
        page_puts(page, "; ");
        return;
    }
    fleet_text_append_record(record, &result);
    if (result.size > 0)
        page_printf(page, "; last pass ended %s: %s", row_text(record, "ended"), buf_text(&result));
}

static void status_text_instances(const Page *page, const Json *root)
{
    for (size_t i = 0; i < row_count(root, "instances"); i++) {
        const Json *instance = row_at(root, "instances", i);

        page_printf(page, "%s: ", row_text(instance, "name"));
        if (json_find(instance, "fleet"))
            status_text_owner(page, instance);
        if (!row_is_elsewhere(instance))
            status_text_passes(page, instance);
        page_newline(page);
        channel_text_guards(page, instance);
        status_text_approved(page, root, instance);
    }
}

/* ---- channels ---- */

static void status_text_number(Table *table, const Json *channel, const char *key)
{
    if (row_was_read(channel))
        table_printf(table, "%zu", row_total(channel, key));
    else
        table_add(table, NULL, COLOUR_PLAIN);
}

static void status_text_note_approval(Table *table, const Json *root, const Json *channel)
{
    _cleanup_(buf_done) Buf text = {0};

    if (!row_is_true(channel, "approved"))
        return;
    status_text_append_approval(root, channel, &text);
    table_note(table, "%s", buf_text(&text));
}

/* `is_told`: what it failed by stands above. */
static void status_text_notes(Table *table, const Json *root, const Json *channel, bool is_told)
{
    const Json *pause = json_find(channel, "pause"), *error = json_find(channel, "error");
    const char *digest = row_text(channel, "digest"), *until = row_text(pause, "until");

    for (size_t i = 0; i < row_count(channel, "guards"); i++) {
        const Json *guard = row_at(channel, "guards", i);
        char words[512];

        if (channel_text_is_held_by_pass(channel))
            break;
        table_note(table, "%s %s: %s", row_text(guard, "name"), channel_text_verb(channel),
                   channel_text_guard(guard, words, sizeof(words)));
    }
    if (row_total(channel, "changed") > 0)
        table_note(table, "%zu changed", row_total(channel, "changed"));
    if (channel_text_has_plan(channel))
        table_note(table, "digest %s", digest);
    status_text_note_approval(table, root, channel);
    if (pause)
        table_note(table, "%s: %s%s%s", row_pause(pause), row_text(pause, "reason"),
                   until[0] ? ", until " : ", without end", until);
    if (error && !is_told)
        table_note(table, "%s%s%s", row_text(error, "message"),
                   json_find(error, "request_id") ? ", request " : "",
                   row_text(error, "request_id"));
}

static void status_text_row(Table *table, const Json *root, const Json *channel, bool is_told)
{
    const char *result = row_text(channel, "result");
    char name[ROW_NAME_SIZE];

    table_add_row(table);
    table_add(table, row_channel(channel, name, sizeof(name)), COLOUR_PLAIN);
    table_add(table, result[0] ? result : "not read yet", page_colour_of(result));
    table_add(table, row_text(channel, "mode"), COLOUR_PLAIN);
    table_add(table, row_text(channel, "live"), COLOUR_PLAIN);
    table_add(table, row_text(channel, "desired"), COLOUR_PLAIN);
    status_text_number(table, channel, "extra");
    status_text_number(table, channel, "missing");
    table_add(table, row_text(channel, "listed"), COLOUR_PLAIN);
    status_text_notes(table, root, channel, is_told);
}

static bool status_text_is_problem(const Json *channel)
{
    Result result = report_result_of(row_text(channel, "result"));

    return (result != RESULT_IN_SYNC && result != RESULT_CONVERGED) || json_find(channel, "error");
}

static int status_text_channels(const Page *page, const Json *root, const Failures *failures,
                                bool problems)
{
    static const char *const titles[] = {"CHANNEL", "RESULT",   "MODE",   "#LIVE", "#DESIRED",
                                         "#EXTRA",  "#MISSING", "LISTED", NULL};
    Table table;
    int r = 0;

    table_init(&table, titles);
    for (size_t i = 0; i < row_count(root, "channels"); i++) {
        const Json *channel = row_at(root, "channels", i);

        if (!row_is_elsewhere(channel) && (!problems || status_text_is_problem(channel)))
            status_text_row(&table, root, channel, failures_is_shared(failures, i));
    }
    if (table.row_count > 0 || table.failed) {
        page_newline(page);
        r = table_append(&table, page->colour, page->buf);
    }
    table_done(&table);
    return r;
}

/* The channels, what several of them failed by alike once above them. */
static int status_text_all(const Page *page, const Json *root, bool problems)
{
    Failures failures;
    int r = failures_collect(&failures, root);

    if (r == 0) {
        channel_text_failures(page, root, &failures);
        r = status_text_channels(page, root, &failures, problems);
    }
    failures_done(&failures);
    return r;
}

/* All there is of one channel. */
static void status_text_single(const Page *page, const Json *root, const MembersMore *more)
{
    for (size_t i = 0; i < row_count(root, "channels"); i++) {
        const Json *channel = row_at(root, "channels", i);

        page_newline(page);
        channel_text_append(page, channel, &(ChannelTextOptions){.verbose = true, .more = more});
        status_text_approved(page, root, channel);
        page_printf(page, "  mode %s, %s live, %s desired", row_text(channel, "mode"),
                    row_was_read(channel) ? row_text(channel, "live") : "not known how many",
                    row_text(channel, "desired"));
        if (row_text(channel, "listed")[0])
            page_printf(page, ", listed %s", row_text(channel, "listed"));
        if (row_text(channel, "next_opening")[0])
            page_printf(page, ", its change window opens next at %s",
                        row_text(channel, "next_opening"));
        page_newline(page);
    }
}

/* Pauses of channels that are in no roster. */
static void status_text_other_pauses(const Page *page, const Json *root)
{
    for (size_t i = 0; i < row_count(root, "other_pauses"); i++) {
        const Json *row = row_at(root, "other_pauses", i), *pause = json_find(row, "pause");
        const char *name = row_text(row, "name"), *id = row_text(row, "id");
        const char *until = row_text(pause, "until");

        if (i == 0)
            page_newline(page);
        page_printf(page, "paused as well, in no roster: %s/%s%s%s%s: %s%s%s",
                    row_text(row, "instance"), name[0] ? name : id, name[0] && id[0] ? " (id " : "",
                    name[0] ? id : "", name[0] && id[0] ? ")" : "", row_text(pause, "reason"),
                    until[0] ? ", until " : ", without end", until);
        page_newline(page);
    }
}

/* What rosterd disabled in channels that are in no roster. */
static void status_text_other_quarantined(const Page *page, const Json *root)
{
    for (size_t i = 0; i < row_count(root, "other_quarantined"); i++) {
        const Json *row = row_at(root, "other_quarantined", i);
        const char *name = row_text(row, "name"), *id = row_text(row, "id");
        const Json *members = json_find(row, "members");

        if (i == 0)
            page_newline(page);
        page_printf(
            page, "disabled by rosterd, in no roster: %s/%s%s%s%s: ", row_text(row, "instance"),
            name[0] ? name : id, name[0] ? " (id " : "", name[0] ? id : "", name[0] ? ")" : "");
        for (size_t k = 0; k < row_count(row, "members"); k++)
            page_printf(page, "%s%s", k > 0 ? ", " : "", json_as_text(json_at(members, k)));
        page_newline(page);
    }
}

int status_text_append(const Json *root, const StatusTextOptions *options, Buf *buf)
{
    const Page page = {.buf = buf, .colour = options->colour};
    int r = 0;

    if (!options->is_single)
        report_text_totals_in_lines(&page, root);
    status_text_head(&page, root);
    status_text_instances(&page, root);
    if (options->is_single)
        status_text_single(&page, root, options->more);
    else
        r = status_text_all(&page, root, options->problems);
    status_text_other_pauses(&page, root);
    status_text_other_quarantined(&page, root);
    return r < 0 ? r : buf_failed(buf);
}
