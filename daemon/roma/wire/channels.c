/* SPDX-License-Identifier: MIT */
/* What decides whether a channel may be managed at all is read as strictly as its id. A row that is
 * odd is not guessed at, and is the matter of whoever names it. */
#include "daemon/roma/wire/channels_internal.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "daemon/base/mem.h"
#include "daemon/base/str.h"
#include "daemon/json/json_parser.h"

#define LIST CHANNELS_LIST

const char *const channel_field_names[CHANNEL_FIELDS] = {
    [CHANNEL_ID] = "id",
    [CHANNEL_NAME] = "name",
    [CHANNEL_PORT] = "port",
    [CHANNEL_TYPE] = "type",
    [CHANNEL_MEMBER_TYPE] = "member_type",
    [CHANNEL_VPC_TYPE] = "vpc_channel_type",
    [CHANNEL_GROUPS] = "member_groups",
};

const char *const group_field_names[GROUP_FIELDS] = {
    [GROUP_NAME] = "member_group_name",
    [GROUP_WEIGHT] = "member_group_weight",
    [GROUP_REFERENCE] = "reference_vpc_channel_id",
};

static int channels_get_text(const Json *value, size_t index, const char *key, const char **ret,
                             Err *err)
{
    if (json_get_optional_string(value, ret) < 0)
        return json_odd_field(err, LIST, index, key, PAGE_WANTED_STRING, value);
    return 0;
}

static int channels_get_id(const Json *value, size_t index, ChannelRow *row, Err *err)
{
    const char *id;

    if (json_get_string(value, &id) < 0 || !str_is_id(id, OPS_ID_SIZE_MAX))
        return json_odd_field(err, LIST, index, "id", PAGE_WANTED_ID, value);
    row->id = id;
    return 0;
}

/* A name that is no text may be meant by a roster all the same, where plain scalars are texts. */
static int channels_get_name(const Json *value, size_t index, ChannelRow *row, Err *err)
{
    if (json_get_string(value, &row->name) == 0)
        return 0;
    if (value && !json_is_string(value) && !json_is_object(value) && !json_is_array(value))
        row->name = json_as_text(value);
    return json_odd_field(err, LIST, index, "name", PAGE_WANTED_STRING, value);
}

static int channels_get_port(const Json *value, size_t index, ChannelRow *row, Err *err)
{
    int64_t number = 0;

    if (value && json_get_integer(value, 0, UINT16_MAX, &number) < 0)
        return json_odd_field(err, LIST, index, "port", "a port from 0 to 65535", value);
    row->port = (uint16_t)number;
    return 0;
}

static int channels_get_type(const Json *value, size_t index, ChannelRow *row, Err *err)
{
    int64_t number = -1;

    if (value && json_get_integer(value, 0, INT_MAX, &number) < 0)
        return json_odd_field(err, LIST, index, "type", "a whole number from 0", value);
    row->type = (int)number;
    return 0;
}

/* Reads a group; its name stays the tree's. */
static int channels_get_group(const Json *value, size_t index, ChannelGroup *ret_group,
                              bool *ret_has_reference, Err *err)
{
    const Json *name = json_find(value, group_field_names[GROUP_NAME]);
    const Json *weight = json_find(value, group_field_names[GROUP_WEIGHT]);
    const Json *reference = json_find(value, group_field_names[GROUP_REFERENCE]);
    int64_t number = OPS_WEIGHT_NONE;
    const char *text;

    if (json_get_optional_string(reference, &text) < 0)
        return json_odd_field(err, LIST, index, "member_groups.reference_vpc_channel_id",
                              PAGE_WANTED_STRING, reference);
    *ret_has_reference = text[0] != '\0';
    if (json_get_optional_string(name, &ret_group->name) < 0)
        return json_odd_field(err, LIST, index, "member_groups.member_group_name",
                              PAGE_WANTED_STRING, name);
    if (weight && json_get_integer(weight, 0, INT32_MAX, &number) < 0)
        return json_odd_field(err, LIST, index, "member_groups.member_group_weight",
                              "a whole number from 0", weight);
    ret_group->weight = (int32_t)number;
    return 0;
}

static int channels_get_groups(const Json *value, size_t index, ChannelRow *row, Err *err)
{
    static const char wanted[] = "an array of objects";

    if (!value)
        return 0;
    if (!json_is_array(value))
        return json_odd_field(err, LIST, index, "member_groups", wanted, value);
    for (size_t i = 0; i < json_length(value); i++) {
        const Json *group = json_at(value, i);
        bool has_reference = false;
        ChannelGroup unused;
        int r;

        if (!json_is_object(group))
            return json_odd_field(err, LIST, index, "member_groups", wanted, value);
        r = channels_get_group(group, index, &unused, &has_reference, err);
        row->has_reference = row->has_reference || has_reference;
        if (r < 0)
            return r;
    }
    row->tells_groups = true;
    return 0;
}

/* Keys that are not ours to know are passed over. */
static int channels_get_field(const char *key, const Json *value, size_t index, ChannelRow *row,
                              Err *err)
{
    size_t field = 0;

    while (field < CHANNEL_FIELDS && !str_equal(channel_field_names[field], key))
        field++;
    switch ((ChannelField)field) {
    case CHANNEL_ID:
        return channels_get_id(value, index, row, err);
    case CHANNEL_NAME:
        return channels_get_name(value, index, row, err);
    case CHANNEL_PORT:
        return channels_get_port(value, index, row, err);
    case CHANNEL_TYPE:
        return channels_get_type(value, index, row, err);
    case CHANNEL_MEMBER_TYPE:
        return channels_get_text(value, index, key, &row->member_type, err);
    case CHANNEL_VPC_TYPE:
        return channels_get_text(value, index, key, &row->vpc_channel_type, err);
    case CHANNEL_GROUPS:
        return channels_get_groups(value, index, row, err);
    case CHANNEL_FIELDS:
        break;
    }
    return 0;
}

/* Reads all fields that can be read; `err` keeps the first mistake. 0 or -EPROTO. */
static int channels_get_row(const Json *object, size_t index, ChannelRow *ret_row, Err *err)
{
    bool has_id = false, has_name = false;
    JsonField field = json_fields(object);
    int first = 0;

    *ret_row =
        (ChannelRow){.id = "", .name = "", .member_type = "", .vpc_channel_type = "", .type = -1};
    if (!json_is_object(object))
        return err_set(err, -EPROTO, LIST "[%zu]: should be an object", index);
    while (json_next(&field)) {
        Err odd = {0};
        int r = channels_get_field(field.key, field.value, index, ret_row, &odd);

        has_id = has_id || str_equal(field.key, "id");
        has_name = has_name || str_equal(field.key, "name");
        if (r < 0 && first == 0) {
            first = r;
            *err = odd;
        }
    }
    if (first == 0 && (!has_id || !has_name))
        return err_set(err, -EPROTO, LIST "[%zu].%s: is missing", index, has_id ? "name" : "id");
    return first;
}

/* Copies the groups of a row that tells them, for they outlive its tree. */
static int channels_keep_groups(ChannelList *list, const Json *object, ChannelRow *row)
{
    const Json *value = json_find(object, channel_field_names[CHANNEL_GROUPS]);
    size_t count = row->tells_groups ? json_length(value) : 0;
    ChannelGroup *groups;

    if (count == 0)
        return 0;
    groups = arena_alloc(&list->strings, count * sizeof(*groups));
    for (size_t i = 0; groups && i < count; i++) {
        bool unused;

        channels_get_group(json_at(value, i), i, &groups[i], &unused, NULL);
        groups[i].name = arena_string(&list->strings, groups[i].name);
        if (!groups[i].name)
            return -ENOMEM;
    }
    row->groups = groups;
    row->group_count = groups ? count : 0;
    return groups ? 0 : -ENOMEM;
}

/* The row's strings outlive its tree. One that is odd is still a row. */
static int channels_on_row(const Json *object, const char *text, size_t size, size_t index,
                           void *userdata, Err *err)
{
    ChannelList *list = userdata;
    ChannelRow row;
    Err odd = {0};
    int r = channels_get_row(object, index, &row, &odd);

    (void)text;
    (void)size;
    row.odd = r < 0 ? arena_string(&list->strings, odd.text) : NULL;
    row.id = arena_string(&list->strings, row.id);
    row.name = arena_string(&list->strings, row.name);
    row.member_type = arena_string(&list->strings, row.member_type);
    row.vpc_channel_type = arena_string(&list->strings, row.vpc_channel_type);
    if ((r < 0 && !row.odd) || !row.id || !row.name || !row.member_type || !row.vpc_channel_type ||
        channels_keep_groups(list, object, &row) < 0 ||
        mem_grow(&list->rows, &list->capacity, index + 1, sizeof(*list->rows)) < 0)
        return err_memory(err);
    list->rows[index] = row;
    return 0;
}

int channels_parse(ChannelList *list, JsonParser *parser, const char *body, size_t size, Err *err)
{
    return channels_pull(list, body, size) == 0 ? 0
                                                : channels_read_tree(list, parser, body, size, err);
}

int channels_read_tree(ChannelList *list, JsonParser *parser, const char *body, size_t size,
                       Err *err)
{
    PageCounts counts;
    int r;

    channels_clear(list);
    r = page_read(parser, body, size, LIST, channels_on_row, list, &counts, err);
    if (r < 0) {
        channels_clear(list);
        return r;
    }
    list->page = (ChannelPage){
        .total = counts.total,
        .rows = list->rows,
        .row_count = counts.row_count,
    };
    return 0;
}

void channels_clear(ChannelList *list)
{
    arena_reset(&list->strings);
    list->page = (ChannelPage){0};
    list->pull = (PagePull){0};
}

void channels_done(ChannelList *list)
{
    channels_clear(list);
    arena_done(&list->strings);
    free(list->rows);
    *list = (ChannelList){0};
}
