/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "daemon/base/str.h"
#include "daemon/ctl/ctl_ask.h"
#include "daemon/ctl/ctl_commands.h"
#include "daemon/json/json_writer.h"
#include "daemon/report/page.h"
#include "daemon/report/row.h"

/* What a pause is of. */
static const char *ctl_pause_scope(const Json *row, char *ret_text, size_t size)
{
    const char *scope = row_text(row, "scope");

    if (str_equal(scope, "all"))
        str_copy(ret_text, size, "all instances");
    else if (str_equal(scope, "instance"))
        snprintf(ret_text, size, "instance %s", row_text(row, "instance"));
    else
        row_channel(row, ret_text, size);
    return ret_text;
}

static void ctl_pause_line(const Page *page, const Json *row, const char *before)
{
    const char *until = row_text(row, "until");
    char name[512];

    page_printf(page, "%s%s: paused%s%s: %s", before, ctl_pause_scope(row, name, sizeof(name)),
                until[0] ? " until " : ", without end", until, row_text(row, "reason"));
    page_newline(page);
}

static int ctl_pause_show(const Json *root, bool colour, Buf *buf)
{
    const Page page = {.buf = buf, .colour = colour};

    ctl_pause_line(&page, root, "");
    return buf_failed(buf);
}

/* Pauses of other scopes hold on: whoever resumed would take the channel for free. */
static int ctl_resume_show(const Json *root, bool colour, Buf *buf)
{
    const Page page = {.buf = buf, .colour = colour};
    char name[512];

    page_printf(&page, "%s: resumed", ctl_pause_scope(root, name, sizeof(name)));
    page_newline(&page);
    for (size_t i = 0; i < row_count(root, "holding"); i++)
        ctl_pause_line(&page, row_at(root, "holding", i), "still holding: ");
    return buf_failed(buf);
}

static int ctl_pause_change(const Options *options, const char *target, Show show)
{
    _cleanup_(json_freep) Json *root = NULL;
    _cleanup_(buf_done) Buf request = {0};
    JsonWriter writer = {.buf = &request};
    Err err = {0};
    int r;

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
    r = ctl_post(options, target, &request, &root, &err);
    return r < 0 ? ctl_fail(r, &err) : ctl_print_answer(options, root, show);
}

int ctl_pause(const Options *options)
{
    return ctl_pause_change(options, "/v1/pause", ctl_pause_show);
}

int ctl_resume(const Options *options)
{
    return ctl_pause_change(options, "/v1/resume", ctl_resume_show);
}
