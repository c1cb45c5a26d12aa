/* SPDX-License-Identifier: MIT */
/* The inside of a MemberList, for its own files. */
#pragma once

#include "daemon/roma/wire/members.h"

#define MEMBERS_LIST "members"
#define MEMBER_STATUS_UNAVAILABLE 2

/* The fields of a row that are read. */
typedef enum MemberField {
    MEMBER_ID,
    MEMBER_CHANNEL_ID,
    MEMBER_HOST,
    MEMBER_ECS_ID,
    MEMBER_GROUP,
    MEMBER_GROUP_ID,
    MEMBER_PORT,
    MEMBER_STATUS,
    MEMBER_WEIGHT,
    MEMBER_BACKUP,
    MEMBER_FIELDS,
} MemberField;

extern const char *const member_field_names[MEMBER_FIELDS];

/* Makes room for a row. 0 or -ENOMEM. */
int members_grow(MemberList *list, size_t index);

/* Its rows are there: fills list->page. */
void members_show(MemberList *list, const char *body, const PageCounts *counts);
