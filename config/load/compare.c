/* SPDX-License-Identifier: MIT */
#include "config/load/compare.h"

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

const char *compare_kind_text(ChangeKind kind)
{
    static const char *const texts[] = {
        [CHANGE_NONE] = "unchanged",
        [CHANGE_CHANGED] = "changed",
        [CHANGE_ADDED] = "added",
        [CHANGE_REMOVED] = "removed",
    };

    return texts[kind];
}

static void compare_tell(Comparison *comparison, ChangeSubject subject, const char *name,
                         ChangeKind kind)
{
    const Change change = {.kind = kind, .subject = subject, .name = name};

    comparison->count += kind != CHANGE_NONE;
    comparison->on_change(&change, comparison->userdata);
}

static bool text_is_same(const char *a, const char *b)
{
    return a && b ? str_equal(a, b) : a == b;
}

/* ---- settings ---- */

static bool guards_are_same(const Guards *a, const Guards *b)
{
    return memcmp(a->limits, b->limits, sizeof(a->limits)) == 0;
}

static bool limits_are_same(const Limits *a, const Limits *b)
{
    return a->concurrency == b->concurrency && a->requests_per_second == b->requests_per_second &&
           a->connect_timeout_usec == b->connect_timeout_usec &&
           a->timeout_usec == b->timeout_usec && a->pass_deadline_usec == b->pass_deadline_usec;
}

static bool settings_are_same(const Config *a, const Config *b)
{
    return a->mode == b->mode && a->interval_usec == b->interval_usec &&
           a->history_keep_usec == b->history_keep_usec && a->retry.attempts == b->retry.attempts &&
           a->retry.base_usec == b->retry.base_usec && a->retry.cap_usec == b->retry.cap_usec &&
           a->retry.throttle_base_usec == b->retry.throttle_base_usec &&
           limits_are_same(&a->limits, &b->limits) && guards_are_same(&a->guards, &b->guards);
}

/* ---- instances ---- */

static bool auth_is_same(const Auth *a, const Auth *b)
{
    return a->method == b->method && text_is_same(a->token_file, b->token_file) &&
           text_is_same(a->iam_endpoint, b->iam_endpoint) && text_is_same(a->domain, b->domain) &&
           text_is_same(a->user, b->user) && text_is_same(a->password_file, b->password_file) &&
           text_is_same(a->project_name, b->project_name) &&
           text_is_same(a->access_key_file, b->access_key_file) &&
           text_is_same(a->secret_key_file, b->secret_key_file) &&
           text_is_same(a->security_token_file, b->security_token_file) &&
           text_is_same(a->metadata_endpoint, b->metadata_endpoint);
}

static bool instance_is_same(const Instance *a, const Instance *b)
{
    return str_equal(a->endpoint, b->endpoint) && a->api == b->api &&
           text_is_same(a->project_id, b->project_id) &&
           str_equal(a->instance_id, b->instance_id) && text_is_same(a->ca_file, b->ca_file) &&
           auth_is_same(&a->auth, &b->auth);
}

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
        ChangeKind kind = CHANGE_ADDED;

        if (before)
            kind = instance_is_same(before, now) ? CHANGE_NONE : CHANGE_CHANGED;
        compare_tell(comparison, CHANGE_OF_INSTANCE, now->name, kind);
    }
    for (size_t i = 0; i < comparison->old->instance_count; i++) {
        const char *name = comparison->old->instances[i].name;

        if (!instance_find(comparison->new, name))
            compare_tell(comparison, CHANGE_OF_INSTANCE, name, CHANGE_REMOVED);
    }
}

/* ---- channels ---- */

static bool member_is_same(const RosterMember *a, const RosterMember *b)
{
    return a->port == b->port && a->is_ecs == b->is_ecs && str_equal(a->group, b->group) &&
           str_equal(a->address, b->address);
}

static bool ignore_is_same(const IgnoreRule *a, const IgnoreRule *b)
{
    return text_is_same(a->host, b->host) && a->has_network == b->has_network &&
           memcmp(a->network, b->network, sizeof(a->network)) == 0 &&
           a->prefix_bits == b->prefix_bits && a->has_port == b->has_port && a->port == b->port &&
           text_is_same(a->group, b->group) && text_is_same(a->ecs_id, b->ecs_id);
}

/* Where it stands is no difference. */
static bool pause_is_same(const RosterPause *a, const RosterPause *b)
{
    return a && b ? str_equal(a->reason, b->reason) && a->until_usec == b->until_usec : a == b;
}

static bool channel_is_same(const RosterChannel *a, const RosterChannel *b)
{
    if (a->mode != b->mode || a->allow_empty != b->allow_empty ||
        !guards_are_same(&a->guards, &b->guards) || a->member_count != b->member_count ||
        a->ignore_count != b->ignore_count || !pause_is_same(a->pause, b->pause))
        return false;
    for (size_t i = 0; i < a->member_count; i++) {
        if (!member_is_same(&a->members[i], &b->members[i]))
            return false;
    }
    for (size_t i = 0; i < a->ignore_count; i++) {
        if (!ignore_is_same(&a->ignore[i], &b->ignore[i]))
            return false;
    }
    return true;
}

/* The channels of a configuration by "instance/name" or "instance/id". */
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
        if (!index->names[i] || map_put(&index->map, index->names[i], strlen(index->names[i]),
                                        (void *)(uintptr_t)channel) < 0)
            return -ENOMEM;
    }
    return 0;
}

static void compare_indexed(Comparison *comparison, const ChannelIndex *old,
                            const ChannelIndex *new)
{
    for (size_t i = 0; i < comparison->new->channel_count; i++) {
        const char *name = new->names[i];
        const RosterChannel *before = map_find(&old->map, name, strlen(name));
        ChangeKind kind = CHANGE_ADDED;

        if (before)
            kind = channel_is_same(before, &comparison->new->channels[i]) ? CHANGE_NONE
                                                                          : CHANGE_CHANGED;
        compare_tell(comparison, CHANGE_OF_CHANNEL, name, kind);
    }
    for (size_t i = 0; i < comparison->old->channel_count; i++) {
        const char *name = old->names[i];

        if (!map_find(&new->map, name, strlen(name)))
            compare_tell(comparison, CHANGE_OF_CHANNEL, name, CHANGE_REMOVED);
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
    compare_tell(&comparison, CHANGE_OF_SETTINGS, "settings",
                 settings_are_same(old, new) ? CHANGE_NONE : CHANGE_CHANGED);
    compare_instances(&comparison);
    compare_indexed(&comparison, &old_index, &new_index);
    return comparison.count;
}
