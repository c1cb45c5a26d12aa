/* SPDX-License-Identifier: MIT */
#include "daemon/base/clock.h"
#include "daemon/base/hang.h"
#include "daemon/cli/control_path.h"
#include "daemon/cli/exit_status.h"
#include "daemon/cli/once.h"
#include "daemon/ctl/ctl_ask.h"
#include "daemon/ctl/ctl_commands.h"
#include "daemon/ctl/ctl_kept.h"
#include "daemon/json/json_writer.h"
#include "daemon/report/plan_file.h"
#include "daemon/report/row.h"
#include "reconcile/report/report.h"

static int ctl_plan_keep(const Options *options, Kept *kept)
{
    const ReportSource source = kept_source(kept);
    _cleanup_hang_ Hang hang = hang_enter(options->out_path);
    Err err = {0};
    int r = plan_file_write(&source, clock_realtime_usec(), options->out_path, &err);

    if (r < 0)
        ctl_say(EXIT_FAILED, err.text);
    return r;
}

static int ctl_plan_append(const ReportSource *source, const void *userdata, Buf *buf)
{
    const Options *options = userdata;
    const TextOptions text = {
        .colour = page_wants_colour(), .verbose = options->verbose, .summary = options->summary};

    return report_format_append(source, options->format, &text, buf);
}

static int ctl_plan_show(const Options *options, Kept *kept)
{
    int status = ctl_print_kept(kept, stdout, ctl_plan_append, options);

    if (options->out_path && ctl_plan_keep(options, kept) < 0)
        return EXIT_FAILED;
    return status == EXIT_IN_SYNC
               ? report_exit_status_of(report_result_of(row_text(kept_root(kept), "result")))
               : status;
}

/* Which settings are meant: a daemon that runs with others knows nothing of them. */
static void ctl_plan_request(const Options *options, const struct stat *settings, Buf *request)
{
    JsonWriter writer = {.buf = request};

    json_open_object(&writer, NULL);
    json_open_object(&writer, "settings");
    json_put_number(&writer, "device", settings->st_dev);
    json_put_number(&writer, "inode", settings->st_ino);
    json_close_object(&writer);
    if (options->channel_count > 0) {
        json_open_array(&writer, "channels");
        for (size_t i = 0; i < options->channel_count; i++)
            json_put_text(&writer, NULL, options->channels[i]);
        json_close_array(&writer);
    }
    json_close_object(&writer);
}

int ctl_plan(const Options *options)
{
    _cleanup_(kept_freep) Kept *kept = NULL;
    _cleanup_(buf_done) Buf request = {0};
    struct stat settings;
    Err err = {0};
    int r;

    if (!ctl_asks_daemon(options, &settings))
        return once_run(options);
    ctl_plan_request(options, &settings, &request);
    r = ctl_post_kept(options, CONTROL_PATH_PLAN, &request, &kept, &err);
    if (ctl_is_for_us(options, r))
        return once_run(options);
    return r < 0 ? ctl_fail(r, &err) : ctl_plan_show(options, kept);
}
