/* SPDX-License-Identifier: MIT */
/* The directory of a file is watched for the file's name, that of a link on the way for the link's,
 * and a directory that was listed for the names that can be rosters. The other directories on the
 * way are only watched for being moved or removed, so that what else happens in them wakes nobody.
 * Where the way ends early, the last directory that is there waits for the next name. */
#include "daemon/service/watch.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/base/log.h"
#include "daemon/service/watched_set.h"

#define LINKS_MAX 40
#define WALKS_MAX 16 /* while every one finds another way */
#define EVENTS_OF_ITSELF (IN_DELETE_SELF | IN_MOVE_SELF)
#define EVENTS_OF_NAMES                                                                            \
    (IN_CLOSE_WRITE | IN_MODIFY | IN_ATTRIB | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO)

struct Watch {
    sd_event *event;
    sd_event_source *inotify;
    int fd;                                   /* -1: there is no instance */
    bool is_instance_missed, is_watch_missed; /* said already */
    WatchedSet set;
    WatchOnEvent on_event;
    void *userdata;
};

void watch_free(Watch *watch)
{
    if (!watch)
        return;
    sd_event_source_disable_unref(watch->inotify);
    watched_set_done(&watch->set);
    if (watch->fd >= 0)
        close(watch->fd);
    free(watch);
}

static bool watch_cares(const Watch *watch, const struct inotify_event *event)
{
    if (event->mask & IN_Q_OVERFLOW)
        return true;
    if (!watched_set_has(&watch->set, event->wd))
        return false;
    return event->len == 0 || watched_set_has_name(&watch->set, event->wd, event->name);
}

/* Takes what has happened; whether any of it can matter. */
static bool watch_take(Watch *watch)
{
    _Alignas(struct inotify_event) char buffer[16384];
    bool cares = false;
    ssize_t got;

    while ((got = read(watch->fd, buffer, sizeof(buffer))) > 0) {
        for (ssize_t at = 0; at < got;) {
            const struct inotify_event *event = (const void *)(buffer + at);

            cares = cares || watch_cares(watch, event);
            at += (ssize_t)(sizeof(*event) + event->len);
        }
    }
    return cares;
}

static int watch_on_events(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
    Watch *watch = userdata;

    (void)source;
    (void)fd;
    (void)revents;
    if (watch_take(watch))
        watch->on_event(watch->userdata);
    return 0;
}

static const char missed_text[] = "changes of settings and rosters are noticed before the next "
                                  "pass, or on SIGHUP at once";

/* Somebody else's instances are not there for ever: tried again with each set. */
static int watch_open(Watch *watch)
{
    int r;

    if (watch->fd >= 0)
        return 0;
    watch->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (watch->fd < 0) {
        r = -errno;
        if (!watch->is_instance_missed)
            log_event(LOG_LEVEL_WARNING, NULL, "no inotify instance: %s%s; %s", strerror(-r),
                      r == -EMFILE ? ", raise the sysctl fs.inotify.max_user_instances" : "",
                      missed_text);
        watch->is_instance_missed = true;
        return 0;
    }
    watch->is_instance_missed = false;
    r = sd_event_add_io(watch->event, &watch->inotify, watch->fd, EPOLLIN, watch_on_events, watch);
    if (r >= 0)
        r = sd_event_source_set_priority(watch->inotify, SD_EVENT_PRIORITY_IMPORTANT);
    return r < 0 ? r : 0;
}

int watch_new(sd_event *event, WatchOnEvent on_event, void *userdata, Watch **ret_watch)
{
    _cleanup_(watch_freep) Watch *watch = calloc(1, sizeof(*watch));
    int r;

    if (!watch)
        return -ENOMEM;
    *watch = (Watch){.event = event, .on_event = on_event, .userdata = userdata, .fd = -1};
    r = watch_open(watch);
    if (r < 0)
        return r;
    *ret_watch = TAKE_PTR(watch);
    return 0;
}

static void watch_log_missed(Watch *watch, const char *path, int error)
{
    if (watch->is_watch_missed)
        return;
    watch->is_watch_missed = true;
    log_event(LOG_LEVEL_WARNING, NULL, "%s cannot be watched: %s%s; %s", path, strerror(error),
              error == ENOSPC ? ", raise the sysctl fs.inotify.max_user_watches" : "", missed_text);
}

/* The watched directory, also when it is watched already: 1 with its descriptor, 0 when it cannot
 * be watched, -ENOMEM. */
static int watch_directory(Watch *watch, WatchedSet *set, const char *path, uint32_t events,
                           int *ret_descriptor)
{
    int descriptor = inotify_add_watch(watch->fd, path, events | IN_MASK_ADD | IN_ONLYDIR);

    if (descriptor < 0) {
        if (events != EVENTS_OF_ITSELF && errno != ENOENT && errno != ENOTDIR)
            watch_log_missed(watch, path, errno);
        return 0;
    }
    *ret_descriptor = descriptor;
    if (watched_set_has(set, descriptor))
        return 1;
    if (mem_grow(&set->directories, &set->directory_capacity, set->directory_count + 1,
                 sizeof(*set->directories)) < 0)
        return -ENOMEM;
    set->directories[set->directory_count++] = descriptor;
    return 1;
}

static int watch_itself(Watch *watch, WatchedSet *set, const char *path)
{
    int descriptor;

    return watch_directory(watch, set, path, EVENTS_OF_ITSELF, &descriptor);
}

static int watch_listing(Watch *watch, WatchedSet *set, const char *path, const char *pattern)
{
    int descriptor;
    int r = watch_directory(watch, set, path, EVENTS_OF_ITSELF | EVENTS_OF_NAMES, &descriptor);

    if (r <= 0 || watched_set_has_listing(set, descriptor, pattern))
        return r;
    return watched_set_add(set, descriptor, true, pattern);
}

static int watch_name(Watch *watch, WatchedSet *set, const char *directory, const char *name)
{
    int descriptor;
    int r = watch_directory(watch, set, directory, EVENTS_OF_ITSELF | EVENTS_OF_NAMES, &descriptor);

    if (r <= 0 || watched_set_has_name(set, descriptor, name))
        return r;
    return watched_set_add(set, descriptor, false, name);
}

/* Watches the directory in which the path's first `end` characters name something, for that name;
 * `ret_directory` (may be NULL) says which it is. */
static int watch_prefix(Watch *watch, WatchedSet *set, const char *path, size_t end,
                        char *ret_directory)
{
    char directory[PATH_MAX], name[PATH_MAX];
    size_t start = end;

    while (start > 0 && path[start - 1] != '/')
        start--;
    memcpy(name, path + start, end - start);
    name[end - start] = '\0';
    memcpy(directory, start > 0 ? path : "./", start > 0 ? start : 2);
    directory[start > 0 ? start : 2] = '\0';
    if (ret_directory)
        strcpy(ret_directory, directory);
    return watch_name(watch, set, directory, name);
}

static int watch_path(Watch *watch, WatchedSet *set, const char *path, int links);

/* Follows a link on the way: its own name is watched, and then the path through its target. */
static int watch_link(Watch *watch, WatchedSet *set, const char *path, size_t end, int links)
{
    char directory[PATH_MAX], link[PATH_MAX], target[PATH_MAX], through[3 * PATH_MAX];
    int r = watch_prefix(watch, set, path, end, directory);
    ssize_t size;

    memcpy(link, path, end);
    link[end] = '\0';
    size = readlink(link, target, sizeof(target) - 1);
    if (r < 0 || size < 0 || links == 0)
        return r;
    target[size] = '\0';
    snprintf(through, sizeof(through), "%s%s%s", target[0] == '/' ? "" : directory, target,
             path + end);
    return strlen(through) < PATH_MAX ? watch_path(watch, set, through, links - 1) : r;
}

/* Walks down a path as far as it exists. */
static int watch_path(Watch *watch, WatchedSet *set, const char *path, int links)
{
    size_t length = strlen(path);
    char prefix[PATH_MAX];
    struct stat status;
    int r = 0;

    while (length > 1 && path[length - 1] == '/')
        length--;
    if (length >= PATH_MAX)
        return 0;
    for (size_t end = 1; end <= length && r >= 0; end++) {
        if (end < length && path[end] != '/')
            continue;
        memcpy(prefix, path, end);
        prefix[end] = '\0';
        if (lstat(prefix, &status) < 0)
            return watch_prefix(watch, set, path, end, NULL);
        if (S_ISLNK(status.st_mode))
            return watch_link(watch, set, path, end, links);
        if (end < length)
            r = watch_itself(watch, set, prefix);
    }
    return r < 0 ? r : watch_prefix(watch, set, path, length, NULL);
}

/* A directory that is watched before and after keeps its watch, so that no event in between is
 * lost. */
static void watch_replace(Watch *watch, WatchedSet *set)
{
    for (size_t i = 0; i < watch->set.directory_count; i++) {
        if (!watched_set_has(set, watch->set.directories[i]))
            inotify_rm_watch(watch->fd, watch->set.directories[i]);
    }
    watched_set_done(&watch->set);
    watch->set = *set;
}

/* A regular file beside the one before it is on the same way: what is left to watch is its name. */
static bool watch_is_beside(const char *path, const char *before)
{
    const char *slash = strrchr(path, '/');
    size_t length = slash ? (size_t)(slash - path) + 1 : 0;
    struct stat status;

    return before && length > 0 && strncmp(path, before, length) == 0 &&
           !strchr(before + length, '/') && lstat(path, &status) == 0 && S_ISREG(status.st_mode);
}

static int watch_add_all(Watch *watch, WatchedSet *set, const Sources *sources)
{
    int r = 0;

    for (size_t i = 0; i < sources->listing_count && r >= 0; i++) {
        const SourceListing *listing = &sources->listings[i];

        r = watch_path(watch, set, listing->path, LINKS_MAX);
        if (r >= 0)
            r = watch_listing(watch, set, listing->path, listing->pattern);
    }
    for (size_t i = 0; i < sources->stamp_count && r >= 0; i++) {
        const char *path = sources->stamps[i].path;

        if (watch_is_beside(path, i > 0 ? sources->stamps[i - 1].path : NULL))
            r = watch_prefix(watch, set, path, strlen(path), NULL);
        else
            r = watch_path(watch, set, path, LINKS_MAX);
    }
    return r < 0 ? r : 0;
}

/* 1 where the walk found what is watched already, 0 where it found another way, -ENOMEM. */
static int watch_walk(Watch *watch, const Sources *sources)
{
    WatchedSet set = {0};
    int r = watch_add_all(watch, &set, sources);

    if (r < 0) {
        watched_set_done(&set);
        return r;
    }
    r = watched_set_equal(&watch->set, &set);
    watch_replace(watch, &set);
    return r;
}

/* A directory may come after a walk has found none and before the one above it is watched: nobody
 * would tell of it, nor of what comes below it. A walk that finds the watches of before has missed
 * nothing. */
int watch_set(Watch *watch, const Sources *sources)
{
    int r = watch_open(watch);

    if (r < 0 || watch->fd < 0)
        return r;
    for (int i = 0; i < WALKS_MAX && r == 0; i++)
        r = watch_walk(watch, sources);
    return r < 0 ? r : 0;
}
