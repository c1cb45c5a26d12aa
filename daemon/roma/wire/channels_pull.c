/* SPDX-License-Identifier: MIT */
/* Rows of channels without a tree: a page is taken when nothing about any of them is odd. */
#include <errno.h>
#include <limits.h>

#include "daemon/base/mem.h"
#include "daemon/roma/wire/channels_internal.h"

/* ---- groups ---- */

typedef int (*ChannelsOnItem)(JsonPull *pull, size_t index, void *userdata);

/* Reads an array that is known to be one. */
static int channels_pull_array(const JsonSpan *array, ChannelsOnItem on_item, void *userdata,
                               size_t *ret_count)
{
    JsonPull pull = {.at = array->start + 1, .end = array->start + array->size, .depth = 2};
    size_t count = 0;
    char next;
    int r = json_pull_peek(&pull, &next);

    while (r == 0 && next != ']') {
        r = on_item(&pull, count++, userdata);
        if (r == 0)
            r = json_pull_peek(&pull, &next);
        if (r == 0 && next == ',')
            pull.at++;
    }
    *ret_count = count;
    return r;
}

static int channels_skip_item(JsonPull *pull, size_t index, void *userdata)
{
    JsonSpan unused;

    (void)index;
    (void)userdata;
    return json_pull_value(pull, &unused);
}

/* A row's groups while they are read. */
typedef struct GroupsDraft {
    ChannelList *list;
    ChannelGroup *groups;
    bool has_reference;
} GroupsDraft;

static int channels_pull_group(JsonPull *pull, size_t index, void *userdata)
{
    GroupsDraft *draft = userdata;
    ChannelList *list = draft->list;
    ChannelGroup *group = &draft->groups[index];
    JsonSpan values[GROUP_FIELDS];
    PageText name = {0}, reference = {0};
    int64_t weight = 0;
    int r = json_shape_pull(&list->group_shape, pull, values);

    if (r == 0)
        r = page_pull_text(&values[GROUP_REFERENCE], &reference, &list->strings, &reference);
    if (r == 0)
        r = page_pull_text(&values[GROUP_NAME], &name, &list->strings, &name);
    if (r == 0)
        r = page_pull_integer(&values[GROUP_WEIGHT], 0, INT32_MAX, OPS_WEIGHT_NONE, &weight);
    *group = (ChannelGroup){.name = name.text, .weight = (int32_t)weight};
    draft->has_reference = draft->has_reference || reference.size > 0;
    return r;
}

static int channels_pull_groups(ChannelList *list, const JsonSpan *value, ChannelRow *row)
{
    GroupsDraft draft = {.list = list};
    size_t count;
    int r;

    if (value->kind <= JSON_NULL)
        return 0;
    if (value->kind != JSON_ARRAY)
        return -EPROTO;
    r = channels_pull_array(value, channels_skip_item, NULL, &count);
    if (r == 0 && count > 0) {
        draft.groups = arena_alloc(&list->strings, count * sizeof(*draft.groups));
        r = draft.groups ? channels_pull_array(value, channels_pull_group, &draft, &count)
                         : -ENOMEM;
    }
    row->groups = draft.groups;
    row->group_count = count;
    row->has_reference = draft.has_reference;
    row->tells_groups = true;
    return r;
}

/* ---- rows ---- */

static int channels_pull_numbers(const JsonSpan *values, ChannelRow *row)
{
    int64_t port, type;
    int r = page_pull_integer(&values[CHANNEL_PORT], 0, UINT16_MAX, 0, &port);

    if (r == 0)
        r = page_pull_integer(&values[CHANNEL_TYPE], 0, INT_MAX, -1, &type);
    if (r < 0)
        return r;
    row->port = (uint16_t)port;
    row->type = (int)type;
    return 0;
}

static int channels_pull_texts(ChannelList *list, const JsonSpan *values, ChannelRow *row)
{
    static const PageText none = {"", 0};
    PageText name = none;
    int r = page_pull_id(&values[CHANNEL_ID], &list->strings, &row->id);

    if (r == 0 && values[CHANNEL_NAME].kind != JSON_STRING)
        return -EPROTO;
    if (r == 0)
        r = page_pull_text(&values[CHANNEL_NAME], &none, &list->strings, &name);
    if (r == 0)
        r = page_pull_text(&values[CHANNEL_MEMBER_TYPE], &list->member_type, &list->strings,
                           &list->member_type);
    if (r == 0)
        r = page_pull_text(&values[CHANNEL_VPC_TYPE], &list->vpc_type, &list->strings,
                           &list->vpc_type);
    row->name = name.text;
    row->member_type = list->member_type.text;
    row->vpc_channel_type = list->vpc_type.text;
    return r;
}

static int channels_pull_row(JsonPull *pull, const char *body, size_t index, void *userdata)
{
    ChannelList *list = userdata;
    JsonSpan values[CHANNEL_FIELDS];
    ChannelRow row = {0};
    int r = json_shape_pull(&list->shape, pull, values);

    (void)body;
    if (r == 0)
        r = channels_pull_numbers(values, &row);
    if (r == 0)
        r = channels_pull_texts(list, values, &row);
    if (r == 0)
        r = channels_pull_groups(list, &values[CHANNEL_GROUPS], &row);
    if (r == 0)
        r = mem_grow(&list->rows, &list->capacity, index + 1, sizeof(*list->rows));
    if (r == 0)
        list->rows[index] = row;
    return r;
}

void channels_feed(ChannelList *list, const char *body, size_t size)
{
    if (!list->pull.list) {
        list->pull =
            (PagePull){.list = CHANNELS_LIST, .on_row = channels_pull_row, .userdata = list};
        list->shape.wanted = channel_field_names;
        list->shape.wanted_count = CHANNEL_FIELDS;
        list->group_shape.wanted = group_field_names;
        list->group_shape.wanted_count = GROUP_FIELDS;
        list->member_type = list->vpc_type = (PageText){"", 0};
    }
    page_pull_feed(&list->pull, body, size);
}

int channels_pull(ChannelList *list, const char *body, size_t size)
{
    PageCounts counts;
    int r;

    channels_feed(list, body, size);
    r = page_pull_end(&list->pull, body, size, &counts);
    if (r < 0)
        channels_clear(list);
    else
        list->page = (ChannelPage){counts.total, list->rows, counts.row_count};
    return r;
}
