/* SPDX-License-Identifier: MIT */
/* Two hosts of a fleet on a real etcd, each with a state of its own: B owns an instance, A stands
 * by. */
#pragma once

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/log.h"
#include "daemon/shared/shared.h"
#include "daemon/store/mirror.h"
#include "tests/unit/etcd_case.h"

#define KEY "https://roma.example p1 i1"
#define OTHER_KEY "https://roma.example p1 i2"
#define DIGEST "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define CHANNEL(id, name)                                                                          \
    (StoreScope)                                                                                   \
    {                                                                                              \
        KEY, "prod", id, name                                                                      \
    }

/* A host, whose passes stop where something is paused. */
typedef struct Host {
    FleetSettings settings;
    Config config;
    Fleet *fleet;
    Shared *shared;
    Store *store;
    char folder[SCRATCH_SIZE + 16];
    bool is_deaf; /* hears of nothing that is mirrored */
    size_t owned, paused;
} Host;

typedef struct Two {
    EtcdCase *etcd_case;
    Host a, b;
    char scratch[SCRATCH_SIZE];
    bool is_answered;
    size_t answers;
    SharedOutcome outcome;
    char message[256], owner[64];
    StorePauses replaced;
    Err err;
} Two;

static Two two;

/* ---- hosts ---- */

static inline void on_begin(void *userdata, const char *key, const FleetCarry *carry)
{
    (void)key;
    (void)carry;
    ((Host *)userdata)->owned++;
}

static inline void on_end(void *userdata, const char *key, const char *why)
{
    (void)key;
    (void)why;
    ((Host *)userdata)->owned--;
}

static inline bool on_quiet(void *userdata, const char *key)
{
    (void)userdata;
    (void)key;
    return true;
}

static inline void on_key(void *userdata, const char *name, const EtcdKey *key)
{
    shared_on_key(((Host *)userdata)->shared, name, key);
}

static inline void on_change(void *userdata)
{
    Host *host = userdata;

    if (!host->is_deaf)
        shared_on_change(host->shared);
}

static inline void on_paused(void *userdata, const StoreScope *scope)
{
    (void)scope;
    ((Host *)userdata)->paused++;
}

static const FleetOps ops = {on_begin, on_end, on_end, on_quiet, on_key, on_change};

/* `count` of the two instances are in its settings. */
static inline void host_start(Host *host, const char *name, size_t count)
{
    static const char *const keys[] = {KEY, OTHER_KEY};
    static const char *const names[] = {"prod", "other"};
    const EtcdCase *etcd_case = two.etcd_case;
    Err err = {0};

    host->settings = (FleetSettings){.endpoints = etcd_case->endpoints,
                                     .endpoint_count = 1,
                                     .is_loopback = true,
                                     .prefix = etcd_case->prefix,
                                     .host = name,
                                     .lease_usec = 20 * USEC_PER_SEC};
    host->config = (Config){.fleet = &host->settings};
    host->owned = host->paused = 0;
    host->is_deaf = false;
    snprintf(host->folder, sizeof(host->folder), "%s/%s", two.scratch, name);
    if (fleet_new(etcd_case->event, &host->config, &host->fleet, &err) < 0)
        fail_msg("fleet_new: %s", err.text);
    assert_int_equal(shared_new(etcd_case->event, host->fleet, name, host->settings.lease_usec,
                                on_paused, host, &host->shared),
                     0);
    fleet_set_user(host->fleet, &ops, host);
    assert_int_equal(store_open(host->folder, &host->store, &err), 0);
    assert_int_equal(store_name_instance(host->store, KEY, "prod", &err), 0);
    shared_use_store(host->shared, host->store);
    assert_int_equal(fleet_set_instances(host->fleet, keys, names, count, &host->config.set), 0);
    fleet_begin(host->fleet);
}

static inline void host_stop(Host *host)
{
    shared_free(host->shared);
    fleet_free(host->fleet);
    store_free(host->store);
    *host = (Host){0};
}

static inline void await(bool (*is_so)(void))
{
    uint64_t end_usec = clock_monotonic_usec() + 60 * USEC_PER_SEC;

    while (!is_so()) {
        assert_true(clock_monotonic_usec() < end_usec);
        assert_true(sd_event_run(two.etcd_case->event, 100 * USEC_PER_MSEC) >= 0);
    }
}

static inline bool is_paused_on(const Host *host, const StoreScope *scope)
{
    ChannelRecord record = {0};
    StoreScope channel = *scope;
    bool is;

    channel.channel_id = channel.channel_id ? channel.channel_id : "none";
    assert_int_equal(store_recall(host->store, &channel, clock_realtime_usec(), &record, NULL), 0);
    is = record.is_paused;
    channel_record_done(&record);
    return is;
}

static StoreScope watched;

static inline bool is_paused_here(void)
{
    return is_paused_on(&two.a, &watched);
}

static inline bool is_paused_there(void)
{
    return is_paused_on(&two.b, &watched);
}

static inline bool is_resumed_there(void)
{
    return !is_paused_on(&two.b, &watched);
}

static inline bool is_resumed_here(void)
{
    return !is_paused_on(&two.a, &watched);
}

static inline bool is_owned_there(void)
{
    return two.b.owned > 0;
}

static inline bool is_read_here(void)
{
    return mirror_get_revision(fleet_mirror(two.a.fleet)) > 0 &&
           mirror_is_current(fleet_mirror(two.a.fleet));
}

/* ---- what people say ---- */

static inline void on_outcome(void *userdata, const SharedOutcome *outcome)
{
    (void)userdata;
    two.is_answered = true;
    two.answers++;
    two.outcome = *outcome;
    snprintf(two.message, sizeof(two.message), "%s", outcome->message);
    snprintf(two.owner, sizeof(two.owner), "%s", outcome->owner);
}

static inline bool is_answered(void)
{
    return two.is_answered;
}

static inline SharedEnd answer(int r)
{
    if (r < 0)
        fail_msg("%s", two.err.text);
    await(is_answered);
    return two.outcome.end;
}

static inline int begin_pause(Host *host, const StoreScope *scope, const char *reason)
{
    const StorePause pause = {.scope = *scope, .reason = reason, .uid = 7};
    SharedAsking *asking = NULL;

    two.is_answered = false;
    return shared_pause(host->shared, &pause, clock_realtime_usec(), &two.replaced, on_outcome,
                        NULL, &asking, &two.err);
}

static inline SharedEnd pause_on(Host *host, const StoreScope *scope, const char *reason)
{
    return answer(begin_pause(host, scope, reason));
}

static inline int begin_resume(Host *host, const StoreScope *scope)
{
    SharedAsking *asking = NULL;

    two.is_answered = false;
    return shared_resume(host->shared, scope, on_outcome, NULL, &asking, &two.err);
}

static inline SharedEnd resume_on(Host *host, const StoreScope *scope)
{
    return answer(begin_resume(host, scope));
}

/* B owns the first instance, A stands by. */
static inline int setup(void **state)
{
    Two *given = &two;
    EtcdCase *etcd_case = *state;

    *given = (Two){.etcd_case = etcd_case};
    if (etcd_case_begin(state) < 0 || !etcd_case->etcd)
        return 0;
    assert_true(scratch_make(two.scratch, "/tmp", "rosterd-shared"));
    host_start(&two.b, "admin-b", 1);
    await(is_owned_there);
    host_start(&two.a, "admin-a", 1);
    await(is_read_here);
    return 0;
}

static inline int teardown(void **state)
{
    (void)state;
    if (two.a.fleet)
        host_stop(&two.a);
    if (two.b.fleet)
        host_stop(&two.b);
    store_pauses_done(&two.replaced);
    scratch_remove(two.scratch);
    return 0;
}
