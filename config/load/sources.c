/* SPDX-License-Identifier: MIT */
#include "config/load/sources.h"

#include <assert.h>
#include <errno.h>
#include <fnmatch.h>
#include <string.h>

#include "config/load/files.h"
#include "daemon/base/aside.h"
#include "daemon/base/mem.h"
#include "daemon/base/str.h"

#define NSEC_PER_SEC INT64_C(1000000000)
#define NSEC_PER_USEC INT64_C(1000)

void sources_done(Sources *sources)
{
    free(sources->stamps);
    free(sources->listings);
    free(sources->zones);
    arena_done(&sources->arena);
    *sources = (Sources){0};
}

static int64_t sources_nsec(struct timespec time)
{
    int64_t nsec;

    if (__builtin_mul_overflow((int64_t)time.tv_sec, NSEC_PER_SEC, &nsec) ||
        __builtin_add_overflow(nsec, (int64_t)time.tv_nsec, &nsec))
        return time.tv_sec < 0 ? INT64_MIN : INT64_MAX;
    return nsec;
}

static int sources_push(Sources *sources, const char *path, SourceStamp stamp)
{
    stamp.path = arena_string(&sources->arena, path);
    if (!stamp.path || mem_grow(&sources->stamps, &sources->stamp_capacity,
                                sources->stamp_count + 1, sizeof(*sources->stamps)) < 0)
        return -ENOMEM;
    sources->stamps[sources->stamp_count++] = stamp;
    return 0;
}

int sources_add(Sources *sources, const char *path, const struct stat *status)
{
    return sources_push(sources, path,
                        (SourceStamp){
                            .device = status->st_dev,
                            .inode = status->st_ino,
                            .size = status->st_size,
                            .written_nsec = sources_nsec(status->st_mtim),
                            .changed_nsec = sources_nsec(status->st_ctim),
                        });
}

int sources_add_missing(Sources *sources, const char *path, int error)
{
    assert(error > 0);
    return sources_push(sources, path, (SourceStamp){.error = error});
}

int sources_add_listing(Sources *sources, const char *directory, const char *pattern)
{
    SourceListing listing = {.path = arena_string(&sources->arena, directory)};
    struct stat status;

    aside_touch(directory);
    if (stat(directory, &status) == 0)
        listing.changed_nsec = sources_nsec(status.st_ctim);
    if (pattern)
        listing.pattern = arena_string(&sources->arena, pattern);
    if (!listing.path || (pattern && !listing.pattern) ||
        mem_grow(&sources->listings, &sources->listing_capacity, sources->listing_count + 1,
                 sizeof(*sources->listings)) < 0)
        return -ENOMEM;
    sources->listings[sources->listing_count++] = listing;
    return 0;
}

int sources_add_zone(Sources *sources, const char *path)
{
    const char *copy = arena_string(&sources->arena, path);

    if (!copy || mem_grow(&sources->zones, &sources->zone_capacity, sources->zone_count + 1,
                          sizeof(*sources->zones)) < 0)
        return -ENOMEM;
    sources->zones[sources->zone_count++] = copy;
    return 0;
}

int sources_begin(Sources *sources, const char *settings)
{
    struct stat status;

    assert(!sources->settings);
    sources->settings = arena_string(&sources->arena, settings);
    if (!sources->settings)
        return -ENOMEM;
    aside_touch(settings);
    if (stat(settings, &status) < 0)
        return sources_add_missing(sources, settings, errno);
    return sources_add(sources, settings, &status);
}

int sources_note_unread(Sources *sources, const char *path)
{
    if (!sources->unread)
        sources->unread = arena_string(&sources->arena, path);
    return sources->unread ? 0 : -ENOMEM;
}

int sources_keep_entries(Sources *sources, const RosterEntries *entries)
{
    RosterEntry *items =
        arena_alloc(&sources->arena, (entries->count ? entries->count : 1) * sizeof(*items));

    assert(sources->entries.count == 0);
    if (!items)
        return -ENOMEM;
    for (size_t i = 0; i < entries->count; i++) {
        items[i] = entries->items[i];
        items[i].text = arena_string(&sources->arena, entries->items[i].text);
        items[i].path = arena_string(&sources->arena, entries->items[i].path);
        if (!items[i].text || !items[i].path)
            return -ENOMEM;
    }
    sources->entries = (RosterEntries){.items = items, .count = entries->count};
    return 0;
}

int sources_copy_names(const Sources *sources, Sources *ret_names)
{
    ret_names->settings = arena_string(&ret_names->arena, sources->settings);
    if (!ret_names->settings)
        return -ENOMEM;
    for (size_t i = 0; i < sources->zone_count; i++) {
        if (sources_add_zone(ret_names, sources->zones[i]) < 0)
            return -ENOMEM;
    }
    return sources_keep_entries(ret_names, &sources->entries);
}

static bool sources_stamp_equal(const SourceStamp *a, const SourceStamp *b)
{
    return str_equal(a->path, b->path) && a->error == b->error && a->device == b->device &&
           a->inode == b->inode && a->size == b->size && a->written_nsec == b->written_nsec &&
           a->changed_nsec == b->changed_nsec;
}

bool sources_equal(const Sources *a, const Sources *b, const char **ret_path)
{
    size_t common = a->stamp_count < b->stamp_count ? a->stamp_count : b->stamp_count;

    for (size_t i = 0; i < common; i++) {
        if (sources_stamp_equal(&a->stamps[i], &b->stamps[i]))
            continue;
        if (ret_path)
            *ret_path = b->stamps[i].path;
        return false;
    }
    if (a->stamp_count == b->stamp_count)
        return true;
    if (ret_path)
        *ret_path = (a->stamp_count > common ? a : b)->stamps[common].path;
    return false;
}

bool sources_are_young(const Sources *sources, uint64_t realtime_usec)
{
    int64_t old_nsec = ((int64_t)realtime_usec - (int64_t)SOURCES_STILL_USEC) * NSEC_PER_USEC;

    for (size_t i = 0; i < sources->stamp_count; i++) {
        const SourceStamp *stamp = &sources->stamps[i];

        if (stamp->error == 0 && (stamp->written_nsec > old_nsec || stamp->changed_nsec > old_nsec))
            return true;
    }
    for (size_t i = 0; i < sources->listing_count; i++) {
        if (sources->listings[i].changed_nsec > old_nsec)
            return true;
    }
    return false;
}

bool sources_is_same(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
           sources_nsec(a->st_mtim) == sources_nsec(b->st_mtim) &&
           sources_nsec(a->st_ctim) == sources_nsec(b->st_ctim);
}

bool sources_is_old(const struct stat *status, uint64_t realtime_usec)
{
    int64_t old_nsec = ((int64_t)realtime_usec - (int64_t)SOURCES_OLD_USEC) * NSEC_PER_USEC;

    return sources_nsec(status->st_mtim) <= old_nsec && sources_nsec(status->st_ctim) <= old_nsec;
}

static bool sources_has_ending(const char *name, const char *ending)
{
    size_t length = strlen(name), ending_length = strlen(ending);

    return length > ending_length && str_equal(name + length - ending_length, ending);
}

bool sources_name_fits(const char *pattern, const char *name)
{
    if (!pattern)
        return name[0] != '.' &&
               (sources_has_ending(name, ".yaml") || sources_has_ending(name, ".yml"));
    /* The names . and .. lead to nothing new. */
    if (str_equal(name, ".") || str_equal(name, ".."))
        return false;
    return fnmatch(pattern, name, FNM_PERIOD) == 0;
}
