/* SPDX-License-Identifier: MIT */
#include "config/zone/zone.h"

#include <inttypes.h>
#include <string.h>

#include "daemon/base/str.h"

const Zone zone_utc = {.changes = NULL};

static bool zone_is_word(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' ||
           c == '+' || c == '-';
}

bool zone_is_name(const char *name)
{
    size_t length = strlen(name);

    if (length == 0 || length > ZONE_NAME_SIZE_MAX)
        return false;
    for (size_t i = 0; i < length; i++) {
        bool is_slash_between = name[i] == '/' && i > 0 && name[i - 1] != '/' && i + 1 < length;

        if (!zone_is_word(name[i]) && !is_slash_between)
            return false;
    }
    return true;
}

/* ---- finding ---- */

/* How many changes come at or before a moment. */
static size_t zone_count_before(const Zone *zone, int64_t when)
{
    size_t low = 0, high = zone->change_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (zone->changes[middle].when <= when)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

ZoneSpan zone_find(const Zone *zone, int64_t when)
{
    size_t before = zone_count_before(zone, when);
    ZoneSpan span = {
        .start = before > 0 ? zone->changes[before - 1].when : INT64_MIN,
        .end = before < zone->change_count ? zone->changes[before].when : INT64_MAX,
        .offset = before > 0 ? zone->changes[before - 1].offset : zone->first_offset,
    };
    int64_t start;

    if (before < zone->change_count || !zone->has_rule)
        return span;
    zone_rule_find(&zone->rule, when, &start, &span.end, &span.offset);
    if (start > span.start)
        span.start = start;
    return span;
}

/* In a span the clocks show it at local - offset, or have shown it before; the first span in which
 * that is not over yet has it. No clock shows it earlier than the greatest offset makes it. */
int64_t zone_from_local(const Zone *zone, int64_t local)
{
    ZoneSpan span = zone_find(zone, local - ZONE_OFFSET_MOST);

    for (;;) {
        int64_t when = local - span.offset;

        if (when < span.start)
            when = span.start;
        if (when < span.end)
            return when;
        span = zone_find(zone, span.end);
    }
}

void zone_put(const Zone *zone, int64_t from, int64_t to, Buf *buf)
{
    ZoneSpan span = zone_find(zone, from);
    int32_t offset = span.offset;

    buf_printf(buf, "%" PRId32, offset);
    while (span.end < to) {
        int64_t when = span.end;

        span = zone_find(zone, when);
        if (span.offset == offset)
            continue;
        offset = span.offset;
        buf_printf(buf, " %" PRId64 " %" PRId32, when, offset);
    }
    buf_putc(buf, '\n');
}
