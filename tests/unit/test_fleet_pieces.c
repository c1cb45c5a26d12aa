/* SPDX-License-Identifier: MIT */
/* How the changes of a channel are divided for etcd. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/mem.h"
#include "daemon/fleet/fleet_pieces.h"

static int divide(Change *changes, size_t count, FleetPieces *ret_pieces, Err *err)
{
    const Batch batch = {.changes = changes, .change_count = count};

    return fleet_pieces_init(ret_pieces, &batch, err);
}

static void test_each_has_a_number_of_changes_at_most(void **state)
{
    static const struct {
        size_t changes, pieces;
    } rows[] = {{0, 1}, {1, 1}, {999, 1}, {1000, 1}, {1001, 2}, {2000, 2}, {2001, 3}};
    static Change changes[2001];
    FleetPieces pieces;
    Err err = {0};

    (void)state;
    for (size_t i = 0; i < ELEMENTS(changes); i++)
        changes[i] = (Change){.kind = CHANGE_ADD,
                              .member_id = "",
                              .identity = "x",
                              .identity_size = 1,
                              .after = "{}"};
    for (size_t i = 0; i < ELEMENTS(rows); i++) {
        size_t count = 0;

        assert_int_equal(divide(changes, rows[i].changes, &pieces, &err), 0);
        assert_int_equal(pieces.count, rows[i].pieces);
        for (size_t j = 0; j < pieces.count; j++) {
            const char *at = buf_text(&pieces.items[j]);

            assert_true(at[0] != ',');
            for (; (at = strstr(at, "\"kind\"")); at++)
                count++;
        }
        assert_int_equal(count, rows[i].changes);
        fleet_pieces_done(&pieces);
        fleet_pieces_done(&pieces); /* is fine */
    }
}

static void test_what_stands_in_one(void **state)
{
    Change changes[] = {
        {.kind = CHANGE_DELETE,
         .member_id = "m1",
         .identity = "x\0y",
         .identity_size = 3,
         .before = "{\"a\":1}"},
        {.kind = CHANGE_ADD, .member_id = "", .identity = "", .identity_size = 0, .after = "{}"}};
    FleetPieces pieces;
    Err err = {0};

    (void)state;
    assert_int_equal(divide(changes, 2, &pieces, &err), 0);
    assert_string_equal(buf_text(&pieces.items[0]),
                        "{\"kind\":\"delete\",\"member_id\":\"m1\",\"identity\":\"eAB5\","
                        "\"before\":\"{\\\"a\\\":1}\",\"after\":null},"
                        "{\"kind\":\"add\",\"member_id\":\"\",\"identity\":\"\","
                        "\"before\":null,\"after\":\"{}\"}");
    fleet_pieces_done(&pieces);
}

/* A change whose text has so many bytes. */
static void fill(Change *change, char *member_id, size_t size)
{
    static const size_t around = sizeof("{\"kind\":\"delete\",\"member_id\":\"\",\"identity\":\"\","
                                        "\"before\":null,\"after\":null}") -
                                 1;

    memset(member_id, 'm', size - around);
    member_id[size - around] = '\0';
    *change = (Change){.kind = CHANGE_DELETE, .member_id = member_id, .identity = ""};
}

static void test_each_has_a_size_at_most(void **state)
{
    static const struct {
        size_t first, second, pieces; /* 0: it is too large */
    } rows[] = {
        {FLEET_PIECES_SIZE_MAX, 100, 2},       {FLEET_PIECES_SIZE_MAX + 1, 100, 0},
        {100, FLEET_PIECES_SIZE_MAX + 1, 0},   {FLEET_PIECES_SIZE_MAX - 101, 100, 1},
        {FLEET_PIECES_SIZE_MAX - 100, 100, 2},
    };
    static char ids[2][FLEET_PIECES_SIZE_MAX + 2];
    FleetPieces pieces;
    Change changes[2];

    (void)state;
    for (size_t i = 0; i < ELEMENTS(rows); i++) {
        Err err = {0};

        fill(&changes[0], ids[0], rows[i].first);
        fill(&changes[1], ids[1], rows[i].second);
        assert_int_equal(divide(changes, 2, &pieces, &err), rows[i].pieces > 0 ? 0 : -E2BIG);
        assert_int_equal(err_is_set(&err), rows[i].pieces == 0);
        assert_int_equal(pieces.count, rows[i].pieces);
        if (rows[i].pieces == 2) {
            assert_true(pieces.items[0].size == rows[i].first ||
                        pieces.items[1].size == rows[i].first);
            assert_int_equal(pieces.items[pieces.count - 1].size, rows[i].second);
        }
        fleet_pieces_done(&pieces);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_has_a_number_of_changes_at_most),
        cmocka_unit_test(test_what_stands_in_one),
        cmocka_unit_test(test_each_has_a_size_at_most),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
