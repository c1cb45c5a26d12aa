/* SPDX-License-Identifier: MIT */
#include "daemon/service/watched_set.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "config/load/sources.h"
#include "daemon/base/mem.h"
#include "daemon/base/str.h"

void watched_set_done(WatchedSet *set)
{
    for (size_t i = 0; i < set->name_count; i++)
        free(set->names[i].name);
    free(set->names);
    free(set->directories);
    *set = (WatchedSet){0};
}

bool watched_set_has(const WatchedSet *set, int descriptor)
{
    for (size_t i = 0; i < set->directory_count; i++) {
        if (set->directories[i] == descriptor)
            return true;
    }
    return false;
}

static bool watched_name_fits(const WatchedName *watched, int descriptor, const char *name)
{
    if (watched->descriptor != descriptor)
        return false;
    if (watched->is_listing && sources_name_fits(watched->name, name))
        return true;
    return watched->name && str_equal(watched->name, name);
}

bool watched_set_has_name(const WatchedSet *set, int descriptor, const char *name)
{
    for (size_t i = 0; i < set->name_count; i++) {
        if (watched_name_fits(&set->names[i], descriptor, name))
            return true;
    }
    return false;
}

bool watched_set_has_listing(const WatchedSet *set, int descriptor, const char *pattern)
{
    for (size_t i = 0; i < set->name_count; i++) {
        const WatchedName *watched = &set->names[i];

        if (watched->descriptor == descriptor && watched->is_listing &&
            (pattern && watched->name ? str_equal(pattern, watched->name)
                                      : pattern == watched->name))
            return true;
    }
    return false;
}

bool watched_set_equal(const WatchedSet *a, const WatchedSet *b)
{
    if (a->directory_count != b->directory_count || a->name_count != b->name_count)
        return false;
    for (size_t i = 0; i < a->directory_count; i++) {
        if (a->directories[i] != b->directories[i])
            return false;
    }
    for (size_t i = 0; i < a->name_count; i++) {
        const WatchedName *x = &a->names[i], *y = &b->names[i];
        bool same_name = x->name && y->name ? str_equal(x->name, y->name) : x->name == y->name;

        if (x->descriptor != y->descriptor || x->is_listing != y->is_listing || !same_name)
            return false;
    }
    return true;
}

int watched_set_add(WatchedSet *set, int descriptor, bool is_listing, const char *name)
{
    WatchedName entry = {descriptor, is_listing, name ? strdup(name) : NULL};

    if ((name && !entry.name) ||
        mem_grow(&set->names, &set->name_capacity, set->name_count + 1, sizeof(*set->names)) < 0) {
        free(entry.name);
        return -ENOMEM;
    }
    set->names[set->name_count++] = entry;
    return 1;
}
