/* SPDX-License-Identifier: MIT */
/*
 * The members of one channel found by who they are: kind, group, address and port as written. It is
 * made once, when the roster is read, to find members that are listed twice; passes find live
 * members in it as long as the configuration is in force. It holds numbers of the channel's own
 * array, at 2.5 bytes a member (5 above 16,000 members): keys and pointers would be larger than the
 * members themselves.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/base/arena.h"

typedef struct RosterMember RosterMember;

typedef struct MemberIndex {
    /* Each the number of a member, from 1, and above it bits of its hash; 0: free. */
    union {
        uint16_t *narrow; /* where no number needs more than 14 bits */
        uint32_t *wide;
    };
    uint32_t slot_count;  /* more than there are members; 0: nothing was made */
    uint32_t number_mask; /* of a slot: the bits that are the number */
    /* Of the members that were added: */
    bool has_hosts, has_servers; /* which kinds there are */
    bool has_ports, lacks_ports; /* whether any has a port written, and whether any has none */
    bool has_spellings;          /* whether two ecs_ids differ in case alone */
} MemberIndex;

#define MEMBER_INDEX_NONE SIZE_MAX

/* Makes room for `count` members, in the arena. 0 or -ENOMEM. */
int member_index_init(MemberIndex *index, size_t count, Arena *arena);

/* Adds members[number]. Returns its number, or that of the first one that is written alike, which
 * stays. */
size_t member_index_add(MemberIndex *index, const RosterMember *members, size_t number);

/* The number of the member that is written so, the first of those whose ecs_ids differ in case
 * alone; MEMBER_INDEX_NONE. `address` is canonical, or an ecs_id in any case. */
size_t member_index_find(const MemberIndex *index, const RosterMember *members, bool is_ecs,
                         const char *group, const char *address, uint16_t port);
