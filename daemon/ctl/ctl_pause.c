/* SPDX-License-Identifier: MIT */
#include "daemon/cli/control_path.h"
#include "daemon/cli/exit_status.h"
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

/* Whether a fleet has it and all whom it concerns have taken it; else that is said. */
static int ctl_pause_judge(const Json *root)
{
    const Json *fleet = json_find(root, "fleet");
    const char *until = row_text(fleet, "changes_until"), *owner = row_text(fleet, "untaken_by");
    _cleanup_(buf_done) Buf text = {0};

    if (!fleet)
        return EXIT_IN_SYNC;
    if (!row_is_true(fleet, "everywhere"))
        buf_printf(
            &text,
            "it holds on this host alone (%s); it is written to etcd when that answers again",
            row_text(fleet, "error"));
    else if (until[0])
        buf_printf(&text,
                   "%s has not said within 5 s that it goes by it: changes that were begun before "
                   "may go on until %s",
                   owner[0] ? owner : "whoever owns the instance", until);
    if (buf_failed(&text) < 0)
        return ctl_no_memory();
    return text.size > 0 ? ctl_say(EXIT_FAILED, buf_text(&text)) : EXIT_IN_SYNC;
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

static void ctl_pause_request(const Options *options, Buf *request)
{
    JsonWriter writer = {.buf = request};

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
}

int ctl_pause(const Options *options)
{
    _cleanup_(buf_done) Buf request = {0};
    _cleanup_(json_freep) Json *root = NULL;
    Err err = {0};
    int status, r;

    ctl_pause_request(options, &request);
    r = ctl_post(options, CONTROL_PATH_PAUSE, &request, &root, &err);
    if (r < 0)
        return ctl_fail(r, &err);
    status = ctl_print_answer(options, root, ctl_pause_show);
    return status == EXIT_IN_SYNC ? ctl_pause_judge(root) : status;
}

int ctl_resume(const Options *options)
{
    _cleanup_(buf_done) Buf request = {0};

    ctl_pause_request(options, &request);
    return ctl_change(options, CONTROL_PATH_RESUME, &request, ctl_resume_show);
}
