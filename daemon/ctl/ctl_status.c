/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "daemon/cli/control_path.h"
#include "daemon/cli/exit_status.h"
#include "daemon/ctl/ctl_ask.h"
#include "daemon/ctl/ctl_commands.h"
#include "daemon/http/unix_client.h"
#include "daemon/json/json_writer.h"
#include "daemon/report/page.h"
#include "daemon/report/row.h"
#include "daemon/report/status_text.h"
#include "reconcile/report/report.h"

#define WATCH_SEC 2

static int ctl_status_print(const Options *options, const Json *root)
{
    const StatusTextOptions text = {
        .colour = page_wants_colour(),
        .problems = options->problems,
        .is_single = options->channel,
    };
    _cleanup_(buf_done) Buf buf = {0};
    int r = options->json ? json_append(root, &buf) : status_text_append(root, &text, &buf);

    return r < 0 ? ctl_no_memory() : ctl_print(&buf);
}

/* As `rosterd --once` exits; a channel that no pass has read yet is drift that may be. */
static int ctl_status_exit(const Json *root)
{
    Result worst = row_text(root, "state_error")[0] ? RESULT_FAILED : RESULT_IN_SYNC;

    if (row_text(root, "invalid")[0])
        return EXIT_INVALID;
    for (size_t i = 0; i < row_count(root, "channels"); i++) {
        const char *word = row_text(row_at(root, "channels", i), "result");
        Result result = word[0] ? report_result_of(word) : RESULT_DRIFT;

        worst = report_worse(worst, result);
    }
    return report_exit_status_of(worst);
}

static int ctl_status_ask(const Options *options, Json **ret_root)
{
    _cleanup_(buf_done) Buf target = {0};
    Err err = {0};
    int r;

    buf_puts(&target, CONTROL_PATH_STATUS);
    if (options->channel) {
        buf_puts(&target, "?channel=");
        unix_client_append_escaped(&target, options->channel);
    }
    r = buf_failed(&target) < 0 ? err_memory(&err) : ctl_get(options, target.data, ret_root, &err);
    return r < 0 ? ctl_fail(r, &err) : EXIT_IN_SYNC;
}

static int ctl_status_once(const Options *options)
{
    _cleanup_(json_freep) Json *root = NULL;
    int status = ctl_status_ask(options, &root);

    if (status == EXIT_IN_SYNC)
        status = ctl_status_print(options, root);
    if (status == EXIT_IN_SYNC && options->exit_code)
        status = ctl_status_exit(root);
    return status;
}

/* Until it is interrupted, or the daemon is gone. */
static int ctl_status_watch(const Options *options)
{
    const struct timespec pause = {.tv_sec = WATCH_SEC};
    bool is_terminal = isatty(STDOUT_FILENO) == 1;
    int status;

    do {
        if (is_terminal)
            fputs("\033[H\033[2J", stdout);
        status = ctl_status_once(options);
        if (!is_terminal && !options->json)
            puts("");
        fflush(stdout);
    } while (status == EXIT_IN_SYNC && nanosleep(&pause, NULL) == 0);
    return status;
}

int ctl_status(const Options *options)
{
    return options->watch ? ctl_status_watch(options) : ctl_status_once(options);
}
