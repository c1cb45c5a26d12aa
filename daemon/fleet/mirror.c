/* SPDX-License-Identifier: MIT */
#include "daemon/fleet/mirror.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/str.h"
#include "daemon/fleet/keys.h"
#include "daemon/fleet/mirror_internal.h"

#define PAGE_USEC (10 * USEC_PER_SEC)
#define WATCH_USEC USEC_PER_HOUR

/* One that has lived for so long has ended for no fault of what it began with. */
#define WATCH_LONG_USEC (10 * USEC_PER_SEC)

/* Between tries; each that fails doubles it. */
#define RETRY_USEC (500 * USEC_PER_MSEC)
#define RETRY_MAX_USEC (8 * USEC_PER_SEC)

/* ---- what is there ---- */

const char *mirror_name(const Mirror *mirror, const EtcdKey *key)
{
    return key->key + mirror->prefix.size;
}

const EtcdKey *mirror_find(const Mirror *mirror, const char *name)
{
    char key[2 * KEYS_NAME_SIZE];
    bool is_there;
    size_t place;

    if (mirror->prefix.size + strlen(name) >= sizeof(key))
        return NULL;
    memcpy(key, buf_text(&mirror->prefix), mirror->prefix.size);
    strcpy(key + mirror->prefix.size, name);
    place = mirror_items_place(&mirror->known, key, &is_there);
    return is_there ? &mirror->known.items[place]->key : NULL;
}

const EtcdKey *mirror_next(const Mirror *mirror, const char *prefix, size_t *position)
{
    while (*position < mirror->known.count) {
        const EtcdKey *key = &mirror->known.items[(*position)++]->key;

        if (str_has_prefix(mirror_name(mirror, key), prefix))
            return key;
    }
    return NULL;
}

bool mirror_is_current(const Mirror *mirror)
{
    return mirror->is_whole && mirror->is_told;
}

uint64_t mirror_get_revision(const Mirror *mirror)
{
    return mirror->revision;
}

/* ---- telling ---- */

static void mirror_tell(Mirror *mirror, const char *key, const EtcdKey *now, uint64_t revision)
{
    mirror->ops->on_key(mirror->userdata, key + mirror->prefix.size, now, revision);
}

static void mirror_tell_state(Mirror *mirror, const char *why)
{
    if (!why && mirror->was_fine)
        return;
    mirror->was_fine = !why;
    mirror->ops->on_state(mirror->userdata, why);
}

/* What has changed between two states, both by key. */
static void mirror_tell_difference(Mirror *mirror, const MirrorItems *before)
{
    const MirrorItems *now = &mirror->known;
    size_t i = 0, j = 0;

    while (i < before->count || j < now->count) {
        const EtcdKey *old = i < before->count ? &before->items[i]->key : NULL;
        const EtcdKey *new = j < now->count ? &now->items[j]->key : NULL;
        int order = !old ? 1 : !new ? -1 : strcmp(old->key, new->key);

        if (order < 0)
            mirror_tell(mirror, old->key, NULL, mirror->revision);
        else if (order > 0 || old->changed != new->changed)
            mirror_tell(mirror, new->key, new, mirror->revision);
        i += order <= 0;
        j += order >= 0;
    }
}

/* ---- reading and watching ---- */

static void mirror_wake_in(Mirror *mirror, uint64_t delay_usec)
{
    sd_event_source_set_time(mirror->timer, clock_monotonic_usec() + delay_usec);
    sd_event_source_set_enabled(mirror->timer, SD_EVENT_ONESHOT);
}

static void mirror_fail(Mirror *mirror, const char *why)
{
    uint64_t delay_usec = RETRY_USEC;

    for (uint32_t i = 0; i < mirror->failures && delay_usec < RETRY_MAX_USEC; i++)
        delay_usec *= 2;
    mirror->failures++;
    mirror->is_told = false;
    mirror_wake_in(mirror, delay_usec);
    mirror_tell_state(mirror, why);
}

static int mirror_on_keys(void *userdata, const EtcdFound *found)
{
    Mirror *mirror = userdata;

    for (size_t i = 0; i < found->count; i++) {
        if (mirror_items_put(&mirror->coming, &found->keys[i]) < 0)
            return -ENOMEM;
    }
    return 0;
}

static void mirror_on_listed(void *userdata, EtcdResult result, uint64_t revision,
                             const char *message)
{
    Mirror *mirror = userdata;
    MirrorItems before = mirror->known;

    if (result != ETCD_ANSWERED) {
        mirror_fail(mirror, message);
        etcd_list_free(mirror->list);
        mirror->list = NULL;
        mirror_items_done(&mirror->coming);
        return;
    }
    etcd_list_free(mirror->list);
    mirror->list = NULL;
    mirror->known = mirror->coming;
    mirror->coming = (MirrorItems){0};
    mirror->revision = revision;
    mirror->is_whole = true;
    mirror_wake_in(mirror, 0);
    mirror_tell_difference(mirror, &before);
    mirror_items_done(&before);
    mirror->ops->on_change(mirror->userdata, true);
}

static const EtcdListOps list_ops = {.on_keys = mirror_on_keys, .on_end = mirror_on_listed};

/* False: out of memory. */
static bool mirror_take(Mirror *mirror, const EtcdEvent *event)
{
    uint64_t revision = event->key.changed;

    if (event->is_delete) {
        if (mirror_items_remove(&mirror->known, event->key.key))
            mirror_tell(mirror, event->key.key, NULL, revision);
        return true;
    }
    if (mirror_items_put(&mirror->known, &event->key) < 0)
        return false;
    mirror_tell(mirror, event->key.key, &event->key, revision);
    return true;
}

static void mirror_drop_watch(Mirror *mirror)
{
    etcd_watch_free(mirror->watch);
    mirror->watch = NULL;
    mirror->is_told = false;
}

static void mirror_on_events(void *userdata, const EtcdEvent *events, size_t count,
                             uint64_t revision)
{
    Mirror *mirror = userdata;

    mirror->is_told = true;
    if (count > 0)
        mirror->failures = 0;
    for (size_t i = 0; i < count; i++) {
        if (!mirror_take(mirror, &events[i])) {
            mirror->is_whole = false;
            mirror_drop_watch(mirror);
            mirror_fail(mirror, "out of memory");
            return;
        }
    }
    if (revision > mirror->revision)
        mirror->revision = revision;
    mirror_tell_state(mirror, NULL);
    if (count > 0)
        mirror->ops->on_change(mirror->userdata, false);
}

/* One that was told something goes on from there at once; where that fails again and again, all is
 * read anew. */
static void mirror_on_watch_end(void *userdata, bool is_forgotten, const char *why)
{
    Mirror *mirror = userdata;
    EtcdWatch *watch = TAKE_PTR(mirror->watch); /* which has the words of `why` */
    bool was_told = mirror->is_told;

    mirror->is_told = false;
    if (clock_monotonic_usec() - mirror->began_usec >= WATCH_LONG_USEC)
        mirror->failures = 0;
    if (is_forgotten || mirror->failures > 1)
        mirror->is_whole = false;
    if (was_told && mirror->failures == 0) {
        mirror->failures = 1;
        mirror_wake_in(mirror, 0);
    } else {
        mirror_fail(mirror, why);
    }
    etcd_watch_free(watch);
}

static const EtcdWatchOps watch_ops = {.on_events = mirror_on_events,
                                       .on_end = mirror_on_watch_end};

static int mirror_on_time(sd_event_source *source, uint64_t usec, void *userdata)
{
    Mirror *mirror = userdata;
    int r;

    (void)source;
    (void)usec;
    if (mirror->list || mirror->watch)
        return 0;
    mirror->behind_usec = 0;
    mirror->began_usec = clock_monotonic_usec();
    mirror->endpoint = etcd_get_endpoint(mirror->etcd);
    r = mirror->is_whole
            ? etcd_watch_new(mirror->etcd, mirror->endpoint, buf_text(&mirror->prefix),
                             buf_text(&mirror->end), mirror->revision + 1, WATCH_USEC, &watch_ops,
                             mirror, &mirror->watch)
            : etcd_list_new(mirror->etcd, buf_text(&mirror->prefix), buf_text(&mirror->end),
                            PAGE_USEC, &list_ops, mirror, &mirror->list);
    if (r < 0)
        mirror_fail(mirror, r == -ENOMEM ? "out of memory" : strerror(-r));
    return 0;
}

void mirror_renew(Mirror *mirror)
{
    if (!mirror->watch)
        return;
    mirror_drop_watch(mirror);
    mirror_wake_in(mirror, 0);
}

void mirror_compare(Mirror *mirror, uint64_t revision)
{
    uint64_t now_usec = clock_monotonic_usec();

    if (!mirror->watch)
        return;
    if (mirror->endpoint != etcd_get_endpoint(mirror->etcd))
        mirror_renew(mirror);
    else if (revision <= mirror->revision)
        mirror->behind_usec = 0;
    else if (mirror->behind_usec == 0)
        mirror->behind_usec = now_usec;
    else if (now_usec - mirror->behind_usec >= mirror->patience_usec)
        mirror_renew(mirror);
}

/* ---- its life ---- */

int mirror_new(sd_event *event, Etcd *etcd, const char *prefix, uint64_t patience_usec,
               const MirrorOps *ops, void *userdata, Mirror **ret_mirror)
{
    _cleanup_(mirror_freep) Mirror *mirror = calloc(1, sizeof(*mirror));
    int r;

    if (!mirror)
        return -ENOMEM;
    mirror->etcd = etcd;
    mirror->patience_usec = patience_usec;
    mirror->ops = ops;
    mirror->userdata = userdata;
    buf_puts(&mirror->prefix, prefix);
    buf_puts(&mirror->end, prefix);
    buf_puts(&mirror->end, KEYS_UNSEEN);
    if (buf_failed(&mirror->prefix) < 0 || buf_failed(&mirror->end) < 0)
        return -ENOMEM;
    r = sd_event_add_time(event, &mirror->timer, CLOCK_MONOTONIC, 0, 1, mirror_on_time, mirror);
    if (r >= 0)
        r = sd_event_source_set_enabled(mirror->timer, SD_EVENT_OFF);
    if (r < 0)
        return r;
    *ret_mirror = TAKE_PTR(mirror);
    return 0;
}

void mirror_begin(Mirror *mirror)
{
    mirror_wake_in(mirror, 0);
}

void mirror_free(Mirror *mirror)
{
    if (!mirror)
        return;
    etcd_list_free(mirror->list);
    etcd_watch_free(mirror->watch);
    mirror_items_done(&mirror->known);
    mirror_items_done(&mirror->coming);
    sd_event_source_disable_unref(mirror->timer);
    buf_done(&mirror->prefix);
    buf_done(&mirror->end);
    free(mirror);
}
