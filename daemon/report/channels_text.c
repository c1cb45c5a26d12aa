/* SPDX-License-Identifier: MIT */
#include "daemon/report/channels_text.h"

#include <errno.h>
#include <inttypes.h>

#include "daemon/base/str.h"
#include "daemon/report/failures.h"
#include "daemon/report/live_members.h"
#include "daemon/report/row.h"
#include "daemon/report/survey.h"
#include "daemon/report/table.h"
#include "reconcile/plan/identity.h"

static bool channels_text_is(const Json *channel, const char *result)
{
    return str_equal(row_text(channel, "result"), result);
}

static bool channels_text_has_members(const Json *root)
{
    for (size_t i = 0; i < row_count(root, "channels"); i++) {
        if (channels_text_is(row_at(root, "channels", i), REPORT_SURVEY_LISTED))
            return true;
    }
    return false;
}

bool channels_text_has_failed(const Json *root)
{
    for (size_t i = 0; i < row_count(root, "instances"); i++) {
        if (json_find(row_at(root, "instances", i), "error"))
            return true;
    }
    for (size_t i = 0; i < row_count(root, "channels"); i++) {
        if (channels_text_is(row_at(root, "channels", i), REPORT_SURVEY_FAILED))
            return true;
    }
    return false;
}

/* Where nothing could be read, nothing is counted. */
static void channels_text_totals(const Page *page, const Json *root)
{
    size_t count = row_count(root, "channels"), unmanaged = 0, unmanageable = 0;

    if (count == 0 && channels_text_has_failed(root))
        return;

    for (size_t i = 0; i < count; i++) {
        const Json *channel = row_at(root, "channels", i);
        bool is_unmanageable = channels_text_is(channel, REPORT_SURVEY_UNMANAGEABLE);

        unmanageable += is_unmanageable;
        unmanaged += !is_unmanageable && !json_find(channel, "roster");
    }
    page_printf(page, "%zu channel%s: %zu in no roster, %zu unmanageable", count,
                count == 1 ? "" : "s", unmanaged, unmanageable);
    page_newline(page);
}

static void channels_text_append_members(Buf *buf, const Json *channel)
{
    LiveMembers members;
    Err err = {0};
    int r = live_members_read(channel, &members, &err);

    buf->failed = buf->failed || r == -ENOMEM;
    if (r < 0)
        table_append_note(buf, err.text);
    for (size_t i = 0; i < members.count; i++) {
        const LiveMember *member = &members.items[i];
        char text[ROW_MEMBER_SIZE];

        identity_format(member->group, member->address_as, member->port_in_use, text, sizeof(text));
        table_append_note(buf, text);
    }
    live_members_done(&members);
}

/* Below the row of a channel. */
static void channels_text_on_row(void *userdata, size_t number, Buf *buf)
{
    const ReportSource *source = userdata;
    const Json *channel = report_source_channel(source, number, buf);

    if (!channel)
        return;
    channels_text_append_members(buf, channel);
    report_source_flush(source, buf);
}

static void channels_text_roster(Table *table, const Json *channel)
{
    const Json *roster = json_find(channel, "roster");

    if (roster)
        table_printf(table, "%.400s:%" PRIu64, row_text(roster, "file"),
                     row_number(roster, "line"));
    else if (channels_text_is(channel, REPORT_SURVEY_UNMANAGEABLE))
        table_add(table, "unmanageable", COLOUR_PLAIN);
    else
        table_add(table, "unmanaged", COLOUR_YELLOW);
}

/* What went wrong with an instance as a whole, its list or the members of all its channels. */
static void channels_text_instances(const Page *page, const Json *root, const Failures *failures)
{
    for (size_t i = 0; i < row_count(root, "instances"); i++) {
        const Json *instance = row_at(root, "instances", i);

        if (!json_find(instance, "error"))
            continue;
        page_paint(page, COLOUR_RED, "%s: %s", row_text(instance, "name"),
                   row_text(json_find(instance, "error"), "message"));
        page_newline(page);
    }
    for (size_t i = 0; i < failures->count; i++) {
        const Json *channel = row_at(root, "channels", i);

        if (!failures_is_of_instance(failures, i) || !failures_is_first(failures, i))
            continue;
        page_paint(page, COLOUR_RED, "%s: the members of %zu channels could not be read: %s",
                   row_text(channel, "instance"), failures_count(failures, i),
                   row_text(json_find(channel, "error"), "message"));
        page_newline(page);
    }
}

static void channels_text_row(Table *table, const Json *channel, bool has_members, bool is_told)
{
    char name[ROW_NAME_SIZE];

    table_add_row(table);
    table_add(table, row_channel(channel, name, sizeof(name)), COLOUR_PLAIN);
    table_add(table, row_text(channel, "id"), COLOUR_PLAIN);
    table_add(table, row_text(channel, "kind"), COLOUR_PLAIN);
    table_add(table, row_text(channel, "port"), COLOUR_PLAIN);
    if (has_members)
        table_add(table, row_text(channel, "live"), COLOUR_PLAIN);
    channels_text_roster(table, channel);
    if (json_find(channel, "error") && !is_told)
        table_note(table, "%s", row_text(json_find(channel, "error"), "message"));
}

int channels_text_append(const ReportSource *source, bool colour, Buf *buf)
{
    static const char *const titles[] = {"CHANNEL", "ID", "KIND", "#PORT", "ROSTER", NULL};
    static const char *const titles_with_members[] = {"CHANNEL", "ID",     "KIND", "#PORT",
                                                      "#LIVE",   "ROSTER", NULL};
    const Page page = {.buf = buf, .colour = colour};
    const Json *root = source->root;
    bool has_members = channels_text_has_members(root);
    _cleanup_(failures_done) Failures failures = {0};
    Table table;
    int r = failures_collect(&failures, root);

    if (r < 0)
        return r;
    channels_text_totals(&page, root);
    channels_text_instances(&page, root, &failures);
    if (row_count(root, "channels") == 0)
        return buf_failed(buf);
    table_init(&table, has_members ? titles_with_members : titles);
    for (size_t i = 0; i < row_count(root, "channels"); i++)
        channels_text_row(&table, row_at(root, "channels", i), has_members,
                          failures_is_of_instance(&failures, i));
    if (has_members) {
        table.on_row = channels_text_on_row;
        table.userdata = (void *)(uintptr_t)source;
    }
    r = table_append(&table, colour, buf);
    table_done(&table);
    return r < 0 ? r : buf_failed(buf);
}
