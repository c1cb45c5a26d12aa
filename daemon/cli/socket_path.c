/* SPDX-License-Identifier: MIT */
#include "daemon/cli/socket_path.h"

#include <errno.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "daemon/base/buf.h"
#include "daemon/base/file.h"
#include "daemon/base/hang.h"
#include "daemon/base/str.h"
#include "daemon/store/state_dir.h"

#define NAME "control.sock"
#define ROOT_PATH "/run/rosterd/" NAME
#define PLACES 4
#define BACKLOG 1024 /* more than the stuck clients of a busy host */

/* The paths in their order; those that do not apply are left out. */
typedef struct Candidates {
    char *paths[PLACES];
    bool are_common[PLACES]; /* not of the settings */
    size_t count;
} Candidates;

static void candidates_done(Candidates *candidates)
{
    for (size_t i = 0; i < candidates->count; i++)
        free(candidates->paths[i]);
}

static void candidates_add(Candidates *candidates, Buf *path, bool is_common)
{
    char *text = path->size ? buf_take(path) : NULL;

    buf_done(path);
    if (!text)
        return;
    candidates->are_common[candidates->count] = is_common;
    candidates->paths[candidates->count++] = text;
}

static void candidates_collect(Candidates *candidates, const Config *config, bool has_root_path)
{
    const char *runtime = getenv("RUNTIME_DIRECTORY");
    _cleanup_free_ char *state_dir = NULL;
    Buf path = {0};

    if (config && config->control_socket)
        buf_puts(&path, config->control_socket);
    candidates_add(candidates, &path, false);
    if (!str_is_empty(runtime)) {
        buf_append(&path, runtime, strcspn(runtime, ":"));
        buf_puts(&path, "/" NAME);
    }
    candidates_add(candidates, &path, true);
    if (has_root_path)
        buf_puts(&path, ROOT_PATH);
    candidates_add(candidates, &path, true);
    if (config && state_dir_find(config, &state_dir, NULL) == 0)
        buf_printf(&path, "%s/" NAME, state_dir);
    candidates_add(candidates, &path, false);
}

int socket_path_choose(const Config *config, char **ret_path, Err *err)
{
    _cleanup_(candidates_done) Candidates candidates = {0};

    candidates_collect(&candidates, config, geteuid() == 0);
    if (candidates.count == 0)
        return err_set(err, -ENOENT,
                       "no place is known for the control socket: set control_socket "
                       "in the settings");
    *ret_path = TAKE_PTR(candidates.paths[0]);
    return 0;
}

int socket_path_find(const Config *config, char **ret_path, bool *ret_is_common, Err *err)
{
    _cleanup_(candidates_done) Candidates candidates = {0};
    struct stat status;

    candidates_collect(&candidates, config, true);
    for (size_t i = 0; i < candidates.count; i++) {
        _cleanup_hang_ Hang hang = hang_enter(candidates.paths[i]);

        if (stat(candidates.paths[i], &status) < 0 && errno == ENOENT)
            continue;
        *ret_path = TAKE_PTR(candidates.paths[i]);
        *ret_is_common = candidates.are_common[i];
        return 0;
    }
    return err_set(err, -ENOENT, "no rosterd runs here: there is no control socket at %s",
                   candidates.count ? candidates.paths[0] : ROOT_PATH);
}

static int socket_path_address(const char *path, struct sockaddr_un *ret_address, Err *err)
{
    *ret_address = (struct sockaddr_un){.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof(ret_address->sun_path))
        return err_set(err, -ENAMETOOLONG,
                       "the control socket's path %s is too long: %zu bytes are the most", path,
                       sizeof(ret_address->sun_path) - 1);
    str_copy(ret_address->sun_path, sizeof(ret_address->sun_path), path);
    return 0;
}

/* Whether somebody listens there. */
static bool socket_path_is_alive(const struct sockaddr_un *address)
{
    _cleanup_(file_closep) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    return fd >= 0 && (connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0 ||
                       errno == EAGAIN);
}

static int socket_path_clear(const struct sockaddr_un *address, Err *err)
{
    const char *path = address->sun_path;
    struct stat status;

    if (lstat(path, &status) < 0)
        return errno == ENOENT ? 0 : err_system(err, -errno, "the control socket %s", path);
    if (!S_ISSOCK(status.st_mode))
        return err_set(err, -EEXIST, "the control socket %s: something else is there", path);
    if (socket_path_is_alive(address))
        return err_set(err, -EADDRINUSE,
                       "another program listens on %s: set control_socket in the settings", path);
    if (unlink(path) < 0)
        return err_system(err, -errno, "the control socket %s cannot be replaced", path);
    return 0;
}

static void socket_path_make_directory(const char *path)
{
    _cleanup_free_ char *copy = strdup(path);

    if (copy)
        mkdir(dirname(copy), 0755);
}

int socket_path_listen(const char *path, Err *err)
{
    _cleanup_(file_closep) int fd = -1;
    _cleanup_hang_ Hang hang = hang_enter(path);
    struct sockaddr_un address;
    mode_t mask;
    int r = socket_path_address(path, &address, err);

    if (r < 0)
        return r;
    socket_path_make_directory(path);
    r = socket_path_clear(&address, err);
    if (r < 0)
        return r;
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return err_system(err, -errno, "no control socket can be made");
    mask = umask(0117);
    r = bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0 ? -errno : 0;
    umask(mask);
    if (r == 0 && listen(fd, BACKLOG) < 0)
        r = -errno;
    if (r < 0)
        return err_system(err, r, "the control socket %s cannot be made", path);
    r = fd;
    fd = -1;
    return r;
}

void socket_path_remove(const char *path)
{
    _cleanup_hang_ Hang hang = hang_enter(path);
    struct stat status;

    if (lstat(path, &status) == 0 && S_ISSOCK(status.st_mode))
        unlink(path);
}
