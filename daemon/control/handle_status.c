/* SPDX-License-Identifier: MIT */
#include "daemon/control/handle_status.h"

#include <errno.h>
#include <stdlib.h>

#include "daemon/base/clock.h"
#include "daemon/base/str.h"
#include "daemon/control/channel_ref.h"
#include "daemon/control/known_plans.h"
#include "daemon/control/orphan_pauses.h"
#include "daemon/control/orphan_quarantine.h"
#include "daemon/control/planning.h"
#include "daemon/control/reply.h"
#include "daemon/control/report_parts.h"
#include "daemon/control/status_json.h"
#include "daemon/report/pause.h"

/* Of which stage the next part is. */
typedef enum StatusStage {
    STATUS_HEAD,
    STATUS_INSTANCES,
    STATUS_CHANNELS,
    STATUS_TAIL,
} StatusStage;

/* An answer that goes out part by part. What it tells is looked up anew for each part: only the
 * controller must be the same. */
struct StatusParts {
    Control *control;
    uint64_t controller_number; /* as the control had it at the beginning */
    uint64_t pass_count;        /* likewise */
    JsonWriter writer;
    StatusStage stage;
    size_t number;     /* of the next instance or channel */
    size_t first, end; /* which channels */
    bool is_single;    /* of one channel alone */
    ReportRows rows;
    StorePauses pauses;
    FleetView view; /* of this part, or (of a page) of all */
    Err pauses_err, err;
};

/* ---- the parts ---- */

static bool handle_status_has_room(const StatusParts *parts)
{
    return parts->writer.buf->size < SERVER_PART_SIZE;
}

static void handle_status_put_instances(StatusParts *parts)
{
    const Controller *controller = parts->control->controller;

    for (; parts->number < controller->scheduler_count && handle_status_has_room(parts);
         parts->number++)
        status_json_put_instance(&parts->writer, controller, parts->number, &parts->view);
    if (parts->number < controller->scheduler_count)
        return;
    json_close_array(&parts->writer);
    json_open_array(&parts->writer, "channels");
    parts->number = parts->first;
    parts->stage = STATUS_CHANNELS;
}

static void handle_status_put_channels(StatusParts *parts)
{
    for (; parts->number < parts->end && handle_status_has_room(parts); parts->number++) {
        ChannelRef found;

        channel_ref_by_index(parts->control->controller, parts->number, &found);
        status_json_put_channel(&parts->writer, &found, &parts->pauses, &parts->view, &parts->rows);
    }
    if (parts->number < parts->end)
        return;
    json_close_array(&parts->writer);
    parts->stage = STATUS_TAIL;
}

/* That a pass has ended while the parts went out is told, and only then. */
static int handle_status_put_tail(StatusParts *parts)
{
    const Control *control = parts->control;
    JsonWriter *writer = &parts->writer;

    report_pause_put_all(writer, "pauses", &parts->pauses, NULL);
    if (!parts->is_single) {
        orphan_pauses_put(writer, "other_pauses", control->controller, &parts->pauses);
        orphan_quarantine_put(writer, "other_quarantined", control->controller);
    }
    if (parts->pass_count != control->pass_count)
        json_put_bool(writer, "changed_meanwhile", true);
    json_close_object(writer);
    return json_end(writer);
}

static int handle_status_put(StatusParts *parts)
{
    if (parts->stage == STATUS_HEAD) {
        json_open_object(&parts->writer, NULL);
        status_json_put_head(&parts->writer, parts->control,
                             err_is_set(&parts->pauses_err) ? parts->pauses_err.text : NULL,
                             &parts->view);
        json_open_array(&parts->writer, "instances");
        parts->stage = STATUS_INSTANCES;
    }
    if (parts->stage == STATUS_INSTANCES)
        handle_status_put_instances(parts);
    if (parts->stage == STATUS_CHANNELS)
        handle_status_put_channels(parts);
    return parts->stage == STATUS_TAIL ? handle_status_put_tail(parts) : 1;
}

/* Of a host alone there is none. */
static int handle_status_look_at_fleet(StatusParts *parts)
{
    const Fleet *fleet = parts->control->controller->backend.fleet;

    return fleet ? fleet_view_fill(fleet, &parts->view) : 0;
}

int handle_status_next(void *userdata, Buf *part)
{
    StatusParts *parts = userdata;
    int r;

    if (parts->controller_number != parts->control->controller_number)
        return -ESTALE;
    parts->writer.buf = part;
    r = handle_status_look_at_fleet(parts);
    if (r == 0)
        r = handle_status_put(parts);
    fleet_view_done(&parts->view);
    parts->view = (FleetView){0};
    return r;
}

void handle_status_done(void *userdata)
{
    StatusParts *parts = userdata;

    store_pauses_done(&parts->pauses);
    free(parts);
}

/* ---- which channels, and which of their rows ---- */

static void handle_status_begin(StatusParts *parts, Control *control)
{
    *parts = (StatusParts){
        .control = control,
        .controller_number = control->controller_number,
        .pass_count = control->pass_count,
        .end = control->controller->config->channel_count,
        .rows = {.each_max = REPORT_ROWS_OF_LIST, .left = REPORT_ROWS_OF_ALL},
    };
    if (control->state->store)
        store_pauses(control->state->store, clock_realtime_usec(), &parts->pauses,
                     &parts->pauses_err);
}

static int handle_status_number(const ServerRequest *request, const char *name, size_t max,
                                size_t *number, Err *err)
{
    const char *text = server_request_find(request, name);
    uint64_t found;

    if (!text)
        return 0;
    if (str_parse_uint(text, max, &found) < 0)
        return err_set(err, -EINVAL, "%s: should be a whole number up to %zu", name, max);
    *number = (size_t)found;
    return 0;
}

static int handle_status_choose_rows(ReportRows *rows, const ServerRequest *request, Err *err)
{
    const char *list = server_request_find(request, "list");
    int r = handle_status_number(request, "rows", REPORT_ROWS_OF_LIST, &rows->each_max, err);

    if (r == 0)
        r = handle_status_number(request, "from", INT32_MAX, &rows->from, err);
    if (r < 0 || !list)
        return r;
    rows->is_one = true;
    rows->only = list_json_find(list);
    return rows->only == LIST_COUNT
               ? err_set(err, -EINVAL, "list: should be missing, extra, added or changed")
               : 0;
}

static int handle_status_choose(StatusParts *parts, const ServerRequest *request)
{
    const char *channel = server_request_find(request, "channel");
    const Controller *controller = parts->control->controller;
    ChannelRef found;
    int r = handle_status_choose_rows(&parts->rows, request, &parts->err);

    if (r < 0 || !channel)
        return r;
    r = channel_ref_find(controller, channel, &found, &parts->err);
    if (r < 0)
        return r;
    parts->is_single = true;
    parts->first = (size_t)(found.channel - controller->config->channels);
    parts->end = parts->first + 1;
    return 0;
}

StatusParts *handle_status_begin_for_page(Control *control)
{
    StatusParts *parts = calloc(1, sizeof(*parts));

    if (!parts)
        return NULL;
    handle_status_begin(parts, control);
    parts->rows = (ReportRows){.each_max = HANDLE_STATUS_ROWS_OF_PAGE,
                               .left = 10 * HANDLE_STATUS_ROWS_OF_PAGE};
    parts->writer.is_compact = true;
    return parts;
}

/* Which plans begin with a digest: for whoever is about to approve one. */
static void handle_status_plans(const Control *control, ServerRequest *request, const char *digest)
{
    KnownPlan plans[KNOWN_PLANS_MAX];
    size_t count = known_plans_find(control, digest, plans);

    report_parts_reply_plans(control, request, plans, count);
}

void handle_status(Control *control, ServerRequest *request)
{
    const char *digest = server_request_find(request, "digest");
    StatusParts *parts;
    int r;

    if (digest) {
        handle_status_plans(control, request, digest);
        return;
    }
    parts = calloc(1, sizeof(*parts));
    if (!parts) {
        reply_refuse(request, 500, "out of memory");
        return;
    }
    handle_status_begin(parts, control);
    r = handle_status_choose(parts, request);
    reply_parts(request, SERVER_JSON, &(ServerParts){handle_status_next, handle_status_done, parts},
                r, &parts->err);
}

void handle_progress(Control *control, ServerRequest *request)
{
    Buf buf = {0};
    JsonWriter writer = {.buf = &buf};

    json_open_object(&writer, NULL);
    json_open_array(&writer, "instances");
    for (size_t i = 0; i < control->controller->scheduler_count; i++) {
        const Scheduler *scheduler = &control->controller->schedulers[i];

        json_open_object(&writer, NULL);
        json_put_text(&writer, "name", scheduler->log.instance_name);
        json_put_bool(&writer, "pass_under_way", scheduler->run != NULL);
        status_json_put_progress(&writer, scheduler->run);
        json_close_object(&writer);
    }
    json_close_array(&writer);
    json_put_bool(&writer, "plan_under_way", control->planning != NULL);
    status_json_put_progress(&writer, planning_find_run(control));
    json_close_object(&writer);
    json_end(&writer);
    reply_answer(request, &buf);
}
