/* SPDX-License-Identifier: MIT */
#include "daemon/cli/once_fleet.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/log.h"
#include "daemon/base/str.h"
#include "daemon/fleet/fleet_view.h"
#include "daemon/report/fleet_record.h"
#include "daemon/shared/hand_over.h"

/* How long etcd is waited for: a change of its leader takes less. */
#define ONCE_FLEET_WAIT_USEC (10 * USEC_PER_SEC)

#define ONCE_FLEET_END_USEC (4 * USEC_PER_SEC)

/* How often it is looked whether the wait is over, whatever happens. */
#define ONCE_FLEET_LOOK_USEC (100 * USEC_PER_MSEC)

/* ---- what the fleet says ---- */

static size_t once_fleet_find(const OnceFleet *once, const char *key)
{
    const Backend *backend = once->backend;
    size_t i = 0;

    while (i < backend->config->instance_count && !str_equal(backend->keys[i], key))
        i++;
    assert(i < backend->config->instance_count);
    return i;
}

static void once_fleet_on_own(void *userdata, const char *key, const FleetCarry *carry)
{
    OnceFleet *once = userdata;
    size_t instance = once_fleet_find(once, key);

    if (once->backend->store)
        hand_over_take(once->backend->store, key, once->backend->config->instances[instance].name,
                       fleet_get_host(once->fleet), carry);
    once->has[instance] = true;
}

/* Only this program gives anything away, and its pass is over by then. */
static void once_fleet_on_give(void *userdata, const char *key, const char *why)
{
    (void)userdata;
    (void)key;
    (void)why;
}

/* The one pass is over all instances: with one of them it ends. */
static void once_fleet_on_lose(void *userdata, const char *key, const char *why)
{
    OnceFleet *once = userdata;
    size_t instance = once_fleet_find(once, key);

    once->has[instance] = false;
    once->was_given[instance] = true;
    if (once->is_ending || !*once->run || once->has_lost)
        return;
    once->has_lost = true;
    log_event(LOG_LEVEL_ERR, NULL, "%s: %s: the pass ends",
              once->backend->config->instances[instance].name, why);
    pass_run_abandon(*once->run, why);
}

static bool once_fleet_is_quiet(void *userdata, const char *key)
{
    const OnceFleet *once = userdata;

    return !*once->run && backend_unsettled_usec(once->backend, once_fleet_find(once, key)) == 0;
}

/* What the mirrored keys say is looked at while it is waited for. */
static void once_fleet_on_key(void *userdata, const char *name, const EtcdKey *key)
{
    (void)userdata;
    (void)name;
    (void)key;
}

static void once_fleet_on_change(void *userdata)
{
    (void)userdata;
}

static const FleetOps once_fleet_ops = {
    .begin = once_fleet_on_own,
    .stop = once_fleet_on_give,
    .drop = once_fleet_on_lose,
    .is_quiet = once_fleet_is_quiet,
    .on_key = once_fleet_on_key,
    .on_change = once_fleet_on_change,
};

/* ---- before the pass ---- */

static bool once_fleet_has_all(const OnceFleet *once)
{
    for (size_t i = 0; i < once->backend->config->instance_count; i++) {
        if (!once->has[i])
            return false;
    }
    return true;
}

/* Whether another host has one of the instances, told in `err`; or negative. */
static int once_fleet_find_other(const OnceFleet *once, bool is_late, Err *err)
{
    FleetView view = {0};
    int r = fleet_view_fill(once->fleet, &view);

    for (size_t i = 0; r == 0 && view.is_current && i < view.instance_count; i++) {
        const FleetViewInstance *instance = &view.instances[i];

        if (instance->name[0] && instance->owner[0] && !instance->is_self)
            r = err_set(err, -EWOULDBLOCK,
                        "instance %s is %s's: ask there, or stop that host's rosterd first; "
                        "nothing was done",
                        instance->name, instance->owner);
    }
    if (r == 0 && is_late && view.is_current)
        r = err_set(err, -EWOULDBLOCK, "the instances cannot be had: %s; nothing was done",
                    view.trouble[0] ? view.trouble : "etcd gives no lease");
    else if (r == 0 && is_late)
        err_set(err, -ETIMEDOUT, "%s", view.trouble[0] ? view.trouble : "etcd does not answer");
    fleet_view_done(&view);
    return r == -ENOMEM ? err_memory(err) : r;
}

static int once_fleet_await(OnceFleet *once, const Interrupt *interrupt, Err *err)
{
    uint64_t end_usec = clock_monotonic_usec() + ONCE_FLEET_WAIT_USEC;
    int r = 0;

    while (r == 0 && !once_fleet_has_all(once) && !interrupt->why[0] && !once->was_late) {
        r = sd_event_run(once->backend->event, ONCE_FLEET_LOOK_USEC);
        if (r < 0)
            return err_system(err, r, "the event loop failed");
        once->was_late = clock_monotonic_usec() >= end_usec;
        r = once_fleet_has_all(once) ? 0 : once_fleet_find_other(once, once->was_late, err);
    }
    if (r == 0 && once->was_late)
        log_event(LOG_LEVEL_ERR, NULL, "%s: the pass reads, and changes nothing", err->text);
    return r;
}

static int once_fleet_begin(OnceFleet *once, Err *err)
{
    const Config *config = once->backend->config;
    size_t count = config->instance_count;
    _cleanup_free_ const char **keys = calloc(count, sizeof(*keys));
    _cleanup_free_ const char **names = calloc(count, sizeof(*names));
    int r = fleet_new(once->backend->event, config, &once->fleet, err);

    if (r < 0)
        return r;
    once->has = calloc(count, sizeof(*once->has));
    once->was_given = calloc(count, sizeof(*once->was_given));
    if (!once->has || !once->was_given || !keys || !names)
        return err_memory(err);
    for (size_t i = 0; i < count; i++) {
        keys[i] = once->backend->keys[i];
        names[i] = config->instances[i].name;
    }
    if (fleet_set_instances(once->fleet, keys, names, count, &config->set) < 0)
        return err_memory(err);
    fleet_set_user(once->fleet, &once_fleet_ops, once);
    backend_use_fleet(once->backend, once->fleet, config->fleet->handover_usec);
    fleet_begin(once->fleet);
    return 0;
}

int once_fleet_campaign(OnceFleet *once, Backend *backend, PassRun **run,
                        const Interrupt *interrupt, Err *err)
{
    const FleetSettings *fleet = backend->config->fleet;
    size_t count = backend->config->instance_count;
    int r;

    assert(!*run);
    *once = (OnceFleet){.backend = backend, .run = run};
    if (!fleet || backend->dry_run)
        return 0;
    if (fleet->max_instances > 0 && fleet->max_instances < count)
        return err_set(err, -EWOULDBLOCK,
                       "one pass is over all %zu instances, and this host may own %u "
                       "(fleet.max_instances)",
                       count, fleet->max_instances);
    r = once_fleet_begin(once, err);
    return r < 0 ? r : once_fleet_await(once, interrupt, err);
}

/* ---- after it ---- */

void once_fleet_put_records(const OnceFleet *once, const Report *report)
{
    const Backend *backend = once->backend;
    uint64_t now_usec = clock_realtime_usec();

    for (size_t i = 0; once->fleet && backend->store && i < report->instance_count; i++) {
        const char *name = backend->config->instances[i].name;
        _cleanup_(buf_done) Buf record = {0}, carry = {0};

        if (hand_over_append(backend->store, backend->keys[i], name, &carry) >= 0 &&
            fleet_record_append(report, i, now_usec, &record) >= 0)
            fleet_put_record(once->fleet, backend->keys[i], &record, &carry);
    }
}

bool once_fleet_has_failed(const OnceFleet *once)
{
    return once->was_late || once->has_lost;
}

/* Whether anything can still be given back in time. */
static bool once_fleet_has_any(const OnceFleet *once)
{
    for (size_t i = 0; i < once->backend->config->instance_count; i++) {
        if (once->has[i] && !once->was_given[i] && backend_unsettled_usec(once->backend, i) == 0)
            return true;
    }
    return false;
}

void once_fleet_done(OnceFleet *once)
{
    uint64_t end_usec = clock_monotonic_usec() + ONCE_FLEET_END_USEC;

    if (!once->fleet) {
        free(once->has);
        free(once->was_given);
        *once = (OnceFleet){0};
        return;
    }
    assert(!*once->run);
    once->is_ending = true;
    if (once->has && once->was_given)
        fleet_end(once->fleet, "its one pass is over");
    while (once->has && !fleet_is_over(once->fleet) && clock_monotonic_usec() < end_usec) {
        if (!once_fleet_has_any(once) ||
            sd_event_run(once->backend->event, ONCE_FLEET_LOOK_USEC) < 0)
            break;
    }
    backend_use_fleet(once->backend, NULL, 0);
    fleet_free(once->fleet);
    free(once->has);
    free(once->was_given);
    *once = (OnceFleet){0};
}
