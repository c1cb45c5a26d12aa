/* Twins: see twins.h. */
#include "daemon/twins.h"

#include "daemon/base/mem.h"
#include "reconcile/plan/identity.h"

#define KEY_SIZE_MAX (IDENTITY_SIZE_MAX + 1)

/* What a kind leaves out stands as none: its key is the rest, after the kind itself. */
static size_t twins_pack(TwinKind kind, const char *group, const char *address, uint16_t port,
                         unsigned char ret_key[static KEY_SIZE_MAX])
{
    int size = identity_pack(kind == TWIN_OTHER_PORT ? group : "", address,
                             kind == TWIN_OTHER_GROUP ? port : 0, ret_key + 1);

    ret_key[0] = (unsigned char)kind;
    return size > 0 ? (size_t)size + 1 : 0;
}

static int twins_add(Twins *twins, TwinKind kind, ExtraReport *extra)
{
    unsigned char key[KEY_SIZE_MAX];
    size_t size = twins_pack(kind, extra->group, extra->address, extra->port, key);
    const char *kept = size > 0 ? arena_copy(&twins->keys, key, size) : NULL;

    return kept ? map_put(&twins->map, kept, size, extra) : -1;
}

void twins_collect(Twins *twins, const ChannelReport *report)
{
    for (size_t i = 0; report->missing_count > 0 && i < report->extra_count; i++) {
        for (TwinKind kind = TWIN_OTHER_GROUP; kind <= TWIN_OTHER_BOTH; kind++) {
            if (twins_add(twins, kind, &report->extras[i]) < 0)
                return;
        }
    }
}

void twins_done(Twins *twins)
{
    map_done(&twins->map);
    arena_done(&twins->keys);
}

const ExtraReport *twins_find(const Twins *twins, const MissingReport *missing, TwinKind *ret_kind)
{
    for (TwinKind kind = TWIN_OTHER_GROUP; kind <= TWIN_OTHER_BOTH; kind++) {
        unsigned char key[KEY_SIZE_MAX];
        size_t size = twins_pack(kind, missing->group, missing->address, missing->port, key);
        const ExtraReport *extra = size > 0 ? map_find(&twins->map, key, size) : NULL;

        if (extra) {
            *ret_kind = kind;
            return extra;
        }
    }
    return NULL;
}
