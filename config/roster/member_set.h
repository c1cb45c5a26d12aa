/* SPDX-License-Identifier: MIT */
/* The members of one channel by value, so that one listed twice is found. Holds indices into the
 * channel's own array, at 8 bytes a slot: a table of pointers and keys would be larger than the
 * members themselves, and touching memory is most of what reading a large roster costs. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "config/config.h"

typedef struct MemberSlot MemberSlot;

typedef struct MemberSet {
    const RosterMember *members; /* borrowed; filled by the caller */
    MemberSlot *slots;
    size_t slot_count;
} MemberSet;

/* Room for `count` of the members in the array. 0 or -ENOMEM. */
int member_set_init(MemberSet *set, const RosterMember *members, size_t count);
void member_set_done(MemberSet *set);

/* Adds members[index]. Returns its index, or that of the first one like it, which stays: the same
 * kind, group, address and port. */
size_t member_set_add(MemberSet *set, size_t index);
