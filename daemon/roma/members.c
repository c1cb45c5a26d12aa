/* Pages of members: see members.h. */
#include "daemon/roma/members.h"

#include <errno.h>
#include <string.h>

#include "daemon/base/mem.h"
#include "daemon/base/str.h"

#define LIST "members"
#define ID_SIZE_MAX 64
#define PORT_MAX 65535
#define STATUS_MAX 2

#define WANTED_STRING "a string of 1024 bytes at most"
#define WANTED_ID "1 to 64 letters, digits, \"-\" and \"_\""

static const char *members_describe(const MemberPage *page, size_t row)
{
    const MemberList *list = page->source;

    return json_object_to_json_string_ext(json_object_array_get_idx(list->array, row),
                                          JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
}

static int members_get_port(json_object *value, size_t index, MemberRow *row, Err *err)
{
    int64_t number = 0;

    if (value && body_get_integer(value, 0, PORT_MAX, &number) < 0)
        return body_odd_field(err, LIST, index, "port", "a port from 0 to 65535", value);
    row->port = (uint16_t)number;
    return 0;
}

static int members_get_status(json_object *value, size_t index, MemberRow *row, Err *err)
{
    int64_t number = 0;

    if (value && body_get_integer(value, 1, STATUS_MAX, &number) < 0)
        return body_odd_field(err, LIST, index, "status", "1 or 2", value);
    row->status = (uint8_t)number;
    return 0;
}

static int members_get_text(json_object *value, size_t index, const char *key, const char **ret,
                            Err *err)
{
    if (body_get_optional_string(value, ret) < 0)
        return body_odd_field(err, LIST, index, key, WANTED_STRING, value);
    return 0;
}

static int members_get_id(json_object *value, size_t index, MemberRow *row, Err *err)
{
    if (body_get_string(value, &row->id) < 0 || !str_is_id(row->id, ID_SIZE_MAX))
        return body_odd_field(err, LIST, index, "id", WANTED_ID, value);
    return 0;
}

static int members_get_channel_id(json_object *value, size_t index, MemberRow *row, Err *err)
{
    if (body_get_string(value, &row->channel_id) < 0)
        return body_odd_field(err, LIST, index, "vpc_channel_id", WANTED_STRING, value);
    return 0;
}

/* Keys that are not ours to know are passed over. */
static int members_get_field(const char *key, json_object *value, size_t index, MemberRow *row,
                             Err *err)
{
    switch (key[0]) {
    case 'i':
        return str_equal(key, "id") ? members_get_id(value, index, row, err) : 0;
    case 'v':
        return str_equal(key, "vpc_channel_id") ? members_get_channel_id(value, index, row, err)
                                                : 0;
    case 'h':
        return str_equal(key, "host") ? members_get_text(value, index, key, &row->host, err) : 0;
    case 'e':
        return str_equal(key, "ecs_id") ? members_get_text(value, index, key, &row->ecs_id, err)
                                        : 0;
    case 'p':
        return str_equal(key, "port") ? members_get_port(value, index, row, err) : 0;
    case 's':
        return str_equal(key, "status") ? members_get_status(value, index, row, err) : 0;
    case 'm':
        return str_equal(key, "member_group_name")
                   ? members_get_text(value, index, key, &row->group, err)
                   : 0;
    default:
        return 0;
    }
}

static int members_check_row(const MemberRow *row, size_t index, Err *err)
{
    if (!row->id)
        return err_set(err, -EPROTO, LIST "[%zu].id: is missing", index);
    if (!row->channel_id)
        return err_set(err, -EPROTO, LIST "[%zu].vpc_channel_id: is missing", index);
    if (row->host[0] == '\0' && row->ecs_id[0] == '\0')
        return err_set(err, -EPROTO, LIST "[%zu].host: is missing, and so is ecs_id", index);
    return 0;
}

static int members_get_row(json_object *object, size_t index, MemberRow *ret_row, Err *err)
{
    MemberRow row = {.host = "", .ecs_id = "", .group = ""};

    if (!json_object_is_type(object, json_type_object))
        return err_set(err, -EPROTO, LIST "[%zu]: should be an object", index);
    json_object_object_foreach(object, key, value)
    {
        int r = members_get_field(key, value, index, &row, err);

        if (r < 0)
            return r;
    }
    *ret_row = row;
    return members_check_row(&row, index, err);
}

static int members_fill(MemberList *list, Err *err)
{
    BodyPage page;
    int r = body_get_page(list->root, LIST, &page, err);

    if (r < 0)
        return r;
    if (mem_grow(&list->rows, &list->capacity, page.row_count, sizeof(*list->rows)) < 0)
        return err_memory(err);
    for (size_t i = 0; i < page.row_count; i++) {
        r = members_get_row(json_object_array_get_idx(page.rows, i), i, &list->rows[i], err);
        if (r < 0)
            return r;
    }
    list->array = page.rows;
    list->page = (MemberPage){
        .total = page.total,
        .rows = list->rows,
        .row_count = page.row_count,
        .describe = members_describe,
        .source = list,
    };
    return 0;
}

int members_parse(MemberList *list, BodyParser *parser, const char *body, size_t size, Err *err)
{
    int r;

    members_clear(list);
    r = body_parse(parser, body, size, &list->root, err);
    if (r >= 0)
        r = members_fill(list, err);
    if (r < 0)
        members_clear(list);
    return r;
}

void members_clear(MemberList *list)
{
    json_object_put(list->root);
    list->root = list->array = NULL;
    list->page = (MemberPage){0};
}

void members_done(MemberList *list)
{
    members_clear(list);
    free(list->rows);
    *list = (MemberList){0};
}
