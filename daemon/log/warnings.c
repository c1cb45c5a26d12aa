/* SPDX-License-Identifier: MIT */
#include "daemon/log/warnings.h"

#include <string.h>

#include "config/closed.h"
#include "daemon/base/clock.h"
#include "daemon/base/log.h"
#include "daemon/base/str.h"

void warnings_print(const Config *config, Buf *buf)
{
    _cleanup_(problems_done) Problems closed = {0};

    closed_warn(config, clock_realtime_usec(), &closed);
    problems_print(&config->warnings, buf);
    problems_print(&closed, buf);
}

void warnings_log(const Config *config, const Config *before)
{
    _cleanup_(buf_done) Buf now = {0}, then = {0};
    char *rest, *line;

    warnings_print(config, &now);
    if (before)
        warnings_print(before, &then);
    if (buf_failed(&now) < 0 || str_equal(buf_text(&now), buf_text(&then)))
        return;
    for (line = strtok_r(now.data, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
        log_event(LOG_LEVEL_WARNING, NULL, "%s", line);
}
