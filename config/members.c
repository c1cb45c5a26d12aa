/* Desired members: see members.h. There may be 100,000 of them, so that each costs one allocation
 * from the arena, which also is the key by which a second one like it is found. */
#include "config/members.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "config/address.h"
#include "config/member_keys.h"
#include "daemon/base/map.h"
#include "daemon/base/mem.h"
#include "daemon/base/str.h"

#define HEAD_SIZE 3U /* kind and port, before the texts */
#define PACKED_SIZE_MAX (HEAD_SIZE + ADDRESS_SIZE_MAX + MEMBER_GROUP_BYTES_MAX + 1)

/* A member as it was written. */
typedef struct Draft {
    const char *group;
    const char *address; /* canonical, or the ecs_id */
    uint16_t port;
    bool is_ecs;
    char canonical[ADDRESS_SIZE_MAX];
} Draft;

/* Takes HOST, HOST:PORT, [V6] and [V6]:PORT apart. The port is NULL where there is none. 0 or
 * -EINVAL. */
static int split_host_port(const char *text, char ret_host[static ADDRESS_SIZE_MAX],
                           const char **ret_port)
{
    bool in_brackets = text[0] == '[';
    const char *start = in_brackets ? text + 1 : text;
    const char *end = strchr(start, in_brackets ? ']' : ':');
    size_t length;

    if (!in_brackets && end && strchr(end + 1, ':'))
        end = NULL; /* two colons without brackets: all of it is an IPv6 address */
    if (in_brackets && (!end || (end[1] != '\0' && end[1] != ':')))
        return -EINVAL;
    length = end ? (size_t)(end - start) : strlen(start);
    if (length >= ADDRESS_SIZE_MAX || (in_brackets && !memchr(start, ':', length)))
        return -EINVAL;
    memcpy(ret_host, start, length);
    ret_host[length] = '\0';
    *ret_port = end && in_brackets ? end + 1 : end;
    if (*ret_port)
        *ret_port = **ret_port == ':' ? *ret_port + 1 : NULL;
    return 0;
}

static bool read_short(Reader *reader, const Node *node, Draft *draft)
{
    const char *text =
        schema_read_text(reader, node, 1, MEMBER_TEXT_MAX, "HOST:PORT, HOST or a map");
    char host[ADDRESS_SIZE_MAX], shown[NODE_DESCRIPTION_SIZE];
    const char *port_text;
    uint64_t port = 0;
    AddressKind kind;

    if (!text)
        return false;
    if (split_host_port(text, host, &port_text) < 0 ||
        address_parse(host, draft->canonical, &kind) < 0) {
        reader_problem(reader, node,
                       "%s, should be HOST:PORT, HOST or [IPV6]:PORT with a valid address or name",
                       node_describe(node, shown));
        return false;
    }
    if (port_text && str_parse_uint(port_text, MEMBER_PORT_MAX, &port) < 0) {
        reader_problem(reader, node, "%s, should have a port from 1 to 65535 after the colon",
                       node_describe(node, shown));
        return false;
    }
    draft->address = draft->canonical;
    draft->port = (uint16_t)port;
    return true;
}

/* Host or ecs_id: exactly one of them. */
static bool check_address(Reader *reader, const Node *node, SchemaSeen seen)
{
    bool has_host = schema_has(seen, MEMBER_KEY_HOST);

    if (has_host == schema_has(seen, MEMBER_KEY_ECS_ID)) {
        reader_problem(reader, node, "%s, should have one of them",
                       has_host ? "has host and ecs_id" : "has neither host nor ecs_id");
        return false;
    }
    return schema_is_good(seen, has_host ? MEMBER_KEY_HOST : MEMBER_KEY_ECS_ID);
}

static bool read_map(Reader *reader, const Node *node, Draft *draft)
{
    char shown[NODE_DESCRIPTION_SIZE];
    MemberKeys keys = {0};
    SchemaSeen seen = schema_read(reader, node, &member_schema, &keys);
    AddressKind kind;

    if (!check_address(reader, node, seen) || seen.good != seen.present)
        return false;
    draft->group = keys.group ? keys.group : "";
    draft->port = (uint16_t)keys.port;
    draft->is_ecs = keys.ecs_id != NULL;
    draft->address = keys.ecs_id ? keys.ecs_id : draft->canonical;
    if (keys.ecs_id)
        return member_check_ecs_id(reader, node, keys.ecs_id);
    if (address_parse(keys.host, draft->canonical, &kind) == 0)
        return true;
    node = node_find(node, "host");
    reader_problem(reader, node, "%s, should be an IPv4 or IPv6 address or a host name, alone",
                   node_describe(node, shown));
    return false;
}

/* Head, address, NUL, group, NUL, in the arena. 0 and the member whose texts are in there, with its
 * key; or -ENOMEM. */
static int pack(Reader *reader, const Draft *draft, RosterMember *ret_member, const char **ret_key,
                size_t *ret_key_size)
{
    size_t address_size = strlen(draft->address) + 1, group_size = strlen(draft->group);
    char bytes[PACKED_SIZE_MAX];
    const char *packed;

    assert(HEAD_SIZE + address_size + group_size <= sizeof(bytes));
    bytes[0] = draft->is_ecs ? 'e' : 'h';
    memcpy(bytes + 1, &draft->port, sizeof(draft->port));
    memcpy(bytes + HEAD_SIZE, draft->address, address_size);
    memcpy(bytes + HEAD_SIZE + address_size, draft->group, group_size);
    *ret_key_size = HEAD_SIZE + address_size + group_size;
    packed = arena_copy(reader->arena, bytes, *ret_key_size);
    if (!packed)
        return -ENOMEM;
    *ret_key = packed;
    *ret_member = (RosterMember){
        .address = packed + HEAD_SIZE,
        .group = packed + HEAD_SIZE + address_size,
        .port = draft->port,
        .is_ecs = draft->is_ecs,
    };
    return 0;
}

/* 1 and the member; 0 when there is a mistake in it; -ENOMEM. */
static int read_member(Reader *reader, const Node *node, Map *known, RosterMember *ret_member)
{
    Draft draft = {.group = ""};
    bool is_good = node->kind == NODE_SCALAR ? read_short(reader, node, &draft)
                                             : read_map(reader, node, &draft);
    const Node *first;
    const char *key;
    size_t key_size;
    int r;

    if (!is_good)
        return 0;
    if (pack(reader, &draft, ret_member, &key, &key_size) < 0)
        return -ENOMEM;
    /* Maps take mutable values, and give back what was put in. */
    r = map_put(known, key, key_size, (void *)(uintptr_t)node);
    if (r != 0)
        return r;
    first = map_find(known, key, key_size);
    reader_problem(reader, node, "is the same member as in line %u, should be there once",
                   first->line);
    return 0;
}

void members_read(Reader *reader, const Node *list, RosterChannel *channel)
{
    _cleanup_(map_done) Map known = {0};
    RosterMember *members;
    size_t count = 0;

    if (list->size == 0)
        return;
    members = arena_alloc(reader->arena, list->size * sizeof(*members));
    if (!members || map_reserve(&known, list->size) < 0) {
        problems_memory(reader->problems);
        return;
    }
    for (const Node *node = list->first; node; node = node->next) {
        int r = read_member(reader, node, &known, &members[count]);

        if (r < 0) {
            problems_memory(reader->problems);
            return;
        }
        count += (size_t)r;
    }
    channel->members = members;
    channel->member_count = count;
}
