/* SPDX-License-Identifier: MIT */
#include "config/config.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "config/build.h"
#include "daemon/base/str.h"

_Static_assert(sizeof(RosterMember) == sizeof(void *) + 8, "a gap would cost each member");

const char *config_member_ecs_name(const RosterMember *member)
{
    const char *last = member->address + member->group_at;

    return member->states & ROSTER_MEMBER_ECS_NAME ? last + strlen(last) + 1 : NULL;
}

/* Appends a text and the byte that ends it. */
static char *config_append_text(char *end, const char *text)
{
    size_t size = strlen(text) + 1;

    assert(size <= CONFIG_MEMBER_TEXT_MAX);
    return mempcpy(end, text, size);
}

int config_member_set_texts(RosterMember *member, Arena *arena, const char *address,
                            const char *group, const char *ecs_name)
{
    char texts[3 * CONFIG_MEMBER_TEXT_MAX];
    char *group_begin = config_append_text(texts, address), *end = group_begin;
    const char *copy;

    if (group[0])
        end = config_append_text(end, group);
    if (ecs_name)
        end = config_append_text(end, ecs_name);
    copy = arena_copy(arena, texts, (size_t)(end - texts) - 1);
    if (!copy)
        return -ENOMEM;
    member->address = copy;
    member->group_at = (int16_t)(group[0] ? group_begin - texts : 0);
    return 0;
}

static const char *config_keep_text(Build *build, const char *before, const char *now)
{
    return str_equal(before, now) ? before : arena_string(&build->arena, now);
}

/* Names a channel uniquely within one configuration, with the size: a name may begin with "id:" as
 * well, and an id goes with the byte behind its text. */
static const char *config_channel_key(Arena *arena, const Config *config,
                                      const RosterChannel *channel, size_t *ret_size)
{
    _cleanup_(buf_done) Buf key = {0};

    buf_printf(&key, "%s/%s%s", config->instances[channel->instance].name,
               channel->name ? "" : "id:", channel->name ? channel->name : channel->id);
    *ret_size = key.size + (channel->name ? 0 : 1);
    return buf_failed(&key) < 0 ? NULL : arena_string(arena, buf_text(&key));
}

/* The old pause stays as it is, since others hold it: the channel gets a copy with the new line. */
static int config_take_pause_place(Build *build, RosterChannel *channel, const RosterChannel *now)
{
    RosterPause *pause;

    if (!channel->pause || !now->pause || channel->pause->line == now->pause->line)
        return 0;
    pause = arena_alloc(&build->arena, sizeof(*pause));
    if (!pause)
        return -ENOMEM;
    *pause = *channel->pause;
    pause->line = now->pause->line;
    channel->pause = pause;
    return 0;
}

static int config_take_channel_places(Build *build, const Map *now)
{
    _cleanup_(arena_done) Arena keys = {0};

    for (size_t i = 0; i < build->config.channel_count; i++) {
        RosterChannel *channel = &build->channels[i];
        size_t size = 0;
        const char *key = config_channel_key(&keys, &build->config, channel, &size), *file;
        const RosterChannel *found = key ? map_find(now, key, size) : NULL;

        if (!found) {
            if (!key)
                return -ENOMEM;
            continue;
        }
        file = config_keep_text(build, channel->file, found->file);
        if (!file)
            return -ENOMEM;
        channel->file = file;
        channel->line = found->line;
        if (config_take_pause_place(build, channel, found) < 0)
            return -ENOMEM;
    }
    return 0;
}

static int config_take_files(Build *build, const Config *now)
{
    const char **files = arena_alloc(&build->arena, now->file_count * sizeof(*files));

    if (!files)
        return -ENOMEM;
    for (size_t i = 0; i < now->file_count; i++) {
        files[i] = arena_string(&build->arena, now->files[i]);
        if (!files[i])
            return -ENOMEM;
    }
    build->config.files = files;
    build->config.file_count = now->file_count;
    return 0;
}

static bool config_has_same_files(const Config *a, const Config *b)
{
    if (a->file_count != b->file_count)
        return false;
    for (size_t i = 0; i < a->file_count; i++) {
        if (!str_equal(a->files[i], b->files[i]))
            return false;
    }
    return true;
}

int config_take_places(Config *config, Config *now)
{
    _cleanup_(arena_done) Arena keys = {0};
    _cleanup_(map_done) Map channels = {0};
    Build *build = (Build *)config;

    assert(str_equal(config->set.digest, now->set.digest));
    config->set = now->set;
    problems_done(&config->warnings);
    config->warnings = now->warnings;
    now->warnings = (Problems){0};
    for (size_t i = 0; i < now->channel_count; i++) {
        RosterChannel *channel = &((Build *)now)->channels[i];
        size_t size = 0;
        const char *key = config_channel_key(&keys, now, channel, &size);

        if (!key || map_put(&channels, key, size, channel) < 0)
            return -ENOMEM;
    }
    if (!config_has_same_files(config, now) && config_take_files(build, now) < 0)
        return -ENOMEM;
    return config_take_channel_places(build, &channels);
}

void config_free(Config *config)
{
    Build *build = (Build *)config;

    if (!build)
        return;
    map_done(&build->listed);
    free(build->channels);
    problems_done(&build->config.warnings);
    roster_readings_done(&build->readings);
    arena_done(&build->arena);
    free(build);
}
