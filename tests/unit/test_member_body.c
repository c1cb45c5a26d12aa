/* SPDX-License-Identifier: MIT */
/* What a row of a member tells, and the bodies of requests that change one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>

#include "daemon/roma/wire/member_body.h"
#include "tests/unit/failing_copies.h"

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

/* ---- memory ---- */

static const RosterMember wanted = {.address = "h", .weight = 5};

static int append_old(const Buf *from, Buf *to, Err *err)
{
    int r = member_body_append(buf_text(from), false, to);

    (void)err;
    buf_putc(to, '\n');
    return r < 0 ? r : buf_failed(to);
}

static int compose(const char *before, Buf *to)
{
    const MemberPost post = {
        .wanted = &wanted, .before = before, .port = 80, .states = ROSTER_MEMBER_WEIGHT};
    _cleanup_(arena_done) Arena arena = {0};
    const char *text = member_body_compose(&post, &arena);

    if (!text)
        return -ENOMEM;
    buf_printf(to, "%s\n", text);
    return buf_failed(to);
}

static int compose_old(const Buf *from, Buf *to, Err *err)
{
    (void)err;
    return compose(buf_text(from), to);
}

static int compose_new(const Buf *from, Buf *to, Err *err)
{
    (void)from;
    (void)err;
    return compose(NULL, to);
}

static int read_fields(const Buf *from, Buf *to, Err *err)
{
    MemberFields fields;
    int r = member_body_read_fields(buf_text(from), &fields);

    (void)err;
    if (r < 0)
        return r;
    buf_printf(to, "%d %d %d\n", r, fields.weight, fields.is_backup);
    return buf_failed(to);
}

#define ROW(weight)                                                                                \
    "\"host\":\"@\",\"port\":80," weight "\"is_backup\":true,\"member_group_name\":\"blue\""

static void test_each_allocation_fails_once(void **state)
{
    (void)state;
    each_allocation_fails(append_old, "{" ROW("\"weight\":3,") "}",
                          "{\"members\":[{" ROW("\"weight\":3,") "}]}", 1);
    each_allocation_fails(compose_old, "{" ROW("\"weight\":3,") "}", "{" ROW("") ",\"weight\":5}",
                          2);
    each_allocation_fails(compose_new, "", "{\"host\":\"h\",\"port\":80,\"weight\":5}", 2);
    each_allocation_fails(read_fields, "{" ROW("\"weight\":3,") "}", "3 3 1", 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fields_that_are_told_and_others),
        cmocka_unit_test(test_what_is_no_row),
        cmocka_unit_test(test_bodies_of_requests),
        cmocka_unit_test(test_each_allocation_fails_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
