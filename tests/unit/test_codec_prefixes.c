/* SPDX-License-Identifier: MIT */
/* Bodies that end anywhere, each in memory of just its size: nothing behind the end is read, and no
 * part is taken for the whole. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/mem.h"
#include "daemon/roma/provider/security_key.h"
#include "daemon/roma/wire/channels.h"
#include "daemon/roma/wire/error.h"
#include "daemon/roma/wire/members.h"

static const char members[] =
    "{\"total\":2,\"size\":2,\"members\":[{\"host\":\"10.1.0.5\",\"port\":8080,\"id\":\"m1\","
    "\"vpc_channel_id\":\"c1\",\"weight\":3,\"is_backup\":false,\"x\":[{\"y\":\"\\u00e9\\\"\"}]},"
    "{\"host\":\"h\\\\\",\"port\":1,\"id\":\"m2\",\"vpc_channel_id\":\"c1\"}]}";
static const char channels[] =
    "{\"total\":1,\"size\":1,\"vpc_channels\":[{\"id\":\"c1\",\"name\":\"pay\\nments\",\"type\":2,"
    "\"member_type\":\"ip\",\"port\":80,\"member_groups\":[{\"member_group_name\":\"blue\","
    "\"member_group_weight\":1}]}]}";
static const char errors[] =
    "{\"x\":{\"error_code\":\"no\"},\"y\":\"\\\"\",\"error_code\":\"APIG.1\",\"error_msg\":\"m\"}";
static const char keys[] =
    "{\"credential\":{\"access\":\"A\",\"secret\":\"S\",\"securitytoken\":\"T\\/\","
    "\"expires_at\":\"2024-01-02T03:04:05Z\",\"z\":[1,null]}}";

/* Whether so much of it is taken; `body` is no text. */
typedef bool (*Take)(const char *body, size_t size);

static JsonParser parser;

static bool take_members(const char *body, size_t size)
{
    MemberList list = {0};
    Err err = {0};
    int r = members_parse(&list, &parser, body, size, &err);

    assert_int_equal(err_is_set(&err), r < 0);
    if (r == 0)
        assert_int_equal(list.page.row_count, 2);
    members_done(&list);
    return r == 0;
}

static bool take_channels(const char *body, size_t size)
{
    ChannelList list = {0};
    Err err = {0};
    int r = channels_parse(&list, &parser, body, size, &err);

    assert_int_equal(err_is_set(&err), r < 0);
    if (r == 0)
        assert_int_equal(list.page.row_count, 1);
    channels_done(&list);
    return r == 0;
}

static bool take_error(const char *body, size_t size)
{
    ErrorBody error;
    bool is_whole;

    error_parse(&parser, body, size, &error);
    is_whole = strcmp(error.code, "APIG.1") == 0;
    if (!is_whole)
        assert_true(error.message.size > 0);
    buf_done(&error.message);
    assert_true(!is_whole || error_is_told(body, size));
    return is_whole;
}

static bool take_key(const char *body, size_t size)
{
    SecurityKey key = {0};
    Err err = {0};
    int r = security_key_parse(body, size, &key, &err);

    assert_int_equal(err_is_set(&err), r < 0);
    if (r == 0)
        assert_string_equal(secret_bytes(key.token), "T/");
    security_key_done(&key);
    return r == 0;
}

static void check(Take take, const char *body)
{
    size_t whole = strlen(body);

    assert_int_equal(json_parser_init(&parser), 0);
    for (size_t size = 1; size <= whole; size++) {
        char *copy = malloc(size);

        assert_non_null(copy);
        memcpy(copy, body, size);
        assert_int_equal(take(copy, size), size == whole);
        free(copy);
    }
    json_parser_done(&parser);
}

static void test_members(void **state)
{
    (void)state;
    check(take_members, members);
}

static void test_channels(void **state)
{
    (void)state;
    check(take_channels, channels);
}

static void test_errors(void **state)
{
    (void)state;
    check(take_error, errors);
}

static void test_keys(void **state)
{
    (void)state;
    check(take_key, keys);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_members),
        cmocka_unit_test(test_channels),
        cmocka_unit_test(test_errors),
        cmocka_unit_test(test_keys),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
