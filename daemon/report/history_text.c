/* SPDX-License-Identifier: MIT */
#include "daemon/report/history_text.h"

#include "daemon/base/digest.h"
#include "daemon/base/str.h"
#include "daemon/base/utf8.h"
#include "daemon/json/json_value.h"
#include "daemon/report/pause.h"
#include "daemon/report/row.h"

/* As a plan marks it. */
static const char *history_text_sign(const Json *row)
{
    const char *kind = row_text(row, "kind");

    if (str_equal(kind, "add"))
        return "+";
    return str_equal(kind, "delete") ? "-" : "~";
}

static void history_text_row(Table *table, const Json *action)
{
    const char *outcome = row_text(action, "outcome"), *name = row_text(action, "name");
    bool is_addition = json_find(action, "member") == NULL;
    char member[ROW_MEMBER_SIZE];

    row_member(json_find(action, is_addition ? "after" : "member"), member);
    table_add_row(table);
    table_add(table, row_text(action, "time"), COLOUR_PLAIN);
    table_printf(table, "%s/%s", row_text(action, "instance"),
                 name[0] ? name : row_text(action, "channel"));
    table_printf(table, "%s %s", history_text_sign(action), member);
    table_add(table, outcome[0] ? outcome : "not decided", page_colour_of(outcome));
    table_add(table, row_text(action, "http"), COLOUR_PLAIN);
    table_add(table, row_text(action, "code"), COLOUR_PLAIN);
    table_add(table, row_text(action, "attempts"), COLOUR_PLAIN);
    table_add(table, row_text(action, "pass"), COLOUR_PLAIN);
    table_add(table, row_text(action, "action"), COLOUR_PLAIN);
    table_printf(table, "%.*s", DIGEST_SHORT, row_text(action, "digest"));
}

int history_text_append(HistoryText *text, const Json *root, Buf *buf)
{
    static const char *const titles[] = {"TIME",   "CHANNEL", "MEMBER",  "OUTCOME", "#HTTP", "CODE",
                                         "#TRIES", "PASS",    "#ACTION", "DIGEST",  NULL};
    Table table;
    int r;

    table_init(&table, titles);
    for (size_t i = 0; i < row_count(root, "actions"); i++)
        history_text_row(&table, row_at(root, "actions", i));
    r = table_append_piece(&table, &text->widths, text->colour, buf);
    table_done(&table);
    return r;
}

void history_text_append_owners(const Json *owners, Buf *buf)
{
    for (size_t i = 0; i < json_length(owners); i++) {
        const Json *owner = json_at(owners, i);
        const char *until = row_text(owner, "until");
        _cleanup_(buf_done) Buf line = {0};

        buf_printf(&line, "%s was %s's from %s%s%s: what it changed stands in its own history",
                   row_text(owner, "instance"), row_text(owner, "host"), row_text(owner, "from"),
                   until[0] ? " to " : " on", until);
        utf8_append_shown(buf, buf_text(&line));
        buf_putc(buf, '\n');
    }
}

void history_text_append_none(Buf *buf)
{
    buf_puts(buf, "nothing was changed\n");
}

/* ---- undo ---- */

/* Of a correction: "weight 5 -> 1"; else nothing. */
static void history_text_fields(Table *table, const Json *fields)
{
    static const char *const names[] = {"weight", "backup", "enabled"};
    _cleanup_(buf_done) Buf text = {0};

    for (size_t i = 0; i < ELEMENTS(names); i++) {
        const Json *field = json_find(fields, names[i]);

        if (field)
            buf_printf(&text, "%s%s %s -> %s", text.size > 0 ? ", " : "", names[i],
                       row_text(field, "from"), row_text(field, "to"));
    }
    table_add(table, buf_failed(&text) < 0 ? "" : buf_text(&text), COLOUR_PLAIN);
}

static void history_text_member(Table *table, const Json *channel, const Json *row)
{
    char member[ROW_MEMBER_SIZE], name[ROW_NAME_SIZE];

    row_member(json_find(row, "member"), member);
    table_add_row(table);
    table_add(table, row_channel(channel, name, sizeof(name)), COLOUR_PLAIN);
    table_printf(table, "%s %s", history_text_sign(row), member);
    history_text_fields(table, json_find(row, "fields"));
    table_add(table, row_text(row, "outcome"), page_colour_of(row_text(row, "outcome")));
    table_add(table, row_text(row, "action"), COLOUR_PLAIN);
    table_add(table, row_text(row, "reason"), COLOUR_PLAIN);
}

static void history_text_members(Table *table, const Json *channel)
{
    const Json *error = json_find(channel, "error");
    size_t members = row_count(channel, "members");

    for (size_t i = 0; i < members; i++)
        history_text_member(table, channel, row_at(channel, "members", i));
    if (error && members > 0)
        table_note(table, "%s", row_text(error, "message"));
}

/* An undo leaves its channels paused, whatever came of each member. */
static void history_text_paused(const Json *root, Buf *buf)
{
    const Page page = {.buf = buf};
    char name[ROW_NAME_SIZE];

    if (row_count(root, "replaced") > 0)
        buf_putc(buf, '\n');
    report_pause_replaced(&page, root);
    buf_puts(buf, "\nPaused now, without end, so that no pass makes these changes again. When the "
                  "roster is right:\n");
    for (size_t i = 0; i < row_count(root, "channels"); i++) {
        page_printf(&page, "    rosterctl resume %s",
                    row_channel(row_at(root, "channels", i), name, sizeof(name)));
        page_newline(&page);
    }
}

/* Of which pass, and how many. */
static void history_text_undone(const Page *page, const Json *root)
{
    size_t members = 0;

    for (size_t i = 0; i < row_count(root, "channels"); i++)
        members += row_total(row_at(root, "channels", i), "members");
    page_printf(page, "undo of %s: %zu member%s%s", row_text(root, "undo"), members,
                members == 1 ? "" : "s",
                row_is_true(root, "dry_run") ? " (dry run: nothing was changed)" : "");
    page_newline(page);
    page_newline(page);
}

int history_text_undo(const ReportSource *source, bool colour, Buf *buf)
{
    static const char *const titles[] = {"CHANNEL", "MEMBER",  "FIELDS", "OUTCOME",
                                         "#ACTION", "BECAUSE", NULL};
    const Page page = {.buf = buf, .colour = colour};
    const Json *root = source->root;
    Table table;
    int r;

    history_text_undone(&page, root);
    table_init(&table, titles);
    for (size_t i = 0; i < row_count(root, "channels"); i++) {
        const Json *channel = report_source_channel(source, i, buf);

        history_text_members(&table, channel);
    }
    r = table_append(&table, colour, buf);
    table_done(&table);
    if (row_text(root, "state_error")[0]) {
        page_paint(&page, COLOUR_RED, "%s", row_text(root, "state_error"));
        page_newline(&page);
    }
    if (r == 0 && !row_is_true(root, "dry_run"))
        history_text_paused(root, buf);
    return r < 0 ? r : buf_failed(buf);
}
