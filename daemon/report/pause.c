/* SPDX-License-Identifier: MIT */
#include "daemon/report/pause.h"

#include <pwd.h>
#include <stdio.h>

#include "daemon/base/clock.h"
#include "daemon/base/str.h"
#include "daemon/report/row.h"

/* ---- as JSON ---- */

void report_pause_put_scope(JsonWriter *writer, const StoreScope *scope)
{
    json_put_text(writer, "scope", channel_record_scope_text(store_scope_kind(scope)));
    json_put_text(writer, "instance", scope->instance_name);
    json_put_text(writer, "name", scope->channel_name);
    json_put_text(writer, "id", scope->channel_id);
}

void report_pause_put(JsonWriter *writer, const StorePause *pause)
{
    char until[CLOCK_RFC3339_SIZE] = "";

    if (pause->until_usec)
        clock_format_rfc3339(pause->until_usec, until);
    report_pause_put_scope(writer, &pause->scope);
    json_put_text(writer, "reason", pause->reason);
    json_put_text(writer, "until", until);
    json_put_number_if(writer, "uid", pause->uid != (uid_t)-1, pause->uid);
}

void report_pause_put_all(JsonWriter *writer, const char *key, const StorePauses *pauses,
                          const StoreScope *beside)
{
    json_open_array(writer, key);
    for (size_t i = 0; i < pauses->count; i++) {
        const StoreScope *scope = &pauses->items[i].scope;

        if (beside && !store_scope_covers(scope, beside) && !store_scope_covers(beside, scope))
            continue;
        json_open_object(writer, NULL);
        report_pause_put(writer, &pauses->items[i]);
        json_close_object(writer);
    }
    json_close_array(writer);
}

/* ---- for people ---- */

const char *report_pause_scope(const Json *row, char *ret_text, size_t size)
{
    const char *scope = row_text(row, "scope");

    if (str_equal(scope, channel_record_scope_text(PAUSE_SCOPE_ALL)))
        str_copy(ret_text, size, "all instances");
    else if (str_equal(scope, channel_record_scope_text(PAUSE_SCOPE_INSTANCE)))
        snprintf(ret_text, size, "instance %s", row_text(row, "instance"));
    else
        row_channel(row, ret_text, size);
    return ret_text;
}

/* " (by NAME)", or by the number where it has no name here; "" where it is not known. */
static const char *report_pause_user(const Json *row, char *ret_text, size_t size)
{
    const struct passwd *user = NULL;

    ret_text[0] = '\0';
    if (!json_find(row, "uid"))
        return ret_text;
    user = getpwuid((uid_t)row_number(row, "uid"));
    if (user)
        snprintf(ret_text, size, " (by %s)", user->pw_name);
    else
        snprintf(ret_text, size, " (by uid %s)", row_text(row, "uid"));
    return ret_text;
}

void report_pause_line(const Page *page, const Json *row, const char *before, bool with_user)
{
    const char *until = row_text(row, "until");
    char name[ROW_NAME_SIZE], user[128] = "";

    if (with_user)
        report_pause_user(row, user, sizeof(user));
    page_printf(page, "%s%s: paused%s%s: %s%s", before, report_pause_scope(row, name, sizeof(name)),
                until[0] ? " until " : ", without end", until, row_text(row, "reason"), user);
    page_newline(page);
}

void report_pause_replaced(const Page *page, const Json *root)
{
    for (size_t i = 0; i < row_count(root, "replaced"); i++)
        report_pause_line(page, row_at(root, "replaced", i), "in place of: ", true);
}
