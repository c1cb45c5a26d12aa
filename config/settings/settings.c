/* SPDX-License-Identifier: MIT */
#include "config/settings/settings.h"

#include "config/settings/guard_keys.h"
#include "config/settings/instances.h"
#include "daemon/base/clock.h"
#include "daemon/base/str.h"

#define ROSTERS_DEFAULT "rosters.d"
#define SOCKET_PATH_MAX 107U /* sun_path in unix(7), less the NUL */
#define PATH_LENGTH_MAX 4095U

typedef struct Draft {
    Config config;
    uint32_t version;
    const Node *instances;
    const Node *rosters;
    const Node *channels;
} Draft;

#define UINT_KEY(key, place, least, most, preset)                                                  \
    {                                                                                              \
        .name = key, .type = SCHEMA_UINT, .offset = offsetof(Draft, config.place), .min = least,   \
        .max = most, .fallback = preset                                                            \
    }

#define SPAN_KEY(key, place, least, most, preset)                                                  \
    {                                                                                              \
        .name = key, .type = SCHEMA_DURATION, .offset = offsetof(Draft, config.place),             \
        .min = least, .max = most, .fallback = preset                                              \
    }

static const SchemaKey retry_keys[] = {
    UINT_KEY("attempts", retry.attempts, 1, 20, 4),
    SPAN_KEY("base", retry.base_usec, USEC_PER_MSEC, USEC_PER_HOUR, USEC_PER_SEC),
    SPAN_KEY("cap", retry.cap_usec, USEC_PER_MSEC, USEC_PER_HOUR, 30 * USEC_PER_SEC),
    SPAN_KEY("throttle_base", retry.throttle_base_usec, USEC_PER_MSEC, USEC_PER_HOUR,
             5 * USEC_PER_SEC),
};

static const SchemaKey limits_keys[] = {
    UINT_KEY("concurrency", limits.concurrency, 1, 64, 8),
    UINT_KEY("requests_per_second", limits.requests_per_second, 0, 10000, 20),
    SPAN_KEY("connect_timeout", limits.connect_timeout_usec, 100 * USEC_PER_MSEC,
             10 * USEC_PER_MINUTE, 15 * USEC_PER_SEC),
    SPAN_KEY("timeout", limits.timeout_usec, 100 * USEC_PER_MSEC, 10 * USEC_PER_MINUTE,
             60 * USEC_PER_SEC),
    SPAN_KEY("pass_deadline", limits.pass_deadline_usec, USEC_PER_SEC, 24 * USEC_PER_HOUR,
             10 * USEC_PER_MINUTE),
};

static const Schema retry_schema = {.keys = retry_keys, .count = ELEMENTS(retry_keys)};
static const Schema limits_schema = {.keys = limits_keys, .count = ELEMENTS(limits_keys)};

enum {
    KEY_VERSION,
    KEY_INSTANCES,
    KEY_MODE,
    KEY_INTERVAL,
    KEY_ROSTERS,
    KEY_CHANNELS,
    KEY_RETRY,
    KEY_LIMITS,
    KEY_GUARDS,
    KEY_STATE_DIR,
    KEY_CONTROL_SOCKET,
    KEY_HISTORY_KEEP,
};

static const char *const modes[] = {"prune", "observe", NULL}; /* in the order of Mode */

static const SchemaKey settings_keys[] = {
    [KEY_VERSION] = {.name = "version",
                     .type = SCHEMA_UINT,
                     .is_required = true,
                     .offset = offsetof(Draft, version),
                     .min = 1,
                     .max = 1,
                     .hint = "1"},
    [KEY_INSTANCES] = {.name = "instances",
                       .type = SCHEMA_MAP,
                       .is_required = true,
                       .offset = offsetof(Draft, instances),
                       .hint = "a map of instances by name"},
    [KEY_MODE] = {.name = "mode",
                  .type = SCHEMA_CHOICE,
                  .is_required = true,
                  .offset = offsetof(Draft, config.mode),
                  .choices = modes,
                  .hint = "prune (delete extras) or observe (only report them)"},
    [KEY_INTERVAL] =
        SPAN_KEY("interval", interval_usec, USEC_PER_SEC, 24 * USEC_PER_HOUR, 60 * USEC_PER_SEC),
    [KEY_ROSTERS] = {.name = "rosters",
                     .type = SCHEMA_LIST,
                     .offset = offsetof(Draft, rosters),
                     .hint = "a list of files, directories or patterns"},
    [KEY_CHANNELS] = {.name = "channels",
                      .type = SCHEMA_LIST,
                      .offset = offsetof(Draft, channels),
                      .hint = "a list of channels"},
    [KEY_RETRY] = {.name = "retry", .type = SCHEMA_SECTION, .section = &retry_schema},
    [KEY_LIMITS] = {.name = "limits", .type = SCHEMA_SECTION, .section = &limits_schema},
    [KEY_GUARDS] = {.name = "guards",
                    .type = SCHEMA_SECTION,
                    .offset = offsetof(Draft, config.guards),
                    .section = &guard_keys_schema},
    [KEY_STATE_DIR] = {.name = "state_dir",
                       .type = SCHEMA_PATH,
                       .offset = offsetof(Draft, config.state_dir),
                       .max = PATH_LENGTH_MAX},
    [KEY_CONTROL_SOCKET] = {.name = "control_socket",
                            .type = SCHEMA_PATH,
                            .offset = offsetof(Draft, config.control_socket),
                            .max = SOCKET_PATH_MAX},
    [KEY_HISTORY_KEEP] = {.name = "history_keep",
                          .type = SCHEMA_DURATION,
                          .offset = offsetof(Draft, config.history_keep_usec),
                          .min = USEC_PER_DAY,
                          .max = 3650 * USEC_PER_DAY,
                          .fallback = 90 * USEC_PER_DAY},
};

static const Schema settings_schema = {
    .keys = settings_keys, .count = ELEMENTS(settings_keys), .keeps_texts = true};

static void add_entry(Reader *reader, const Node *node, const char *text, RosterEntries *entries)
{
    _cleanup_(buf_done) Buf path = {0};
    RosterEntry entry = {.line = node->line, .column = node->column};

    node_path(node, node->parent ? NULL : "rosters", &path);
    if (buf_failed(&path) < 0) {
        problems_memory(reader->problems);
        return;
    }
    entry.text = schema_keep(reader, text);
    entry.path = schema_keep(reader, buf_text(&path));
    if (entry.text && entry.path)
        entries->items[entries->count++] = entry;
}

static void read_rosters(Build *build, Reader *reader, const Node *list, RosterEntries *entries)
{
    entries->items = arena_alloc(&build->arena, (list->size + 1) * sizeof(*entries->items));
    if (!entries->items) {
        problems_memory(reader->problems);
        return;
    }
    for (const Node *node = list->first; node; node = node->next) {
        const char *text =
            schema_read_text(reader, node, 1, PATH_LENGTH_MAX, "a file, a directory or a pattern");

        if (text)
            add_entry(reader, node, text, entries);
    }
}

/* Where rosters stand when the settings say nothing. */
static void default_rosters(Build *build, Reader *reader, const Node *root, RosterEntries *entries)
{
    entries->items = arena_alloc(&build->arena, sizeof(*entries->items));
    if (entries->items)
        add_entry(reader, root, ROSTERS_DEFAULT, entries);
    else
        problems_memory(reader->problems);
}

void settings_read(Build *build, Reader *reader, const Node *root, RosterEntries *ret_rosters,
                   const Node **ret_channels)
{
    Draft draft = {.config = build->config};
    SchemaSeen seen;

    schema_set_fallbacks(&settings_schema, &draft);
    seen = schema_read(reader, root, &settings_schema, &draft);
    build->config = draft.config;
    build->knows_mode = schema_is_good(seen, KEY_MODE);
    build->knows_guards = !schema_has(seen, KEY_GUARDS) || schema_is_good(seen, KEY_GUARDS);
    if (draft.instances)
        instances_read(build, reader, draft.instances);
    if (draft.rosters)
        read_rosters(build, reader, draft.rosters, ret_rosters);
    else if (root->kind == NODE_MAPPING && !schema_has(seen, KEY_ROSTERS) &&
             !schema_has(seen, KEY_CHANNELS))
        default_rosters(build, reader, root, ret_rosters);
    *ret_channels = draft.channels;
}
