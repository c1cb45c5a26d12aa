/* SPDX-License-Identifier: MIT */
#include "daemon/roma/compose.h"

#include "daemon/roma/wire/member_body.h"

int compose_read_fields(const char *member_json, MemberFields *ret_fields)
{
    return member_body_read_fields(member_json, ret_fields);
}

const char *compose_member(const MemberPost *post, Arena *arena)
{
    return member_body_compose(post, arena);
}
