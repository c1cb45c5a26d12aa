/* SPDX-License-Identifier: MIT */
/* What a loss of power must not take from a state: files and directories that are synced, and when.
 * And that a state, opened and closed, leaves no descriptor behind. */
#include "tests/unit/test_store_common.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "daemon/store/lock.h"

static Buf synced; /* the paths, each between two lines' ends */
static bool fails;

/* In place of the C library's, for the program and its libraries. */
int fsync(int fd)
{
    char link[32], path[PATH_MAX];
    ssize_t size;

    snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    size = readlink(link, path, sizeof(path) - 1);
    if (size > 0) {
        path[size] = '\0';
        buf_printf(&synced, "\n%s\n", path);
    }
    errno = EIO;
    return fails ? -1 : (int)syscall(SYS_fsync, fd);
}

static void forget_synced(void)
{
    buf_done(&synced);
}

static bool was_synced(const Folder *folder, const char *name)
{
    char line[PATH_MAX + 64], root[PATH_MAX];

    assert_non_null(realpath(folder->root, root));
    snprintf(line, sizeof(line), "\n%s%s\n", root, name);
    return strstr(buf_text(&synced), line) != NULL;
}

static void open_at(const Folder *folder, const char *name)
{
    char path[160];
    Store *store = NULL;

    forget_synced();
    snprintf(path, sizeof(path), "%s%s", folder->root, name);
    assert_int_equal(store_open(path, &store, NULL), 0);
    store_free(store);
}

static void test_the_directory_above_a_new_state(void **state)
{
    const Folder *folder = *state;

    open_at(folder, "/state");
    assert_true(was_synced(folder, ""));
    open_at(folder, "/state");
    assert_false(was_synced(folder, "")); /* it was there */
    open_at(folder, "/other///");
    assert_true(was_synced(folder, ""));
    assert_int_equal(chdir(folder->root), 0);
    forget_synced();
    {
        Store *store = NULL;

        assert_int_equal(store_open("here", &store, NULL), 0);
        store_free(store);
    }
    assert_true(was_synced(folder, ""));
    assert_int_equal(chdir("/"), 0);
    forget_synced();
}

static void test_the_directory_that_is_missing_above(void **state)
{
    static const struct {
        const char *name, *missing;
    } cases[] = {
        {"/not/there", "/not is not there"},
        {"/not/there///", "/not is not there"},
        {"/not//there", "/not is not there"},
    };
    const Folder *folder = *state;

    for (size_t i = 0; i < ELEMENTS(cases); i++) {
        char path[160], says[200];
        Store *store = NULL;
        Err err = {0};

        snprintf(path, sizeof(path), "%s%s", folder->root, cases[i].name);
        snprintf(says, sizeof(says), "cannot be made: %s%s, make that one first", folder->root,
                 cases[i].missing);
        assert_int_equal(store_open(path, &store, &err), -ENOENT);
        if (!strstr(err.text, says))
            fail_msg("\"%s\" without \"%s\"", err.text, says);
    }
}

/* That the last end was a good one is told once the database is on the disk, and taken back, on the
 * disk as well, before anything is written. */
static void test_a_good_end_is_told_and_taken_back(void **state)
{
    Folder *folder = *state;
    Store *store = folder_open(folder);
    uint64_t action;

    folder_begin(folder, store);
    record_one(folder, store, NOW, &action);
    forget_synced();
    store_free(store);
    assert_true(was_synced(folder, "/state/rosterd.db"));
    assert_true(was_synced(folder, "/state/clean-end"));
    store = folder_open(folder);
    forget_synced();
    folder_begin(folder, store);
    record_one(folder, store, NOW, &action);
    assert_true(was_synced(folder, "/state/clean-end"));
    store_free(store);
    /* It cannot be taken back: nothing is written. */
    store = folder_open(folder);
    fails = true;
    {
        Change deletion;
        Batch batch = folder_batch(folder, &deletion, 1);

        assert_true(store_begin_pass(store, NOW, folder->pass, &folder->err) < 0 ||
                    store_record(store, &batch, 1, NOW, &folder->err) < 0);
    }
    fails = false;
    assert_says(&folder->err, "cannot be written");
    store_free(store);
    forget_synced();
}

/* ---- who holds it ---- */

typedef struct Holder {
    pid_t pid;
    int to_end; /* the holder ends when this is closed */
} Holder;

/* A process that holds the state, or (with a name) locks a file beside it. */
static Holder hold(Folder *folder, const char *name)
{
    int told[2], ends[2];
    Holder holder;
    char byte;

    assert_int_equal(pipe2(told, O_CLOEXEC), 0);
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    holder.pid = fork();
    assert_true(holder.pid >= 0);
    if (holder.pid == 0) {
        char path[160];
        Store *store = NULL;
        bool is_held;

        close(ends[1]);
        snprintf(path, sizeof(path), "%s/%s", folder->root, name ? name : "");
        is_held = name ? flock(open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600), LOCK_EX) == 0
                       : store_open(folder->state, &store, NULL) == 0;
        if (!is_held || write(told[1], "x", 1) != 1 || read(ends[0], &byte, 1) != 0)
            _exit(1);
        _exit(0);
    }
    close(told[1]);
    close(ends[0]);
    assert_int_equal(read(told[0], &byte, 1), 1);
    close(told[0]);
    holder.to_end = ends[1];
    return holder;
}

static void let_go(const Holder *holder)
{
    int status = 1;

    close(holder->to_end);
    assert_int_equal(waitpid(holder->pid, &status, 0), holder->pid);
    assert_int_equal(status, 0);
}

/* In a namespace of processes of its own it may not. */
static bool kernel_tells(pid_t pid)
{
    FILE *locks = fopen("/proc/locks", "re");
    bool is_told = false;
    char line[256];
    int one;

    while (locks && fgets(line, sizeof(line), locks))
        is_told |= sscanf(line, "%*u: FLOCK ADVISORY WRITE %d", &one) == 1 && one == (int)pid;
    if (locks)
        fclose(locks);
    return is_told;
}

/* Among the locks of others on the same file system. */
static void test_the_process_that_holds_it_is_named(void **state)
{
    Folder *folder = *state;
    char says[64];
    Store *store = folder_open(folder);
    Holder holders[3];

    store_free(store);
    holders[0] = hold(folder, "a");
    holders[1] = hold(folder, NULL);
    holders[2] = hold(folder, "b");
    assert_int_equal(store_open(folder->state, &store, &folder->err), -EWOULDBLOCK);
    snprintf(says, sizeof(says), "another rosterd (pid %d) holds ", (int)holders[1].pid);
    assert_says(&folder->err, kernel_tells(holders[1].pid) ? says : "another rosterd holds ");
    for (size_t i = ELEMENTS(holders); i > 0; i--)
        let_go(&holders[i - 1]);
    store_free(folder_open(folder));
    forget_synced();
}

/* ---- descriptors ---- */

static size_t count_open(void)
{
    DIR *directory = opendir("/proc/self/fd");
    size_t count = 0;

    assert_non_null(directory);
    while (readdir(directory))
        count++;
    closedir(directory);
    return count;
}

static void use_once(Folder *folder)
{
    Store *store = folder_open(folder), *other = NULL;
    StoreActions actions = {0};
    uint64_t action;

    folder_begin(folder, store);
    record_one(folder, store, NOW, &action);
    assert_int_equal(store_open(folder->state, &other, &folder->err), -EWOULDBLOCK);
    other = folder_open_read_only(folder);
    assert_int_equal(store_history(other, &(StoreFilter){0}, &actions, &folder->err), 0);
    store_actions_done(&actions);
    store_free(store);
    assert_int_equal(store_history(other, &(StoreFilter){0}, &actions, &folder->err), 0);
    store_actions_done(&actions);
    store_free(other);
    {
        Lock lock = {0};

        assert_int_equal(lock_take(folder->state, &lock, &folder->err), 0);
        lock_release(&lock);
    }
}

static void test_no_descriptor_stays_open(void **state)
{
    Folder *folder = *state;
    size_t count;

    use_once(folder);
    count = count_open();
    use_once(folder);
    assert_int_equal(count_open(), count);
    forget_synced();
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, folder_setup, folder_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_the_directory_above_a_new_state),
        TEST(test_the_directory_that_is_missing_above),
        TEST(test_a_good_end_is_told_and_taken_back),
        TEST(test_the_process_that_holds_it_is_named),
        TEST(test_no_descriptor_stays_open),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
