/* SPDX-License-Identifier: MIT */
#include "daemon/runtime/backend.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "daemon/base/clock.h"
#include "daemon/base/digest.h"
#include "reconcile/request/call.h"
#include "reconcile/request/classify.h"

static void backend_on_answer(void *userdata, void *tag, const Answer *answer)
{
    const Backend *backend = userdata;
    const Call *call = tag;
    const BackendUser *user;

    assert(call->request.instance < backend->config->instance_count);
    user = backend->users[call->request.instance];
    assert(user);
    tally_on_answer(backend->tally, &call->request, answer);
    if (request_is_change(call->request.kind) && classify_is_unheard(answer))
        backend->unheard_usec[call->request.instance] = clock_boottime_usec();
    user->on_answer(user->userdata, tag, answer);
}

static void backend_on_renewed(void *userdata, size_t instance, Renewal renewal, const Err *err)
{
    const Backend *backend = userdata;
    const BackendUser *user;

    assert(instance < backend->config->instance_count);
    user = backend->users[instance];
    if (user)
        user->on_renewed(user->userdata, instance, renewal, err);
}

static void backend_on_wait(void *userdata, size_t instance, uint64_t wait_usec, uint32_t attempts,
                            const Err *err)
{
    const Backend *backend = userdata;
    const BackendUser *user;

    assert(instance < backend->config->instance_count);
    user = backend->users[instance];
    if (user)
        user->on_wait(user->userdata, instance, wait_usec, attempts, err);
}

int backend_without_store(const Backend *backend, Err *err)
{
    if (err)
        *err = backend->store_err;
    return -EIO;
}

int backend_check_store(const Backend *backend, Err *err)
{
    return backend->store ? store_check(backend->store, err) : backend_without_store(backend, err);
}

static int backend_add_throttles(Backend *backend)
{
    size_t count = backend->config->instance_count;

    backend->throttles = calloc(count, sizeof(*backend->throttles));
    backend->users = calloc(count, sizeof(*backend->users));
    backend->firsts = calloc(count, sizeof(*backend->firsts));
    backend->lookups = calloc(count, sizeof(*backend->lookups));
    backend->keys = calloc(count, sizeof(*backend->keys));
    backend->spent = calloc(count, sizeof(*backend->spent));
    backend->take_overs = calloc(count, sizeof(*backend->take_overs));
    backend->unheard_usec = calloc(count, sizeof(*backend->unheard_usec));
    if (!backend->throttles || !backend->users || !backend->firsts || !backend->keys ||
        !backend->lookups || !backend->spent || !backend->take_overs || !backend->unheard_usec)
        return -ENOMEM;
    for (size_t i = 0; i < count; i++)
        instance_key(&backend->config->instances[i], backend->keys[i]);
    for (size_t i = 0; i < count; i++) {
        if (throttle_init(&backend->throttles[i], backend->config->limits.requests_per_second) < 0)
            return -ENOMEM;
        backend->throttles[i].limiter = &backend->limiter;
    }
    return 0;
}

static int backend_recall_lockout(void *userdata, const char *subject, Lockout *ret_lockout)
{
    const Backend *backend = userdata;

    return backend->store ? store_recall_lockout(backend->store, subject, ret_lockout, NULL) : 0;
}

static int backend_keep_lockout(void *userdata, const char *subject, const Lockout *lockout)
{
    const Backend *backend = userdata;

    return backend->store ? store_keep_lockout(backend->store, subject, lockout, NULL) : -EIO;
}

int backend_make(Backend *backend, sd_event *event, const Config *config, bool dry_run,
                 Store *store, const Err *store_err, Err *err)
{
    const LockoutStore lockout_store = {backend_recall_lockout, backend_keep_lockout, backend};
    int r;

    assert(event && config && config->instance_count > 0);
    assert(store || err_is_set(store_err));
    *backend = (Backend){
        .event = event,
        .config = config,
        .dry_run = dry_run,
        .store = store,
        .store_err = *store_err,
        .limiter = {.total = config->limits.total_concurrency},
    };
    if (digest_prepare() < 0 || channel_index_init(&backend->channels, config) < 0 ||
        instance_index_init(&backend->instances, config) < 0 || backend_add_throttles(backend) < 0)
        return err_memory(err);
    r = roma_client_make(event, config, dry_run, backend_on_answer, backend_on_renewed, backend,
                         &backend->client, err);
    if (r < 0)
        return r;
    roma_client_tell_waits(backend->client, backend_on_wait);
    roma_client_remember_lockouts(backend->client, &lockout_store);
    roma_client_limit(backend->client, &backend->limiter);
    return r;
}

int backend_read(Backend *backend, size_t at_once, Err *err)
{
    return roma_client_read(backend->client, at_once, err);
}

int backend_open(Backend *backend, sd_event *event, const Config *config, bool dry_run,
                 Store *store, const Err *store_err, Err *err)
{
    int r = backend_make(backend, event, config, dry_run, store, store_err, err);

    return r < 0 ? r : backend_read(backend, SIZE_MAX, err);
}

/* ---- the fleet ---- */

static uint64_t backend_allows_usec(void *userdata, size_t instance, uint64_t timeout_usec)
{
    const Backend *backend = userdata;

    assert(instance < backend->config->instance_count);
    return fleet_allows_usec(backend->fleet, backend->keys[instance], timeout_usec);
}

void backend_use_fleet(Backend *backend, Fleet *fleet, uint64_t handover_usec)
{
    backend->fleet = fleet;
    backend->handover_usec = handover_usec;
    roma_client_guard(backend->client, fleet ? backend_allows_usec : NULL);
}

void backend_cancel(const Backend *backend, const BackendUser *user, bool is_changing)
{
    for (size_t i = 0; i < backend->config->instance_count; i++) {
        if (backend->users[i] != user)
            continue;
        if (is_changing)
            backend->unheard_usec[i] = clock_boottime_usec();
        roma_client_cancel_instance(backend->client, i);
    }
}

uint64_t backend_unsettled_usec(const Backend *backend, size_t instance)
{
    uint64_t now_usec = clock_boottime_usec(), over_usec = backend->unheard_usec[instance];

    if (!backend->fleet || over_usec == 0)
        return 0;
    over_usec += backend->handover_usec;
    return over_usec > now_usec ? over_usec - now_usec : 0;
}

uint64_t backend_renewal_due_usec(const Backend *backend, const BackendUser *user)
{
    uint64_t due_usec = 0;

    assert(user);
    for (size_t i = 0; i < backend->config->instance_count; i++) {
        uint64_t one_usec = roma_client_renewal_due_usec(backend->client, i);

        if (backend->users[i] == user && one_usec > due_usec)
            due_usec = one_usec;
    }
    return due_usec;
}

void backend_close(Backend *backend)
{
    roma_client_free(backend->client);
    for (size_t i = 0; backend->users && i < backend->config->instance_count; i++)
        assert(!backend->users[i]);
    for (size_t i = 0; backend->throttles && i < backend->config->instance_count; i++)
        throttle_done(&backend->throttles[i]);
    free(backend->throttles);
    free(backend->firsts);
    free(backend->lookups);
    free(backend->keys);
    for (size_t i = 0; backend->spent && i < backend->config->instance_count; i++)
        pass_spent_done(&backend->spent[i]);
    free(backend->spent);
    for (size_t i = 0; backend->take_overs && i < backend->config->instance_count; i++)
        take_over_done(&backend->take_overs[i]);
    free(backend->take_overs);
    free(backend->unheard_usec);
    free(backend->users);
    channel_index_done(&backend->channels);
    instance_index_done(&backend->instances);
    *backend = (Backend){0};
}

bool backend_is_current(const Backend *backend)
{
    return !backend->is_current || backend->is_current(backend->current_userdata);
}
