/* SPDX-License-Identifier: MIT */
#include "daemon/log/warnings.h"

#include <string.h>

#include "daemon/base/log.h"
#include "daemon/base/str.h"

void warnings_log(const Config *config, const Config *before)
{
    _cleanup_(buf_done) Buf now = {0}, then = {0};
    char *rest, *line;

    problems_print(&config->warnings, &now);
    if (before)
        problems_print(&before->warnings, &then);
    if (buf_failed(&now) < 0 || str_equal(buf_text(&now), buf_text(&then)))
        return;
    for (line = strtok_r(now.data, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
        log_event(LOG_LEVEL_WARNING, NULL, "%s", line);
}
