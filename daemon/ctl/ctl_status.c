/* SPDX-License-Identifier: MIT */
#include "daemon/cli/exit_status.h"
#include "daemon/ctl/ctl_ask.h"
#include "daemon/ctl/ctl_commands.h"
#include "daemon/http/unix_client.h"
#include "daemon/json/json_writer.h"
#include "daemon/report/page.h"
#include "daemon/report/row.h"
#include "daemon/report/status_text.h"
#include "reconcile/report/report.h"

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

/* Of two statuses of reports, the one that outranks the other: 1, 3, 2, 0. */
static int ctl_status_worse(int a, int b)
{
    static const int ranks[] = {0, 3, 1, 2};

    return ranks[a & 3] > ranks[b & 3] ? a : b;
}

/* As `rosterd --once` exits; a channel that no pass has read yet is drift that may be. */
static int ctl_status_exit(const Json *root)
{
    int status = row_text(root, "state_error")[0] ? EXIT_FAILED : EXIT_IN_SYNC;

    if (row_text(root, "invalid")[0])
        return EXIT_INVALID;
    for (size_t i = 0; i < row_count(root, "channels"); i++) {
        const char *result = row_text(row_at(root, "channels", i), "result");

        status = ctl_status_worse(status, report_exit_status_of_word(result[0] ? result : "drift"));
    }
    return status;
}

int ctl_status(const Options *options)
{
    _cleanup_(buf_done) Buf target = {0};
    _cleanup_(json_freep) Json *root = NULL;
    Err err = {0};
    int status, r;

    buf_puts(&target, "/v1/status");
    if (options->channel) {
        buf_puts(&target, "?channel=");
        unix_client_append_escaped(&target, options->channel);
    }
    r = buf_failed(&target) < 0 ? err_memory(&err) : ctl_get(options, target.data, &root, &err);
    if (r < 0)
        return ctl_fail(r, &err);
    status = ctl_status_print(options, root);
    if (status == EXIT_IN_SYNC && options->exit_code)
        status = ctl_status_exit(root);
    return status;
}
