/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "daemon/base/utf8.h"
#include "daemon/cli/control_path.h"
#include "daemon/ctl/ctl_ask.h"
#include "daemon/ctl/ctl_commands.h"

/* A terminal is steered by nothing in it: rosterd writes what it would not show otherwise. */
static bool ctl_metrics_is_plain(const Buf *text)
{
    const char *at = buf_text(text);

    for (size_t i = 0, size; i < text->size; i += size) {
        size = utf8_sequence(at + i, text->size - i);
        if (size == 0 || (at[i] != '\n' && utf8_is_unseen(utf8_decode(at + i, size))))
            return false;
    }
    return true;
}

int ctl_metrics(const Options *options)
{
    _cleanup_(buf_done) Buf text = {0};
    Err err = {0};
    int r = ctl_get_text(options, CONTROL_PATH_METRICS, &text, &err);

    if (r == 0 && !ctl_metrics_is_plain(&text))
        r = err_set(&err, -EPROTO, "what answers on the control socket is no rosterd");
    return r < 0 ? ctl_fail(r, &err) : ctl_print(&text);
}
