/* SPDX-License-Identifier: MIT */
#pragma once

#include "tests/romasim/request.h"

/* MemberInfo as it came in (API.md section 1.11); texts are borrowed from the body. */
typedef struct Info {
    const char *host;
    const char *ecs_id;
    const char *ecs_name; /* NULL: left out */
    const char *group;
    int port;
    int weight;
    int status;
    bool is_backup;
    bool has_weight, has_status, has_backup;
} Info;

/* The body as an object with these keys (NULL-terminated) and no others; NULL: it is answered. */
json_object *info_read_body(Request *r, const char *const *keys);

/* The members of the body, checked one and all; NULL: it is answered. The caller owns the vector.
 */
Info *info_read_members(Request *r, json_object *body, size_t *ret_n);

/* The host, in ECS channels the ecs_id. */
const char *info_address(const Channel *c, const Info *info);

/* Whether an earlier one of the same request has the address of the `n`th: the first wins. */
bool info_is_repeated(const Channel *c, const Info *infos, size_t n);
