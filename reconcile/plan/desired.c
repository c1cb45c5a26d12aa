/* SPDX-License-Identifier: MIT */
#include "reconcile/plan/desired.h"

#include <assert.h>
#include <errno.h>

#include "daemon/base/str.h"
#include "reconcile/plan/identity.h"

#define STATES_OF_A_LIVE_MEMBER                                                                    \
    (ROSTER_MEMBER_WEIGHT | ROSTER_MEMBER_BACKUP | ROSTER_MEMBER_ENABLED)

/* Map values are pointers: a member's number, from 1, stands in one. */
static void *desired_value(size_t index)
{
    return (void *)(uintptr_t)(index + 1);
}

bool desired_has_group(const Desired *desired, const char *group)
{
    const ChannelRow *row = desired->row;

    for (size_t i = 0; row && i < row->group_count; i++) {
        if (str_equal(row->groups[i].name, group))
            return true;
    }
    return false;
}

const char *desired_find_absent_group(const Desired *desired)
{
    const RosterChannel *channel = desired->channel;

    for (size_t i = 0; i < channel->member_count; i++) {
        const char *group = channel->members[i].group;

        if (!str_is_empty(group) && !desired_has_group(desired, group))
            return group;
    }
    return NULL;
}

void desired_print_groups(const Desired *desired, Buf *buf)
{
    const ChannelRow *row = desired->row;

    for (size_t i = 0; row && i < row->group_count; i++)
        buf_printf(buf, "%s%s", i > 0 ? ", " : "", row->groups[i].name);
    if (!row || row->group_count == 0)
        buf_puts(buf, "none");
}

uint16_t desired_port(const Desired *desired, const RosterMember *member)
{
    return member->port ? member->port : desired->channel_port;
}

bool desired_is_weightless(const Desired *desired, const char *group)
{
    const ChannelRow *row = desired->row;

    for (size_t i = 0; row && i < row->group_count; i++) {
        if (str_equal(row->groups[i].name, group))
            return row->groups[i].weight == OPS_WEIGHT_NONE;
    }
    return str_is_empty(group);
}

bool desired_has_group_weight(const Desired *desired, const char *group)
{
    return desired_has_group(desired, group) && !desired_is_weightless(desired, group);
}

uint8_t desired_states(const Desired *desired, const RosterMember *member)
{
    uint8_t states = member->states & STATES_OF_A_LIVE_MEMBER;

    if (states & ROSTER_MEMBER_WEIGHT && !desired_is_weightless(desired, member->group))
        states &= (uint8_t)~ROSTER_MEMBER_WEIGHT;
    return states;
}

static int desired_pack(const RosterMember *member, uint16_t port, unsigned char *ret_packed)
{
    char folded[IDENTITY_ADDRESS_MAX];

    if (!member->is_ecs)
        return identity_pack(member->group, member->address, port, ret_packed);
    if (identity_fold_ecs(member->address, folded) < 0)
        return -EINVAL;
    return identity_pack(member->group, folded, port, ret_packed);
}

static int desired_add(Desired *desired, size_t index, Err *err)
{
    const RosterMember *member = &desired->channel->members[index];
    unsigned char packed[IDENTITY_SIZE_MAX];
    char text[IDENTITY_SIZE_MAX + 16];
    uint16_t port = desired_port(desired, member);
    int size = desired_pack(member, port, packed);
    const char *key;
    int r;

    if (size < 0)
        return err_set(err, size, "%s: a member's group or address is too long", member->address);
    key = arena_copy(&desired->arena, packed, (size_t)size);
    desired->keys[index] = (DesiredKey){key, (size_t)size};
    r = key ? map_put(&desired->index, key, (size_t)size, desired_value(index)) : -ENOMEM;
    if (r < 0)
        return err_memory(err);
    if (r > 0)
        return 0;
    identity_format(member->group, member->address, port, text, sizeof(text));
    return err_set(err, -EINVAL,
                   "the roster lists %s twice: once with the channel's port written and once "
                   "without a port",
                   text);
}

/* Whether the channel's port is asked for and the service does not tell it. */
static int desired_check_ports(const Desired *desired, Err *err)
{
    const RosterChannel *channel = desired->channel;

    if (desired->channel_port)
        return 0;
    for (size_t i = 0; i < channel->member_count; i++) {
        if (!channel->members[i].port)
            return err_set(err, -EINVAL,
                           "the service tells no port of this channel, and the roster none of %s: "
                           "write the port there",
                           channel->members[i].address);
    }
    for (size_t i = 0; i < channel->ignore_count; i++) {
        if (channel->ignore[i].has_port && !channel->ignore[i].port)
            return err_set(err, -EINVAL,
                           "the service tells no port of this channel, which an ignore rule of the "
                           "roster asks for: write the port there");
    }
    return 0;
}

/* An ignore rule by a field that the channel's members do not have would match none of them, and
 * protect nothing without a word. */
static int desired_check_ignore(const Desired *desired, bool channel_is_ecs, Err *err)
{
    const RosterChannel *channel = desired->channel;

    for (size_t i = 0; i < channel->ignore_count; i++) {
        const IgnoreRule *rule = &channel->ignore[i];

        if (channel_is_ecs && (rule->host || rule->has_network))
            return err_set(err, -EINVAL,
                           "the channel holds ECS servers, but ignore[%zu] of the roster names a "
                           "host and protects nobody: write ecs_id, group or port there",
                           i);
        if (!channel_is_ecs && rule->ecs_id)
            return err_set(err, -EINVAL,
                           "the channel holds addresses, but ignore[%zu] of the roster names the "
                           "ecs_id %s and protects nobody: write host, group or port there",
                           i, rule->ecs_id);
    }
    return 0;
}

int desired_init(Desired *desired, const RosterChannel *channel, uint16_t channel_port,
                 bool channel_is_ecs, Err *err)
{
    int r;

    assert(channel && (channel->members || channel->member_count == 0));
    *desired = (Desired){.channel = channel, .channel_port = channel_port};
    desired->keys =
        arena_alloc(&desired->arena, (channel->member_count + 1) * sizeof(*desired->keys));
    if (!desired->keys || map_reserve(&desired->index, channel->member_count) < 0)
        return err_memory(err);
    r = desired_check_ports(desired, err);
    if (r == 0)
        r = desired_check_ignore(desired, channel_is_ecs, err);
    if (r < 0)
        return r;
    for (size_t i = 0; i < channel->member_count; i++) {
        const RosterMember *member = &channel->members[i];

        if (member->is_ecs != channel_is_ecs)
            return err_set(err, -EINVAL,
                           channel_is_ecs
                               ? "the channel holds ECS servers, but the roster names the host %s: "
                                 "write ecs_id there"
                               : "the channel holds addresses, but the roster names the ecs_id %s: "
                                 "write host there",
                           member->address);
        r = desired_add(desired, i, err);
        if (r < 0)
            return r;
    }
    return 0;
}

void desired_done(Desired *desired)
{
    map_done(&desired->index);
    arena_done(&desired->arena);
    *desired = (Desired){0};
}

size_t desired_find(const Desired *desired, const void *identity, size_t identity_size)
{
    void *value;

    assert(identity && identity_size > 0);
    value = map_find(&desired->index, identity, identity_size);
    return value ? (size_t)(uintptr_t)value - 1 : DESIRED_NONE;
}
