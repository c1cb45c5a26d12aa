/* SPDX-License-Identifier: MIT */
#include "daemon/control/handle_plan.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "daemon/base/aside.h"
#include "daemon/base/mem.h"
#include "daemon/control/channel_ref.h"
#include "daemon/control/loading.h"
#include "daemon/control/reply.h"
#include "daemon/json/json_value.h"
#include "daemon/report/json.h"
#include "daemon/report/select.h"

/* The dry run under way. Its backend is one of its own, whose client sends nothing but reads; of
 * the daemon's it uses the throttles, so that both together keep to requests_per_second. */
struct Planning {
    ServerRequest *request;
    char *channels;      /* those that are asked for, a line each; NULL: all */
    Backend backend;     /* without a client before it begins */
    Throttle *throttles; /* the backend's own, put aside */
    PassRun *run;
};

/* ---- ending ---- */

static void handle_plan_stop(struct Planning *planning)
{
    if (planning->backend.client)
        roma_client_cancel_all(planning->backend.client);
    pass_run_free(planning->run);
    planning->run = NULL;
    if (planning->throttles)
        planning->backend.throttles = planning->throttles;
    planning->throttles = NULL;
    if (planning->backend.config)
        backend_close(&planning->backend);
    planning->backend = (Backend){0};
}

static void handle_plan_drop(Control *control)
{
    struct Planning *planning = control->planning;

    control->planning = NULL;
    handle_plan_stop(planning);
    free(planning->channels);
    free(planning);
}

static void handle_plan_answer(struct Planning *planning, const Report *report)
{
    _cleanup_free_ const char **names = NULL;
    size_t count = 0, capacity = 0;
    Report shown = {0};
    Buf buf = {0};
    Err err = {0};
    char *rest;
    int r = 0;

    for (char *line = planning->channels ? strtok_r(planning->channels, "\n", &rest) : NULL;
         line && r == 0; line = strtok_r(NULL, "\n", &rest)) {
        r = mem_grow(&names, &capacity, count + 1, sizeof(*names));
        if (r == 0)
            names[count++] = line;
    }
    if (r == 0)
        r = report_select(report, names, count, &shown, &err);
    if (r < 0) {
        reply_refuse(planning->request, reply_status(r), r == -ENOMEM ? "out of memory" : err.text);
        return;
    }
    report_json_append(&shown, &buf);
    report_select_done(&shown);
    reply_answer(planning->request, &buf);
}

static void handle_plan_on_done(PassRun *run, void *userdata)
{
    Control *control = userdata;

    assert(control->planning && control->planning->run == run);
    pass_run_finish(run, NULL);
    handle_plan_answer(control->planning, pass_run_get_report(run));
    report_done(&control->planned);
    pass_run_take_report(run, &control->planned);
    control->planned.pass_id = ""; /* it was the run's */
    handle_plan_drop(control);
}

/* Whoever asked sees the report; the log is for what the daemon does by itself. */
static void handle_plan_on_event(const Event *event, void *userdata)
{
    (void)event;
    (void)userdata;
}

/* ---- beginning ---- */

static void handle_plan_begin(Control *control)
{
    struct Planning *planning = control->planning;
    Controller *controller = control->controller;
    Err err = {0};
    int r = backend_open(&planning->backend, control->event, controller->config, true,
                         controller->backend.store, &controller->backend.store_err, &err);

    if (r >= 0) {
        planning->throttles = planning->backend.throttles;
        planning->backend.throttles = controller->backend.throttles;
        r = pass_run_begin(&planning->backend, PASS_ALL_INSTANCES, false, handle_plan_on_done,
                           handle_plan_on_event, control, &planning->run, &err);
    }
    if (r >= 0)
        return;
    reply_refuse(planning->request, 500, err.text);
    handle_plan_drop(control);
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
    _cleanup_free_ char *copy = channels ? strdup(channels) : NULL;
    Err err = {0};
    int r = channels ? handle_plan_check(control, channels, &err) : 0;

    if (r < 0) {
        reply_fail(request, r, &err);
        return;
    }
    if (control->planning) {
        reply_refuse(request, 503, "another plan is being made: ask again when it is done");
        return;
    }
    control->planning = calloc(1, sizeof(*control->planning));
    if (!control->planning || (channels && !copy)) {
        free(TAKE_PTR(control->planning));
        reply_refuse(request, 500, "out of memory");
        return;
    }
    control->planning->request = request;
    control->planning->channels = TAKE_PTR(copy);
    handle_plan_begin(control);
}

/* Whether the daemon runs with the settings file that is meant. */
static bool handle_plan_is_meant(const Control *control, const Json *settings)
{
    const Config *config = control->controller->config;
    uint64_t device = 0, inode = 0;
    struct stat status;

    return config->file_count > 0 && aside_stat(config->files[0], &status) == 0 &&
           json_take_number(settings, "device", UINT64_MAX - 1, &device, NULL) == 0 &&
           json_take_number(settings, "inode", UINT64_MAX - 1, &inode, NULL) == 0 &&
           device == status.st_dev && inode == status.st_ino;
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
        reply_refuse(request, 421, "this rosterd runs with another settings file");
        return 0;
    }
    return loading_begin(control, request, channels.size ? buf_text(&channels) : NULL,
                         handle_plan_on_loaded, err);
}

void handle_plan_ask_again(Control *control)
{
    if (!control->planning)
        return;
    handle_plan_stop(control->planning);
    handle_plan_begin(control);
}

void handle_plan_end(Control *control)
{
    if (!control->planning)
        return;
    reply_refuse(control->planning->request, 503, "rosterd is ending");
    handle_plan_drop(control);
}

const PassRun *handle_plan_find_run(const Control *control)
{
    return control->planning ? control->planning->run : NULL;
}
