/* SPDX-License-Identifier: MIT */
/* A roster may list 100,000 members, so each costs one allocation from the arena and nothing else.
 */
#include "config/roster/members.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "config/roster/host.h"
#include "config/roster/member_set.h"
#include "daemon/base/mem.h"

/* A member has exactly one of host and ecs_id. */
static bool check_address(Reader *reader, const Node *node, SchemaSeen seen)
{
    bool has_host = schema_has(seen, MEMBER_KEY_HOST);

    if (has_host == schema_has(seen, MEMBER_KEY_ECS_ID)) {
        schema_problem(reader, node, "%s, must have one of them",
                       has_host ? "both host and ecs_id" : "neither host nor ecs_id");
        return false;
    }
    return schema_is_good(seen, has_host ? MEMBER_KEY_HOST : MEMBER_KEY_ECS_ID);
}

/* Reads a map; `canonical` takes its host. */
static bool read_map(Reader *reader, const Node *node, char canonical[static ADDRESS_SIZE_MAX],
                     MemberKeys *keys)
{
    SchemaSeen seen = schema_read(reader, node, &member_schema, keys);

    if (!check_address(reader, node, seen) || seen.good != seen.present)
        return false;
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

/* Copies address and group into the arena with one allocation. 0 or -ENOMEM. */
static int keep(Reader *reader, const MemberKeys *keys, RosterMember *ret_member)
{
    const char *address = keys->ecs_id ? keys->ecs_id : keys->host;
    size_t address_size = strlen(address) + 1, group_size = strlen(keys->group);
    char bytes[ADDRESS_SIZE_MAX + MEMBER_GROUP_BYTES_MAX];
    const char *texts;

    assert(address_size + group_size <= sizeof(bytes));
    memcpy(bytes, address, address_size);
    memcpy(bytes + address_size, keys->group, group_size);
    texts = arena_copy(reader->arena, bytes, address_size + group_size);
    if (!texts)
        return -ENOMEM;
    *ret_member = (RosterMember){
        .address = texts,
        .group = texts + address_size,
        .port = (uint16_t)keys->port,
        .is_ecs = keys->ecs_id != NULL,
    };
    return 0;
}

/* The members read so far, in the order of the file. */
typedef struct Members {
    MemberSet set;
    RosterMember *items;
    const Node **nodes; /* of the items */
    size_t count;
    CanonicalItems *canonical;
} Members;

static void members_done(Members *members)
{
    member_set_done(&members->set);
    free(members->nodes);
}

/* Reads a member and adds it unless it has mistakes, which are reported. 0 or -ENOMEM. */
static int add_member(Reader *reader, const Node *node, Members *members)
{
    char canonical[ADDRESS_SIZE_MAX];
    MemberKeys keys = {0};
    size_t index = members->count, first;

    if (node->kind == NODE_MAPPING ? !read_map(reader, node, canonical, &keys)
                                   : !read_short(reader, node, canonical, &keys))
        return 0;
    if (keep(reader, &keys, &members->items[index]) < 0)
        return -ENOMEM;
    first = member_set_add(&members->set, index);
    if (first == index) {
        members->nodes[members->count++] = node;
        canonical_items_add(members->canonical, &member_schema, CANONICAL_ALL, &keys);
    } else {
        schema_problem(reader, node, "duplicate member (first on line %u), keep one of them",
                       members->nodes[first]->line);
    }
    return 0;
}

void members_read(Reader *reader, const Node *list, RosterChannel *channel,
                  CanonicalItems *canonical)
{
    _cleanup_(members_done) Members members = {.canonical = canonical};

    if (list->size == 0)
        return;
    members.items = arena_alloc(reader->arena, list->size * sizeof(*members.items));
    members.nodes = malloc(list->size * sizeof(*members.nodes));
    if (!members.items || !members.nodes ||
        member_set_init(&members.set, members.items, list->size) < 0) {
        problems_memory(reader->problems);
        return;
    }
    for (const Node *node = list->first; node; node = node->next) {
        if (add_member(reader, node, &members) < 0) {
            problems_memory(reader->problems);
            return;
        }
    }
    channel->members = members.items;
    channel->member_count = members.count;
}
