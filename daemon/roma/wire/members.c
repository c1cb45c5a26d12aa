/* SPDX-License-Identifier: MIT */
#include "daemon/roma/wire/members_internal.h"

#include <errno.h>
#include <string.h>

#include "daemon/base/mem.h"
#include "daemon/base/str.h"
#include "daemon/json/json_parser.h"

#define LIST MEMBERS_LIST

const char *const member_field_names[MEMBER_FIELDS] = {
    [MEMBER_ID] = "id",
    [MEMBER_CHANNEL_ID] = "vpc_channel_id",
    [MEMBER_HOST] = "host",
    [MEMBER_ECS_ID] = "ecs_id",
    [MEMBER_GROUP] = "member_group_name",
    [MEMBER_GROUP_ID] = "member_group_id",
    [MEMBER_PORT] = "port",
    [MEMBER_STATUS] = "status",
    [MEMBER_WEIGHT] = "weight",
    [MEMBER_BACKUP] = "is_backup",
};

static const char *members_describe(const MemberPage *page, size_t row)
{
    MemberList *list = (MemberList *)(uintptr_t)page->source;
    const MemberText *text = &list->texts[row];

    buf_reset(&list->description);
    buf_append(&list->description, list->body + text->start, text->size);
    return buf_failed(&list->description) < 0 ? NULL : buf_text(&list->description);
}

static int members_get_port(const Json *value, size_t index, MemberRow *row, Err *err)
{
    int64_t number = 0;

    if (value && json_get_integer(value, 0, UINT16_MAX, &number) < 0)
        return json_odd_field(err, LIST, index, "port", "a port from 0 to 65535", value);
    row->port = (uint16_t)number;
    return 0;
}

static int members_get_status(const Json *value, size_t index, MemberRow *row, Err *err)
{
    int64_t number = 0;

    if (value && json_get_integer(value, 1, MEMBER_STATUS_UNAVAILABLE, &number) < 0)
        return json_odd_field(err, LIST, index, "status", "1 or 2", value);
    row->fields.is_enabled = number != MEMBER_STATUS_UNAVAILABLE;
    return 0;
}

static int members_get_weight(const Json *value, size_t index, MemberRow *row, Err *err)
{
    int64_t number = OPS_WEIGHT_NONE;

    if (value && json_get_integer(value, 0, INT32_MAX, &number) < 0)
        return json_odd_field(err, LIST, index, "weight", "a whole number from 0", value);
    row->fields.weight = (int32_t)number;
    return 0;
}

static int members_get_backup(const Json *value, size_t index, MemberRow *row, Err *err)
{
    if (value && !json_is_true(value) && !json_is_false(value))
        return json_odd_field(err, LIST, index, "is_backup", "true or false", value);
    row->fields.is_backup = json_is_true(value);
    return 0;
}

static int members_get_text(const Json *value, size_t index, const char *key, const char **ret,
                            Err *err)
{
    if (json_get_optional_string(value, ret) < 0)
        return json_odd_field(err, LIST, index, key, PAGE_WANTED_STRING, value);
    return 0;
}

static int members_get_id(const Json *value, size_t index, MemberRow *row, Err *err)
{
    if (json_get_string(value, &row->id) < 0 || !str_is_id(row->id, OPS_ID_SIZE_MAX))
        return json_odd_field(err, LIST, index, "id", PAGE_WANTED_ID, value);
    return 0;
}

static int members_get_channel_id(const Json *value, size_t index, MemberRow *row, Err *err)
{
    if (json_get_string(value, &row->channel_id) < 0)
        return json_odd_field(err, LIST, index, "vpc_channel_id", PAGE_WANTED_STRING, value);
    return 0;
}

/* A row while it is read. */
typedef struct MemberDraft {
    MemberRow row;
    const char *group_id;
} MemberDraft;

/* Keys that are not ours to know are passed over. */
static int members_get_field(const char *key, const Json *value, size_t index, MemberDraft *draft,
                             Err *err)
{
    MemberRow *row = &draft->row;
    size_t field = 0;

    while (field < MEMBER_FIELDS && !str_equal(member_field_names[field], key))
        field++;
    switch ((MemberField)field) {
    case MEMBER_ID:
        return members_get_id(value, index, row, err);
    case MEMBER_CHANNEL_ID:
        return members_get_channel_id(value, index, row, err);
    case MEMBER_HOST:
        return members_get_text(value, index, key, &row->host, err);
    case MEMBER_ECS_ID:
        return members_get_text(value, index, key, &row->ecs_id, err);
    case MEMBER_GROUP:
        return members_get_text(value, index, key, &row->group, err);
    case MEMBER_GROUP_ID:
        return members_get_text(value, index, key, &draft->group_id, err);
    case MEMBER_PORT:
        return members_get_port(value, index, row, err);
    case MEMBER_STATUS:
        return members_get_status(value, index, row, err);
    case MEMBER_WEIGHT:
        return members_get_weight(value, index, row, err);
    case MEMBER_BACKUP:
        return members_get_backup(value, index, row, err);
    case MEMBER_FIELDS:
        break;
    }
    return 0;
}

static int members_check_row(const MemberDraft *draft, size_t index, Err *err)
{
    const MemberRow *row = &draft->row;

    if (!row->id)
        return err_set(err, -EPROTO, LIST "[%zu].id: is missing", index);
    if (!row->channel_id)
        return err_set(err, -EPROTO, LIST "[%zu].vpc_channel_id: is missing", index);
    if (row->host[0] == '\0' && row->ecs_id[0] == '\0')
        return err_set(err, -EPROTO, LIST "[%zu].host: is missing, and so is ecs_id", index);
    /* Without its group the row would count as another member, one of no group. */
    if (draft->group_id[0] != '\0' && row->group[0] == '\0')
        return err_set(err, -EPROTO,
                       LIST "[%zu].member_group_name: is missing, although there is a "
                            "member_group_id",
                       index);
    return 0;
}

static int members_get_row(const Json *object, size_t index, MemberRow *ret_row, Err *err)
{
    MemberDraft draft = {
        .row = {.host = "",
                .ecs_id = "",
                .group = "",
                .fields = {.weight = OPS_WEIGHT_NONE, .is_enabled = true}},
        .group_id = "",
    };
    JsonField field = json_fields(object);

    if (!json_is_object(object))
        return err_set(err, -EPROTO, LIST "[%zu]: should be an object", index);
    while (json_next(&field)) {
        int r = members_get_field(field.key, field.value, index, &draft, err);

        if (r < 0)
            return r;
    }
    *ret_row = draft.row;
    return members_check_row(&draft, index, err);
}

/* NULL when out of memory. */
static const char *members_keep_text(MemberList *list, const char *text)
{
    return text[0] != '\0' ? arena_string(&list->strings, text) : "";
}

/* The row's strings outlive its tree; a channel's id, the same in every row, is kept once. */
static int members_keep(MemberList *list, size_t index, MemberRow *row, Err *err)
{
    const MemberRow *before = index > 0 ? &list->rows[index - 1] : NULL;

    row->id = arena_string(&list->strings, row->id);
    row->channel_id = before && str_equal(before->channel_id, row->channel_id)
                          ? before->channel_id
                          : arena_string(&list->strings, row->channel_id);
    row->host = members_keep_text(list, row->host);
    row->ecs_id = members_keep_text(list, row->ecs_id);
    row->group = members_keep_text(list, row->group);
    if (!row->id || !row->channel_id || !row->host || !row->ecs_id || !row->group)
        return err_memory(err);
    list->rows[index] = *row;
    return 0;
}

static int members_on_row(const Json *object, const char *text, size_t size, size_t index,
                          void *userdata, Err *err)
{
    MemberList *list = userdata;
    MemberRow row;
    int r = members_get_row(object, index, &row, err);

    if (r < 0)
        return r;
    if (members_grow(list, index) < 0)
        return err_memory(err);
    list->texts[index] = (MemberText){(size_t)(text - list->body), size};
    return members_keep(list, index, &row, err);
}

int members_read_tree(MemberList *list, JsonParser *parser, const char *body, size_t size, Err *err)
{
    PageCounts counts;
    int r;

    members_clear(list);
    list->body = body;
    r = page_read(parser, body, size, LIST, members_on_row, list, &counts, err);
    if (r < 0)
        members_clear(list);
    else
        members_show(list, body, &counts);
    return r;
}

int members_parse(MemberList *list, JsonParser *parser, const char *body, size_t size, Err *err)
{
    return members_pull(list, body, size) == 0 ? 0
                                               : members_read_tree(list, parser, body, size, err);
}

int members_grow(MemberList *list, size_t index)
{
    int r = mem_grow(&list->rows, &list->row_capacity, index + 1, sizeof(*list->rows));

    return r < 0 ? r
                 : mem_grow(&list->texts, &list->text_capacity, index + 1, sizeof(*list->texts));
}

void members_show(MemberList *list, const char *body, const PageCounts *counts)
{
    list->body = body;
    list->page = (MemberPage){
        .total = counts->total,
        .rows = list->rows,
        .row_count = counts->row_count,
        .describe = members_describe,
        .source = list,
    };
}

void members_clear(MemberList *list)
{
    arena_reset(&list->strings);
    list->page = (MemberPage){0};
    list->pull = (PagePull){0};
}

void members_done(MemberList *list)
{
    members_clear(list);
    arena_done(&list->strings);
    free(list->rows);
    free(list->texts);
    buf_done(&list->description);
    *list = (MemberList){0};
}
