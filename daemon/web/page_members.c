/* SPDX-License-Identifier: MIT */
#include "daemon/web/page_members.h"

#include "daemon/base/str.h"
#include "daemon/report/row.h"
#include "daemon/web/page_html.h"
#include "reconcile/report/report.h"

#define PAGE_MEMBERS_BRIEF 5
#define PAGE_MEMBERS_MAX 100 /* of each kind, in a list */

typedef struct PageMembersKind {
    const char *array;
    const char *count; /* behind a number */
    const char *brief; /* before the first members, while they are planned or held */
    const char *title;
} PageMembersKind;

static const PageMembersKind kinds[] = {
    {"extra", "to go", "To go", "Members that are not in the roster"},
    {"added", "to come", "To come", "Members to add"},
    {"changed", "to change", "To change", "Members that are not as the roster states"},
    {"missing", "missing", "Missing", "Members that the channel lacks"},
};

/* Outcomes that leave nothing to do for a member. */
static const Outcome page_members_done[] = {OUTCOME_DELETED, OUTCOME_GONE, OUTCOME_ADDED,
                                            OUTCOME_CORRECTED, OUTCOME_QUARANTINED};

static bool page_members_is_open(const Json *row)
{
    for (size_t i = 0; i < ELEMENTS(page_members_done); i++) {
        if (str_equal(row_text(row, "outcome"), ops_outcome_text(page_members_done[i])))
            return false;
    }
    return true;
}

static size_t page_members_count_open(const Json *channel, const char *array)
{
    size_t count = row_total(channel, array), done = 0;

    for (size_t i = 0; i < ELEMENTS(page_members_done); i++)
        done += row_total_of(channel, array, ops_outcome_text(page_members_done[i]));
    return count > done ? count - done : 0;
}

static size_t page_members_count_quarantined(const Json *channel)
{
    return row_total_of(channel, "extra", ops_outcome_text(OUTCOME_QUARANTINED));
}

/* Additions planned are among the missing members: these are told where none is planned. */
static bool page_members_is_told(const Json *channel, const PageMembersKind *kind)
{
    return !str_equal(kind->array, "missing") || row_total(channel, "added") == 0;
}

void page_members_append_counts(Buf *buf, const Json *channel)
{
    size_t quarantined = page_members_count_quarantined(channel), shown = 0;

    for (size_t i = 0; i < ELEMENTS(kinds); i++) {
        size_t count = page_members_count_open(channel, kinds[i].array);

        if (count > 0 && page_members_is_told(channel, &kinds[i]))
            buf_printf(buf, "%s%zu %s", shown++ ? ", " : " <span class=\"todo\">", count,
                       kinds[i].count);
    }
    if (quarantined > 0)
        buf_printf(buf, "%s%zu in quarantine", shown++ ? ", " : " <span class=\"todo\">",
                   quarantined);
    buf_puts(buf, shown ? "</span>" : "");
}

static void page_members_append_name(Buf *buf, const Json *row)
{
    char member[ROW_MEMBER_SIZE];

    row_member(row, member);
    buf_puts(buf, "<code>");
    page_html_text(buf, member);
    buf_puts(buf, "</code>");
}

void page_members_append_brief(Buf *buf, const Json *channel)
{
    for (size_t i = 0; i < ELEMENTS(kinds); i++) {
        size_t count = page_members_count_open(channel, kinds[i].array), shown = 0;

        if (count == 0 || !page_members_is_told(channel, &kinds[i]))
            continue;
        buf_printf(buf, "<p>%s: ", kinds[i].brief);
        for (size_t k = 0; k < row_count(channel, kinds[i].array) && shown < PAGE_MEMBERS_BRIEF;
             k++) {
            const Json *row = row_at(channel, kinds[i].array, k);

            if (!page_members_is_open(row))
                continue;
            buf_puts(buf, shown++ ? ", " : "");
            page_members_append_name(buf, row);
        }
        if (count > shown)
            buf_printf(buf, " and %zu more", count - shown);
        buf_puts(buf, ".</p>\n");
    }
}

static void page_members_append_field(Buf *buf, const Json *fields, const char *key)
{
    const Json *field = json_find(fields, key);

    if (field)
        page_html_printf(buf, ", %s %s, roster %s", key, row_text(field, "live"),
                         row_text(field, "roster"));
}

static void page_members_append_row(Buf *buf, const Json *row)
{
    const Json *fields = json_find(row, "fields");
    const char *outcome = row_text(row, "outcome"), *until = row_text(row, "until");

    buf_puts(buf, "<li>");
    page_members_append_name(buf, row);
    page_members_append_field(buf, fields, "weight");
    page_members_append_field(buf, fields, "backup");
    page_members_append_field(buf, fields, "enabled");
    if (outcome[0])
        page_html_printf(buf, ", %s", outcome);
    if (until[0]) {
        buf_puts(buf, " until ");
        page_html_time(buf, until, "in");
    }
    buf_puts(buf, "</li>\n");
}

static void page_members_append_list(Buf *buf, const Json *channel, const PageMembersKind *kind)
{
    size_t count = row_total(channel, kind->array), shown = row_count(channel, kind->array);

    if (shown > PAGE_MEMBERS_MAX)
        shown = PAGE_MEMBERS_MAX;
    buf_printf(buf, "<h3>%s (%zu)</h3>\n<ul class=\"members\">\n", kind->title, count);
    for (size_t i = 0; i < shown; i++)
        page_members_append_row(buf, row_at(channel, kind->array, i));
    if (count > shown)
        buf_printf(buf, "<li>and %zu more: rosterctl status CHANNEL has them all</li>\n",
                   count - shown);
    buf_puts(buf, "</ul>\n");
}

void page_members_append_lists(Buf *buf, const Json *channel)
{
    for (size_t i = 0; i < ELEMENTS(kinds); i++) {
        if (row_total(channel, kinds[i].array) > 0 && page_members_is_told(channel, &kinds[i]))
            page_members_append_list(buf, channel, &kinds[i]);
    }
}
