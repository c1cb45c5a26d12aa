/* SPDX-License-Identifier: MIT */
#include "daemon/report/row.h"

#include <stdio.h>

#include "daemon/base/mem.h"
#include "daemon/base/str.h"
#include "daemon/json/json_value.h"
#include "reconcile/report/report.h"

const char *row_text(const Json *object, const char *key)
{
    return json_as_text(json_find(object, key));
}

uint64_t row_number(const Json *object, const char *key)
{
    return json_as_number(json_find(object, key));
}

bool row_is_true(const Json *object, const char *key)
{
    return json_is_true(json_find(object, key));
}

size_t row_count(const Json *object, const char *key)
{
    return json_length(json_find(object, key));
}

Json *row_at(const Json *object, const char *key, size_t index)
{
    return json_at(json_find(object, key), index);
}

static const Json *row_find_more(const Json *channel, const char *list)
{
    return json_find(json_find(channel, "more"), list);
}

size_t row_more(const Json *channel, const char *list)
{
    return (size_t)row_number(row_find_more(channel, list), "rows");
}

size_t row_total(const Json *channel, const char *list)
{
    return row_count(channel, list) + row_more(channel, list);
}

size_t row_more_of(const Json *channel, const char *list, const char *outcome)
{
    return (size_t)row_number(json_find(row_find_more(channel, list), "outcomes"), outcome);
}

size_t row_total_of(const Json *channel, const char *list, const char *outcome)
{
    const Json *rows = json_find(channel, list);
    size_t shown = json_length(rows), count = 0;

    for (size_t i = 0; i < shown; i++)
        count += str_equal(row_text(json_at(rows, i), "outcome"), outcome);
    return count + row_more_of(channel, list, outcome);
}

const char *row_channel(const Json *channel, char *ret_text, size_t size)
{
    const char *name = row_text(channel, "name");

    snprintf(ret_text, size, "%s/%s", row_text(channel, "instance"),
             name[0] ? name : row_text(channel, "id"));
    return ret_text;
}

void row_member(const Json *member, char ret_text[static ROW_MEMBER_SIZE])
{
    const char *ecs_id = row_text(member, "ecs_id"), *host = row_text(member, "host");
    const char *group =
        row_text(member, json_find(member, "group") ? "group" : "member_group_name");

    identity_format(group, host[0] ? host : ecs_id, (uint16_t)row_number(member, "port"), ret_text,
                    ROW_MEMBER_SIZE);
}

const char *row_pause(const Json *pause)
{
    static const struct {
        PauseScope scope;
        const char *words;
    } rows[] = {
        {PAUSE_SCOPE_INSTANCE, "paused with its instance"},
        {PAUSE_SCOPE_ALL, "paused with all instances"},
        {PAUSE_SCOPE_ROSTER, "paused in the roster"},
    };

    for (size_t i = 0; i < ELEMENTS(rows); i++) {
        if (str_equal(row_text(pause, "scope"), channel_record_scope_text(rows[i].scope)))
            return rows[i].words;
    }
    return "paused";
}

bool row_is_elsewhere(const Json *object)
{
    return json_is_false(json_find(object, "owned"));
}

bool row_was_read(const Json *channel)
{
    return json_find(channel, "live");
}
