/* SPDX-License-Identifier: MIT */
/* The file format TZif: RFC 9636, section 3. */
#include <errno.h>
#include <string.h>

#include "config/zone/zone.h"

#define HEADER_SIZE 44U
#define TYPE_SIZE 6U
#define FOOTER_SIZE_MAX 128U

/* A piece of the file that is not read yet. */
typedef struct Bytes {
    const unsigned char *at;
    size_t left;
} Bytes;

/* How much of each a data block has (section 3.1). */
typedef struct Counts {
    uint32_t ut_local, standard_wall, leaps, times, types, characters;
} Counts;

/* The next bytes; NULL where there are not so many. */
static const unsigned char *bytes_take(Bytes *bytes, size_t size)
{
    const unsigned char *at = bytes->at;

    if (size > bytes->left)
        return NULL;
    bytes->at += size;
    bytes->left -= size;
    return at;
}

/* Numbers are big-endian, in two's complement. */
static uint32_t tzif_get_32(const unsigned char *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static int64_t tzif_get_64(const unsigned char *at)
{
    return (int64_t)((uint64_t)tzif_get_32(at) << 32 | tzif_get_32(at + 4));
}

static bool tzif_take_header(Bytes *bytes, unsigned char *ret_version, Counts *ret_counts)
{
    const unsigned char *at = bytes_take(bytes, HEADER_SIZE);

    if (!at || memcmp(at, "TZif", 4) != 0)
        return false;
    *ret_version = at[4];
    *ret_counts = (Counts){tzif_get_32(at + 20), tzif_get_32(at + 24), tzif_get_32(at + 28),
                           tzif_get_32(at + 32), tzif_get_32(at + 36), tzif_get_32(at + 40)};
    return ret_counts->ut_local <= ZONE_FILE_SIZE_MAX &&
           ret_counts->standard_wall <= ZONE_FILE_SIZE_MAX &&
           ret_counts->leaps <= ZONE_FILE_SIZE_MAX && ret_counts->times <= ZONE_FILE_SIZE_MAX &&
           ret_counts->types <= 256 && ret_counts->characters <= ZONE_FILE_SIZE_MAX;
}

/* The block for programs that know the first version alone, whose times have 4 bytes. */
static bool tzif_skip_first(Bytes *bytes, const Counts *counts)
{
    size_t size = (size_t)counts->times * 5 + (size_t)counts->types * TYPE_SIZE +
                  counts->characters + (size_t)counts->leaps * 8 + counts->standard_wall +
                  counts->ut_local;

    return bytes_take(bytes, size) != NULL;
}

/* The parts of the block whose times have 8 bytes. */
typedef struct Block {
    const unsigned char *times, *types_of, *types;
} Block;

static bool tzif_take_block(Bytes *bytes, const Counts *counts, Block *ret_block)
{
    ret_block->times = bytes_take(bytes, (size_t)counts->times * 8);
    ret_block->types_of = bytes_take(bytes, counts->times);
    ret_block->types = bytes_take(bytes, (size_t)counts->types * TYPE_SIZE);
    return ret_block->times && ret_block->types_of && ret_block->types && counts->types > 0 &&
           bytes_take(bytes, counts->characters) && bytes_take(bytes, counts->standard_wall) &&
           bytes_take(bytes, counts->ut_local);
}

/* Seconds east of UTC of a local time type (section 3.2). */
static bool tzif_get_offset(const Block *block, const Counts *counts, size_t type,
                            int32_t *ret_offset)
{
    if (type >= counts->types)
        return false;
    *ret_offset = (int32_t)tzif_get_32(block->types + type * TYPE_SIZE);
    return *ret_offset >= ZONE_OFFSET_LEAST && *ret_offset <= ZONE_OFFSET_MOST;
}

static bool tzif_get_changes(const Block *block, const Counts *counts, ZoneChange *changes)
{
    for (size_t i = 0; i < counts->times; i++) {
        changes[i].when = tzif_get_64(block->times + i * 8);
        if ((i > 0 && changes[i].when <= changes[i - 1].when) ||
            !tzif_get_offset(block, counts, block->types_of[i], &changes[i].offset))
            return false;
    }
    return true;
}

/* A TZ string between two line breaks, which may be empty (section 3.3). */
static bool tzif_take_footer(Bytes *bytes, Zone *zone)
{
    const unsigned char *end;
    char text[FOOTER_SIZE_MAX];
    size_t length;

    if (bytes->left < 2 || bytes->at[0] != '\n')
        return false;
    end = memchr(bytes->at + 1, '\n', bytes->left - 1);
    if (!end)
        return false;
    length = (size_t)(end - bytes->at) - 1;
    if (length >= sizeof(text) || memchr(bytes->at + 1, '\0', length))
        return false;
    memcpy(text, bytes->at + 1, length);
    text[length] = '\0';
    zone->has_rule = length > 0;
    return !zone->has_rule || zone_rule_parse(text, &zone->rule) == 0;
}

int zone_read(const void *data, size_t size, Arena *arena, Zone *ret_zone, const char **ret_why)
{
    Bytes bytes = {data, size};
    unsigned char version = 0;
    ZoneChange *changes;
    Zone zone = {0};
    Counts counts;
    Block block;

    *ret_why = "not a file of the tz database (TZif)";
    if (!tzif_take_header(&bytes, &version, &counts))
        return -EINVAL;
    *ret_why = "a TZif file of version 1, which ends in 2037";
    if (version < '2')
        return -EINVAL;
    *ret_why = "a malformed TZif file";
    if (!tzif_skip_first(&bytes, &counts) || !tzif_take_header(&bytes, &version, &counts))
        return -EINVAL;
    *ret_why = "a TZif file with leap seconds, which the host's clock does not count";
    if (counts.leaps > 0)
        return -EINVAL;
    *ret_why = "a malformed TZif file";
    if (!tzif_take_block(&bytes, &counts, &block) || !tzif_take_footer(&bytes, &zone))
        return -EINVAL;
    changes = arena_alloc(arena, (counts.times + 1) * sizeof(*changes));
    if (!changes)
        return -ENOMEM;
    if (!tzif_get_offset(&block, &counts, 0, &zone.first_offset) ||
        !tzif_get_changes(&block, &counts, changes))
        return -EINVAL;
    zone.changes = changes;
    zone.change_count = counts.times;
    *ret_zone = zone;
    return 0;
}
