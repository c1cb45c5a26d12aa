/* SPDX-License-Identifier: MIT */
/* A host that shares pauses and approvals, before an etcd of which the test says each answer. It
 * asks for no lease. */
#pragma once

#include <errno.h>
#include <inttypes.h>

#include "daemon/shared/shared_internal.h"
#include "daemon/store/mirror.h"
#include "daemon/store/owners.h"
#include "daemon/store/store_internal.h"
#include "tests/scratch.h"
#include "tests/unit/fleet_script.h"

#define KEY "https://roma.example p1 i1"
#define DIGEST "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define LEASE_USEC (20 * USEC_PER_SEC)

/* ---- a host that shares ---- */

static struct {
    Shared *shared;
    Store *store;
    char root[SCRATCH_SIZE];
    Err err;
} sharing;

static const StoreScope payments = {KEY, "prod", "c1", "payments"};

static inline void on_shared_key(void *userdata, const char *name, const EtcdKey *key)
{
    (void)userdata;
    shared_on_key(sharing.shared, name, key);
}

static inline void on_shared_change(void *userdata)
{
    (void)userdata;
    shared_on_change(sharing.shared);
}

static inline void on_paused(void *userdata, const StoreScope *scope)
{
    etcd_script_say(userdata, "paused here: %s/%s",
                    scope->instance_name ? scope->instance_name : "",
                    scope->channel_name ? scope->channel_name : "");
}

static inline void on_outcome(void *userdata, const SharedOutcome *outcome)
{
    static const char *const ends[] = {[SHARED_DONE] = "done",
                                       [SHARED_LATE] = "late",
                                       [SHARED_HERE] = "here",
                                       [SHARED_REFUSED] = "refused"};

    etcd_script_say(userdata, "%s: '%s' '%s' %s", ends[outcome->end], outcome->message,
                    outcome->owner, outcome->until_usec > 0 ? "until then" : "");
    if (outcome->until_usec > 0)
        assert_in_range(outcome->until_usec, clock_realtime_usec() + LEASE_USEC - USEC_PER_MINUTE,
                        clock_realtime_usec() + LEASE_USEC);
}

static inline int setup(void **state)
{
    static const FleetOps ops = {on_begin, on_stop,       on_drop,
                                 is_quiet, on_shared_key, on_shared_change};
    char path[SCRATCH_SIZE + 8];

    host_setup(state);
    memset(&sharing, 0, sizeof(sharing));
    assert_true(scratch_make(sharing.root, "/tmp", "rosterd-told"));
    snprintf(path, sizeof(path), "%s/state", sharing.root);
    assert_int_equal(store_open(path, &sharing.store, &sharing.err), 0);
    assert_int_equal(store_name_instance(sharing.store, KEY, "prod", &sharing.err), 0);
    assert_int_equal(shared_new(scripted.script->event, scripted.fleet, "admin-a", LEASE_USEC,
                                on_paused, *state, &sharing.shared),
                     0);
    fleet_set_user(scripted.fleet, &ops, *state);
    shared_use_store(sharing.shared, sharing.store);
    return 0;
}

static inline int teardown(void **state)
{
    shared_free(sharing.shared);
    store_free(sharing.store);
    scratch_remove(sharing.root);
    return host_teardown(state);
}

#define TAKEN(revision)                                                                            \
    "kv/txn {compare:[],success:[{request_put:{key:/p/taken/admin-a,value:{revision:" revision     \
    "}}}],failure:[{request_range:{key:/p/taken/admin-a}}]}\n"

/* One that has read that there is nothing, in revision 5, and has said so. It asks for no lease. */
static inline EtcdScript *given(void)
{
    EtcdScript *script = scripted.script;
    int enabled = SD_EVENT_ON;

    assert_int_equal(sd_event_source_get_enabled(sharing.shared->retry, &enabled), 0);
    assert_int_equal(enabled, SD_EVENT_OFF);
    mirror_begin(scripted.fleet->mirror);
    etcd_script_expect(script, LIST);
    etcd_script_answer(script, 200, "{\"header\":{\"revision\":\"5\"}}");
    etcd_script_expect_any(script, TAKEN("5") WATCH("6"));
    open_watch();
    answer_txn(true, 6, NULL, 0);
    etcd_script_expect(script, "");
    return script;
}

static inline StorePauses pauses(void)
{
    StorePauses all = {0};

    assert_int_equal(store_pauses(sharing.store, clock_realtime_usec(), &all, &sharing.err), 0);
    return all;
}

/* How many pauses hold, and whether the first is local. */
static inline void assert_holds(size_t count, bool is_local)
{
    StorePauses all = pauses();

    assert_int_equal(all.count, count);
    if (count > 0)
        assert_int_equal(all.items[0].is_local, is_local);
    store_pauses_done(&all);
}

static inline void assert_retries(uint64_t before_usec)
{
    int enabled = SD_EVENT_OFF;

    assert_int_equal(sd_event_source_get_enabled(sharing.shared->retry, &enabled), 1);
    assert_int_equal(enabled, SD_EVENT_ONESHOT);
    assert_due_in(sharing.shared->retry, before_usec, clock_monotonic_usec, 2 * USEC_PER_SEC);
}

#define PAUSE_JSON(reason)                                                                         \
    "{\"scope\":\"all\",\"reason\":\"" reason "\",\"host\":\"admin-b\",\"at_usec\":17}"

#define ID_KEY "/p/pauses/9bd5"
#define NAME_KEY "/p/pauses/9129"
#define MARKER "/p/~paused/admin-a/T-9bd5ef03f2f3223c"
#define PAUSE_VALUE(reason)                                                                        \
    "{scope:channel,instance:" KEY ",instance_name:prod,channel_id:c1,channel_name:payments,"      \
    "reason:" reason ",until_usec:null,uid:7,host:admin-a,at_usec:T}"
static const Found other = {.name = "records/x", .value = "{}"};
