/* SPDX-License-Identifier: MIT */
#include "reconcile/report/near_miss.h"

#include "daemon/base/mem.h"
#include "reconcile/plan/identity.h"

#define KEY_SIZE_MAX (IDENTITY_SIZE_MAX + 1)

/* A key begins with the kind; the part that the kind ignores is packed as if there were none. */
static size_t near_miss_pack(NearMissKind kind, const char *group, const char *address,
                             uint16_t port, unsigned char ret_key[static KEY_SIZE_MAX])
{
    int size = identity_pack(kind == NEAR_MISS_PORT ? group : "", address,
                             kind == NEAR_MISS_GROUP ? port : 0, ret_key + 1);

    ret_key[0] = (unsigned char)kind;
    return size > 0 ? (size_t)size + 1 : 0;
}

static int near_miss_add(NearMisses *near_misses, NearMissKind kind, ExtraReport *extra)
{
    unsigned char key[KEY_SIZE_MAX];
    size_t size = near_miss_pack(kind, extra->group, extra->address, extra->port, key);
    const char *kept = size > 0 ? arena_copy(&near_misses->keys, key, size) : NULL;

    return kept ? map_put(&near_misses->map, kept, size, extra) : -1;
}

void near_miss_collect(NearMisses *near_misses, const ChannelReport *report)
{
    if (report->missing_count == 0)
        return;
    for (size_t i = 0; i < report->extra_count; i++) {
        for (NearMissKind kind = NEAR_MISS_GROUP; kind <= NEAR_MISS_BOTH; kind++) {
            if (near_miss_add(near_misses, kind, &report->extras[i]) < 0)
                return;
        }
    }
}

void near_miss_done(NearMisses *near_misses)
{
    map_done(&near_misses->map);
    arena_done(&near_misses->keys);
}

const ExtraReport *near_miss_find(const NearMisses *near_misses, const MissingReport *missing,
                                  NearMissKind *ret_kind)
{
    for (NearMissKind kind = NEAR_MISS_GROUP; kind <= NEAR_MISS_BOTH; kind++) {
        unsigned char key[KEY_SIZE_MAX];
        size_t size = near_miss_pack(kind, missing->group, missing->address, missing->port, key);
        const ExtraReport *extra = size > 0 ? map_find(&near_misses->map, key, size) : NULL;

        if (extra) {
            *ret_kind = kind;
            return extra;
        }
    }
    return NULL;
}
