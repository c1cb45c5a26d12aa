/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "daemon/roma/client_internal.h"

void roma_client_tell_waits(RomaClient *client, RomaOnWait on_wait)
{
    client->on_wait = on_wait;
}

void roma_client_remember_lockouts(RomaClient *client, const LockoutStore *store)
{
    client->lockout_store = *store;
}

int roma_client_renew(RomaClient *client, size_t instance)
{
    if (instance >= client->config->instance_count)
        return -EINVAL;
    return credential_cache_renew(client->instances[instance].credential_cache);
}

void roma_client_limit(RomaClient *client, Limiter *limiter)
{
    http_limit_connections(client->http, limiter->total);
    for (size_t i = 0; i < client->config->instance_count; i++)
        client->instances[i].route.limiter = limiter;
}

void roma_client_refresh(RomaClient *client, size_t instance)
{
    route_refresh(&client->instances[instance].route, client->http);
    credential_cache_refresh(client->instances[instance].credential_cache);
}

uint64_t roma_client_renewal_due_usec(const RomaClient *client, size_t instance)
{
    return credential_cache_due_usec(client->instances[instance].credential_cache);
}

void roma_client_take_over(RomaClient *client, size_t instance, RomaClient *old,
                           size_t old_instance)
{
    credential_cache_take_over(client->instances[instance].credential_cache,
                               old->instances[old_instance].credential_cache);
}

RomaCredential roma_client_credential(const RomaClient *client, size_t instance)
{
    const CredentialCache *cache = client->instances[instance].credential_cache;

    return (RomaCredential){
        .expires_usec = credential_cache_expires_usec(cache),
        .failure_count = credential_cache_failure_count(cache),
    };
}
