/* SPDX-License-Identifier: MIT */
#include "daemon/cli/control_path.h"
#include "daemon/cli/exit_status.h"
#include "daemon/ctl/ctl_ask.h"
#include "daemon/ctl/ctl_commands.h"
#include "daemon/json/json_writer.h"
#include "daemon/report/row.h"
#include "daemon/report/text.h"
#include "reconcile/report/report.h"

static int ctl_reconcile_show(const Json *root, bool colour, Buf *buf)
{
    return report_text_append(&(ReportSource){.root = root}, &(TextOptions){.colour = colour}, buf);
}

int ctl_reconcile(const Options *options)
{
    _cleanup_(json_freep) Json *root = NULL;
    _cleanup_(buf_done) Buf request = {0};
    JsonWriter writer = {.buf = &request};
    Err err = {0};
    int status, r;

    json_open_object(&writer, NULL);
    if (options->channel)
        json_put_text(&writer, "channel", options->channel);
    json_close_object(&writer);
    r = ctl_post(options, CONTROL_PATH_RECONCILE, &request, &root, &err);
    if (r < 0)
        return ctl_fail(r, &err);
    status = ctl_print_answer(options, root, ctl_reconcile_show);
    if (status == EXIT_IN_SYNC)
        status = report_exit_status_of(report_result_of(row_text(root, "result")));
    return status;
}
