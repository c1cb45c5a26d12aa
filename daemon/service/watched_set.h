/* SPDX-License-Identifier: MIT */
/* What a Watch (watch.h) watches: directories by the descriptors of inotify(7), and the names in
 * them that can matter. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* The events that are watched for in a directory. */
typedef struct WatchedName {
    int descriptor; /* of the directory */
    bool is_listing;
    char *name; /* is_listing: the pattern of sources_name_fits(), which may be NULL */
} WatchedName;

typedef struct WatchedSet {
    int *directories; /* descriptors; what befalls the directory itself always counts */
    size_t directory_count, directory_capacity;
    WatchedName *names;
    size_t name_count, name_capacity;
} WatchedSet;

void watched_set_done(WatchedSet *set);

bool watched_set_has(const WatchedSet *set, int descriptor);
bool watched_set_has_name(const WatchedSet *set, int descriptor, const char *name);
bool watched_set_has_listing(const WatchedSet *set, int descriptor, const char *pattern);

/* Whether they watch the same, met in the same order. */
bool watched_set_equal(const WatchedSet *a, const WatchedSet *b);

/* 1, or -ENOMEM. The name is copied. */
int watched_set_add(WatchedSet *set, int descriptor, bool is_listing, const char *name);
