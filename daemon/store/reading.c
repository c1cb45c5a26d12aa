/* SPDX-License-Identifier: MIT */
/* SQLite can read a database with a write-ahead log in three ways without writing, and which one is
 * right depends on the files that are there: - no log: everything is in the database, which is
 * taken as immutable; - a log and its index (-shm): the index is mapped read-only, and locks keep a
 * running rosterd from overwriting what is being read; - a log without its index, or with one that
 * no running rosterd uses: the index is built in memory. */
#include "daemon/store/reading.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>

#include "daemon/base/buf.h"
#include "daemon/base/file.h"
#include "daemon/base/hang.h"
#include "daemon/store/database.h"
#include "daemon/store/migrate.h"
#include "daemon/store/steady.h"
#include "daemon/store/store_internal.h"

/* The bytes that a reader locks (sqlite.org/fileformat2.html, "The Lock-Byte Page"). */
#define SHARED_FIRST (0x40000000 + 2)
#define SHARED_SIZE 510
#define INDEX_IN_USE 128 /* of the index: UNIX_SHM_DMS */
#define BUSY_TRIES 100
#define BUSY_WAIT_NSEC 10000000L

/* The size of PATH with an ending, -1 when there is no such file; an error counts as none, since
 * opening the database then tells of it. */
static int64_t reading_size(const Store *store, const char *ending)
{
    _cleanup_(buf_done) Buf path = {0};
    struct stat status;

    buf_printf(&path, "%s%s", store->path, ending);
    if (buf_failed(&path) < 0 || stat(buf_text(&path), &status) < 0)
        return -1;
    return status.st_size;
}

int reading_look(const Store *store, StoreSource *ret_source, Err *err)
{
    StoreSource source = {0};
    struct stat status;
    int64_t log_size = reading_size(store, "-wal");

    source.log_size = log_size;
    source.has_index = reading_size(store, "-shm") >= 0;
    source.has_log = log_size > 0 || (log_size == 0 && source.has_index);
    if (stat(store->path, &status) < 0) {
        if (errno != ENOENT)
            return err_system(err, -errno, "the state in %s cannot be read", store->directory);
    } else if (status.st_size > 0) {
        source.inode = status.st_ino;
        source.size = (uint64_t)status.st_size;
        source.modified_nsec = (uint64_t)status.st_mtim.tv_sec * UINT64_C(1000000000) +
                               (uint64_t)status.st_mtim.tv_nsec;
    }
    if (source.inode == 0 && log_size > 0)
        return migrate_damaged(store, "it is empty or gone, but its write-ahead log is there", err);
    *ret_source = source;
    return 0;
}

static void reading_append_escaped(Buf *uri, const char *path)
{
    for (; *path; path++) {
        if (*path == '%' || *path == '?' || *path == '#')
            buf_printf(uri, "%%%02x", (unsigned int)(unsigned char)*path);
        else
            buf_putc(uri, *path);
    }
}

static int reading_say_busy(const Store *store, Err *err)
{
    return err_set(err, -EBUSY, "the state in %s cannot be read: rosterd is ending or starting",
                   store->directory);
}

/*
 * Locks the database as SQLite's readers do, which keeps a rosterd that ends from removing the log
 * between our look at it and SQLite's, whereupon SQLite would make a new one. Where there is
 * nothing to lock, or no such locks, there is no log to lose or no way to help it. The descriptor
 * outlives the connection: closing one drops all the locks that the process has by fcntl(2).
 */
static int reading_guard(Store *store, Err *err)
{
    struct flock lock = {
        .l_type = F_RDLCK,
        .l_whence = SEEK_SET,
        .l_start = SHARED_FIRST,
        .l_len = SHARED_SIZE,
    };

    store->guard_fd = open(store->path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (store->guard_fd < 0 || fcntl(store->guard_fd, F_OFD_SETLK, &lock) == 0)
        return 0;
    return errno != EAGAIN && errno != EACCES ? 0 : reading_say_busy(store, err);
}

/*
 * Whether a rosterd uses the index: SQLite holds a lock on one byte of it as long as it does
 * (sqlite.org/walformat.html, "WAL Locks", and unixShmNode in its sources). One that a killed
 * rosterd left may be torn, and SQLite would wait long for somebody to mend it. The descriptor is
 * kept, as reading_guard()'s is. An index that cannot be opened, but for there being none, may be
 * in use.
 */
static bool reading_index_is_alive(Store *store)
{
    struct flock lock = {
        .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = INDEX_IN_USE, .l_len = 1};
    _cleanup_(buf_done) Buf path = {0};

    buf_printf(&path, "%s-shm", store->path);
    if (buf_failed(&path) < 0)
        return true;
    if (store->index_fd < 0)
        store->index_fd = open(buf_text(&path), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (store->index_fd < 0)
        return errno != ENOENT;
    return fcntl(store->index_fd, F_OFD_GETLK, &lock) < 0 || lock.l_type != F_UNLCK;
}

/* Ignores an index that no running rosterd uses. */
static void reading_look_at_index(Store *store)
{
    if (!store->source.has_index || reading_index_is_alive(store))
        return;
    store->source.has_index = false;
    store->source.log_size = reading_size(store, "-wal");
    store->source.has_log = store->source.log_size > 0;
}

static void reading_close(Store *store)
{
    database_close(store);
    file_closep(&store->guard_fd);
    file_closep(&store->index_fd);
    store->guard_fd = -1;
    store->index_fd = -1;
}

/*
 * An index built in memory shows what the log's file holds, which may be half of a commit, or one
 * that is not durable yet and that a reader by the rosterd's index does not see: where a rosterd
 * has started meanwhile, whatever was read counts for nothing.
 */
static int reading_open_database(Store *store, Err *err)
{
    const StoreSource *source = &store->source;
    _cleanup_(buf_done) Buf uri = {0};
    int version, r;

    buf_puts(&uri, "file:");
    reading_append_escaped(&uri, store->path);
    buf_puts(&uri, !source->has_log    ? "?mode=ro&immutable=1"
                   : source->has_index ? "?mode=ro&readonly_shm=1"
                                       : "?mode=ro&vfs=unix-none");
    if (buf_failed(&uri) < 0)
        return err_memory(err);
    r = database_open(store, buf_text(&uri), SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, err);
    if (r == 0 && source->has_log && !source->has_index)
        r = database_run(store, "PRAGMA locking_mode = EXCLUSIVE", err);
    if (r == 0)
        r = migrate_check(store, &version, err);
    if (r == 0 && version > 0)
        r = steady_load(store, err);
    if (source->has_log && !source->has_index && reading_index_is_alive(store))
        r = reading_say_busy(store, err);
    return r < 0 ? r : version;
}

static int reading_guard_and_look(Store *store, Err *err)
{
    int r = reading_guard(store, err);

    return r < 0 ? r : reading_look(store, &store->source, err);
}

static int reading_open(Store *store, Err *err)
{
    int r = reading_guard_and_look(store, err);

    /* Another rosterd made the database after the first look found none. */
    if (r == 0 && store->source.inode != 0 && store->guard_fd < 0)
        r = reading_guard_and_look(store, err);
    if (r == 0)
        reading_look_at_index(store);
    if (r == 0 && store->source.inode != 0)
        r = reading_open_database(store, err);
    if (r <= 0)
        reading_close(store);
    return r < 0 ? r : 0;
}

/* Whether the open database still shows what the files hold. A log is followed by SQLite where a
 * rosterd keeps its index; one built in memory is of the moment when it was built. */
static bool reading_is_current(Store *store, const StoreSource *found)
{
    const StoreSource *source = &store->source;

    if (!store->db)
        return false;
    if (source->has_log && source->has_index)
        return source->inode == found->inode;
    if (source->has_log)
        return source->inode == found->inode && source->log_size == found->log_size &&
               !reading_index_is_alive(store);
    return !found->has_log && source->inode == found->inode && source->size == found->size &&
           source->modified_nsec == found->modified_nsec;
}

int reading_refresh(Store *store, Err *err)
{
    const struct timespec wait = {.tv_nsec = BUSY_WAIT_NSEC};
    _cleanup_hang_ Hang hang = hang_enter(store->directory);
    StoreSource found;
    int r;

    if (!store->is_read_only)
        return 0;
    r = reading_look(store, &found, err);
    if (r < 0 || reading_is_current(store, &found))
        return r;
    reading_close(store);
    /* A rosterd that is just starting or ending has moments that admit no reader. */
    for (int i = 0; (r = reading_open(store, err)) == -EBUSY && i < BUSY_TRIES; i++)
        nanosleep(&wait, NULL);
    return r;
}
