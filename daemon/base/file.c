/* SPDX-License-Identifier: MIT */
#include "daemon/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/base/aside.h"
#include "daemon/base/mem.h"
#include "daemon/base/random.h"
#include "daemon/base/str.h"

#define READ_STEP 16384U
#define SECRET_SIZE_MAX 65536U
#define OPEN_TO_OTHERS 0027U

int file_open_standard(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        int opened;

        if (fcntl(fd, F_GETFD) >= 0)
            continue;
        opened = open("/dev/null", fd == STDOUT_FILENO ? O_RDONLY : O_RDWR);
        if (opened != fd)
            return opened < 0 ? -errno : -EBADF;
    }
    return 0;
}

void file_closep(int *fd)
{
    if (*fd >= 0)
        close(*fd);
}

/* O_NONBLOCK: opening a FIFO must not hang; regular files do not mind. */
static int file_open(const char *path, struct stat *ret_status, Err *err)
{
    int fd;

    aside_touch(path);
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return err_system(err, -errno, "%s: cannot open", path);
    if (fstat(fd, ret_status) < 0) {
        int r = err_system(err, -errno, "%s: cannot read", path);

        close(fd);
        return r;
    }
    if (!S_ISREG(ret_status->st_mode)) {
        close(fd);
        return err_set(err, S_ISDIR(ret_status->st_mode) ? -EISDIR : -EINVAL,
                       "%s: is not a regular file", path);
    }
    return fd;
}

int file_look(const char *path, struct stat *ret_status)
{
    struct stat status;
    _cleanup_(file_closep) int fd = file_open(path, &status, NULL);

    if (fd < 0)
        return fd;
    *ret_status = status;
    return 0;
}

int file_read(const char *path, size_t size_max, Buf *buf, Err *err)
{
    struct stat status;

    return file_read_looked(path, size_max, buf, &status, err);
}

int file_read_looked(const char *path, size_t size_max, Buf *buf, struct stat *ret_status, Err *err)
{
    struct stat status;
    _cleanup_(file_closep) int fd = file_open(path, &status, err);
    char chunk[READ_STEP];
    size_t total = 0;

    if (fd < 0)
        return fd;
    for (;;) {
        ssize_t got = read(fd, chunk, sizeof(chunk));

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return err_system(err, -errno, "%s: cannot read", path);
        if (got == 0)
            break;
        total += (size_t)got;
        if (total > size_max)
            return err_set(err, -EFBIG, "%s: is larger than %zu bytes", path, size_max);
        buf_append(buf, chunk, (size_t)got);
    }
    if (buf_failed(buf) < 0)
        return err_memory(err);
    *ret_status = status;
    return 0;
}

int file_write(int fd, const char *bytes, size_t size)
{
    while (size > 0) {
        ssize_t put = write(fd, bytes, size);

        if (put < 0 && errno != EINTR)
            return -errno;
        if (put > 0) {
            bytes += put;
            size -= (size_t)put;
        }
    }
    return 0;
}

/* ---- in the place of another ---- */

typedef struct Replacing {
    const char *path, *beside;
    FileWrite write;
    void *userdata;
} Replacing;

/* Opens the file beside, which is to be as the one whose place it takes. */
static int file_open_beside(const Replacing *replacing, Err *err)
{
    struct stat status;
    bool exists = stat(replacing->path, &status) == 0;
    int fd, r;

    /* A device or a FIFO would give its place to a file. */
    if (exists && !S_ISREG(status.st_mode))
        return err_set(err, -EINVAL, "%s: is not a regular file", replacing->path);
    fd = open(replacing->beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOCTTY, 0666);
    if (fd < 0)
        return err_system(err, -errno, "%s: cannot write", replacing->path);
    if (!exists || fchmod(fd, status.st_mode & 07777) == 0)
        return fd;
    r = err_system(err, -errno, "%s: cannot write", replacing->path);
    unlink(replacing->beside);
    close(fd);
    return r;
}

/* Writes the file beside, and gives it the name. */
static int file_replace_by(const Replacing *replacing, Err *err)
{
    _cleanup_(file_closep) int fd = file_open_beside(replacing, err);
    int r;

    if (fd < 0)
        return fd;
    r = replacing->write(replacing->userdata, fd, err);
    if (r == 0 && (fsync(fd) < 0 || rename(replacing->beside, replacing->path) < 0))
        r = -errno;
    if (r == 0)
        return 0;
    unlink(replacing->beside);
    return err_is_set(err) ? r : err_system(err, r, "%s: cannot write", replacing->path);
}

int file_replace(const char *path, FileWrite write, void *userdata, Err *err)
{
    _cleanup_free_ char *beside = NULL;

    if (asprintf(&beside, "%s.%016" PRIx64 ".new", path, random_bits()) < 0)
        return err_memory(err);
    aside_touch(path);
    return file_replace_by(&(Replacing){path, beside, write, userdata}, err);
}

/* ---- secrets ---- */

static int secret_fill(Secret *secret, int fd, const char *path, Err *err)
{
    for (;;) {
        size_t room;
        char *space = secret_room(secret, &room);
        ssize_t got = room == 0 ? 0 : read(fd, space, room);

        if (room == 0)
            return err_set(err, -EFBIG, "%s: is larger than a secret can be (%u bytes)", path,
                           SECRET_SIZE_MAX);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return err_system(err, -errno, "%s: cannot read", path);
        if (got == 0)
            return 0;
        secret_grew(secret, (size_t)got);
    }
}

static int secret_check(const Secret *secret, bool is_key, const char *path, Err *err)
{
    const char *bytes = secret_bytes(secret);

    if (secret_size(secret) == 0)
        return err_set(err, -ENODATA, "%s: is empty, should hold the secret", path);
    if (is_key && !str_has_prefix(bytes, "-----BEGIN "))
        return err_set(err, -EINVAL, "%s: is no key in PEM, should begin with -----BEGIN", path);
    for (size_t i = 0; i < secret_size(secret) && !is_key; i++) {
        if ((unsigned char)bytes[i] < 0x20 || bytes[i] == 0x7f)
            return err_set(err, -EINVAL,
                           "%s: holds a control character or a second line, should hold the "
                           "secret alone on one line",
                           path);
    }
    return 0;
}

static int secret_read(const char *path, bool is_key, Secret **ret_secret, Err *err)
{
    struct stat status;
    _cleanup_(file_closep) int fd = file_open(path, &status, err);
    _cleanup_(secret_freep) Secret *secret = NULL;
    int r;

    if (fd < 0)
        return fd;
    if (status.st_mode & OPEN_TO_OTHERS)
        return err_set(err, -EPERM,
                       "%s: is open to others (mode %04o), nobody but its owner may write it and "
                       "no others read it: chmod 0600 %s",
                       path, (unsigned int)status.st_mode & 07777, path);
    secret = secret_new(SECRET_SIZE_MAX + 1);
    if (!secret)
        return err_memory(err);
    r = secret_fill(secret, fd, path, err);
    if (r < 0)
        return r;
    secret_trim_newline(secret);
    r = secret_check(secret, is_key, path, err);
    if (r < 0)
        return r;
    *ret_secret = TAKE_PTR(secret);
    return 0;
}

int file_read_secret(const char *path, Secret **ret_secret, Err *err)
{
    return secret_read(path, false, ret_secret, err);
}

int file_read_key(const char *path, Secret **ret_key, Err *err)
{
    return secret_read(path, true, ret_key, err);
}
