/* SPDX-License-Identifier: MIT */
#include "daemon/fleet/fleet.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/base/clock.h"
#include "daemon/base/str.h"
#include "daemon/fleet/fleet_internal.h"

/* ---- what its parts share ---- */

FleetInstance *fleet_find(const Fleet *fleet, const char *key)
{
    for (size_t i = 0; i < fleet->instance_count; i++) {
        if (str_equal(fleet->instances[i]->key, key))
            return fleet->instances[i];
    }
    return NULL;
}

const char *fleet_key(const Fleet *fleet, const char *name, Buf *buf)
{
    bool has_failed = buf_failed(buf) < 0;

    buf_reset(buf);
    if (has_failed)
        buf_fail(buf);
    buf_puts(buf, fleet->prefix);
    buf_puts(buf, name);
    return buf_text(buf);
}

int fleet_ask(Fleet *fleet, EtcdTxn *txn, Buf *body, uint64_t timeout_usec, EtcdOnAnswer callback,
              void *userdata, EtcdCall **ret_call)
{
    etcd_txn_end(txn);
    return buf_failed(body) < 0
               ? -ENOMEM
               : etcd_call(fleet->etcd, "kv/txn", body, timeout_usec, callback, userdata, ret_call);
}

bool fleet_read(Fleet *fleet, const EtcdAnswer *answer, Arena *arena, EtcdTxnAnswer *ret_txn)
{
    Err err = {0};

    if (answer->result != ETCD_ANSWERED)
        fleet_log_trouble(fleet, false, answer->message);
    else if (etcd_read_txn(answer->root, arena, ret_txn, &err) < 0)
        fleet_log_trouble(fleet, false, err.text);
    else
        fleet_log_well(fleet, false);
    return answer->result == ETCD_ANSWERED && !err_is_set(&err);
}

void fleet_put_now(JsonWriter *writer, const char *name)
{
    char text[CLOCK_RFC3339_SIZE];

    clock_format_rfc3339(clock_realtime_usec(), text);
    json_put_string(writer, name, text);
}

/* ---- mirrored keys ---- */

static void fleet_on_key(void *userdata, const char *name, const EtcdKey *key, uint64_t revision)
{
    Fleet *fleet = userdata;

    if (str_has_prefix(name, KEYS_OWNER)) {
        for (size_t i = 0; i < fleet->instance_count; i++) {
            if (str_equal(fleet->instances[i]->hash, name + strlen(KEYS_OWNER)))
                fleet_owner_look(fleet->instances[i], key, revision);
        }
    } else if (str_has_prefix(name, KEYS_HOSTS)) {
        for (size_t i = 0; i < fleet->instance_count; i++)
            fleet_conditions_settle(fleet->instances[i]);
    }
    fleet->ops->on_key(fleet->userdata, name, key);
}

static void fleet_on_change(void *userdata, bool is_anew)
{
    Fleet *fleet = userdata;

    if (is_anew)
        fleet_owner_look_all(fleet);
    fleet_entry_look(fleet);
    fleet->ops->on_change(fleet->userdata);
}

static void fleet_on_state(void *userdata, const char *why)
{
    const Fleet *fleet = userdata;

    if (why)
        fleet_log_trouble(userdata, false, why);
    else
        fleet_log_well(userdata, false);
    fleet->ops->on_change(fleet->userdata);
}

static const MirrorOps mirror_ops = {
    .on_key = fleet_on_key, .on_change = fleet_on_change, .on_state = fleet_on_state};

const Mirror *fleet_mirror(const Fleet *fleet)
{
    return fleet->mirror;
}

/* ---- settings ---- */

static int fleet_copy_texts(Fleet *fleet, const FleetSettings *settings)
{
    char host[FLEET_HOST_SIZE] = "";
    const char **endpoints =
        arena_alloc(&fleet->arena, settings->endpoint_count * sizeof(*endpoints));

    if (!settings->host)
        gethostname(host, sizeof(host) - 1);
    fleet->host = arena_string(&fleet->arena, settings->host ? settings->host : host);
    fleet->prefix = arena_string(&fleet->arena, settings->prefix);
    fleet->etcd_settings.endpoints = endpoints;
    fleet->etcd_settings.endpoint_count = settings->endpoint_count;
    for (size_t i = 0; endpoints && i < settings->endpoint_count; i++) {
        endpoints[i] = arena_string(&fleet->arena, settings->endpoints[i]);
        if (!endpoints[i])
            return -ENOMEM;
    }
    etcd_files_set(&fleet->files, settings, &fleet->etcd_settings);
    if (settings->user)
        fleet->etcd_settings.user = arena_string(&fleet->arena, settings->user);
    return !endpoints || !fleet->host || !fleet->prefix ||
                   (settings->user && !fleet->etcd_settings.user)
               ? -ENOMEM
               : 0;
}

/* ---- its life ---- */

static int fleet_connect(Fleet *fleet)
{
    int r = http_new(fleet->event, &fleet->http);

    if (r >= 0)
        r = etcd_new(fleet->event, fleet->http, &fleet->etcd_settings, &fleet->etcd);
    if (r >= 0)
        r = mirror_new(fleet->event, fleet->etcd, fleet->prefix, fleet->lease_usec, &mirror_ops,
                       fleet, &fleet->mirror);
    if (r >= 0)
        r = fleet_lease_init(fleet);
    if (r >= 0)
        r = fleet_entry_init(fleet);
    return r < 0 ? r : fleet_instances_init(fleet);
}

int fleet_new(sd_event *event, const Config *config, Fleet **ret_fleet, Err *err)
{
    _cleanup_(fleet_freep) Fleet *fleet = calloc(1, sizeof(*fleet));
    const FleetSettings *settings = config->fleet;
    int r;

    assert(settings && settings->endpoint_count > 0);
    if (!fleet)
        return err_memory(err);
    fleet->event = sd_event_ref(event);
    fleet->lease_usec = settings->lease_usec;
    fleet->handover_usec = settings->handover_usec;
    fleet->max_instances = settings->max_instances;
    r = etcd_files_read(settings, config->directory, &fleet->files, err);
    if (r < 0)
        return r;
    if (fleet_copy_texts(fleet, settings) < 0)
        return err_memory(err);
    r = fleet_connect(fleet);
    if (r < 0)
        return err_system(err, r, "could not set up the fleet");
    *ret_fleet = TAKE_PTR(fleet);
    return 0;
}

void fleet_free(Fleet *fleet)
{
    if (!fleet)
        return;
    fleet_write_forget(fleet);
    fleet_instances_done(fleet);
    fleet_entry_done(fleet);
    fleet_lease_done(fleet);
    mirror_free(fleet->mirror);
    etcd_free(fleet->etcd);
    http_free(fleet->http);
    etcd_files_done(&fleet->files);
    arena_done(&fleet->arena);
    sd_event_unref(fleet->event);
    free(fleet);
}

void fleet_set_user(Fleet *fleet, const FleetOps *ops, void *userdata)
{
    assert(!fleet->has_begun);
    fleet->ops = ops;
    fleet->userdata = userdata;
}

void fleet_begin(Fleet *fleet)
{
    assert(fleet->ops && !fleet->has_begun);
    fleet->has_begun = true;
    mirror_begin(fleet->mirror);
    lease_begin(&fleet->lease);
}

/* ---- giving away ---- */

bool fleet_is_drained(const Fleet *fleet)
{
    return fleet->is_drained;
}

void fleet_drain(Fleet *fleet)
{
    if (fleet->is_drained)
        return;
    fleet->is_drained = true;
    for (size_t i = 0; i < fleet->instance_count; i++)
        ownership_drain(&fleet->instances[i]->ownership, "this host is drained");
    fleet_entry_put(fleet);
}

void fleet_undrain(Fleet *fleet)
{
    if (!fleet->is_drained || fleet->is_ending)
        return;
    fleet->is_drained = false;
    for (size_t i = 0; i < fleet->instance_count; i++) {
        if (fleet->instances[i]->is_listed)
            ownership_undrain(&fleet->instances[i]->ownership);
    }
    fleet_entry_put(fleet);
}

/* Gives the lease back once nothing hangs on it. */
void fleet_look_for_end(Fleet *fleet)
{
    if (!fleet->is_ending || fleet->lease.state == LEASE_OVER)
        return;
    for (size_t i = 0; i < fleet->instance_count; i++) {
        if (fleet->instances[i]->ownership.state != OWNERSHIP_STANDBY)
            return;
    }
    fleet_entry_end(fleet);
    lease_end(&fleet->lease);
}

void fleet_end(Fleet *fleet, const char *why)
{
    if (fleet->is_ending)
        return;
    fleet->is_ending = true;
    for (size_t i = 0; i < fleet->instance_count; i++)
        ownership_drain(&fleet->instances[i]->ownership, why);
    if (fleet->has_begun)
        fleet_look_for_end(fleet);
}

bool fleet_is_over(const Fleet *fleet)
{
    return fleet->is_ending &&
           (!fleet->has_begun || (fleet->lease.state == LEASE_OVER && !fleet->revoke_call));
}

/* ---- may it? ---- */

bool fleet_owns(const Fleet *fleet, const char *key)
{
    const FleetInstance *instance = fleet_find(fleet, key);

    return instance && instance->use == FLEET_BEGUN;
}

uint64_t fleet_allows_usec(const Fleet *fleet, const char *key, uint64_t timeout_usec)
{
    const FleetInstance *instance = fleet_find(fleet, key);

    return instance && (instance->use == FLEET_BEGUN || instance->use == FLEET_STOPPED) &&
                   ownership_allows_changes(&instance->ownership)
               ? lease_allows_usec(&fleet->lease, timeout_usec)
               : 0;
}

const char *fleet_get_host(const Fleet *fleet)
{
    return fleet->host;
}

const char *fleet_get_trouble(const Fleet *fleet)
{
    if (lease_is_held(&fleet->lease))
        return "";
    return fleet->trouble[0] ? fleet->trouble : "etcd has not given one yet";
}

void fleet_step(Fleet *fleet, const char *key)
{
    for (size_t i = 0; i < fleet->instance_count; i++) {
        if (!key || str_equal(fleet->instances[i]->key, key))
            ownership_step(&fleet->instances[i]->ownership);
    }
}
