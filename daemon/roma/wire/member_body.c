/* SPDX-License-Identifier: MIT */
#include "daemon/roma/wire/member_body.h"

#include <errno.h>
#include <string.h>

#include "daemon/base/mem.h"
#include "daemon/json/json_parser.h"
#include "daemon/json/json_writer.h"

/* What says where the member is differs between the kinds of channel; of an address, ecs_id and
 * ecs_name are only an echo. */
static const char *const upsert_of_addresses[] = {"host", NULL};
static const char *const upsert_of_ecs[] = {"ecs_id", "ecs_name", NULL};
static const char *const upsert_of_both[] = {
    "port", "weight", "is_backup", "status", "member_group_name", NULL};

static bool member_body_has_any(const Json *row, const char *const *keys)
{
    for (; *keys; keys++) {
        if (json_find(row, *keys))
            return true;
    }
    return false;
}

static void member_body_copy(const Json *row, const char *const *keys, JsonWriter *writer)
{
    for (; *keys; keys++) {
        const Json *value = json_find(row, *keys);

        if (value)
            json_put_value(writer, *keys, value);
    }
}

int member_body_append(const char *member_json, bool is_ecs, Buf *buf)
{
    const char *const *places = is_ecs ? upsert_of_ecs : upsert_of_addresses;
    JsonWriter writer = {.buf = buf, .is_compact = true};
    _cleanup_(json_freep) Json *row = NULL;
    int r = json_parse_once(member_json, strlen(member_json), &row, NULL);

    if (r == -ENOMEM)
        return r;
    if (r < 0 || !member_body_has_any(row, places))
        return -EINVAL;
    json_open_object(&writer, NULL);
    json_open_array(&writer, "members");
    json_open_object(&writer, NULL);
    member_body_copy(row, places, &writer);
    member_body_copy(row, upsert_of_both, &writer);
    json_close_object(&writer);
    json_close_array(&writer);
    json_close_object(&writer);
    return buf_failed(buf);
}
