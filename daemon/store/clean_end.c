/* SPDX-License-Identifier: MIT */
#include "daemon/store/clean_end.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/base/buf.h"
#include "daemon/base/file.h"
#include "daemon/base/hang.h"
#include "daemon/base/str.h"
#include "daemon/store/store_internal.h"

#define CLEAN_END_SIZE 256

/* A log beside the database holds commits that are not in it yet, or half of one. */
static bool clean_end_has_log(const char *database, const char *ending)
{
    _cleanup_(buf_done) Buf path = {0};
    struct stat status;

    buf_printf(&path, "%s%s", database, ending);
    if (buf_failed(&path) < 0)
        return true;
    return stat(buf_text(&path), &status) == 0 ? status.st_size > 0 : errno != ENOENT;
}

/* What the file says of a database that ended well. */
static bool clean_end_describe(const char *database, char ret_text[static CLEAN_END_SIZE])
{
    struct stat status;

    if (stat(database, &status) < 0 || !S_ISREG(status.st_mode) || status.st_size == 0 ||
        clean_end_has_log(database, "-wal") || clean_end_has_log(database, "-journal"))
        return false;
    snprintf(ret_text, CLEAN_END_SIZE,
             "the database ended well: inode %" PRIu64 ", size %" PRId64 ", modified %" PRId64
             ".%09ld, changed %" PRId64 ".%09ld\n",
             (uint64_t)status.st_ino, (int64_t)status.st_size, (int64_t)status.st_mtim.tv_sec,
             status.st_mtim.tv_nsec, (int64_t)status.st_ctim.tv_sec, status.st_ctim.tv_nsec);
    return true;
}

static int clean_end_open(const Store *store, int flags)
{
    return openat(store->lock.directory_fd, CLEAN_END_FILE_NAME,
                  flags | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW, 0600);
}

bool clean_end_is_told(Store *store)
{
    char wanted[CLEAN_END_SIZE], text[CLEAN_END_SIZE] = "";
    _cleanup_(file_closep) int fd = clean_end_open(store, O_RDONLY);
    ssize_t got;

    if (fd < 0) {
        store->is_end_told = errno != ENOENT;
        return false;
    }
    got = pread(fd, text, sizeof(text) - 1, 0);
    store->is_end_told = got != 0;
    return got > 0 && clean_end_describe(sqlite3_db_filename(store->db, "main"), wanted) &&
           str_equal(text, wanted);
}

int clean_end_revoke(Store *store, Err *err)
{
    _cleanup_hang_ Hang hang = hang_enter(store->directory);
    _cleanup_(file_closep) int fd = -1;

    if (!store->is_end_told)
        return 0;
    fd = clean_end_open(store, O_WRONLY);
    if (fd < 0 ? errno != ENOENT : ftruncate(fd, 0) < 0 || fsync(fd) < 0)
        return err_system(err, -errno, "the state in %s cannot be written: %s", store->directory,
                          CLEAN_END_FILE_NAME);
    store->is_end_told = false;
    return 0;
}

static bool clean_end_sync(const char *database)
{
    _cleanup_(file_closep) int fd = open(database, O_RDONLY | O_CLOEXEC | O_NOCTTY);

    return fd >= 0 && fsync(fd) == 0;
}

void clean_end_tell(Store *store, const char *database)
{
    _cleanup_hang_ Hang hang = hang_enter(store->directory);
    _cleanup_(file_closep) int fd = -1;
    char text[CLEAN_END_SIZE];

    assert(!store->db && !store->is_read_only);
    if (store->is_end_told || !clean_end_sync(database) || !clean_end_describe(database, text))
        return;
    fd = clean_end_open(store, O_WRONLY | O_CREAT | O_TRUNC);
    if (fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text))
        fsync(fd);
}
