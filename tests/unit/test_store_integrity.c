/* SPDX-License-Identifier: MIT */
/* Files of the state removed, replaced or destroyed while it is open: nothing is recorded there. */
#include "tests/unit/test_store_common.h"

#include <fcntl.h>
#include <sys/wait.h>

static void path_of(const Folder *folder, const char *name, char path[static 256])
{
    snprintf(path, 256, "%s/%s", folder->state, name);
}

static void move_file(const Folder *folder, const char *from, const char *to)
{
    char from_path[256], to_path[256];

    path_of(folder, from, from_path);
    path_of(folder, to, to_path);
    assert_int_equal(rename(from_path, to_path), 0);
}

static void copy_file(const Folder *folder, const char *from, const char *to)
{
    Buf bytes = folder_bytes(folder, from);

    folder_write(folder, to, bytes.size ? bytes.data : "", bytes.size);
    buf_done(&bytes);
}

static void assert_refused(Folder *folder, Store *store, int error, const char *says)
{
    Change deletion = {0};
    Batch batch = folder_batch(folder, &deletion, 1);
    Err err = {0};

    assert_int_equal(store_record(store, &batch, 1, NOW, &err), error);
    assert_says(&err, says);
    assert_says(&err, "; nothing was deleted");
    assert_int_equal(deletion.action, 0);
    assert_int_equal(store_check(store, &err), error);
    assert_says(&err, says);
}

static const char *const names[] = {"rosterd.db", "rosterd.db-wal", "rosterd.db-shm", "lock"};

/* Each file by itself: moved away, replaced by a copy and by a link, and moved back. */
static void test_a_file_that_is_moved(void **state)
{
    Folder *folder = *state;
    Store *store = folder_open(folder);
    uint64_t action;

    folder_begin(folder, store);
    record_one(folder, store, NOW, &action);
    for (size_t i = 0; i < ELEMENTS(names); i++) {
        char path[256], target[256];

        path_of(folder, names[i], path);
        path_of(folder, "aside", target);
        move_file(folder, names[i], "aside");
        assert_refused(folder, store, -EBADFD, " was removed while rosterd runs; move the files");
        copy_file(folder, "aside", names[i]);
        assert_refused(folder, store, -EBADFD, " was replaced while rosterd runs");
        assert_int_equal(unlink(path), 0);
        assert_int_equal(symlink(target, path), 0);
        assert_refused(folder, store, -EBADFD, names[i]);
        move_file(folder, "aside", names[i]);
        assert_int_equal(store_check(store, &folder->err), 0);
        record_one(folder, store, NOW, &action);
    }
    assert_int_equal(store_end_pass(store, folder->pass, "failed", NOW, &folder->err), 0);
    store_free(store);
    store = folder_open(folder);
    assert_int_equal(count_undecided(folder, store), 5);
    store_free(store);
}

/* An outcome learnt meanwhile is not lost: it goes with the first commit that can be made. */
static void test_outcomes_wait_for_the_files(void **state)
{
    Folder *folder = *state;
    Store *store = folder_open(folder);
    uint64_t action;

    folder_begin(folder, store);
    record_one(folder, store, NOW, &action);
    move_file(folder, "rosterd.db-wal", "aside");
    assert_int_equal(store_decide(store, action, OUTCOME_DELETED, 1, NULL, NULL, NOW, NULL), 0);
    assert_int_equal(store_flush(store, &folder->err), -EBADFD);
    assert_int_equal(store_end_pass(store, folder->pass, "failed", NOW, &folder->err), -EBADFD);
    move_file(folder, "aside", "rosterd.db-wal");
    assert_int_equal(store_flush(store, &folder->err), 0);
    store_free(store);
    store = folder_open(folder);
    assert_int_equal(count_undecided(folder, store), 0);
    store_free(store);
}

/* A pass that has nothing to record tells of it as well. */
static void test_a_pass_without_deletions_tells(void **state)
{
    Folder *folder = *state;
    Store *store = folder_open(folder);

    folder_begin(folder, store);
    move_file(folder, "rosterd.db", "aside");
    assert_int_equal(store_end_pass(store, folder->pass, "in_sync", NOW, &folder->err), -EBADFD);
    store_free(store);
}

static void test_the_directory_is_moved(void **state)
{
    Folder *folder = *state;
    Store *store = folder_open(folder), *other = NULL;
    char moved[128];

    folder_begin(folder, store);
    snprintf(moved, sizeof(moved), "%s/moved", folder->root);
    assert_int_equal(rename(folder->state, moved), 0);
    assert_refused(folder, store, -EBADFD, "the directory was removed while rosterd runs");
    assert_int_equal(mkdir(folder->state, 0700), 0);
    assert_refused(folder, store, -EBADFD, "the directory was replaced");
    assert_int_equal(rmdir(folder->state), 0);
    /* A link to the very same files changes nothing, but for where they are. */
    assert_int_equal(symlink(moved, folder->state), 0);
    assert_int_equal(store_check(store, &folder->err), 0);
    assert_int_equal(store_open(folder->state, &other, &folder->err), -EWOULDBLOCK);
    store_free(store);
    store_free(folder_open(folder));
    unlink(folder->state);
    assert_int_equal(rename(moved, folder->state), 0);
}

/* The lock outlives its file: the directory is locked as well. */
static void test_the_lock_outlives_the_files(void **state)
{
    Folder *folder = *state;
    Store *store = folder_open(folder), *other = NULL;

    for (size_t i = 0; i < ELEMENTS(names); i++) {
        char path[256];

        path_of(folder, names[i], path);
        assert_int_equal(unlink(path), 0);
    }
    assert_int_equal(store_open(folder->state, &other, &folder->err), -EWOULDBLOCK);
    assert_says(&folder->err, "another rosterd");
    store_free(store);
    store_free(folder_open(folder));
}

/* Writes over a file without making it another one. */
static void destroy(const Folder *folder, const char *name, off_t from, char with)
{
    char path[256], bytes[4096];
    struct stat status;
    int fd;

    path_of(folder, name, path);
    memset(bytes, with, sizeof(bytes));
    fd = open(path, O_WRONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(fstat(fd, &status), 0);
    for (off_t at = from; at < status.st_size; at += (off_t)sizeof(bytes))
        assert_int_equal(pwrite(fd, bytes, sizeof(bytes), at), sizeof(bytes));
    close(fd);
}

/* As after a start: the log is empty, and what was read is in SQLite's cache. */
static Store *open_with_history(Folder *folder)
{
    Store *store = folder_open(folder);
    Change deletions[600];
    Batch batch;

    folder_begin(folder, store);
    batch = folder_batch(folder, deletions, ELEMENTS(deletions));
    assert_int_equal(store_record(store, &batch, 1, NOW, &folder->err), 0);
    store_free(store);
    store = folder_open(folder);
    assert_int_equal(count_undecided(folder, store), 600);
    folder_begin(folder, store);
    return store;
}

static void test_pages_are_destroyed(void **state)
{
    static const struct {
        off_t from;
        char with;
    } ways[] = {{0, 0}, {0, 'x'}, {4096, 0}, {4096, (char)0xff}};

    for (size_t i = 0; i < ELEMENTS(ways); i++) {
        Folder *folder = *state;
        Store *store = open_with_history(folder);
        uint64_t action;

        record_one(folder, store, NOW, &action);
        destroy(folder, "rosterd.db", ways[i].from, ways[i].with);
        destroy(folder, "rosterd.db-wal", 0, ways[i].with);
        assert_refused(folder, store, -EBADMSG, "is damaged");
        assert_refused(folder, store, -EBADMSG, "To begin anew, stop rosterd");
        store_free(store);
        folder_teardown(state);
        folder_setup(state);
    }
}

/* The log holds all that is newer, but a database without a beginning is no database. */
static void test_the_database_alone_is_destroyed(void **state)
{
    Folder *folder = *state;
    Store *store = folder_open(folder);
    uint64_t action;

    folder_begin(folder, store);
    record_one(folder, store, NOW, &action);
    destroy(folder, "rosterd.db", 0, 0);
    assert_refused(folder, store, -EBADMSG, "is damaged");
    store_free(store);
}

/* The cache holds what the log held: only the files tell. */
static void test_the_log_alone_is_destroyed(void **state)
{
    Folder *folder = *state;
    Store *store = folder_open(folder);
    uint64_t action;

    folder_begin(folder, store);
    record_one(folder, store, NOW, &action);
    assert_int_equal(count_undecided(folder, store), 1);
    destroy(folder, "rosterd.db-wal", 0, 0);
    assert_refused(folder, store, -EBADMSG, "is damaged");
    store_free(store);
}

static void test_the_database_is_cut_short(void **state)
{
    Folder *folder = *state;
    Store *store = open_with_history(folder);
    char path[256];

    path_of(folder, "rosterd.db", path);
    assert_int_equal(truncate(path, 0), 0);
    assert_refused(folder, store, -EBADMSG, "is damaged");
    store_free(store);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, folder_setup, folder_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_file_that_is_moved),
        TEST(test_outcomes_wait_for_the_files),
        TEST(test_a_pass_without_deletions_tells),
        TEST(test_the_directory_is_moved),
        TEST(test_the_lock_outlives_the_files),
        TEST(test_pages_are_destroyed),
        TEST(test_the_database_alone_is_destroyed),
        TEST(test_the_log_alone_is_destroyed),
        TEST(test_the_database_is_cut_short),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
