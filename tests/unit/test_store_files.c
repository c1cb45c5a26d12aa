/* SPDX-License-Identifier: MIT */
/* The state on the disk: the directory, the lock, kills, damaged and foreign databases. */
#include "tests/unit/test_store_common.h"

#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "daemon/store/lock.h"
#include "daemon/store/store_internal.h"

/* A process that runs `act` with the state, tells when it is through, and waits to be killed. */
static pid_t child_start(Folder *folder, void (*act)(Folder *folder))
{
    int ready[2];
    char byte;
    pid_t pid;

    assert_int_equal(pipe(ready), 0);
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        act(folder);
        if (write(ready[1], "", 1) != 1)
            _exit(1);
        for (;;)
            pause();
    }
    close(ready[1]);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    return pid;
}

static void child_kill(pid_t pid)
{
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void act_record(Folder *folder)
{
    Store *store = folder_open(folder);
    Change deletions[2];
    Batch batch = folder_batch(folder, deletions, 2);
    const Sighting sighting = {"m3", 2};

    folder_begin(folder, store);
    if (store_remember(store, KEY, "c1", &sighting, 1, NULL) != 0 ||
        store_record(store, &batch, 1, NOW, NULL) != 0 ||
        store_decide(store, deletions[0].action, OUTCOME_DELETED, 1, NULL, NULL, NOW, NULL) != 0)
        _exit(1);
}

static void act_open(Folder *folder)
{
    folder_open(folder);
}

static void test_directory_is_made_for_its_owner(void **state)
{
    Folder *folder = *state;
    Store *store = folder_open(folder);
    char path[128];
    struct stat status;

    assert_int_equal(stat(folder->state, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0700);
    for (size_t i = 0; i < 3; i++) {
        static const char *const names[] = {"rosterd.db", "rosterd.db-wal", "lock"};

        snprintf(path, sizeof(path), "%s/%s", folder->state, names[i]);
        assert_int_equal(stat(path, &status), 0);
        assert_int_equal(status.st_mode & 0077, 0);
    }
    store_free(store);
    snprintf(path, sizeof(path), "%s/absent/state", folder->root);
    assert_int_equal(store_open(path, &store, &folder->err), -ENOENT);
    assert_says(&folder->err, path);
    snprintf(path, sizeof(path), "%s/rosterd.db", folder->state);
    assert_int_equal(store_open(path, &store, &folder->err), -ENOTDIR);
}

static void test_one_process_holds_the_lock(void **state)
{
    Folder *folder = *state;
    Store *store = NULL;
    pid_t pid = child_start(folder, act_open);
    Lock lock = LOCK_NONE;
    char expected[256];

    assert_int_equal(store_open(folder->state, &store, &folder->err), -EWOULDBLOCK);
    snprintf(expected, sizeof(expected), " holds %s: ask that one with rosterctl", folder->state);
    assert_non_null(strstr(folder->err.text, "another rosterd"));
    assert_non_null(strstr(folder->err.text, expected));
    assert_null(store);
    assert_int_equal(lock_take(folder->state, &lock, &folder->err), -EWOULDBLOCK);
    child_kill(pid);
    store_free(folder_open(folder));
}

/* Takes the lock of the test's state, which must fail with that text behind the error. */
static void expect_no_lock(Folder *folder, int error, const char *says)
{
    Lock lock = {7, 8};

    assert_int_equal(lock_take(folder->state, &lock, &folder->err), error);
    assert_string_equal(folder->err.text, says);
    assert_int_equal(lock.directory_fd, 7);
    assert_int_equal(lock.file_fd, 8);
}

/* Either of the two things keeps others out by itself, and tells who has it. */
static void test_each_half_of_the_lock_says_who_holds_it(void **state)
{
    Folder *folder = *state;
    char paths[2][160], says[400];

    assert_int_equal(mkdir(folder->state, 0700), 0);
    snprintf(paths[0], sizeof(paths[0]), "%s", folder->state);
    snprintf(paths[1], sizeof(paths[1]), "%s/lock", folder->state);
    snprintf(says, sizeof(says),
             "another rosterd (pid %d) holds %s: ask that one with rosterctl (reconcile, approve), "
             "or stop it first",
             getpid(), folder->state);
    for (size_t i = 0; i < 2; i++) {
        int fd = i == 0 ? open(paths[0], O_RDONLY | O_DIRECTORY)
                        : open(paths[1], O_RDWR | O_CREAT, 0600);
        Lock lock = LOCK_NONE;

        assert_int_equal(flock(fd, LOCK_EX), 0);
        expect_no_lock(folder, -EWOULDBLOCK, says);
        close(fd);
        assert_int_equal(lock_take(folder->state, &lock, &folder->err), 0);
        expect_no_lock(folder, -EWOULDBLOCK, says);
        lock_release(&lock);
        assert_int_equal(lock.directory_fd, -1);
        assert_int_equal(lock.file_fd, -1);
    }
}

static void test_what_cannot_be_a_lock(void **state)
{
    Folder *folder = *state;
    char path[160], says[400];

    assert_int_equal(mkdir(folder->state, 0700), 0);
    snprintf(path, sizeof(path), "%s/lock", folder->state);
    assert_int_equal(mkdir(path, 0700), 0);
    snprintf(says, sizeof(says), "the state in %s cannot be written: cannot open %s: %s",
             folder->state, path, strerror(EISDIR));
    expect_no_lock(folder, -EISDIR, says);
    assert_int_equal(rmdir(path), 0);
    assert_int_equal(rmdir(folder->state), 0);
    assert_int_equal(symlink("nowhere", folder->state), 0);
    snprintf(says, sizeof(says), "the state directory %s cannot be used: %s", folder->state,
             strerror(ENOENT));
    expect_no_lock(folder, -ENOENT, says);
}

static void test_killed_between_record_and_decide(void **state)
{
    Folder *folder = *state;
    Store *store;
    ChannelRecord record = {0};

    child_kill(child_start(folder, act_record));
    store = folder_open_read_only(folder);
    assert_int_equal(count_undecided(folder, store), 2);
    store_free(store);
    store = folder_open(folder);
    assert_int_equal(count_undecided(folder, store), 2);
    assert_int_equal(store_recall(store, CHANNEL("c1"), NOW, &record, NULL), 0);
    assert_int_equal(record.change_count, 2);
    assert_int_equal(record.sighting_count, 1);
    channel_record_done(&record);
    store_free(store);
}

/* Whoever opens a database of these bytes is told what to do, and leaves the bytes alone. */
static void assert_left_alone(Folder *folder, const void *bytes, size_t size, int expected,
                              const char *says)
{
    Store *store = NULL;
    Buf after;

    folder_write(folder, "rosterd.db", bytes, size);
    assert_int_equal(store_open(folder->state, &store, &folder->err), expected);
    assert_says(&folder->err, says);
    assert_null(store);
    after = folder_bytes(folder, "rosterd.db");
    assert_int_equal(after.size, size);
    assert_memory_equal(after.data, bytes, size);
    buf_done(&after);
}

static void test_damaged_database_is_left_as_it_is(void **state)
{
    static const char remedy[] = "aside by hand: history, undo, pauses";
    Folder *folder = *state;
    Store *store = folder_open(folder);
    char garbage[8192];
    Buf bytes;

    store_free(store);
    bytes = folder_bytes(folder, "rosterd.db");
    memset(garbage, 'x', sizeof(garbage));
    assert_left_alone(folder, garbage, sizeof(garbage), -EBADMSG, remedy);
    assert_int_equal(store_open_read_only(folder->state, &store, &folder->err), -EBADMSG);
    assert_left_alone(folder, garbage, 5, -EBADMSG, remedy);
    assert_left_alone(folder, bytes.data, bytes.size / 2, -EBADMSG, remedy);
    assert_left_alone(folder, bytes.data, 1000, -EBADMSG, remedy);
    memset(bytes.data + bytes.size / 2, 0x5a, 4096);
    assert_left_alone(folder, bytes.data, bytes.size, -EBADMSG, remedy);
    buf_done(&bytes);
}

static void run_sql(const char *directory, const char *sql)
{
    char path[128];
    sqlite3 *db;

    snprintf(path, sizeof(path), "%s/rosterd.db", directory);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

/* It had one text for the member of each action: of an addition, as it was sent. */
static void test_version_5_tells_members_before_and_after(void **state)
{
    Folder *folder = *state;
    Store *store = folder_open(folder);
    Change changes[2];
    Batch batch = folder_batch(folder, changes, 2);
    StoreActions history = {0};

    changes[1].kind = CHANGE_ADD;
    changes[1].after = "{\"host\":\"10.1.0.9\"}";
    changes[1].before = NULL;
    folder_begin(folder, store);
    assert_int_equal(store_record(store, &batch, 1, NOW, &folder->err), 0);
    store_free(store);
    run_sql(folder->state,
            WITHOUT_VERSION_12 "UPDATE action SET member = after WHERE kind = 'add';"
                               "ALTER TABLE action DROP COLUMN after;"
                               "ALTER TABLE action DROP COLUMN weight;"
                               "ALTER TABLE action DROP COLUMN original; DROP TABLE quarantine;"
                               "DROP TABLE sample; DROP TABLE sample_channel;"
                               "DROP TABLE condition; DROP TABLE notice;"
                               "DROP INDEX pass_last; ALTER TABLE pass DROP COLUMN last_action;"
                               "DROP INDEX action_name; DROP INDEX action_time;"
                               "PRAGMA user_version = 5");

    store = folder_open(folder);
    assert_int_equal(store_history(store, &(StoreFilter){0}, &history, &folder->err), 0);
    assert_int_equal(history.count, 2);
    assert_string_equal(history.items[0].kind, "delete");
    assert_non_null(history.items[0].before);
    assert_null(history.items[0].after);
    assert_string_equal(history.items[1].kind, "add");
    assert_null(history.items[1].before);
    assert_string_equal(history.items[1].after, "{\"host\":\"10.1.0.9\"}");
    store_actions_done(&history);
    store_free(store);
}

static void test_foreign_and_newer_databases(void **state)
{
    static const char *const foreign[] = {
        "PRAGMA application_id = 7",
        "PRAGMA user_version = 0",
        "PRAGMA application_id = 0",
        "PRAGMA user_version = 8",
        "PRAGMA user_version = -1; PRAGMA application_id = 1919906916",
        "PRAGMA user_version = 0",
    };
    Folder *folder = *state;
    Store *store = folder_open(folder);
    Buf bytes;

    store_free(store);
    run_sql(folder->state, "PRAGMA user_version = 13");
    bytes = folder_bytes(folder, "rosterd.db");
    assert_left_alone(folder, bytes.data, bytes.size, -EPROTO, "newer rosterd");
    assert_int_equal(store_open_read_only(folder->state, &store, &folder->err), -EPROTO);
    buf_done(&bytes);

    run_sql(folder->state, "PRAGMA user_version = 12; DROP TABLE pause");
    bytes = folder_bytes(folder, "rosterd.db");
    assert_left_alone(folder, bytes.data, bytes.size, -EBADMSG, "no such table: pause");
    buf_done(&bytes);

    for (size_t i = 0; i < ELEMENTS(foreign); i++) {
        run_sql(folder->state, foreign[i]);
        bytes = folder_bytes(folder, "rosterd.db");
        assert_left_alone(folder, bytes.data, bytes.size, -EBADMSG, "not a database of rosterd");
        buf_done(&bytes);
    }
}

/* SQLite would throw the log away, and with it deletions that nothing else tells of. */
static void test_log_without_its_database(void **state)
{
    Folder *folder = *state;
    Store *store = NULL;
    Buf before, after;

    child_kill(child_start(folder, act_record));
    before = folder_bytes(folder, "rosterd.db-wal");
    folder_write(folder, "rosterd.db", "", 0);
    assert_int_equal(store_open(folder->state, &store, &folder->err), -EBADMSG);
    assert_says(&folder->err, "write-ahead log");
    assert_int_equal(store_open_read_only(folder->state, &store, &folder->err), -EBADMSG);
    after = folder_bytes(folder, "rosterd.db-wal");
    assert_int_equal(after.size, before.size);
    assert_memory_equal(after.data, before.data, before.size);
    buf_done(&before);
    buf_done(&after);
}

/* Whether this process holds a lock of the database that outlives SQLite's own (lslocks(8)). */
static bool holds_readers_lock(const Folder *folder)
{
    char path[128], line[256], inode[32];
    struct stat status;
    FILE *file = fopen("/proc/locks", "re");
    bool is_there = false;

    snprintf(path, sizeof(path), "%s/rosterd.db", folder->state);
    assert_int_equal(stat(path, &status), 0);
    snprintf(inode, sizeof(inode), ":%ju ", (uintmax_t)status.st_ino);
    assert_non_null(file);
    while (fgets(line, sizeof(line), file))
        is_there |= strstr(line, "OFDLCK") && strstr(line, "READ") && strstr(line, inode);
    fclose(file);
    return is_there;
}

static void test_who_reads_keeps_the_log(void **state)
{
    Folder *folder = *state;
    Store *store = folder_open(folder);

    store_free(store);
    assert_false(holds_readers_lock(folder));
    store = folder_open_read_only(folder);
    assert_true(holds_readers_lock(folder));
    store_free(store);
    assert_false(holds_readers_lock(folder));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, folder_setup, folder_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_directory_is_made_for_its_owner),
        TEST(test_one_process_holds_the_lock),
        TEST(test_each_half_of_the_lock_says_who_holds_it),
        TEST(test_what_cannot_be_a_lock),
        TEST(test_killed_between_record_and_decide),
        TEST(test_damaged_database_is_left_as_it_is),
        TEST(test_version_5_tells_members_before_and_after),
        TEST(test_foreign_and_newer_databases),
        TEST(test_log_without_its_database),
        TEST(test_who_reads_keeps_the_log),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
