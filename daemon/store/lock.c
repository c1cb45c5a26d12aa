/* SPDX-License-Identifier: MIT */
#include "daemon/store/lock.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "daemon/base/buf.h"
#include "daemon/base/file.h"
#include "daemon/base/mem.h"

/* Makes a directory entry survive a loss of power. Where that cannot be had (some file systems do
 * not sync directories) the state itself still says so when it commits. */
static void lock_sync_parent(const char *directory)
{
    char path[PATH_MAX];
    size_t length = strlen(directory);
    char *slash;

    if (length >= sizeof(path))
        return;
    memcpy(path, directory, length + 1);
    while (length > 1 && path[length - 1] == '/')
        path[--length] = '\0';
    slash = strrchr(path, '/');
    if (slash == path)
        slash[1] = '\0';
    else if (slash)
        *slash = '\0';
    else
        memcpy(path, ".", 2);
    {
        _cleanup_(file_closep) int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

        if (fd >= 0)
            fsync(fd);
    }
}

/* The directory above may be a disk that is not mounted: it is not for us to make. */
static int lock_want_parent(const char *directory, Err *err)
{
    size_t length = strlen(directory);

    while (length > 1 && directory[length - 1] == '/')
        length--;
    while (length > 0 && directory[length - 1] != '/')
        length--;
    while (length > 1 && directory[length - 1] == '/')
        length--;
    return err_set(err, -ENOENT,
                   "the state directory %s cannot be made: %.*s is not there, make that one first",
                   directory, (int)length, directory);
}

static int lock_make_directory(const char *directory, Err *err)
{
    struct stat status;

    if (mkdir(directory, 0700) == 0) {
        lock_sync_parent(directory);
        return 0;
    }
    if (errno == ENOENT)
        return lock_want_parent(directory, err);
    if (errno != EEXIST)
        return err_system(err, -errno, "the state directory %s cannot be made", directory);
    if (stat(directory, &status) < 0)
        return err_system(err, -errno, "the state directory %s cannot be used", directory);
    if (!S_ISDIR(status.st_mode))
        return err_set(err, -ENOTDIR, "the state directory %s is not a directory", directory);
    return 0;
}

/* The process that holds a file, as the kernel lists it (proc(5), locks); 0 where it does not. */
static int lock_find_holder(int fd)
{
    FILE *locks = fopen("/proc/locks", "re");
    unsigned int device_major, device_minor;
    unsigned long inode;
    struct stat status;
    int pid, holder = 0;
    char line[256];

    if (locks && fstat(fd, &status) == 0) {
        while (holder == 0 && fgets(line, sizeof(line), locks)) {
            if (sscanf(line, "%*u: FLOCK ADVISORY WRITE %d %x:%x:%lu", &pid, &device_major,
                       &device_minor, &inode) == 4 &&
                inode == status.st_ino && device_major == major(status.st_dev) &&
                device_minor == minor(status.st_dev))
                holder = pid;
        }
    }
    if (locks)
        fclose(locks);
    return holder;
}

static int lock_say_held(const char *state_dir, int holder, Err *err)
{
    char pid[32] = "";

    if (holder > 0)
        snprintf(pid, sizeof(pid), " (pid %d)", holder);
    return err_set(err, -EWOULDBLOCK,
                   "another rosterd%s holds %s: ask that one with rosterctl (reconcile, approve), "
                   "or stop it first",
                   pid, state_dir);
}

/* Locks an open file or directory. */
static int lock_hold(int fd)
{
    return flock(fd, LOCK_EX | LOCK_NB) == 0 ? 0 : -errno;
}

/* Says why an open file or directory could not be locked; returns the error. */
static int lock_say(int error, int fd, const char *state_dir, const char *path, Err *err)
{
    if (error == -EWOULDBLOCK)
        return lock_say_held(state_dir, lock_find_holder(fd), err);
    return err_system(err, error, "%s cannot be locked", path);
}

/* A file system that locks no directories (NFS) leaves the file alone to tell. */
static bool lock_is_unsupported(int error)
{
    return error == -EBADF || error == -EINVAL || error == -ENOLCK || error == -EOPNOTSUPP;
}

static int lock_take_directory(const char *state_dir, Lock *lock, Err *err)
{
    int r;

    lock->directory_fd = open(state_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (lock->directory_fd < 0)
        return err_system(err, -errno, "the state in %s cannot be written", state_dir);
    r = lock_hold(lock->directory_fd);
    return r == 0 || lock_is_unsupported(r)
               ? 0
               : lock_say(r, lock->directory_fd, state_dir, state_dir, err);
}

static int lock_take_file(const char *state_dir, Lock *lock, Err *err)
{
    _cleanup_(buf_done) Buf path = {0};
    int r;

    buf_printf(&path, "%s/" LOCK_FILE_NAME, state_dir);
    if (buf_failed(&path) < 0)
        return err_memory(err);
    lock->file_fd = open(buf_text(&path), O_RDWR | O_CREAT | O_CLOEXEC | O_NOCTTY, 0600);
    if (lock->file_fd < 0)
        return err_system(err, -errno, "the state in %s cannot be written: cannot open %s",
                          state_dir, buf_text(&path));
    r = lock_hold(lock->file_fd);
    return r == 0 ? 0 : lock_say(r, lock->file_fd, state_dir, buf_text(&path), err);
}

int lock_take(const char *state_dir, Lock *ret_lock, Err *err)
{
    Lock lock = LOCK_NONE;
    int r;

    assert(state_dir);
    r = lock_make_directory(state_dir, err);
    if (r == 0)
        r = lock_take_directory(state_dir, &lock, err);
    if (r == 0)
        r = lock_take_file(state_dir, &lock, err);
    if (r < 0) {
        lock_release(&lock);
        return r;
    }
    *ret_lock = lock;
    return 0;
}

void lock_release(Lock *lock)
{
    file_closep(&lock->file_fd);
    file_closep(&lock->directory_fd);
    *lock = LOCK_NONE;
}
