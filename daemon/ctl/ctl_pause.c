/* SPDX-License-Identifier: MIT */
#include "daemon/ctl/ctl_ask.h"
#include "daemon/ctl/ctl_commands.h"
#include "daemon/json/json.h"
#include "daemon/report/page.h"
#include "daemon/report/row.h"

static int ctl_pause_show(json_object *root, bool colour, Buf *buf)
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
    json_object *request = json_new_object(), *root = NULL;
    Err err = {0};
    int status, r;

    if (options->channel)
        json_put_text(request, "channel", options->channel);
    if (options->reason)
        json_put_text(request, "reason", options->reason);
    if (options->span)
        json_put_text(request, "for", options->span);
    r = ctl_post(options, target, request, &root, &err);
    if (r < 0)
        return ctl_fail(r, &err);
    status = ctl_print_answer(options, root, ctl_pause_show);
    json_object_put(root);
    return status;
}

int ctl_pause(const Options *options)
{
    return ctl_pause_change(options, "/v1/pause");
}

int ctl_resume(const Options *options)
{
    return ctl_pause_change(options, "/v1/resume");
}
