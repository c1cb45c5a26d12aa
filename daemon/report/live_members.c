/* SPDX-License-Identifier: MIT */
#include "daemon/report/live_members.h"

#include <errno.h>
#include <stdlib.h>

#include "daemon/base/mem.h"
#include "daemon/base/str.h"
#include "daemon/report/row.h"
#include "reconcile/plan/identity.h"

static int live_members_order(const void *a, const void *b)
{
    const LiveMember *left = a, *right = b;

    return identity_order_parts(left->group, left->address, left->port_in_use, right->group,
                                right->address, right->port_in_use);
}

bool live_members_same(const LiveMember *a, const LiveMember *b)
{
    return live_members_order(a, b) == 0;
}

/* The address as it is compared, in the arena. 0; -EINVAL it is none; -ENOMEM. */
static int live_members_address(LiveMembers *members, const char *text, const char **ret_address)
{
    char folded[IDENTITY_ADDRESS_MAX], canonical[ADDRESS_SIZE_MAX];
    AddressKind kind;
    int r;

    if (members->is_ecs)
        r = text[0] ? identity_fold_ecs(text, folded) : -EINVAL;
    else
        r = address_parse(text, canonical, &kind);
    if (r < 0)
        return -EINVAL;
    *ret_address = arena_string(&members->arena, members->is_ecs ? folded : canonical);
    return *ret_address ? 0 : -ENOMEM;
}

static int live_members_read_one(LiveMembers *members, const Json *row, uint64_t channel_port,
                                 LiveMember *ret_member)
{
    const char *text = row_text(row, members->is_ecs ? "ecs_id" : "host"), *address;
    uint64_t port = row_number(row, "port");
    int r = live_members_address(members, text, &address);

    if (r < 0)
        return r;
    if (port > ADDRESS_PORT_MAX || (port == 0 && channel_port == 0))
        return -EINVAL;
    *ret_member = (LiveMember){
        .row = row,
        .group = row_text(row, "member_group_name"),
        .address = address,
        .address_as = members->is_ecs ? text : address,
        .port = (uint16_t)port,
        .port_in_use = (uint16_t)(port ? port : channel_port),
    };
    return 0;
}

int live_members_read(const Json *channel, LiveMembers *ret_members, Err *err)
{
    size_t count = row_count(channel, "members");
    uint64_t port = row_number(channel, "port");

    *ret_members = (LiveMembers){.is_ecs = str_equal(row_text(channel, "kind"), "ecs")};
    ret_members->items = calloc(count + 1, sizeof(*ret_members->items));
    if (!ret_members->items)
        return err_memory(err);
    for (size_t i = 0; i < count; i++) {
        const Json *row = row_at(channel, "members", i);
        int r = live_members_read_one(ret_members, row, port <= ADDRESS_PORT_MAX ? port : 0,
                                      &ret_members->items[i]);

        if (r == -ENOMEM)
            return err_memory(err);
        if (r < 0)
            return err_set(err, -EINVAL,
                           "the member %.64s has no address and port that can be read",
                           row_text(row, "id"));
    }
    ret_members->count = count;
    if (count > 1)
        qsort(ret_members->items, count, sizeof(*ret_members->items), live_members_order);
    return 0;
}

void live_members_done(LiveMembers *members)
{
    free(members->items);
    arena_done(&members->arena);
    *members = (LiveMembers){0};
}
