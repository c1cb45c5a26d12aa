/* SPDX-License-Identifier: MIT */
/* What the tests of the state share: a directory of their own, batches, and looking at files. */
#pragma once

#include <dirent.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/base/buf.h"
#include "daemon/base/clock.h"
#include "daemon/base/digest.h"
#include "daemon/base/file.h"
#include "daemon/store/steady.h"
#include "daemon/store/store.h"
#include "tests/scratch.h"

#define NOW (UINT64_C(1795532645) * USEC_PER_SEC) /* 2026-11-24T15:04:05Z */
#define KEY "https://roma.example p1 i1"
/* A channel that goes by its id alone. */
#define CHANNEL(id) (&(const StoreScope){KEY, "prod", id, NULL})
#define DIGEST_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define DIGEST_B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

/* Takes away what version 12 added, for what an earlier rosterd wrote. */
#define WITHOUT_VERSION_12                                                                         \
    "DROP TABLE owner; DROP TABLE change_elsewhere; ALTER TABLE approval DROP COLUMN shared_of;"   \
    "ALTER TABLE pause DROP COLUMN is_local; ALTER TABLE pause DROP COLUMN host;"

typedef struct Folder {
    char root[SCRATCH_SIZE];
    char state[96]; /* the state directory in it, not made yet */
    char pass[STORE_PASS_ID_SIZE];
    Err err;
} Folder;

/* The clocks that the state sees. */
static uint64_t boottime_now = 1000 * USEC_PER_SEC, realtime_now = NOW;

static inline uint64_t boottime_fake(void)
{
    return boottime_now;
}

static inline uint64_t realtime_fake(void)
{
    return realtime_now;
}

/* So much time really passes. */
static inline void time_pass(uint64_t span_usec)
{
    boottime_now += span_usec;
    realtime_now += span_usec;
}

static inline int folder_setup(void **state)
{
    static const SteadySource source = {boottime_fake, realtime_fake,
                                        "/proc/sys/kernel/random/boot_id"};
    Folder *folder = calloc(1, sizeof(*folder));

    steady_source = &source;
    boottime_now = 1000 * USEC_PER_SEC;
    realtime_now = NOW;

    assert_non_null(folder);
    assert_true(scratch_make(folder->root, "/tmp", "test_store"));
    snprintf(folder->state, sizeof(folder->state), "%s/state", folder->root);
    *state = folder;
    return 0;
}

static inline int folder_teardown(void **state)
{
    Folder *folder = *state;

    scratch_remove(folder->root);
    free(folder);
    return 0;
}

static inline Store *folder_open(Folder *folder)
{
    Store *store = NULL;
    int r = store_open(folder->state, &store, &folder->err);

    if (r < 0)
        fail_msg("store_open: %d: %s", r, folder->err.text);
    return store;
}

/* The machine starts anew, after so much time. */
static inline void folder_reboot(Folder *folder, Store **store, uint64_t off_usec, uint64_t number)
{
    static char path[128];
    static SteadySource source;
    FILE *file;

    store_free(*store);
    snprintf(path, sizeof(path), "%s/boot", folder->root);
    file = fopen(path, "w");
    assert_non_null(file);
    fprintf(file, "boot-%llu\n", (unsigned long long)number);
    fclose(file);
    source = (SteadySource){boottime_fake, realtime_fake, path};
    steady_source = &source;
    boottime_now = 5 * USEC_PER_SEC;
    realtime_now += off_usec;
    *store = folder_open(folder);
}

static inline Store *folder_open_read_only(Folder *folder)
{
    Store *store = NULL;
    int r = store_open_read_only(folder->state, &store, &folder->err);

    if (r < 0)
        fail_msg("store_open_read_only: %d: %s", r, folder->err.text);
    return store;
}

static inline void folder_begin(Folder *folder, Store *store)
{
    assert_int_equal(store_name_instance(store, KEY, "prod", &folder->err), 0);
    assert_int_equal(store_begin_pass(store, NOW, folder->pass, &folder->err), 0);
}

/* A batch that deletes `count` members of channel c1 (or as the caller changes it). */
static inline Batch folder_batch(Folder *folder, Change *deletions, size_t count)
{
    static const RosterChannel channel = {.name = "payments", .mode = MODE_PRUNE};
    static const char *const ids[] = {"m1", "m2", "m3"};

    for (size_t i = 0; i < count; i++)
        deletions[i] = (Change){
            .member_id = ids[i % 3],
            .identity = ids[i % 3],
            .identity_size = 2,
            .before = "{\"host\":\"10.1.0.9\"}",
        };
    return (Batch){
        .pass = folder->pass,
        .channel = &channel,
        .instance_name = "prod",
        .instance_key = KEY,
        .channel_id = "c1",
        .channel_name = "payments",
        .digest = DIGEST_A,
        .changes = deletions,
        .change_count = count,
    };
}

static inline ChannelRecord recall_at(Folder *folder, Store *store, uint64_t realtime_usec)
{
    const StoreScope channel = {KEY, "prod", "c1", "payments"};
    ChannelRecord record = {0};

    if (store_recall(store, &channel, realtime_usec, &record, &folder->err) < 0)
        fail_msg("store_recall: %s", folder->err.text);
    return record;
}

static inline void record_one(Folder *folder, Store *store, uint64_t realtime_usec,
                              uint64_t *ret_action)
{
    Change deletion;
    Batch batch = folder_batch(folder, &deletion, 1);

    if (store_record(store, &batch, 1, realtime_usec, &folder->err) < 0)
        fail_msg("store_record: %s", folder->err.text);
    assert_true(deletion.action > 0);
    *ret_action = deletion.action;
}

/* What is forgotten, step by step. */
static inline StorePruned folder_prune(Folder *folder, Store *store, uint64_t keep_usec)
{
    StorePruned pruned = {0};
    int r = 1;

    while (r > 0)
        r = store_prune(store, keep_usec, &pruned, &folder->err);
    if (r < 0)
        fail_msg("store_prune: %s", folder->err.text);
    return pruned;
}

/* A list of no members. */
static inline const char *find_nobody(const void *list, const void *identity, size_t identity_size)
{
    (void)list;
    (void)identity;
    (void)identity_size;
    return NULL;
}

static inline const char *find_nobody_corrected(const void *list, const void *identity,
                                                size_t identity_size, const char *before,
                                                const char *after)
{
    (void)before;
    (void)after;
    return find_nobody(list, identity, identity_size);
}

static inline size_t count_undecided(Folder *folder, Store *store)
{
    StoreActions actions = {0};
    size_t count;

    if (store_undecided(store, NULL, NULL, &actions, &folder->err) < 0)
        fail_msg("store_undecided: %s", folder->err.text);
    count = actions.count;
    store_actions_done(&actions);
    return count;
}

/* The bytes of a file in the state directory. */
static inline Buf folder_bytes(const Folder *folder, const char *name)
{
    char path[512];
    Buf bytes = {0};

    snprintf(path, sizeof(path), "%s/%s", folder->state, name);
    assert_int_equal(file_read(path, 64U << 20, &bytes, NULL), 0);
    return bytes;
}

/* Names, sizes, modes, times and digests of all files in the state directory, for comparing. */
static inline char *folder_listing(const Folder *folder)
{
    struct dirent **entries = NULL;
    int count = scandir(folder->state, &entries, NULL, alphasort);
    Buf text = {0};

    for (int i = 0; i < count; i++) {
        char path[512], digest[DIGEST_HEX_SIZE] = "";
        struct stat status;

        snprintf(path, sizeof(path), "%s/%s", folder->state, entries[i]->d_name);
        assert_int_equal(lstat(path, &status), 0);
        if (S_ISREG(status.st_mode)) {
            Buf bytes = folder_bytes(folder, entries[i]->d_name);

            assert_int_equal(digest_sha256_hex(buf_text(&bytes), bytes.size, digest), 0);
            buf_done(&bytes);
        }
        if (strcmp(entries[i]->d_name, "..") != 0)
            buf_printf(&text, "%s %o %lld %lld.%09ld %s\n", entries[i]->d_name, status.st_mode,
                       (long long)status.st_size, (long long)status.st_mtim.tv_sec,
                       status.st_mtim.tv_nsec, digest);
        free(entries[i]);
    }
    free(entries);
    return buf_take(&text);
}

static inline void folder_write(const Folder *folder, const char *name, const void *bytes,
                                size_t size)
{
    char path[512];
    FILE *file;

    snprintf(path, sizeof(path), "%s/%s", folder->state, name);
    file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

static inline void assert_says(const Err *err, const char *part)
{
    if (!strstr(err->text, part))
        fail_msg("\"%s\" does not say \"%s\"", err->text, part);
}
