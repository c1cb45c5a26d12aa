/* SPDX-License-Identifier: MIT */
/*
 * Fuzzes the bodies of answers. The first byte chooses the reader: members, channels or refusals.
 * Whatever comes in, a page is either odd, with a reason, or keeps every promise that MemberPage
 * and ChannelPage make to whoever decides about deletions; a refusal's texts are well formed.
 */
#include <assert.h>
#include <errno.h>
#include <string.h>

#include "daemon/base/str.h"
#include "daemon/json/json_parser.h"
#include "daemon/roma/wire/channels.h"
#include "daemon/roma/wire/error.h"
#include "daemon/roma/wire/members.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_text(const char *text)
{
    assert(text && strlen(text) <= JSON_STRING_SIZE_MAX);
}

static void check_members(JsonParser *parser, const char *body, size_t size)
{
    MemberList list = {0};
    Err err = {0};
    int r = members_parse(&list, parser, body, size, &err);

    assert(r == 0 || (r == -EPROTO && err_is_set(&err) && list.page.row_count == 0));
    assert(r < 0 || list.page.row_count <= PAGE_ROWS_MAX);
    for (size_t i = 0; i < list.page.row_count; i++) {
        const MemberRow *row = &list.page.rows[i];
        const char *description = list.page.describe(&list.page, i);

        assert(str_is_id(row->id, 64));
        assert(row->fields.weight >= OPS_WEIGHT_NONE);
        check_text(row->channel_id);
        check_text(row->host);
        check_text(row->ecs_id);
        check_text(row->group);
        assert(row->host[0] || row->ecs_id[0]);
        assert(description && description[0] == '{');
    }
    members_done(&list);
}

static void check_channels(JsonParser *parser, const char *body, size_t size)
{
    ChannelList list = {0};
    Err err = {0};
    int r = channels_parse(&list, parser, body, size, &err);

    assert(r == 0 || (r == -EPROTO && err_is_set(&err) && list.page.row_count == 0));
    assert(r < 0 || list.page.row_count <= PAGE_ROWS_MAX);
    for (size_t i = 0; i < list.page.row_count; i++) {
        const ChannelRow *row = &list.page.rows[i];

        assert(row->odd ? row->odd[0] != '\0' : str_is_id(row->id, 64));
        check_text(row->id);
        assert(row->type >= -1);
        check_text(row->name);
        check_text(row->member_type);
        check_text(row->vpc_channel_type);
    }
    channels_done(&list);
}

static void check_error(JsonParser *parser, const char *body, size_t size)
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
    static JsonParser parser;
    const char *body = (const char *)data + 1;

    if (size == 0)
        return 0;
    if (!parser.tokener)
        assert(json_parser_init(&parser) == 0);
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
