/* SPDX-License-Identifier: MIT */
/* The table uses open addressing with linear probing, and is at most four fifths full. */
#include "config/roster/member_set.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

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

static uint64_t mix(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * UINT64_C(0xff51afd7ed558ccd);
    return hash ^ hash >> 32;
}

static uint64_t mix_text(uint64_t hash, const char *text)
{
    size_t size = strlen(text);
    uint64_t word;

    hash = mix(hash, size);
    for (; size >= sizeof(word); text += sizeof(word), size -= sizeof(word)) {
        memcpy(&word, text, sizeof(word));
        hash = mix(hash, word);
    }
    word = 0;
    memcpy(&word, text, size);
    return mix(hash, word);
}

static uint32_t hash_member(const RosterMember *member)
{
    uint64_t hash = mix(member->port, member->is_ecs);

    hash = mix_text(hash, member->address);
    return (uint32_t)mix_text(hash, member->group);
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
