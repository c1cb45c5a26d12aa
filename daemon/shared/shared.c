/* SPDX-License-Identifier: MIT */
#include "daemon/shared/shared.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/log.h"
#include "daemon/base/str.h"
#include "daemon/log/message_ids.h"
#include "daemon/shared/approval_value.h"
#include "daemon/shared/pause_value.h"
#include "daemon/shared/shared_internal.h"
#include "daemon/store/mirror.h"
#include "daemon/store/owners.h"

/* ---- reading what is mirrored ---- */

/* A channel's pause stands under its id and under its name. */
static bool shared_has_pause(const StorePauses *pauses, const StorePause *pause)
{
    for (size_t i = 0; i < pauses->count; i++) {
        const StorePause *other = &pauses->items[i];

        if (other->made_usec == pause->made_usec && str_equal(other->host, pause->host) &&
            store_scope_kind(&other->scope) == store_scope_kind(&pause->scope) &&
            (!pause->scope.instance_key || store_scope_covers(&other->scope, &pause->scope)))
            return true;
    }
    return false;
}

static int shared_add_pause(StorePauses *pauses, const StorePause *pause)
{
    if (mem_grow(&pauses->items, &pauses->capacity, pauses->count + 1, sizeof(*pauses->items)) < 0)
        return -ENOMEM;
    pauses->items[pauses->count++] = *pause;
    return 0;
}

int shared_read_pauses(const Shared *shared, StorePauses *ret_pauses, Err *err)
{
    const Mirror *mirror = fleet_mirror(shared->fleet);
    size_t position = 0;
    const EtcdKey *key;

    *ret_pauses = (StorePauses){0};
    while ((key = mirror_next(mirror, KEYS_PAUSES, &position))) {
        StorePause pause = {0};
        Err odd = {0};
        int r = pause_value_read(key->value, key->value_size, &ret_pauses->arena, &pause, &odd);

        if (r < 0 && r != -ENOMEM) {
            err_set(err, -EINVAL, "%s in etcd: %s", mirror_name(mirror, key), odd.text);
            continue;
        }
        if (r < 0 ||
            (!shared_has_pause(ret_pauses, &pause) && shared_add_pause(ret_pauses, &pause) < 0))
            return -ENOMEM;
    }
    return 0;
}

/* While one of them cannot be read nobody knows what it is of: what held before holds on. */
static int shared_keep_what_held(const Shared *shared, StorePauses *pauses, StorePauses *held,
                                 Err *err)
{
    int r = store_pauses(shared->store, clock_realtime_usec(), held, err);

    for (size_t i = 0; i < held->count && r == 0; i++) {
        if (!held->items[i].is_local && !shared_has_pause(pauses, &held->items[i]))
            r = shared_add_pause(pauses, &held->items[i]);
    }
    return r;
}

static void shared_say_odd(Shared *shared, const Err *odd, const char *what)
{
    bool is_odd = err_is_set(odd);

    if (is_odd && !shared->is_odd)
        log_event(LOG_LEVEL_ERR, NULL, "%s%s", odd->text, what);
    shared->is_odd = is_odd;
}

static int shared_keep_pauses(Shared *shared, Err *err)
{
    _cleanup_(store_pauses_done) StorePauses pauses = {0}, held = {0};
    Err odd = {0};
    int r = shared_read_pauses(shared, &pauses, &odd);

    if (r < 0)
        return err_memory(err);
    for (size_t i = 0; i < pauses.count; i++)
        shared->on_paused(shared->userdata, &pauses.items[i].scope);
    shared->paused_revision = mirror_get_revision(fleet_mirror(shared->fleet));
    shared_say_odd(shared, &odd, ": the pauses that held before hold on");
    if (!shared->store)
        return 0;
    if (err_is_set(&odd))
        r = shared_keep_what_held(shared, &pauses, &held, err);
    return r < 0 ? r
                 : store_mirror_pauses(shared->store, pauses.items, pauses.count,
                                       clock_realtime_usec(), err);
}

static int shared_keep_approvals(Shared *shared, Err *err)
{
    const Mirror *mirror = fleet_mirror(shared->fleet);
    _cleanup_free_ StoreSharedApproval *approvals = NULL;
    _cleanup_(arena_done) Arena arena = {0};
    size_t count = 0, capacity = 0, position = 0;
    const EtcdKey *key;

    if (!shared->store)
        return 0;
    while ((key = mirror_next(mirror, KEYS_APPROVALS, &position))) {
        const char *digest = mirror_name(mirror, key) + strlen(KEYS_APPROVALS);
        ApprovalValue value = {0};
        Err odd = {0};
        int r = approval_value_read(digest, key->value, key->value_size, &arena, &value, &odd);

        if (r < 0 && r != -ENOMEM) /* lets nothing pass, which is how it is told */
            continue;
        if (r < 0 || mem_grow(&approvals, &capacity, count + 1, sizeof(*approvals)) < 0)
            return err_memory(err);
        approvals[count++] = value.approval;
    }
    return store_mirror_approvals(shared->store, approvals, count, clock_realtime_usec(), err);
}

/* ---- saying that pauses were taken ---- */

static void shared_take(Shared *shared);

static void shared_on_taken(void *userdata, FleetWritten result, uint64_t revision,
                            const char *message)
{
    Shared *shared = userdata;

    (void)revision;
    (void)message;
    shared->taking = NULL;
    if (result == FLEET_WRITTEN) {
        shared_take(shared);
    } else {
        shared->taken_revision = 0;
        shared_retry_later(shared);
    }
}

/* What is said goes by the revision up to which passes here go by the pauses. */
static void shared_take(Shared *shared)
{
    _cleanup_(buf_done) Buf name = {0}, json = {0};
    JsonWriter writer = {.buf = &json, .is_compact = true};
    FleetPut put;

    if (shared->taking || shared->taken_revision == shared->paused_revision)
        return;
    buf_printf(&name, KEYS_TAKEN "%s", shared->host);
    json_open_object(&writer, NULL);
    json_put_number(&writer, "revision", shared->paused_revision);
    json_close_object(&writer);
    if (json_end(&writer) < 0 || buf_failed(&name) < 0)
        return;
    put = (FleetPut){buf_text(&name), buf_text(&json)};
    if (fleet_write(shared->fleet, NULL, NULL, 0, &put, 1, SHARED_WRITE_USEC, shared_on_taken,
                    shared, &shared->taking) >= 0)
        shared->taken_revision = shared->paused_revision;
}

/* ---- its life ---- */

static int shared_on_retry(sd_event_source *source, uint64_t usec, void *userdata)
{
    (void)source;
    (void)usec;
    shared_on_change(userdata);
    return 0;
}

void shared_retry_later(Shared *shared)
{
    sd_event_source_set_time_relative(shared->retry, SHARED_RETRY_USEC);
    sd_event_source_set_enabled(shared->retry, SD_EVENT_ONESHOT);
}

int shared_new(sd_event *event, Fleet *fleet, const char *host, uint64_t lease_usec,
               SharedOnPaused on_paused, void *userdata, Shared **ret_shared)
{
    _cleanup_(shared_freep) Shared *shared = calloc(1, sizeof(*shared));
    int r;

    assert(fleet && host && on_paused);
    if (!shared)
        return -ENOMEM;
    *shared = (Shared){.event = event,
                       .fleet = fleet,
                       .host = host,
                       .lease_usec = lease_usec,
                       .write_usec = SHARED_WRITE_USEC,
                       .on_paused = on_paused,
                       .userdata = userdata};
    r = sd_event_add_time_relative(event, &shared->retry, CLOCK_MONOTONIC, SHARED_RETRY_USEC, 0,
                                   shared_on_retry, shared);
    if (r >= 0)
        r = sd_event_source_set_enabled(shared->retry, SD_EVENT_OFF);
    if (r < 0)
        return r;
    *ret_shared = TAKE_PTR(shared);
    return 0;
}

void shared_free(Shared *shared)
{
    if (!shared)
        return;
    while (shared->askings)
        shared_cancel(shared->askings);
    if (shared->taking)
        fleet_cancel_write(shared->taking);
    if (shared->settling)
        fleet_cancel_write(shared->settling);
    sd_event_source_disable_unref(shared->retry);
    free(shared);
}

void shared_use_store(Shared *shared, Store *store)
{
    shared->store = store;
    if (store)
        store_mirror_begin(store, shared->host, NULL);
    shared->pauses_changed = shared->approvals_changed = true;
    if (mirror_get_revision(fleet_mirror(shared->fleet)) > 0)
        shared_on_change(shared);
}

/* Of whom an instance is by now: its history goes on there. What is lost of it is lost. */
static void shared_note_owner(const Shared *shared, const char *hash, const EtcdKey *key)
{
    char name[KEYS_NAME_SIZE];
    const EtcdKey *last;
    _cleanup_(json_freep) Json *root = NULL;
    const char *instance = NULL, *host = NULL;

    keys_format(KEYS_LAST, hash, name);
    last = key ? key : mirror_find(fleet_mirror(shared->fleet), name);
    if (!shared->store || !last ||
        json_parse_once(last->value, last->value_size, &root, NULL) < 0 ||
        json_get_string(json_find(root, "instance"), &instance) < 0 ||
        json_get_string(json_find(root, "host"), &host) < 0)
        return;
    store_owners_note(shared->store, instance, NULL, key ? host : NULL, clock_realtime_usec(),
                      NULL);
}

void shared_on_key(Shared *shared, const char *name, const EtcdKey *key)
{
    if (str_has_prefix(name, KEYS_OWNER))
        shared_note_owner(shared, name + strlen(KEYS_OWNER), key);
    if (str_has_prefix(name, KEYS_PAUSES))
        shared->pauses_changed = true;
    if (str_has_prefix(name, KEYS_APPROVALS))
        shared->approvals_changed = true;
}

/* What could not be kept is tried again with the next change, and in a while. */
static void shared_keep(Shared *shared)
{
    Err err = {0};
    int r = 0;

    if (shared->pauses_changed)
        r = shared_keep_pauses(shared, &err);
    if (r >= 0)
        shared->pauses_changed = false;
    if (r >= 0 && shared->approvals_changed)
        r = shared_keep_approvals(shared, &err);
    if (r >= 0)
        shared->approvals_changed = false;
    else
        shared_retry_later(shared);
    if (r < 0 && !shared->is_failing)
        log_event(LOG_LEVEL_ERR, &(LogFields){.message_id = MESSAGE_STATE},
                  "what etcd says of pauses and approvals cannot be kept: %s", err.text);
    shared->is_failing = r < 0;
}

void shared_on_change(Shared *shared)
{
    if (mirror_get_revision(fleet_mirror(shared->fleet)) == 0)
        return;
    shared_keep(shared);
    shared_take(shared);
    shared_look_at_askings(shared);
    shared_settle(shared);
}
