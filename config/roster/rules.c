/* SPDX-License-Identifier: MIT */
#include "config/roster/rules.h"

#include <string.h>

/* Where a channel was listed first, followed by the packed key of the map. */
typedef struct Listed {
    const char *file;
    uint32_t line;
    uint32_t column;
    char key[];
} Listed;

void rules_check_mode(Build *build, Reader *reader, const Node *node, Mode mode)
{
    if (build->knows_mode && build->config.mode == MODE_OBSERVE && mode == MODE_PRUNE)
        schema_problem(reader, node,
                       "is \"prune\" where the settings say observe, should be observe or left out "
                       "(a roster cannot allow deletion)");
}

/* One guard: `is_least` where more is stricter. */
static void merge_guard(Build *build, Reader *reader, const Node *map, const char *key,
                        bool is_least, uint32_t written, uint32_t *guard)
{
    bool is_laxer = is_least ? written < *guard : written > *guard;

    if (written == GUARD_UNSET)
        return;
    if (is_laxer && build->knows_guards)
        schema_problem(reader, node_find(map, key),
                       "is %u where the settings say %u, should be %u or %s (a roster can only be "
                       "stricter)",
                       written, *guard, *guard, is_least ? "more" : "less");
    else
        *guard = written;
}

void rules_merge_guards(Build *build, Reader *reader, const Node *node, const Guards *written,
                        Guards *ret_guards)
{
    Guards guards = build->config.guards;

    merge_guard(build, reader, node, "max_deletes", false, written->max_deletes,
                &guards.max_deletes);
    merge_guard(build, reader, node, "max_delete_percent", false, written->max_delete_percent,
                &guards.max_delete_percent);
    merge_guard(build, reader, node, "min_remaining", true, written->min_remaining,
                &guards.min_remaining);
    merge_guard(build, reader, node, "confirm_passes", true, written->confirm_passes,
                &guards.confirm_passes);
    *ret_guards = guards;
}

void rules_check_listed_once(Build *build, Reader *reader, const Node *node,
                             const RosterChannel *channel)
{
    const char *text = channel->name ? channel->name : channel->id;
    size_t text_size = strlen(text), key_size = sizeof(channel->instance) + 1 + text_size;
    Listed *listed = arena_alloc(&build->arena, sizeof(*listed) + key_size);
    const Listed *first;
    int r;

    if (!listed) {
        problems_memory(reader->problems);
        return;
    }
    *listed = (Listed){.file = channel->file, .line = node->line, .column = node->column};
    memcpy(listed->key, &channel->instance, sizeof(channel->instance));
    listed->key[sizeof(channel->instance)] = channel->name ? 'n' : 'i';
    memcpy(listed->key + sizeof(channel->instance) + 1, text, text_size);
    r = map_put(&build->listed, listed->key, key_size, listed);
    if (r < 0)
        problems_memory(reader->problems);
    if (r != 0)
        return;
    first = map_find(&build->listed, listed->key, key_size);
    schema_problem(reader, node,
                   "lists the channel \"%.64s\" again, should be listed once (first "
                   "in %s:%u:%u)",
                   text, first->file, first->line, first->column);
}

void rules_check_any_channel(Build *build, const RosterEntries *rosters)
{
    const char *settings = build->config.path;

    if (problems_any(build->problems) || build->config.channel_count > 0)
        return;
    for (size_t i = 0; i < rosters->count; i++) {
        const RosterEntry *entry = &rosters->items[i];

        problems_add(build->problems, settings, entry->line, entry->column, entry->path,
                     "\"%.200s\" has no channels and there are none elsewhere, should be rosters "
                     "that list channels",
                     entry->text);
    }
    if (rosters->count == 0)
        problems_add(build->problems, settings, 1, 1, "channels",
                     "are missing, should be in files that \"rosters\" names, or here");
}
