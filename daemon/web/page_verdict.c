/* SPDX-License-Identifier: MIT */
#include "daemon/web/page_verdict.h"

#include <inttypes.h>

#include "daemon/base/digest.h"
#include "daemon/base/str.h"
#include "daemon/report/channel_text.h"
#include "daemon/report/failures.h"
#include "daemon/report/page.h"
#include "daemon/report/pause.h"
#include "daemon/report/row.h"
#include "daemon/report/status_text.h"
#include "daemon/web/page_channel.h"
#include "daemon/web/page_fleet.h"
#include "daemon/web/page_html.h"

/* Channels that are told above the list of all: what they have to say stands there too. */
#define PAGE_VERDICT_TROUBLES_MAX 12
#define PAGE_VERDICT_OTHERS_MAX 6

/* ---- what is wrong beside channels ---- */

/* A text of the daemon as a whole that is there only when something is wrong. */
typedef struct PageNotice {
    const char *key;
    const char *title;
    const char *consequence;
    const char *command; /* NULL: none helps */
    const char *since;   /* the key of the time since when; NULL: not known */
} PageNotice;

static const PageNotice notices[] = {
    {"invalid", "New settings or rosters are refused",
     "The last good ones stay in force until the files are valid again.", "rosterctl validate",
     "invalid_since"},
    {"state_error", "The state cannot be used",
     "Channels are read and reported; nothing is changed.", "rosterctl check", NULL},
    {"pauses_error", "Which channels are paused is not known",
     "A channel whose pauses cannot be read is not changed.", NULL, NULL},
};

static size_t page_verdict_count_notices(const Json *root)
{
    size_t count = row_number(root, "log_lines_lost") > 0;

    for (size_t i = 0; i < ELEMENTS(notices); i++)
        count += row_text(root, notices[i].key)[0] != '\0';
    for (size_t i = 0; i < row_count(root, "git"); i++)
        count += row_is_true(row_at(root, "git", i), "is_failing");
    return count;
}

static void page_verdict_open(Buf *buf, const char *key, const char *title)
{
    buf_puts(buf, "<li class=\"case\" data-key=\"");
    page_html_text(buf, key);
    buf_puts(buf, "\"><h3>");
    page_html_text(buf, title);
    buf_puts(buf, "</h3>\n");
}

static void page_verdict_append_notice(Buf *buf, const Json *root, const PageNotice *notice)
{
    const char *text = row_text(root, notice->key);

    if (!text[0])
        return;
    page_verdict_open(buf, notice->key, notice->title);
    if (notice->since && row_text(root, notice->since)[0]) {
        buf_puts(buf, "<p class=\"since\">Since ");
        page_html_time(buf, row_text(root, notice->since), "ago");
        buf_puts(buf, ".</p>\n");
    }
    buf_puts(buf, "<p class=\"error\">");
    page_html_text(buf, text);
    buf_printf(buf, "</p>\n<p class=\"next\">Next: %s</p>\n", notice->consequence);
    if (notice->command)
        page_html_command(buf, "%s", notice->command);
    buf_puts(buf, "</li>\n");
}

static void page_verdict_append_pull(Buf *buf, const Json *pull)
{
    if (!row_is_true(pull, "is_failing"))
        return;
    page_verdict_open(buf, row_text(pull, "clone"), "Rosters cannot be pulled from git");
    buf_puts(buf, "<p class=\"since\">Last success: ");
    page_html_time(buf, row_text(pull, "success"), "ago");
    buf_puts(buf, ".</p>\n<p class=\"error\">");
    page_html_printf(buf, "%s: %s", row_text(pull, "clone"), row_text(pull, "message"));
    buf_puts(buf,
             "</p>\n<p class=\"next\">Next: the rosters that were pulled last stay in force; it is "
             "tried again by its timer.</p>\n</li>\n");
}

static void page_verdict_append_notices(Buf *buf, const Json *root)
{
    for (size_t i = 0; i < ELEMENTS(notices); i++)
        page_verdict_append_notice(buf, root, &notices[i]);
    for (size_t i = 0; i < row_count(root, "git"); i++)
        page_verdict_append_pull(buf, row_at(root, "git", i));
    if (row_number(root, "log_lines_lost") > 0) {
        page_verdict_open(buf, "log", "Lines of the log were lost");
        buf_printf(buf, "<p>%" PRIu64 " since rosterd began.</p>\n</li>\n",
                   row_number(root, "log_lines_lost"));
    }
}

/* ---- the verdict ---- */

PageSums page_verdict_sum(const Json *root)
{
    PageSums sums = {.troubles =
                         page_verdict_count_notices(root) + page_fleet_count_troubles(root)};

    for (size_t i = 0; i < row_count(root, "channels"); i++) {
        const Json *channel = row_at(root, "channels", i);
        const char *result = row_text(channel, "result");

        sums.elsewhere += row_is_elsewhere(channel);
        if (row_is_elsewhere(channel))
            continue;
        sums.channels++;
        sums.troubles += page_channel_is_trouble(channel);
        if (result[0])
            sums.results[report_result_of(result)]++;
        else
            sums.unread++;
    }
    return sums;
}

/* The channels of some results: "2 channels failed". */
static bool page_verdict_append_some(Buf *buf, size_t count, const char *words)
{
    if (count == 0)
        return false;
    buf_printf(buf, "%zu %s %s", count, count == 1 ? "channel" : "channels", words);
    return true;
}

void page_verdict_append_title(Buf *buf, const Json *root, const PageSums *sums)
{
    size_t failed = sums->results[RESULT_FAILED] + sums->results[RESULT_UNMANAGEABLE];
    size_t in_sync = sums->results[RESULT_IN_SYNC] + sums->results[RESULT_CONVERGED];

    for (size_t i = 0; i < ELEMENTS(notices); i++) {
        if (row_text(root, notices[i].key)[0]) {
            buf_puts(buf, notices[i].title);
            return;
        }
    }
    if (page_verdict_append_some(buf, failed, "failed")) {
        if (sums->results[RESULT_HELD] > 0)
            buf_printf(buf, ", %zu held", sums->results[RESULT_HELD]);
    } else if (!page_verdict_append_some(buf, sums->results[RESULT_HELD], "held by a guard")) {
        if (sums->troubles > 0)
            buf_puts(buf, "Something wants a look");
        else if (sums->channels == 0 && sums->elsewhere > 0)
            buf_puts(buf, "Other hosts own all instances");
        else if (sums->channels == 0)
            buf_puts(buf, "No channels are in the rosters");
        else if (sums->unread > 0)
            buf_printf(buf, "%zu of %zu channels not read yet", sums->unread, sums->channels);
        else if (in_sync < sums->channels)
            buf_printf(buf, "Nothing failed; %zu of %zu channels not in sync",
                       sums->channels - in_sync, sums->channels);
        else if (sums->channels == 1)
            buf_puts(buf, "The channel is in sync");
        else
            buf_printf(buf, "All %zu channels are in sync", sums->channels);
    }
}

static void page_verdict_append_totals(Buf *buf, const Json *root, const PageSums *sums)
{
    size_t shown = 0;

    buf_puts(buf, "<p class=\"totals\">");
    page_html_count(buf, sums->channels, "channel", "channels");
    buf_puts(buf, " in ");
    page_html_count(buf, row_count(root, "instances"), "instance", "instances");
    for (size_t worse = RESULT_FAILED + 1; worse > 0; worse--) {
        if (sums->results[worse - 1] > 0)
            buf_printf(buf, "%s %zu %s", shown++ ? "," : ":", sums->results[worse - 1],
                       page_words_of(report_result_text((Result)(worse - 1))));
    }
    if (sums->unread > 0)
        buf_printf(buf, "%s %zu not read yet", shown ? "," : ":", sums->unread);
    if (sums->elsewhere > 0)
        buf_printf(buf, "; %zu more in instances that are not this host's", sums->elsewhere);
    buf_puts(buf,
             row_is_true(root, "dry_run") ? ". Dry run: nothing is changed.</p>\n" : ".</p>\n");
}

/* ---- instances and channels ---- */

/* Guards of a whole pass hold an instance. */
static void page_verdict_append_instance(Buf *buf, const Json *root, const Json *instance)
{
    _cleanup_(buf_done) Buf title = {0};

    if (row_count(instance, "guards") == 0)
        return;
    buf_printf(&title, "%s: held as a whole", row_text(instance, "name"));
    page_verdict_open(buf, buf_text(&title), buf_text(&title));
    page_channel_append_guards(buf, instance);
    buf_puts(buf, "<p class=\"next\">Next: ");
    if (row_is_true(instance, "approved")) {
        _cleanup_(buf_done) Buf text = {0};

        status_text_append_approval(root, instance, &text);
        buf->failed = buf->failed || text.failed;
        page_html_text(buf, buf_text(&text));
        buf_puts(buf, ".</p>\n");
    } else {
        buf_puts(buf, "no channel with deletions planned is changed until all of them together are "
                      "within these guards, or are approved.</p>\n");
        page_html_command(buf, "rosterctl approve %.*s", DIGEST_SHORT,
                          row_text(instance, "digest"));
    }
    buf_puts(buf, "</li>\n");
}

/* What several channels of an instance failed by alike is told once. */
static void page_verdict_append_shared(Buf *buf, const Json *root, const Failures *failures)
{
    for (size_t i = 0; i < failures->count; i++) {
        const Json *channel = row_at(root, "channels", i);
        _cleanup_(buf_done) Buf title = {0};

        if (!failures_is_shared(failures, i) || !failures_is_first(failures, i))
            continue;
        buf_printf(&title, "%s: %zu channels could not be read", row_text(channel, "instance"),
                   failures_count(failures, i));
        page_verdict_open(buf, buf_text(&title), buf_text(&title));
        page_channel_append_case(buf, root, channel, true);
        buf_puts(buf, "</li>\n");
    }
}

static void page_verdict_append_channel(Buf *buf, const Json *root, const Json *channel,
                                        size_t number)
{
    char name[ROW_NAME_SIZE];

    row_channel(channel, name, sizeof(name));
    buf_puts(buf, "<li class=\"case\" data-key=\"channel ");
    page_html_text(buf, name);
    buf_printf(buf, "\"><h3><a href=\"#c%zu\">", number);
    page_html_text(buf, name);
    buf_printf(buf, "</a> <span class=\"result%s\">%s</span></h3>\n",
               page_channel_is_trouble(channel) ? " trouble" : "", page_channel_words(channel));
    page_channel_append_case(buf, root, channel, true);
    buf_puts(buf, "</li>\n");
}

/* Whether guards of a pass hold it, which is told of its instance. */
static bool page_verdict_is_told(const Json *channel, const Failures *failures, size_t number)
{
    return failures_is_shared(failures, number) ||
           (report_result_of(row_text(channel, "result")) == RESULT_HELD &&
            channel_text_is_held_by_pass(channel));
}

/* The channels with a result, up to `*left`; counts those that were left out in `*cut`. */
static void page_verdict_append_result(Buf *buf, const Json *root, const Failures *failures,
                                       Result result, size_t *left, size_t *cut)
{
    for (size_t i = 0; i < failures->count; i++) {
        const Json *channel = row_at(root, "channels", i);

        if (!str_equal(row_text(channel, "result"), report_result_text(result)) ||
            page_verdict_is_told(channel, failures, i))
            continue;
        if (*left == 0) {
            (*cut)++;
            continue;
        }
        (*left)--;
        page_verdict_append_channel(buf, root, channel, i);
    }
}

static void page_verdict_append_results(Buf *buf, const Json *root, const Failures *failures,
                                        Result worst, Result best, size_t left)
{
    size_t cut = 0;

    for (size_t result = worst + 1; result > best; result--)
        page_verdict_append_result(buf, root, failures, (Result)(result - 1), &left, &cut);
    if (cut > 0)
        buf_printf(buf,
                   "<li class=\"case\" data-key=\"more %d\"><p>and %zu more, in the <a "
                   "href=\"#channels\">list of channels</a>.</p></li>\n",
                   (int)worst, cut);
}

static void page_verdict_append_cases(Buf *buf, const Json *root, const Failures *failures)
{
    _cleanup_(buf_done) Buf cases = {0}, others = {0};

    page_verdict_append_notices(&cases, root);
    page_fleet_append_cases(&cases, root);
    for (size_t i = 0; i < row_count(root, "instances"); i++)
        page_verdict_append_instance(&cases, root, row_at(root, "instances", i));
    page_verdict_append_shared(&cases, root, failures);
    page_verdict_append_results(&cases, root, failures, RESULT_FAILED, RESULT_HELD,
                                PAGE_VERDICT_TROUBLES_MAX);
    page_verdict_append_results(&others, root, failures, RESULT_DRIFT, RESULT_PAUSED,
                                PAGE_VERDICT_OTHERS_MAX);
    buf->failed = buf->failed || cases.failed || others.failed;
    if (cases.size > 0)
        buf_printf(buf, "<h2>What is wrong</h2>\n<ol class=\"cases wrong\">\n%s</ol>\n",
                   buf_text(&cases));
    if (others.size > 0)
        buf_printf(buf, "<h2>What is not in sync</h2>\n<ol class=\"cases\">\n%s</ol>\n",
                   buf_text(&others));
}

int page_verdict_append(Buf *buf, const Json *root, const PageSums *sums)
{
    Failures failures;
    int r = failures_collect(&failures, root);

    if (r == 0) {
        buf_printf(buf, "<section id=\"verdict\" class=\"%s\">\n<h1>",
                   sums->troubles > 0 ? "trouble" : "calm");
        page_verdict_append_title(buf, root, sums);
        buf_puts(buf, "</h1>\n");
        page_verdict_append_totals(buf, root, sums);
        page_verdict_append_cases(buf, root, &failures);
        buf_puts(buf, "</section>\n");
    }
    failures_done(&failures);
    return r < 0 ? r : buf_failed(buf);
}
