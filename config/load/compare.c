/* SPDX-License-Identifier: MIT */
#include "config/load/compare.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "daemon/base/arena.h"
#include "daemon/base/buf.h"
#include "daemon/base/map.h"
#include "daemon/base/str.h"

typedef struct Comparison {
    const Config *old, *new;
    CompareOnChange on_change;
    void *userdata;
    int count;
} Comparison;

const char *compare_kind_text(DifferenceKind kind)
{
    static const char *const texts[] = {
        [DIFFERENCE_NONE] = "unchanged",
        [DIFFERENCE_CHANGED] = "changed",
        [DIFFERENCE_ADDED] = "added",
        [DIFFERENCE_REMOVED] = "removed",
    };

    return texts[kind];
}

static void compare_tell(Comparison *comparison, ChangeSubject subject, const char *name,
                         DifferenceKind kind)
{
    const Difference change = {.kind = kind, .subject = subject, .name = name};

    comparison->count += kind != DIFFERENCE_NONE;
    comparison->on_change(&change, comparison->userdata);
}

static DifferenceKind compare_canonical(const char *before, const char *now)
{
    assert(before[0] && now[0]);
    return str_equal(before, now) ? DIFFERENCE_NONE : DIFFERENCE_CHANGED;
}

/* ---- instances ---- */

static const Instance *instance_find(const Config *config, const char *name)
{
    for (size_t i = 0; i < config->instance_count; i++) {
        if (str_equal(config->instances[i].name, name))
            return &config->instances[i];
    }
    return NULL;
}

static void compare_instances(Comparison *comparison)
{
    for (size_t i = 0; i < comparison->new->instance_count; i++) {
        const Instance *now = &comparison->new->instances[i];
        const Instance *before = instance_find(comparison->old, now->name);
        DifferenceKind kind = DIFFERENCE_ADDED;

        if (before)
            kind = compare_canonical(before->canonical, now->canonical);
        compare_tell(comparison, DIFFERENCE_OF_INSTANCE, now->name, kind);
    }
    for (size_t i = 0; i < comparison->old->instance_count; i++) {
        const char *name = comparison->old->instances[i].name;

        if (!instance_find(comparison->new, name))
            compare_tell(comparison, DIFFERENCE_OF_INSTANCE, name, DIFFERENCE_REMOVED);
    }
}

/* ---- channels ---- */

/* The channels of a configuration, found by "instance/name" or "instance/id:ID". A name may begin
 * with "id:" as well: an id is found with the byte behind its text. */
typedef struct ChannelIndex {
    Map map;
    Arena arena;
    const char **names; /* of each channel, in its order */
} ChannelIndex;

static void channel_index_done(ChannelIndex *index)
{
    map_done(&index->map);
    arena_done(&index->arena);
}

static size_t channel_index_size(const RosterChannel *channel, const char *name)
{
    return strlen(name) + (channel->name ? 0 : 1);
}

static int channel_index_init(ChannelIndex *index, const Config *config)
{
    _cleanup_(buf_done) Buf name = {0};
    size_t count = config->channel_count;

    index->names = arena_alloc(&index->arena, (count ? count : 1) * sizeof(*index->names));
    if (!index->names || map_reserve(&index->map, count) < 0)
        return -ENOMEM;
    for (size_t i = 0; i < count; i++) {
        const RosterChannel *channel = &config->channels[i];

        buf_reset(&name);
        buf_printf(&name, "%s/%s%s", config->instances[channel->instance].name,
                   channel->name ? "" : "id:", channel->name ? channel->name : channel->id);
        index->names[i] =
            buf_failed(&name) < 0 ? NULL : arena_string(&index->arena, buf_text(&name));
        if (!index->names[i] ||
            map_put(&index->map, index->names[i], channel_index_size(channel, index->names[i]),
                    (void *)(uintptr_t)channel) < 0)
            return -ENOMEM;
    }
    return 0;
}

static void compare_indexed(Comparison *comparison, const ChannelIndex *old,
                            const ChannelIndex *new)
{
    for (size_t i = 0; i < comparison->new->channel_count; i++) {
        const RosterChannel *now = &comparison->new->channels[i], *before;
        const char *name = new->names[i];
        DifferenceKind kind = DIFFERENCE_ADDED;

        before = map_find(&old->map, name, channel_index_size(now, name));
        if (before)
            kind = compare_canonical(before->canonical, now->canonical);
        compare_tell(comparison, DIFFERENCE_OF_CHANNEL, name, kind);
    }
    for (size_t i = 0; i < comparison->old->channel_count; i++) {
        const char *name = old->names[i];

        if (!map_find(&new->map, name, channel_index_size(&comparison->old->channels[i], name)))
            compare_tell(comparison, DIFFERENCE_OF_CHANNEL, name, DIFFERENCE_REMOVED);
    }
}

int compare_configs(const Config *old, const Config *new, CompareOnChange on_change, void *userdata)
{
    _cleanup_(channel_index_done) ChannelIndex old_index = {0};
    _cleanup_(channel_index_done) ChannelIndex new_index = {0};
    Comparison comparison = {
        .old = old,
        .new = new,
        .on_change = on_change,
        .userdata = userdata,
    };

    if (channel_index_init(&old_index, old) < 0 || channel_index_init(&new_index, new) < 0)
        return -ENOMEM;
    compare_tell(&comparison, DIFFERENCE_OF_SETTINGS, "settings",
                 compare_canonical(old->canonical, new->canonical));
    compare_instances(&comparison);
    compare_indexed(&comparison, &old_index, &new_index);
    return comparison.count;
}
