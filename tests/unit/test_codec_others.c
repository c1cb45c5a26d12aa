/* SPDX-License-Identifier: MIT */
/* Pages of channels, what a refusal says, and the lines of requests. */
#include "daemon/roma/wire/error.h"
#include "daemon/roma/wire/request.h"
#include "tests/unit/codec_case.h"

#include <stdio.h>
#include <string.h>

static void test_channels(void **state)
{
    static const char body[] =
        "{\"total\":3,\"size\":3,\"vpc_channels\":["
        "{\"id\":\"a\",\"name\":\"n\",\"port\":8080,\"member_type\":\"ip\",\"type\":2,"
        "\"vpc_channel_type\":\"builtin\",\"member_groups\":[{\"reference_vpc_channel_id\":\"\"}]},"
        "{\"id\":\"b\",\"name\":\"\",\"member_groups\":[{},{\"reference_vpc_channel_id\":\"a\"}]},"
        "{\"id\":\"c\",\"name\":\"x\",\"port\":null,\"type\":null,\"member_type\":null,"
        "\"vpc_channel_type\":null,\"member_groups\":null}]}";
    CodecCase *fixture = *state;
    const ChannelPage *page = &fixture->channels.page;

    assert_int_equal(
        channels_parse(&fixture->channels, &fixture->parser, body, strlen(body), &fixture->err), 0);
    assert_int_equal(page->total, 3);
    assert_int_equal(page->row_count, 3);
    assert_string_equal(page->rows[0].id, "a");
    assert_string_equal(page->rows[0].name, "n");
    assert_string_equal(page->rows[0].member_type, "ip");
    assert_string_equal(page->rows[0].vpc_channel_type, "builtin");
    assert_int_equal(page->rows[0].type, 2);
    assert_int_equal(page->rows[0].port, 8080);
    assert_false(page->rows[0].has_reference);
    assert_true(page->rows[1].has_reference);
    assert_int_equal(page->rows[2].type, -1);
    assert_int_equal(page->rows[2].port, 0);
    assert_string_equal(page->rows[2].member_type, "");
    assert_string_equal(page->rows[2].vpc_channel_type, "");
}

static void test_groups_of_channels(void **state)
{
    static const char body[] =
        "{\"total\":3,\"vpc_channels\":[{\"id\":\"a\",\"name\":\"a\",\"member_groups\":["
        "{\"member_group_name\":\"blue\",\"member_group_weight\":0},"
        "{\"member_group_name\":\"canary\",\"member_group_weight\":null},{}]},"
        "{\"id\":\"b\",\"name\":\"b\",\"member_groups\":[]},"
        "{\"id\":\"c\",\"name\":\"c\",\"member_groups\":null}]}";
    CodecCase *fixture = *state;
    const ChannelRow *rows;

    assert_int_equal(
        channels_parse(&fixture->channels, &fixture->parser, body, strlen(body), &fixture->err), 0);
    rows = fixture->channels.page.rows;
    assert_true(rows[0].tells_groups);
    assert_int_equal(rows[0].group_count, 3);
    assert_string_equal(rows[0].groups[0].name, "blue");
    assert_int_equal(rows[0].groups[0].weight, 0);
    assert_string_equal(rows[0].groups[1].name, "canary");
    assert_int_equal(rows[0].groups[1].weight, OPS_WEIGHT_NONE);
    assert_string_equal(rows[0].groups[2].name, "");
    assert_true(rows[1].tells_groups);
    assert_int_equal(rows[1].group_count, 0);
    assert_false(rows[2].tells_groups);
}

/* A row that is odd is a row all the same, with what can be read of it. */
static void assert_odd_channel(CodecCase *fixture, const char *row, const char *message,
                               const char *id, const char *name)
{
    const ChannelPage *page = &fixture->channels.page;
    char body[1024];

    snprintf(body, sizeof(body),
             "{\"total\":2,\"vpc_channels\":[%s,{\"id\":\"good\",\"name\":\"g\"}]}", row);
    assert_int_equal(
        channels_parse(&fixture->channels, &fixture->parser, body, strlen(body), &fixture->err), 0);
    assert_int_equal(page->row_count, 2);
    assert_non_null(page->rows[0].odd);
    codec_case_assert_has(page->rows[0].odd, message);
    assert_string_equal(page->rows[0].id, id);
    assert_string_equal(page->rows[0].name, name);
    assert_null(page->rows[1].odd);
    assert_string_equal(page->rows[1].id, "good");
}

/* Half a surrogate pair is of the text that it stood in. */
static void test_a_body_that_broke_off_is_forgotten(void **state)
{
    static const char broken[] = "{\"total\":0,\"size\":0,\"vpc_channels\":[{\"id\":\"\\ud83d\\u00";
    static const char body[] = "{\"total\":1,\"size\":1,\"vpc_channels\":["
                               "{\"id\":\"a\",\"name\":\"\\u006e\",\"member_type\":\"ip\"}]}";
    CodecCase *fixture = *state;
    int r =
        channels_parse(&fixture->channels, &fixture->parser, broken, strlen(broken), &fixture->err);

    assert_true(r < 0);
    r = channels_parse(&fixture->channels, &fixture->parser, body, strlen(body), &fixture->err);
    assert_int_equal(r, 0);
    assert_string_equal(fixture->channels.page.rows[0].name, "n");
}

static void test_odd_channels(void **state)
{
    CodecCase *fixture = *state;

    static const char *const fields[][2] = {
        {"\"type\":\"2\"", "type: should be"},
        {"\"type\":-1", "type: should be"},
        {"\"port\":70000", "port: should be"},
        {"\"vpc_channel_type\":1", "vpc_channel_type: should be"},
        {"\"member_groups\":{}", "member_groups: should be"},
        {"\"member_groups\":[1]", "member_groups: should be"},
        {"\"member_groups\":[{\"reference_vpc_channel_id\":1}]",
         "member_groups.reference_vpc_channel_id: should be"},
        {"\"member_groups\":[{\"member_group_name\":1}]",
         "member_groups.member_group_name: should be"},
        {"\"member_groups\":[{\"member_group_weight\":\"1\"}]",
         "member_groups.member_group_weight: should be"},
    };
    char row[128];

    assert_odd_channel(fixture, "null", "vpc_channels[0]: should be an object", "", "");
    assert_odd_channel(fixture, "\"n\"", "vpc_channels[0]: should be an object", "", "");
    assert_odd_channel(fixture, "{}", "vpc_channels[0].id: is missing", "", "");
    assert_odd_channel(fixture, "{\"id\":\"a\"}", "vpc_channels[0].name: is missing", "a", "");
    assert_odd_channel(fixture, "{\"id\":\"a b\",\"name\":\"n\"}", "id: should be", "", "n");
    assert_odd_channel(fixture, "{\"id\":7,\"name\":\"n\"}", "id: should be", "", "n");
    assert_odd_channel(fixture, "{\"id\":\"a\",\"name\":null}", "name: should be", "a", "");
    assert_odd_channel(fixture, "{\"id\":\"a\",\"name\":123}", "name: should be", "a", "123");
    assert_odd_channel(fixture, "{\"id\":\"a\",\"name\":true}", "name: should be", "a", "true");
    assert_odd_channel(fixture, "{\"id\":\"a\",\"name\":[\"n\"]}", "name: should be", "a", "");
    assert_odd_channel(fixture, "{\"id\":\"a\",\"name\":{\"n\":1}}", "name: should be", "a", "");
    for (size_t i = 0; i < ELEMENTS(fields); i++) {
        snprintf(row, sizeof(row), "{\"id\":\"a\",%s,\"name\":\"n\"}", fields[i][0]);
        assert_odd_channel(fixture, row, fields[i][1], "a", "n");
    }
}

static void assert_error(CodecCase *fixture, const char *body, const char *code,
                         const char *message, const char *request_id)
{
    ErrorBody error;

    error_parse(&fixture->parser, body, strlen(body), &error);
    assert_string_equal(error.code, code);
    assert_string_equal(buf_text(&error.message), message);
    assert_string_equal(error.request_id, request_id);
    buf_done(&error.message);
}

static void test_errors(void **state)
{
    CodecCase *fixture = *state;

    assert_error(fixture, "{\"error_code\":\"APIG.1002\",\"error_msg\":\"Incorrect token\"}",
                 "APIG.1002", "Incorrect token", "");
    assert_error(fixture,
                 "{\"error_code\":\"APIGW.0301\",\"error_msg\":\"m\",\"request_id\":\"r\",\"x\":1}",
                 "APIGW.0301", "m", "r");
    assert_error(fixture,
                 "{\"error\":{\"code\":401,\"message\":\"wrong\",\"title\":\"Unauthorized\"}}", "",
                 "wrong (Unauthorized)", "");
    assert_error(fixture, "", "", "", "");
    assert_error(fixture, "<html>", "", "HTML instead of JSON", "");
    assert_error(fixture, "{}", "", "JSON without error_code and error_msg", "");
    assert_error(fixture, "{\"error_code\":3024,\"error_msg\":null}", "",
                 "JSON without error_code and error_msg", "");
    assert_error(fixture, "{\"error_code\":\"APIG.3024\\u0000\",\"error_msg\":\"m\"}", "", "m", "");
    assert_error(fixture, "{\"error_code\":\"APIG.3024 \",\"error_msg\":\"m\"}", "", "m", "");
    assert_error(fixture,
                 "{\"error_code\":\"APIG.3024-and-then-something-longer-than-any\","
                 "\"error_msg\":\"m\"}",
                 "", "m", "");
    /* 31 characters are a code, 32 are none. */
    assert_error(fixture,
                 "{\"error_code\":\"APIG.30240123456789012345678901\",\"error_msg\":\"m\"}",
                 "APIG.30240123456789012345678901", "m", "");
    assert_error(fixture,
                 "{\"error_code\":\"APIG.302401234567890123456789012\",\"error_msg\":\"m\"}", "",
                 "m", "");
    assert_error(fixture, "{\"error_code\":\"APIG.3024\\u007f\",\"error_msg\":\"m\"}", "", "m", "");
    assert_error(fixture, "{\"error_msg\":\"m\",\"error\":\"e\"}", "", "m", "");
    assert_error(fixture, "{\"error\":\"e\"}", "", "e", "");
    assert_error(fixture, "{\"error\":{\"title\":\"t\"}}", "", "t", "");
    assert_error(fixture, "{\"error\":{\"message\":\"m\"}}", "", "m", "");
    /* No copy is made of what has keys in it, wherever they stand. */
    assert_error(fixture, "{\"error_msg\":\"m\",\"credential\":{\"secret\":\"s\"},\"x\":1}", "",
                 "an error beside keys, which are not read", "");
    assert_error(fixture, "{\"credential\":null,\"error_code\":\"c\"}", "",
                 "an error beside keys, which are not read", "");
    assert_error(fixture, "{\"error\":{\"credential\":\"c\",\"message\":\"m\"}}", "", "m", "");
}

static void assert_told_status(CodecCase *fixture, const char *code, int http)
{
    char body[64];
    ErrorBody error;

    snprintf(body, sizeof(body), "{\"error\":{\"code\":%s,\"message\":\"m\"}}", code);
    error_parse(&fixture->parser, body, strlen(body), &error);
    assert_int_equal(error.http, http);
    buf_done(&error.message);
}

static void test_the_status_that_an_error_names(void **state)
{
    CodecCase *fixture = *state;

    assert_told_status(fixture, "399", 0);
    assert_told_status(fixture, "400", 400);
    assert_told_status(fixture, "599", 599);
    assert_told_status(fixture, "600", 0);
    assert_told_status(fixture, "\"401\"", 0);
}

/* Whether a body tells an error is known without reading it whole. */
static void test_what_tells_an_error(void **state)
{
    static const char *const told[] = {
        "{\"error_code\":\"c\"}",
        "{\"error_msg\":\"m\"}",
        " {\"error\" : {} }",
        "{\"a\":[1,{\"b\":2}],\"error\":1}",
        "{\"a\":\"\\\"\",\"error\":1}",
        "{\"a\":\"}\",\"error\":true}",
        "{\"error\":nul}",
    };
    static const char *const untold[] = {
        "",
        "{",
        "{}",
        "[{\"error\":1}]",
        "{\"error\":null}",
        "{\"error\":\"\"}",
        "{\"error\":false \r\n\t}",
        "{\"error\":null \n,\"a\":1}",
        "{\"error\":}",
        "{\"error\"",
        "{\"error\" 1}",
        "{\"a\":{\"error\":1}}",
        "{\"a\":\"error\"}",
        "{\"errors\":1}",
        "{\"err\":1}",
        "{\"a\":\"\\",
    };

    (void)state;
    for (size_t i = 0; i < ELEMENTS(told); i++) {
        if (!error_is_told(told[i], strlen(told[i])))
            fail_msg("tells none: %s", told[i]);
    }
    for (size_t i = 0; i < ELEMENTS(untold); i++) {
        if (error_is_told(untold[i], strlen(untold[i])))
            fail_msg("tells one: %s", untold[i]);
    }
}

static void test_request_lines(void **state)
{
    Instance instance = {
        .endpoint = "https://roma.example.com:443", .project_id = "p", .instance_id = "i"};
    Request request = {.kind = REQUEST_LIST_CHANNELS, .limit = 1, .offset = UINT64_MAX};
    _cleanup_(buf_done) Buf text = {0};
    RequestLine line;

    (void)state;
    assert_int_equal(request_line(&instance, &request, &line), 0);
    request_append_target(&line, &text);
    assert_string_equal(text.data, "/v2/p/apic/instances/i/vpc-channels"
                                   "?limit=1&offset=18446744073709551615");
    buf_reset(&text);
    request_append_host(&instance, &text);
    assert_string_equal(text.data, "roma.example.com");
    buf_reset(&text);
    instance.endpoint = "http://[::1]:443";
    request_append_host(&instance, &text);
    assert_string_equal(text.data, "[::1]:443");
    request.limit = 0;
    assert_int_equal(request_line(&instance, &request, &line), -EINVAL);
    request.limit = 501;
    assert_int_equal(request_line(&instance, &request, &line), -EINVAL);
    request = (Request){.kind = REQUEST_DELETE_MEMBER, .channel_id = "c"};
    assert_int_equal(request_line(&instance, &request, &line), -EINVAL);
    request.member_id = "..";
    assert_int_equal(request_line(&instance, &request, &line), -EINVAL);
    request.member_id = "m";
    assert_int_equal(request_line(&instance, &request, &line), 0);
    assert_string_equal(line.path, "/v2/p/apic/instances/i/vpc-channels/c/members/m");
    assert_string_equal(line.method, "DELETE");
    request.kind = REQUEST_DISABLE_MEMBER;
    assert_int_equal(request_line(&instance, &request, &line), 0);
    assert_string_equal(line.method, "POST");
    assert_string_equal(line.path, "/v2/p/apic/instances/i/vpc-channels/c/members/batch-disable");
    request.kind = REQUEST_ENABLE_MEMBER;
    assert_int_equal(request_line(&instance, &request, &line), 0);
    assert_string_equal(line.path, "/v2/p/apic/instances/i/vpc-channels/c/members/batch-enable");
    request.member_id = "";
    assert_int_equal(request_line(&instance, &request, &line), -EINVAL);
    request.kind = REQUEST_DISABLE_MEMBER;
    assert_int_equal(request_line(&instance, &request, &line), -EINVAL);
    request.kind = REQUEST_ADD_MEMBERS;
    assert_int_equal(request_line(&instance, &request, &line), 0);
    assert_string_equal(line.path, "/v2/p/apic/instances/i/vpc-channels/c/members");
    assert_string_equal(line.method, "POST");
    assert_int_equal(line.query_count, 0);
    instance.instance_id = "i/j";
    assert_int_equal(request_line(&instance, &request, &line), -EINVAL);
    instance.instance_id = "i";
    instance.project_id = "../p";
    assert_int_equal(request_line(&instance, &request, &line), -EINVAL);
}

/* All ids as long as they may be still fit. */
static void test_longest_request_line(void **state)
{
    static const char id[] = "0123456789012345678901234567890123456789012345678901234567890123";
    Instance instance = {
        .endpoint = "https://e", .api = API_APIGW, .project_id = id, .instance_id = id};
    Request request = {.kind = REQUEST_DELETE_MEMBER, .channel_id = id, .member_id = id};
    RequestLine line;

    (void)state;
    assert_int_equal(strlen(id), OPS_ID_SIZE_MAX);
    assert_int_equal(request_line(&instance, &request, &line), 0);
    assert_true(strlen(line.path) < sizeof(line.path));
    codec_case_assert_has(line.path, "/members/0123");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CODEC_TEST(test_channels),
        CODEC_TEST(test_groups_of_channels),
        CODEC_TEST(test_odd_channels),
        CODEC_TEST(test_a_body_that_broke_off_is_forgotten),
        CODEC_TEST(test_errors),
        CODEC_TEST(test_the_status_that_an_error_names),
        CODEC_TEST(test_what_tells_an_error),
        CODEC_TEST(test_request_lines),
        CODEC_TEST(test_longest_request_line),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
