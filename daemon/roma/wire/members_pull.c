/* SPDX-License-Identifier: MIT */
/* Rows of members without a tree: they are taken when nothing about them is odd. */
#include <errno.h>

#include "daemon/roma/wire/members_internal.h"

static int members_pull_numbers(const JsonSpan *values, MemberRow *row)
{
    int64_t port, status, weight;
    int r = page_pull_integer(&values[MEMBER_PORT], 0, UINT16_MAX, 0, &port);

    if (r == 0)
        r = page_pull_integer(&values[MEMBER_STATUS], 1, MEMBER_STATUS_UNAVAILABLE, 1, &status);
    if (r == 0)
        r = page_pull_integer(&values[MEMBER_WEIGHT], 0, INT32_MAX, OPS_WEIGHT_NONE, &weight);
    if (r < 0 || values[MEMBER_BACKUP].kind > JSON_TRUE)
        return -EPROTO;
    row->port = (uint16_t)port;
    row->fields = (MemberFields){
        .weight = (int32_t)weight,
        .is_backup = values[MEMBER_BACKUP].kind == JSON_TRUE,
        .is_enabled = status != MEMBER_STATUS_UNAVAILABLE,
    };
    return 0;
}

/* Most rows have the channel and the group of the row before, and an ecs_id that is the host. */
static int members_pull_texts(MemberList *list, const JsonSpan *values, MemberRow *row)
{
    static const PageText none = {"", 0};
    PageText host, ecs_id = none, group_id = none;
    int r = page_pull_id(&values[MEMBER_ID], &list->strings, &row->id);

    if (r == 0 && values[MEMBER_CHANNEL_ID].kind != JSON_STRING)
        return -EPROTO;
    if (r == 0)
        r = page_pull_text(&values[MEMBER_CHANNEL_ID], &list->channel_id, &list->strings,
                           &list->channel_id);
    if (r == 0)
        r = page_pull_text(&values[MEMBER_HOST], &none, &list->strings, &host);
    if (r == 0)
        r = page_pull_text(&values[MEMBER_ECS_ID], &host, &list->strings, &ecs_id);
    if (r == 0)
        r = page_pull_text(&values[MEMBER_GROUP], &list->group, &list->strings, &list->group);
    if (r == 0)
        r = page_pull_text(&values[MEMBER_GROUP_ID], &none, &list->strings, &group_id);
    if (r < 0)
        return r;
    row->channel_id = list->channel_id.text;
    row->host = host.text;
    row->ecs_id = ecs_id.text;
    row->group = list->group.text;
    /* Odd, as in members.c. */
    return (host.size == 0 && ecs_id.size == 0) || (group_id.size > 0 && list->group.size == 0)
               ? -EPROTO
               : 0;
}

static int members_pull_row(JsonPull *pull, const char *body, size_t index, void *userdata)
{
    MemberList *list = userdata;
    const char *start = pull->at;
    JsonSpan values[MEMBER_FIELDS];
    int r = members_grow(list, index);

    if (r == 0)
        r = json_shape_pull(&list->shape, pull, values);
    if (r == 0)
        r = members_pull_numbers(values, &list->rows[index]);
    if (r == 0)
        r = members_pull_texts(list, values, &list->rows[index]);
    if (r == 0)
        list->texts[index] = (MemberText){(size_t)(start - body), (size_t)(pull->at - start)};
    return r;
}

void members_feed(MemberList *list, const char *body, size_t size)
{
    if (!list->pull.list) {
        list->pull = (PagePull){.list = MEMBERS_LIST, .on_row = members_pull_row, .userdata = list};
        list->shape.wanted = member_field_names;
        list->shape.wanted_count = MEMBER_FIELDS;
        list->channel_id = list->group = (PageText){"", 0};
    }
    page_pull_feed(&list->pull, body, size);
}

int members_pull(MemberList *list, const char *body, size_t size)
{
    PageCounts counts;
    int r;

    members_feed(list, body, size);
    r = page_pull_end(&list->pull, body, size, &counts);
    if (r < 0)
        members_clear(list);
    else
        members_show(list, body, &counts);
    return r;
}
