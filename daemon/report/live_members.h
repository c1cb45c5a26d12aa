/* SPDX-License-Identifier: MIT */
/* The members of a channel out of a survey's JSON, in the order in which people read them. What is
 * no member is refused: the JSON may come from anybody. */
#pragma once

#include "config/address.h"
#include "daemon/base/arena.h"
#include "daemon/base/err.h"
#include "daemon/json/json_value.h"

typedef struct LiveMember {
    const Json *row; /* as the service gave it */
    const char *group;
    const char *address;    /* a host, canonical (address.h), or an ecs_id as it is compared */
    const char *address_as; /* the same, an ecs_id as the service writes it */
    uint16_t port;          /* as told; 0: the channel's own */
    uint16_t port_in_use;   /* the channel's own where none is told */
} LiveMember;

typedef struct LiveMembers {
    LiveMember *items; /* by group, address, port */
    size_t count;
    bool is_ecs;
    Arena arena; /* texts that are not the JSON's */
} LiveMembers;

/* Borrows from the JSON. 0; -EINVAL, told in `err`; -ENOMEM. live_members_done() in every case. */
int live_members_read(const Json *channel, LiveMembers *ret_members, Err *err);
void live_members_done(LiveMembers *members);

/* Whether two are the same member for whoever compares. */
bool live_members_same(const LiveMember *a, const LiveMember *b);
