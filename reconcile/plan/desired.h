/* SPDX-License-Identifier: MIT */
/* The members that a roster wants in one channel, found by identity. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "config/config.h"
#include "daemon/base/arena.h"
#include "daemon/base/buf.h"
#include "daemon/base/err.h"
#include "reconcile/ops.h"
#include "reconcile/plan/identity.h"

/* A packed identity (identity.h). */
typedef struct DesiredKey {
    const void *bytes;
    size_t size;
} DesiredKey;

typedef struct Desired {
    const RosterChannel *channel; /* borrowed */
    uint16_t channel_port;
    bool is_ecs;           /* the channel's members are ECS servers */
    const ChannelRow *row; /* borrowed, for its groups; NULL: they are not known */
    MemberIndex index;     /* the channel's own, or the arena's where that has none */
    Arena arena;
} Desired;

/*
 * Takes the roster's members for a channel whose own port is `channel_port` and whose members are
 * ECS servers or addresses. Errors, told in `err`: -EINVAL when members or ignore rules of the
 * roster name hosts for an ECS channel or ecs_ids for an IP channel, or when two members turn out
 * to be one (a port left out and the channel's port written); -ENOMEM. desired_done() in every
 * case.
 */
int desired_init(Desired *desired, const RosterChannel *channel, uint16_t channel_port,
                 bool channel_is_ecs, Err *err);

void desired_done(Desired *desired);

#define DESIRED_NONE SIZE_MAX

/* The number of the member with that identity in the roster, or DESIRED_NONE. */
size_t desired_find(const Desired *desired, const void *identity, size_t identity_size);

/* The same of its parts, unpacked: `port` is the effective one, an ecs_id in any case. */
size_t desired_find_member(const Desired *desired, const char *group, const char *address,
                           uint16_t port);

/* The packed identity of a member, whose size is returned, and a copy of it. 0 or -ENOMEM. */
size_t desired_pack(const Desired *desired, size_t number,
                    unsigned char ret_packed[static IDENTITY_SIZE_MAX]);
int desired_copy_key(const Desired *desired, size_t number, Arena *arena, DesiredKey *ret_key);

/* ROSTER_MEMBER_* bits: what the member states that is compared in this channel, and sent. A weight
 * is not where the member's group has one of its own, or may have one for all that is told (API.md
 * section 1.9); an ecs_name never is. */
uint8_t desired_states(const Desired *desired, const RosterMember *member);

/* Whether the service tells of the group that it has no weight of its own. No group has none. */
bool desired_is_weightless(const Desired *desired, const char *group);

/* Whether it tells of a weight that all members of the group have. */
bool desired_has_group_weight(const Desired *desired, const char *group);

/* Whether the channel has the group, as far as is told. */
bool desired_has_group(const Desired *desired, const char *group);

/* A group that the roster names and the channel does not have, as far as is told; NULL: none. */
const char *desired_find_absent_group(const Desired *desired);

/* Appends the names of the groups that the channel has, for people. */
void desired_print_groups(const Desired *desired, Buf *buf);

/* The port that a member has in this channel: its own, else the channel's. */
uint16_t desired_port(const Desired *desired, const RosterMember *member);
