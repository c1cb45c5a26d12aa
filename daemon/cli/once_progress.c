/* SPDX-License-Identifier: MIT */
#include "daemon/cli/once_progress.h"

#include <sys/stat.h>
#include <unistd.h>

#include "daemon/base/clock.h"
#include "daemon/base/tty_line.h"
#include "daemon/report/progress_text.h"

#define SHOW_USEC USEC_PER_SEC

static int once_progress_on_time(sd_event_source *source, uint64_t usec, void *userdata)
{
    PassRun **run = userdata;
    _cleanup_(buf_done) Buf text = {0};

    (void)usec;
    if (!*run) /* it is over, and what follows is not long */
        return 0;
    progress_text_append(*run, &text);
    if (buf_failed(&text) == 0)
        tty_line_show(buf_text(&text));
    sd_event_source_set_time_relative(source, SHOW_USEC);
    sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
    return 0;
}

int once_progress_begin(sd_event *event, PassRun **run)
{
    int r;

    if (!tty_line_is_wanted())
        return 0;
    r = sd_event_add_time_relative(event, NULL, CLOCK_MONOTONIC, SHOW_USEC, USEC_PER_MSEC,
                                   once_progress_on_time, run);
    return r < 0 ? r : 0;
}

bool once_progress_is_beside_report(void)
{
    struct stat out, err;

    return isatty(STDOUT_FILENO) == 1 && isatty(STDERR_FILENO) == 1 &&
           fstat(STDOUT_FILENO, &out) == 0 && fstat(STDERR_FILENO, &err) == 0 &&
           out.st_rdev == err.st_rdev;
}
