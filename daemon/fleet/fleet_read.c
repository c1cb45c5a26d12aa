/* SPDX-License-Identifier: MIT */
/* Reading what owners made known long ago: of an undo whose history is nowhere else. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/fleet/fleet_internal.h"

struct FleetReading {
    const FleetReadOps *ops;
    void *userdata;
    EtcdList *list;
};

void fleet_cancel_read(FleetReading *reading)
{
    etcd_list_free(reading->list);
    free(reading);
}

static int read_on_keys(void *userdata, const EtcdFound *found)
{
    const FleetReading *reading = userdata;
    int r = 0;

    for (size_t i = 0; i < found->count && r == 0; i++)
        r = reading->ops->on_intent(reading->userdata, &found->keys[i]);
    return r;
}

static void read_on_end(void *userdata, EtcdResult result, uint64_t revision, const char *message)
{
    FleetReading *reading = userdata;
    const FleetReadOps *ops = reading->ops;
    void *context = reading->userdata;

    (void)revision;
    etcd_list_free(reading->list);
    free(reading);
    ops->on_end(context, result == ETCD_ANSWERED ? NULL : message);
}

static const EtcdListOps read_ops = {.on_keys = read_on_keys, .on_end = read_on_end};

int fleet_read_intents(Fleet *fleet, const char *key, uint64_t from_usec, uint64_t to_usec,
                       const FleetReadOps *ops, void *userdata, FleetReading **ret_reading)
{
    _cleanup_(buf_done) Buf from = {0}, to = {0};
    FleetReading *reading = calloc(1, sizeof(*reading));
    char hash[DIGEST_HEX_SIZE], name[KEYS_NAME_SIZE];
    int r = reading ? keys_hash_instance(key, hash) : -ENOMEM;

    if (r == 0) {
        *reading = (FleetReading){.ops = ops, .userdata = userdata};
        keys_format_intents(hash, from_usec, name);
        fleet_key(fleet, name, &from);
        keys_format_intents(hash, to_usec, name);
        fleet_key(fleet, name, &to);
        r = buf_failed(&from) < 0 ? -ENOMEM : buf_failed(&to);
    }
    if (r == 0)
        r = etcd_list_new(fleet->etcd, buf_text(&from), buf_text(&to), FLEET_CALL_USEC, &read_ops,
                          reading, &reading->list);
    if (r < 0) {
        free(reading);
        return r;
    }
    *ret_reading = reading;
    return 0;
}
