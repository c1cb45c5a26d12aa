/* SPDX-License-Identifier: MIT */
#include "daemon/roma/permits.h"

#include <errno.h>
#include <string.h>

#include "daemon/base/str.h"
#include "daemon/roma/wire/request.h"

/* channel, NUL, member: no id has a NUL. */
typedef struct PermitKey {
    char bytes[2 * OPS_ID_SIZE_MAX + 1];
    size_t size;
} PermitKey;

static bool permits_key(const char *channel_id, const char *member_id, PermitKey *ret_key)
{
    char *end = ret_key->bytes;

    if (!channel_id || !member_id || !str_is_id(channel_id, OPS_ID_SIZE_MAX) ||
        !str_is_id(member_id, OPS_ID_SIZE_MAX))
        return false;
    end = mempcpy(end, channel_id, strlen(channel_id) + 1);
    end = mempcpy(end, member_id, strlen(member_id));
    ret_key->size = (size_t)(end - ret_key->bytes);
    return true;
}

void permits_done(Permits *permits)
{
    map_done(&permits->members);
    arena_done(&permits->keys);
}

int permits_add(Permits *permits, const char *channel_id, const char *member_id)
{
    PermitKey key;
    char *copy;
    int r;

    if (!permits_key(channel_id, member_id, &key))
        return -EINVAL;
    copy = arena_copy(&permits->keys, key.bytes, key.size);
    if (!copy)
        return -ENOMEM;
    r = map_put(&permits->members, copy, key.size, copy);
    return r < 0 ? r : 0;
}

bool permits_has(const Permits *permits, const char *channel_id, const char *member_id)
{
    PermitKey key;

    return permits_key(channel_id, member_id, &key) &&
           map_find(&permits->members, key.bytes, key.size);
}

void permits_clear(Permits *permits)
{
    map_clear(&permits->members);
    arena_done(&permits->keys);
}
