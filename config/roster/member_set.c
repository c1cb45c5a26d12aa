/* SPDX-License-Identifier: MIT */
/* The table uses open addressing with linear probing, and is at most four fifths full. */
#include "config/roster/member_set.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/hash.h"
#include "daemon/base/str.h"

struct MemberSlot {
    uint32_t hash;
    uint32_t number; /* index + 1; 0: free */
};

int member_set_init(MemberSet *set, const RosterMember *members, size_t count)
{
    size_t slot_count = 8;
    MemberSlot *slots;

    while (slot_count / 5 * 4 < count)
        slot_count *= 2;
    slots = calloc(slot_count, sizeof(*slots));
    if (!slots)
        return -ENOMEM;
    *set = (MemberSet){.members = members, .slots = slots, .slot_count = slot_count};
    return 0;
}

void member_set_done(MemberSet *set)
{
    free(set->slots);
    *set = (MemberSet){0};
}

static uint32_t hash_member(const RosterMember *member)
{
    uint64_t head = (uint64_t)member->is_ecs << 16 | member->port;

    if (member->group[0])
        head ^= hash_bytes(head, member->group, strlen(member->group));
    return (uint32_t)hash_bytes(head, member->address, strlen(member->address));
}

static bool is_same_member(const RosterMember *a, const RosterMember *b)
{
    return a->port == b->port && a->is_ecs == b->is_ecs && str_equal(a->address, b->address) &&
           str_equal(a->group, b->group);
}

size_t member_set_add(MemberSet *set, size_t index)
{
    const RosterMember *member = &set->members[index];
    uint32_t hash = hash_member(member);
    size_t at = hash & (set->slot_count - 1);

    for (;; at = (at + 1) & (set->slot_count - 1)) {
        MemberSlot *slot = &set->slots[at];

        if (slot->number == 0) {
            *slot = (MemberSlot){.hash = hash, .number = (uint32_t)index + 1};
            return index;
        }
        if (slot->hash == hash && is_same_member(&set->members[slot->number - 1], member))
            return slot->number - 1;
    }
}
