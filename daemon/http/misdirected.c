/* SPDX-License-Identifier: MIT */
#include "daemon/http/misdirected.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/base/mem.h"
#include "daemon/base/str.h"

static void misdirected_append_path(const char *path, Buf *buf)
{
    for (; *path; path++) {
        unsigned char byte = (unsigned char)*path;
        bool is_plain = (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') ||
                        (byte >= 'a' && byte <= 'z') || strchr("-._~/", byte);

        if (is_plain)
            buf_putc(buf, *path);
        else
            buf_printf(buf, "%%%02X", byte);
    }
}

/* Where a link leads that may be read, though not what is behind it: a service's state below
 * /var/lib/private, for those who may only ask. NULL where it is no link. */
static char *misdirected_follow(const char *directory)
{
    _cleanup_(buf_done) Buf path = {0};
    const char *slash = strrchr(directory, '/');
    char target[PATH_MAX];
    ssize_t size = readlink(directory, target, sizeof(target));

    if (size <= 0)
        return NULL;
    if (target[0] != '/' && slash)
        buf_append(&path, directory, (size_t)(slash - directory) + 1);
    buf_append(&path, target, (size_t)size);
    return buf_failed(&path) < 0 ? NULL : buf_take(&path);
}

int misdirected_append_header(const char *directory, Buf *buf)
{
    _cleanup_free_ char *real = realpath(directory, NULL);

    if (!real && errno == EACCES)
        real = misdirected_follow(directory);

    buf_puts(buf, MISDIRECTED_HEADER ": ");
    misdirected_append_path(real ? real : directory, buf);
    return buf_failed(buf);
}

static bool misdirected_is(const char *value, const char *path)
{
    _cleanup_(buf_done) Buf text = {0};

    if (!path)
        return false;
    misdirected_append_path(path, &text);
    return str_equal(value, buf_text(&text));
}

int misdirected_check(const char *value, const char *directory, Err *err)
{
    _cleanup_free_ char *real = directory ? realpath(directory, NULL) : NULL;

    if (!value || misdirected_is(value, directory) || misdirected_is(value, real))
        return 0;
    return err_set(err, -EREMCHG,
                   "the rosterd that answers (pid %d) has the state_dir %s, not %.1024s: reach the "
                   "one meant with --socket PATH, or name its control_socket: in the settings",
                   (int)getpid(), directory ? directory : "of nowhere", value);
}
