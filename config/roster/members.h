/* SPDX-License-Identifier: MIT */
/* The members of a roster's channel, and the rules for those that are left alone. */
#pragma once

#include "config/config.h"
#include "config/schema/canonical.h"
#include "config/schema/schema.h"

#define MEMBER_GROUP_MAX 64U                          /* characters */
#define MEMBER_GROUP_BYTES_MAX (4 * MEMBER_GROUP_MAX) /* in UTF-8 */

#define MEMBER_ECS_NAME_MAX 64U                             /* characters */
#define MEMBER_ECS_NAME_BYTES_MAX (4 * MEMBER_ECS_NAME_MAX) /* in UTF-8 */

/* The keys of a member that is written as a map. The first say which member it is, and are those of
 * an ignore rule as well. */
enum {
    MEMBER_KEY_HOST,
    MEMBER_KEY_ECS_ID,
    MEMBER_KEY_PORT,
    MEMBER_KEY_GROUP,
    MEMBER_KEYS_OF_IDENTITY,
    MEMBER_KEY_WEIGHT = MEMBER_KEYS_OF_IDENTITY,
    MEMBER_KEY_BACKUP,
    MEMBER_KEY_ENABLED,
    MEMBER_KEY_ECS_NAME,
};

/* Texts are NULL where they are missing or wrong. */
typedef struct MemberKeys {
    const char *host;
    const char *ecs_id;
    const char *group;
    const char *ecs_name;
    uint32_t port;
    uint32_t weight;
    bool backup;
    bool enabled;
} MemberKeys;

/* Read into MemberKeys; the texts stay the tree's. */
extern const Schema member_schema;
extern const SchemaKey member_text_key; /* a member that is written as a text */
extern const Schema ignore_schema;

/* Whether all of a text's bytes are those of an ecs_id. */
bool members_is_ecs_id(const char *ecs_id);

/* Whether it is 1 to 255 visible characters of ASCII; else reports it below `map`. */
bool members_check_ecs_id(Reader *reader, const Node *map, const char *ecs_id);

/* Reads the list of desired members into the reader's arena, reports every mistake and every member
 * that is listed twice (by value: group, address, port). Adds each to `canonical`. */
void members_read(Reader *reader, const Node *list, RosterChannel *channel,
                  CanonicalItems *canonical);

/* Reads the list of ignore rules likewise. */
void members_read_ignore(Reader *reader, const Node *list, RosterChannel *channel,
                         CanonicalItems *canonical);
