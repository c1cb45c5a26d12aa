/* SPDX-License-Identifier: MIT */
/* Which changes the client lets go out: those that are recorded, in modes that may make them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "daemon/roma/permits.h"

#define LONGEST "0123456789012345678901234567890123456789012345678901234567890123" /* 64 */

static RosterChannel channel = {.id = "c1", .mode = MODE_PRUNE};

static Request request_of(RequestKind kind, const char *member_id, uint64_t action)
{
    return (Request){.kind = kind,
                     .channel = &channel,
                     .channel_id = "c1",
                     .member_id = member_id,
                     .action = action};
}

static void test_a_deletion_goes_by_its_member(void **state)
{
    Permits permits = {0};

    (void)state;
    assert_false(permits_has(&permits, "c1", "m1"));
    assert_int_equal(permits_add(&permits, "c1", "m1"), 0);
    assert_true(permits_has(&permits, "c1", "m1"));
    assert_false(permits_has(&permits, "c1", "m"));
    assert_false(permits_has(&permits, "c2", "m1"));
    assert_false(permits_has(&permits, "c1m", "1"));
    assert_int_equal(permits_add(&permits, LONGEST, LONGEST), 0);
    assert_true(permits_has(&permits, LONGEST, LONGEST));
    permits_clear(&permits);
    assert_false(permits_has(&permits, "c1", "m1"));
    assert_int_equal(permits_add(&permits, "c1", "m2"), 0);
    assert_true(permits_has(&permits, "c1", "m2"));
    permits_done(&permits);
}

static void test_another_change_goes_by_its_action(void **state)
{
    Permits permits = {0};

    (void)state;
    assert_int_equal(permits_add_action(&permits, "c1", 7), 0);
    assert_int_equal(permits_add_action(&permits, "c1", 7), 0);
    assert_true(permits_has_action(&permits, "c1", 7));
    assert_false(permits_has_action(&permits, "c1", 8));
    assert_false(permits_has_action(&permits, "c2", 7));
    assert_false(permits_has(&permits, "c1", "7"));
    assert_int_equal(permits_add_action(&permits, LONGEST, UINT64_MAX), 0);
    assert_true(permits_has_action(&permits, LONGEST, UINT64_MAX));
    permits_clear(&permits);
    assert_false(permits_has_action(&permits, "c1", 7));
    permits_done(&permits);
}

static void test_what_is_no_id_gets_none(void **state)
{
    static const char *const bad[] = {NULL, "", "a b", "../x", LONGEST "4"};
    Permits permits = {0};

    (void)state;
    for (size_t i = 0; i < ELEMENTS(bad); i++) {
        assert_int_equal(permits_add(&permits, bad[i], "m1"), -EINVAL);
        assert_int_equal(permits_add(&permits, "c1", bad[i]), -EINVAL);
        assert_int_equal(permits_add_action(&permits, bad[i], 7), -EINVAL);
        assert_false(permits_has(&permits, bad[i], "m1"));
        assert_false(permits_has(&permits, "c1", bad[i]));
        assert_false(permits_has_action(&permits, bad[i], 7));
    }
    assert_int_equal(permits_add_action(&permits, "c1", 0), -EINVAL);
    assert_false(permits_has_action(&permits, "c1", 0));
    permits_done(&permits);
}

static void test_a_change_is_permitted_as_its_kind_is_known(void **state)
{
    const Change deletion = {.kind = CHANGE_DELETE, .member_id = "m1", .action = 7};
    const Change addition = {.kind = CHANGE_ADD, .member_id = "m2", .action = 8};
    Permits permits = {0};

    (void)state;
    assert_int_equal(permits_add_change(&permits, "c1", &deletion), 0);
    assert_int_equal(permits_add_change(&permits, "c1", &addition), 0);
    assert_true(permits_has(&permits, "c1", "m1"));
    assert_false(permits_has_action(&permits, "c1", 7));
    assert_true(permits_has_action(&permits, "c1", 8));
    assert_false(permits_has(&permits, "c1", "m2"));
    permits_done(&permits);
}

typedef struct Let {
    RequestKind kind;
    bool observe, prune, add, sync; /* whether that mode lets it out when it is recorded */
} Let;

/* Whatever the mode, nothing goes out that neither a pass nor an undo recorded. */
static void test_the_mode_and_the_record_let_a_change_out(void **state)
{
    static const Let lets[] = {
        {REQUEST_DELETE_MEMBER, false, true, false, true},
        {REQUEST_DISABLE_MEMBER, false, true, false, true},
        {REQUEST_ENABLE_MEMBER, false, true, true, true},
        {REQUEST_ADD_MEMBERS, false, false, true, true},
    };
    Permits none = {0}, permits = {0};

    (void)state;
    assert_int_equal(permits_add(&permits, "c1", "m1"), 0);
    assert_int_equal(permits_add_action(&permits, "c1", 7), 0);
    for (size_t i = 0; i < ELEMENTS(lets); i++) {
        const Request request = request_of(lets[i].kind, "m1", 7);
        const Request other = request_of(lets[i].kind, "m2", 8);
        const struct {
            Mode mode;
            bool lets;
        } modes[] = {{MODE_OBSERVE, lets[i].observe},
                     {MODE_PRUNE, lets[i].prune},
                     {MODE_ADD, lets[i].add},
                     {MODE_SYNC, lets[i].sync}};

        for (size_t k = 0; k < ELEMENTS(modes); k++) {
            channel.mode = modes[k].mode;
            assert_int_equal(permits_let(&permits, &none, &request), modes[k].lets);
            assert_int_equal(permits_let(&none, &permits, &request), modes[k].mode != MODE_OBSERVE);
            assert_false(permits_let(&permits, &permits, &other));
            assert_false(permits_let(&none, &none, &request));
        }
    }
    channel.mode = MODE_PRUNE;
    permits_done(&permits);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_deletion_goes_by_its_member),
        cmocka_unit_test(test_another_change_goes_by_its_action),
        cmocka_unit_test(test_what_is_no_id_gets_none),
        cmocka_unit_test(test_a_change_is_permitted_as_its_kind_is_known),
        cmocka_unit_test(test_the_mode_and_the_record_let_a_change_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
