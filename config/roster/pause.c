/* SPDX-License-Identifier: MIT */
#include "config/roster/pause.h"

#include <string.h>
#include <strings.h>

#include "daemon/base/clock.h"
#include "daemon/base/duration.h"
#include "daemon/base/mem.h"

#define REASON_MAX 256U
#define HINT                                                                                       \
    "a reason, or {reason: TEXT, until: 2026-12-24T18:00:00Z}; a channel that is not paused has "  \
    "no such key"
#define UNTIL_HINT                                                                                 \
    "a time with its offset, such as 2026-12-24T18:00:00Z or 2026-12-24T19:00:00+01:00"

/* The words of is_yes_or_no(), of any case. */
#define NO_REASON                                                                                  \
    "^(?!([Tt][Rr][Uu][Ee]|[Ff][Aa][Ll][Ss][Ee]|[Yy]([Ee][Ss])?|[Nn][Oo]?|[Oo][Nn]|[Oo][Ff][Ff]|"  \
    "[01]|[Nn][Uu][Ll][Ll])$)(?![\\s\\S]*[\\u0000-\\u001f\\u007f]) *[^ ]"

enum { KEY_REASON, KEY_UNTIL };

static const SchemaKey keys[] = {
    [KEY_REASON] = {.name = "reason",
                    .type = SCHEMA_TEXT,
                    .is_required = true,
                    .offset = offsetof(RosterPause, reason),
                    .min = 1,
                    .max = REASON_MAX,
                    .pattern = NO_REASON,
                    .hint = "why the channel is paused"},
    [KEY_UNTIL] = {.name = "until",
                   .type = SCHEMA_TIME,
                   .offset = offsetof(RosterPause, until_usec),
                   .hint = UNTIL_HINT},
};

const SchemaKey roster_pause_reason_key = {
    .type = SCHEMA_TEXT, .min = 1, .max = REASON_MAX, .pattern = NO_REASON};

const Schema roster_pause_schema = {.keys = keys, .count = ELEMENTS(keys)};

/* Whoever writes `paused: false` means no pause, and `paused: true` tells nobody the reason: both
 * are refused. */
static bool is_yes_or_no(const char *text)
{
    static const char *const words[] = {"true", "false", "yes", "no", "on",  "off",
                                        "y",    "n",     "1",   "0",  "null"};

    for (size_t i = 0; i < ELEMENTS(words); i++) {
        if (strcasecmp(text, words[i]) == 0)
            return true;
    }
    return false;
}

static bool is_time(const char *text)
{
    uint64_t usec;

    return duration_parse(text, &usec) == 0 || clock_parse_date(text, &usec) == 0 ||
           clock_parse_rfc3339(text, &usec) == 0;
}

static bool check_reason(Reader *reader, const Node *node, const char *reason)
{
    const char *what = NULL;

    if (reason[strspn(reason, " ")] == '\0')
        what = "empty reason";
    else if (is_yes_or_no(reason))
        what = "not a reason: a word for yes or no";
    else if (is_time(reason))
        what = "not a reason: a time alone";
    if (what)
        reader_problem(reader, node, "%s, must be " HINT, what);
    return !what;
}

const RosterPause *roster_pause_read(Reader *reader, const Node *node)
{
    RosterPause read = {.line = node->key ? node->key->line : node->line}, *pause;
    const Node *reason = node;

    if (node->kind == NODE_MAPPING) {
        schema_read(reader, node, &roster_pause_schema, &read);
        reason = node_find(node, keys[KEY_REASON].name);
    } else {
        read.reason = schema_read_text(reader, node, 1, REASON_MAX, HINT);
    }
    if (!read.reason || !check_reason(reader, reason, read.reason))
        return NULL;
    pause = arena_alloc(reader->arena, sizeof(*pause));
    if (!pause) {
        problems_memory(reader->problems);
        return NULL;
    }
    *pause = read;
    pause->reason = reader_keep(reader, read.reason);
    return pause->reason ? pause : NULL;
}
