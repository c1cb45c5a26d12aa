/* SPDX-License-Identifier: MIT */
/* A roster may list 100,000 members, so each takes the memory of itself and of its texts, and
 * nothing else. */
#include "config/roster/members.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "config/roster/host.h"
#include "daemon/base/mem.h"

#define KEYS_OF_IDENTITY ((1U << MEMBER_KEYS_OF_IDENTITY) - 1)

/* A member has exactly one of host and ecs_id. */
static bool has_address(SchemaSeen seen)
{
    bool has_host = schema_has(seen, MEMBER_KEY_HOST);

    return has_host != schema_has(seen, MEMBER_KEY_ECS_ID) &&
           schema_is_good(seen, has_host ? MEMBER_KEY_HOST : MEMBER_KEY_ECS_ID);
}

/* Only a cloud server has a name of its own. */
static bool check_ecs_name(Reader *reader, const Node *node, SchemaSeen seen)
{
    if (!schema_has(seen, MEMBER_KEY_ECS_NAME) || !schema_has(seen, MEMBER_KEY_HOST))
        return true;
    reader_problem(reader, node,
                   "both host and ecs_name, which is the name of a cloud server: must have ecs_id "
                   "with it, or no ecs_name");
    return false;
}

/* Reads a map; `canonical` takes its host. `ret_stated` are the keys beyond its identity. */
static bool read_map(Reader *reader, const Node *node, char canonical[static ADDRESS_SIZE_MAX],
                     MemberKeys *keys, uint32_t *ret_stated)
{
    SchemaSeen seen = schema_read(reader, node, &member_schema, keys);

    if (!has_address(seen) || !check_ecs_name(reader, node, seen) || seen.good != seen.present)
        return false;
    *ret_stated = seen.good & ~KEYS_OF_IDENTITY;
    if (!keys->group)
        keys->group = "";
    if (keys->ecs_id)
        return members_check_ecs_id(reader, node, keys->ecs_id);
    if (!host_read(reader, node_find(node, "host"), keys->host, canonical))
        return false;
    keys->host = canonical;
    return true;
}

/* Reads a member that is written as a text alone. */
static bool read_short(Reader *reader, const Node *node, char canonical[static ADDRESS_SIZE_MAX],
                       MemberKeys *keys)
{
    uint16_t port = 0;

    if (!host_read_short(reader, node, canonical, &port))
        return false;
    *keys = (MemberKeys){.host = canonical, .group = "", .port = port};
    return true;
}

/* The ROSTER_MEMBER_* bits of keys. */
static uint8_t states_of(uint32_t stated)
{
    static const struct {
        unsigned key;
        uint8_t state;
    } states[] = {
        {MEMBER_KEY_WEIGHT, ROSTER_MEMBER_WEIGHT},
        {MEMBER_KEY_BACKUP, ROSTER_MEMBER_BACKUP},
        {MEMBER_KEY_ENABLED, ROSTER_MEMBER_ENABLED},
        {MEMBER_KEY_ECS_NAME, ROSTER_MEMBER_ECS_NAME},
    };
    uint8_t bits = 0;

    for (size_t i = 0; stated && i < ELEMENTS(states); i++) {
        if (stated >> states[i].key & 1)
            bits |= states[i].state;
    }
    return bits;
}

/* The members read so far, in the order of the file. */
typedef struct MembersDraft {
    MemberIndex index;
    Arena texts; /* until all are read, and it is known how large they are */
    size_t texts_size;
    RosterMember *items;
    const Node **nodes; /* of the items */
    size_t count;
    CanonicalItems *canonical;
} MembersDraft;

static void members_draft_done(MembersDraft *members)
{
    arena_done(&members->texts);
    free(members->nodes);
}

/* Adds it with its texts. 0 or -ENOMEM. */
static int keep(MembersDraft *members, const MemberKeys *keys, uint32_t stated)
{
    RosterMember *member = &members->items[members->count];

    *member = (RosterMember){
        .port = (uint16_t)keys->port,
        .weight = (uint16_t)keys->weight,
        .states = states_of(stated),
        .is_ecs = keys->ecs_id != NULL,
        .backup = keys->backup,
        .enabled = keys->enabled,
    };
    return config_member_set_texts(member, &members->texts,
                                   keys->ecs_id ? keys->ecs_id : keys->host, keys->group,
                                   keys->ecs_name);
}

static size_t texts_size(const RosterMember *member)
{
    const char *ecs_name = config_member_ecs_name(member);
    const char *last = ecs_name ? ecs_name : member->address + member->group_at;

    return (size_t)(last + strlen(last) + 1 - member->address);
}

/* Moves the texts to where they take no more than they need. 0 or -ENOMEM. */
static int settle_texts(Reader *reader, MembersDraft *members)
{
    char *at = arena_alloc(reader->arena, members->texts_size);

    if (!at)
        return -ENOMEM;
    for (size_t i = 0; i < members->count; i++) {
        RosterMember *member = &members->items[i];
        size_t size = texts_size(member);

        memcpy(at, member->address, size);
        member->address = at;
        at += size;
    }
    return 0;
}

/* Reads a member and adds it unless it has mistakes, which are reported. 0 or -ENOMEM. */
static int add_member(Reader *reader, const Node *node, MembersDraft *members)
{
    char canonical[ADDRESS_SIZE_MAX];
    MemberKeys keys = {0};
    size_t index = members->count, first;
    uint32_t stated = 0;

    if (node->kind == NODE_MAPPING ? !read_map(reader, node, canonical, &keys, &stated)
                                   : !read_short(reader, node, canonical, &keys))
        return 0;
    if (keep(members, &keys, stated) < 0)
        return -ENOMEM;
    first = member_index_add(&members->index, members->items, index);
    if (first == index) {
        members->nodes[members->count++] = node;
        members->texts_size += texts_size(&members->items[index]);
        canonical_items_add(members->canonical, &member_schema, KEYS_OF_IDENTITY | stated, &keys);
    } else {
        reader_problem(reader, node, "duplicate member (first on line %u), keep one of them",
                       members->nodes[first]->line);
    }
    return 0;
}

void members_read(Reader *reader, const Node *list, RosterChannel *channel,
                  CanonicalItems *canonical)
{
    _cleanup_(members_draft_done) MembersDraft members = {.canonical = canonical};

    if (list->size == 0)
        return;
    members.items = arena_alloc(reader->arena, list->size * sizeof(*members.items));
    members.nodes = malloc(list->size * sizeof(*members.nodes));
    if (!members.items || !members.nodes ||
        member_index_init(&members.index, list->size, reader->arena) < 0) {
        problems_memory(reader->problems);
        return;
    }
    for (const Node *node = list->first; node; node = node->next) {
        if (add_member(reader, node, &members) < 0) {
            problems_memory(reader->problems);
            return;
        }
    }
    if (settle_texts(reader, &members) < 0) {
        problems_memory(reader->problems);
        return;
    }
    channel->members = members.items;
    channel->index = members.index;
    channel->member_count = members.count;
}
