/* SPDX-License-Identifier: MIT */
#include "daemon/report/members_text.h"

#include <stdio.h>
#include <string.h>

#include "daemon/base/str.h"
#include "daemon/json/json_value.h"
#include "daemon/report/channel_text.h"
#include "daemon/report/row.h"
#include "reconcile/report/near_miss.h"
#include "reconcile/report/report.h"

/* Where the next member goes. */
typedef struct Lines {
    const Page *page;
    bool is_packed;
    size_t used; /* columns of the line under way; 0: none is */
} Lines;

static void lines_end(Lines *lines)
{
    if (lines->used > 0)
        page_newline(lines->page);
    lines->used = 0;
}

static void lines_add(Lines *lines, Colour colour, const char *text, const char *rest)
{
    size_t width = strlen(text) + strlen(rest) + 2;

    if (lines->used > 0 && (!lines->is_packed || lines->used + width > CHANNEL_TEXT_WIDTH))
        lines_end(lines);
    page_puts(lines->page, "  ");
    page_paint(lines->page, colour, "%s", text);
    page_puts(lines->page, rest);
    lines->used += width;
}

/* What came of it, where the plan's sign or the channel's heading does not say so already. */
static const char *members_outcome(const Json *channel, const Json *extra)
{
    const char *outcome = row_text(extra, "outcome");
    bool is_said = str_equal(outcome, ops_outcome_text(OUTCOME_PLANNED)) ||
                   (str_equal(outcome, ops_outcome_text(OUTCOME_HELD)) &&
                    report_result_of(row_text(channel, "result")) == RESULT_HELD);

    return is_said ? "" : outcome;
}

/* Whether an extra would be disabled, not deleted, or should have been. */
static bool members_enters(const Json *extra)
{
    return row_text(extra, "change")[0] && !row_text(extra, "until")[0];
}

/* A member with the sign of what is planned for it. */
static void members_planned(Lines *lines, const Json *channel, const Json *extra, const char *sign,
                            Colour colour, bool with_ids)
{
    const char *outcome = members_outcome(channel, extra);
    uint64_t attempts = row_number(extra, "attempts");
    char member[ROW_MEMBER_SIZE], text[ROW_MEMBER_SIZE + 2], rest[256], tries[48] = "";

    with_ids = with_ids && row_text(extra, "id")[0];
    row_member(extra, member);
    snprintf(text, sizeof(text), "%s %s", sign, member);
    if (attempts > 1)
        snprintf(tries, sizeof(tries), " (%llu attempts)", (unsigned long long)attempts);
    snprintf(rest, sizeof(rest), "%s%s%s%s%s%s%s%s", with_ids ? "  " : "",
             with_ids ? row_text(extra, "id") : "",
             members_enters(extra) ? "  into quarantine" : "", outcome[0] ? "  " : "", outcome,
             row_text(extra, "until")[0] ? " until " : "", row_text(extra, "until"), tries);
    lines_add(lines, colour, text, rest);
}

/* ---- changed members ---- */

/* Appends "weight 1, roster 5" of a field that differs. */
static void members_field(const Json *fields, const char *key, Buf *rest)
{
    const Json *field = json_find(fields, key);

    if (field)
        buf_printf(rest, "%s%s %s, roster %s", rest->size > 0 ? "; " : "", key,
                   row_text(field, "live"), row_text(field, "roster"));
}

static void members_changed(Lines *lines, const Json *channel, const Json *row, bool with_ids)
{
    /* In a mode that corrects nothing, that it is skipped says nothing. */
    const char *outcome =
        str_equal(row_text(row, "outcome"), "skipped") ? "" : members_outcome(channel, row);
    const Json *fields = json_find(row, "fields");
    _cleanup_(buf_done) Buf rest = {0};
    char member[ROW_MEMBER_SIZE], text[ROW_MEMBER_SIZE + 2];
    _cleanup_(buf_done) Buf whole = {0};

    row_member(row, member);
    snprintf(text, sizeof(text), "~ %s", member);
    members_field(fields, "weight", &rest);
    members_field(fields, "backup", &rest);
    members_field(fields, "enabled", &rest);
    buf_printf(&whole, "%s%s  %s%s%s", with_ids ? "  " : "", with_ids ? row_text(row, "id") : "",
               buf_text(&rest), outcome[0] ? "  " : "", outcome);
    lines_add(lines, COLOUR_YELLOW, text, buf_failed(&whole) < 0 ? "" : buf_text(&whole));
}

/* ---- missing members, and those that are meant ---- */

/* A channel's rows as near_miss.h takes them. */
typedef struct NearRows {
    ExtraReport *extras;
    MissingReport *missing;
    NearMisses near_misses;
} NearRows;

static const char *members_address(const Json *row)
{
    return row_text(row, json_find(row, "ecs_id") ? "ecs_id" : "host");
}

/* Without memory, nothing is said of them: it is a hint. */
static void near_rows_init(NearRows *rows, const Json *channel)
{
    ChannelReport report = {.extra_count = row_count(channel, "extra"),
                            .missing_count = row_count(channel, "missing")};

    *rows = (NearRows){
        .extras = calloc(report.extra_count + 1, sizeof(*rows->extras)),
        .missing = calloc(report.missing_count + 1, sizeof(*rows->missing)),
    };
    if (!rows->extras || !rows->missing)
        return;
    for (size_t i = 0; i < report.extra_count; i++) {
        const Json *row = row_at(channel, "extra", i);

        rows->extras[i] = (ExtraReport){.group = row_text(row, "group"),
                                        .address = members_address(row),
                                        .port = (uint16_t)row_number(row, "port")};
    }
    for (size_t i = 0; i < report.missing_count; i++) {
        const Json *row = row_at(channel, "missing", i);

        rows->missing[i] = (MissingReport){.group = row_text(row, "group"),
                                           .address = members_address(row),
                                           .port = (uint16_t)row_number(row, "port")};
    }
    report.extras = rows->extras;
    report.missing = rows->missing;
    near_miss_collect(&rows->near_misses, &report);
}

static void near_rows_done(NearRows *rows)
{
    near_miss_done(&rows->near_misses);
    free(rows->extras);
    free(rows->missing);
}

static void members_missing(Lines *lines, const NearRows *rows, const Json *row, size_t number)
{
    static const char *const differences[] = {
        [NEAR_MISS_GROUP] = "in the group alone",
        [NEAR_MISS_PORT] = "in the port alone",
        [NEAR_MISS_BOTH] = "in group and port",
    };
    char member[ROW_MEMBER_SIZE], text[ROW_MEMBER_SIZE + 2], near[ROW_MEMBER_SIZE];
    char rest[ROW_MEMBER_SIZE + 64] = "  missing";
    const ExtraReport *extra = NULL;
    NearMissKind kind = NEAR_MISS_BOTH;

    row_member(row, member);
    snprintf(text, sizeof(text), "? %s", member);
    if (rows->extras && rows->missing)
        extra = near_miss_find(&rows->near_misses, &rows->missing[number], &kind);
    if (extra) {
        identity_format(extra->group, extra->address, extra->port, near, sizeof(near));
        snprintf(rest, sizeof(rest), "  missing (%s above differs %s)", near, differences[kind]);
    }
    lines_add(lines, COLOUR_YELLOW, text, rest);
}

/* Whether a missing member is one of those to be added, which are shown as such. */
static bool members_is_added(const Json *channel, const Json *missing)
{
    char member[ROW_MEMBER_SIZE], added[ROW_MEMBER_SIZE];

    row_member(missing, member);
    for (size_t i = 0; i < row_count(channel, "added"); i++) {
        row_member(row_at(channel, "added", i), added);
        if (str_equal(added, member))
            return true;
    }
    return false;
}

void members_text_append(const Page *page, const Json *channel, bool with_ids, bool is_packed)
{
    Lines lines = {.page = page, .is_packed = is_packed && !with_ids};
    NearRows rows;

    near_rows_init(&rows, channel);
    for (size_t i = 0; i < row_count(channel, "added"); i++)
        members_planned(&lines, channel, row_at(channel, "added", i), "+", COLOUR_GREEN, with_ids);
    /* What is deleted begins a line of its own: it is not to be overlooked behind others. */
    lines_end(&lines);
    for (size_t i = 0; i < row_count(channel, "extra"); i++)
        members_planned(&lines, channel, row_at(channel, "extra", i), "-", COLOUR_RED, with_ids);
    for (size_t i = 0; i < row_count(channel, "changed"); i++)
        members_changed(&lines, channel, row_at(channel, "changed", i), with_ids);
    for (size_t i = 0; i < row_count(channel, "missing"); i++) {
        if (!members_is_added(channel, row_at(channel, "missing", i)))
            members_missing(&lines, &rows, row_at(channel, "missing", i), i);
    }
    lines_end(&lines);
    near_rows_done(&rows);
}
