/* SPDX-License-Identifier: MIT */
#include "daemon/report/row.h"

#include <stdio.h>

#include "daemon/base/str.h"

json_object *row_find(json_object *object, const char *key)
{
    json_object *value = NULL;

    if (json_object_is_type(object, json_type_object))
        json_object_object_get_ex(object, key, &value);
    return value;
}

const char *row_text(json_object *object, const char *key)
{
    json_object *value = row_find(object, key);
    const char *text = value ? json_object_get_string(value) : NULL;

    return text ? text : "";
}

uint64_t row_number(json_object *object, const char *key)
{
    json_object *value = row_find(object, key);

    return json_object_is_type(value, json_type_int) ? json_object_get_uint64(value) : 0;
}

bool row_is_true(json_object *object, const char *key)
{
    json_object *value = row_find(object, key);

    return json_object_is_type(value, json_type_boolean) && json_object_get_boolean(value);
}

size_t row_count(json_object *object, const char *key)
{
    json_object *value = row_find(object, key);

    return json_object_is_type(value, json_type_array) ? json_object_array_length(value) : 0;
}

json_object *row_at(json_object *object, const char *key, size_t index)
{
    return index < row_count(object, key) ? json_object_array_get_idx(row_find(object, key), index)
                                          : NULL;
}

const char *row_channel(json_object *channel, char *ret_text, size_t size)
{
    const char *name = row_text(channel, "name");

    snprintf(ret_text, size, "%s/%s", row_text(channel, "instance"),
             name[0] ? name : row_text(channel, "id"));
    return ret_text;
}

void row_member(json_object *member, char ret_text[static ROW_MEMBER_SIZE])
{
    const char *ecs_id = row_text(member, "ecs_id"), *host = row_text(member, "host");
    const char *group = row_text(member, row_find(member, "group") ? "group" : "member_group_name");

    identity_format(group, host[0] ? host : ecs_id, (uint16_t)row_number(member, "port"), ret_text,
                    ROW_MEMBER_SIZE);
}

bool row_was_read(json_object *channel)
{
    return row_find(channel, "live");
}
