/* SPDX-License-Identifier: MIT */
#include "daemon/roma/compose.h"

#include "daemon/roma/wire/member_body.h"

const char *compose_member(const MemberPost *post, Arena *arena)
{
    return member_body_compose(post, arena);
}
