/* SPDX-License-Identifier: MIT */
/* What a running rosterd finds out about its database without being asked. */
#include <fcntl.h>

#include "daemon/store/inspect.h"
#include "tests/unit/store_filled.h"

#define FILLED 3000
#define STEPS_MAX (FILLED / 200 + 10)
#define PAGE_SIZE 4096

/* A round, to its end or to an error. */
static int inspect_all(Folder *folder, Store *store, size_t *ret_steps)
{
    int r = 1;

    for (*ret_steps = 0; r > 0; ++*ret_steps) {
        assert_true(*ret_steps < STEPS_MAX);
        r = store_inspect(store, &folder->err);
    }
    return r;
}

static Store *filled_open(Folder *folder)
{
    Store *store = folder_open(folder);

    fill_history(store, FILLED);
    store_free(store);
    return folder_open(folder);
}

static void test_a_sound_history_is_read_in_steps(void **state)
{
    Folder *folder = *state;
    Store *store = filled_open(folder);
    size_t steps;

    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(inspect_all(folder, store, &steps), 0);
        assert_true(steps >= FILLED / 200);
    }
    assert_int_equal(store_check(store, &folder->err), 0);
    store_free(store);
}

/* A file that is not there is told by whoever records; what is read meanwhile proves nothing. */
static void test_it_waits_for_files_that_were_moved_away(void **state)
{
    Folder *folder = *state;
    Store *store = filled_open(folder);
    char path[256], away[300];
    size_t steps;

    snprintf(path, sizeof(path), "%s/rosterd.db", folder->state);
    snprintf(away, sizeof(away), "%s.away", path);
    assert_int_equal(rename(path, away), 0);
    for (size_t i = 0; i < 2 * FILLED / 200; i++)
        assert_int_equal(store_inspect(store, &folder->err), 1);
    assert_int_equal(rename(away, path), 0);
    assert_int_equal(inspect_all(folder, store, &steps), 0);
    assert_true(steps >= FILLED / 200);
    store_free(store);
}

/* The first page of a table or an index. */
static long page_of(Store *store, const char *name)
{
    sqlite3_stmt *statement = NULL;
    long page;

    assert_int_equal(sqlite3_prepare_v2(store->db,
                                        "SELECT rootpage FROM sqlite_schema WHERE name = ?", -1,
                                        &statement, NULL),
                     SQLITE_OK);
    sqlite3_bind_text(statement, 1, name, -1, SQLITE_STATIC);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    page = sqlite3_column_int(statement, 0);
    sqlite3_finalize(statement);
    return page;
}

static void destroy_page(const Folder *folder, long page)
{
    static const char zeros[PAGE_SIZE];
    char path[256];
    int fd;

    snprintf(path, sizeof(path), "%s/rosterd.db", folder->state);
    fd = open(path, O_WRONLY);
    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, zeros, sizeof(zeros), (page - 1) * PAGE_SIZE), sizeof(zeros));
    close(fd);
}

/* Nothing is recorded from then on, and the next start reads the whole of it. */
static void expect_damage(Folder *folder, Store *store)
{
    Change deletion = {0};
    Batch batch = folder_batch(folder, &deletion, 1);
    size_t steps;

    assert_int_equal(inspect_all(folder, store, &steps), -EBADMSG);
    assert_says(&folder->err, "is damaged");
    assert_int_equal(store_check(store, &folder->err), -EBADMSG);
    assert_int_equal(store_begin_pass(store, NOW, folder->pass, NULL), 0);
    assert_int_equal(store_record(store, &batch, 1, NOW, &folder->err), -EBADMSG);
    store_free(store);
    store = NULL;
    assert_int_equal(store_open(folder->state, &store, &folder->err), -EBADMSG);
}

static void test_destroyed_pages_are_found(void **state)
{
    static const char *const names[] = {"action",      "action_pass", "action_channel",
                                        "action_name", "action_time", "sample_of_channel"};

    for (size_t i = 0; i < ELEMENTS(names); i++) {
        Folder *folder = *state;
        Store *store = filled_open(folder);

        assert_int_equal(sqlite3_exec(store->db,
                                      "INSERT INTO sample_channel (instance, channel_id, name)"
                                      " SELECT id, 'c1', 'c1' FROM instance;"
                                      "INSERT INTO sample (channel, steady_usec, time_usec, result,"
                                      " desired) SELECT id, 1, 1, 'in_sync', 1 FROM sample_channel;"
                                      "PRAGMA wal_checkpoint(TRUNCATE)",
                                      NULL, NULL, NULL),
                         SQLITE_OK);
        destroy_page(folder, page_of(store, names[i]));
        expect_damage(folder, store);
        folder_teardown(state);
        folder_setup(state);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, folder_setup, folder_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_sound_history_is_read_in_steps),
        TEST(test_it_waits_for_files_that_were_moved_away),
        TEST(test_destroyed_pages_are_found),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
