/* SPDX-License-Identifier: MIT */
/* Reading the state in a dry run: everything is seen, and the directory is as before. */
#include "tests/unit/test_store_common.h"

#include "daemon/store/store_internal.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

/* A rosterd at work in a process of its own: it does one thing for each byte sent to it. */
typedef struct Daemon {
    pid_t pid;
    int commands, answers;
} Daemon;

static void daemon_serve(Folder *folder, int commands, int answers)
{
    Store *store = NULL;
    Change deletions[3];
    char command;

    while (read(commands, &command, 1) == 1) {
        int r = 0;

        if (command == 'o') {
            r = store_open(folder->state, &store, NULL);
        } else if (command == 'r') {
            Batch batch = folder_batch(folder, deletions, 3);

            r = store_name_instance(store, KEY, "prod", NULL);
            r = r < 0 ? r : store_begin_pass(store, NOW, folder->pass, NULL);
            r = r < 0 ? r : store_record(store, &batch, 1, NOW, NULL);
        } else if (command == 'c') {
            store_free(store);
        }
        if (write(answers, r < 0 ? "-" : "+", 1) != 1)
            break;
    }
    _exit(0);
}

static Daemon daemon_start(Folder *folder)
{
    int commands[2], answers[2];
    Daemon daemon;

    assert_int_equal(pipe(commands), 0);
    assert_int_equal(pipe(answers), 0);
    daemon = (Daemon){fork(), commands[1], answers[0]};
    assert_true(daemon.pid >= 0);
    if (daemon.pid == 0) {
        close(commands[1]);
        daemon_serve(folder, commands[0], answers[1]);
    }
    close(commands[0]);
    close(answers[1]);
    return daemon;
}

static void daemon_do(const Daemon *daemon, char command)
{
    char answer = 0;

    assert_int_equal(write(daemon->commands, &command, 1), 1);
    assert_int_equal(read(daemon->answers, &answer, 1), 1);
    assert_int_equal(answer, '+');
}

static void daemon_kill(Daemon *daemon)
{
    assert_int_equal(kill(daemon->pid, SIGKILL), 0);
    assert_int_equal(waitpid(daemon->pid, NULL, 0), daemon->pid);
    close(daemon->commands);
    close(daemon->answers);
}

static size_t count_deletions(Folder *folder, Store *store)
{
    ChannelRecord record = {0};
    size_t count;

    if (store_recall(store, CHANNEL("c1"), NOW, &record, &folder->err) < 0)
        fail_msg("store_recall: %s", folder->err.text);
    count = record.change_count;
    channel_record_done(&record);
    return count;
}

/* Opens for reading, sees so many deletions, and leaves the directory as it was. */
static void assert_seen_without_a_trace(Folder *folder, size_t deletions)
{
    char *before = folder_listing(folder), *after;
    Store *store = folder_open_read_only(folder);
    char id[STORE_PASS_ID_SIZE];

    assert_int_equal(count_deletions(folder, store), deletions);
    assert_int_equal(store_begin_pass(store, NOW, id, &folder->err), 0);
    after = folder_listing(folder);
    assert_string_equal(before ? before : "", after ? after : "");
    free(after);
    assert_int_equal(store_end_pass(store, id, "drift", NOW, NULL), 0);
    store_free(store);
    after = folder_listing(folder);
    assert_string_equal(before ? before : "", after ? after : "");
    free(after);
    free(before);
}

static void test_without_a_database(void **state)
{
    Folder *folder = *state;

    assert_seen_without_a_trace(folder, 0);
    assert_int_equal(access(folder->state, F_OK), -1);
    assert_int_equal(mkdir(folder->state, 0700), 0);
    assert_seen_without_a_trace(folder, 0);
    folder_write(folder, "rosterd.db", "", 0);
    assert_seen_without_a_trace(folder, 0);
}

static void test_beside_a_running_daemon(void **state)
{
    Folder *folder = *state;
    Daemon daemon = daemon_start(folder);

    daemon_do(&daemon, 'o');
    assert_seen_without_a_trace(folder, 0);
    daemon_do(&daemon, 'r');
    assert_seen_without_a_trace(folder, 3);
    daemon_do(&daemon, 'r');
    assert_seen_without_a_trace(folder, 6);
    daemon_kill(&daemon);
}

/* Between two runs, and the state directory named with what a URI would take for its own. */
static void test_after_a_clean_end(void **state)
{
    Folder *folder = *state;
    Daemon daemon = daemon_start(folder);

    daemon_do(&daemon, 'o');
    daemon_do(&daemon, 'r');
    daemon_do(&daemon, 'c');
    assert_seen_without_a_trace(folder, 3);
    daemon_do(&daemon, 'o');
    assert_seen_without_a_trace(folder, 3);
    daemon_kill(&daemon);
    assert_seen_without_a_trace(folder, 3);
}

static void test_strange_directory_names(void **state)
{
    Folder *folder = *state;
    Store *store;

    snprintf(folder->state, sizeof(folder->state), "%s/50%% a?b=c#d%%41", folder->root);
    store = folder_open(folder);
    store_free(store);
    assert_seen_without_a_trace(folder, 0);
}

static void test_after_a_kill(void **state)
{
    Folder *folder = *state;
    Daemon daemon = daemon_start(folder);
    char path[128];

    daemon_do(&daemon, 'o');
    daemon_do(&daemon, 'r');
    daemon_kill(&daemon);
    assert_seen_without_a_trace(folder, 3);
    snprintf(path, sizeof(path), "%s/rosterd.db-shm", folder->state);
    assert_int_equal(unlink(path), 0);
    assert_seen_without_a_trace(folder, 3);
}

/* Killed when its log had no more than a header: SQLite alone would wait for minutes for somebody
 * to mend the index. */
static void test_after_a_kill_at_the_first_write(void **state)
{
    Folder *folder = *state;
    Daemon daemon = daemon_start(folder);
    Buf index, log;

    daemon_do(&daemon, 'o');
    daemon_do(&daemon, 'r');
    log = folder_bytes(folder, "rosterd.db-wal");
    daemon_do(&daemon, 'c');
    daemon_do(&daemon, 'o');
    daemon_kill(&daemon);
    index = folder_bytes(folder, "rosterd.db-shm");
    alarm(20);
    folder_write(folder, "rosterd.db-wal", log.data, 32);
    assert_seen_without_a_trace(folder, 3);
    memset(index.data, 0, index.size);
    folder_write(folder, "rosterd.db-shm", index.data, index.size);
    assert_seen_without_a_trace(folder, 3);
    alarm(0);
    buf_done(&index);
    buf_done(&log);
}

/* A dry run sees what a daemon that starts, works, ends and starts again does meanwhile. */
static void test_follows_a_daemon_that_comes_and_goes(void **state)
{
    Folder *folder = *state;
    Daemon daemon = daemon_start(folder);
    Store *store = folder_open_read_only(folder);

    assert_int_equal(count_deletions(folder, store), 0);
    daemon_do(&daemon, 'o');
    assert_int_equal(count_deletions(folder, store), 0);
    daemon_do(&daemon, 'r');
    assert_int_equal(count_deletions(folder, store), 3);
    daemon_do(&daemon, 'r');
    assert_int_equal(count_deletions(folder, store), 6);
    daemon_do(&daemon, 'c');
    assert_int_equal(count_deletions(folder, store), 6);
    daemon_do(&daemon, 'o');
    daemon_do(&daemon, 'r');
    assert_int_equal(count_deletions(folder, store), 9);
    store_free(store);
    daemon_do(&daemon, 'r');
    daemon_do(&daemon, 'c');
    store = folder_open_read_only(folder);
    assert_int_equal(count_deletions(folder, store), 12);
    daemon_do(&daemon, 'o');
    daemon_do(&daemon, 'r');
    assert_int_equal(count_deletions(folder, store), 15);
    store_free(store);
    daemon_kill(&daemon);
}

/* A daemon that is killed when it has recorded leaves its log behind. */
static void daemon_leave_log(Folder *folder)
{
    Daemon daemon = daemon_start(folder);

    daemon_do(&daemon, 'o');
    daemon_do(&daemon, 'r');
    daemon_kill(&daemon);
}

/* A killed daemon's log is read without its index; the next daemon's is not, whose commits cannot
 * be told from its half-written ones that way. */
static void test_follows_the_daemon_after_a_killed_one(void **state)
{
    Folder *folder = *state;
    Daemon daemon;
    Store *store;

    daemon_leave_log(folder);
    store = folder_open_read_only(folder);
    assert_int_equal(count_deletions(folder, store), 3);
    daemon = daemon_start(folder);
    daemon_do(&daemon, 'o');
    daemon_do(&daemon, 'r');
    assert_int_equal(count_deletions(folder, store), 6);
    daemon_do(&daemon, 'r');
    assert_int_equal(count_deletions(folder, store), 9);
    store_free(store);
    daemon_kill(&daemon);
}

static const Daemon *starting;

/* SQLite calls it when the reader has looked at the files and is about to read them. */
static int on_database_open(sqlite3 *database, char **ret_text,
                            const struct sqlite3_api_routines *routines)
{
    const Daemon *daemon = starting;

    (void)database;
    (void)ret_text;
    (void)routines;
    starting = NULL;
    if (daemon)
        daemon_do(daemon, 'o');
    return SQLITE_OK;
}

static void test_beside_a_daemon_that_starts_meanwhile(void **state)
{
    Folder *folder = *state;
    Daemon daemon;
    Store *store;

    daemon_leave_log(folder);
    daemon = daemon_start(folder);
    starting = &daemon;
    assert_int_equal(sqlite3_auto_extension((void (*)(void))on_database_open), SQLITE_OK);
    store = folder_open_read_only(folder);
    sqlite3_reset_auto_extension();
    assert_null(starting);
    assert_true(store->source.has_index);
    assert_int_equal(count_deletions(folder, store), 3);
    daemon_do(&daemon, 'r');
    assert_int_equal(count_deletions(folder, store), 6);
    store_free(store);
    daemon_kill(&daemon);
}

/* Short-lived daemons, one after the other, for as long as they are left alive. */
static void act_come_and_go(Folder *folder)
{
    for (;;) {
        Store *store = NULL;
        Change deletions[3];
        Batch batch = folder_batch(folder, deletions, 3);

        if (store_open(folder->state, &store, NULL) < 0 ||
            store_name_instance(store, KEY, "prod", NULL) < 0 ||
            store_begin_pass(store, NOW, folder->pass, NULL) < 0 ||
            store_record(store, &batch, 1, NOW, NULL) < 0)
            _exit(1);
        store_free(store);
    }
}

static void test_at_every_moment_of_a_daemons_life(void **state)
{
    Folder *folder = *state;
    size_t seen = 0;
    pid_t pid = fork();

    assert_true(pid >= 0);
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        act_come_and_go(folder);
    }
    for (int i = 0; i < 300 || seen == 0; i++) {
        Store *store = folder_open_read_only(folder);
        size_t now = count_deletions(folder, store);

        if (now < seen || now % 3 != 0)
            fail_msg("saw %zu deletions after %zu", now, seen);
        seen = now;
        store_free(store);
        assert_int_equal(waitpid(pid, NULL, WNOHANG), 0);
    }
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void test_writing_is_refused(void **state)
{
    Folder *folder = *state;
    Store *store = folder_open(folder);
    const Sighting sighting = {"m1", 1};
    Change deletion;
    Batch batch = folder_batch(folder, &deletion, 1);

    folder_begin(folder, store);
    assert_int_equal(store_record(store, &batch, 1, NOW, NULL), 0);
    store_free(store);
    store = folder_open_read_only(folder);
    folder_begin(folder, store);
    assert_string_equal(folder->pass, "2026-11-24T15:04:05Z-2");
    assert_int_equal(store_remember(store, KEY, "c1", &sighting, 1, NULL), -EROFS);
    assert_int_equal(store_remember(store, KEY, "c1", NULL, 0, NULL), -EROFS);
    assert_int_equal(store_decide(store, deletion.action, OUTCOME_GONE, 1, NULL, NULL, NOW, NULL),
                     -EROFS);
    assert_int_equal(
        store_pause(store, &(StorePause){.scope = *CHANNEL("c1"), .reason = "x"}, NOW, NULL, NULL),
        -EROFS);
    assert_int_equal(store_record(store, &batch, 1, NOW, &folder->err), -EROFS);
    assert_says(&folder->err, "opened for reading; nothing was deleted");
    assert_int_equal(store_approve(store, DIGEST_B, NOW, NULL), 0);
    assert_int_equal(store_is_approved(store, DIGEST_B, NOW, NULL, NULL), 1);
    assert_int_equal(store_approve_again(store, DIGEST_A, NOW, NULL), 0);
    assert_int_equal(store_approve_now(store, DIGEST_B, NULL), 0);
    assert_int_equal(store_is_approved(store, DIGEST_B, NOW, NULL, NULL), APPROVAL_NOW);
    assert_int_equal(store_is_approved(store, DIGEST_A, NOW, NULL, NULL), APPROVAL_GIVEN);
    store_free(store);
    store = folder_open_read_only(folder);
    assert_int_equal(store_is_approved(store, DIGEST_B, NOW, NULL, NULL), 0);
    store_free(store);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, folder_setup, folder_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_without_a_database),
        TEST(test_beside_a_running_daemon),
        TEST(test_after_a_clean_end),
        TEST(test_strange_directory_names),
        TEST(test_after_a_kill),
        TEST(test_after_a_kill_at_the_first_write),
        TEST(test_follows_a_daemon_that_comes_and_goes),
        TEST(test_follows_the_daemon_after_a_killed_one),
        TEST(test_beside_a_daemon_that_starts_meanwhile),
        TEST(test_at_every_moment_of_a_daemons_life),
        TEST(test_writing_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
