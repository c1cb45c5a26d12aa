/* SPDX-License-Identifier: MIT */
#include "config/roster/rules.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "config/settings/settings.h"
#include "daemon/base/str.h"

#define LAXER                                                                                      \
    "laxer than the settings: %s where they say %s, must be %s or %s (a roster can only be "       \
    "stricter)"

/* Where a channel is listed first. The key in the map of listed channels follows it in memory. */
typedef struct Listed {
    const char *file;
    uint32_t line;
    uint32_t column;
    char key[];
} Listed;

static void report_laxer(Build *build, Reader *reader, const Node *node, SettingName name,
                         uint64_t value)
{
    _cleanup_(buf_done) Buf said = {0}, limit = {0};

    setting_print_value(name, value, &said);
    setting_print(&build->config, name, &limit);
    if (buf_failed(&said) < 0 || buf_failed(&limit) < 0)
        problems_memory(reader->problems);
    else if (setting_row(name)->kind == SETTING_IS_MODE)
        reader_problem(reader, node,
                       "mode not allowed: %s where the settings say %s, must be %s or left out (a "
                       "roster can only be milder)",
                       buf_text(&said), buf_text(&limit), buf_text(&limit));
    else
        reader_problem(reader, node, LAXER, buf_text(&said), buf_text(&limit), buf_text(&limit),
                       setting_row(name)->rule == SETTING_RULE_MORE ? "more" : "less");
}

void rules_check_setting(Build *build, Reader *reader, const Node *map, SettingName name,
                         const RosterChannel *channel)
{
    uint64_t limit = setting_get(&build->config, name);
    uint64_t value = setting_get_of_channel(channel, name);

    if (build->knows[name] && !setting_may_become(name, limit, value))
        report_laxer(build, reader, node_find(map, setting_row(name)->key), name, value);
}

/* The limit of a guard that the roster does not name, while its guards are read. */
#define UNSET (GUARD_OFF - 1)

static void report_laxer_guard(Reader *reader, const Node *node, const GuardRow *row,
                               uint32_t written, uint32_t limit)
{
    char said[16], may_be[16];

    if (written == GUARD_OFF)
        str_copy(said, sizeof(said), "off");
    else
        snprintf(said, sizeof(said), "%u", written);
    snprintf(may_be, sizeof(may_be), "%u", limit);
    reader_problem(reader, node, LAXER, said, may_be, may_be,
                   row->holds == GUARD_AT_LEAST ? "more" : "less");
}

static void merge_guard(Build *build, Reader *reader, const Node *map, GuardName name,
                        uint32_t written, uint32_t *limit)
{
    const GuardRow *row = guards_row(name);
    const Node *node = node_find(map, row->name);

    if (node && row->scope == GUARD_OF_PASS)
        reader_problem_at_key(reader, node,
                              "guard of a whole pass over all channels, must stand in the settings "
                              "alone");
    else if (written == UNSET)
        return;
    else if (guards_is_as_strict(name, written, *limit) || !build->knows_guards)
        *limit = written;
    else
        report_laxer_guard(reader, node, row, written, *limit);
}

void rules_read_guards(Build *build, Reader *reader, const Node *map, Guards *ret_guards)
{
    Guards written, guards = build->config.guards;

    for (GuardName name = 0; name < GUARD_COUNT; name++)
        written.limits[name] = UNSET;
    schema_read(reader, map, &settings_guards_schema, &written);
    for (GuardName name = 0; name < GUARD_COUNT; name++)
        merge_guard(build, reader, map, name, written.limits[name], &guards.limits[name]);
    *ret_guards = guards;
}

/* Appends what a channel is listed by. */
static void put_listed_key(const RosterChannel *channel, Buf *buf)
{
    buf_append(buf, &channel->instance, sizeof(channel->instance));
    buf_putc(buf, channel->name ? 'n' : 'i');
    buf_puts(buf, channel->name ? channel->name : channel->id);
}

bool rules_is_listed(const Build *build, const RosterChannel *channel)
{
    _cleanup_(buf_done) Buf key = {0};

    put_listed_key(channel, &key);
    if (buf_failed(&key) < 0) {
        problems_memory(build->problems);
        return false;
    }
    return map_find(&build->listed, buf_text(&key), key.size) != NULL;
}

/* Notes where a channel is listed. Returns where it is listed before, or NULL. */
static const Listed *note_listed(Build *build, const RosterChannel *channel)
{
    _cleanup_(buf_done) Buf key = {0};
    Listed *listed = NULL;
    int r = -ENOMEM;

    put_listed_key(channel, &key);
    if (buf_failed(&key) >= 0)
        listed = arena_alloc(&build->arena, sizeof(*listed) + key.size);
    if (listed) {
        *listed = (Listed){
            .file = channel->file, .line = (uint32_t)channel->line, .column = channel->column};
        memcpy(listed->key, buf_text(&key), key.size);
        r = map_put(&build->listed, listed->key, key.size, listed);
    }
    if (r < 0)
        problems_memory(build->problems);
    return r == 0 ? map_find(&build->listed, listed->key, key.size) : NULL;
}

void rules_note_listed(Build *build, const RosterChannel *channel)
{
    const Listed *first = note_listed(build, channel);

    assert(!first);
}

void rules_check_listed_once(Build *build, Reader *reader, const Node *node,
                             const RosterChannel *channel)
{
    const Listed *first = note_listed(build, channel);

    if (first)
        reader_problem(
            reader, node, "duplicate channel: \"%.64s\" (first in %s:%u:%u), keep one of them",
            channel->name ? channel->name : channel->id, first->file, first->line, first->column);
}

void rules_check_any_channel(Build *build, const RosterEntries *rosters)
{
    const char *settings = build->config.path;

    if (problems_any(build->problems) || build->config.channel_count > 0)
        return;
    for (size_t i = 0; i < rosters->count; i++) {
        const RosterEntry *entry = &rosters->items[i];

        problems_add(build->problems, settings, entry->line, entry->column, entry->path,
                     "no channels: \"%.200s\" has none and there are none elsewhere, must be "
                     "rosters that list channels",
                     entry->text);
    }
    if (rosters->count == 0)
        problems_add(build->problems, settings, 1, 1, "channels",
                     "missing, must be in files that \"rosters\" names, or here");
}
