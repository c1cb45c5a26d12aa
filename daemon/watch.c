/* Watching files: see watch.h. Each directory on the way to a file is watched for the one name that
 * leads there, as far as that name is a link or the last one; a directory that was read is watched
 * for all names. */
#include "daemon/watch.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/base/clock.h"
#include "daemon/base/str.h"

#define LINKS_MAX 40
#define WATCH_EVENTS                                                                               \
    (IN_CLOSE_WRITE | IN_MODIFY | IN_ATTRIB | IN_CREATE | IN_DELETE | IN_MOVED_FROM |              \
     IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF)

typedef struct WatchedName {
    int descriptor; /* of the directory */
    char *name;     /* NULL: every name */
} WatchedName;

struct Watch {
    sd_event *event;
    sd_event_source *inotify;
    sd_event_source *quiet;
    int fd;
    WatchedName *names;
    size_t name_count, name_capacity;
    WatchOnChange on_change;
    void *userdata;
};

static void watch_forget(Watch *watch)
{
    for (size_t i = 0; i < watch->name_count; i++) {
        inotify_rm_watch(watch->fd, watch->names[i].descriptor);
        free(watch->names[i].name);
    }
    watch->name_count = 0;
}

void watch_free(Watch *watch)
{
    if (!watch)
        return;
    if (watch->fd >= 0)
        watch_forget(watch);
    free(watch->names);
    sd_event_source_disable_unref(watch->inotify);
    sd_event_source_disable_unref(watch->quiet);
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
    return 0;
}

static bool watch_cares(const Watch *watch, const struct inotify_event *event)
{
    if (event->mask & IN_Q_OVERFLOW)
        return true;
    for (size_t i = 0; i < watch->name_count; i++) {
        const WatchedName *name = &watch->names[i];

        if (name->descriptor != event->wd)
            continue;
        if (!name->name || event->len == 0 || str_equal(name->name, event->name))
            return true;
    }
    return false;
}

static int watch_on_events(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
    _Alignas(struct inotify_event) char buffer[16384];
    Watch *watch = userdata;
    bool cares = false;
    ssize_t got;

    (void)source;
    (void)revents;
    while ((got = read(fd, buffer, sizeof(buffer))) > 0) {
        for (ssize_t at = 0; at < got;) {
            struct inotify_event head;

            memcpy(&head, buffer + at, sizeof(head));
            cares = cares || watch_cares(watch, (const void *)(buffer + at));
            at += (ssize_t)(sizeof(head) + head.len);
        }
    }
    if (cares) {
        sd_event_source_set_time_relative(watch->quiet, WATCH_QUIET_USEC);
        sd_event_source_set_enabled(watch->quiet, SD_EVENT_ONESHOT);
    }
    return 0;
}

int watch_new(sd_event *event, WatchOnChange on_change, void *userdata, Watch **ret_watch)
{
    _cleanup_(watch_freep) Watch *watch = calloc(1, sizeof(*watch));
    int r;

    if (!watch)
        return -ENOMEM;
    *watch = (Watch){
        .event = event,
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

/* 1, or 0 when the directory cannot be watched. */
static int watch_add(Watch *watch, const char *directory, const char *name)
{
    WatchedName entry = {.descriptor = inotify_add_watch(watch->fd, directory, WATCH_EVENTS)};

    if (entry.descriptor < 0)
        return 0;
    entry.name = name ? strdup(name) : NULL;
    if ((name && !entry.name) || mem_grow(&watch->names, &watch->name_capacity,
                                          watch->name_count + 1, sizeof(*watch->names)) < 0) {
        free(entry.name);
        return -ENOMEM;
    }
    watch->names[watch->name_count++] = entry;
    return 1;
}

/* Splits off the directory in which the path's first `end` characters name something. */
static void watch_split(const char *path, size_t end, char *ret_directory, char *ret_name)
{
    size_t start = end;

    while (start > 0 && path[start - 1] != '/')
        start--;
    memcpy(ret_name, path + start, end - start);
    ret_name[end - start] = '\0';
    if (start == 0) {
        strcpy(ret_directory, ".");
        return;
    }
    memcpy(ret_directory, path, start);
    ret_directory[start] = '\0';
}

static int watch_path(Watch *watch, const char *path, int links);

/* Follows a link on the way: its own name is watched, and then the path through its target. */
static int watch_link(Watch *watch, const char *path, size_t end, int links)
{
    char directory[PATH_MAX], name[PATH_MAX], target[PATH_MAX], through[3 * PATH_MAX];
    char prefix[PATH_MAX];
    ssize_t size;
    int r;

    watch_split(path, end, directory, name);
    r = watch_add(watch, directory, name);
    memcpy(prefix, path, end);
    prefix[end] = '\0';
    size = readlink(prefix, target, sizeof(target) - 1);
    if (r < 0 || size < 0 || links == 0)
        return r;
    target[size] = '\0';
    snprintf(through, sizeof(through), "%s%s%s%s", target[0] == '/' ? "" : directory,
             target[0] == '/' ? "" : "/", target, path + end);
    return strlen(through) < PATH_MAX ? watch_path(watch, through, links - 1) : r;
}

static int watch_path(Watch *watch, const char *path, int links)
{
    char prefix[PATH_MAX], directory[PATH_MAX], name[PATH_MAX];
    size_t length = strlen(path);
    struct stat status;
    int r;

    if (length >= PATH_MAX)
        return 0;
    for (size_t end = 1; end <= length; end++) {
        if (end < length && path[end] != '/')
            continue;
        memcpy(prefix, path, end);
        prefix[end] = '\0';
        if (lstat(prefix, &status) == 0 && S_ISLNK(status.st_mode))
            return watch_link(watch, path, end, links);
    }
    watch_split(path, length, directory, name);
    r = watch_add(watch, directory, name);
    if (r >= 0 && lstat(path, &status) == 0 && S_ISDIR(status.st_mode))
        r = watch_add(watch, path, NULL);
    return r;
}

int watch_set(Watch *watch, const char *const *paths, size_t path_count)
{
    int watched = 0;

    watch_forget(watch);
    for (size_t i = 0; i < path_count; i++) {
        int r = watch_path(watch, paths[i], LINKS_MAX);

        if (r < 0)
            return r;
        watched += r > 0;
    }
    return watched;
}
