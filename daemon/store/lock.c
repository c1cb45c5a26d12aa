/* The lock on the state directory: see lock.h. */
#include "daemon/store/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
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

static int lock_make_directory(const char *directory, Err *err)
{
    struct stat status;

    if (mkdir(directory, 0700) == 0) {
        lock_sync_parent(directory);
        return 0;
    }
    if (errno != EEXIST)
        return err_system(err, -errno, "the state directory %s cannot be made", directory);
    if (stat(directory, &status) < 0)
        return err_system(err, -errno, "the state directory %s cannot be used", directory);
    if (!S_ISDIR(status.st_mode))
        return err_set(err, -ENOTDIR, "the state directory %s is not a directory", directory);
    return 0;
}

int lock_take(const char *state_dir, Err *err)
{
    _cleanup_(buf_done) Buf path = {0};
    int fd, r = lock_make_directory(state_dir, err);

    if (r < 0)
        return r;
    buf_printf(&path, "%s/lock", state_dir);
    if (buf_failed(&path) < 0)
        return err_memory(err);
    fd = open(buf_text(&path), O_RDWR | O_CREAT | O_CLOEXEC | O_NOCTTY, 0600);
    if (fd < 0)
        return err_system(err, -errno, "the state in %s cannot be written: cannot open %s",
                          state_dir, buf_text(&path));
    if (flock(fd, LOCK_EX | LOCK_NB) == 0)
        return fd;
    r = -errno;
    close(fd);
    if (r == -EWOULDBLOCK)
        return err_set(err, r, "another rosterd holds %s", state_dir);
    return err_system(err, r, "%s cannot be locked", buf_text(&path));
}
