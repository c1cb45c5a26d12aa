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

/* Mostly it has the place that it has in the other. */
static const Instance *instance_find(const Config *config, const char *name, size_t place)
{
    if (place < config->instance_count && str_equal(config->instances[place].name, name))
        return &config->instances[place];
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
        const Instance *before = instance_find(comparison->old, now->name, i);
        DifferenceKind kind = DIFFERENCE_ADDED;

        if (before)
            kind = compare_canonical(before->canonical, now->canonical);
        compare_tell(comparison, DIFFERENCE_OF_INSTANCE, now->name, kind);
    }
    for (size_t i = 0; i < comparison->old->instance_count; i++) {
        const char *name = comparison->old->instances[i].name;

        if (!instance_find(comparison->new, name, i))
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

static int channel_put_name(const Config *config, const RosterChannel *channel, Buf *ret_name)
{
    buf_reset(ret_name);
    buf_puts(ret_name, config->instances[channel->instance].name);
    buf_puts(ret_name, channel->name ? "/" : "/id:");
    buf_puts(ret_name, channel->name ? channel->name : channel->id);
    return buf_failed(ret_name);
}

/* What the channels are called. 0 or -ENOMEM. */
static int channel_index_name(ChannelIndex *index, const Config *config)
{
    _cleanup_(buf_done) Buf name = {0};
    size_t count = config->channel_count;

    index->names = arena_alloc(&index->arena, (count ? count : 1) * sizeof(*index->names));
    if (!index->names)
        return -ENOMEM;
    for (size_t i = 0; i < count; i++) {
        index->names[i] = channel_put_name(config, &config->channels[i], &name) < 0
                              ? NULL
                              : arena_string(&index->arena, buf_text(&name));
        if (!index->names[i])
            return -ENOMEM;
    }
    return 0;
}

/* What finds them by that. */
static int channel_index_init(ChannelIndex *index, const Config *config)
{
    if (channel_index_name(index, config) < 0 ||
        map_reserve(&index->map, config->channel_count) < 0)
        return -ENOMEM;
    for (size_t i = 0; i < config->channel_count; i++) {
        const RosterChannel *channel = &config->channels[i];

        if (map_put(&index->map, index->names[i], channel_index_size(channel, index->names[i]),
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

static bool channel_is_same(const Config *old, const Config *new, size_t number)
{
    const RosterChannel *before = &old->channels[number], *now = &new->channels[number];

    if (!before->name != !now->name ||
        !str_equal(old->instances[before->instance].name, new->instances[now->instance].name))
        return false;
    return now->name ? str_equal(before->name, now->name) : str_equal(before->id, now->id);
}

/* Whether both have the same channels in the same order, as nearly all do that are loaded anew:
 * then none needs to be looked for. */
static bool compare_is_in_order(const Comparison *comparison)
{
    const Config *old = comparison->old, *new = comparison->new;

    for (size_t i = 0; i < new->channel_count &&i < old->channel_count; i++) {
        if (!channel_is_same(old, new, i))
            return false;
    }
    return old->channel_count == new->channel_count;
}

static void compare_in_order(Comparison *comparison, const ChannelIndex *new)
{
    for (size_t i = 0; i < comparison->new->channel_count; i++)
        compare_tell(comparison, DIFFERENCE_OF_CHANNEL, new->names[i],
                     compare_canonical(comparison->old->channels[i].canonical,
                                       comparison->new->channels[i].canonical));
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
    bool is_in_order = compare_is_in_order(&comparison);

    if (is_in_order
            ? channel_index_name(&new_index, new) < 0
            : channel_index_init(&old_index, old) < 0 || channel_index_init(&new_index, new) < 0)
        return -ENOMEM;
    compare_tell(&comparison, DIFFERENCE_OF_SETTINGS, "settings",
                 compare_canonical(old->canonical, new->canonical));
    compare_instances(&comparison);
    if (is_in_order)
        compare_in_order(&comparison, &new_index);
    else
        compare_indexed(&comparison, &old_index, &new_index);
    return comparison.count;
}
