/* SPDX-License-Identifier: MIT */
#include "daemon/ctl/show.h"

#include <inttypes.h>
#include <stdio.h>

#include "daemon/base/mem.h"
#include "daemon/base/str.h"
#include "daemon/report/table.h"
#include "daemon/report/text.h"
#include "reconcile/plan/identity.h"

static json_object *show_find(json_object *object, const char *key)
{
    json_object *value = NULL;

    json_object_object_get_ex(object, key, &value);
    return value;
}

const char *show_text(json_object *object, const char *key)
{
    json_object *value = show_find(object, key);
    const char *text = value ? json_object_get_string(value) : NULL;

    return text ? text : "";
}

static size_t show_count(json_object *object, const char *key)
{
    json_object *value = show_find(object, key);

    return json_object_is_type(value, json_type_array) ? json_object_array_length(value) : 0;
}

static json_object *show_row(json_object *object, const char *key, size_t index)
{
    return json_object_array_get_idx(show_find(object, key), index);
}

static TableColour show_colour(const char *word)
{
    static const struct {
        const char *word;
        TableColour colour;
    } rows[] = {
        {"in_sync", TABLE_GREEN}, {"converged", TABLE_GREEN}, {"paused", TABLE_YELLOW},
        {"drift", TABLE_YELLOW},  {"held", TABLE_YELLOW},     {"unmanageable", TABLE_RED},
        {"failed", TABLE_RED},    {"added", TABLE_GREEN},     {"skipped", TABLE_YELLOW},
    };

    for (size_t i = 0; i < ELEMENTS(rows); i++) {
        if (str_equal(rows[i].word, word))
            return rows[i].colour;
    }
    return TABLE_PLAIN;
}

static void show_member(json_object *member, char *ret_text, size_t size)
{
    const char *ecs_id = show_text(member, "ecs_id");
    const char *host = show_text(member, "host");
    json_object *group = show_find(member, "group");

    identity_format(group ? json_object_get_string(group) : show_text(member, "member_group_name"),
                    host[0] ? host : ecs_id,
                    (uint16_t)json_object_get_int(show_find(member, "port")), ret_text, size);
}

/* ---- channels ---- */

static void show_notes(Table *table, json_object *channel)
{
    json_object *pause = show_find(channel, "pause"), *error = show_find(channel, "error");
    const char *digest = show_text(channel, "digest");

    for (size_t i = 0; i < show_count(channel, "guards"); i++) {
        json_object *guard = show_row(channel, "guards", i);

        table_note(table, "%s refuses: %s %s, limit %s", show_text(guard, "name"),
                   show_text(guard, "planned"), report_text_measure(show_text(guard, "name")),
                   show_text(guard, "limit"));
    }
    if (digest[0])
        table_note(table, "digest %s", digest);
    if (pause)
        table_note(table, "paused: %s%s%s", show_text(pause, "reason"),
                   show_find(pause, "until") ? ", until " : ", without end",
                   show_text(pause, "until"));
    if (error)
        table_note(table, "%s%s%s", show_text(error, "message"),
                   show_find(error, "request_id") ? ", request " : "",
                   show_text(error, "request_id"));
}

/* Of a channel that was not read, nothing is known. */
static void show_number(Table *table, json_object *channel, const char *key)
{
    if (show_find(channel, "live"))
        table_printf(table, "%zu", show_count(channel, key));
    else
        table_add(table, NULL, TABLE_PLAIN);
}

static void show_channel(Table *table, json_object *channel, bool with_list_time)
{
    const char *name = show_text(channel, "name");
    const char *result = show_text(channel, "result");

    table_add_row(table);
    table_printf(table, "%s/%s", show_text(channel, "instance"),
                 name[0] ? name : show_text(channel, "id"));
    table_add(table, result[0] ? result : "not read yet", show_colour(result));
    table_add(table, show_text(channel, "mode"), TABLE_PLAIN);
    table_add(table, show_text(channel, "live"), TABLE_PLAIN);
    table_add(table, show_text(channel, "desired"), TABLE_PLAIN);
    show_number(table, channel, "extra");
    show_number(table, channel, "missing");
    if (with_list_time)
        table_add(table, show_text(channel, "listed"), TABLE_PLAIN);
    show_notes(table, channel);
}

static int show_channels(json_object *root, bool with_list_time, bool colour, Buf *buf)
{
    static const char *const titles[] = {"CHANNEL", "RESULT",   "MODE",   "#LIVE", "#DESIRED",
                                         "#EXTRA",  "#MISSING", "LISTED", NULL};
    static const char *const short_titles[] = {"CHANNEL",  "RESULT", "MODE",     "#LIVE",
                                               "#DESIRED", "#EXTRA", "#MISSING", NULL};
    Table table;
    int r;

    table_init(&table, with_list_time ? titles : short_titles);
    for (size_t i = 0; i < show_count(root, "channels"); i++)
        show_channel(&table, show_row(root, "channels", i), with_list_time);
    r = table_append(&table, colour, buf);
    table_done(&table);
    return r;
}

static void show_instances(json_object *root, Buf *buf)
{
    for (size_t i = 0; i < show_count(root, "instances"); i++) {
        json_object *instance = show_row(root, "instances", i);
        bool is_busy = json_object_get_boolean(show_find(instance, "pass_under_way"));
        int failures = json_object_get_int(show_find(instance, "failed_passes"));

        buf_printf(buf, "%s: ", show_text(instance, "name"));
        if (show_text(instance, "last_pass")[0])
            buf_printf(buf, "last pass %s, ", show_text(instance, "last_pass"));
        buf_printf(buf, is_busy ? "a pass is under way" : "next pass %s",
                   show_text(instance, "next_pass"));
        if (failures > 0)
            buf_printf(buf, ", cannot be read (%d pass%s in a row)", failures,
                       failures == 1 ? "" : "es");
        buf_putc(buf, '\n');
    }
}

/* Of channels that no row of the table is. What the service names must not steer the terminal. */
static void show_other_pauses(json_object *root, Buf *buf)
{
    for (size_t i = 0; i < show_count(root, "other_pauses"); i++) {
        json_object *row = show_row(root, "other_pauses", i), *pause = show_find(row, "pause");
        const char *name = show_text(row, "name"), *id = show_text(row, "id");
        char text[2048];

        snprintf(text, sizeof(text), "paused as well, in no roster: %s/%s%s%s%s: %s%s%s",
                 show_text(row, "instance"), name[0] ? name : id, name[0] && id[0] ? " (id " : "",
                 name[0] ? id : "", name[0] && id[0] ? ")" : "", show_text(pause, "reason"),
                 show_find(pause, "until") ? ", until " : ", without end",
                 show_text(pause, "until"));
        str_clean(text);
        buf_printf(buf, "%s\n", text);
    }
}

int show_status(json_object *root, bool colour, Buf *buf)
{
    int r;

    buf_printf(buf, "rosterd %s, pid %s%s, as of %s\n", show_text(root, "version"),
               show_text(root, "pid"),
               json_object_get_boolean(show_find(root, "dry_run")) ? ", dry run" : "",
               show_text(root, "time"));
    if (show_text(root, "invalid")[0])
        buf_printf(buf, "INVALID settings or rosters, the last good ones stay in force: %s\n",
                   show_text(root, "invalid"));
    if (show_text(root, "state_error")[0])
        buf_printf(buf, "%s\n", show_text(root, "state_error"));
    if (show_text(root, "pauses_error")[0])
        buf_printf(buf, "which channels are paused is not known: %s\n",
                   show_text(root, "pauses_error"));
    show_instances(root, buf);
    buf_putc(buf, '\n');
    r = show_channels(root, true, colour, buf);
    if (show_count(root, "other_pauses") > 0)
        buf_putc(buf, '\n');
    show_other_pauses(root, buf);
    return r < 0 ? r : buf_failed(buf);
}

int show_report(json_object *root, bool colour, Buf *buf)
{
    buf_printf(buf, "pass %s: %s%s\n\n", show_text(root, "pass"), show_text(root, "result"),
               json_object_get_boolean(show_find(root, "dry_run")) ? " (dry run)" : "");
    return show_channels(root, false, colour, buf);
}

/* ---- members ---- */

static void show_action(Table *table, json_object *action)
{
    char member[IDENTITY_SIZE_MAX + 16];
    const char *outcome = show_text(action, "outcome");

    show_member(show_find(action, "member"), member, sizeof(member));
    table_add_row(table);
    table_add(table, show_text(action, "time"), TABLE_PLAIN);
    table_printf(table, "%s/%s", show_text(action, "instance"), show_text(action, "name"));
    table_add(table, member, TABLE_PLAIN);
    table_add(table, outcome[0] ? outcome : "not decided", show_colour(outcome));
    table_add(table, show_text(action, "http"), TABLE_PLAIN);
    table_add(table, show_text(action, "code"), TABLE_PLAIN);
    table_add(table, show_text(action, "attempts"), TABLE_PLAIN);
    table_add(table, show_text(action, "pass"), TABLE_PLAIN);
    table_add(table, show_text(action, "action"), TABLE_PLAIN);
    table_printf(table, "%.12s", show_text(action, "digest"));
}

int show_history(json_object *root, bool colour, Buf *buf)
{
    static const char *const titles[] = {"TIME",   "CHANNEL", "MEMBER",  "OUTCOME", "#HTTP", "CODE",
                                         "#TRIES", "PASS",    "#ACTION", "DIGEST",  NULL};
    Table table;
    int r;

    if (show_count(root, "actions") == 0) {
        buf_puts(buf, "nothing was deleted\n");
        return buf_failed(buf);
    }
    table_init(&table, titles);
    for (size_t i = 0; i < show_count(root, "actions"); i++)
        show_action(&table, show_row(root, "actions", i));
    r = table_append(&table, colour, buf);
    table_done(&table);
    return r;
}

static void show_undo_member(Table *table, json_object *channel, json_object *row)
{
    char member[IDENTITY_SIZE_MAX + 16];
    const char *outcome = show_text(row, "outcome");
    const char *name = show_text(channel, "name");

    show_member(show_find(row, "member"), member, sizeof(member));
    table_add_row(table);
    table_printf(table, "%s/%s", show_text(channel, "instance"),
                 name[0] ? name : show_text(channel, "id"));
    table_add(table, member, TABLE_PLAIN);
    table_add(table, outcome, show_colour(outcome));
    table_add(table, show_text(row, "action"), TABLE_PLAIN);
}

/* An undo leaves its channels paused, whatever came of each member. */
static void show_paused(json_object *root, Buf *buf)
{
    buf_puts(buf,
             "\nPaused now, without end, so that no pass deletes them again. When the roster is "
             "right:\n");
    for (size_t i = 0; i < show_count(root, "channels"); i++) {
        json_object *channel = show_row(root, "channels", i);
        const char *name = show_text(channel, "name");
        char text[512];

        snprintf(text, sizeof(text), "%s/%s", show_text(channel, "instance"),
                 name[0] ? name : show_text(channel, "id"));
        str_clean(text);
        buf_printf(buf, "    rosterctl resume %s\n", text);
    }
}

int show_undo(json_object *root, bool colour, Buf *buf)
{
    static const char *const titles[] = {"CHANNEL", "MEMBER", "OUTCOME", "#ACTION", NULL};
    Table table;
    int r;

    table_init(&table, titles);
    for (size_t i = 0; i < show_count(root, "channels"); i++) {
        json_object *channel = show_row(root, "channels", i);
        json_object *error = show_find(channel, "error");

        for (size_t k = 0; k < show_count(channel, "members"); k++)
            show_undo_member(&table, channel, show_row(channel, "members", k));
        if (error)
            table_note(&table, "%s", show_text(error, "message"));
    }
    r = table_append(&table, colour, buf);
    table_done(&table);
    if (r == 0 && !json_object_get_boolean(show_find(root, "dry_run")))
        show_paused(root, buf);
    return r < 0 ? r : buf_failed(buf);
}
