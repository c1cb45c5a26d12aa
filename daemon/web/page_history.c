/* SPDX-License-Identifier: MIT */
#include "daemon/web/page_history.h"

#include <inttypes.h>

#include "daemon/base/str.h"
#include "daemon/report/pause.h"
#include "daemon/report/row.h"
#include "daemon/web/page_html.h"
#include "reconcile/report/report.h"

/* ---- what happens next ---- */

static void page_history_append_instance(Buf *buf, const Json *instance)
{
    uint64_t failures = row_number(instance, "failed_passes");

    buf_puts(buf, "<li><strong>");
    page_html_text(buf, row_text(instance, "name"));
    buf_puts(buf, "</strong> ");
    if (row_is_true(instance, "pass_under_way")) {
        buf_puts(buf, "a pass is under way");
        if (row_text(instance, "progress")[0])
            page_html_printf(buf, ": %s", row_text(instance, "progress"));
    } else if (row_text(instance, "next_pass")[0]) {
        buf_puts(buf, "next pass ");
        page_html_time(buf, row_text(instance, "next_pass"), "in");
    } else {
        buf_puts(buf, "no pass is planned");
    }
    buf_puts(buf, "; last pass ended ");
    page_html_time(buf, row_text(instance, "last_pass_ended"), "ago");
    if (failures > 0)
        buf_printf(buf, "; could not be read, %" PRIu64 " pass%s in a row", failures,
                   failures == 1 ? "" : "es");
    buf_puts(buf, "</li>\n");
}

/* Pauses of more than one channel, and of channels that no roster names. */
static void page_history_append_pause(Buf *buf, const Json *row, const Json *pause,
                                      const char *words)
{
    char name[ROW_NAME_SIZE];

    buf_puts(buf, "<li><strong>");
    page_html_text(buf, words[0] ? row_channel(row, name, sizeof(name))
                                 : report_pause_scope(row, name, sizeof(name)));
    buf_printf(buf, "</strong> paused%s: ", words);
    page_html_text(buf, row_text(pause, "reason"));
    buf_puts(buf, row_text(pause, "until")[0] ? ", until " : ", without end");
    if (row_text(pause, "until")[0])
        page_html_time(buf, row_text(pause, "until"), "in");
    buf_puts(buf, "</li>\n");
}

static void page_history_append_left(Buf *buf, const Json *row)
{
    const Json *members = json_find(row, "members");
    char name[ROW_NAME_SIZE];

    buf_puts(buf, "<li><strong>");
    page_html_text(buf, row_channel(row, name, sizeof(name)));
    buf_puts(buf, "</strong> in no roster, disabled by rosterd:");
    for (size_t i = 0; i < json_length(members); i++)
        page_html_printf(buf, "%s %s", i > 0 ? "," : "", json_as_text(json_at(members, i)));
    buf_puts(buf, "</li>\n");
}

void page_history_append_next(Buf *buf, const Json *root)
{
    buf_puts(buf, "<section id=\"next\">\n<h2>What happens next</h2>\n<ul class=\"plain\">\n");
    for (size_t i = 0; i < row_count(root, "instances"); i++) {
        if (!row_is_elsewhere(row_at(root, "instances", i)))
            page_history_append_instance(buf, row_at(root, "instances", i));
    }
    for (size_t i = 0; i < row_count(root, "pauses"); i++) {
        const Json *pause = row_at(root, "pauses", i);

        if (!str_equal(row_text(pause, "scope"), channel_record_scope_text(PAUSE_SCOPE_CHANNEL)))
            page_history_append_pause(buf, pause, pause, "");
    }
    for (size_t i = 0; i < row_count(root, "other_pauses"); i++) {
        const Json *row = row_at(root, "other_pauses", i);

        page_history_append_pause(buf, row, json_find(row, "pause"), ", in no roster");
    }
    for (size_t i = 0; i < row_count(root, "other_quarantined"); i++)
        page_history_append_left(buf, row_at(root, "other_quarantined", i));
    buf_puts(buf, "</ul>\n</section>\n");
}

/* ---- what was done ---- */

static void page_history_append_outcome(Buf *buf, const Json *action)
{
    const char *outcome = row_text(action, "outcome");
    static const Outcome unlike[] = {OUTCOME_FAILED, OUTCOME_SKIPPED};

    if (!outcome[0]) {
        page_html_printf(buf, "%s, not decided yet:", row_text(action, "kind"));
        return;
    }
    for (size_t i = 0; i < ELEMENTS(unlike); i++) {
        if (str_equal(outcome, ops_outcome_text(unlike[i])))
            page_html_printf(buf, "%s ", row_text(action, "kind"));
    }
    buf_printf(buf, "<span class=\"%s\">",
               str_equal(outcome, ops_outcome_text(OUTCOME_FAILED)) ? "trouble" : "done");
    page_html_printf(buf, "%s", outcome);
    buf_puts(buf, "</span>");
}

static void page_history_append_action(Buf *buf, const Json *action)
{
    bool is_addition = json_find(action, "member") == NULL;
    const char *name = row_text(action, "name"), *code = row_text(action, "code");
    char member[ROW_MEMBER_SIZE];

    row_member(json_find(action, is_addition ? "after" : "member"), member);
    buf_printf(buf, "<li data-key=\"%" PRIu64 "\">", row_number(action, "action"));
    page_html_time(buf, row_text(action, "time"), "");
    buf_puts(buf, " ");
    page_history_append_outcome(buf, action);
    buf_puts(buf, " <code>");
    page_html_text(buf, member);
    buf_puts(buf, "</code> in ");
    page_html_printf(buf, "%s/%s", row_text(action, "instance"),
                     name[0] ? name : row_text(action, "channel"));
    if (row_text(action, "undo_of")[0])
        page_html_printf(buf, ", undoing %s", row_text(action, "undo_of"));
    buf_puts(buf, " <span class=\"quiet\">");
    if (row_text(action, "http")[0])
        page_html_printf(buf, "HTTP %s%s%s, ", row_text(action, "http"), code[0] ? " " : "", code);
    page_html_printf(buf, "pass %s", row_text(action, "pass"));
    buf_puts(buf, "</span></li>\n");
}

static void page_history_append_actions(Buf *buf, const Json *history)
{
    size_t count = row_count(history, "actions");

    if (count == 0) {
        buf_puts(buf, "<p>Nothing was changed yet.</p>\n");
        return;
    }
    buf_puts(buf, "<h3>Newest changes</h3>\n<ol class=\"changes\">\n");
    for (size_t i = count; i > 0; i--)
        page_history_append_action(buf, row_at(history, "actions", i - 1));
    buf_puts(buf, "</ol>\n<p class=\"quiet\">All of them, and how to turn a pass back:</p>\n");
    page_html_command(buf, "rosterctl history --since 1d");
    page_html_command(buf, "rosterctl undo --pass %s --dry-run",
                      row_text(row_at(history, "actions", count - 1), "pass"));
}

void page_history_append(Buf *buf, const Json *history, const PageTimeline *timeline)
{
    buf_puts(buf, "<section id=\"done\">\n<h2>What was done</h2>\n");
    if (history) {
        page_timeline_append(buf, timeline);
        page_history_append_actions(buf, history);
    } else {
        buf_puts(buf, "<p>The history cannot be read: the state cannot be used.</p>\n");
    }
    buf_puts(buf, "</section>\n");
}
