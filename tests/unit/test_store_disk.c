/* SPDX-License-Identifier: MIT */
/* Disks that are full or read-only: nothing is half recorded, and nothing known is lost. */
#include "tests/unit/test_store_common.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>

/* Mounts a file system of 1 MiB on the state directory, seen by this process alone. */
static void mount_small(Folder *folder)
{
    if (geteuid() != 0 || unshare(CLONE_NEWNS) < 0 ||
        mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 || mkdir(folder->state, 0700) < 0 ||
        mount("tmpfs", folder->state, "tmpfs", 0, "size=1m") < 0) {
        fprintf(stderr, "SKIPPED: a full disk needs the right to mount a small one: %s\n",
                strerror(errno));
        skip();
    }
}

static void fill_disk(const Folder *folder)
{
    static const char zeros[512];
    char path[128];
    int fd;

    snprintf(path, sizeof(path), "%s/filler", folder->state);
    fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    while (write(fd, zeros, sizeof(zeros)) == (ssize_t)sizeof(zeros))
        ;
    assert_int_equal(errno, ENOSPC);
    close(fd);
}

static void free_disk(const Folder *folder)
{
    char path[128];

    snprintf(path, sizeof(path), "%s/filler", folder->state);
    assert_int_equal(unlink(path), 0);
}

static void test_full_disk(void **state)
{
    Folder *folder = *state;
    Store *store;
    Change deletions[300];
    Batch batch;
    uint64_t decided;
    const Sighting sighting = {"m3", 2};
    ChannelRecord record = {0};

    mount_small(folder);
    store = folder_open(folder);
    folder_begin(folder, store);
    batch = folder_batch(folder, deletions, 1);
    assert_int_equal(store_record(store, &batch, 1, NOW, NULL), 0);
    decided = deletions[0].action;
    fill_disk(folder);
    assert_int_equal(store_decide(store, decided, OUTCOME_DELETED, 1, NULL, NULL, NOW, NULL), 0);
    assert_int_equal(store_remember(store, KEY, "c2", &sighting, 1, NULL), 0);
    batch = folder_batch(folder, deletions, 300);
    assert_int_equal(store_record(store, &batch, 1, NOW, &folder->err), -ENOSPC);
    assert_says(&folder->err, "cannot be written: disk full (");
    assert_says(&folder->err, "; nothing was deleted");
    assert_says(&folder->err, folder->state);
    assert_int_equal(deletions[299].action, 0);
    assert_int_equal(store_record(store, &batch, 1, NOW, &folder->err), -ENOSPC);
    assert_int_equal(count_undecided(folder, store), 0);

    free_disk(folder);
    assert_int_equal(store_end_pass(store, folder->pass, "failed", NOW, &folder->err), 0);
    store_free(store);
    store = folder_open(folder);
    assert_int_equal(count_undecided(folder, store), 0);
    assert_int_equal(store_recall(store, CHANNEL("c1"), NOW, &record, NULL), 0);
    assert_int_equal(record.change_count, 1);
    channel_record_done(&record);
    assert_int_equal(store_recall(store, CHANNEL("c2"), NOW, &record, NULL), 0);
    assert_int_equal(record.sighting_count, 1);
    channel_record_done(&record);
    store_free(store);
    umount2(folder->state, MNT_DETACH);
}

static void test_disk_full_from_the_start(void **state)
{
    Folder *folder = *state;
    Store *store = NULL;

    mount_small(folder);
    fill_disk(folder);
    assert_int_equal(store_open(folder->state, &store, &folder->err), -ENOSPC);
    assert_says(&folder->err, "cannot be written");
    free_disk(folder);
    store_free(folder_open(folder));
    umount2(folder->state, MNT_DETACH);
}

static void test_read_only_disk(void **state)
{
    Folder *folder = *state;
    Store *store = NULL;

    mount_small(folder);
    store_free(folder_open(folder));
    assert_int_equal(mount(NULL, folder->state, NULL, MS_REMOUNT | MS_RDONLY, NULL), 0);
    assert_int_equal(store_open(folder->state, &store, &folder->err), -EROFS);
    assert_says(&folder->err, "cannot be written");
    store = folder_open_read_only(folder);
    assert_int_equal(count_undecided(folder, store), 0);
    store_free(store);
    umount2(folder->state, MNT_DETACH);
}

/* What modes refuse, they refuse to a user without privilege only. */
static uid_t become_nobody(Folder *folder)
{
    uid_t user = geteuid();

    if (user == 0) {
        assert_int_equal(chown(folder->root, 65534, 65534), 0);
        assert_int_equal(seteuid(65534), 0);
    }
    return user;
}

static void test_read_only_directory(void **state)
{
    Folder *folder = *state;
    Store *store = NULL;
    uid_t user = become_nobody(folder);

    assert_int_equal(chmod(folder->root, 0500), 0);
    assert_int_equal(store_open(folder->root, &store, &folder->err), -EACCES);
    assert_says(&folder->err, "cannot be written");
    assert_int_equal(store_open(folder->state, &store, &folder->err), -EACCES);
    assert_says(&folder->err, "cannot be made");
    assert_int_equal(chmod(folder->root, 0700), 0);
    assert_int_equal(seteuid(user), 0);
}

static void test_read_only_database(void **state)
{
    Folder *folder = *state;
    Store *store = NULL;
    uid_t user = become_nobody(folder);
    char path[128];

    store_free(folder_open(folder));
    snprintf(path, sizeof(path), "%s/rosterd.db", folder->state);
    assert_int_equal(chmod(path, 0400), 0);
    assert_int_equal(store_open(folder->state, &store, &folder->err), -EROFS);
    assert_says(&folder->err, "cannot be written: read-only (attempt to write");
    assert_int_equal(chmod(path, 0), 0);
    assert_int_equal(store_open(folder->state, &store, &folder->err), -EACCES);
    assert_says(&folder->err, "permission denied");
    assert_int_equal(store_open_read_only(folder->state, &store, &folder->err), -EACCES);
    assert_says(&folder->err, "cannot be read: permission denied");
    assert_int_equal(seteuid(user), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, folder_setup, folder_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_full_disk),          TEST(test_disk_full_from_the_start),
        TEST(test_read_only_disk),     TEST(test_read_only_directory),
        TEST(test_read_only_database),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
