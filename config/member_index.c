/* SPDX-License-Identifier: MIT */
/* The table uses open addressing with linear probing, and is four fifths full once all are in. */
#include "config/member_index.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "config/config.h"
#include "daemon/base/hash.h"
#include "daemon/base/str.h"

#define NARROW_MASK_MAX ((1U << 14) - 1) /* leaves two bits for the hash */
#define MEMBERS_MAX (1U << 30)
#define FOLDED_MAX 256U /* bytes of an ecs_id that its hash goes by */

static bool is_narrow(const MemberIndex *index)
{
    return index->number_mask <= NARROW_MASK_MAX;
}

static uint32_t get_slot(const MemberIndex *index, uint32_t at)
{
    return is_narrow(index) ? index->narrow[at] : index->wide[at];
}

int member_index_init(MemberIndex *index, size_t count, Arena *arena)
{
    size_t size;
    void *slots;

    if (count > MEMBERS_MAX)
        return -ENOMEM;
    *index = (MemberIndex){.slot_count = (uint32_t)(count + count / 4 + 1), .number_mask = 1};
    while (index->number_mask < count)
        index->number_mask = 2 * index->number_mask + 1;
    size = index->slot_count * (is_narrow(index) ? sizeof(*index->narrow) : sizeof(*index->wide));
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

/* Who is looked for. */
typedef struct Wanted {
    bool is_ecs;
    const char *group, *address;
    uint16_t port;
} Wanted;

static uint64_t hash_member(const Wanted *wanted)
{
    uint64_t head = (uint64_t)wanted->is_ecs << 16 | wanted->port;

    if (wanted->group[0])
        head ^= hash_bytes(head, wanted->group, strlen(wanted->group));
    return wanted->is_ecs ? hash_folded(head, wanted->address)
                          : hash_bytes(head, wanted->address, strlen(wanted->address));
}

static bool is_member(const RosterMember *member, const Wanted *wanted)
{
    return member->port == wanted->port && member->is_ecs == wanted->is_ecs &&
           (wanted->is_ecs ? strcasecmp(member->address, wanted->address) == 0
                           : str_equal(member->address, wanted->address)) &&
           str_equal(config_member_group(member), wanted->group);
}

/* Where the search for a member begins. */
static uint32_t first_slot(const MemberIndex *index, uint64_t hash)
{
    return (uint32_t)((hash & UINT32_MAX) * index->slot_count >> 32);
}

static uint32_t next_slot(const MemberIndex *index, uint32_t at)
{
    return at + 1 < index->slot_count ? at + 1 : 0;
}

/* What is in a slot beside the number of the member. */
static uint32_t slot_tag(const MemberIndex *index, uint64_t hash)
{
    uint32_t tag = (uint32_t)(hash >> 32) & ~index->number_mask;

    return is_narrow(index) ? tag & UINT16_MAX : tag;
}

/* The first slot from `at` on that holds a member which is written so, or else the free one behind
 * them. */
static uint32_t find_slot(const MemberIndex *index, const RosterMember *members, uint32_t at,
                          uint32_t tag, const Wanted *wanted)
{
    uint32_t mask = index->number_mask;

    for (;; at = next_slot(index, at)) {
        uint32_t slot = get_slot(index, at);

        if (slot == 0 || ((slot & ~mask) == tag && is_member(&members[(slot & mask) - 1], wanted)))
            return at;
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
    const Wanted wanted = {.is_ecs = member->is_ecs,
                           .group = config_member_group(member),
                           .address = member->address,
                           .port = member->port};
    uint64_t hash = hash_member(&wanted);
    uint32_t tag = slot_tag(index, hash), mask = index->number_mask;
    uint32_t at = find_slot(index, members, first_slot(index, hash), tag, &wanted);

    assert(number < mask);
    for (uint32_t slot; (slot = get_slot(index, at)) != 0;
         at = find_slot(index, members, next_slot(index, at), tag, &wanted)) {
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
    const Wanted wanted = {.is_ecs = is_ecs, .group = group, .address = address, .port = port};
    uint64_t hash;
    uint32_t slot;

    if (index->slot_count == 0)
        return MEMBER_INDEX_NONE;
    hash = hash_member(&wanted);
    slot = get_slot(
        index, find_slot(index, members, first_slot(index, hash), slot_tag(index, hash), &wanted));
    return slot ? (slot & index->number_mask) - 1 : MEMBER_INDEX_NONE;
}
