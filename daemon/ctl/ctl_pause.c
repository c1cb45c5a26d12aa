/* SPDX-License-Identifier: MIT */
#include "daemon/cli/control_path.h"
#include "daemon/ctl/ctl_ask.h"
#include "daemon/ctl/ctl_commands.h"
#include "daemon/json/json_writer.h"
#include "daemon/report/pause.h"
#include "daemon/report/row.h"

static int ctl_pause_show(const Json *root, bool colour, Buf *buf)
{
    const Page page = {.buf = buf, .colour = colour};

    report_pause_line(&page, root, "", false);
    report_pause_replaced(&page, root);
    return buf_failed(buf);
}

/* Lists the pauses of other scopes that still hold: without them, whoever resumed would think that
 * the channel is not paused any more. */
static int ctl_resume_show(const Json *root, bool colour, Buf *buf)
{
    const Page page = {.buf = buf, .colour = colour};
    char name[ROW_NAME_SIZE];

    page_printf(&page, "%s: resumed", report_pause_scope(root, name, sizeof(name)));
    page_newline(&page);
    for (size_t i = 0; i < row_count(root, "holding"); i++)
        report_pause_line(&page, row_at(root, "holding", i), "still holding: ", false);
    return buf_failed(buf);
}

static int ctl_pause_change(const Options *options, const char *target, Show show)
{
    _cleanup_(buf_done) Buf request = {0};
    JsonWriter writer = {.buf = &request};

    json_open_object(&writer, NULL);
    if (options->channel)
        json_put_text(&writer, "channel", options->channel);
    if (options->instance)
        json_put_text(&writer, "instance", options->instance);
    if (options->all)
        json_put_bool(&writer, "all", true);
    if (options->reason)
        json_put_text(&writer, "reason", options->reason);
    if (options->duration)
        json_put_text(&writer, "for", options->duration);
    json_close_object(&writer);
    return ctl_change(options, target, &request, show);
}

int ctl_pause(const Options *options)
{
    return ctl_pause_change(options, CONTROL_PATH_PAUSE, ctl_pause_show);
}

int ctl_resume(const Options *options)
{
    return ctl_pause_change(options, CONTROL_PATH_RESUME, ctl_resume_show);
}
