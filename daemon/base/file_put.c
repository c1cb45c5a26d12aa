/* SPDX-License-Identifier: MIT */
#include "daemon/base/file_put.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/base/file.h"
#include "daemon/base/mem.h"
#include "daemon/base/random.h"

#define TRIES_MAX 8

/* Opens a new file whose name no roster directory takes for a roster. */
static int open_beside(int directory, const char *name, char ret_name[static NAME_MAX + 1])
{
    int fd = -1;

    for (int i = 0; i < TRIES_MAX && fd < 0; i++) {
        snprintf(ret_name, NAME_MAX + 1, ".%.200s.%016" PRIx64, name, random_bits());
        fd =
            openat(directory, ret_name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666);
        if (fd < 0 && errno != EEXIST)
            return -errno;
    }
    return fd < 0 ? -EEXIST : fd;
}

/* A file system that cannot rename without replacing can link, which never replaces. */
static int take_free_name(int directory, const char *beside, const char *name)
{
    if (renameat2(directory, beside, directory, name, RENAME_NOREPLACE) == 0)
        return 0;
    if (errno != EINVAL && errno != ENOSYS)
        return -errno;
    if (linkat(directory, beside, directory, name, 0) < 0)
        return -errno;
    return unlinkat(directory, beside, 0) < 0 ? -errno : 0;
}

static int take_name(int directory, const char *beside, const char *name, bool may_replace)
{
    if (!may_replace)
        return take_free_name(directory, beside, name);
    return renameat(directory, beside, directory, name) < 0 ? -errno : 0;
}

bool file_put_may_be_called(const char *name)
{
    return name[0] != '\0' && name[0] != '.' && !strchr(name, '/');
}

typedef struct FilePut {
    bool may_replace;
    bool is_fleeting;
    mode_t mode; /* of a fleeting one */
} FilePut;

/* What the file is to be before it has its name. */
static int file_put_finish(int fd, const FilePut *how)
{
    if (how->is_fleeting)
        return fchmod(fd, how->mode) < 0 ? -errno : 0;
    return fsync(fd) < 0 ? -errno : 0;
}

static int file_put_as(int directory, const char *name, const char *bytes, size_t size,
                       const FilePut *how)
{
    char beside[NAME_MAX + 1];
    _cleanup_(file_closep) int fd = -1;
    int r;

    assert(file_put_may_be_called(name));
    fd = open_beside(directory, name, beside);
    if (fd < 0)
        return fd;
    r = file_write(fd, bytes, size);
    if (r == 0)
        r = file_put_finish(fd, how);
    if (r == 0)
        r = take_name(directory, beside, name, how->may_replace);
    if (r < 0) {
        unlinkat(directory, beside, 0);
        return r;
    }
    return how->is_fleeting || fsync(directory) == 0 ? 0 : -errno;
}

int file_put(int directory, const char *name, const char *bytes, size_t size, bool may_replace)
{
    return file_put_as(directory, name, bytes, size, &(FilePut){.may_replace = may_replace});
}

int file_put_fleeting(int directory, const char *name, const char *bytes, size_t size, mode_t mode)
{
    return file_put_as(directory, name, bytes, size,
                       &(FilePut){.may_replace = true, .is_fleeting = true, .mode = mode});
}
