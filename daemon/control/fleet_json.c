/* SPDX-License-Identifier: MIT */
#include "daemon/control/fleet_json.h"

#include <stdio.h>

#include "daemon/base/clock.h"
#include "daemon/base/str.h"
#include "daemon/control/reply.h"
#include "daemon/report/json.h"

/* ---- hosts ---- */

static void fleet_json_put_host(JsonWriter *writer, const FleetViewHost *host)
{
    json_open_object(writer, NULL);
    json_put_text(writer, "name", host->name);
    json_put_bool(writer, "self", host->is_self);
    json_put_text(writer, "version", host->version);
    report_json_put_roster(writer, host->set_digest, host->set_head);
    json_put_text(writer, "since", host->since);
    json_put_number(writer, "instances", host->owned_count);
    json_put_number_if(writer, "max_instances", host->max_instances > 0, host->max_instances);
    json_put_bool(writer, "drained", host->is_drained);
    json_close_object(writer);
}

/* What is compact is compared with what it was before: it does not count down. */
static void fleet_json_put_lease(JsonWriter *writer, const FleetView *view)
{
    json_open_object(writer, "lease");
    json_put_bool(writer, "held", view->has_lease);
    if (!writer->is_compact)
        json_put_number_if(writer, "left_seconds", view->has_lease,
                           view->lease_usec / USEC_PER_SEC);
    json_close_object(writer);
}

void fleet_json_put_head(JsonWriter *writer, const Controller *controller, const FleetView *view)
{
    const FleetSettings *settings = controller->config->fleet;

    json_put_text(writer, "prefix", settings ? settings->prefix : NULL);
    json_put_text(writer, "host", view->host);
    json_put_bool(writer, "name_taken", view->is_name_taken);
    json_put_bool(writer, "drained", view->is_drained);
    fleet_json_put_lease(writer, view);
    json_put_bool(writer, "current", view->is_current);
    json_put_text(writer, "trouble", view->trouble);
    json_open_array(writer, "hosts");
    for (size_t i = 0; i < view->host_count; i++)
        fleet_json_put_host(writer, &view->hosts[i]);
    json_close_array(writer);
}

/* ---- instances ---- */

const FleetViewInstance *fleet_json_find(const FleetView *view, const char *key, size_t number)
{
    if (number < view->instance_count && str_equal(view->instances[number].key, key))
        return &view->instances[number];
    for (size_t i = 0; i < view->instance_count; i++) {
        if (str_equal(view->instances[i].key, key))
            return &view->instances[i];
    }
    return NULL;
}

static const char *fleet_json_state(const Fleet *fleet, const FleetView *view,
                                    const FleetViewInstance *instance,
                                    const FleetConditions *conditions)
{
    if (!instance->is_self && !view->is_current)
        return "unknown";
    if (!instance->owner[0])
        return "nobody";
    if (!instance->is_self)
        return "elsewhere";
    if (!fleet_owns(fleet, instance->key))
        return "changing_hands";
    return conditions->handover_usec > 0 ? "waits" : "owned";
}

/* Why nobody has an instance, as far as this host can tell. */
static const char *fleet_json_why_free(const FleetView *view)
{
    if (!view->has_lease || !view->is_current)
        return "this host takes none while etcd does not answer it, and knows nothing of others";
    if (view->is_name_taken)
        return "this host takes none while another one has its name";
    if (view->is_drained)
        return "this host is drained, and no other has taken it";
    return "no host has taken it: each is full (max_instances) or drained";
}

static void fleet_json_append_why(const FleetView *view, const FleetViewInstance *instance,
                                  const FleetConditions *conditions, Buf *why)
{
    const char *const reasons[] = {
        instance->owner[0] || !instance->name[0] ? "" : fleet_json_why_free(view),
        instance->is_self ? conditions->lease : "",
        instance->is_self ? conditions->roster : "",
        instance->is_self && conditions->handover_usec > 0 && conditions->needs_sightings
            ? "it was taken over from a host that did not release it: each change has to be seen "
              "in two whole lists first"
            : "",
    };

    for (size_t i = 0; i < ELEMENTS(reasons); i++) {
        if (reasons[i][0])
            buf_printf(why, "%s%s", why->size > 0 ? "; " : "", reasons[i]);
    }
}

void fleet_json_put_instance(JsonWriter *writer, const char *key, const Controller *controller,
                             const FleetView *view, const FleetViewInstance *instance)
{
    const Fleet *fleet = controller->backend.fleet;
    uint64_t timeout_usec = controller->config->limits.timeout_usec;
    FleetConditions conditions = {0};
    _cleanup_(buf_done) Buf why = {0};

    if (instance->is_self)
        fleet_get_conditions(fleet, instance->key, timeout_usec, &conditions);
    fleet_json_append_why(view, instance, &conditions, &why);
    writer->buf->failed = writer->buf->failed || why.failed;
    json_open_object(writer, key);
    json_put_text(writer, "name", instance->name);
    json_put_text(writer, "key", instance->key);
    json_put_text(writer, "state", fleet_json_state(fleet, view, instance, &conditions));
    json_put_text(writer, "owner", instance->owner);
    json_put_text(writer, "since", instance->since);
    reply_put_time(writer, "change_from",
                   conditions.handover_usec > 0 ? clock_realtime_usec() + conditions.handover_usec
                                                : 0);
    json_put_text(writer, "last", instance->last);
    json_put_text(writer, "why", buf_text(&why));
    json_put_json(writer, "record", instance->record);
    json_close_object(writer);
}
