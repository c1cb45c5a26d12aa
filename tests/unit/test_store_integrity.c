/* SPDX-License-Identifier: MIT */
/* Files of the state removed, replaced or destroyed while it is open: nothing is recorded there. */
#include "tests/unit/test_store_common.h"

#include <fcntl.h>
#include <sys/wait.h>

static void path_of(const Location *place, const char *name, char path[static 256])
{
    snprintf(path, 256, "%s/%s", place->state, name);
}

static void move_file(const Location *place, const char *from, const char *to)
{
    char from_path[256], to_path[256];

    path_of(place, from, from_path);
    path_of(place, to, to_path);
    assert_int_equal(rename(from_path, to_path), 0);
}

static void copy_file(const Location *place, const char *from, const char *to)
{
    Buf bytes = place_bytes(place, from);

    place_write(place, to, bytes.size ? bytes.data : "", bytes.size);
    buf_done(&bytes);
}

static void assert_refused(Location *place, Store *store, int error, const char *says)
{
    Deletion deletion = {0};
    Batch batch = place_batch(place, &deletion, 1);
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
    Location *place = *state;
    Store *store = place_open(place);
    uint64_t action;

    place_begin(place, store);
    record_one(place, store, NOW, &action);
    for (size_t i = 0; i < ELEMENTS(names); i++) {
        char path[256], target[256];

        path_of(place, names[i], path);
        path_of(place, "aside", target);
        move_file(place, names[i], "aside");
        assert_refused(place, store, -EBADFD, " was removed while rosterd runs; move the files");
        copy_file(place, "aside", names[i]);
        assert_refused(place, store, -EBADFD, " was replaced while rosterd runs");
        assert_int_equal(unlink(path), 0);
        assert_int_equal(symlink(target, path), 0);
        assert_refused(place, store, -EBADFD, names[i]);
        move_file(place, "aside", names[i]);
        assert_int_equal(store_check(store, &place->err), 0);
        record_one(place, store, NOW, &action);
    }
    assert_int_equal(store_end_pass(store, place->pass, "failed", NOW, &place->err), 0);
    store_free(store);
    store = place_open(place);
    assert_int_equal(count_undecided(place, store), 5);
    store_free(store);
}

/* An outcome learnt meanwhile is not lost: it goes with the first commit that can be made. */
static void test_outcomes_wait_for_the_files(void **state)
{
    Location *place = *state;
    Store *store = place_open(place);
    uint64_t action;

    place_begin(place, store);
    record_one(place, store, NOW, &action);
    move_file(place, "rosterd.db-wal", "aside");
    assert_int_equal(store_decide(store, action, OUTCOME_DELETED, 1, NULL, NOW, NULL), 0);
    assert_int_equal(store_flush(store, &place->err), -EBADFD);
    assert_int_equal(store_end_pass(store, place->pass, "failed", NOW, &place->err), -EBADFD);
    move_file(place, "aside", "rosterd.db-wal");
    assert_int_equal(store_flush(store, &place->err), 0);
    store_free(store);
    store = place_open(place);
    assert_int_equal(count_undecided(place, store), 0);
    store_free(store);
}

/* A pass that has nothing to record tells of it as well. */
static void test_a_pass_without_deletions_tells(void **state)
{
    Location *place = *state;
    Store *store = place_open(place);

    place_begin(place, store);
    move_file(place, "rosterd.db", "aside");
    assert_int_equal(store_end_pass(store, place->pass, "in_sync", NOW, &place->err), -EBADFD);
    store_free(store);
}

static void test_the_directory_is_moved(void **state)
{
    Location *place = *state;
    Store *store = place_open(place), *other = NULL;
    char moved[128];

    place_begin(place, store);
    snprintf(moved, sizeof(moved), "%s/moved", place->root);
    assert_int_equal(rename(place->state, moved), 0);
    assert_refused(place, store, -EBADFD, "the directory was removed while rosterd runs");
    assert_int_equal(mkdir(place->state, 0700), 0);
    assert_refused(place, store, -EBADFD, "the directory was replaced");
    assert_int_equal(rmdir(place->state), 0);
    /* A link to the very same files changes nothing, but for where they are. */
    assert_int_equal(symlink(moved, place->state), 0);
    assert_int_equal(store_check(store, &place->err), 0);
    assert_int_equal(store_open(place->state, &other, &place->err), -EWOULDBLOCK);
    store_free(store);
    store_free(place_open(place));
    unlink(place->state);
    assert_int_equal(rename(moved, place->state), 0);
}

/* The lock outlives its file: the directory is locked as well. */
static void test_the_lock_outlives_the_files(void **state)
{
    Location *place = *state;
    Store *store = place_open(place), *other = NULL;

    for (size_t i = 0; i < ELEMENTS(names); i++) {
        char path[256];

        path_of(place, names[i], path);
        assert_int_equal(unlink(path), 0);
    }
    assert_int_equal(store_open(place->state, &other, &place->err), -EWOULDBLOCK);
    assert_says(&place->err, "another rosterd");
    store_free(store);
    store_free(place_open(place));
}

/* Writes over a file without making it another one. */
static void destroy(const Location *place, const char *name, off_t from, char with)
{
    char path[256], bytes[4096];
    struct stat status;
    int fd;

    path_of(place, name, path);
    memset(bytes, with, sizeof(bytes));
    fd = open(path, O_WRONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(fstat(fd, &status), 0);
    for (off_t at = from; at < status.st_size; at += (off_t)sizeof(bytes))
        assert_int_equal(pwrite(fd, bytes, sizeof(bytes), at), sizeof(bytes));
    close(fd);
}

/* As after a start: the log is empty, and what was read is in SQLite's cache. */
static Store *open_with_history(Location *place)
{
    Store *store = place_open(place);
    Deletion deletions[600];
    Batch batch;

    place_begin(place, store);
    batch = place_batch(place, deletions, ELEMENTS(deletions));
    assert_int_equal(store_record(store, &batch, 1, NOW, &place->err), 0);
    store_free(store);
    store = place_open(place);
    assert_int_equal(count_undecided(place, store), 600);
    place_begin(place, store);
    return store;
}

static void test_pages_are_destroyed(void **state)
{
    static const struct {
        off_t from;
        char with;
    } ways[] = {{0, 0}, {0, 'x'}, {4096, 0}, {4096, (char)0xff}};

    for (size_t i = 0; i < ELEMENTS(ways); i++) {
        Location *place = *state;
        Store *store = open_with_history(place);
        uint64_t action;

        record_one(place, store, NOW, &action);
        destroy(place, "rosterd.db", ways[i].from, ways[i].with);
        destroy(place, "rosterd.db-wal", 0, ways[i].with);
        assert_refused(place, store, -EBADMSG, "is damaged");
        assert_refused(place, store, -EBADMSG, "To begin anew, stop rosterd");
        store_free(store);
        place_teardown(state);
        place_setup(state);
    }
}

/* The log holds all that is newer, but a database without a beginning is no database. */
static void test_the_database_alone_is_destroyed(void **state)
{
    Location *place = *state;
    Store *store = place_open(place);
    uint64_t action;

    place_begin(place, store);
    record_one(place, store, NOW, &action);
    destroy(place, "rosterd.db", 0, 0);
    assert_refused(place, store, -EBADMSG, "is damaged");
    store_free(store);
}

/* The cache holds what the log held: only the files tell. */
static void test_the_log_alone_is_destroyed(void **state)
{
    Location *place = *state;
    Store *store = place_open(place);
    uint64_t action;

    place_begin(place, store);
    record_one(place, store, NOW, &action);
    assert_int_equal(count_undecided(place, store), 1);
    destroy(place, "rosterd.db-wal", 0, 0);
    assert_refused(place, store, -EBADMSG, "is damaged");
    store_free(store);
}

static void test_the_database_is_cut_short(void **state)
{
    Location *place = *state;
    Store *store = open_with_history(place);
    char path[256];

    path_of(place, "rosterd.db", path);
    assert_int_equal(truncate(path, 0), 0);
    assert_refused(place, store, -EBADMSG, "is damaged");
    store_free(store);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, place_setup, place_teardown)

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
