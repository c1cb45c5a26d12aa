/* SPDX-License-Identifier: MIT */
/* Which databases are read page by page when they are opened: all but those that a rosterd closed
 * in good order, and that nobody has touched since. */
#include <fcntl.h>
#include <sys/wait.h>

#include "tests/unit/store_filled.h"

/* A database that is read as a whole takes hundreds of its pages. */
#define FILLED 5000
#define PAGES_MANY 300
#define PAGES_FEW 60

static int count_pages_read(Store *store)
{
    int pages = 0, most = 0;

    assert_int_equal(sqlite3_db_status(store->db, SQLITE_DBSTATUS_CACHE_MISS, &pages, &most, false),
                     SQLITE_OK);
    return pages;
}

/* Opens and closes it. */
static bool is_read_as_a_whole(Folder *folder)
{
    Store *store = folder_open(folder);
    int pages = count_pages_read(store);

    store_free(store);
    assert_true(pages > PAGES_MANY || pages < PAGES_FEW);
    return pages > PAGES_MANY;
}

static int filled_setup(void **state)
{
    Store *store;

    folder_setup(state);
    store = folder_open(*state);
    fill_history(store, FILLED);
    store_free(store);
    return 0;
}

/* Runs in a process that then dies on the spot. */
static void die_after(Folder *folder, void (*act)(Folder *folder, Store *store))
{
    pid_t pid = fork();
    int status;

    if (pid == 0) {
        Store *store = folder_open(folder);

        act(folder, store);
        _exit(0);
    }
    assert_true(pid > 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

static void read_it(Folder *folder, Store *store)
{
    ChannelRecord record = recall_at(folder, store, NOW);

    channel_record_done(&record);
}

static void write_it(Folder *folder, Store *store)
{
    uint64_t action;

    folder_begin(folder, store);
    record_one(folder, store, NOW, &action);
}

/* The log is emptied into the database, and goes: the database alone does not look as if anything
 * had happened. */
static void write_and_empty_the_log(Folder *folder, Store *store)
{
    write_it(folder, store);
    assert_int_equal(
        sqlite3_wal_checkpoint_v2(store->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL),
        SQLITE_OK);
}

static void test_one_that_ended_well_is_not_read(void **state)
{
    Folder *folder = *state;
    Store *store;

    assert_false(is_read_as_a_whole(folder));
    assert_false(is_read_as_a_whole(folder));
    store = folder_open(folder);
    write_it(folder, store);
    store_free(store);
    assert_false(is_read_as_a_whole(folder));
}

/* Whatever the times of the database are after a power cut. */
static void assert_says_nothing(const Folder *folder)
{
    Buf bytes = folder_bytes(folder, "clean-end");

    assert_int_equal(bytes.size, 0);
    buf_done(&bytes);
}

static void test_one_whose_rosterd_died_is_read(void **state)
{
    static void (*const acts[])(Folder * folder, Store * store) = {write_it,
                                                                   write_and_empty_the_log};
    Folder *folder = *state;

    for (size_t i = 0; i < ELEMENTS(acts); i++) {
        die_after(folder, acts[i]);
        assert_says_nothing(folder);
        assert_true(is_read_as_a_whole(folder));
        assert_false(is_read_as_a_whole(folder));
    }
    /* One that has written nothing leaves it as it was. */
    die_after(folder, read_it);
    assert_false(is_read_as_a_whole(folder));
}

static void path_of(const Folder *folder, const char *name, char path[static 256])
{
    snprintf(path, 256, "%s/%s", folder->state, name);
}

/* Puts a copy in its place, with the same times. */
static void copy_it(const Folder *folder)
{
    char path[256], copied[256];
    struct timespec times[2];
    struct stat status;
    Buf bytes = folder_bytes(folder, "rosterd.db");

    path_of(folder, "rosterd.db", path);
    path_of(folder, "copy", copied);
    assert_int_equal(stat(path, &status), 0);
    folder_write(folder, "copy", bytes.data, bytes.size);
    buf_done(&bytes);
    times[0] = status.st_atim;
    times[1] = status.st_mtim;
    assert_int_equal(utimensat(AT_FDCWD, copied, times, 0), 0);
    assert_int_equal(rename(copied, path), 0);
}

/* Writes into it, and sets its times back. */
static void write_into_it(const Folder *folder, long offset, const char *bytes, size_t size)
{
    char path[256];
    struct timespec times[2];
    struct stat status;
    int fd;

    path_of(folder, "rosterd.db", path);
    assert_int_equal(stat(path, &status), 0);
    fd = open(path, O_WRONLY);
    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, bytes, size, offset), (ssize_t)size);
    close(fd);
    times[0] = status.st_atim;
    times[1] = status.st_mtim;
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static void test_a_copy_is_read(void **state)
{
    Folder *folder = *state;

    copy_it(folder);
    assert_true(is_read_as_a_whole(folder));
    assert_false(is_read_as_a_whole(folder));
}

static void test_one_that_others_have_written_to_is_read(void **state)
{
    static char zeros[8192];
    Folder *folder = *state;
    Store *store = NULL;

    write_into_it(folder, 40L * 4096, zeros, sizeof(zeros));
    assert_int_equal(store_open(folder->state, &store, &folder->err), -EBADMSG);
    assert_says(&folder->err, "is damaged");
}

/* What stands in the file is only believed as a whole. */
static void test_half_a_word_is_none(void **state)
{
    Folder *folder = *state;
    Buf bytes = folder_bytes(folder, "clean-end");

    assert_true(bytes.size > 40);
    folder_write(folder, "clean-end", bytes.data, bytes.size / 2);
    assert_true(is_read_as_a_whole(folder));
    assert_false(is_read_as_a_whole(folder));
    buf_done(&bytes);
}

/* Nor where more follows, however much. */
static void test_a_word_with_more_behind_it_is_none(void **state)
{
    static char more[4096];
    Folder *folder = *state;
    Buf bytes = folder_bytes(folder, "clean-end");
    size_t size = bytes.size;

    memset(more, 'x', sizeof(more));
    buf_append(&bytes, more, sizeof(more));
    for (size_t extra = 1; extra <= sizeof(more); extra *= 16) {
        assert_false(is_read_as_a_whole(folder));
        folder_write(folder, "clean-end", bytes.data, size + extra);
        assert_true(is_read_as_a_whole(folder));
    }
    buf_done(&bytes);
}

/* A daemon that saw damage does not say that all is well. */
static void test_damage_is_no_good_end(void **state)
{
    static char zeros[4096];
    Folder *folder = *state;
    Store *store = folder_open(folder);
    Change deletion = {0};
    Batch batch = folder_batch(folder, &deletion, 1);

    folder_begin(folder, store);
    write_into_it(folder, 0, zeros, sizeof(zeros));
    assert_int_equal(store_record(store, &batch, 1, NOW, &folder->err), -EBADMSG);
    store_free(store);
    store = NULL;
    assert_int_equal(store_open(folder->state, &store, &folder->err), -EBADMSG);
}

/* Without the file, one that has written nothing says at its end that all is well. */
static void test_the_word_is_given_anew(void **state)
{
    Folder *folder = *state;
    char path[256];

    path_of(folder, "clean-end", path);
    assert_int_equal(unlink(path), 0);
    assert_true(is_read_as_a_whole(folder));
    assert_false(is_read_as_a_whole(folder));
}

/* What cannot be read may say that all is well, and cannot be taken back: the state stays closed.
 */
static void test_a_word_that_cannot_be_taken_back(void **state)
{
    Folder *folder = *state;
    Store *store = NULL;
    char path[256];

    path_of(folder, "clean-end", path);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(symlink("elsewhere", path), 0);
    assert_int_equal(store_open(folder->state, &store, &folder->err), -ELOOP);
    assert_null(store);
    assert_says(&folder->err, "cannot be written: clean-end: Too many levels of symbolic links");
    assert_int_equal(unlink(path), 0);
    assert_true(is_read_as_a_whole(folder));
    assert_false(is_read_as_a_whole(folder));
}

/* A daemon without a standard input, whose files may have its number. */
static void test_a_file_may_have_the_number_0(void **state)
{
    Folder *folder = *state;
    int input = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 10);
    Store *store = folder_open(folder);

    write_it(folder, store);
    close(STDIN_FILENO);
    store_free(store);
    assert_int_equal(fcntl(STDIN_FILENO, F_GETFD), -1);
    if (input >= 0) {
        assert_int_equal(dup2(input, STDIN_FILENO), STDIN_FILENO);
        close(input);
    }
    assert_false(is_read_as_a_whole(folder));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, filled_setup, folder_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_one_that_ended_well_is_not_read),
        TEST(test_one_whose_rosterd_died_is_read),
        TEST(test_a_copy_is_read),
        TEST(test_one_that_others_have_written_to_is_read),
        TEST(test_half_a_word_is_none),
        TEST(test_a_word_with_more_behind_it_is_none),
        TEST(test_damage_is_no_good_end),
        TEST(test_the_word_is_given_anew),
        TEST(test_a_word_that_cannot_be_taken_back),
        TEST(test_a_file_may_have_the_number_0),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
