/* SPDX-License-Identifier: MIT */
#include "daemon/roma/permits.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
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

static int permits_put(Permits *permits, const PermitKey *key)
{
    char *copy = arena_copy(&permits->keys, key->bytes, key->size);
    int r = copy ? map_put(&permits->members, copy, key->size, copy) : -ENOMEM;

    return r < 0 ? r : 0;
}

int permits_add(Permits *permits, const char *channel_id, const char *member_id)
{
    PermitKey key;

    return permits_key(channel_id, member_id, &key) ? permits_put(permits, &key) : -EINVAL;
}

bool permits_has(const Permits *permits, const char *channel_id, const char *member_id)
{
    PermitKey key;

    return permits_key(channel_id, member_id, &key) &&
           map_find(&permits->members, key.bytes, key.size);
}

/* No id of a member begins with "#". */
static bool permits_action_key(const char *channel_id, uint64_t action, PermitKey *ret_key)
{
    int size;

    if (!channel_id || action == 0 || !str_is_id(channel_id, OPS_ID_SIZE_MAX))
        return false;
    size = snprintf(ret_key->bytes, sizeof(ret_key->bytes), "%s#%" PRIu64, channel_id, action);
    assert(size > 0 && (size_t)size < sizeof(ret_key->bytes));
    ret_key->size = (size_t)size;
    return true;
}

int permits_add_action(Permits *permits, const char *channel_id, uint64_t action)
{
    PermitKey key;

    return permits_action_key(channel_id, action, &key) ? permits_put(permits, &key) : -EINVAL;
}

bool permits_has_action(const Permits *permits, const char *channel_id, uint64_t action)
{
    PermitKey key;

    return permits_action_key(channel_id, action, &key) &&
           map_find(&permits->members, key.bytes, key.size);
}

int permits_add_change(Permits *permits, const char *channel_id, const Change *change)
{
    return change->kind == CHANGE_DELETE ? permits_add(permits, channel_id, change->member_id)
                                         : permits_add_action(permits, channel_id, change->action);
}

static bool permits_name(const Permits *permits, const Request *request)
{
    return request->kind == REQUEST_DELETE_MEMBER
               ? permits_has(permits, request->channel_id, request->member_id)
               : permits_has_action(permits, request->channel_id, request->action);
}

/* What rosterd had disabled is enabled again in any mode that changes anything. */
static bool permits_mode_lets(Mode mode, RequestKind kind)
{
    if (kind == REQUEST_ENABLE_MEMBER)
        return mode != MODE_OBSERVE;
    return mode_may(mode, kind == REQUEST_ADD_MEMBERS ? MODE_ADDS : MODE_DELETES);
}

bool permits_let(const Permits *recorded, const Permits *undone, const Request *request)
{
    Mode mode = request->channel->mode;

    if (mode != MODE_OBSERVE && permits_name(undone, request))
        return true;
    return permits_mode_lets(mode, request->kind) && permits_name(recorded, request);
}

void permits_clear(Permits *permits)
{
    map_clear(&permits->members);
    arena_done(&permits->keys);
}
