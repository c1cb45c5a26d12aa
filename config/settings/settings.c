/* SPDX-License-Identifier: MIT */
#include "config/settings/settings.h"

#include "config/schema/canonical.h"
#include "config/settings/fleet_keys.h"
#include "config/settings/http_keys.h"
#include "config/settings/instances.h"
#include "config/settings/notify_keys.h"
#include "config/settings/window_keys.h"
#include "daemon/base/file_put.h"
#include "daemon/base/str.h"

#define ROSTERS_DEFAULT "rosters.d"

typedef struct SettingsDraft {
    Config config;
    uint32_t version;
    const Node *instances;
    const Node *rosters;
    const Node *channels;
    const Node *windows;
    const Node *freezes;
    HttpDraft http;
    const Node *notify;
    FleetDraft fleet;
} SettingsDraft;

static void put_windows(const void *draft, Buf *buf)
{
    window_keys_put(&((const SettingsDraft *)draft)->config.windows, buf);
}

static void put_freezes(const void *draft, Buf *buf)
{
    window_keys_put_freezes(&((const SettingsDraft *)draft)->config.windows, buf);
}

/* ---- one key for each row of the settings ---- */

#define SETTING_KEY(constant, key, kind, section, low, high, usual, rule, reload, sentence)        \
    {.name = #key,                                                                                 \
     .offset = offsetof(SettingsDraft, config.SETTING_PLACE(key, kind, section)),                  \
     .help = sentence,                                                                             \
     .fallback = usual,                                                                            \
     .gap = SETTING_GAP(constant),                                                                 \
     .is_required = SETTING_IS_##kind == SETTING_IS_MODE,                                          \
     SETTING_KEY_##kind(low, high)},

static const SchemaKey retry_keys[] = {SETTING_RETRY_ROWS(SETTING_KEY)};
static const SchemaKey limits_keys[] = {SETTING_LIMITS_ROWS(SETTING_KEY)};
static const Schema retry_schema = {.keys = retry_keys, .count = ELEMENTS(retry_keys)};
static const Schema limits_schema = {.keys = limits_keys, .count = ELEMENTS(limits_keys)};

/* ---- one key for each row of the guards that has one ---- */

#define GUARD_KEY(name_, help_, least, most, preset, whose, switchable)                            \
    {.name = #name_,                                                                               \
     .type = SCHEMA_UINT,                                                                          \
     .offset = offsetof(Guards, name_),                                                            \
     .min = least,                                                                                 \
     .max = most,                                                                                  \
     .fallback = preset,                                                                           \
     .may_be_off = switchable,                                                                     \
     .is_of_settings = (whose) == GUARD_OF_PASS,                                                   \
     .help = help_},
#define GUARD_KEY_SETTABLE(...) GUARD_KEY(__VA_ARGS__, false)
#define GUARD_KEY_SWITCHABLE(...) GUARD_KEY(__VA_ARGS__, true)
#define GUARD_KEY_FIXED(...)

static const SchemaKey guard_keys[] = {
#define GUARD_KEY_ROW(constant, key, one, several, help, least, most, preset, how, whose, covered, \
                      kind)                                                                        \
    GUARD_KEY_##kind(key, help, least, most, preset, whose)
    GUARD_ROWS(GUARD_KEY_ROW)
#undef GUARD_KEY_ROW
};

_Static_assert(GUARD_OFF == SCHEMA_OFF, "a guard that is read as off is off");

const Schema settings_guards_schema = {.keys = guard_keys, .count = ELEMENTS(guard_keys)};

/* ---- the settings ---- */

enum {
    KEY_VERSION,
    KEY_INSTANCES,
#define KEY_OF_SETTING(constant, ...) KEY_##constant,
    SETTING_TOP_ROWS(KEY_OF_SETTING)
#undef KEY_OF_SETTING
        KEY_ROSTERS,
    KEY_CHANNELS,
    KEY_RETRY,
    KEY_LIMITS,
    KEY_GUARDS,
    KEY_WINDOWS,
    KEY_FREEZES,
    KEY_HTTP,
    KEY_NOTIFY,
    KEY_FLEET,
};

#define ROSTER_ENTRY_HINT "a file, a directory or a pattern"

static const SchemaKey roster_entry_key = {
    .type = SCHEMA_TEXT, .min = 1, .max = SETTING_PATH_SIZE_MAX, .hint = ROSTER_ENTRY_HINT};

static const SchemaKey settings_keys[] = {
    [KEY_VERSION] = {.name = "version",
                     .type = SCHEMA_UINT,
                     .is_required = true,
                     .offset = offsetof(SettingsDraft, version),
                     .min = 1,
                     .max = 1,
                     .hint = "1"},
    [KEY_INSTANCES] = {.name = "instances",
                       .type = SCHEMA_NAMES,
                       .section = &instances_schema,
                       .put = canonical_put_nothing,
                       .is_required = true,
                       .offset = offsetof(SettingsDraft, instances),
                       .pattern = INSTANCES_NAME_PATTERN,
                       .hint = "a map of instances by name"},
#define KEY_OF_SETTING(constant, ...) [KEY_##constant] = SETTING_KEY(constant, __VA_ARGS__)
    SETTING_TOP_ROWS(KEY_OF_SETTING)
#undef KEY_OF_SETTING
        /* The channels that are read count, and not where they stand. */
        [KEY_ROSTERS] = {.name = "rosters",
                         .type = SCHEMA_LIST,
                         .put = canonical_put_nothing,
                         .offset = offsetof(SettingsDraft, rosters),
                         .item = &roster_entry_key,
                         .hint = "a list of files, directories or patterns"},
    [KEY_CHANNELS] = {.name = "channels",
                      .type = SCHEMA_LIST,
                      .put = canonical_put_nothing,
                      .offset = offsetof(SettingsDraft, channels),
                      .hint = "a list of channels"},
    [KEY_RETRY] = {.name = "retry", .type = SCHEMA_SECTION, .section = &retry_schema},
    [KEY_LIMITS] = {.name = "limits", .type = SCHEMA_SECTION, .section = &limits_schema},
    [KEY_GUARDS] = {.name = "guards",
                    .type = SCHEMA_SECTION,
                    .offset = offsetof(SettingsDraft, config.guards),
                    .section = &settings_guards_schema},
    [KEY_WINDOWS] = {.name = "windows",
                     .type = SCHEMA_LIST,
                     .min = 1,
                     .max = WINDOW_KEYS_MAX,
                     .section = &window_keys_schema,
                     .put = put_windows,
                     .offset = offsetof(SettingsDraft, windows),
                     .hint = "a list of windows"},
    [KEY_FREEZES] = {.name = "freezes",
                     .type = SCHEMA_LIST,
                     .min = 1,
                     .max = WINDOW_KEYS_FREEZES_MAX,
                     .section = &window_keys_freeze_schema,
                     .put = put_freezes,
                     .offset = offsetof(SettingsDraft, freezes),
                     .hint = "a list of freezes"},
    [KEY_HTTP] = {.name = "http",
                  .type = SCHEMA_SECTION,
                  .section = &http_keys_schema,
                  .offset = offsetof(SettingsDraft, http)},
    [KEY_NOTIFY] = {.name = "notify",
                    .type = SCHEMA_LIST,
                    .min = 1,
                    .max = NOTIFY_KEYS_MAX,
                    .section = &notify_keys_schema,
                    .offset = offsetof(SettingsDraft, notify),
                    .hint = "a list of those who are told"},
    [KEY_FLEET] = {.name = "fleet",
                   .type = SCHEMA_SECTION,
                   .section = &fleet_keys_schema,
                   .offset = offsetof(SettingsDraft, fleet)},
};

const Schema settings_schema = {
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
    entry.text = reader_keep(reader, text);
    entry.path = reader_keep(reader, buf_text(&path));
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
        const char *text = schema_read_text(reader, node, roster_entry_key.min,
                                            roster_entry_key.max, roster_entry_key.hint);

        if (text)
            add_entry(reader, node, text, entries);
    }
}

/* Without `rosters` and `channels`, rosters are read from the default directory. */
static void default_rosters(Build *build, Reader *reader, const Node *root, RosterEntries *entries)
{
    entries->items = arena_alloc(&build->arena, sizeof(*entries->items));
    if (entries->items)
        add_entry(reader, root, ROSTERS_DEFAULT, entries);
    else
        problems_memory(reader->problems);
}

/* Notes with which settings a roster can be compared. */
static void note_known(Build *build, SchemaSeen seen)
{
#define IS_KNOWN(constant, ...)                                                                    \
    build->knows[SETTING_##constant] =                                                             \
        schema_is_good(seen, KEY_##constant) ||                                                    \
        (!schema_has(seen, KEY_##constant) && !settings_keys[KEY_##constant].is_required);
    SETTING_TOP_ROWS(IS_KNOWN)
#undef IS_KNOWN
    build->knows_guards = !schema_has(seen, KEY_GUARDS) || schema_is_good(seen, KEY_GUARDS);
}

static void take_settings_canonical(Reader *reader, SettingsDraft *draft)
{
    _cleanup_(buf_done) Buf canonical = {0};

    canonical_put(&canonical, &settings_schema, CANONICAL_ALL, draft);
    if (canonical_digest(&canonical, draft->config.canonical) < 0)
        problems_memory(reader->problems);
}

void settings_check_quarantine(Reader *reader, const Node *map, uint64_t value)
{
    const Node *node = node_find(map, setting_row(SETTING_QUARANTINE)->key);

    if (node && setting_is_between(SETTING_QUARANTINE, value))
        reader_problem(reader, node, "out of range: %.64s, must be 0s, or 1s to 30d", node->text);
}

static void check_metrics_file(Reader *reader, const Node *root, const char *path)
{
    const char *slash = strrchr(path, '/');

    if (!slash || !file_put_may_be_called(slash + 1))
        reader_problem(reader, node_find(root, setting_row(SETTING_METRICS_FILE)->key),
                       "names no file, should end with a name without a leading dot: rosterd.prom");
}

static void read_fleet(Reader *reader, const Node *map, SchemaSeen seen, SettingsDraft *draft)
{
    Reader warnings = {
        .file = reader->file, .arena = reader->arena, .problems = &draft->config.warnings};
    FleetSettings *fleet = arena_alloc(reader->arena, sizeof(*fleet));

    if (!fleet) {
        problems_memory(reader->problems);
        return;
    }
    fleet_keys_check(reader, map, &draft->fleet);
    *fleet = draft->fleet.settings;
    draft->config.fleet = fleet;
    if (schema_is_good(seen, KEY_FLEET) &&
        (!schema_has(seen, KEY_LIMITS) || schema_is_good(seen, KEY_LIMITS)))
        fleet_keys_warn(&warnings, map, fleet, draft->config.limits.timeout_usec);
}

void settings_read(Build *build, Reader *reader, const Node *root, RosterEntries *ret_rosters,
                   const Node **ret_channels)
{
    SettingsDraft draft = {.config = build->config};
    SchemaSeen seen;

    schema_set_fallbacks(&settings_schema, &draft);
    seen = schema_read(reader, root, &settings_schema, &draft);
    window_keys_read(build, reader, draft.windows, draft.freezes, &draft.config.windows);
    if (schema_is_good(seen, KEY_METRICS_FILE) && draft.config.metrics_file)
        check_metrics_file(reader, root, draft.config.metrics_file);
    if (schema_is_good(seen, KEY_QUARANTINE))
        settings_check_quarantine(reader, root, draft.config.quarantine_usec);
    if (schema_has(seen, KEY_HTTP))
        http_keys_check(reader, node_find(root, settings_keys[KEY_HTTP].name), &draft.http);
    draft.config.http = draft.http.settings;
    if (draft.notify)
        notify_keys_read(reader, draft.notify, &draft.config);
    if (schema_has(seen, KEY_FLEET))
        read_fleet(reader, node_find(root, settings_keys[KEY_FLEET].name), seen, &draft);
    take_settings_canonical(reader, &draft);
    build->config = draft.config;
    note_known(build, seen);
    if (draft.instances)
        instances_read(build, reader, draft.instances);
    if (draft.rosters)
        read_rosters(build, reader, draft.rosters, ret_rosters);
    else if (root->kind == NODE_MAPPING && !schema_has(seen, KEY_ROSTERS) &&
             !schema_has(seen, KEY_CHANNELS))
        default_rosters(build, reader, root, ret_rosters);
    *ret_channels = draft.channels;
}
