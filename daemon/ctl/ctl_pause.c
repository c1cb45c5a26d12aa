/* SPDX-License-Identifier: MIT */
#include "daemon/ctl/ctl_ask.h"
#include "daemon/ctl/ctl_commands.h"
#include "daemon/json/json_writer.h"
#include "daemon/report/page.h"
#include "daemon/report/row.h"

static int ctl_pause_show(const Json *root, bool colour, Buf *buf)
{
    const char *reason = row_text(root, "reason"), *until = row_text(root, "until");
    const Page page = {.buf = buf, .colour = colour};
    char name[512];

    row_channel(root, name, sizeof(name));
    if (reason[0])
        page_printf(&page, "%s: paused%s%s: %s", name, until[0] ? " until " : ", without end",
                    until, reason);
    else
        page_printf(&page, "%s: resumed", name);
    page_newline(&page);
    return buf_failed(buf);
}

static int ctl_pause_change(const Options *options, const char *target)
{
    _cleanup_(json_freep) Json *root = NULL;
    _cleanup_(buf_done) Buf request = {0};
    JsonWriter writer = {.buf = &request};
    Err err = {0};
    int r;

    json_open_object(&writer, NULL);
    if (options->channel)
        json_put_text(&writer, "channel", options->channel);
    if (options->reason)
        json_put_text(&writer, "reason", options->reason);
    if (options->span)
        json_put_text(&writer, "for", options->span);
    json_close_object(&writer);
    r = ctl_post(options, target, &request, &root, &err);
    return r < 0 ? ctl_fail(r, &err) : ctl_print_answer(options, root, ctl_pause_show);
}

int ctl_pause(const Options *options)
{
    return ctl_pause_change(options, "/v1/pause");
}

int ctl_resume(const Options *options)
{
    return ctl_pause_change(options, "/v1/resume");
}
