/* SPDX-License-Identifier: MIT */
/* What a row of a member tells, and the bodies of requests that change one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>

#include "daemon/roma/wire/member_body.h"

static void assert_fields(const char *row, int told, int32_t weight, bool is_backup,
                          bool is_enabled)
{
    MemberFields fields = {0};

    assert_int_equal(member_body_read_fields(row, &fields), told);
    assert_int_equal(fields.weight, weight);
    assert_int_equal(fields.is_backup, is_backup);
    assert_int_equal(fields.is_enabled, is_enabled);
}

static void test_fields_that_are_told_and_others(void **state)
{
    (void)state;
    assert_fields("{\"weight\":0,\"is_backup\":true,\"status\":2}",
                  ROSTER_MEMBER_WEIGHT | ROSTER_MEMBER_BACKUP | ROSTER_MEMBER_ENABLED, 0, true,
                  false);
    assert_fields("{}", 0, OPS_WEIGHT_NONE, false, true);
    assert_fields("{\"weight\":7}", ROSTER_MEMBER_WEIGHT, 7, false, true);
    assert_fields("{\"weight\":2147483647}", ROSTER_MEMBER_WEIGHT, INT32_MAX, false, true);
    assert_fields("{\"is_backup\":false}", ROSTER_MEMBER_BACKUP, OPS_WEIGHT_NONE, false, true);
    assert_fields("{\"status\":1}", ROSTER_MEMBER_ENABLED, OPS_WEIGHT_NONE, false, true);
    assert_fields("{\"weight\":null,\"status\":null}", 0, OPS_WEIGHT_NONE, false, true);
}

static void test_what_is_no_row(void **state)
{
    static const char *const rows[] = {"",
                                       "{",
                                       "{\"weight\":-1}",
                                       "{\"weight\":\"7\"}",
                                       "{\"weight\":2147483648}",
                                       "{\"status\":true}",
                                       "{\"weight\":1,\"status\":\"on\"}"};
    MemberFields fields = {.weight = 5};

    (void)state;
    for (size_t i = 0; i < ELEMENTS(rows); i++) {
        if (member_body_read_fields(rows[i], &fields) != -EINVAL)
            fail_msg("taken: %s", rows[i]);
        assert_int_equal(fields.weight, 5);
    }
}

static void assert_request(const Request *request, const char *expected)
{
    _cleanup_(buf_done) Buf buf = {0};

    assert_int_equal(member_body_append_request(request, &buf), 0);
    assert_string_equal(buf_text(&buf), expected);
}

static void test_bodies_of_requests(void **state)
{
    static const RequestKind empty[] = {REQUEST_LIST_CHANNELS, REQUEST_LIST_MEMBERS,
                                        REQUEST_DELETE_MEMBER};
    Request request = {.member_id = "m1", .member_json = "{\"host\":\"h\",\"ecs_id\":\"e\"}"};

    (void)state;
    for (size_t i = 0; i < ELEMENTS(empty); i++) {
        request.kind = empty[i];
        assert_request(&request, "");
    }
    request.kind = REQUEST_DISABLE_MEMBER;
    assert_request(&request, "{\"member_ids\":[\"m1\"]}");
    request.kind = REQUEST_ENABLE_MEMBER;
    assert_request(&request, "{\"member_ids\":[\"m1\"]}");
    request.kind = REQUEST_ADD_MEMBERS;
    assert_request(&request, "{\"members\":[{\"host\":\"h\"}]}");
    request.is_ecs = true;
    assert_request(&request, "{\"members\":[{\"ecs_id\":\"e\"}]}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fields_that_are_told_and_others),
        cmocka_unit_test(test_what_is_no_row),
        cmocka_unit_test(test_bodies_of_requests),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
