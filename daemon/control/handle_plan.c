/* SPDX-License-Identifier: MIT */
#include "daemon/control/handle_plan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/control/channel_ref.h"
#include "daemon/control/loading.h"
#include "daemon/control/planning.h"
#include "daemon/control/reply.h"
#include "daemon/control/report_parts.h"
#include "daemon/json/json_value.h"
#include "daemon/report/select.h"

/* What is shown is borrowed from what is kept: `pass_id` is the run's. */
static void handle_plan_reply(const Control *control, const Planning *planning, const char *pass_id)
{
    Report report = control->planned, shown = {0};
    Err err = {0};
    int r;

    report.pass_id = pass_id;
    r = report_select(&report, planning->names, planning->name_count, &shown, &err);
    if (r < 0)
        reply_refuse(planning->request, reply_status(r), r == -ENOMEM ? "out of memory" : err.text);
    else
        report_parts_reply(control, planning->request, &shown);
}

static void handle_plan_answer(Control *control, Planning *planning)
{
    const char *pass_id;

    pass_run_finish(planning->run, NULL);
    pass_id = pass_run_get_report(planning->run)->pass_id;
    report_done(&control->planned);
    pass_run_take_report(planning->run, &control->planned);
    control->planned.pass_id = ""; /* it was the run's */
    control->planned_count++;
    handle_plan_reply(control, planning, pass_id);
}

static int handle_plan_begin(Control *control, Planning *planning, Err *err)
{
    return pass_run_begin(&planning->backend, PASS_ALL_INSTANCES, false, planning_on_done,
                          planning_on_event, control, &planning->run, err);
}

/* A name that fits nothing is told before anything is read. */
static int handle_plan_check(const Control *control, const char *channels, Err *err)
{
    _cleanup_free_ char *copy = strdup(channels);
    ChannelRef found;
    char *rest;
    int r = copy ? 0 : err_memory(err);

    for (char *line = copy ? strtok_r(copy, "\n", &rest) : NULL; line && r == 0;
         line = strtok_r(NULL, "\n", &rest)) {
        r = channel_ref_find(control->controller, line, &found, err);
        /* The plan's own reading may tell whose id it is. */
        if (r == -ENOTUNIQ ||
            (r == -ENOENT && channel_ref_may_be_unread(control->controller, line)))
            r = 0;
    }
    return r;
}

static void handle_plan_on_loaded(Control *control, ServerRequest *request, const char *channels)
{
    static const PlanningKind kind = {handle_plan_begin, handle_plan_answer};
    Err err = {0};
    int r = channels ? handle_plan_check(control, channels, &err) : 0;

    if (r < 0)
        reply_fail(request, r, &err);
    else
        planning_begin(control, request, &kind, channels);
}

/* Whether the daemon runs with the settings file that is meant. */
static bool handle_plan_is_meant(const Control *control, const Json *settings)
{
    uint64_t device = 0, inode = 0;

    return json_take_number(settings, "device", UINT64_MAX - 1, &device, NULL) == 0 &&
           json_take_number(settings, "inode", UINT64_MAX - 1, &inode, NULL) == 0 &&
           planning_is_meant(control, device, inode);
}

/* "channels" of the request, a line each. */
static int handle_plan_read_channels(const Json *root, Buf *ret_channels, Err *err)
{
    const Json *channels = json_find(root, "channels");

    if (channels && !json_is_array(channels))
        return err_set(err, -EINVAL, "channels: not a list");
    for (size_t i = 0; i < json_length(channels); i++) {
        const char *text = NULL;

        if (json_get_string(json_at(channels, i), &text) < 0 || !text[0] || strchr(text, '\n'))
            return err_set(err, -EINVAL, "channels[%zu]: not a name or an id", i);
        buf_printf(ret_channels, "%s\n", text);
    }
    return buf_failed(ret_channels) < 0 ? err_memory(err) : 0;
}

int handle_plan(Control *control, ServerRequest *request, const Json *root, Err *err)
{
    static const char *const keys[] = {"settings", "channels", NULL};
    _cleanup_(buf_done) Buf channels = {0};
    const Json *settings = json_find(root, "settings");
    int r = json_check_keys(root, keys, err);

    if (r < 0)
        return r;
    if (settings && !json_is_object(settings))
        return err_set(err, -EINVAL, "settings: not an object");
    r = handle_plan_read_channels(root, &channels, err);
    if (r < 0)
        return r;
    if (settings && !handle_plan_is_meant(control, settings)) {
        reply_refuse(request, 421, PLANNING_OTHER_SETTINGS);
        return 0;
    }
    return loading_begin(control, request, channels.size ? buf_text(&channels) : NULL,
                         handle_plan_on_loaded, err);
}
