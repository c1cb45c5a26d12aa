/* SPDX-License-Identifier: MIT */
/* The directory of a file is watched for the file's name, that of a link on the way for the link's,
 * and a directory that was read for all names but those that start with a dot, which are no
 * rosters: whoever keeps one for himself there may write it as often as he likes. The other
 * directories on the way are only watched for being moved or removed, so that what else happens in
 * them wakes nobody. Where the way ends early, the last directory that is there waits for the next
 * name. */
#include "daemon/service/watch.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/base/clock.h"
#include "daemon/base/log.h"
#include "daemon/base/str.h"

#define LINKS_MAX 40
#define EVENTS_OF_ITSELF (IN_DELETE_SELF | IN_MOVE_SELF)
#define EVENTS_OF_NAMES                                                                            \
    (IN_CLOSE_WRITE | IN_MODIFY | IN_ATTRIB | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO)

/* A watched directory; what befalls it itself always counts. */
typedef struct WatchedDirectory {
    int descriptor;
    bool every_name; /* likewise whatever is in it, but names with a dot */
} WatchedDirectory;

typedef struct WatchedName {
    int descriptor; /* of its directory */
    char *name;
} WatchedName;

typedef struct WatchedSet {
    WatchedDirectory *directories;
    size_t directory_count, directory_capacity;
    WatchedName *names;
    size_t name_count, name_capacity;
} WatchedSet;

struct Watch {
    sd_event_source *inotify;
    sd_event_source *quiet;
    int fd;
    WatchedSet set;
    uint64_t busy_since_usec; /* monotonic: the first change that was not told yet; 0: none */
    bool is_busy_said;
    WatchOnChange on_change;
    void *userdata;
};

static void watched_set_done(WatchedSet *set)
{
    for (size_t i = 0; i < set->name_count; i++)
        free(set->names[i].name);
    free(set->names);
    free(set->directories);
    *set = (WatchedSet){0};
}

static WatchedDirectory *watched_set_find(const WatchedSet *set, int descriptor)
{
    for (size_t i = 0; i < set->directory_count; i++) {
        if (set->directories[i].descriptor == descriptor)
            return &set->directories[i];
    }
    return NULL;
}

void watch_free(Watch *watch)
{
    if (!watch)
        return;
    sd_event_source_disable_unref(watch->inotify);
    sd_event_source_disable_unref(watch->quiet);
    watched_set_done(&watch->set);
    if (watch->fd >= 0)
        close(watch->fd);
    free(watch);
}

static int watch_on_quiet(sd_event_source *source, uint64_t usec, void *userdata)
{
    Watch *watch = userdata;

    (void)source;
    (void)usec;
    watch->on_change(watch->userdata);
    if (sd_event_source_get_enabled(watch->quiet, NULL) == 0)
        watch->busy_since_usec = 0;
    return 0;
}

static bool watched_set_has_name(const WatchedSet *set, int descriptor, const char *name)
{
    for (size_t i = 0; i < set->name_count; i++) {
        if (set->names[i].descriptor == descriptor && str_equal(set->names[i].name, name))
            return true;
    }
    return false;
}

static bool watch_cares(const Watch *watch, const struct inotify_event *event)
{
    const WatchedDirectory *directory = watched_set_find(&watch->set, event->wd);

    if (event->mask & IN_Q_OVERFLOW)
        return true;
    if (!directory)
        return false;
    if (event->len == 0 || (directory->every_name && event->name[0] != '.'))
        return true;
    return watched_set_has_name(&watch->set, event->wd, event->name);
}

/* Somebody who writes there all the time keeps every change from being read. */
static void watch_note_busy(Watch *watch, const char *name)
{
    uint64_t now_usec = clock_monotonic_usec();

    if (watch->busy_since_usec == 0) {
        watch->busy_since_usec = now_usec;
        watch->is_busy_said = false;
    }
    if (watch->is_busy_said || now_usec - watch->busy_since_usec < WATCH_BUSY_USEC)
        return;
    watch->is_busy_said = true;
    log_event(LOG_LEVEL_WARNING, NULL,
              "settings and rosters have not been left alone for %d s (last: %s): they are read "
              "when nothing has changed for %d ms, or on SIGHUP at once",
              (int)(WATCH_BUSY_USEC / USEC_PER_SEC), name, (int)(WATCH_QUIET_USEC / USEC_PER_MSEC));
}

/* Takes what has happened; whether any of it matters, in which case it is told once it is quiet. */
static bool watch_take(Watch *watch)
{
    _Alignas(struct inotify_event) char buffer[16384];
    char name[NAME_MAX + 1] = "";
    bool cares = false;
    ssize_t got;

    while ((got = read(watch->fd, buffer, sizeof(buffer))) > 0) {
        for (ssize_t at = 0; at < got;) {
            const struct inotify_event *event = (const void *)(buffer + at);

            if (watch_cares(watch, event)) {
                cares = true;
                str_copy(name, sizeof(name), event->len > 0 ? event->name : "a directory");
            }
            at += (ssize_t)(sizeof(*event) + event->len);
        }
    }
    if (cares) {
        watch_note_busy(watch, name);
        sd_event_source_set_time_relative(watch->quiet, WATCH_QUIET_USEC);
        sd_event_source_set_enabled(watch->quiet, SD_EVENT_ONESHOT);
    }
    return cares;
}

static int watch_on_events(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
    (void)source;
    (void)fd;
    (void)revents;
    watch_take(userdata);
    return 0;
}

bool watch_has_changed(Watch *watch)
{
    return watch_take(watch);
}

int watch_new(sd_event *event, WatchOnChange on_change, void *userdata, Watch **ret_watch)
{
    _cleanup_(watch_freep) Watch *watch = calloc(1, sizeof(*watch));
    int r;

    if (!watch)
        return -ENOMEM;
    *watch = (Watch){
        .on_change = on_change,
        .userdata = userdata,
        .fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC),
    };
    if (watch->fd < 0)
        return -errno;
    r = sd_event_add_io(event, &watch->inotify, watch->fd, EPOLLIN, watch_on_events, watch);
    if (r >= 0)
        r = sd_event_add_time(event, &watch->quiet, CLOCK_MONOTONIC, 0, USEC_PER_MSEC,
                              watch_on_quiet, watch);
    if (r >= 0)
        r = sd_event_source_set_enabled(watch->quiet, SD_EVENT_OFF);
    if (r < 0)
        return r;
    *ret_watch = TAKE_PTR(watch);
    return 0;
}

/* The watched directory, also when it is watched already: 1 with its number in the set, 0 when it
 * cannot be watched, -ENOMEM. */
static int watch_directory(Watch *watch, WatchedSet *set, const char *path, uint32_t events,
                           size_t *ret_number)
{
    int descriptor = inotify_add_watch(watch->fd, path, events | IN_MASK_ADD | IN_ONLYDIR);
    const WatchedDirectory *known;

    if (descriptor < 0)
        return 0;
    known = watched_set_find(set, descriptor);
    if (known) {
        *ret_number = (size_t)(known - set->directories);
        return 1;
    }
    if (mem_grow(&set->directories, &set->directory_capacity, set->directory_count + 1,
                 sizeof(*set->directories)) < 0)
        return -ENOMEM;
    *ret_number = set->directory_count;
    set->directories[set->directory_count++] = (WatchedDirectory){.descriptor = descriptor};
    return 1;
}

static int watch_itself(Watch *watch, WatchedSet *set, const char *path)
{
    size_t number;

    return watch_directory(watch, set, path, EVENTS_OF_ITSELF, &number);
}

static int watch_every_name(Watch *watch, WatchedSet *set, const char *path)
{
    size_t number;
    int r = watch_directory(watch, set, path, EVENTS_OF_ITSELF | EVENTS_OF_NAMES, &number);

    if (r > 0)
        set->directories[number].every_name = true;
    return r;
}

static int watch_name(Watch *watch, WatchedSet *set, const char *directory, const char *name)
{
    size_t number;
    int r = watch_directory(watch, set, directory, EVENTS_OF_ITSELF | EVENTS_OF_NAMES, &number);
    WatchedName entry;

    if (r <= 0 || (set->directories[number].every_name && name[0] != '.'))
        return r;
    if (watched_set_has_name(set, set->directories[number].descriptor, name))
        return 1;
    entry = (WatchedName){set->directories[number].descriptor, strdup(name)};
    if (!entry.name ||
        mem_grow(&set->names, &set->name_capacity, set->name_count + 1, sizeof(*set->names)) < 0) {
        free(entry.name);
        return -ENOMEM;
    }
    set->names[set->name_count++] = entry;
    return 1;
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
    if (r >= 0)
        r = watch_prefix(watch, set, path, length, NULL);
    if (r >= 0 && S_ISDIR(status.st_mode))
        r = watch_every_name(watch, set, prefix);
    return r;
}

/* What is watched before and after is watched all the while: no event in between is lost. */
static void watch_replace(Watch *watch, WatchedSet *set)
{
    for (size_t i = 0; i < watch->set.directory_count; i++) {
        int descriptor = watch->set.directories[i].descriptor;

        if (!watched_set_find(set, descriptor))
            inotify_rm_watch(watch->fd, descriptor);
    }
    watched_set_done(&watch->set);
    watch->set = *set;
}

int watch_set(Watch *watch, const char *const *paths, size_t path_count)
{
    WatchedSet set = {0};
    int watched = 0;

    for (size_t i = 0; i < path_count; i++) {
        int r = watch_path(watch, &set, paths[i], LINKS_MAX);

        if (r < 0) {
            watched_set_done(&set);
            return r;
        }
        watched += r > 0;
    }
    watch_replace(watch, &set);
    return watched;
}
