/* SPDX-License-Identifier: MIT */
#include "reconcile/plan/desired.h"

#include <assert.h>
#include <errno.h>

#include "daemon/base/str.h"

#define STATES_OF_A_LIVE_MEMBER                                                                    \
    (ROSTER_MEMBER_WEIGHT | ROSTER_MEMBER_BACKUP | ROSTER_MEMBER_ENABLED)

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
        const char *group = config_member_group(&channel->members[i]);

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

    if (states & ROSTER_MEMBER_WEIGHT &&
        !desired_is_weightless(desired, config_member_group(member)))
        states &= (uint8_t)~ROSTER_MEMBER_WEIGHT;
    return states;
}

size_t desired_pack(const Desired *desired, size_t number,
                    unsigned char ret_packed[static IDENTITY_SIZE_MAX])
{
    const RosterMember *member = &desired->channel->members[number];
    char folded[IDENTITY_ADDRESS_MAX];
    const char *address = member->address;
    int size = 0;

    assert(number < desired->channel->member_count);
    if (member->is_ecs) {
        size = identity_fold_ecs(member->address, folded);
        address = folded;
    }
    if (size == 0)
        size = identity_pack(config_member_group(member), address, desired_port(desired, member),
                             ret_packed);
    assert(size > 0);
    return (size_t)size;
}

int desired_copy_key(const Desired *desired, size_t number, Arena *arena, DesiredKey *ret_key)
{
    unsigned char packed[IDENTITY_SIZE_MAX];
    size_t size = desired_pack(desired, number, packed);
    const void *bytes = arena_copy(arena, packed, size);

    if (!bytes)
        return -ENOMEM;
    *ret_key = (DesiredKey){bytes, size};
    return 0;
}

/* Whether the channel's port is asked for and the service does not tell it. */
static int desired_check_ports(const Desired *desired, Err *err)
{
    const RosterChannel *channel = desired->channel;

    if (desired->channel_port)
        return 0;
    for (size_t i = 0; desired->index.lacks_ports && i < channel->member_count; i++) {
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

/* As it is written: a port of 0 is one that is left out. */
static size_t desired_find_written(const Desired *desired, const char *group, const char *address,
                                   uint16_t port)
{
    if (!(port ? desired->index.has_ports : desired->index.lacks_ports))
        return DESIRED_NONE;
    return member_index_find(&desired->index, desired->channel->members, desired->is_ecs, group,
                             address, port);
}

size_t desired_find_member(const Desired *desired, const char *group, const char *address,
                           uint16_t port)
{
    size_t found = port ? desired_find_written(desired, group, address, port) : DESIRED_NONE;

    if (found == DESIRED_NONE && port && port == desired->channel_port)
        found = desired_find_written(desired, group, address, 0);
    return found;
}

size_t desired_find(const Desired *desired, const void *identity, size_t identity_size)
{
    const char *group, *address;
    uint16_t port;

    assert(identity && identity_size > 0);
    return identity_unpack(identity, identity_size, &group, &address, &port)
               ? desired_find_member(desired, group, address, port)
               : DESIRED_NONE;
}

static int desired_check_kind(const Desired *desired, const RosterMember *member, Err *err)
{
    if (member->is_ecs == desired->is_ecs)
        return 0;
    return err_set(err, -EINVAL,
                   desired->is_ecs
                       ? "the channel holds ECS servers, but the roster names the host %s: "
                         "write ecs_id there"
                       : "the channel holds addresses, but the roster names the ecs_id %s: "
                         "write host there",
                   member->address);
}

/* Whether another one before it turns out to be the same. */
static int desired_check_once(const Desired *desired, size_t number, Err *err)
{
    const RosterMember *member = &desired->channel->members[number];
    uint16_t port = desired_port(desired, member);
    size_t with_port =
        desired_find_written(desired, config_member_group(member), member->address, port);
    size_t without =
        port == desired->channel_port
            ? desired_find_written(desired, config_member_group(member), member->address, 0)
            : DESIRED_NONE;
    char text[IDENTITY_TEXT_SIZE];

    if ((with_port == DESIRED_NONE || with_port >= number) &&
        (without == DESIRED_NONE || without >= number))
        return 0;
    identity_format(config_member_group(member), member->address, port, text, sizeof(text));
    return err_set(err, -EINVAL,
                   "the roster lists %s twice: once with the channel's port written and once "
                   "without a port",
                   text);
}

/* Looks at each member only where one can be wrong. */
static int desired_check_members(const Desired *desired, Err *err)
{
    const MemberIndex *index = &desired->index;
    bool has_other_kind = desired->is_ecs ? index->has_hosts : index->has_servers;
    bool has_twins = (index->has_ports && index->lacks_ports) || index->has_spellings;
    int r = 0;

    for (size_t i = 0;
         r == 0 && (has_other_kind || has_twins) && i < desired->channel->member_count; i++) {
        r = desired_check_kind(desired, &desired->channel->members[i], err);
        if (r == 0 && has_twins)
            r = desired_check_once(desired, i, err);
    }
    return r;
}

/* One that was not read from a file has no index. */
static int desired_make_index(Desired *desired)
{
    const RosterChannel *channel = desired->channel;

    desired->index = channel->index;
    if (channel->index.slot_count > 0)
        return 0;
    if (member_index_init(&desired->index, channel->member_count, &desired->arena) < 0)
        return -ENOMEM;
    for (size_t i = 0; i < channel->member_count; i++)
        member_index_add(&desired->index, channel->members, i);
    return 0;
}

int desired_init(Desired *desired, const RosterChannel *channel, uint16_t channel_port,
                 bool channel_is_ecs, Err *err)
{
    int r;

    assert(channel && (channel->members || channel->member_count == 0));
    *desired =
        (Desired){.channel = channel, .channel_port = channel_port, .is_ecs = channel_is_ecs};
    if (desired_make_index(desired) < 0)
        return err_memory(err);
    r = desired_check_ports(desired, err);
    if (r == 0)
        r = desired_check_ignore(desired, channel_is_ecs, err);
    return r == 0 ? desired_check_members(desired, err) : r;
}

void desired_done(Desired *desired)
{
    arena_done(&desired->arena);
    *desired = (Desired){0};
}
