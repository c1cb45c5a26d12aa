/* SPDX-License-Identifier: MIT */
#include "daemon/roma/wire/member_body.h"

#include <errno.h>
#include <string.h>

#include "daemon/base/mem.h"
#include "daemon/base/str.h"
#include "daemon/json/json_parser.h"
#include "daemon/json/json_writer.h"

/* The switch of a member (API.md section 1.2). */
#define STATUS_ENABLED 1
#define STATUS_DISABLED 2

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

static int member_body_append_id(const char *member_id, Buf *buf)
{
    JsonWriter writer = {.buf = buf, .is_compact = true};

    json_open_object(&writer, NULL);
    json_open_array(&writer, "member_ids");
    json_put_string(&writer, NULL, member_id);
    json_close_array(&writer);
    json_close_object(&writer);
    return buf_failed(buf);
}

int member_body_append_request(const Request *request, Buf *buf)
{
    switch (request->kind) {
    case REQUEST_ADD_MEMBERS:
        return member_body_append(request->member_json, request->is_ecs, buf);
    case REQUEST_DISABLE_MEMBER:
    case REQUEST_ENABLE_MEMBER:
        return member_body_append_id(request->member_id, buf);
    case REQUEST_LIST_CHANNELS:
    case REQUEST_LIST_MEMBERS:
    case REQUEST_DELETE_MEMBER:
        break;
    }
    return 0;
}

/* ---- what a member was ---- */

static int member_body_get_number(const Json *row, const char *key, int64_t max, uint8_t state,
                                  int64_t *ret_number)
{
    const Json *value = json_find(row, key);

    if (!value)
        return 0;
    return json_get_integer(value, 0, max, ret_number) < 0 ? -EINVAL : state;
}

int member_body_read_fields(const char *member_json, MemberFields *ret_fields)
{
    _cleanup_(json_freep) Json *row = NULL;
    int64_t weight = OPS_WEIGHT_NONE, status = STATUS_ENABLED;
    const Json *backup;
    int r = json_parse_once(member_json, strlen(member_json), &row, NULL), weighs, switched;

    if (r < 0)
        return r == -ENOMEM ? r : -EINVAL;
    backup = json_find(row, "is_backup");
    weighs = member_body_get_number(row, "weight", INT32_MAX, ROSTER_MEMBER_WEIGHT, &weight);
    switched = member_body_get_number(row, "status", INT32_MAX, ROSTER_MEMBER_ENABLED, &status);
    if (weighs < 0 || switched < 0)
        return -EINVAL;
    *ret_fields = (MemberFields){
        .weight = (int32_t)weight,
        .is_backup = backup && json_is_true(backup),
        .is_enabled = status != STATUS_DISABLED,
    };
    return weighs | switched | (backup ? ROSTER_MEMBER_BACKUP : 0);
}

/* ---- what a pass sends ---- */

static void member_body_put_states(const MemberPost *post, JsonWriter *writer)
{
    const RosterMember *wanted = post->wanted;

    if (post->states & ROSTER_MEMBER_WEIGHT)
        json_put_number(writer, "weight", wanted->weight);
    if (post->states & ROSTER_MEMBER_BACKUP)
        json_put_bool(writer, "is_backup", wanted->backup);
    if (post->states & ROSTER_MEMBER_ENABLED)
        json_put_number(writer, "status", wanted->enabled ? STATUS_ENABLED : STATUS_DISABLED);
}

static void member_body_put_new(const MemberPost *post, JsonWriter *writer)
{
    const RosterMember *wanted = post->wanted;
    const char *ecs_name = config_member_ecs_name(wanted);

    json_put_string(writer, wanted->is_ecs ? "ecs_id" : "host", wanted->address);
    if (wanted->is_ecs)
        json_put_string(writer, "ecs_name", ecs_name ? ecs_name : wanted->address);
    json_put_number(writer, "port", post->port);
    if (!str_is_empty(config_member_group(wanted)))
        json_put_string(writer, "member_group_name", config_member_group(wanted));
    member_body_put_states(post, writer);
}

/* Whether the roster states that key of a row. */
static bool member_body_is_stated(const MemberPost *post, const char *key)
{
    uint8_t states = post->states;

    if (str_equal(key, "weight"))
        return post->leaves_weight || (states & ROSTER_MEMBER_WEIGHT);
    if (str_equal(key, "is_backup"))
        return states & ROSTER_MEMBER_BACKUP;
    return str_equal(key, "status") && (states & ROSTER_MEMBER_ENABLED);
}

static int member_body_put_old(const MemberPost *post, JsonWriter *writer)
{
    const char *const *places = post->wanted->is_ecs ? upsert_of_ecs : upsert_of_addresses;
    _cleanup_(json_freep) Json *row = NULL;
    int r = json_parse_once(post->before, strlen(post->before), &row, NULL);

    if (r < 0 || !member_body_has_any(row, places))
        return r < 0 ? r : -EINVAL;
    member_body_copy(row, places, writer);
    for (const char *const *key = upsert_of_both; *key; key++) {
        const char *const one[] = {*key, NULL};

        if (!member_body_is_stated(post, *key))
            member_body_copy(row, one, writer);
    }
    member_body_put_states(post, writer);
    return 0;
}

const char *member_body_compose(const MemberPost *post, Arena *arena)
{
    _cleanup_(buf_done) Buf text = {0};
    JsonWriter writer = {.buf = &text, .is_compact = true};

    json_open_object(&writer, NULL);
    if (!post->before)
        member_body_put_new(post, &writer);
    else if (member_body_put_old(post, &writer) < 0)
        return NULL;
    json_close_object(&writer);
    return buf_failed(&text) < 0 ? NULL : arena_string(arena, buf_text(&text));
}
