/* SPDX-License-Identifier: MIT */
/* The table uses open addressing with linear probing, and is at most four fifths full. */
#include "config/member_index.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "config/config.h"
#include "daemon/base/hash.h"
#include "daemon/base/str.h"

#define SLOT_COUNT_MIN 8U
#define NARROW_COUNT_MAX (1U << 14)
#define MEMBERS_MAX (1U << 30)
#define FOLDED_MAX 256U /* bytes of an ecs_id that its hash goes by */

static bool is_narrow(const MemberIndex *index)
{
    return index->slot_count <= NARROW_COUNT_MAX;
}

static uint32_t get_slot(const MemberIndex *index, uint32_t at)
{
    return is_narrow(index) ? index->narrow[at] : index->wide[at];
}

int member_index_init(MemberIndex *index, size_t count, Arena *arena)
{
    uint32_t slot_count = SLOT_COUNT_MIN;
    size_t size;
    void *slots;

    if (count > MEMBERS_MAX)
        return -ENOMEM;
    while (slot_count / 5 * 4 < count)
        slot_count *= 2;
    *index = (MemberIndex){.slot_count = slot_count};
    size = slot_count * (is_narrow(index) ? sizeof(*index->narrow) : sizeof(*index->wide));
    slots = arena_alloc(arena, size);
    if (!slots)
        return -ENOMEM;
    memset(slots, 0, size);
    if (is_narrow(index))
        index->narrow = slots;
    else
        index->wide = slots;
    return 0;
}

/* An ecs_id counts as the UUID that it is, in whichever case. */
static uint64_t hash_folded(uint64_t head, const char *ecs_id)
{
    char folded[FOLDED_MAX];
    size_t size = 0;

    for (; size < sizeof(folded) && ecs_id[size]; size++) {
        char c = ecs_id[size];

        folded[size] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
    }
    return hash_bytes(head, folded, size);
}

static uint64_t hash_member(bool is_ecs, const char *group, const char *address, uint16_t port)
{
    uint64_t head = (uint64_t)is_ecs << 16 | port;

    if (group[0])
        head ^= hash_bytes(head, group, strlen(group));
    return is_ecs ? hash_folded(head, address) : hash_bytes(head, address, strlen(address));
}

static bool is_member(const RosterMember *member, bool is_ecs, const char *group,
                      const char *address, uint16_t port)
{
    return member->port == port && member->is_ecs == is_ecs &&
           (is_ecs ? strcasecmp(member->address, address) == 0
                   : str_equal(member->address, address)) &&
           str_equal(member->group, group);
}

/* What is in a slot beside the number of the member. */
static uint32_t slot_tag(const MemberIndex *index, uint64_t hash)
{
    uint32_t tag = (uint32_t)(hash >> 32) * index->slot_count;

    return is_narrow(index) ? tag & UINT16_MAX : tag;
}

/* The first slot from `at` on that holds a member which is written so, or else the free one behind
 * them. */
static uint32_t find_slot(const MemberIndex *index, const RosterMember *members, uint32_t at,
                          uint32_t tag, const RosterMember *wanted)
{
    uint32_t mask = index->slot_count - 1;

    for (;; at = (at + 1) & mask) {
        uint32_t slot = get_slot(index, at & mask);

        if (slot == 0 ||
            ((slot & ~mask) == tag && is_member(&members[(slot & mask) - 1], wanted->is_ecs,
                                                wanted->group, wanted->address, wanted->port)))
            return at & mask;
    }
}

static void note_member(MemberIndex *index, const RosterMember *member)
{
    index->has_servers |= member->is_ecs;
    index->has_hosts |= !member->is_ecs;
    index->has_ports |= member->port != 0;
    index->lacks_ports |= member->port == 0;
}

size_t member_index_add(MemberIndex *index, const RosterMember *members, size_t number)
{
    const RosterMember *member = &members[number];
    uint64_t hash = hash_member(member->is_ecs, member->group, member->address, member->port);
    uint32_t tag = slot_tag(index, hash), mask = index->slot_count - 1;
    uint32_t at = find_slot(index, members, (uint32_t)hash, tag, member);

    assert(number < mask);
    for (uint32_t slot; (slot = get_slot(index, at)) != 0;
         at = find_slot(index, members, at + 1, tag, member)) {
        size_t other = (slot & mask) - 1;

        if (str_equal(members[other].address, member->address))
            return other;
        index->has_spellings = true;
    }
    if (is_narrow(index))
        index->narrow[at] = (uint16_t)(tag | (number + 1));
    else
        index->wide[at] = tag | (uint32_t)(number + 1);
    note_member(index, member);
    return number;
}

size_t member_index_find(const MemberIndex *index, const RosterMember *members, bool is_ecs,
                         const char *group, const char *address, uint16_t port)
{
    const RosterMember wanted = {
        .group = group, .address = address, .port = port, .is_ecs = is_ecs};
    uint64_t hash;
    uint32_t slot;

    if (index->slot_count == 0)
        return MEMBER_INDEX_NONE;
    hash = hash_member(is_ecs, group, address, port);
    slot =
        get_slot(index, find_slot(index, members, (uint32_t)hash, slot_tag(index, hash), &wanted));
    return slot ? (slot & (index->slot_count - 1)) - 1 : MEMBER_INDEX_NONE;
}
