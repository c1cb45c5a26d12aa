/* SPDX-License-Identifier: MIT */
#include "daemon/report/members_text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "daemon/base/arena.h"
#include "daemon/base/map.h"
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

/* A text, where there is one, behind what leads to it. */
static void members_put(Buf *rest, const char *before, const char *text)
{
    if (text[0] == '\0')
        return;
    buf_puts(rest, before);
    buf_puts(rest, text);
}

/* A member with the sign of what is planned for it, one character. */
static void members_planned(Lines *lines, const Json *channel, const Json *extra, const char *sign,
                            Colour colour, bool with_ids)
{
    const char *outcome = members_outcome(channel, extra);
    uint64_t attempts = row_number(extra, "attempts");
    char text[ROW_MEMBER_SIZE + 2];
    _cleanup_(buf_done) Buf rest = {0};

    row_member(extra, stpcpy(stpcpy(text, sign), " "));
    members_put(&rest, "  ", with_ids ? row_text(extra, "id") : "");
    members_put(&rest, "", members_enters(extra) ? "  into quarantine" : "");
    members_put(&rest, "  ", outcome);
    members_put(&rest, " until ", row_text(extra, "until"));
    if (attempts > 1)
        buf_printf(&rest, " (%" PRIu64 " attempts)", attempts);
    lines->page->buf->failed = lines->page->buf->failed || buf_failed(&rest) < 0;
    lines_add(lines, colour, text, buf_text(&rest));
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

/* The rows of a channel's answer as near_miss.h takes them: the first ones where it counts the
 * rest. */
typedef struct NearRows {
    ExtraReport *extras;
    MissingReport *missing;
    size_t missing_count;
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
        .missing_count = report.missing_count,
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
    if (rows->extras && rows->missing && number < rows->missing_count)
        extra = near_miss_find(&rows->near_misses, &rows->missing[number], &kind);
    if (extra) {
        identity_format(extra->group, extra->address, extra->port, near, sizeof(near));
        snprintf(rest, sizeof(rest), "  missing (%s above differs %s)", near, differences[kind]);
    }
    lines_add(lines, COLOUR_YELLOW, text, rest);
}

/* ---- missing members that are to be added ---- */

/* Those of a channel, as people write them. */
typedef struct AddedSet {
    Arena arena;
    Map map;
} AddedSet;

static void added_set_done(AddedSet *set)
{
    map_done(&set->map);
    arena_done(&set->arena);
}

/* 0 or -ENOMEM. */
static int added_set_add(AddedSet *set, const Json *row)
{
    char member[ROW_MEMBER_SIZE], *copy;

    row_member(row, member);
    copy = arena_string(&set->arena, member);
    return copy && map_put(&set->map, copy, strlen(copy), copy) >= 0 ? 0 : -ENOMEM;
}

/* They are shown as such. */
static bool added_set_has(const AddedSet *set, const Json *missing)
{
    char member[ROW_MEMBER_SIZE];

    row_member(missing, member);
    return map_find(&set->map, member, strlen(member));
}

/* ---- all of them ---- */

/* How many are not shown, where an answer holds the first ones alone. */
static void members_more(const Page *page, const Json *channel)
{
    static const char *const lists[][2] = {
        {"added", "to add"}, {"extra", "extra"}, {"changed", "changed"}, {"missing", "missing"}};
    char name[ROW_NAME_SIZE];
    size_t told = 0;

    for (size_t i = 0; i < ELEMENTS(lists); i++) {
        size_t more = row_more(channel, lists[i][0]);

        if (more > 0)
            page_printf(page, "%s%zu more %s", told++ ? ", " : "  and ", more, lists[i][1]);
    }
    if (told == 0)
        return;
    page_printf(page, ": rosterctl status %s shows them all",
                row_channel(channel, name, sizeof(name)));
    page_newline(page);
}

/* What is under way. */
typedef struct MembersText {
    const Page *page;
    const MembersTextOptions *options;
    const Json *channel; /* whose result and guards they are */
    Lines lines;
    NearRows near;
    AddedSet added;
} MembersText;

static void members_row(MembersText *text, const char *list, const Json *row, size_t number)
{
    bool with_ids = text->options->with_ids;

    if (str_equal(list, "added")) {
        if (added_set_add(&text->added, row) < 0)
            buf_fail(text->page->buf);
        members_planned(&text->lines, text->channel, row, "+", COLOUR_GREEN, with_ids);
    } else if (str_equal(list, "extra")) {
        members_planned(&text->lines, text->channel, row, "-", COLOUR_RED, with_ids);
    } else if (str_equal(list, "changed")) {
        members_changed(&text->lines, text->channel, row, with_ids);
    } else if (!added_set_has(&text->added, row)) {
        members_missing(&text->lines, &text->near, row, number);
    }
}

/* The rows of the answer, and of further ones where these are to be had. */
static void members_list(MembersText *text, const char *list)
{
    const MembersMore *more = text->options->more;
    const Json *channel = text->channel;
    size_t number = 0;

    while (channel) {
        const Json *rows = json_find(channel, list);

        for (size_t i = 0; i < json_length(rows); i++)
            members_row(text, list, json_at(rows, i), number++);
        if (!more || row_more(channel, list) == 0)
            return;
        channel = more->page(more->userdata, list, number);
    }
}

void members_text_append(const Page *page, const Json *channel, const MembersTextOptions *options)
{
    MembersText text = {
        .page = page,
        .options = options,
        .channel = channel,
        .lines = {.page = page, .is_packed = options->is_packed && !options->with_ids},
    };

    near_rows_init(&text.near, channel);
    members_list(&text, "added");
    /* What is deleted begins a line of its own: it is not to be overlooked behind others. */
    lines_end(&text.lines);
    members_list(&text, "extra");
    members_list(&text, "changed");
    members_list(&text, "missing");
    lines_end(&text.lines);
    if (!options->more)
        members_more(page, channel);
    added_set_done(&text.added);
    near_rows_done(&text.near);
}
