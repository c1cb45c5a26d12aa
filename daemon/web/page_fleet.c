/* SPDX-License-Identifier: MIT */
#include "daemon/web/page_fleet.h"

#include <inttypes.h>

#include "daemon/base/digest.h"
#include "daemon/base/str.h"
#include "daemon/report/channel_text.h"
#include "daemon/report/fleet_text.h"
#include "daemon/report/page.h"
#include "daemon/report/row.h"
#include "daemon/web/page_html.h"
#include "reconcile/report/report.h"

static const Json *page_fleet_of(const Json *instance)
{
    return json_find(instance, "fleet");
}

static const Json *page_fleet_record(const Json *instance)
{
    return json_find(page_fleet_of(instance), "record");
}

/* ---- what is wrong ---- */

static bool page_fleet_is_free(const Json *instance)
{
    return page_fleet_of(instance) && !row_text(instance, "owner")[0];
}

/* Whether its owner tells of trouble; of this host's, the channels tell it. */
static bool page_fleet_is_bad_elsewhere(const Json *instance)
{
    const char *result = row_text(page_fleet_record(instance), "result");

    return row_is_elsewhere(instance) && row_text(instance, "owner")[0] && result[0] &&
           report_result_of(result) >= RESULT_HELD;
}

/* Why this host takes no part in it at the moment; "": it does. */
static void page_fleet_append_why(const Json *fleet, Buf *buf)
{
    const Page page = {.buf = buf};

    if (row_text(fleet, "trouble")[0] || row_is_true(fleet, "name_taken") ||
        !row_is_true(json_find(fleet, "lease"), "held") || !row_is_true(fleet, "current"))
        fleet_text_append_trouble(&page, fleet);
}

static bool page_fleet_is_cut_off(const Json *root)
{
    const Json *fleet = json_find(root, "fleet");
    _cleanup_(buf_done) Buf why = {0};

    if (fleet)
        page_fleet_append_why(fleet, &why);
    return why.size > 0;
}

size_t page_fleet_count_troubles(const Json *root)
{
    size_t count = page_fleet_is_cut_off(root);

    for (size_t i = 0; i < row_count(root, "instances"); i++) {
        const Json *instance = row_at(root, "instances", i);

        count += page_fleet_is_free(instance) + page_fleet_is_bad_elsewhere(instance);
    }
    return count;
}

static void page_fleet_open(Buf *buf, const Json *instance, const char *words)
{
    buf_puts(buf, "<li class=\"case\" data-key=\"fleet ");
    page_html_text(buf, row_text(instance, "name"));
    buf_puts(buf, "\"><h3>");
    page_html_printf(buf, "%s: %s", row_text(instance, "name"), words);
    buf_puts(buf, "</h3>\n");
}

static void page_fleet_append_free(Buf *buf, const Json *instance)
{
    const Json *fleet = page_fleet_of(instance);

    page_fleet_open(buf, instance, "owned by nobody");
    buf_puts(buf, "<p class=\"error\">");
    page_html_printf(buf, "%s%s", row_text(fleet, "why"),
                     row_text(fleet, "last")[0] ? "; the last owner was " : "");
    page_html_text(buf, row_text(fleet, "last"));
    buf_puts(buf, "</p>\n<p class=\"next\">Next: nobody makes passes over it, and nothing is "
                  "changed there, until a host takes it.</p>\n");
    page_html_command(buf, "rosterctl fleet");
    buf_puts(buf, "</li>\n");
}

/* The channels that its owner names: `key` is "held" or "failed". */
static void page_fleet_append_named(Buf *buf, const Json *record, const char *key)
{
    for (size_t i = 0; i < row_count(record, key); i++) {
        const Json *channel = row_at(record, key, i), *error = json_find(channel, "error");

        buf_puts(buf, "<li>");
        page_html_printf(buf, "%s: %s", row_text(channel, "channel"), key);
        for (size_t j = 0; j < row_count(channel, "guards"); j++) {
            char words[128];

            page_html_printf(
                buf, "%s %s", j > 0 ? ";" : " by",
                channel_text_guard_short(row_at(channel, "guards", j), words, sizeof(words)));
        }
        if (error)
            page_html_printf(buf, ": %s", row_text(error, "message"));
        buf_puts(buf, "</li>\n");
    }
}

/* `before` stands before it, where anything is told. */
static void page_fleet_append_record(Buf *buf, const Json *record, const char *before)
{
    _cleanup_(buf_done) Buf text = {0};

    fleet_text_append_record(record, &text);
    buf->failed = buf->failed || text.failed;
    if (text.size == 0)
        return;
    page_html_printf(buf, "%s%s; last pass ended ", before, buf_text(&text));
    page_html_time(buf, row_text(record, "ended"), "ago");
}

static void page_fleet_append_bad(Buf *buf, const Json *instance)
{
    const Json *record = page_fleet_record(instance);
    _cleanup_(buf_done) Buf words = {0};

    buf_printf(&words, "%s at %s", page_words_of(row_text(record, "result")),
               row_text(instance, "owner"));
    buf->failed = buf->failed || words.failed;
    page_fleet_open(buf, instance, buf_text(&words));
    buf_puts(buf, "<p class=\"since\">As its owner tells");
    page_fleet_append_record(buf, record, ": ");
    buf_puts(buf, ".</p>\n<ul class=\"plain\">\n");
    page_fleet_append_named(buf, record, "failed");
    page_fleet_append_named(buf, record, "held");
    buf_puts(buf, "</ul>\n<p class=\"next\">Next: ");
    page_html_printf(buf, "the page and `rosterctl status` of %s tell all of it",
                     row_text(instance, "owner"));
    buf_puts(buf, ".</p>\n</li>\n");
}

void page_fleet_append_cases(Buf *buf, const Json *root)
{
    const Json *fleet = json_find(root, "fleet");
    _cleanup_(buf_done) Buf why = {0};

    if (fleet)
        page_fleet_append_why(fleet, &why);
    buf->failed = buf->failed || why.failed;
    if (why.size > 0) {
        buf_puts(buf, "<li class=\"case\" data-key=\"fleet\"><h3>This host is cut off from its "
                      "fleet</h3>\n<p class=\"error\">");
        page_html_text(buf, buf_text(&why));
        buf_puts(buf,
                 "</p>\n<p class=\"next\">Next: what it owns it goes on with to the end of its "
                 "lease, then reads and reports, and changes nothing.</p>\n");
        page_html_command(buf, "rosterctl check");
        buf_puts(buf, "</li>\n");
    }
    for (size_t i = 0; i < row_count(root, "instances"); i++) {
        const Json *instance = row_at(root, "instances", i);

        if (page_fleet_is_free(instance))
            page_fleet_append_free(buf, instance);
        else if (page_fleet_is_bad_elsewhere(instance))
            page_fleet_append_bad(buf, instance);
    }
}

/* ---- who is there, and who owns what ---- */

static void page_fleet_append_host(Buf *buf, const Json *host)
{
    const Json *roster = json_find(host, "roster");

    buf_puts(buf, "<li><strong>");
    page_html_text(buf, row_text(host, "name"));
    buf_puts(buf, row_is_true(host, "self") ? "</strong> (this host) owns " : "</strong> owns ");
    page_html_count(buf, row_number(host, "instances"), "instance", "instances");
    if (row_text(host, "max_instances")[0])
        page_html_printf(buf, " of at most %s", row_text(host, "max_instances"));
    page_html_printf(buf, "; rosterd %s, rosters %.*s", row_text(host, "version"), DIGEST_SHORT,
                     row_text(roster, "digest"));
    if (row_text(roster, "head")[0])
        page_html_printf(buf, ", commit %.*s", DIGEST_SHORT, row_text(roster, "head"));
    buf_puts(buf, row_is_true(host, "drained") ? "; drained: it takes none</li>\n" : "</li>\n");
}

static void page_fleet_append_instance(Buf *buf, const Json *instance)
{
    _cleanup_(buf_done) Buf owner = {0};

    fleet_text_append_owner(page_fleet_of(instance), &owner);
    buf->failed = buf->failed || owner.failed;
    buf_puts(buf, "<li><strong>");
    page_html_text(buf, row_text(instance, "name"));
    buf_puts(buf, "</strong> ");
    page_html_text(buf, buf_text(&owner));
    if (row_is_elsewhere(instance))
        page_fleet_append_record(buf, page_fleet_record(instance), "; ");
    buf_puts(buf, "</li>\n");
}

void page_fleet_append(Buf *buf, const Json *root)
{
    const Json *fleet = json_find(root, "fleet");

    if (!fleet)
        return;
    buf_puts(buf, "<section id=\"fleet\">\n<h2>Fleet</h2>\n<ul class=\"plain\">\n");
    for (size_t i = 0; i < row_count(fleet, "hosts"); i++)
        page_fleet_append_host(buf, row_at(fleet, "hosts", i));
    for (size_t i = 0; i < row_count(root, "instances"); i++)
        page_fleet_append_instance(buf, row_at(root, "instances", i));
    buf_puts(buf, "</ul>\n</section>\n");
}
