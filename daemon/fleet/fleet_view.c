/* SPDX-License-Identifier: MIT */
#include "daemon/fleet/fleet_view.h"

#include <errno.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/str.h"
#include "daemon/fleet/fleet_internal.h"

/* A text of a value, copied into the view. */
static const char *view_text(FleetView *view, const Json *root, const char *field)
{
    const char *text = arena_string(&view->arena, json_as_text(json_find(root, field)));

    view->failed = view->failed || !text;
    return text ? text : "";
}

static Json *view_parse(const EtcdKey *key)
{
    Json *root = NULL;
    Err err = {0};

    return key && json_parse_once(key->value, key->value_size, &root, &err) == 0 ? root : NULL;
}

static size_t view_count(const Mirror *mirror, const char *prefix)
{
    size_t count = 0, position = 0;

    while (mirror_next(mirror, prefix, &position))
        count++;
    return count;
}

/* ---- hosts ---- */

static void view_fill_host(const Fleet *fleet, FleetView *view, const EtcdKey *key,
                           FleetViewHost *ret_host)
{
    _cleanup_(json_freep) Json *root = view_parse(key);

    *ret_host = (FleetViewHost){
        .name = mirror_name(fleet->mirror, key) + strlen(KEYS_HOSTS),
        .version = view_text(view, root, "version"),
        .set_digest = view_text(view, root, "set"),
        .set_head = view_text(view, root, "head"),
        .since = view_text(view, root, "since"),
        .is_self = key->lease == fleet->lease.id,
        .is_drained = json_is_true(json_find(root, "drained")),
        .max_instances = json_as_number(json_find(root, "max_instances")),
    };
}

static int view_fill_hosts(const Fleet *fleet, FleetView *view)
{
    size_t count = view_count(fleet->mirror, KEYS_HOSTS), position = 0;
    const EtcdKey *key;

    view->hosts = arena_alloc(&view->arena, (count + 1) * sizeof(*view->hosts));
    if (!view->hosts)
        return -ENOMEM;
    while ((key = mirror_next(fleet->mirror, KEYS_HOSTS, &position)))
        view_fill_host(fleet, view, key, &view->hosts[view->host_count++]);
    return 0;
}

static void view_count_owned(FleetView *view, const char *owner)
{
    for (size_t i = 0; i < view->host_count; i++)
        view->hosts[i].owned_count += str_equal(view->hosts[i].name, owner);
}

/* ---- instances ---- */

static const EtcdKey *view_find(const Fleet *fleet, const char *folder, const char *hash)
{
    char name[KEYS_NAME_SIZE];

    keys_format(folder, hash, name);
    return mirror_find(fleet->mirror, name);
}

static void view_fill_instance(const Fleet *fleet, FleetView *view, const char *hash,
                               const FleetInstance *instance)
{
    const EtcdKey *owner = view_find(fleet, KEYS_OWNER, hash);
    const EtcdKey *record = view_find(fleet, KEYS_RECORDS, hash);
    _cleanup_(json_freep) Json *owner_root = view_parse(owner);
    const EtcdKey *last = view_find(fleet, KEYS_LAST, hash);
    _cleanup_(json_freep) Json *last_root = view_parse(last);
    /* A campaign is known before the watch tells of it, which etcd's end may prevent. */
    bool is_last = instance && instance->won > (last ? last->changed : 0);
    FleetViewInstance *item = &view->instances[view->instance_count++];

    *item = (FleetViewInstance){
        .key = instance ? instance->key : view_text(view, last_root, "instance"),
        .name = instance ? instance->name : "",
        .owner = view_text(view, owner_root, "host"),
        .since = view_text(view, owner_root, "since"),
        .last = is_last ? fleet->host : view_text(view, last_root, "host"),
        .is_self = owner && owner->lease == fleet->lease.id,
        .record = record ? record->value : "",
    };
    view_count_owned(view, item->owner);
}

static bool view_is_ours(const Fleet *fleet, const char *hash)
{
    for (size_t i = 0; i < fleet->instance_count; i++) {
        if (str_equal(fleet->instances[i]->hash, hash))
            return true;
    }
    return false;
}

/* Those of this host's settings first, then what only others have. */
static int view_fill_instances(const Fleet *fleet, FleetView *view)
{
    size_t count = fleet->instance_count + view_count(fleet->mirror, KEYS_LAST), position = 0;
    const EtcdKey *key;

    view->instances = arena_alloc(&view->arena, (count + 1) * sizeof(*view->instances));
    if (!view->instances)
        return -ENOMEM;
    for (size_t i = 0; i < fleet->instance_count; i++)
        view_fill_instance(fleet, view, fleet->instances[i]->hash, fleet->instances[i]);
    while ((key = mirror_next(fleet->mirror, KEYS_LAST, &position))) {
        const char *hash = mirror_name(fleet->mirror, key) + strlen(KEYS_LAST);

        if (strlen(hash) == DIGEST_WHOLE && !view_is_ours(fleet, hash))
            view_fill_instance(fleet, view, hash, NULL);
    }
    return view->failed ? -ENOMEM : 0;
}

int fleet_view_fill(const Fleet *fleet, FleetView *ret_view)
{
    uint64_t now_usec = clock_boottime_usec();
    int r;

    *ret_view = (FleetView){
        .host = fleet->host,
        .is_current = mirror_is_current(fleet->mirror),
        .trouble = fleet->trouble,
        .is_name_taken = fleet->entry == ENTRY_TAKEN,
        .is_drained = fleet->is_drained,
        .has_lease = lease_is_held(&fleet->lease),
    };
    if (ret_view->has_lease && fleet->lease.end_usec > now_usec)
        ret_view->lease_usec = fleet->lease.end_usec - now_usec;
    r = view_fill_hosts(fleet, ret_view);
    return r < 0 ? r : view_fill_instances(fleet, ret_view);
}

void fleet_view_done(FleetView *view)
{
    arena_done(&view->arena);
}
