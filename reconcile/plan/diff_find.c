/* SPDX-License-Identifier: MIT */
/* Finding members in a list that was taken. */
#include <assert.h>
#include <string.h>

#include "reconcile/plan/diff.h"

bool diff_has_id(const Diff *diff, const char *member_id)
{
    assert(member_id);
    return map_find(&diff->ids, member_id, strlen(member_id)) != NULL;
}

static const Extra *diff_extra_of(const Diff *diff, const Map *map, const void *key, size_t size)
{
    const void *value = map_find(map, key, size);
    size_t number = (size_t)(uintptr_t)value;

    assert(diff->finds_extras);
    if (!value)
        return NULL;
    assert(number <= diff->extra_count);
    return &diff->extras[number - 1];
}

DiffLook diff_look(const Diff *diff, const char *member_id)
{
    const DiffLook *look;

    assert(member_id);
    look = map_find(&diff->ids, member_id, strlen(member_id));
    return look ? *look : DIFF_ABSENT;
}

static const Extra *diff_search_extra(const Diff *diff, const void *identity, size_t identity_size)
{
    if (diff->finds_extras)
        return diff_find_extra_like(diff, identity, identity_size);
    for (size_t i = 0; i < diff->extra_count; i++) {
        const Extra *extra = &diff->extras[i];

        if (extra->identity_size == identity_size &&
            memcmp(extra->identity, identity, identity_size) == 0)
            return extra;
    }
    return NULL;
}

const char *diff_find_id(const Diff *diff, const void *identity, size_t identity_size)
{
    size_t wanted = desired_find(diff->desired, identity, identity_size);
    const IgnoredRow *ignored;
    const Extra *extra;

    if (wanted != DESIRED_NONE)
        return diff->seen[wanted];
    extra = diff_search_extra(diff, identity, identity_size);
    if (extra)
        return extra->id;
    ignored = map_find(&diff->ignored, identity, identity_size);
    return ignored ? ignored->id : NULL;
}

const MemberFields *diff_find_fields(const Diff *diff, const void *identity, size_t identity_size)
{
    size_t wanted = desired_find(diff->desired, identity, identity_size);
    const IgnoredRow *ignored;
    const Extra *extra;

    if (wanted != DESIRED_NONE)
        return diff->seen[wanted] ? &diff->seen_fields[wanted] : NULL;
    extra = diff_search_extra(diff, identity, identity_size);
    if (extra)
        return &extra->fields;
    ignored = map_find(&diff->ignored, identity, identity_size);
    return ignored ? &ignored->fields : NULL;
}

const Extra *diff_find_extra(const Diff *diff, const char *member_id)
{
    return diff_extra_of(diff, &diff->extras_by_id, member_id, strlen(member_id));
}

const Extra *diff_find_extra_like(const Diff *diff, const void *identity, size_t identity_size)
{
    return diff_extra_of(diff, &diff->extras_by_identity, identity, identity_size);
}
