/* SPDX-License-Identifier: MIT */
#include "daemon/roma/wire/member_body.h"

#include <errno.h>
#include <string.h>

#include "daemon/base/mem.h"
#include "daemon/json/json_read.h"

/* What says where the member is differs between the kinds of channel; of an address, ecs_id and
 * ecs_name are only an echo. */
static const char *const upsert_of_addresses[] = {"host", NULL};
static const char *const upsert_of_ecs[] = {"ecs_id", "ecs_name", NULL};
static const char *const upsert_of_both[] = {
    "port", "weight", "is_backup", "status", "member_group_name", NULL};

/* 0 or -ENOMEM. */
static int member_body_copy(json_object *row, const char *const *keys, json_object *info)
{
    for (; *keys; keys++) {
        json_object *value = NULL;

        json_object_object_get_ex(row, *keys, &value);
        if (value && json_object_object_add(info, *keys, json_object_get(value)) < 0)
            return -ENOMEM;
    }
    return 0;
}

static int member_body_append_info(json_object *info, Buf *buf)
{
    const char *text = json_object_to_json_string_ext(info, JSON_C_TO_STRING_PLAIN |
                                                                JSON_C_TO_STRING_NOSLASHESCAPE);

    if (!text)
        return -ENOMEM;
    buf_puts(buf, "{\"members\":[");
    buf_puts(buf, text);
    buf_puts(buf, "]}");
    return buf_failed(buf);
}

int member_body_append(const char *member_json, bool is_ecs, Buf *buf)
{
    JsonParser parser;
    json_object *row = NULL, *info = json_object_new_object();
    int r = info ? json_read_parser_init(&parser) : -ENOMEM;

    if (r == 0) {
        if (json_read_parse(&parser, member_json, strlen(member_json), &row, NULL) < 0)
            r = -EINVAL;
        json_read_parser_done(&parser);
    }
    if (r == 0)
        r = member_body_copy(row, is_ecs ? upsert_of_ecs : upsert_of_addresses, info);
    if (r == 0 && json_object_object_length(info) == 0)
        r = -EINVAL;
    if (r == 0)
        r = member_body_copy(row, upsert_of_both, info);
    if (r == 0)
        r = member_body_append_info(info, buf);
    json_object_put(row);
    json_object_put(info);
    return r;
}
