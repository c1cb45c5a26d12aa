/* SPDX-License-Identifier: MIT */
/* Every allocation of the two ways in which pages are read fails once. */
#include "tests/unit/codec_case.h"

#include "daemon/json/json_writer.h"
#include "tests/unit/failing_copies.h"

static JsonParser parser;

/* ---- channels ---- */

static void put_channel(JsonWriter *writer, const ChannelRow *row)
{
    json_open_object(writer, NULL);
    if (row->odd)
        json_put_string(writer, "odd", row->odd);
    json_put_string(writer, "id", row->id);
    json_put_string(writer, "name", row->name);
    json_put_string(writer, "member_type", row->member_type);
    json_put_string(writer, "vpc_channel_type", row->vpc_channel_type);
    json_open_array(writer, "member_groups");
    for (size_t i = 0; i < row->group_count; i++) {
        json_open_object(writer, NULL);
        json_put_string(writer, "member_group_name", row->groups[i].name);
        json_put_number(writer, "member_group_weight", (uint64_t)row->groups[i].weight);
        json_close_object(writer);
    }
    json_close_array(writer);
    json_close_object(writer);
}

static int put_channels(const ChannelPage *page, Buf *to)
{
    JsonWriter writer = {.buf = to, .is_compact = true};

    json_open_object(&writer, NULL);
    json_put_number(&writer, "total", page->total);
    json_open_array(&writer, "vpc_channels");
    for (size_t i = 0; i < page->row_count; i++)
        put_channel(&writer, &page->rows[i]);
    json_close_array(&writer);
    json_close_object(&writer);
    return json_end(&writer);
}

static int copy_channels(const Buf *from, Buf *to, Err *err)
{
    _cleanup_(channels_done) ChannelList list = {0};
    int r = channels_read_tree(&list, &parser, from->data, from->size, err);

    assert_int_equal(err_is_set(err), r < 0);
    if (r < 0)
        assert_int_equal(list.page.row_count, 0);
    return r < 0 ? r : put_channels(&list.page, to);
}

static int pull_channels(const Buf *from, Buf *to, Err *err)
{
    _cleanup_(channels_done) ChannelList list = {0};
    int r = channels_pull(&list, from->data, from->size);

    (void)err;
    return r < 0 ? r : put_channels(&list.page, to);
}

#define CHANNEL(id, name, first)                                                                   \
    "{\"id\":\"" id "\",\"name\":\"" name                                                          \
    "\",\"member_type\":\"ip\",\"vpc_channel_type\":\"builtin\",\"member_groups\":[{"              \
    "\"member_group_name\":\"" first                                                               \
    "\",\"member_group_weight\":3},{\"member_group_name\":\"canary\",\"member_group_weight\":"     \
    "0}]}"
#define CHANNELS(rows) "{\"total\":3,\"vpc_channels\":[" rows "]}"
#define GOOD CHANNEL("c1", "payments", "blue") "," CHANNEL("c2", "@", "green")

static void test_channels(void **state)
{
    (void)state;
    each_allocation_fails(
        copy_channels, CHANNELS(GOOD ",{\"id\":\"c3\",\"name\":\"n@\",\"type\":-1}"),
        CHANNELS(GOOD ",{\"odd\":\"vpc_channels[2].type: should be a whole number from 0, is a "
                      "whole number\",\"id\":\"c3\",\"name\":\"n@\",\"member_type\":\"\","
                      "\"vpc_channel_type\":\"\",\"member_groups\":[]}"),
        5);
    each_allocation_fails(pull_channels, CHANNELS(GOOD "," CHANNEL("c3", "n@", "red")), NULL, 3);
}

/* ---- members ---- */

static int put_members(const MemberPage *page, Buf *to)
{
    JsonWriter writer = {.buf = to, .is_compact = true};

    json_open_object(&writer, NULL);
    json_put_number(&writer, "total", page->total);
    json_open_array(&writer, "members");
    for (size_t i = 0; i < page->row_count; i++) {
        const MemberRow *row = &page->rows[i];

        json_open_object(&writer, NULL);
        json_put_string(&writer, "id", row->id);
        json_put_string(&writer, "vpc_channel_id", row->channel_id);
        json_put_string(&writer, "host", row->host);
        json_put_string(&writer, "ecs_id", row->ecs_id);
        json_put_string(&writer, "member_group_name", row->group);
        json_put_number(&writer, "port", row->port);
        json_close_object(&writer);
    }
    json_close_array(&writer);
    json_close_object(&writer);
    return json_end(&writer);
}

static int copy_members(const Buf *from, Buf *to, Err *err)
{
    _cleanup_(members_done) MemberList list = {0};
    int r = members_read_tree(&list, &parser, from->data, from->size, err);

    assert_int_equal(err_is_set(err), r < 0);
    if (r < 0)
        assert_int_equal(list.page.row_count, 0);
    return r < 0 ? r : put_members(&list.page, to);
}

static int pull_members(const Buf *from, Buf *to, Err *err)
{
    _cleanup_(members_done) MemberList list = {0};
    int r = members_pull(&list, from->data, from->size);

    (void)err;
    return r < 0 ? r : put_members(&list.page, to);
}

#define MEMBER(id, channel, host)                                                                  \
    "{\"id\":\"" id "\",\"vpc_channel_id\":\"" channel "\",\"host\":\"" host                       \
    "\",\"ecs_id\":\"e-1\",\"member_group_name\":\"blue\",\"port\":80}"
#define MEMBERS                                                                                    \
    "{\"total\":3,\"members\":[" MEMBER("m1", "c1", "h") "," MEMBER("m2", "c1", "@") "," MEMBER(   \
        "m3", "c2", "n@") "]}"

static void test_members(void **state)
{
    (void)state;
    each_allocation_fails(copy_members, MEMBERS, NULL, 5);
    each_allocation_fails(pull_members, MEMBERS, NULL, 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_channels),
        cmocka_unit_test(test_members),
    };
    int failed;

    if (json_parser_init(&parser) < 0)
        return 1;
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    json_parser_done(&parser);
    return failed;
}
