/* SPDX-License-Identifier: MIT */
/* The steady clock of the state: time that really passed, over runs and boots. */
#include "tests/unit/test_store_common.h"

#include "daemon/store/store_internal.h"

#define BIG (UINT64_C(1000) * USEC_PER_DAY)

static void test_it_runs_with_the_machine(void **state)
{
    Folder *folder = *state;
    Store *store = folder_open(folder);
    uint64_t begun_usec = steady_now_usec(store);

    time_pass(5);
    assert_int_equal(steady_now_usec(store), begun_usec + 5);
    realtime_now += USEC_PER_DAY;
    assert_int_equal(steady_now_usec(store), begun_usec + 5);
    /* What the system's clock cannot do. */
    boottime_now -= 10;
    assert_int_equal(steady_now_usec(store), begun_usec);
    store_free(store);
}

static void test_another_run_of_the_same_boot_goes_on(void **state)
{
    Folder *folder = *state;
    Store *store = folder_open(folder);
    uint64_t kept_usec, began_usec;

    time_pass(7);
    folder_begin(folder, store);
    kept_usec = steady_now_usec(store);
    began_usec = store->steady.began_usec;
    store_free(store);
    time_pass(3);
    store = folder_open(folder);
    assert_int_equal(steady_now_usec(store), kept_usec + 3);
    assert_int_equal(store->steady.began_usec, began_usec);
    store_free(store);
}

/* The clock is kept once an hour at least. */
static void test_what_was_kept_an_hour_ago_is_stale(void **state)
{
    Folder *folder = *state;
    Store *store = folder_open(folder);

    folder_begin(folder, store);
    store->steady_saved_usec = steady_now_usec(store);
    assert_false(steady_is_stale(store));
    time_pass(USEC_PER_HOUR - 1);
    assert_false(steady_is_stale(store));
    time_pass(1);
    assert_true(steady_is_stale(store));
    store_free(store);
}

static void assert_new_boot(Folder *folder, Store **store)
{
    uint64_t kept_usec = (*store)->steady.steady_usec;

    store_free(*store);
    *store = folder_open(folder);
    assert_int_equal((*store)->steady.steady_usec, kept_usec + 1);
    assert_int_equal((*store)->steady.began_usec, kept_usec + 1);
    folder_begin(folder, *store);
}

/* Without an id of the boot every start counts as a new one, and so does an earlier time in it. */
static void test_what_counts_as_a_new_boot(void **state)
{
    static const SteadySource nameless = {boottime_fake, realtime_fake, "/nowhere/boot_id"};
    Folder *folder = *state;
    Store *store = folder_open(folder);
    uint64_t action;

    folder_begin(folder, store);
    record_one(folder, store, NOW, &action);
    boottime_now -= 1;
    store->steady.steady_usec = steady_now_usec(store);
    assert_new_boot(folder, &store);
    steady_source = &nameless;
    record_one(folder, store, NOW, &action);
    store->steady.steady_usec = steady_now_usec(store);
    assert_new_boot(folder, &store);
    assert_string_equal(store->steady.boot, "");
    record_one(folder, store, NOW, &action);
    store->steady.steady_usec = steady_now_usec(store);
    assert_new_boot(folder, &store);
    assert_string_equal(store->steady.boot, "");
    store_free(store);
}

static void test_what_is_recent(void **state)
{
    Folder *folder = *state;
    Store *store = folder_open(folder);
    uint64_t then_usec = steady_now_usec(store), before_usec = store->steady.began_usec - 1;

    /* In this boot the wall clock says nothing. */
    time_pass(9);
    assert_true(steady_is_recent(store, then_usec, NOW - BIG, NOW, 10));
    time_pass(1);
    assert_false(steady_is_recent(store, then_usec, NOW, NOW, 10));
    assert_true(steady_is_recent(store, then_usec + BIG, NOW - BIG, NOW, 10));
    assert_true(steady_is_recent(store, store->steady.began_usec, NOW - BIG, NOW, BIG));
    /* Before it both have to say so, either way. */
    assert_true(steady_is_recent(store, before_usec, NOW - 99, NOW, 100));
    assert_false(steady_is_recent(store, before_usec, NOW - 100, NOW, 100));
    assert_true(steady_is_recent(store, before_usec, NOW + 99, NOW, 100));
    assert_false(steady_is_recent(store, before_usec, NOW + 100, NOW, 100));
    time_pass(200);
    assert_false(steady_is_recent(store, before_usec, NOW, NOW, 100));
    store_free(store);
}

static void test_an_end_of_this_boot(void **state)
{
    Folder *folder = *state;
    Store *store = folder_open(folder);
    const SteadyEnd never = steady_end(store, 0, NOW), past = steady_end(store, NOW - 5, NOW);
    const SteadyEnd end = steady_end(store, NOW + 10 * USEC_PER_SEC, NOW);

    assert_false(steady_has_ended(store, &never, NOW + BIG));
    assert_int_equal(steady_end_wall_usec(store, &never, NOW), 0);
    assert_true(steady_has_ended(store, &past, NOW));
    assert_int_equal(steady_end_wall_usec(store, &past, NOW), NOW - 5);
    assert_false(steady_has_ended(store, &end, NOW + BIG));
    /* So far a clock drifts by itself; what was set moves the end. */
    assert_int_equal(steady_end_wall_usec(store, &end, NOW + 2 * USEC_PER_SEC), end.wall_usec);
    assert_int_equal(steady_end_wall_usec(store, &end, NOW - 2 * USEC_PER_SEC), end.wall_usec);
    assert_int_equal(steady_end_wall_usec(store, &end, NOW + 2 * USEC_PER_SEC + 1),
                     end.wall_usec + 2 * USEC_PER_SEC + 1);
    assert_int_equal(steady_end_wall_usec(store, &end, NOW - BIG), end.wall_usec - BIG);
    time_pass(10 * USEC_PER_SEC - 1);
    assert_false(steady_has_ended(store, &end, NOW));
    time_pass(1);
    assert_true(steady_has_ended(store, &end, NOW));
    assert_int_equal(steady_end_wall_usec(store, &end, NOW - BIG), end.wall_usec);
    store_free(store);
}

/* Neither of the clocks alone can be trusted: what ends first by them has ended. */
static void test_an_end_of_an_earlier_boot(void **state)
{
    Folder *folder = *state;
    Store *store = folder_open(folder);
    const SteadyEnd end = {store->steady.began_usec - 1, steady_now_usec(store) + 10, NOW + 10};

    assert_false(steady_has_ended(store, &end, NOW + 9));
    assert_true(steady_has_ended(store, &end, NOW + 10));
    assert_int_equal(steady_end_wall_usec(store, &end, NOW - BIG), NOW + 10);
    time_pass(10);
    assert_true(steady_has_ended(store, &end, NOW));
    store_free(store);
}

/* ---- a wall clock that is set ---- */

static uint64_t kept_end(Store *store)
{
    uint64_t end_usec;
    sqlite3_stmt *statement = NULL;

    assert_int_equal(
        sqlite3_prepare_v2(store->db, "SELECT until_usec FROM pause", -1, &statement, NULL),
        SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    end_usec = (uint64_t)sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return end_usec;
}

static void test_the_kept_end_follows_the_wall_clock(void **state)
{
    Folder *folder = *state;
    Store *store = folder_open(folder);
    const StorePause pause = {.reason = "work", .until_usec = NOW + USEC_PER_HOUR};
    char pass[STORE_PASS_ID_SIZE];

    assert_int_equal(store_pause(store, &pause, NOW, NULL, &folder->err), 0);
    realtime_now += 2 * USEC_PER_SEC;
    assert_int_equal(store_begin_pass(store, realtime_now, pass, NULL), 0);
    assert_int_equal(kept_end(store), pause.until_usec);
    realtime_now += 1;
    assert_int_equal(store_begin_pass(store, realtime_now, pass, NULL), 0);
    assert_int_equal(kept_end(store), pause.until_usec + 2 * USEC_PER_SEC + 1);
    realtime_now -= 5 * USEC_PER_SEC;
    /* One that cannot be kept now is kept by a later pass. */
    assert_int_equal(sqlite3_exec(store->db, "PRAGMA query_only = ON", NULL, NULL, NULL),
                     SQLITE_OK);
    assert_int_equal(store_begin_pass(store, realtime_now, pass, NULL), 0);
    assert_int_equal(sqlite3_exec(store->db, "PRAGMA query_only = OFF", NULL, NULL, NULL),
                     SQLITE_OK);
    assert_int_equal(kept_end(store), pause.until_usec + 2 * USEC_PER_SEC + 1);
    assert_int_equal(store_begin_pass(store, realtime_now, pass, NULL), 0);
    assert_int_equal(kept_end(store), pause.until_usec - 3 * USEC_PER_SEC + 1);
    store_free(store);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, folder_setup, folder_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_it_runs_with_the_machine),
        TEST(test_another_run_of_the_same_boot_goes_on),
        TEST(test_what_was_kept_an_hour_ago_is_stale),
        TEST(test_what_counts_as_a_new_boot),
        TEST(test_what_is_recent),
        TEST(test_an_end_of_this_boot),
        TEST(test_an_end_of_an_earlier_boot),
        TEST(test_the_kept_end_follows_the_wall_clock),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
