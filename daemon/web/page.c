/* SPDX-License-Identifier: MIT */
#include "daemon/web/page.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/digest.h"
#include "daemon/base/str.h"
#include "daemon/report/row.h"
#include "daemon/web/page_channel.h"
#include "daemon/web/page_files.h"
#include "daemon/web/page_fleet.h"
#include "daemon/web/page_history.h"
#include "daemon/web/page_html.h"
#include "daemon/web/page_verdict.h"

#define PAGE_GROUP 50 /* channels */
#define PAGE_STEP 50  /* of them, made at once */

/* ---- the parts ---- */

/* The choices of the filter: what stands in data-result, and what people read. */
static const char *const page_filters[][2] = {
    {"", "All"},
    {"not", "Not in sync"},
    {"failed", "Failed"},
    {"held", "Held"},
    {"drift", "Drift"},
    {"quarantined", "Quarantined"},
    {"paused", "Paused"},
    {"unmanageable", "Unmanageable"},
    {"in_sync", "In sync"},
    {"unread", "Not read yet"},
};

static void page_append_filter(Buf *buf)
{
    buf_puts(buf, "<form id=\"filter\" role=\"search\" data-own=\"\">\n"
                  "<label>Search <input type=\"search\" id=\"search\" autocomplete=\"off\" "
                  "spellcheck=\"false\"></label>\n"
                  "<label>Result <select id=\"result\">");
    for (size_t i = 0; i < ELEMENTS(page_filters); i++)
        buf_printf(buf, "<option value=\"%s\">%s</option>", page_filters[i][0], page_filters[i][1]);
    buf_puts(buf,
             "</select></label>\n<output id=\"shown\" for=\"search result\"></output>\n</form>\n");
}

static void page_begin_channels(Buf *buf)
{
    buf_puts(buf, "<section id=\"channels\">\n<h2>Channels</h2>\n");
    page_append_filter(buf);
    buf_puts(buf, "<div id=\"list\">\n");
}

/* A browser need not lay out what is out of sight, group by group: worth it where there are many.
 * Whether all of them are there. */
static bool page_append_channels(WebPageMaking *making, size_t count_max)
{
    const Json *root = making->page.status;
    size_t count = row_count(root, "channels");
    Buf *buf = &making->main;

    for (; making->number < count; making->number++, count_max--) {
        const Json *channel = row_at(root, "channels", making->number);

        if (count_max == 0)
            return false;
        if (row_is_elsewhere(channel))
            continue;
        if (making->shown % PAGE_GROUP == 0)
            buf_printf(buf, "%s<div class=\"group%s\">\n", making->shown > 0 ? "</div>\n" : "",
                       count > 2 * PAGE_GROUP ? " lazy" : "");
        page_channel_append(buf, root, channel, making->number);
        making->shown++;
    }
    buf_puts(buf, making->shown > 0 ? "</div>\n" : "");
    buf_puts(buf, "</div>\n</section>\n");
    return true;
}

static void page_append_origin(Buf *buf, const Json *root)
{
    const Json *roster = json_find(root, "roster");

    buf_puts(buf, "<p id=\"origin\" class=\"quiet\">");
    page_html_printf(buf, "rosterd %s, pid %s", row_text(root, "version"), row_text(root, "pid"));
    if (row_text(roster, "digest")[0])
        page_html_printf(buf, "; rosters %.*s", DIGEST_SHORT, row_text(roster, "digest"));
    if (row_text(roster, "head")[0])
        page_html_printf(buf, ", commit %.*s", DIGEST_SHORT, row_text(roster, "head"));
    for (size_t i = 0; i < row_count(root, "git"); i++) {
        const Json *pull = row_at(root, "git", i);

        if (row_is_true(pull, "is_failing"))
            continue;
        page_html_printf(buf, "; %s pulled ", row_text(pull, "clone"));
        page_html_time(buf, row_text(pull, "success"), "ago");
    }
    buf_puts(buf, ". This page shows and changes nothing; its commands are for a terminal on this "
                  "host.</p>\n");
}

static int page_begin_main(WebPageMaking *making)
{
    const WebPage *page = &making->page;
    Buf *title = &making->title, *main = &making->main;
    PageSums sums;
    int r;

    if (!page->status) {
        buf_puts(title, "rosterd is starting");
        buf_puts(main, "<section id=\"verdict\" class=\"calm\">\n<h1>rosterd is starting</h1>\n"
                       "<p class=\"totals\">Settings and rosters are being read; nothing is known "
                       "of any channel yet.</p>\n</section>\n");
        return buf_failed(main);
    }
    sums = page_verdict_sum(page->status);
    page_verdict_append_title(title, page->status, &sums);
    r = page_verdict_append(main, page->status, &sums);
    page_fleet_append(main, page->status);
    page_history_append_next(main, page->status);
    page_history_append(main, page->history, page->timeline);
    page_begin_channels(main);
    return r < 0 ? r : buf_failed(main);
}

/* ---- the document ---- */

static void page_append_file(Buf *buf, const char *tag, PageFile file)
{
    buf_printf(buf, "<%s>", tag);
    buf_append(buf, file.text, file.size);
    buf_printf(buf, "</%s>\n", tag);
}

static void page_append_document(Buf *buf, const Buf *title, const Buf *main, const char *version)
{
    char now[CLOCK_RFC3339_SIZE];

    clock_format_rfc3339(clock_realtime_usec(), now);
    buf_puts(buf, "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                  "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                  "<meta name=\"referrer\" content=\"no-referrer\">\n"
                  "<meta name=\"color-scheme\" content=\"light dark\">\n<title>");
    page_html_text(buf, buf_text(title));
    buf_puts(buf, " - rosterd</title>\n");
    page_append_file(buf, "style", page_files_style());
    buf_puts(buf,
             "</head>\n<body>\n<a class=\"skip\" href=\"#channels\">Skip to the channels</a>\n"
             "<header>\n<p class=\"brand\">rosterd</p>\n<p id=\"pulse\" role=\"status\">As of ");
    page_html_time(buf, now, "");
    buf_printf(buf,
               "; reload to see what is new</p>\n</header>\n<p id=\"gone\" role=\"alert\" "
               "hidden></p>\n<main data-version=\"%s\">\n",
               version);
    buf_append(buf, main->data, main->size);
    buf_puts(buf, "</main>\n");
    page_append_file(buf, "script", page_files_script());
    buf_puts(buf, "</body>\n</html>\n");
}

int web_page_step(WebPageMaking *making, Buf *buf)
{
    int r = making->is_begun ? 0 : page_begin_main(making);
    bool was_begun = making->is_begun;

    making->is_begun = true;
    if (r == 0 && making->page.status) {
        if (!was_begun || !page_append_channels(making, PAGE_STEP))
            return buf_failed(&making->main) < 0 ? -ENOMEM : 1;
        page_append_origin(&making->main, making->page.status);
    }
    if (r < 0 || buf_failed(&making->title) < 0 || buf_failed(&making->main) < 0)
        return -ENOMEM;
    page_append_document(buf, &making->title, &making->main, making->page.version);
    return buf_failed(buf);
}

void web_page_done(WebPageMaking *making)
{
    buf_done(&making->title);
    buf_done(&making->main);
}

int web_page_append(const WebPage *page, Buf *buf)
{
    WebPageMaking making = {.page = *page};
    int r = 1;

    while (r > 0)
        r = web_page_step(&making, buf);
    web_page_done(&making);
    return r;
}

const char *web_page_policy(void)
{
    static char policy[384];
    char style[DIGEST_BASE64_SIZE], script[DIGEST_BASE64_SIZE];
    const PageFile css = page_files_style(), js = page_files_script();

    if (policy[0])
        return policy;
    if (digest_sha256_base64(css.text, css.size, style) < 0 ||
        digest_sha256_base64(js.text, js.size, script) < 0)
        return NULL;
    snprintf(policy, sizeof(policy),
             "default-src 'none'; style-src 'sha256-%s'; script-src 'sha256-%s'; "
             "connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
             style, script);
    return policy;
}
