/* SPDX-License-Identifier: MIT */
#include "reconcile/quarantine.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "daemon/base/mem.h"

void quarantine_done(Quarantine *quarantine)
{
    free(quarantine->rows);
    arena_done(&quarantine->arena);
    *quarantine = (Quarantine){0};
}

int quarantine_add(Quarantine *quarantine, const Quarantined *row)
{
    const char *member_id;

    assert(row->member_id);
    member_id = arena_string(&quarantine->arena, row->member_id);
    if (!member_id || mem_grow(&quarantine->rows, &quarantine->capacity, quarantine->count + 1,
                               sizeof(*quarantine->rows)) < 0)
        return -ENOMEM;
    quarantine->rows[quarantine->count] = *row;
    quarantine->rows[quarantine->count++].member_id = member_id;
    return 0;
}
