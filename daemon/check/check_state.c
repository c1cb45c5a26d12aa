/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "daemon/base/buf.h"
#include "daemon/base/hang.h"
#include "daemon/check/check.h"

/* What a pass of many deletions and its log may take. */
#define STATE_ROOM_MIB 16U

static int check_state_access(const char *path, int mode)
{
    return faccessat(AT_FDCWD, path, mode, AT_EACCESS) == 0 ? 0 : -errno;
}

/* It is made by the first start, where only that is missing. */
static int check_state_parent(const char *directory, Buf *text, Err *err)
{
    _cleanup_free_ char *copy = strdup(directory);
    const char *parent = copy ? dirname(copy) : NULL;
    int r = parent ? check_state_access(parent, W_OK | X_OK) : -ENOMEM;

    if (r < 0)
        return err_set(
            err, r,
            "the state directory %s is not there and cannot be made: %s: %s: make it, for "
            "the user that rosterd runs as, or name another (state_dir in the settings)",
            directory, parent ? parent : "", err_reason(-r));
    buf_printf(text, "%s is made by the first start", directory);
    return 0;
}

static int check_state_room(const char *directory, Err *err)
{
    struct statvfs status;
    unsigned long long room;

    if (statvfs(directory, &status) < 0)
        return err_system(err, -errno, "the state directory %s cannot be looked at", directory);
    room = (unsigned long long)status.f_bavail * status.f_frsize / 1024;
    return room >= STATE_ROOM_MIB * 1024
               ? 0
               : err_set(
                     err, -ENOSPC,
                     "%s: %llu KiB are free, and nothing is changed that cannot be recorded: make "
                     "room, %u MiB at least",
                     directory, room, STATE_ROOM_MIB);
}

static int check_state_writable(const char *directory, uid_t owner, Err *err)
{
    _cleanup_(buf_done) Buf database = {0};
    int r = check_state_access(directory, R_OK | W_OK | X_OK);

    buf_printf(&database, "%s/rosterd.db", directory);
    if (buf_failed(&database) < 0)
        return err_memory(err);
    if (r == 0)
        r = check_state_access(buf_text(&database), R_OK | W_OK);
    if (r == 0 || r == -ENOENT)
        return check_state_room(directory, err);
    return err_set(
        err, r,
        "the state in %s cannot be written by uid %u: %s; it belongs to uid %u: run rosterd, "
        "and this check, as that one, or name another (state_dir in the settings)",
        directory, (unsigned)geteuid(), err_reason(-r), (unsigned)owner);
}

static int check_state_directory(const char *directory, Buf *text, Err *err)
{
    _cleanup_hang_ Hang hang = hang_enter(directory);
    struct stat status;
    int r;

    if (stat(directory, &status) < 0)
        return errno == ENOENT
                   ? check_state_parent(directory, text, err)
                   : err_system(err, -errno, "the state directory %s cannot be used", directory);
    if (!S_ISDIR(status.st_mode))
        return err_set(err, -ENOTDIR,
                       "the state directory %s is not a directory: name another (state_dir in the "
                       "settings)",
                       directory);
    r = check_state_writable(directory, status.st_uid, err);
    if (r == 0)
        buf_printf(text, "%s can be written", directory);
    return r;
}

void check_state(State *state, const Config *config, CheckTold told, void *userdata)
{
    _cleanup_(buf_done) Buf text = {0};
    CheckLine line = {.step = "state", .result = CHECK_FAILED};
    bool is_open = state_retry(state, config, true);
    Err err = {0};

    /* What a directory is refused for says more than that it cannot be read. */
    if (state->directory && check_state_directory(state->directory, &text, &err) < 0)
        line.text = err.text;
    else if (!is_open)
        line.text = state->err.text;
    else
        line = (CheckLine){.step = "state", .result = CHECK_OK, .text = buf_text(&text)};
    told(userdata, &line);
}
