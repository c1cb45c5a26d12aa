/* SPDX-License-Identifier: MIT */
#include "daemon/control/report_parts.h"

#include <errno.h>
#include <stdlib.h>

#include "daemon/base/mem.h"
#include "daemon/base/str.h"
#include "daemon/control/reply.h"
#include "daemon/report/json.h"
#include "daemon/report/select.h"
#include "daemon/store/store.h"

/* An instance, and the report that its result is told of. */
typedef struct ToldInstance {
    const Report *report;
    const InstanceReport *instance;
} ToldInstance;

typedef struct ReportParts {
    const Control *control;
    uint64_t changes; /* report_parts_changes() at the beginning */
    JsonWriter writer;
    Report shown;                     /* of a report; else without channels */
    char pass_id[STORE_PASS_ID_SIZE]; /* of it */
    bool is_report, is_begun;
    size_t plan_count;
    const ChannelReport **channels;
    size_t channel_count, channel_capacity;
    ToldInstance *instances;
    size_t instance_count, instance_capacity;
    size_t number; /* of the channel under way */
    ReportPart part;
    Err err;
} ReportParts;

/* ---- what is told ---- */

static int report_parts_add_channel(ReportParts *parts, const ChannelReport *channel)
{
    if (mem_grow(&parts->channels, &parts->channel_capacity, parts->channel_count + 1,
                 sizeof(*parts->channels)) < 0)
        return -ENOMEM;
    parts->channels[parts->channel_count++] = channel;
    return 0;
}

static int report_parts_add_instance(ReportParts *parts, const Report *report,
                                     const InstanceReport *instance)
{
    if (mem_grow(&parts->instances, &parts->instance_capacity, parts->instance_count + 1,
                 sizeof(*parts->instances)) < 0)
        return -ENOMEM;
    parts->instances[parts->instance_count++] = (ToldInstance){report, instance};
    return 0;
}

static int report_parts_add_report(ReportParts *parts)
{
    int r = 0;

    for (size_t i = 0; i < parts->shown.channel_count && r == 0; i++)
        r = report_parts_add_channel(parts, &parts->shown.channels[i]);
    for (size_t i = 0; i < parts->shown.instance_count && r == 0; i++)
        r = report_parts_add_instance(parts, &parts->shown, &parts->shown.instances[i]);
    return r;
}

/* Of an instance's plan, the channels that it holds. */
static int report_parts_add_plan(ReportParts *parts, const KnownPlan *plan)
{
    int r = plan->channel ? report_parts_add_channel(parts, plan->channel)
                          : report_parts_add_instance(parts, plan->report, plan->instance);

    for (size_t i = 0; plan->instance && i < plan->report->channel_count && r == 0; i++) {
        if (report_is_held_by_pass(&plan->report->channels[i], plan->instance))
            r = report_parts_add_channel(parts, &plan->report->channels[i]);
    }
    return r;
}

/* ---- part by part ---- */

/* Grows where what is told may be gone. A plan that was made for a request is kept beside the
 * passes: their ends do not cut it. */
static uint64_t report_parts_changes(const ReportParts *parts)
{
    const Control *control = parts->control;

    return parts->is_report ? control->controller_number + control->planned_count
                            : control_changes(control);
}

static void report_parts_begin(ReportParts *parts)
{
    JsonWriter *writer = &parts->writer;

    parts->is_begun = true;
    if (parts->is_report) {
        report_json_begin(writer, &parts->shown, report_result(&parts->shown));
        return;
    }
    json_open_object(writer, NULL);
    json_put_number(writer, "plans", parts->plan_count);
    json_open_array(writer, "channels");
}

static int report_parts_end(ReportParts *parts)
{
    JsonWriter *writer = &parts->writer;

    json_close_array(writer);
    json_open_array(writer, "instances");
    for (size_t i = 0; i < parts->instance_count; i++)
        report_json_put_instance(writer, parts->instances[i].report, parts->instances[i].instance);
    json_close_array(writer);
    json_close_object(writer);
    return json_end(writer);
}

static int report_parts_next(void *userdata, Buf *part)
{
    ReportParts *parts = userdata;

    if (parts->changes != report_parts_changes(parts))
        return -ESTALE;
    parts->writer.buf = part;
    if (!parts->is_begun)
        report_parts_begin(parts);
    while (parts->number < parts->channel_count) {
        const ChannelReport *channel = parts->channels[parts->number];

        if (part->size >= SERVER_PART_SIZE)
            return 1;
        if (!report_json_put_channel_part(&parts->writer, channel,
                                          report_result_text(channel->result), &parts->part))
            return 1;
        parts->number++;
    }
    return report_parts_end(parts);
}

static void report_parts_done(void *userdata)
{
    ReportParts *parts = userdata;

    report_select_done(&parts->shown);
    free(parts->channels);
    free(parts->instances);
    free(parts);
}

/* ---- answering ---- */

static ReportParts *report_parts_new(const Control *control)
{
    ReportParts *parts = calloc(1, sizeof(*parts));

    if (parts)
        parts->control = control;
    return parts;
}

static void report_parts_send(ServerRequest *request, ReportParts *parts, int result)
{
    parts->changes = report_parts_changes(parts);
    reply_parts(request, SERVER_JSON, &(ServerParts){report_parts_next, report_parts_done, parts},
                result, &parts->err);
}

void report_parts_reply(const Control *control, ServerRequest *request, Report *shown)
{
    ReportParts *parts = report_parts_new(control);

    if (!parts) {
        report_select_done(shown);
        reply_refuse(request, 500, "out of memory");
        return;
    }
    parts->shown = *shown;
    *shown = (Report){0};
    parts->is_report = true;
    str_copy(parts->pass_id, sizeof(parts->pass_id), parts->shown.pass_id);
    parts->shown.pass_id = parts->pass_id;
    report_parts_send(request, parts, report_parts_add_report(parts));
}

void report_parts_reply_plans(const Control *control, ServerRequest *request,
                              const KnownPlan *plans, size_t count)
{
    ReportParts *parts = report_parts_new(control);
    int r = 0;

    if (!parts) {
        reply_refuse(request, 500, "out of memory");
        return;
    }
    parts->plan_count = count;
    for (size_t i = 0; i < count && r == 0; i++)
        r = report_parts_add_plan(parts, &plans[i]);
    report_parts_send(request, parts, r);
}
