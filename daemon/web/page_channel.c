/* SPDX-License-Identifier: MIT */
#include "daemon/web/page_channel.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "config/guards.h"
#include "config/mode.h"
#include "daemon/base/digest.h"
#include "daemon/base/str.h"
#include "daemon/report/channel_text.h"
#include "daemon/report/page.h"
#include "daemon/report/row.h"
#include "daemon/report/status_text.h"
#include "daemon/web/page_html.h"
#include "daemon/web/page_members.h"

static bool page_channel_is(const Json *channel, Result result)
{
    return str_equal(row_text(channel, "result"), report_result_text(result));
}

const char *page_channel_words(const Json *channel)
{
    const char *result = row_text(channel, "result");

    return result[0] ? page_words_of(result) : "not read yet";
}

bool page_channel_is_trouble(const Json *channel)
{
    return row_text(channel, "result")[0] &&
           report_result_of(row_text(channel, "result")) >= RESULT_HELD;
}

/* ---- why ---- */

static void page_channel_append_guard(Buf *buf, const Json *object, const Json *guard)
{
    const GuardRow *row = guards_find(row_text(guard, "name"));
    char text[768], words[512];

    snprintf(text, sizeof(text), "%s %s: %s", row_text(guard, "name"), channel_text_verb(object),
             channel_text_guard(guard, words, sizeof(words)));
    buf_puts(buf, "<li>");
    page_html_text(buf, text);
    if (!row_text(guard, "why")[0] && (!row || row->several[0]))
        page_html_bar(buf, row_number(guard, "planned"), row_number(guard, "limit"), text);
    buf_puts(buf, "</li>\n");
}

void page_channel_append_guards(Buf *buf, const Json *object)
{
    if (row_count(object, "guards") == 0)
        return;
    buf_puts(buf, "<ul class=\"guards\">\n");
    for (size_t i = 0; i < row_count(object, "guards"); i++)
        page_channel_append_guard(buf, object, row_at(object, "guards", i));
    buf_puts(buf, "</ul>\n");
}

/* The code and status stand in most messages already. */
void page_channel_append_error(Buf *buf, const Json *error)
{
    static const char *const keys[][2] = {
        {"http", "HTTP "}, {"code", "code "}, {"request_id", "request "}};
    const char *message = row_text(error, "message");
    size_t shown = 0;

    buf_puts(buf, "<p class=\"error\">");
    page_html_text(buf, message);
    for (size_t i = 0; i < ELEMENTS(keys); i++) {
        const char *text = row_text(error, keys[i][0]);

        if (!text[0] || strstr(message, text))
            continue;
        page_html_printf(buf, "%s%s%s", shown++ ? ", " : " (", keys[i][1], text);
    }
    buf_puts(buf, shown ? ")</p>\n" : "</p>\n");
}

static void page_channel_append_pause(Buf *buf, const Json *pause)
{
    buf_puts(buf, "<p>");
    page_html_printf(buf, "%s: %s", row_pause(pause), row_text(pause, "reason"));
    buf_puts(buf, row_text(pause, "until")[0] ? ", until " : ", without end");
    if (row_text(pause, "until")[0])
        page_html_time(buf, row_text(pause, "until"), "in");
    buf_puts(buf, ".</p>\n");
}

static void page_channel_append_since(Buf *buf, const Json *channel)
{
    const char *since = row_text(channel, "since"), *listed = row_text(channel, "listed");

    buf_puts(buf, "<p class=\"since\">");
    if (since[0]) {
        page_html_printf(buf, "%s since ", page_channel_words(channel));
        page_html_time(buf, since, "ago");
        buf_puts(buf, row_is_true(channel, "since_or_before") ? " or before" : "");
        buf_puts(buf, "; ");
    }
    buf_puts(buf, "last read ");
    page_html_time(buf, listed, "ago");
    buf_puts(buf, ".</p>\n");
}

/* ---- what next ---- */

static const Json *page_channel_find_instance(const Json *root, const char *name)
{
    for (size_t i = 0; i < row_count(root, "instances"); i++) {
        if (str_equal(row_text(row_at(root, "instances", i), "name"), name))
            return row_at(root, "instances", i);
    }
    return NULL;
}

static void page_channel_append_next_pass(Buf *buf, const Json *root, const Json *channel)
{
    const Json *instance = page_channel_find_instance(root, row_text(channel, "instance"));

    if (row_is_true(instance, "pass_under_way")) {
        buf_puts(buf, "in the pass under way");
        return;
    }
    buf_puts(buf, "with the next pass");
    if (row_text(instance, "next_pass")[0]) {
        buf_puts(buf, ", ");
        page_html_time(buf, row_text(instance, "next_pass"), "in");
    }
}

/* What a result that is no pause leads to; NULL: it depends on the next pass. */
static const char *page_channel_consequence(const Json *channel)
{
    bool is_observed = str_equal(row_text(channel, "mode"), mode_text(MODE_OBSERVE));

    if (page_channel_is(channel, RESULT_HELD) && channel_text_waits_for_fleet(channel))
        return "changes begin by themselves when that is over; no approval passes it.";
    if (page_channel_is(channel, RESULT_HELD))
        return "nothing is changed here until the plan is within its guards, or is approved.";
    if (page_channel_is(channel, RESULT_UNMANAGEABLE))
        return "rosterd leaves it as it is.";
    if (page_channel_is(channel, RESULT_QUARANTINED))
        return "members in quarantine are deleted when their time is over.";
    if (page_channel_is(channel, RESULT_DRIFT) && is_observed)
        return "in mode observe nothing is changed.";
    if (page_channel_is(channel, RESULT_DRIFT) && row_total(channel, "missing") > 0 &&
        str_equal(row_text(channel, "mode"), mode_text(MODE_PRUNE)))
        return "in mode prune missing members are not added.";
    return NULL;
}

static void page_channel_append_next(Buf *buf, const Json *root, const Json *channel)
{
    const char *consequence = page_channel_consequence(channel);

    buf_puts(buf, "<p class=\"next\">Next: ");
    if (row_is_true(channel, "approved")) {
        _cleanup_(buf_done) Buf text = {0};

        status_text_append_approval(root, channel, &text);
        buf->failed = buf->failed || text.failed;
        page_html_printf(buf, "%s.", buf_text(&text));
    } else if (json_find(channel, "pause")) {
        buf_puts(buf, "it is read and reported; nothing is changed until that has ended.");
    } else if (consequence) {
        page_html_text(buf, consequence);
    } else {
        buf_puts(buf,
                 page_channel_is(channel, RESULT_FAILED) ? "it is tried again " : "it is read ");
        page_channel_append_next_pass(buf, root, channel);
        buf_puts(buf, ".");
    }
    buf_puts(buf, "</p>\n");
}

/* ---- what to run ---- */

static bool page_channel_is_plain(const char *text)
{
    return text[0] && text[strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                        "0123456789._-")] == '\0';
}

/* Appends a text as one word of a shell. */
static void page_channel_append_quoted(Buf *buf, const char *text)
{
    buf_putc(buf, '\'');
    for (; *text; text++) {
        if (*text == '\'')
            buf_puts(buf, "'\\''");
        else
            buf_putc(buf, *text);
    }
    buf_putc(buf, '\'');
}

/* CHANNEL of a command: by its id where its name is more than a plain word. */
static void page_channel_append_reference(Buf *buf, const Json *channel)
{
    const char *name = row_text(channel, "name"), *id = row_text(channel, "id");
    char whole[ROW_NAME_SIZE];

    if (page_channel_is_plain(name))
        buf_puts(buf, row_channel(channel, whole, sizeof(whole)));
    else if (id[0])
        buf_printf(buf, "%s/%s", row_text(channel, "instance"), id);
    else
        page_channel_append_quoted(buf, row_channel(channel, whole, sizeof(whole)));
}

/* The pause that `resume` would end. */
static void page_channel_append_resume(Buf *buf, const Json *channel, const char *reference)
{
    const char *scope = row_text(json_find(channel, "pause"), "scope");

    if (str_equal(scope, channel_record_scope_text(PAUSE_SCOPE_ALL)))
        page_html_command(buf, "rosterctl resume --all");
    else if (str_equal(scope, channel_record_scope_text(PAUSE_SCOPE_INSTANCE)))
        page_html_command(buf, "rosterctl resume --instance %s", row_text(channel, "instance"));
    else if (str_equal(scope, channel_record_scope_text(PAUSE_SCOPE_CHANNEL)))
        page_html_command(buf, "rosterctl resume %s", reference);
}

static void page_channel_append_commands(Buf *buf, const Json *channel)
{
    _cleanup_(buf_done) Buf reference = {0};

    page_channel_append_reference(&reference, channel);
    buf->failed = buf->failed || reference.failed;
    if (page_channel_is(channel, RESULT_HELD) && channel_text_has_plan(channel) &&
        !row_is_true(channel, "approved") && !channel_text_is_held_by_pass(channel) &&
        !channel_text_waits_for_fleet(channel))
        page_html_command(buf, "rosterctl approve %.*s", DIGEST_SHORT, row_text(channel, "digest"));
    page_channel_append_resume(buf, channel, buf_text(&reference));
    if (page_channel_is(channel, RESULT_FAILED))
        page_html_command(buf, "rosterctl reconcile %s", buf_text(&reference));
}

/* ---- a channel ---- */

void page_channel_append_case(Buf *buf, const Json *root, const Json *channel, bool with_members)
{
    const Json *pause = json_find(channel, "pause"), *error = json_find(channel, "error");

    page_channel_append_since(buf, channel);
    if (error)
        page_channel_append_error(buf, error);
    page_channel_append_guards(buf, channel);
    if (pause)
        page_channel_append_pause(buf, pause);
    if (with_members)
        page_members_append_brief(buf, channel);
    page_channel_append_next(buf, root, channel);
    page_channel_append_commands(buf, channel);
}

static void page_channel_append_fact(Buf *buf, const char *title, const char *text)
{
    if (!text[0])
        return;
    buf_printf(buf, "<div><dt>%s</dt><dd>", title);
    page_html_text(buf, text);
    buf_puts(buf, "</dd></div>");
}

static void page_channel_append_facts(Buf *buf, const Json *channel)
{
    static const struct {
        const char *title, *key;
    } facts[] = {{"Mode", "mode"},       {"Live", "live"},         {"Desired", "desired"},
                 {"Ignored", "ignored"}, {"Disabled", "disabled"}, {"Owner", "owner"},
                 {"Channel id", "id"},   {"Digest", "digest"}};

    buf_puts(buf, "<dl>");
    for (size_t i = 0; i < ELEMENTS(facts); i++)
        page_channel_append_fact(buf, facts[i].title, row_text(channel, facts[i].key));
    if (row_text(channel, "next_opening")[0]) {
        buf_puts(buf, "<div><dt>Window opens</dt><dd>");
        page_html_time(buf, row_text(channel, "next_opening"), "in");
        buf_puts(buf, "</dd></div>");
    }
    buf_puts(buf, "</dl>\n");
}

static void page_channel_append_summary(Buf *buf, const Json *channel)
{
    char name[ROW_NAME_SIZE];

    buf_puts(buf, "<summary><span class=\"name\">");
    page_html_text(buf, row_channel(channel, name, sizeof(name)));
    buf_printf(buf, "</span> <span class=\"result%s\">%s</span> <span class=\"numbers\">",
               page_channel_is_trouble(channel) ? " trouble" : "", page_channel_words(channel));
    if (row_was_read(channel))
        page_html_printf(buf, "%s of %s", row_text(channel, "live"), row_text(channel, "desired"));
    buf_puts(buf, "</span>");
    page_members_append_counts(buf, channel);
    buf_puts(buf, "</summary>\n");
}

/* All there is to say of one in sync. */
static void page_channel_append_calm(Buf *buf, const Json *channel)
{
    page_channel_append_since(buf, channel);
    buf_puts(buf, "<p class=\"since\">");
    page_html_printf(buf, "Mode %s, id %s", row_text(channel, "mode"), row_text(channel, "id"));
    if (row_number(channel, "ignored") > 0)
        page_html_printf(buf, ", %s ignored", row_text(channel, "ignored"));
    if (row_number(channel, "disabled") > 0)
        page_html_printf(buf, ", %s disabled", row_text(channel, "disabled"));
    buf_puts(buf, ".</p>\n");
}

void page_channel_append(Buf *buf, const Json *root, const Json *channel, size_t number)
{
    const char *id = row_text(channel, "id");

    buf_printf(buf, "<details class=\"channel\" id=\"c%zu\" data-result=\"%s\" data-key=\"", number,
               row_text(channel, "result"));
    page_html_printf(buf, "%s/%s", row_text(channel, "instance"),
                     id[0] ? id : row_text(channel, "name"));
    buf_puts(buf, "\">");
    page_channel_append_summary(buf, channel);
    if (page_channel_is(channel, RESULT_IN_SYNC)) {
        page_channel_append_calm(buf, channel);
    } else {
        page_channel_append_case(buf, root, channel, false);
        page_members_append_lists(buf, channel);
        page_channel_append_facts(buf, channel);
    }
    buf_puts(buf, "</details>\n");
}
