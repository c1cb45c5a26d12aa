/* SPDX-License-Identifier: MIT */
/* The instances of a client: there may be a thousand, each with files of its own. */
#include <errno.h>

#include "daemon/base/str.h"
#include "daemon/roma/client_internal.h"

static void roma_client_on_kept(void *userdata, Renewal renewal, const Err *err)
{
    RomaInstance *instance = userdata;
    RomaClient *client = instance->client;

    client->on_renewed(client->userdata, (size_t)(instance - client->instances), renewal, err);
}

static void roma_client_on_wait(void *userdata, uint64_t wait_usec, uint32_t attempts,
                                const Err *err)
{
    RomaInstance *instance = userdata;
    RomaClient *client = instance->client;

    if (client->on_wait)
        client->on_wait(client->userdata, (size_t)(instance - client->instances), wait_usec,
                        attempts, err);
}

static int roma_instance_init(RomaInstance *ret, RomaClient *client, const Instance *instance,
                              Err *err)
{
    CredentialCacheTold told = {
        .on_renewed = roma_client_on_kept,
        .on_wait = roma_client_on_wait,
        .userdata = ret,
        .lockout_store = &client->lockout_store,
        .route = &ret->route,
    };
    int r;

    ret->client = client;
    if (headers_base_init(&ret->base, instance) < 0)
        return err_memory(err);
    r = route_init(&ret->route, client->config, instance, err);
    if (r >= 0)
        r = credential_cache_new(client->event, client->http, client->config, instance, &told,
                                 &ret->credential_cache, err);
    return r < 0 ? err_context(err, r, "instance %s", instance->name) : 0;
}

/* Collects the errors of all instances, so that one start names every missing file. */
static void roma_client_note_unread(RomaClient *client, int r, const Err *err)
{
    char before[sizeof(client->unread.text)];

    if (client->unread_result == 0) {
        client->unread = *err;
        client->unread_result = r;
        return;
    }
    str_copy(before, sizeof(before), client->unread.text);
    err_set(&client->unread, r, "%s; %s", before, err->text);
}

int roma_client_read(RomaClient *client, size_t at_once, Err *err)
{
    size_t count = client->config->instance_count;

    while (client->read_count < count && at_once-- > 0) {
        size_t i = client->read_count++;
        Err one = {0};
        int r =
            roma_instance_init(&client->instances[i], client, &client->config->instances[i], &one);

        if (r < 0)
            roma_client_note_unread(client, r, &one);
    }
    if (client->read_count < count)
        return 1;
    return client->unread_result < 0
               ? err_set(err, client->unread_result, "%s", client->unread.text)
               : 0;
}

void roma_client_drop(RomaClient *client, size_t number)
{
    RomaInstance *instance = &client->instances[number];

    roma_client_cancel_instance(client, number);
    credential_cache_free(instance->credential_cache);
    headers_base_done(&instance->base);
    route_done(&instance->route);
    permits_done(&instance->permits);
    permits_done(&instance->undone);
    *instance = (RomaInstance){0};
}
