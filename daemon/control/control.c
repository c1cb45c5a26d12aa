/* The control socket's requests: see control.h. */
#include "daemon/control/control.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "daemon/base/clock.h"
#include "daemon/base/duration.h"
#include "daemon/base/log.h"
#include "daemon/base/str.h"
#include "daemon/cli/socket_path.h"
#include "daemon/control/channel_ref.h"
#include "daemon/control/control_internal.h"
#include "daemon/control/handle_change.h"
#include "daemon/control/handle_reconcile.h"
#include "daemon/control/handle_undo.h"
#include "daemon/control/orphan_pauses.h"
#include "daemon/http/misdirected.h"
#include "daemon/json/json.h"
#include "daemon/report/history.h"
#include "daemon/report/status.h"

#define HISTORY_LIMIT 10000 /* of one answer: more are asked for with `before` */

void control_refuse(ServerCall *call, int status, const char *text)
{
    Buf body = {0};

    json_append_error(text, &body);
    server_reply(call, status, &body);
}

void control_answer(ServerCall *call, Buf *buf)
{
    if (buf_failed(buf) == 0) {
        server_reply(call, 200, buf);
        return;
    }
    buf_done(buf);
    control_refuse(call, 500, "out of memory");
}

int control_status(int error)
{
    switch (error) {
    case -EINVAL:
        return 400;
    case -ENOENT:
        return 404;
    case -ENOTUNIQ:
    case -EALREADY:
    case -EPERM:
        return 409;
    case -EBUSY:
        return 503;
    default:
        return 500;
    }
}

static void control_fail(ServerCall *call, int error, const Err *err)
{
    control_refuse(call, control_status(error), err->text);
}

/* ---- reading ---- */

static void control_show_status(Control *control, ServerCall *call)
{
    _cleanup_(store_pauses_done) StorePauses pauses = {0};
    Buf buf = {0};
    Err err = {0};
    int r = 0;

    if (control->state->store)
        r = store_pauses(control->state->store, clock_realtime_usec(), &pauses, &err);
    report_status_append(control->controller, &pauses, r < 0 ? err.text : NULL, control->invalid,
                         &buf);
    control_answer(call, &buf);
}

static int control_query_number(ServerCall *call, const char *name, uint64_t max,
                                uint64_t *ret_number, Err *err)
{
    const char *text = server_call_find(call, name);

    if (text && str_parse_uint(text, max, ret_number) < 0)
        return err_set(err, -EINVAL, "%s: should be a whole number up to %llu", name,
                       (unsigned long long)max);
    return 0;
}

/* CHANNEL of the history may be one that is in no roster any more. `ret_instance` is scratch. */
static int control_history_filter(ServerCall *call, StoreFilter *filter, Buf *ret_instance,
                                  Err *err)
{
    const char *channel = server_call_find(call, "channel");
    const char *since = server_call_find(call, "since");
    const char *slash = channel ? strchr(channel, '/') : NULL;
    uint64_t span_usec = 0, now_usec = clock_realtime_usec();
    int r;

    filter->channel = slash ? slash + 1 : channel;
    if (slash) {
        buf_append(ret_instance, channel, (size_t)(slash - channel));
        filter->instance = buf_text(ret_instance);
    }
    filter->pass = server_call_find(call, "pass");
    filter->limit = HISTORY_LIMIT;
    if (since && duration_parse(since, true, &span_usec) < 0)
        return err_set(err, -EINVAL, "since: should be a span such as 30s, 5m, 1h or 7d");
    if (since)
        filter->since_usec = span_usec < now_usec ? now_usec - span_usec : 0;
    r = control_query_number(call, "limit", HISTORY_LIMIT, &filter->limit, err);
    return r < 0 ? r : control_query_number(call, "before", INT64_MAX, &filter->before, err);
}

/* Whether what is asked for is in no roster, and was in none when something was deleted. */
static int control_is_unknown(const Control *control, ServerCall *call, const StoreFilter *filter,
                              Err *err)
{
    _cleanup_(store_actions_done) StoreActions actions = {0};
    const StoreFilter any = {.instance = filter->instance, .channel = filter->channel, .limit = 1};
    ChannelRef found;
    int r;

    if (!any.channel || channel_ref_find(control->controller, server_call_find(call, "channel"),
                                         &found, NULL) != -ENOENT)
        return 0;
    r = store_history(control->state->store, &any, &actions, err);
    return r < 0 ? r : actions.count == 0;
}

static void control_show_history(Control *control, ServerCall *call)
{
    _cleanup_(store_actions_done) StoreActions actions = {0};
    _cleanup_(buf_done) Buf instance = {0};
    StoreFilter filter = {0};
    Buf buf = {0};
    Err err = {0};
    int r = control_history_filter(call, &filter, &instance, &err);

    if (r == 0 && !control->state->store) {
        r = -EIO;
        err = control->state->err;
    }
    if (r == 0)
        r = store_history(control->state->store, &filter, &actions, &err);
    if (r == 0 && actions.count == 0)
        r = control_is_unknown(control, call, &filter, &err);
    if (r < 0) {
        control_fail(call, r, &err);
        return;
    }
    report_history_append(&actions, r > 0, &buf);
    control_answer(call, &buf);
}

/* ---- changing ---- */

int control_writable(const Control *control, Err *err)
{
    if (control->dry_run)
        return err_set(err, -EPERM, "this rosterd is in dry run, and records nothing");
    if (control->state->store)
        return 0;
    *err = control->state->err;
    return -EIO;
}

/* ---- the routes ---- */

typedef struct Route {
    const char *path;
    void (*show)(Control *control, ServerCall *call);
    /* Answers, or returns what is wrong. */
    int (*change)(Control *control, ServerCall *call, json_object *root, Err *err);
} Route;

static const Route routes[] = {
    {"/v1/status", control_show_status, NULL}, {"/v1/history", control_show_history, NULL},
    {"/v1/pause", NULL, handle_pause},         {"/v1/resume", NULL, handle_resume},
    {"/v1/approve", NULL, handle_approve},     {"/v1/reconcile", NULL, handle_reconcile_begin},
    {"/v1/undo", NULL, handle_undo},
};

static void control_change(Control *control, ServerCall *call, const Route *route)
{
    json_object *root = NULL;
    Err err = {0};
    int r;

    if (!server_call_may_change(call)) {
        control_refuse(call, 403, "only root and rosterd's own user may change anything");
        return;
    }
    r = json_parse_request(server_call_body(call), &root, &err);
    if (r == 0)
        r = route->change(control, call, root, &err);
    if (r < 0)
        control_fail(call, r, &err);
    json_object_put(root);
}

static void control_on_call(ServerCall *call, void *userdata)
{
    Control *control = userdata;
    const char *method = server_call_method(call);
    const char *state_dir = server_call_header(call, MISDIRECTED_HEADER);
    const Route *route = NULL;
    Err err = {0};

    for (size_t i = 0; i < ELEMENTS(routes) && !route; i++) {
        if (str_equal(routes[i].path, server_call_path(call)))
            route = &routes[i];
    }
    if (!route)
        control_refuse(call, 404, "no such path: see rosterctl(1)");
    else if (!str_equal(method, route->show ? "GET" : "POST"))
        control_refuse(call, 405, route->show ? "this path takes GET" : "this path takes POST");
    else if (misdirected_check(state_dir, control->state->directory, &err) < 0)
        control_refuse(call, 421, err.text);
    else if (!control->controller)
        control_refuse(call, 503, "rosterd is starting");
    else if (route->show)
        route->show(control, call);
    else
        control_change(control, call, route);
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
    handle_reconcile_end_all(control);
    handle_undo_end(control);
    server_free(control->server);
    if (control->path)
        socket_path_remove(control->path);
    free(control->waiters);
    free(control->path);
    free(control);
}

void control_set_tenure(Control *control, Controller *controller)
{
    if (!control)
        return;
    control->controller = controller;
    handle_reconcile_ask_again(control);
    handle_undo_ask_again(control);
}

void control_on_pass(Control *control)
{
    if (!control)
        return;
    handle_reconcile_look(control);
    handle_undo_look(control);
}
