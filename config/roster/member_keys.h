/* SPDX-License-Identifier: MIT */
/* The keys of a member that is written as a map, which are those of an ignore rule as well. */
#pragma once

#include "config/schema/schema.h"

#define MEMBER_PORT_MAX 65535U
#define MEMBER_GROUP_MAX 64U                          /* characters */
#define MEMBER_GROUP_BYTES_MAX (4 * MEMBER_GROUP_MAX) /* in UTF-8 */
#define MEMBER_ECS_ID_MAX 255U                        /* API.md section 1.2 */
#define MEMBER_TEXT_MAX 300U                          /* a name with brackets and port */

enum { MEMBER_KEY_HOST, MEMBER_KEY_ECS_ID, MEMBER_KEY_PORT, MEMBER_KEY_GROUP };

/* Texts are NULL where they are missing or wrong. */
typedef struct MemberKeys {
    const char *host;
    const char *ecs_id;
    const char *group;
    uint32_t port;
} MemberKeys;

/* Reads into MemberKeys; the texts stay the tree's. */
extern const Schema member_schema;

/* Whether it is 1 to 255 visible characters of ASCII; else reports it below `map`. */
bool members_check_ecs_id(Reader *reader, const Node *map, const char *ecs_id);
