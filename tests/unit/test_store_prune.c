/* SPDX-License-Identifier: MIT */
/* What is forgotten, and what no clock makes the state forget. */
#include "tests/unit/store_filled.h"

#define KEEP (2 * USEC_PER_DAY)

/* A pass that deletes one member, at what the wall clock says. */
static uint64_t pass_at(Folder *folder, Store *store, uint64_t at_usec, bool is_decided)
{
    uint64_t action;

    assert_int_equal(store_name_instance(store, KEY, "prod", &folder->err), 0);
    assert_int_equal(store_begin_pass(store, at_usec, folder->pass, &folder->err), 0);
    record_one(folder, store, at_usec, &action);
    if (is_decided)
        assert_int_equal(store_decide(store, action, OUTCOME_DELETED, 1, NULL, NULL, at_usec, NULL),
                         0);
    assert_int_equal(store_end_pass(store, folder->pass, "converged", at_usec, NULL), 0);
    return action;
}

static size_t count_history(Store *store, uint64_t *ret_first)
{
    StoreActions history = {0};
    size_t count;

    assert_int_equal(store_history(store, &(StoreFilter){0}, &history, NULL), 0);
    count = history.count;
    *ret_first = count ? history.items[0].action : 0;
    store_actions_done(&history);
    return count;
}

static StorePruned prune(Folder *folder, Store *store)
{
    return folder_prune(folder, store, KEEP);
}

static void test_old_history_is_forgotten(void **state)
{
    Folder *folder = *state;
    Store *store = folder_open(folder);
    StorePruned pruned;
    uint64_t first, undecided = pass_at(folder, store, NOW, false);

    pass_at(folder, store, NOW + 1, true);
    pass_at(folder, store, NOW + 2, true);
    time_pass(KEEP);
    for (size_t i = 0; i < 20; i++)
        pass_at(folder, store, realtime_now, true);
    pruned = prune(folder, store);
    assert_int_equal(pruned.actions, 0);
    time_pass(1);
    pruned = prune(folder, store);
    assert_int_equal(pruned.actions, 2);
    assert_int_equal(pruned.passes, 2);
    assert_int_equal(pruned.newest_usec, NOW + 2);
    assert_int_equal(count_history(store, &first), 21);
    assert_int_equal(first, undecided);
    assert_int_equal(prune(folder, store).actions, 0);
    store_free(store);
}

static void test_the_last_passes_are_kept(void **state)
{
    Folder *folder = *state;
    Store *store = folder_open(folder);
    uint64_t first, kept = 0;

    for (size_t i = 0; i < 25; i++) {
        uint64_t action = pass_at(folder, store, NOW + i * USEC_PER_SEC, true);

        kept = i == 5 ? action : kept;
    }
    time_pass(100 * KEEP);
    assert_int_equal(prune(folder, store).actions, 5);
    assert_int_equal(count_history(store, &first), 20);
    assert_int_equal(first, kept);
    store_free(store);
}

/* A run whose clock is wrong, by years, either way: neither it nor the next forgets a thing. */
static void test_a_wrong_wall_clock_forgets_nothing(void **state)
{
    static const uint64_t clocks[] = {NOW + 3650 * USEC_PER_DAY, USEC_PER_HOUR, NOW};
    Folder *folder = *state;
    Store *store = folder_open(folder);
    uint64_t first;

    for (size_t i = 0; i < 30; i++)
        pass_at(folder, store, NOW + i * USEC_PER_SEC, true);
    for (size_t i = 0; i < ELEMENTS(clocks); i++) {
        store_free(store);
        realtime_now = clocks[i];
        store = folder_open(folder);
        assert_int_equal(prune(folder, store).actions, 0);
        pass_at(folder, store, realtime_now, true);
        time_pass(USEC_PER_HOUR);
    }
    assert_int_equal(count_history(store, &first), 30 + ELEMENTS(clocks));
    store_free(store);
}

/* Time counts in the runs that see it, and between runs of one boot. */
static void test_time_counts_across_runs(void **state)
{
    Folder *folder = *state;
    Store *store = folder_open(folder);

    for (size_t i = 0; i < 22; i++)
        pass_at(folder, store, NOW + i * USEC_PER_SEC, true);
    store_free(store);
    time_pass(KEEP + 1);
    store = folder_open(folder);
    assert_int_equal(prune(folder, store).actions, 2);
    store_free(store);
}

/* The last hour is what the guard against fights looks at. */
static void test_the_last_hour_is_kept(void **state)
{
    Folder *folder = *state;
    Store *store = folder_open(folder);

    for (size_t i = 0; i < 22; i++)
        pass_at(folder, store, NOW + i * USEC_PER_SEC, true);
    time_pass(USEC_PER_HOUR);
    assert_int_equal(folder_prune(folder, store, 0).actions, 0);
    time_pass(1);
    assert_int_equal(folder_prune(folder, store, 0).actions, 2);
    store_free(store);
}

/* ---- a long history ---- */

#define LONG 20000
#define STEP_MAX 500 /* actions that one step may forget */

static uint64_t size_of(const Folder *folder, const char *name)
{
    char path[512];
    struct stat status;

    snprintf(path, sizeof(path), "%s/%s", folder->state, name);
    return stat(path, &status) == 0 ? (uint64_t)status.st_size : 0;
}

static void forget_step_by_step(Folder *folder, Store *store)
{
    StorePruned pruned = {0};
    uint64_t before = 0;
    size_t steps = 0;
    int r;

    do {
        r = store_prune(store, KEEP, &pruned, &folder->err);
        assert_true(pruned.actions - before <= STEP_MAX);
        before = pruned.actions;
        steps++;
    } while (r > 0);
    assert_int_equal(r, 0);
    assert_int_equal(pruned.actions, LONG - 20 * FILLED_PASS_SIZE);
    assert_int_equal(pruned.passes, LONG / FILLED_PASS_SIZE - 20);
    assert_true(steps >= pruned.actions / STEP_MAX);
}

static void test_a_long_history_is_forgotten_in_steps(void **state)
{
    Folder *folder = *state;
    Store *store = folder_open(folder);
    uint64_t first, size;

    fill_history(store, LONG);
    store_free(store);
    size = size_of(folder, "rosterd.db");
    store = folder_open(folder);
    time_pass(2 * KEEP);
    forget_step_by_step(folder, store);
    assert_int_equal(count_history(store, &first), 20 * FILLED_PASS_SIZE);
    assert_int_equal(first, LONG - 20 * FILLED_PASS_SIZE + 1);
    store_free(store);
    /* All but what the last passes need and 4 MiB for what comes. */
    assert_true(size_of(folder, "rosterd.db") < size / 5 + (4U << 20));
    store = folder_open(folder);
    store_free(store);
}

/* A database of an earlier rosterd stays as large, and grows no more. */
static void test_a_database_that_gives_nothing_back(void **state)
{
    Folder *folder = *state;
    Store *store = folder_open(folder);
    uint64_t size;

    assert_int_equal(sqlite3_exec(store->db, "PRAGMA auto_vacuum = NONE; VACUUM", NULL, NULL, NULL),
                     SQLITE_OK);
    fill_history(store, LONG);
    time_pass(2 * KEEP);
    forget_step_by_step(folder, store);
    store_free(store);
    size = size_of(folder, "rosterd.db");
    assert_true(size > 4U << 20);
    store = folder_open(folder);
    assert_int_equal(
        sqlite3_exec(store->db, "DELETE FROM action; DELETE FROM pass", NULL, NULL, NULL),
        SQLITE_OK);
    fill_history(store, LONG / 2);
    store_free(store);
    assert_true(size_of(folder, "rosterd.db") <= size);
}

/* What is looked at each time and is not old enough, or must stay, costs no commit. */
static void test_nothing_to_forget_writes_nothing(void **state)
{
    Folder *folder = *state;
    Store *store = folder_open(folder);

    fill_history(store, 1000);
    prune(folder, store);
    store_free(store);
    store = folder_open(folder);
    assert_int_equal(prune(folder, store).actions, 0);
    assert_int_equal(size_of(folder, "rosterd.db-wal"), 0);
    /* But for the clock, which is kept once an hour. */
    time_pass(USEC_PER_HOUR);
    assert_int_equal(prune(folder, store).actions, 0);
    assert_true(size_of(folder, "rosterd.db-wal") > 0);
    store_free(store);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, folder_setup, folder_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_old_history_is_forgotten),
        TEST(test_the_last_passes_are_kept),
        TEST(test_a_wrong_wall_clock_forgets_nothing),
        TEST(test_time_counts_across_runs),
        TEST(test_the_last_hour_is_kept),
        TEST(test_a_long_history_is_forgotten_in_steps),
        TEST(test_a_database_that_gives_nothing_back),
        TEST(test_nothing_to_forget_writes_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
