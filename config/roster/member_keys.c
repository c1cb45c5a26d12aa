/* SPDX-License-Identifier: MIT */
#include "config/roster/host.h"
#include "config/roster/members.h"
#include "daemon/base/mem.h"

/* daemon/roma/API.md section 1.2 */
#define ECS_ID_MAX 255U
#define WEIGHT_MAX 10000U

static const SchemaKey keys[] = {
    [MEMBER_KEY_HOST] =
        {.name = "host",
         .type = SCHEMA_TEXT,
         .offset = offsetof(MemberKeys, host),
         .min = 1,
         .max = HOST_TEXT_MAX,
         .hint = "an address or a host name (IPv6 as \"[2001:db8::8]\", with the quotes)"},
    [MEMBER_KEY_ECS_ID] = {.name = "ecs_id",
                           .type = SCHEMA_TEXT,
                           .offset = offsetof(MemberKeys, ecs_id),
                           .min = 1,
                           .max = ECS_ID_MAX,
                           .hint = "the id of a cloud server"},
    [MEMBER_KEY_PORT] = {.name = "port",
                         .type = SCHEMA_UINT,
                         .offset = offsetof(MemberKeys, port),
                         .max = ADDRESS_PORT_MAX},
    [MEMBER_KEY_GROUP] = {.name = "group",
                          .type = SCHEMA_TEXT,
                          .offset = offsetof(MemberKeys, group),
                          .max = MEMBER_GROUP_MAX,
                          .hint = "the name of a member group"},
    [MEMBER_KEY_WEIGHT] = {.name = "weight",
                           .type = SCHEMA_UINT,
                           .offset = offsetof(MemberKeys, weight),
                           .max = WEIGHT_MAX},
    [MEMBER_KEY_BACKUP] = {.name = "backup",
                           .type = SCHEMA_BOOL,
                           .offset = offsetof(MemberKeys, backup)},
    [MEMBER_KEY_ENABLED] = {.name = "enabled",
                            .type = SCHEMA_BOOL,
                            .offset = offsetof(MemberKeys, enabled)},
    [MEMBER_KEY_ECS_NAME] = {.name = "ecs_name",
                             .type = SCHEMA_TEXT,
                             .offset = offsetof(MemberKeys, ecs_name),
                             .min = 1,
                             .max = MEMBER_ECS_NAME_MAX,
                             .hint = "the name of a cloud server"},
};

/* Keys of the service and of other tools that mean one of ours. */
#define REMEDIES_OF_IDENTITY                                                                       \
    {"member_group_name", "write group"}, {"group_name", "write group"},                           \
        {"member_group", "write group"}, {"address", "write host"}, {"ip", "write host"},          \
        {"server_id", "write ecs_id"}, {"instance_id", "write ecs_id"},                            \
    {                                                                                              \
        "hostname", "write host"                                                                   \
    }

static const SchemaRemedy remedies[] = {
    REMEDIES_OF_IDENTITY,
    {"is_backup", "write backup"},
    {"status", "write enabled: true for 1, enabled: false for 2"},
    {"disabled", "write enabled: false"},
    {"member_weight", "write weight"},
    {"server_name", "write ecs_name"},
    {NULL, NULL},
};

#define BY_IDENTITY "a rule goes by host, ecs_id, port and group alone"

static const SchemaRemedy ignore_remedies[] = {
    REMEDIES_OF_IDENTITY,       {"weight", BY_IDENTITY},   {"backup", BY_IDENTITY},
    {"is_backup", BY_IDENTITY}, {"enabled", BY_IDENTITY},  {"disabled", BY_IDENTITY},
    {"status", BY_IDENTITY},    {"ecs_name", BY_IDENTITY}, {NULL, NULL},
};

const Schema member_schema = {.keys = keys,
                              .count = ELEMENTS(keys),
                              .remedies = remedies,
                              .one_of =
                                  SCHEMA_BIT(MEMBER_KEY_HOST) | SCHEMA_BIT(MEMBER_KEY_ECS_ID)};
const Schema ignore_schema = {
    .keys = keys, .count = MEMBER_KEYS_OF_IDENTITY, .remedies = ignore_remedies, .least = 1};

const SchemaKey member_text_key = {
    .type = SCHEMA_TEXT, .min = 1, .max = HOST_TEXT_MAX, .pattern = HOST_TEXT_PATTERN};

bool members_is_ecs_id(const char *ecs_id)
{
    for (const char *c = ecs_id; *c; c++) {
        if ((unsigned char)*c <= ' ' || (unsigned char)*c >= 0x7f)
            return false;
    }
    return true;
}

bool members_check_ecs_id(Reader *reader, const Node *map, const char *ecs_id)
{
    if (members_is_ecs_id(ecs_id))
        return true;
    reader_problem(reader, node_find(map, "ecs_id"),
                   "not an id, must be visible ASCII characters without spaces");
    return false;
}
