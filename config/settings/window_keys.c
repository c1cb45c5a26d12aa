/* SPDX-License-Identifier: MIT */
#include "config/settings/window_keys.h"

#include <string.h>

#include "config/schema/canonical.h"
#include "daemon/base/mem.h"
#include "daemon/base/str.h"
#include "daemon/base/suggest.h"

#define REASON_MAX 256U
#define REASON_DEFAULT "a freeze"
#define ZONE_DEFAULT "UTC"
#define ZONE_HINT "a name of the tz database, such as Europe/Berlin"
#define DAYS_HINT "mon, tue, wed, thu, fri, sat or sun, a range such as mon-fri, or a list of them"
#define TIME_HINT "a time with its offset, such as 2026-12-20T00:00:00Z"

/* The words of day_names, and a range of them. */
#define DAY "(mon|tue|wed|thu|fri|sat|sun)"
#define DAYS_PATTERN "^" DAY "(-" DAY ")?$"
#define HOURS "([01][0-9]|2[0-3]):[0-5][0-9]"

static const SchemaKey days_key = {
    .type = SCHEMA_TEXT, .min = 1, .max = SIZE_MAX, .pattern = DAYS_PATTERN};

typedef struct WindowDraft {
    const Node *days;
    const char *from, *to, *zone;
} WindowDraft;

enum { KEY_DAYS, KEY_FROM, KEY_TO, KEY_ZONE };

static const SchemaKey keys[] = {
    [KEY_DAYS] = {.name = "days",
                  .type = SCHEMA_ANY,
                  .offset = offsetof(WindowDraft, days),
                  .item = &days_key,
                  .hint = DAYS_HINT,
                  .help = "the days on which it opens; left out: all"},
    [KEY_FROM] = {.name = "from",
                  .type = SCHEMA_TEXT,
                  .is_required = true,
                  .offset = offsetof(WindowDraft, from),
                  .max = SIZE_MAX,
                  .pattern = "^" HOURS "$",
                  .hint = "a time of day, 00:00 to 23:59",
                  .help = "the local time at which it opens"},
    [KEY_TO] = {.name = "to",
                .type = SCHEMA_TEXT,
                .is_required = true,
                .offset = offsetof(WindowDraft, to),
                .max = SIZE_MAX,
                .pattern = "^(" HOURS "|24:00)$",
                .hint = "a time of day, 00:00 to 24:00",
                .help = "the local time at which it closes; not after from: on the next day"},
    [KEY_ZONE] = {.name = "zone",
                  .type = SCHEMA_TEXT,
                  .offset = offsetof(WindowDraft, zone),
                  .min = 1,
                  .max = SIZE_MAX,
                  .hint = ZONE_HINT,
                  .help = "the time zone of both; left out: UTC"},
};

const Schema window_keys_schema = {.keys = keys, .count = ELEMENTS(keys)};

enum { KEY_FREEZE_FROM, KEY_FREEZE_TO, KEY_FREEZE_REASON };

static const SchemaKey freeze_keys[] = {
    [KEY_FREEZE_FROM] = {.name = "from",
                         .type = SCHEMA_TIME,
                         .is_required = true,
                         .offset = offsetof(Freeze, from_usec),
                         .hint = TIME_HINT,
                         .help = "when it begins"},
    [KEY_FREEZE_TO] = {.name = "to",
                       .type = SCHEMA_TIME,
                       .is_required = true,
                       .offset = offsetof(Freeze, to_usec),
                       .hint = TIME_HINT,
                       .help = "when it is over"},
    [KEY_FREEZE_REASON] = {.name = "reason",
                           .type = SCHEMA_TEXT,
                           .offset = offsetof(Freeze, reason),
                           .min = 1,
                           .max = REASON_MAX,
                           .hint = "why nothing is changed",
                           .help = "why nothing is changed"},
};

const Schema window_keys_freeze_schema = {.keys = freeze_keys, .count = ELEMENTS(freeze_keys)};

/* ---- days ---- */

static const char *const day_names[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};

/* The weekday of a name of that length, or CHANGE_GATE_DAYS. */
static unsigned find_day(const char *name, size_t length)
{
    unsigned day = 0;

    while (day < CHANGE_GATE_DAYS &&
           (strlen(day_names[day]) != length || strncmp(day_names[day], name, length) != 0))
        day++;
    return day;
}

/* Bits of a day or of a range, which may go over Sunday; 0: it is neither. */
static uint8_t days_of(const char *text)
{
    size_t length = strcspn(text, "-");
    unsigned first = find_day(text, length), last = first;
    uint8_t days;

    if (text[length] == '-')
        last = find_day(text + length + 1, strlen(text + length + 1));
    if (first == CHANGE_GATE_DAYS || last == CHANGE_GATE_DAYS)
        return 0;
    days = (uint8_t)(1U << last);
    for (unsigned day = first; day != last; day = (day + 1) % CHANGE_GATE_DAYS)
        days |= (uint8_t)(1U << day);
    return days;
}

static uint8_t read_day(Reader *reader, const Node *node)
{
    const char *text = schema_read_text(reader, node, 1, SIZE_MAX, DAYS_HINT);
    uint8_t days = text ? days_of(text) : 0;
    char shown[NODE_DESCRIPTION_SIZE];

    if (text && !days)
        reader_problem(reader, node, "unknown day: %s, must be " DAYS_HINT,
                       node_describe(node, shown));
    return days;
}

static uint8_t read_days(Reader *reader, const Node *node)
{
    uint8_t days = 0;

    if (node->kind != NODE_SEQUENCE)
        return read_day(reader, node);
    if (node->size == 0)
        reader_problem(reader, node, "empty, must be " DAYS_HINT);
    for (const Node *item = node->first; item; item = item->next)
        days |= read_day(reader, item);
    return days;
}

/* ---- times of day ---- */

static bool is_digits(const char *text)
{
    return text[0] >= '0' && text[0] <= '9' && text[1] >= '0' && text[1] <= '9';
}

/* HH:MM in minutes, or -1. */
static int minute_of(const char *text)
{
    int hour, minute;

    if (strlen(text) != 5 || !is_digits(text) || text[2] != ':' || !is_digits(text + 3))
        return -1;
    hour = (text[0] - '0') * 10 + (text[1] - '0');
    minute = (text[3] - '0') * 10 + (text[4] - '0');
    return hour <= 24 && minute <= 59 && (hour < 24 || minute == 0) ? hour * 60 + minute : -1;
}

static bool read_minute(Reader *reader, const Node *map, const SchemaKey *key, const char *text,
                        int most, uint16_t *ret_minute)
{
    const Node *node = node_find(map, key->name);
    char shown[NODE_DESCRIPTION_SIZE];
    int minute = minute_of(text);

    if (minute < 0 || minute > most) {
        reader_problem(reader, node, "not a time of day: %s, must be %s",
                       node_describe(node, shown), key->hint);
        return false;
    }
    *ret_minute = (uint16_t)minute;
    return true;
}

/* ---- a window ---- */

static void read_zone(Build *build, Reader *reader, const Node *map, const char *name,
                      ChangeWindow *window)
{
    const Node *node = node_find(map, keys[KEY_ZONE].name);
    char shown[NODE_DESCRIPTION_SIZE];
    const char *why = NULL;
    const BuildZone *zone = build->find_zone(build, name ? name : ZONE_DEFAULT, &why);

    if (!zone && why)
        reader_problem(reader, node ? node : map, "unknown zone: %s, must be " ZONE_HINT ": %s",
                       node ? node_describe(node, shown) : ZONE_DEFAULT, why);
    if (!zone)
        return;
    window->zone = &zone->zone;
    window->zone_name = zone->name;
    window->zone_canonical = zone->canonical;
}

static void read_window(Build *build, Reader *reader, const Node *node, ChangeWindow *window)
{
    WindowDraft draft = {0};

    schema_read(reader, node, &window_keys_schema, &draft);
    *window = (ChangeWindow){.days = (1U << CHANGE_GATE_DAYS) - 1, .zone = &zone_utc};
    if (node->kind != NODE_MAPPING)
        return;
    if (draft.days)
        window->days = read_days(reader, draft.days);
    if (draft.from)
        read_minute(reader, node, &keys[KEY_FROM], draft.from, CHANGE_GATE_MINUTES_PER_DAY - 1,
                    &window->from_minute);
    if (draft.to)
        read_minute(reader, node, &keys[KEY_TO], draft.to, CHANGE_GATE_MINUTES_PER_DAY,
                    &window->to_minute);
    read_zone(build, reader, node, draft.zone, window);
}

static void read_freeze(Reader *reader, const Node *node, Freeze *freeze)
{
    SchemaSeen seen;

    *freeze = (Freeze){.reason = REASON_DEFAULT};
    seen = schema_read(reader, node, &window_keys_freeze_schema, freeze);
    freeze->reason = reader_keep(reader, freeze->reason);
    if (schema_is_good(seen, KEY_FREEZE_FROM) && schema_is_good(seen, KEY_FREEZE_TO) &&
        freeze->to_usec <= freeze->from_usec)
        reader_problem(reader, node_find(node, "to"),
                       "not after from, must be the end of a "
                       "freeze that has one");
}

/* The entries of a list, cleared; NULL (told) where it has none, or too many. */
static void *make_entries(Reader *reader, const Node *list, size_t most, size_t size,
                          const char *what)
{
    void *entries;

    if (list->size == 0) {
        reader_problem(reader, list, "empty, must have %s at least, or be left out", what);
        return NULL;
    }
    if (list->size > most) {
        reader_problem(reader, list, "too many: %zu, must be %zu at most", (size_t)list->size,
                       most);
        return NULL;
    }
    entries = arena_alloc(reader->arena, list->size * size);
    if (!entries)
        problems_memory(reader->problems);
    return entries;
}

void window_keys_read(Build *build, Reader *reader, const Node *windows, const Node *freezes,
                      ChangeWindows *ret_windows)
{
    ChangeWindow *window =
        windows ? make_entries(reader, windows, WINDOW_KEYS_MAX, sizeof(*window), "one window")
                : NULL;
    Freeze *freeze = freezes ? make_entries(reader, freezes, WINDOW_KEYS_FREEZES_MAX,
                                            sizeof(*freeze), "one freeze")
                             : NULL;

    *ret_windows = (ChangeWindows){.windows = window, .freezes = freeze};
    for (const Node *node = window ? windows->first : NULL; node; node = node->next)
        read_window(build, reader, node, &window[ret_windows->window_count++]);
    for (const Node *node = freeze ? freezes->first : NULL; node; node = node->next)
        read_freeze(reader, node, &freeze[ret_windows->freeze_count++]);
}

/* ---- the canonical form ---- */

void window_keys_put(const ChangeWindows *windows, Buf *buf)
{
    canonical_put_number(buf, windows->window_count);
    for (size_t i = 0; i < windows->window_count; i++) {
        const ChangeWindow *window = &windows->windows[i];

        canonical_put_number(buf, window->days);
        canonical_put_number(buf, window->from_minute);
        canonical_put_number(buf, window->to_minute);
        canonical_put_text(buf, window->zone_name ? window->zone_name : "");
        canonical_put_text(buf, window->zone_canonical ? window->zone_canonical : "");
    }
}

void window_keys_put_freezes(const ChangeWindows *windows, Buf *buf)
{
    canonical_put_number(buf, windows->freeze_count);
    for (size_t i = 0; i < windows->freeze_count; i++) {
        const Freeze *freeze = &windows->freezes[i];

        canonical_put_number(buf, freeze->from_usec);
        canonical_put_number(buf, freeze->to_usec);
        canonical_put_text(buf, freeze->reason ? freeze->reason : "");
    }
}
