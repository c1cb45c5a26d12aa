/* SPDX-License-Identifier: MIT */
/* Pages of members: what is one and what is not. */
#include "tests/unit/codec_case.h"

#include <stdio.h>
#include <string.h>

#include "daemon/roma/wire/error.h"

static const MemberPage *members_of(CodecCase *fixture, const char *body)
{
    if (members_parse(&fixture->members, &fixture->parser, body, strlen(body), &fixture->err) < 0)
        fail_msg("%s: %s", fixture->err.text, body);
    return &fixture->members.page;
}

static void assert_odd_bytes(CodecCase *fixture, const char *body, size_t size, const char *message)
{
    int r = members_parse(&fixture->members, &fixture->parser, body, size, &fixture->err);

    if (r != -EPROTO)
        fail_msg("taken for a page: %s", body);
    codec_case_assert_has(fixture->err.text, message);
    assert_int_equal(fixture->members.page.row_count, 0);
}

static void assert_odd(CodecCase *fixture, const char *body, const char *message)
{
    assert_odd_bytes(fixture, body, strlen(body), message);
}

/* A page of two rows, good but for one field of the second. */
static void assert_odd_row(CodecCase *fixture, const char *field, const char *message)
{
    static const char *const good[] = {"\"id\":\"m1\"", "\"vpc_channel_id\":\"c\"",
                                       "\"host\":\"h\""};
    _cleanup_(buf_done) Buf body = {0};

    buf_puts(&body, "{\"total\":2,\"members\":["
                    "{\"id\":\"m0\",\"vpc_channel_id\":\"c\",\"host\":\"h\"},{");
    for (size_t i = 0; i < ELEMENTS(good); i++) {
        if (strncmp(field, good[i], strcspn(good[i], ":")) != 0)
            buf_printf(&body, "%s,", good[i]);
    }
    buf_printf(&body, "%s}]}", field);
    assert_odd(fixture, body.data, message);
    codec_case_assert_has(fixture->err.text, "members[1].");
}

static void test_members(void **state)
{
    const MemberPage *page = members_of(
        *state,
        "{ \"total\": 612, \"size\": 3, \"members\": ["
        "{\"host\":\"10.1.0.5\",\"weight\":7,\"is_backup\":true,\"member_group_name\":\"g\","
        "\"status\":2,\"port\":65535,\"ecs_id\":\"e\",\"id\":\"A-z_9\",\"vpc_channel_id\":\"c\","
        "\"create_time\":null,\"new\":{\"deep\":[1]}},"
        "{\"id\":\"2\",\"vpc_channel_id\":\"d\",\"ecs_id\":\"only-ecs\",\"port\":null,"
        "\"status\":null,\"member_group_name\":null,\"host\":null},"
        "{\"id\":\"3\",\"vpc_channel_id\":\"\",\"host\":\"\\u00e9/\\\"\",\"ecs_id\":null}]}\r\n ");

    assert_int_equal(page->total, 612);
    assert_int_equal(page->row_count, 3);
    assert_string_equal(page->rows[0].id, "A-z_9");
    assert_string_equal(page->rows[0].channel_id, "c");
    assert_string_equal(page->rows[0].host, "10.1.0.5");
    assert_string_equal(page->rows[0].ecs_id, "e");
    assert_string_equal(page->rows[0].group, "g");
    assert_int_equal(page->rows[0].port, 65535);
    assert_false(page->rows[0].fields.is_enabled);
    assert_string_equal(page->rows[1].host, "");
    assert_string_equal(page->rows[1].ecs_id, "only-ecs");
    assert_string_equal(page->rows[1].group, "");
    assert_int_equal(page->rows[1].port, 0);
    assert_true(page->rows[1].fields.is_enabled);
    assert_string_equal(page->rows[2].host, "\xc3\xa9/\"");
}

/* Of two values of one field none is the right one. */
static void test_twofold_fields(void **state)
{
    CodecCase *fixture = *state;

    assert_odd(fixture, "{\"total\":0,\"total\":0}", "total: duplicate key");
    assert_odd(fixture, "{\"total\":0,\"members\":[],\"members\":null}", "members: duplicate key");
    assert_odd(fixture, "{\"total\":0,\"size\":0,\"size\":0}", "size: duplicate key");
    /* Nor is a key the one that its beginning spells. */
    assert_odd(fixture, "{\"total\\u0000\":7,\"members\":[]}", "holds a NUL");
    assert_odd(fixture, "{\"total\":0,\"members\\u0000x\":[{}]}", "holds a NUL");
}

/* No name and an id: it would count as a member of no group. */
static void test_groups_without_a_name(void **state)
{
    CodecCase *fixture = *state;
    const MemberPage *page;

    assert_odd_row(fixture, "\"member_group_id\":\"g1\"", "member_group_name");
    assert_odd_row(fixture, "\"member_group_id\":\"g1\",\"member_group_name\":null",
                   "although there is a member_group_id");
    assert_odd_row(fixture, "\"member_group_name\":\"\",\"member_group_id\":\"g1\"",
                   "member_group_name");
    assert_odd_row(fixture, "\"member_group_id\":7,\"member_group_name\":\"g\"",
                   "member_group_id: should be a string");
    assert_odd_row(fixture, "\"member_group_id\":[\"g1\"]", "member_group_id");
    page = members_of(fixture, "{\"total\":3,\"members\":["
                               "{\"id\":\"1\",\"vpc_channel_id\":\"c\",\"host\":\"h\","
                               "\"member_group_name\":\"g\"},"
                               "{\"id\":\"2\",\"vpc_channel_id\":\"c\",\"host\":\"h\","
                               "\"member_group_name\":null,\"member_group_id\":null},"
                               "{\"id\":\"3\",\"vpc_channel_id\":\"c\",\"host\":\"h\","
                               "\"member_group_name\":\"\",\"member_group_id\":\"\"}]}");
    assert_string_equal(page->rows[0].group, "g");
    assert_string_equal(page->rows[1].group, "");
    assert_string_equal(page->rows[2].group, "");
}

static void test_pages_that_tell_an_error(void **state)
{
    static const char *const told[] = {
        "\"error_code\":\"APIG.9999\"", "\"error_msg\":\"no\"", "\"error\":{\"code\":500}",
        "\"error_code\":9999",          "\"error\":\"no\"",     "\"\\u0065rror_code\":\"A\""};
    static const char *const none[] = {"\"error_code\":null", "\"error_code\":\"\"",
                                       "\"error\":false", "\"errors\":1",
                                       "\"x\":{\"error_code\":\"APIG.9999\"}"};
    CodecCase *fixture = *state;
    char body[128];

    for (size_t i = 0; i < ELEMENTS(told); i++) {
        snprintf(body, sizeof(body), "{%s,\"total\":0,\"members\":[]}", told[i]);
        assert_odd(fixture, body, "it tells an error");
        snprintf(body, sizeof(body), "{\"total\":0,\"members\":[],%s}", told[i]);
        assert_odd(fixture, body, "it tells an error");
    }
    for (size_t i = 0; i < ELEMENTS(none); i++) {
        snprintf(body, sizeof(body), "{%s,\"total\":0,\"members\":[]}", none[i]);
        assert_int_equal(members_of(fixture, body)->row_count, 0);
        assert_false(error_is_told(body, strlen(body)));
    }
}

static void test_escapes(void **state)
{
    const MemberPage *page = members_of(
        *state, "{\"\\u0074otal\":1,\"members\":[{\"\\u0069d\":\"a\\u0062\",\"vpc_channel_id\":"
                "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\",\"host\":\"\\u00e9\\u20ac\\ud83d\\ude00\","
                "\"ecs_id\":\"\\ud83dx\\ude00\\uD83D\\u0041\"}]}");

    assert_string_equal(page->rows[0].id, "ab");
    assert_string_equal(page->rows[0].channel_id, "\"\\/\b\f\n\r\t");
    assert_string_equal(page->rows[0].host, "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80");
    assert_string_equal(page->rows[0].ecs_id, "\xef\xbf\xbdx\xef\xbf\xbd\xef\xbf\xbd"
                                              "A");
}

static void expect_fields(CodecCase *fixture, const char *fields, int weight, bool is_backup,
                          bool is_enabled)
{
    const MemberPage *page;
    char body[256];

    snprintf(body, sizeof(body),
             "{\"total\":1,\"members\":[{%s\"id\":\"m\",\"vpc_channel_id\":\"c\",\"host\":\"h\"}]}",
             fields);
    page = members_of(fixture, body);
    assert_int_equal(page->rows[0].fields.weight, weight);
    assert_int_equal(page->rows[0].fields.is_backup, is_backup);
    assert_int_equal(page->rows[0].fields.is_enabled, is_enabled);
}

static void test_how_a_member_serves(void **state)
{
    CodecCase *fixture = *state;

    expect_fields(fixture, "", OPS_WEIGHT_NONE, false, true);
    expect_fields(fixture, "\"weight\":null,\"is_backup\":null,\"status\":null,", OPS_WEIGHT_NONE,
                  false, true);
    expect_fields(fixture, "\"weight\":0,\"is_backup\":false,\"status\":1,", 0, false, true);
    expect_fields(fixture, "\"weight\":10000,\"is_backup\":true,\"status\":2,", 10000, true, false);
    assert_odd_row(fixture, "\"weight\":\"1\"", "weight: should be a whole number from 0");
    assert_odd_row(fixture, "\"weight\":-1", "weight: should be a whole number from 0");
    assert_odd_row(fixture, "\"weight\":true", "weight: should be a whole number from 0");
    assert_odd_row(fixture, "\"is_backup\":1", "is_backup: should be true or false");
    assert_odd_row(fixture, "\"is_backup\":\"true\"", "is_backup: should be true or false");
}

static void test_description_is_complete(void **state)
{
    static const char row[] =
        "{\"id\":\"m\",\"vpc_channel_id\":\"c\",\"host\":\"a/b\",\"weight\":1,"
        "\"ratio\":1.50,\"new\":{\"x\":[null,true]},\"name\":\"\xe7\xbb\x84\"}";
    char body[512];
    const MemberPage *page;

    snprintf(body, sizeof(body), "{\"total\":1,\"members\":[%s]}", row);
    page = members_of(*state, body);
    assert_string_equal(page->describe(page, 0), row);
}

static void test_no_rows(void **state)
{
    CodecCase *fixture = *state;

    assert_int_equal(members_of(fixture, "{\"total\":0,\"size\":0,\"members\":[]}")->row_count, 0);
    assert_int_equal(members_of(fixture, "{\"total\":7,\"size\":0,\"members\":null}")->total, 7);
    assert_int_equal(members_of(fixture, "{\"total\":7}")->row_count, 0);
    assert_true(members_of(fixture, "{\"total\":9223372036854775806}")->total == INT64_MAX - 1);
    assert_odd(fixture, "{\"total\":9223372036854775807}", "total: should be a whole number");
}

static void test_odd_syntax(void **state)
{
    CodecCase *fixture = *state;
    char bomb[20001];

    assert_odd(fixture, "", "an empty body instead of JSON");
    assert_odd(fixture, " \n", "an empty body instead of JSON");
    assert_odd(fixture, "<!DOCTYPE html>", "HTML instead of JSON");
    assert_odd(fixture, "\n<?xml version=\"1.0\"?>", "XML instead of JSON");
    assert_odd(fixture, "null", "JSON, but null instead of an object");
    assert_odd(fixture, " true\n", "JSON, but a truth value instead of an object");
    assert_odd(fixture, "[]", "JSON, but an array instead of an object");
    assert_odd(fixture, "3", "JSON, but a whole number instead of an object");
    assert_odd(fixture, "3 x", "more after its end");
    assert_odd(fixture, "nul", "ends too early");
    assert_odd(fixture, "\xef\xbb\xbf{\"total\":0}", "a byte order mark");
    assert_odd(fixture, "\xff\xfe{", "UTF-16");
    assert_odd(fixture, "{\"total\":0", "ends too early");
    assert_odd(fixture, "{\"total\":0}x", "no valid JSON");
    assert_odd(fixture, "{\"total\":0}{\"total\":0}", "no valid JSON");
    assert_odd(fixture, "{\"total\":0,}", "no valid JSON");
    assert_odd(fixture, "{\"total\":0,\"x\":[1,]}", "no valid JSON");
    assert_odd(fixture, "{\"total\":0,\"x\":[,1]}", "no valid JSON");
    assert_odd(fixture, "{,\"total\":0}", "no valid JSON");
    assert_odd(fixture, "{\"total\" 0}", "no valid JSON");
    assert_odd(fixture, "{\"total\":0 \"x\":1}", "no valid JSON");
    assert_odd(fixture, "{\"total\":0,\"x\":01}", "no valid JSON");
    assert_odd(fixture, "{\"total\":0,\"x\":-}", "no valid JSON");
    assert_odd(fixture, "{\"total\":0,\"x\":1e}", "no valid JSON");
    assert_odd(fixture, "{\"total\":0,\"x\":.5}", "no valid JSON");
    assert_odd(fixture, "{\"total\":0,\"x\":tru}", "no valid JSON");
    assert_odd(fixture, "{\"total\":0,\"x\":True}", "no valid JSON");
    assert_odd(fixture, "{\"total\":0,\"x\":\"\\x\"}", "no valid JSON");
    assert_odd(fixture, "{\"total\":0,\"x\":\"\\u12g4\"}", "no valid JSON");
    assert_odd(fixture, "{\"total\":0,\"x\":\"a", "ends too early");
    assert_odd(fixture, "{'total':0}", "no valid JSON");
    assert_odd(fixture, "{\"total\":0/*c*/}", "no valid JSON");
    assert_odd(fixture, "{\"total\":0,\"x\":'y'}", "no valid JSON");
    assert_odd(fixture, "{\"total\":NaN}", "");
    assert_odd(fixture, "{\"total\":0,\"x\":\"\xff\"}", "no valid JSON");
    assert_odd_bytes(fixture, "{\"total\":0}\0", 12, "no valid JSON");
    assert_odd_bytes(fixture, "{\"total\":0}\0{}", 14, "no valid JSON");
    memset(bomb, '[', sizeof(bomb) - 1);
    bomb[sizeof(bomb) - 1] = '\0';
    memcpy(bomb, "{\"total\":0,\"x\":", 15);
    assert_odd(fixture, bomb, "no valid JSON");
    members_of(fixture, "{\"total\":0}");
}

/* What is UTF-8 and what is not, at every place in a word of eight bytes. */
static void test_utf8(void **state)
{
    static const char *const good[] = {"\xc2\x80",        "\xdf\xbf",     "\xe0\xa0\x80",
                                       "\xed\x9f\xbf",    "\xee\x80\x80", "\xf0\x90\x80\x80",
                                       "\xf4\x8f\xbf\xbf"};
    static const char *const bad[] = {"\x80",
                                      "\xbf",
                                      "\xc0\x80",
                                      "\xc1\xbf",
                                      "\xc2",
                                      "\xe0\x9f\xbf",
                                      "\xed\xa0\x80",
                                      "\xe1\x80",
                                      "\xf0\x8f\xbf\xbf",
                                      "\xf4\x90\x80\x80",
                                      "\xf5\x80\x80\x80",
                                      "\xff",
                                      "\xe4\xb8\xad\xad"};
    CodecCase *fixture = *state;
    char body[128];

    for (int shift = 0; shift < 9; shift++) {
        for (size_t i = 0; i < ELEMENTS(good); i++) {
            snprintf(body, sizeof(body), "{\"total\":0,\"x\":\"%.*s%s\"}", shift, "abcdefghi",
                     good[i]);
            members_of(fixture, body);
        }
        for (size_t i = 0; i < ELEMENTS(bad); i++) {
            snprintf(body, sizeof(body), "{\"total\":0,\"x\":\"%.*s%s\"}", shift, "abcdefghi",
                     bad[i]);
            assert_odd(fixture, body, "not in UTF-8");
        }
    }
    assert_odd_bytes(fixture, "{\"total\":0}\xe4\xb8", 13, "not in UTF-8");
}

static void test_odd_pages(void **state)
{
    CodecCase *fixture = *state;
    Buf many = {0};

    assert_odd(fixture, "{}", "total: should be a whole number from 0, is missing");
    assert_odd(fixture, "{\"total\":null}", "total");
    assert_odd(fixture, "{\"total\":\"1\"}", "total: should be a whole number from 0, is a string");
    assert_odd(fixture, "{\"total\":false}", "total");
    assert_odd(fixture, "{\"total\":-1}", "total");
    assert_odd(fixture, "{\"total\":1.0}", "total");
    assert_odd(fixture, "{\"total\":99999999999999999999999}", "total");
    assert_odd(fixture, "{\"total\":0,\"size\":1}", "size: says 1, but there are 0 rows");
    assert_odd(fixture, "{\"total\":0,\"size\":\"0\"}", "size");
    assert_odd(fixture, "{\"total\":0,\"members\":{}}", "members: should be an array");
    assert_odd(fixture, "{\"total\":1,\"members\":[null]}", "members[0]: should be an object");
    assert_odd(fixture, "{\"total\":1,\"members\":[[]]}", "members[0]: should be an object");
    buf_puts(&many, "{\"total\":501,\"members\":[");
    for (int i = 0; i < 501; i++)
        buf_printf(&many, "%s{\"id\":\"%d\",\"vpc_channel_id\":\"c\",\"host\":\"h\"}", i ? "," : "",
                   i);
    buf_puts(&many, "]}");
    assert_odd(fixture, many.data, "members: has more rows than the 500 asked for");
    buf_done(&many);
}

static void test_odd_rows(void **state)
{
    CodecCase *fixture = *state;
    char field[2048];

    assert_odd_row(fixture, "\"id\":\"\"", "id: should be");
    assert_odd_row(fixture, "\"id\":null", "id: should be");
    assert_odd_row(fixture, "\"id\":7", "id: should be");
    assert_odd_row(fixture, "\"id\":\"a/b\"", "id: should be");
    assert_odd_row(fixture, "\"id\":\"a\\u0000b\"", "id: should be");
    assert_odd_row(fixture,
                   "\"id\":\"01234567890123456789012345678901234567890123456789012345678901234\"",
                   "id: should be");
    assert_odd_row(fixture, "\"vpc_channel_id\":null", "vpc_channel_id: should be");
    assert_odd_row(fixture, "\"vpc_channel_id\":5", "vpc_channel_id: should be");
    assert_odd_row(fixture, "\"host\":5", "host: should be");
    assert_odd_row(fixture, "\"host\":\"\"", "host: is missing, and so is ecs_id");
    assert_odd_row(fixture, "\"host\":null", "host: is missing, and so is ecs_id");
    assert_odd_row(fixture, "\"host\":\"a\\u0000b\"", "host: should be");
    assert_odd_row(fixture, "\"ecs_id\":[]", "ecs_id: should be");
    assert_odd_row(fixture, "\"port\":65536", "port: should be a port");
    assert_odd_row(fixture, "\"port\":-1", "port: should be a port");
    assert_odd_row(fixture, "\"port\":80.0", "port: should be a port");
    assert_odd_row(fixture, "\"port\":\"80\"",
                   "port: should be a port from 0 to 65535, is a string");
    assert_odd_row(fixture, "\"status\":0", "status: should be 1 or 2");
    assert_odd_row(fixture, "\"status\":3", "status: should be 1 or 2");
    assert_odd_row(fixture, "\"status\":true", "status: should be 1 or 2");
    assert_odd_row(fixture, "\"member_group_name\":1", "member_group_name: should be");
    memset(field, 'x', sizeof(field));
    memcpy(field, "\"host\":\"", 8);
    memcpy(field + 8 + 1025, "\"", 2);
    assert_odd_row(fixture, field, "host: should be");
    assert_odd(fixture, "{\"total\":1,\"members\":[{\"vpc_channel_id\":\"c\",\"host\":\"h\"}]}",
               "members[0].id: is missing");
    assert_odd(fixture, "{\"total\":1,\"members\":[{\"id\":\"c\",\"host\":\"h\"}]}",
               "members[0].vpc_channel_id: is missing");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CODEC_TEST(test_members),
        CODEC_TEST(test_how_a_member_serves),
        CODEC_TEST(test_description_is_complete),
        CODEC_TEST(test_twofold_fields),
        CODEC_TEST(test_escapes),
        CODEC_TEST(test_groups_without_a_name),
        CODEC_TEST(test_pages_that_tell_an_error),
        CODEC_TEST(test_no_rows),
        CODEC_TEST(test_odd_syntax),
        CODEC_TEST(test_utf8),
        CODEC_TEST(test_odd_pages),
        CODEC_TEST(test_odd_rows),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
