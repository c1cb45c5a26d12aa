/* SPDX-License-Identifier: MIT */
#include "config/roster/roster.h"

#include "config/roster/members.h"
#include "config/roster/pause.h"
#include "config/roster/rules.h"
#include "config/schema/canonical.h"
#include "config/settings/instances.h"
#include "config/settings/settings.h"
#include "config/settings/window_keys.h"
#include "daemon/base/mem.h"
#include "daemon/base/str.h"
#include "daemon/base/suggest.h"

#define NO_INSTANCE SIZE_MAX /* the instance is not known, which was reported */

/* ---- a channel ---- */

typedef struct ChannelDraft {
    RosterChannel channel;
    const Node *guards;
    const Node *members;
    const Node *ignore;
    const Node *paused;
    const Node *windows;
    const Node *freezes;
    CanonicalItems *member_items, *ignore_items;
} ChannelDraft;

static void put_guards(const void *draft, Buf *buf)
{
    canonical_put(buf, &settings_guards_schema, CANONICAL_ALL,
                  &((const ChannelDraft *)draft)->channel.guards);
}

static void put_members(const void *draft, Buf *buf)
{
    canonical_items_put(buf, ((const ChannelDraft *)draft)->member_items);
}

static void put_ignore(const void *draft, Buf *buf)
{
    canonical_items_put(buf, ((const ChannelDraft *)draft)->ignore_items);
}

static void put_pause(const void *draft, Buf *buf)
{
    const RosterPause *pause = ((const ChannelDraft *)draft)->channel.pause;

    if (pause)
        canonical_put(buf, &roster_pause_schema, CANONICAL_ALL, pause);
}

static void put_windows(const void *draft, Buf *buf)
{
    window_keys_put(&((const ChannelDraft *)draft)->channel.windows, buf);
}

static void put_freezes(const void *draft, Buf *buf)
{
    window_keys_put_freezes(&((const ChannelDraft *)draft)->channel.windows, buf);
}

enum {
    KEY_NAME,
    KEY_ID,
#define KEY_OF_SETTING(constant, key, kind, section, low, high, usual, rule, ...)                  \
    SETTING_OF_ROSTER(rule, KEY_##constant, )
    SETTING_TOP_ROWS(KEY_OF_SETTING)
#undef KEY_OF_SETTING
        KEY_ALLOW_EMPTY,
    KEY_MEMBERS,
    KEY_IGNORE,
    KEY_GUARDS,
    KEY_PAUSED,
    KEY_WINDOWS,
    KEY_FREEZES,
};

static const SchemaKey channel_keys[] = {
    [KEY_NAME] = {.name = "name",
                  .type = SCHEMA_TEXT,
                  .offset = offsetof(ChannelDraft, channel.name),
                  .min = 3,
                  .max = 64,
                  .hint = "the name of a channel"},
    [KEY_ID] = {.name = "id",
                .type = SCHEMA_ID,
                .offset = offsetof(ChannelDraft, channel.id),
                .max = 64,
                .hint = "the id of a channel"},
#define KEY_OF_SETTING(constant, key, kind, section, low, high, usual, rule, reload, sentence)     \
    SETTING_OF_ROSTER(                                                                             \
        rule,                                                                                      \
        [KEY_##constant] = {.name = #key,                                                          \
                            .offset = offsetof(ChannelDraft, channel.SETTING_MEMBER_##kind(key)),  \
                            .help = sentence,                                                      \
                            .gap = SETTING_GAP(constant),                                          \
                            SETTING_KEY_##kind(low, high)}, )
    SETTING_TOP_ROWS(KEY_OF_SETTING)
#undef KEY_OF_SETTING
        [KEY_ALLOW_EMPTY] = {.name = "allow_empty",
                             .type = SCHEMA_BOOL,
                             .offset = offsetof(ChannelDraft, channel.allow_empty)},
    [KEY_MEMBERS] = {.name = "members",
                     .type = SCHEMA_LIST,
                     .section = &member_schema,
                     .item = &member_text_key,
                     .put = put_members,
                     .offset = offsetof(ChannelDraft, members),
                     .hint = "a list of members"},
    [KEY_IGNORE] = {.name = "ignore",
                    .type = SCHEMA_LIST,
                    .section = &ignore_schema,
                    .put = put_ignore,
                    .offset = offsetof(ChannelDraft, ignore),
                    .hint = "a list of rules"},
    [KEY_GUARDS] = {.name = "guards",
                    .type = SCHEMA_MAP,
                    .section = &settings_guards_schema,
                    .put = put_guards,
                    .offset = offsetof(ChannelDraft, guards),
                    .hint = "a map of guards"},
    [KEY_PAUSED] = {.name = "paused",
                    .type = SCHEMA_ANY,
                    .section = &roster_pause_schema,
                    .item = &roster_pause_reason_key,
                    .put = put_pause,
                    .offset = offsetof(ChannelDraft, paused)},
    [KEY_WINDOWS] = {.name = "windows",
                     .type = SCHEMA_LIST,
                     .min = 1,
                     .max = WINDOW_KEYS_MAX,
                     .section = &window_keys_schema,
                     .put = put_windows,
                     .offset = offsetof(ChannelDraft, windows),
                     .hint = "a list of windows"},
    [KEY_FREEZES] = {.name = "freezes",
                     .type = SCHEMA_LIST,
                     .min = 1,
                     .max = WINDOW_KEYS_FREEZES_MAX,
                     .section = &window_keys_freeze_schema,
                     .put = put_freezes,
                     .offset = offsetof(ChannelDraft, freezes),
                     .hint = "a list of freezes"},
};

static const Schema channel_schema = {
    .keys = channel_keys,
    .count = ELEMENTS(channel_keys),
    .keeps_texts = true,
    .one_of = SCHEMA_BIT(KEY_NAME) | SCHEMA_BIT(KEY_ID),
    .filled = SCHEMA_BIT(KEY_MEMBERS),
    .unless = SCHEMA_BIT(KEY_ALLOW_EMPTY),
};

/* ---- a file ---- */

typedef struct FileDraft {
    uint32_t version;
    const char *instance;
    const Node *channels;
} FileDraft;

enum { KEY_VERSION, KEY_INSTANCE, KEY_CHANNELS };

static const SchemaKey file_keys[] = {
    [KEY_VERSION] = {.name = "version",
                     .type = SCHEMA_UINT,
                     .is_required = true,
                     .offset = offsetof(FileDraft, version),
                     .min = 1,
                     .max = 1,
                     .hint = "1"},
    [KEY_INSTANCE] = {.name = "instance",
                      .type = SCHEMA_TEXT,
                      .offset = offsetof(FileDraft, instance),
                      .min = 1,
                      .max = SIZE_MAX,
                      .hint = "the name of an instance of the settings"},
    [KEY_CHANNELS] = {.name = "channels",
                      .type = SCHEMA_LIST,
                      .section = &channel_schema,
                      .is_required = true,
                      .offset = offsetof(FileDraft, channels),
                      .hint = "a list of channels"},
};

const Schema roster_schema = {.keys = file_keys, .count = ELEMENTS(file_keys)};

/* ---- reading ---- */

/* An empty list empties the channel, so a roster must ask for that with a second key. */
static void check_empty(Reader *reader, const Node *node, SchemaSeen seen,
                        const ChannelDraft *draft)
{
    bool may_be_empty = draft->channel.allow_empty || (schema_has(seen, KEY_ALLOW_EMPTY) &&
                                                       !schema_is_good(seen, KEY_ALLOW_EMPTY));

    if (may_be_empty)
        return;
    if (!schema_has(seen, KEY_MEMBERS))
        reader_problem_missing(
            reader, node, "members",
            "missing, must be a list of members (or, to delete them all, left out "
            "with allow_empty: true)");
    else if (draft->members && draft->members->size == 0)
        reader_problem(reader, draft->members,
                       "empty, must list members (or, to delete them all, stand with "
                       "allow_empty: true)");
}

static void merge(Build *build, Reader *reader, const Node *node, ChannelDraft *draft,
                  SchemaSeen seen)
{
    RosterChannel *channel = &draft->channel;

#define CHECK_SETTING(constant, key, kind, section, low, high, usual, rule, ...)                   \
    SETTING_OF_ROSTER(rule, if (schema_is_good(seen, KEY_##constant)) rules_check_setting(         \
                                build, reader, node, SETTING_##constant, channel);)
    SETTING_TOP_ROWS(CHECK_SETTING)
#undef CHECK_SETTING
    if (schema_is_good(seen, KEY_QUARANTINE))
        settings_check_quarantine(reader, node, channel->quarantine_usec);
    channel->guards = build->config.guards;
    if (draft->guards)
        rules_read_guards(build, reader, draft->guards, &channel->guards);
    if (draft->members)
        members_read(reader, draft->members, channel, draft->member_items);
    if (draft->ignore)
        members_read_ignore(reader, draft->ignore, channel, draft->ignore_items);
    if (draft->paused)
        channel->pause = roster_pause_read(reader, draft->paused);
    window_keys_read(build, reader, draft->windows, draft->freezes, &channel->windows);
}

static void take_channel_canonical(Reader *reader, ChannelDraft *draft)
{
    _cleanup_(buf_done) Buf canonical = {0};

    canonical_put(&canonical, &channel_schema, CANONICAL_ALL, draft);
    if (canonical_digest(&canonical, draft->channel.canonical) < 0)
        problems_memory(reader->problems);
}

static void read_channel(Build *build, Reader *reader, const Node *node, size_t instance)
{
    _cleanup_(canonical_items_done) CanonicalItems members = {0};
    _cleanup_(canonical_items_done) CanonicalItems ignore = {0};
    ChannelDraft draft = {
        .channel = {.instance = instance,
                    .file = reader->file,
                    .line = node->line,
                    .column = node->column},
        .member_items = &members,
        .ignore_items = &ignore,
    };
    SchemaSeen seen;

    setting_take_defaults(&draft.channel, &build->config);
    seen = schema_read(reader, node, &channel_schema, &draft);
    if (node->kind != NODE_MAPPING)
        return;
    check_empty(reader, node, seen, &draft);
    merge(build, reader, node, &draft, seen);
    take_channel_canonical(reader, &draft);
    if ((draft.channel.name || draft.channel.id) && instance != NO_INSTANCE)
        rules_check_listed_once(build, reader, node, &draft.channel);
    if (mem_grow(&build->channels, &build->channel_capacity, build->config.channel_count + 1,
                 sizeof(*build->channels)) < 0) {
        problems_memory(build->problems);
        return;
    }
    build->channels[build->config.channel_count++] = draft.channel;
}

static void read_channels(Build *build, Reader *reader, const Node *list, size_t instance)
{
    for (const Node *node = list->first; node && !build->problems->out_of_memory; node = node->next)
        read_channel(build, reader, node, instance);
}

static void report_instance(Build *build, Reader *reader, const Node *node)
{
    _cleanup_(buf_done) Buf names = {0};
    char shown[NODE_DESCRIPTION_SIZE];
    Suggest suggest;

    suggest_init(&suggest, node->text);
    for (size_t i = 0; i < build->config.instance_count; i++) {
        suggest_offer(&suggest, build->instances[i].name);
        buf_printf(&names, "%s%s", i > 0 ? ", " : "", build->instances[i].name);
    }
    if (buf_failed(&names) < 0)
        problems_memory(reader->problems);
    if (suggest.best)
        reader_problem(reader, node, "unknown instance: %s, did you mean \"%s\"?",
                       node_describe(node, shown), suggest.best);
    else
        reader_problem(reader, node, "unknown instance: %s, must be one of: %s",
                       node_describe(node, shown), buf_text(&names));
}

/* Without settings, an instance is what its name says: enough to find a channel that is listed
 * twice. */
static size_t note_instance(Build *build, Reader *reader, const char *name)
{
    BuildName *found = build->names;

    while (found && !str_equal(found->name, name))
        found = found->next;
    if (found)
        return found->number;
    found = arena_alloc(&build->arena, sizeof(*found));
    if (!found) {
        problems_memory(reader->problems);
        return NO_INSTANCE;
    }
    *found = (BuildName){.name = reader_keep(reader, name),
                         .number = build->names ? build->names->number + 1 : 0,
                         .next = build->names};
    if (!found->name)
        return NO_INSTANCE;
    build->names = found;
    return found->number;
}

static size_t choose_instance(Build *build, Reader *reader, const Node *root,
                              const FileDraft *draft, SchemaSeen seen)
{
    size_t index;

    if (build->is_without_settings && root->kind == NODE_MAPPING &&
        (draft->instance || !schema_has(seen, KEY_INSTANCE)))
        return note_instance(build, reader, draft->instance ? draft->instance : "");
    if (!build->knows_instances || root->kind != NODE_MAPPING)
        return NO_INSTANCE;
    if (!schema_has(seen, KEY_INSTANCE)) {
        if (build->config.instance_count == 1)
            return 0;
        reader_problem_missing(reader, root, "instance",
                               "missing, must be there where the settings name %zu instances",
                               build->config.instance_count);
        return NO_INSTANCE;
    }
    if (!draft->instance)
        return NO_INSTANCE;
    index = instances_find(build, draft->instance);
    if (index == SIZE_MAX)
        report_instance(build, reader, node_find(root, "instance"));
    return index;
}

void roster_read(Build *build, Reader *reader, const Node *root)
{
    FileDraft draft = {0};
    SchemaSeen seen = schema_read(reader, root, &roster_schema, &draft);
    size_t instance = choose_instance(build, reader, root, &draft, seen);

    if (draft.channels)
        read_channels(build, reader, draft.channels, instance);
}

void roster_read_in_settings(Build *build, Reader *reader, const Node *list)
{
    size_t instance = 0;

    if (build->knows_instances && build->config.instance_count > 1)
        reader_problem_at_key(reader, list,
                              "not allowed in settings that name %zu instances, must be in roster "
                              "files, each with its instance",
                              build->config.instance_count);
    if (!build->knows_instances || build->config.instance_count != 1)
        instance = NO_INSTANCE;
    read_channels(build, reader, list, instance);
}
