/* SPDX-License-Identifier: MIT */
#include "daemon/store/state_dir.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/base/buf.h"
#include "daemon/base/str.h"

static void state_dir_append(Buf *path)
{
    const char *service = getenv("STATE_DIRECTORY");
    const char *xdg = getenv("XDG_STATE_HOME");
    const char *home = getenv("HOME");

    if (!str_is_empty(service))
        buf_append(path, service, strcspn(service, ":"));
    else if (geteuid() == 0)
        buf_puts(path, STATE_DIR_OF_ROOT);
    else if (!str_is_empty(xdg))
        buf_printf(path, "%s/rosterd", xdg);
    else if (!str_is_empty(home))
        buf_printf(path, "%s/.local/state/rosterd", home);
}

int state_dir_find(const Config *config, char **ret_path, Err *err)
{
    Buf path = {0};
    char *text;

    if (config->state_dir)
        buf_puts(&path, config->state_dir);
    else
        state_dir_append(&path);
    if (path.size == 0 && !path.failed) {
        buf_done(&path);
        return err_set(err, -ENOENT,
                       "no place is known for the state: set state_dir in the settings");
    }
    text = buf_take(&path);
    if (!text)
        return err_memory(err);
    *ret_path = text;
    return 0;
}
