/* SPDX-License-Identifier: MIT */
/*
 * Fuzzes compiled time zones (TZif). The first two bytes choose a local time. Whatever comes in is
 * refused with a reason or is a zone whose spans follow one another, and whose clocks show a local
 * time at the moment that zone_from_local() says, or have passed it there.
 */
#include <assert.h>
#include <stdlib.h>

#include "config/zone/zone.h"
#include "daemon/base/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define SPANS 64
#define DAY_SECONDS 86400

static void check_spans(const Zone *zone, int64_t when)
{
    ZoneSpan span = zone_find(zone, when);

    assert(span.start <= when && when < span.end);
    for (int i = 0; i < SPANS && span.end != INT64_MAX; i++) {
        ZoneSpan next = zone_find(zone, span.end);

        assert(next.start <= span.end && span.end < next.end);
        assert(next.offset >= ZONE_OFFSET_LEAST && next.offset <= ZONE_OFFSET_MOST);
        span = next;
    }
}

static void check_local(const Zone *zone, int64_t local)
{
    int64_t when = zone_from_local(zone, local);
    int64_t shown = when + zone_find(zone, when).offset;

    assert(shown >= local);
    assert(zone_from_local(zone, local + 1) >= when);
    if (shown > local)
        assert(when - 1 + zone_find(zone, when - 1).offset < local);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    _cleanup_(arena_done) Arena arena = {0};
    _cleanup_(buf_done) Buf canonical = {0};
    const char *why = NULL;
    int64_t day;
    Zone zone;

    if (size < 2)
        return 0;
    day = (int64_t)data[0] << 8 | data[1];
    if (zone_read(data + 2, size - 2, &arena, &zone, &why) < 0) {
        assert(why && why[0]);
        return 0;
    }
    check_spans(&zone, day * DAY_SECONDS);
    check_local(&zone, day * DAY_SECONDS + 9000);
    zone_put(&zone, 0, 100 * 366 * (int64_t)DAY_SECONDS, &canonical);
    return 0;
}
