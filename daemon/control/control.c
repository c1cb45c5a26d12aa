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
#include "daemon/control/fleet_request.h"
#include "daemon/control/handle_approve.h"
#include "daemon/control/handle_channels.h"
#include "daemon/control/handle_fleet.h"
#include "daemon/control/handle_health.h"
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
#include "daemon/control/page_making.h"
#include "daemon/control/planning.h"
#include "daemon/control/reply.h"
#include "daemon/http/misdirected.h"
#include "daemon/http/tcp_socket.h"
#include "daemon/json/json_parser.h"
#include "daemon/web/listener_files.h"

/* ---- the routes ---- */

/* Over TCP: not at all; with the token, where there is one; by anybody. */
typedef enum RouteReach { ROUTE_LOCAL, ROUTE_SHOWN, ROUTE_OPEN } RouteReach;

typedef struct Route {
    const char *path;
    /* Of a route that is shown over TCP, it answers at once. */
    void (*show)(Control *control, ServerRequest *request);
    /* Answers, or returns what is wrong. */
    int (*change)(Control *control, ServerRequest *request, const Json *root, Err *err);
    bool is_reading; /* it changes nothing, and is for whoever may read */
    RouteReach reach;
    bool is_for_any_state; /* also while rosterd is starting */
} Route;

static const Route routes[] = {
    {CONTROL_PATH_METRICS, handle_metrics, NULL, true, ROUTE_SHOWN, false},
    {CONTROL_PATH_PAGE, handle_page, NULL, true, ROUTE_SHOWN, true},
    {CONTROL_PATH_LIVE, handle_live, NULL, true, ROUTE_OPEN, true},
    {CONTROL_PATH_READY, handle_ready, NULL, true, ROUTE_OPEN, true},
    {CONTROL_PATH_STATUS, handle_status, NULL, false, ROUTE_SHOWN, false},
    {CONTROL_PATH_HISTORY, handle_history, NULL, false, ROUTE_SHOWN, false},
    {CONTROL_PATH_SAMPLES, handle_samples, NULL, false, ROUTE_SHOWN, false},
    {CONTROL_PATH_PROGRESS, handle_progress, NULL, false, ROUTE_LOCAL, false},
    {CONTROL_PATH_CHANNELS, handle_channels, NULL, true, ROUTE_LOCAL, false},
    {CONTROL_PATH_PLAN, NULL, handle_plan, true, ROUTE_LOCAL, false},
    {CONTROL_PATH_PAUSE, NULL, handle_pause, false, ROUTE_LOCAL, false},
    {CONTROL_PATH_RESUME, NULL, handle_resume, false, ROUTE_LOCAL, false},
    {CONTROL_PATH_APPROVE, NULL, handle_approve, false, ROUTE_LOCAL, false},
    {CONTROL_PATH_RECONCILE, NULL, handle_reconcile_begin, false, ROUTE_LOCAL, false},
    {CONTROL_PATH_FLEET, handle_fleet, NULL, false, ROUTE_LOCAL, false},
    {CONTROL_PATH_DRAIN, NULL, handle_drain, false, ROUTE_LOCAL, false},
    {CONTROL_PATH_UNDRAIN, NULL, handle_undrain, false, ROUTE_LOCAL, false},
    {CONTROL_PATH_UNDO, NULL, handle_undo, false, ROUTE_LOCAL, false},
};

static const Route *control_find_route(const ServerRequest *request)
{
    for (size_t i = 0; i < ELEMENTS(routes); i++) {
        if (str_equal(routes[i].path, server_request_path(request)))
            return &routes[i];
    }
    return NULL;
}

/* Of HEAD, the server leaves the body out. */
static bool control_is_look(const ServerRequest *request)
{
    const char *method = server_request_method(request);

    return str_equal(method, "GET") || str_equal(method, "HEAD");
}

static void control_refuse_method(ServerRequest *request, bool is_look)
{
    server_request_add_header(request, "Allow", is_look ? "GET, HEAD" : "POST");
    reply_refuse(request, 405, is_look ? "this path takes GET" : "this path takes POST");
}

static void control_show(Control *control, ServerRequest *request, const Route *route)
{
    if (control->controller || route->is_for_any_state)
        route->show(control, request);
    else
        reply_refuse(request, 503, "rosterd is starting");
}

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
    const char *state_dir = server_request_header(request, MISDIRECTED_HEADER);
    const Route *route = control_find_route(request);
    Err err = {0};

    if (!route)
        reply_refuse(request, 404, "no such path: see rosterctl(1)");
    else if (route->show ? !control_is_look(request)
                         : !str_equal(server_request_method(request), "POST"))
        control_refuse_method(request, route->show != NULL);
    else if (misdirected_check(state_dir, control->state->directory, &err) < 0)
        reply_refuse(request, 421, err.text);
    else if (route->show)
        control_show(control, request, route);
    else if (!control->controller)
        reply_refuse(request, 503, "rosterd is starting");
    else
        control_change(control, request, route);
}

/* ---- over TCP, where nothing can be changed ---- */

static void control_refuse_reader(ServerRequest *request)
{
    server_request_add_header(request, "WWW-Authenticate",
                              "Basic realm=\"rosterd\", charset=\"UTF-8\"");
    server_request_add_header(request, "WWW-Authenticate", "Bearer realm=\"rosterd\"");
    reply_refuse(request, 401, "the token of http.token_file is missing or wrong");
}

/* Who has no token learns nothing of what there is. */
static void control_on_remote(ServerRequest *request, void *userdata)
{
    Control *control = userdata;
    const Route *route = control_find_route(request);
    int status = listener_check_host(control->listener, request);

    if (route && route->reach == ROUTE_LOCAL)
        route = NULL;
    if (status == 400)
        reply_refuse(request, status, "Host: missing, or no host");
    else if (status != 0)
        reply_refuse(request, status, "Host: not a name of this host, see http.hosts");
    else if (!control_is_look(request))
        control_refuse_method(request, true);
    else if ((!route || route->reach != ROUTE_OPEN) &&
             listener_check_token(control->listener, request) != 0)
        control_refuse_reader(request);
    else if (!route)
        reply_refuse(request, 404, "no such path: see rosterd(8)");
    else
        control_show(control, request, route);
}

WebView control_view(const Control *control)
{
    return (WebView){.controller = control->controller,
                     .state = control->state,
                     .invalid = control->invalid,
                     .dry_run = control->dry_run};
}

uint64_t control_changes(const Control *control)
{
    return control->controller_number + control->pass_count + control->planned_count;
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

/* The socket that systemd handed over, else one that is made. */
static int control_listen(Control *control, const char *path, Err *err)
{
    int fd = tcp_socket_find_unix();

    if (fd >= 0)
        return fd;
    control->path = strdup(path);
    return control->path ? socket_path_listen(path, err) : err_memory(err);
}

int control_new(sd_event *event, const char *path, const State *state, bool dry_run,
                const char *invalid, Control **ret_control, Err *err)
{
    Control *control = calloc(1, sizeof(*control));
    int r, fd;

    if (!control)
        return err_memory(err);
    *control = (Control){
        .event = event,
        .state = state,
        .dry_run = dry_run,
        .invalid = invalid,
    };
    *ret_control = control;
    fd = control_listen(control, path, err);
    if (fd < 0) {
        free(TAKE_PTR(control->path));
        return fd;
    }
    r = server_new(event, fd, control_on_call, control, &control->server);
    return r < 0 ? err_system(err, r, "the control socket cannot be served") : 0;
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
    if (!control)
        return NULL;
    r = listener_new(event, control_on_remote, control, &control->listener);
    if (r < 0)
        log_event(LOG_LEVEL_ERR, NULL, "http: cannot be served: %s", strerror(-r));
    return control;
}

int control_check(const Config *config, Err *err)
{
    return listener_files_check(config, err);
}

void control_free(Control *control)
{
    if (!control)
        return;
    loading_end_all(control);
    planning_end(control);
    handle_reconcile_end_all(control);
    fleet_request_end_all(control);
    handle_undo_end(control);
    aside_leavep(&control->pulls);
    listener_free(control->listener);
    server_free(control->server);
    if (control->path)
        socket_path_remove(control->path);
    report_done(&control->planned);
    page_making_free(control->page.making);
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
    control->controller_number++;
    if (control->listener)
        listener_use(control->listener, controller->config);
    planning_ask_again(control);
    handle_reconcile_ask_again(control);
    handle_undo_ask_again(control);
}

void control_use_loader(Control *control, const ControlLoader *loader)
{
    if (control)
        control->loader = *loader;
}

void control_use_shared(Control *control, Shared *shared)
{
    if (control)
        control->shared = shared;
}

void control_on_fleet(Control *control)
{
    if (control && control->shared)
        handle_undo_look(control);
}

void control_use_notices(Control *control, const Notices *notices)
{
    if (control)
        control->notices = notices;
}

void control_on_pass(Control *control)
{
    if (!control)
        return;
    control->pass_count++;
    handle_reconcile_look(control);
}
