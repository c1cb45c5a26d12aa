/* SPDX-License-Identifier: MIT */
#include "daemon/ctl/ctl.h"

#include <errno.h>

#include "daemon/base/buf.h"
#include "daemon/base/mem.h"
#include "daemon/base/str.h"
#include "daemon/cli/exit_status.h"
#include "daemon/ctl/ctl_ask.h"
#include "daemon/ctl/ctl_history.h"
#include "daemon/ctl/ctl_undo.h"
#include "daemon/ctl/show.h"
#include "daemon/json/json.h"

static int ctl_status(const Options *options)
{
    json_object *root = NULL;
    Err err = {0};
    int status, r = ctl_ask(options, "GET", "/v1/status", NULL, &root, &err);

    if (r < 0)
        return ctl_fail(r, &err);
    status = ctl_print_answer(options, root, show_status);
    json_object_put(root);
    return status;
}

static void ctl_append_approved(json_object *root, const char *channel, Buf *line)
{
    bool fits = show_text(root, "instance")[0];

    if (fits)
        buf_printf(line,
                   "approved: the next pass may carry out exactly this plan of %s, once, within "
                   "24 h",
                   channel);
    else
        buf_puts(line, "approved, but no plan of the last passes has this digest: it lets nothing "
                       "pass unless a pass within 24 h comes to exactly this plan");
    if (str_equal(show_text(root, "dry_run"), "true"))
        buf_puts(line, "; this rosterd is in dry run: it deletes nothing, and the approval is for "
                       "this run only");
}

/* What a service or a roster names must not steer the terminal. */
static int ctl_show_done(json_object *root, bool colour, Buf *buf)
{
    const char *reason = show_text(root, "reason"), *until = show_text(root, "until");
    const char *name = show_text(root, "name");
    _cleanup_(buf_done) Buf channel = {0}, line = {0};

    (void)colour;
    buf_printf(&channel, "%s/%s", show_text(root, "instance"),
               name[0] ? name : show_text(root, "id"));
    if (show_text(root, "digest")[0])
        ctl_append_approved(root, buf_text(&channel), &line);
    else if (reason[0])
        buf_printf(&line, "%s: paused%s%s: %s", buf_text(&channel),
                   until[0] ? " until " : ", without end", until, reason);
    else
        buf_printf(&line, "%s: resumed", buf_text(&channel));
    if (buf_failed(&channel) < 0 || buf_failed(&line) < 0)
        return -ENOMEM;
    str_clean(line.data);
    buf_printf(buf, "%s\n", line.data);
    return buf_failed(buf);
}

/* pause, resume and approve. */
static int ctl_change(const Options *options, const char *target)
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
    if (options->digest)
        json_put_text(request, "digest", options->digest);
    r = ctl_post(options, target, request, &root, &err);
    if (r < 0)
        return ctl_fail(r, &err);
    status = ctl_print_answer(options, root, ctl_show_done);
    json_object_put(root);
    return status;
}

/* As report_exit_status(), of a report that came as JSON. */
static int ctl_report_status(json_object *root)
{
    static const struct {
        const char *result;
        int status;
    } rows[] = {{"in_sync", 0}, {"converged", 0}, {"paused", 2}, {"drift", 2}, {"held", 3}};

    for (size_t i = 0; i < ELEMENTS(rows); i++) {
        if (str_equal(rows[i].result, show_text(root, "result")))
            return rows[i].status;
    }
    return EXIT_FAILED;
}

static int ctl_reconcile(const Options *options)
{
    json_object *request = json_new_object(), *root = NULL;
    Err err = {0};
    int status, r;

    if (options->channel)
        json_put_text(request, "channel", options->channel);
    r = ctl_post(options, "/v1/reconcile", request, &root, &err);
    if (r < 0)
        return ctl_fail(r, &err);
    status = ctl_print_answer(options, root, show_report);
    if (status == EXIT_IN_SYNC)
        status = ctl_report_status(root);
    json_object_put(root);
    return status;
}

int ctl_run(const Options *options)
{
    switch (options->action) {
    case ACTION_HISTORY:
        return ctl_history(options);
    case ACTION_PAUSE:
        return ctl_change(options, "/v1/pause");
    case ACTION_RESUME:
        return ctl_change(options, "/v1/resume");
    case ACTION_APPROVE:
        return ctl_change(options, "/v1/approve");
    case ACTION_RECONCILE:
        return ctl_reconcile(options);
    case ACTION_UNDO:
        return ctl_undo(options);
    case ACTION_STATUS:
    case ACTION_DAEMON:
    case ACTION_ONCE:
    case ACTION_PLAN:
    case ACTION_CHECK:
    case ACTION_VERSION:
    case ACTION_HELP:
        break;
    }
    return ctl_status(options);
}
