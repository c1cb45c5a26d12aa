/* SPDX-License-Identifier: MIT */
#include "daemon/control/control.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "daemon/base/log.h"
#include "daemon/base/str.h"
#include "daemon/cli/control_path.h"
#include "daemon/cli/socket_path.h"
#include "daemon/control/control_internal.h"
#include "daemon/control/handle_approve.h"
#include "daemon/control/handle_channels.h"
#include "daemon/control/handle_history.h"
#include "daemon/control/handle_metrics.h"
#include "daemon/control/handle_page.h"
#include "daemon/control/handle_pause.h"
#include "daemon/control/handle_plan.h"
#include "daemon/control/handle_reconcile.h"
#include "daemon/control/handle_samples.h"
#include "daemon/control/handle_status.h"
#include "daemon/control/handle_undo.h"
#include "daemon/control/loading.h"
#include "daemon/control/planning.h"
#include "daemon/control/reply.h"
#include "daemon/http/misdirected.h"
#include "daemon/json/json_parser.h"

/* ---- the routes ---- */

typedef struct Route {
    const char *path;
    void (*show)(Control *control, ServerRequest *request);
    /* Answers, or returns what is wrong. */
    int (*change)(Control *control, ServerRequest *request, const Json *root, Err *err);
    bool is_reading; /* it changes nothing, and is for whoever may read */
} Route;

static const Route routes[] = {
    {CONTROL_PATH_PAGE, handle_page, NULL, true},
    {CONTROL_PATH_STATUS, handle_status, NULL, false},
    {CONTROL_PATH_HISTORY, handle_history, NULL, false},
    {CONTROL_PATH_SAMPLES, handle_samples, NULL, false},
    {CONTROL_PATH_PROGRESS, handle_progress, NULL, false},
    {CONTROL_PATH_METRICS, handle_metrics, NULL, true},
    {CONTROL_PATH_CHANNELS, handle_channels, NULL, true},
    {CONTROL_PATH_PLAN, NULL, handle_plan, true},
    {CONTROL_PATH_PAUSE, NULL, handle_pause, false},
    {CONTROL_PATH_RESUME, NULL, handle_resume, false},
    {CONTROL_PATH_APPROVE, NULL, handle_approve, false},
    {CONTROL_PATH_RECONCILE, NULL, handle_reconcile_begin, false},
    {CONTROL_PATH_UNDO, NULL, handle_undo, false},
};

static void control_change(Control *control, ServerRequest *request, const Route *route)
{
    Json *root = NULL;
    Err err = {0};
    int r;

    if (!route->is_reading && !server_request_may_change(request)) {
        reply_refuse(request, 403, "only root and rosterd's own user may change anything");
        return;
    }
    r = json_parse_request(server_request_body(request), &root, &err);
    if (r == 0)
        r = route->change(control, request, root, &err);
    if (r < 0)
        reply_fail(request, r, &err);
    json_free(root);
}

static void control_on_call(ServerRequest *request, void *userdata)
{
    Control *control = userdata;
    const char *method = server_request_method(request);
    const char *state_dir = server_request_header(request, MISDIRECTED_HEADER);
    const Route *route = NULL;
    Err err = {0};

    for (size_t i = 0; i < ELEMENTS(routes) && !route; i++) {
        if (str_equal(routes[i].path, server_request_path(request)))
            route = &routes[i];
    }
    if (!route)
        reply_refuse(request, 404, "no such path: see rosterctl(1)");
    else if (!str_equal(method, route->show ? "GET" : "POST"))
        reply_refuse(request, 405, route->show ? "this path takes GET" : "this path takes POST");
    else if (misdirected_check(state_dir, control->state->directory, &err) < 0)
        reply_refuse(request, 421, err.text);
    else if (!control->controller)
        reply_refuse(request, 503, "rosterd is starting");
    else if (route->show)
        route->show(control, request);
    else
        control_change(control, request, route);
}

int control_writable(const Control *control, Err *err)
{
    if (control->dry_run)
        return err_set(err, -EPERM, "this rosterd is in dry run, and records nothing");
    if (control->state->store)
        return 0;
    *err = control->state->err;
    return -EIO;
}

/* ---- beginning and ending ---- */

int control_new(sd_event *event, const char *path, const State *state, bool dry_run,
                const char *invalid, Control **ret_control, Err *err)
{
    Control *control = calloc(1, sizeof(*control));
    int fd, r;

    if (!control)
        return err_memory(err);
    fd = socket_path_listen(path, err);
    if (fd < 0) {
        free(control);
        return fd;
    }
    *control = (Control){
        .event = event,
        .path = strdup(path),
        .state = state,
        .dry_run = dry_run,
        .invalid = invalid,
    };
    r = server_new(event, fd, control_on_call, control, &control->server);
    if (r < 0 || !control->path) {
        control_free(control);
        return err_system(err, r < 0 ? r : -ENOMEM, "the control socket cannot be served");
    }
    *ret_control = control;
    return 0;
}

Control *control_open(sd_event *event, const Config *config, const State *state, bool dry_run,
                      const char *invalid)
{
    _cleanup_free_ char *path = NULL;
    Control *control = NULL;
    Err err = {0};
    int r = socket_path_choose(config, &path, &err);

    if (r >= 0)
        r = control_new(event, path, state, dry_run, invalid, &control, &err);
    if (r < 0)
        log_event(LOG_LEVEL_ERR, NULL, "no control socket, rosterctl cannot reach this rosterd: %s",
                  err.text);
    return control;
}

void control_free(Control *control)
{
    if (!control)
        return;
    loading_end_all(control);
    planning_end(control);
    handle_reconcile_end_all(control);
    handle_undo_end(control);
    aside_leavep(&control->pulls);
    server_free(control->server);
    if (control->path)
        socket_path_remove(control->path);
    report_done(&control->planned);
    buf_done(&control->page.document);
    free(control->waiters);
    free(control->path);
    free(control);
}

void control_set_controller(Control *control, Controller *controller)
{
    if (!control)
        return;
    report_done(&control->planned); /* it borrows from the configuration before */
    control->controller = controller;
    planning_ask_again(control);
    handle_reconcile_ask_again(control);
    handle_undo_ask_again(control);
}

void control_use_loader(Control *control, const ControlLoader *loader)
{
    if (control)
        control->loader = *loader;
}

void control_on_pass(Control *control)
{
    if (!control)
        return;
    handle_reconcile_look(control);
}
