/* SPDX-License-Identifier: MIT */
#include "daemon/control/handle_fleet.h"

#include <errno.h>
#include <stdlib.h>

#include "daemon/base/clock.h"
#include "daemon/control/fleet_json.h"
#include "daemon/control/reply.h"
#include "daemon/log/audit_log.h"

#define HANDLE_FLEET_NONE                                                                          \
    "this rosterd belongs to no fleet: its settings have no `fleet`, so that it makes the passes " \
    "over all its instances itself"

/* In a dry run there may be one in the settings that it takes no part in. */
static int handle_fleet_check(const Control *control, Err *err)
{
    const Controller *controller = control->controller;

    if (controller->backend.fleet)
        return 0;
    if (controller->config->fleet && control->dry_run)
        return err_set(err, -EALREADY,
                       "this rosterd is in dry run: it reads all its instances, and takes no part "
                       "in its fleet");
    if (controller->config->fleet)
        return err_set(err, -EALREADY,
                       "the settings have a `fleet` since rosterd began: this takes a restart");
    return err_set(err, -EALREADY, HANDLE_FLEET_NONE);
}

/* ---- the fleet, part by part ---- */

typedef struct FleetParts {
    const Control *control;
    uint64_t controller_number; /* as the control had it at the beginning */
    JsonWriter writer;
    bool is_begun;
    size_t number; /* of the next instance */
    Err err;
} FleetParts;

static void handle_fleet_begin(FleetParts *parts, const FleetView *view)
{
    JsonWriter *writer = &parts->writer;

    json_open_object(writer, NULL);
    reply_put_time(writer, "time", clock_realtime_usec());
    fleet_json_put_head(writer, parts->control->controller, view);
    json_open_array(writer, "instances");
    parts->is_begun = true;
}

/* One more part: 1 where more follow. */
static int handle_fleet_put(FleetParts *parts, const FleetView *view)
{
    JsonWriter *writer = &parts->writer;

    if (!parts->is_begun)
        handle_fleet_begin(parts, view);
    for (; parts->number < view->instance_count; parts->number++) {
        if (writer->buf->size >= SERVER_PART_SIZE)
            return 1;
        fleet_json_put_instance(writer, NULL, parts->control->controller, view,
                                &view->instances[parts->number]);
    }
    json_close_array(writer);
    json_close_object(writer);
    return json_end(writer);
}

static int handle_fleet_next(void *userdata, Buf *part)
{
    FleetParts *parts = userdata;
    FleetView view = {0};
    int r;

    if (parts->controller_number != parts->control->controller_number)
        return -ESTALE;
    parts->writer.buf = part;
    r = fleet_view_fill(parts->control->controller->backend.fleet, &view);
    if (r == 0)
        r = handle_fleet_put(parts, &view);
    fleet_view_done(&view);
    return r;
}

void handle_fleet(Control *control, ServerRequest *request)
{
    FleetParts *parts = calloc(1, sizeof(*parts));
    int r;

    if (!parts) {
        reply_refuse(request, 500, "out of memory");
        return;
    }
    parts->control = control;
    parts->controller_number = control->controller_number;
    r = handle_fleet_check(control, &parts->err);
    reply_parts(request, SERVER_JSON, &(ServerParts){handle_fleet_next, free, parts}, r,
                &parts->err);
}

/* ---- whether this host takes instances ---- */

static void handle_fleet_answer(const Fleet *fleet, ServerRequest *request)
{
    Buf buf = {0};
    JsonWriter writer = {.buf = &buf};
    FleetView view = {0};
    size_t owned = 0;

    if (fleet_view_fill(fleet, &view) < 0)
        buf_fail(&buf);
    for (size_t i = 0; i < view.instance_count; i++)
        owned += view.instances[i].is_self;
    json_open_object(&writer, NULL);
    json_put_text(&writer, "host", view.host);
    json_put_bool(&writer, "drained", fleet_is_drained(fleet));
    json_put_number(&writer, "owned", owned);
    json_close_object(&writer);
    json_end(&writer);
    fleet_view_done(&view);
    reply_answer(request, &buf);
}

static int handle_fleet_change(Control *control, ServerRequest *request, const Json *root,
                               bool drains, Err *err)
{
    static const char *const keys[] = {NULL};
    Fleet *fleet = control->controller->backend.fleet;
    int r = json_check_keys(root, keys, err);

    if (r == 0)
        r = handle_fleet_check(control, err);
    if (r < 0)
        return r;
    if (drains)
        fleet_drain(fleet);
    else
        fleet_undrain(fleet);
    audit_log_write(
        &(AuditEntry){.action = drains ? "drain" : "undrain", .uid = server_request_uid(request)},
        "%s",
        drains ? "this host gives its instances away and takes none"
               : "this host takes instances again");
    handle_fleet_answer(fleet, request);
    return 0;
}

int handle_drain(Control *control, ServerRequest *request, const Json *root, Err *err)
{
    return handle_fleet_change(control, request, root, true, err);
}

int handle_undrain(Control *control, ServerRequest *request, const Json *root, Err *err)
{
    return handle_fleet_change(control, request, root, false, err);
}
