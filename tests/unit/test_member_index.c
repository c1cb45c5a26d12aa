/* SPDX-License-Identifier: MIT */
/* Members found by how they are written, in rosters of every size: each by its own number, and who
 * is listed twice by the first. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "config/config.h"
#include "config/member_index.h"

static RosterMember *make_members(size_t count)
{
    RosterMember *members = calloc(count + 1, sizeof(*members));
    static char addresses[70001][32];

    assert_non_null(members);
    for (size_t i = 0; i < count; i++) {
        snprintf(addresses[i], sizeof(addresses[i]), "10.%u.%u.%u", (unsigned)(i / 65536 + 1),
                 (unsigned)(i / 256 % 256), (unsigned)(i % 256));
        members[i] = (RosterMember){.address = addresses[i], .port = 80};
    }
    return members;
}

static void expect_found(size_t count)
{
    RosterMember *members = make_members(count);
    MemberIndex index = {0};
    Arena arena = {0};

    assert_int_equal(member_index_init(&index, count + 1, &arena), 0);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(member_index_add(&index, members, i), i);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(
            member_index_find(&index, members, false, "", members[i].address, members[i].port), i);
    if (count > 0) {
        members[count] = members[count / 2];
        assert_int_equal(member_index_add(&index, members, count), count / 2);
    }
    assert_true(member_index_find(&index, members, false, "", "10.0.0.1", 80) == MEMBER_INDEX_NONE);
    assert_true(member_index_find(&index, members, false, "", "10.1.0.0", 81) == MEMBER_INDEX_NONE);
    assert_true(member_index_find(&index, members, true, "", "10.1.0.0", 80) == MEMBER_INDEX_NONE);
    assert_true(member_index_find(&index, members, false, "g", "10.1.0.0", 80) ==
                MEMBER_INDEX_NONE);
    assert_true(index.slot_count > count);
    arena_done(&arena);
    free(members);
}

static void test_each_is_found_by_its_number(void **state)
{
    static const size_t counts[] = {0,     1,     2,     3,     15,    16,    17,   255,
                                    13106, 13107, 13108, 16383, 16384, 20000, 70000};

    (void)state;
    for (size_t i = 0; i < ELEMENTS(counts); i++)
        expect_found(counts[i]);
}

static void test_nothing_is_found_where_nothing_was_made(void **state)
{
    const MemberIndex index = {0};

    (void)state;
    assert_true(member_index_find(&index, NULL, false, "", "10.0.0.1", 80) == MEMBER_INDEX_NONE);
}

/* What was added is told of as a whole. */
static void test_what_was_added(void **state)
{
    RosterMember members[] = {
        {.address = "10.0.0.1", .port = 80},
        {.address = "10.0.0.2"},
        {.address = "abc", .is_ecs = true, .port = 80},
        {.address = "ABC", .is_ecs = true, .port = 80},
    };
    MemberIndex index = {0};
    Arena arena = {0};

    (void)state;
    assert_int_equal(member_index_init(&index, 4, &arena), 0);
    member_index_add(&index, members, 0);
    assert_true(index.has_hosts && index.has_ports);
    assert_false(index.has_servers || index.lacks_ports || index.has_spellings);
    member_index_add(&index, members, 1);
    assert_true(index.lacks_ports);
    assert_false(index.has_servers);
    member_index_add(&index, members, 2);
    assert_true(index.has_servers);
    assert_false(index.has_spellings);
    member_index_add(&index, members, 3);
    assert_true(index.has_spellings);
    arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_is_found_by_its_number),
        cmocka_unit_test(test_nothing_is_found_where_nothing_was_made),
        cmocka_unit_test(test_what_was_added),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
