/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <sys/stat.h>

#include "daemon/cli/exit_status.h"
#include "daemon/cli/once.h"
#include "daemon/ctl/ctl_ask.h"
#include "daemon/ctl/ctl_commands.h"
#include "daemon/json/json.h"
#include "daemon/report/row.h"
#include "daemon/report/text.h"
#include "reconcile/report/report.h"

static int ctl_plan_show(const Options *options, json_object *root)
{
    const TextOptions text = {
        .colour = page_wants_colour(), .verbose = options->verbose, .summary = options->summary};
    _cleanup_(buf_done) Buf buf = {0};
    int status, r = options->json ? json_append(json_object_get(root), &buf)
                                  : report_text_append(root, &text, &buf);

    status = r < 0 ? ctl_no_memory() : ctl_print(&buf);
    return status == EXIT_IN_SYNC ? report_exit_status_of_word(row_text(root, "result")) : status;
}

/* Which settings are meant: a daemon that runs with others knows nothing of them. */
static json_object *ctl_plan_request(const struct stat *settings)
{
    json_object *request = json_new_object(), *file = json_new_object();

    json_put_number(file, "device", settings->st_dev);
    json_put_number(file, "inode", settings->st_ino);
    json_put(request, "settings", file);
    return request;
}

/* Whether none that could make the plan was found: then rosterctl makes it. */
static bool ctl_plan_is_for_us(const Options *options, int error)
{
    return error == -EXDEV ||
           (!options->socket_path && (ctl_means_no_daemon(error) || error == -EACCES));
}

int ctl_plan(const Options *options)
{
    json_object *root = NULL;
    struct stat settings;
    Err err = {0};
    int status, r;

    if (options->is_local || stat(options->config_path, &settings) < 0)
        return once_run(options);
    r = ctl_post(options, "/v1/plan", ctl_plan_request(&settings), &root, &err);
    if (ctl_plan_is_for_us(options, r))
        return once_run(options);
    if (r < 0)
        return ctl_fail(r, &err);
    status = ctl_plan_show(options, root);
    json_object_put(root);
    return status;
}
