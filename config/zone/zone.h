/* SPDX-License-Identifier: MIT */
/*
 * DOC: time zones
 *
 * A Zone is what a compiled file of the tz database (TZif, RFC 9636) says of one zone: the moments
 * at which its offset from UTC changes, and the rule by which it goes on after the last of them. It
 * is read once, out of bytes that somebody else has read; after that nobody is asked, so that what
 * time it is somewhere is a pure function of data.
 *
 * Times are seconds since 1970 in UTC. A local time is counted the same way, as if the zone's
 * clocks showed UTC: 1970-01-02 07:00 is 86400 + 25200, wherever that is. Where clocks are set
 * forward, some local times do not exist; where they are set back, some come twice.
 *
 * zone_read() takes the bytes of a file and refuses what is malformed; tzif.c knows the format. A
 * ZoneSpan is a time in which the offset stays the same: zone_find() gives the one that a moment
 * lies in, and whoever goes from one to the next meets every change. zone_from_local() is the way
 * back, from what the zone's clocks show to a moment. zone_rule.h has the rule of the far future, a
 * TZ string of POSIX.
 *
 * A Zone belongs to the arena that it was read into. zone_utc needs no file.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/zone/zone_rule.h"
#include "daemon/base/arena.h"
#include "daemon/base/buf.h"

/* A file of the tz database is a few kilobytes. */
#define ZONE_FILE_SIZE_MAX 65536U
#define ZONE_NAME_SIZE_MAX 64U

/* Offsets of RFC 9636, section 3.2, lie between these: seconds east of UTC. */
#define ZONE_OFFSET_LEAST (-89999)
#define ZONE_OFFSET_MOST 93599

typedef struct ZoneChange {
    int64_t when;   /* seconds since 1970 */
    int32_t offset; /* from then on, seconds east of UTC */
} ZoneChange;

typedef struct Zone {
    const ZoneChange *changes; /* in ascending order; the arena's */
    size_t change_count;
    int32_t first_offset; /* before the first of them */
    bool has_rule;        /* after the last of them; else its offset stays */
    ZoneRule rule;
} Zone;

/* A time in which the offset stays the same. */
typedef struct ZoneSpan {
    int64_t start, end; /* `end` is the next span's start; INT64_MIN and INT64_MAX: without end */
    int32_t offset;
} ZoneSpan;

/* UTC: no changes and no offset. */
extern const Zone zone_utc;

/* Whether it can be the name of a zone, and of a file below the tz database's directory: words of
 * 0-9 A-Z a-z _ + - with a slash between each, none of which leads out of there. */
bool zone_is_name(const char *name);

/*
 * Reads a TZif file of version 2 or later (RFC 9636, section 3). 0; -ENOMEM; -EINVAL: it is none,
 * or is malformed, or counts leap seconds, which no clock of a host does. `*ret_why` says what is
 * wrong then, in a clause.
 */
int zone_read(const void *bytes, size_t size, Arena *arena, Zone *ret_zone, const char **ret_why);

/* The span that a moment lies in. */
ZoneSpan zone_find(const Zone *zone, int64_t when);

/* The first moment at which the zone's clocks show this local time or a later one: of a time that
 * comes twice the first, and of one that does not exist the moment after the gap. */
int64_t zone_from_local(const Zone *zone, int64_t local);

/* Appends all changes between two moments and the offset before, so that zones that go the same way
 * between them come to the same bytes. */
void zone_put(const Zone *zone, int64_t from, int64_t to, Buf *buf);
