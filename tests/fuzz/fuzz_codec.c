/*
 * Fuzzes the bodies of answers. The first byte chooses the reader: members, channels or refusals.
 * Whatever comes in, a page is either odd, with a reason, or keeps every promise that MemberPage
 * and ChannelPage make to whoever decides about deletions; a refusal's texts are well formed.
 */
#include <assert.h>
#include <errno.h>
#include <string.h>

#include "daemon/base/str.h"
#include "daemon/roma/channels.h"
#include "daemon/roma/error.h"
#include "daemon/roma/members.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_text(const char *text)
{
    assert(text && strlen(text) <= BODY_STRING_SIZE_MAX);
}

/* What json-c reads of a field; a page that we take must hold the same. */
static void check_string(json_object *row, const char *key, const char *text)
{
    json_object *value = NULL;

    json_object_object_get_ex(row, key, &value);
    assert(strcmp(text, value ? json_object_get_string(value) : "") == 0);
}

static void check_number(json_object *row, const char *key, int number)
{
    json_object *value = NULL;

    json_object_object_get_ex(row, key, &value);
    assert(number == (value ? json_object_get_int(value) : 0));
}

static void check_against_tree(BodyParser *parser, const MemberPage *page, const char *body,
                               size_t size)
{
    json_object *root = NULL, *rows = NULL, *total = NULL;
    Err err;

    assert(body_parse(parser, body, size, &root, &err) == 0);
    assert(json_object_object_get_ex(root, "total", &total));
    assert((uint64_t)json_object_get_int64(total) == page->total);
    json_object_object_get_ex(root, "members", &rows);
    assert(page->row_count == (rows ? json_object_array_length(rows) : 0));
    for (size_t i = 0; i < page->row_count; i++) {
        json_object *row = json_object_array_get_idx(rows, i);

        check_string(row, "id", page->rows[i].id);
        check_string(row, "vpc_channel_id", page->rows[i].channel_id);
        check_string(row, "host", page->rows[i].host);
        check_string(row, "ecs_id", page->rows[i].ecs_id);
        check_string(row, "member_group_name", page->rows[i].group);
        check_number(row, "port", page->rows[i].port);
        check_number(row, "status", page->rows[i].status);
    }
    json_object_put(root);
}

static void check_members(BodyParser *parser, const char *body, size_t size)
{
    MemberList list = {0};
    Err err = {0};
    int r = members_parse(&list, parser, body, size, &err);

    assert(r == 0 || (r == -EPROTO && err_is_set(&err) && list.page.row_count == 0));
    assert(r < 0 || list.page.row_count <= BODY_ROWS_MAX);
    for (size_t i = 0; i < list.page.row_count; i++) {
        const MemberRow *row = &list.page.rows[i];
        const char *description = list.page.describe(&list.page, i);

        assert(str_is_id(row->id, 64));
        assert(row->status <= 2);
        check_text(row->channel_id);
        check_text(row->host);
        check_text(row->ecs_id);
        check_text(row->group);
        assert(row->host[0] || row->ecs_id[0]);
        assert(description && description[0] == '{');
    }
    if (r == 0)
        check_against_tree(parser, &list.page, body, size);
    members_done(&list);
}

static void check_channels(BodyParser *parser, const char *body, size_t size)
{
    ChannelList list = {0};
    Err err = {0};
    int r = channels_parse(&list, parser, body, size, &err);

    assert(r == 0 || (r == -EPROTO && err_is_set(&err) && list.page.row_count == 0));
    assert(r < 0 || list.page.row_count <= BODY_ROWS_MAX);
    for (size_t i = 0; i < list.page.row_count; i++) {
        const ChannelRow *row = &list.page.rows[i];

        assert(str_is_id(row->id, 64));
        assert(row->type >= -1);
        check_text(row->name);
        check_text(row->member_type);
        check_text(row->vpc_channel_type);
    }
    channels_done(&list);
}

static void check_error(BodyParser *parser, const char *body, size_t size)
{
    ErrorBody error;

    error_parse(parser, body, size, &error);
    assert(strlen(error.code) < sizeof(error.code));
    for (const char *c = error.code; *c; c++)
        assert(*c > ' ' && *c < 0x7f);
    assert(strlen(error.request_id) < sizeof(error.request_id));
    assert(size == 0 || error.message.size > 0 || error.code[0]);
    buf_done(&error.message);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static BodyParser parser;
    const char *body = (const char *)data + 1;

    if (size == 0)
        return 0;
    if (!parser.tokener)
        assert(body_parser_init(&parser) == 0);
    switch (data[0] % 3) {
    case 0:
        check_members(&parser, body, size - 1);
        break;
    case 1:
        check_channels(&parser, body, size - 1);
        break;
    default:
        check_error(&parser, body, size - 1);
        break;
    }
    return 0;
}
