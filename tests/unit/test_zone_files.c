/* SPDX-License-Identifier: MIT */
/* Files of time zones that are made here, byte by byte; names, and the changes between moments. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "config/zone/zone.h"
#include "daemon/base/mem.h"

typedef struct File {
    unsigned char bytes[2048];
    size_t size;
} File;

typedef struct Made {
    int64_t when[2];
    unsigned type_of[2];
    int32_t offsets[2];
    uint32_t times, types, leaps;
    const char *footer;
} Made;

static void put_number(File *file, uint64_t number, int bytes)
{
    while (bytes-- > 0)
        file->bytes[file->size++] = (unsigned char)(number >> (8 * bytes));
}

static void put_bytes(File *file, const void *bytes, size_t size)
{
    memcpy(file->bytes + file->size, bytes, size);
    file->size += size;
}

/* The counts of the first block are so that each has a size of its own. */
static void put_header(File *file, bool is_first, const Made *made)
{
    put_bytes(file, "TZif2", 5);
    put_bytes(file, (const char[15]){0}, 15);
    put_number(file, is_first ? 3 : 2, 4); /* UT and local */
    put_number(file, is_first ? 5 : 1, 4); /* standard and wall */
    put_number(file, is_first ? 2 : made->leaps, 4);
    put_number(file, is_first ? 2 : made->times, 4);
    put_number(file, is_first ? 3 : made->types, 4);
    put_number(file, is_first ? 7 : 4, 4); /* characters */
}

static void make_file(File *file, const Made *made)
{
    file->size = 0;
    put_header(file, true, made);
    memset(file->bytes + file->size, 0xff, 2 * 5 + 3 * 6 + 7 + 2 * 8 + 5 + 3);
    file->size += 2 * 5 + 3 * 6 + 7 + 2 * 8 + 5 + 3;
    put_header(file, false, made);
    for (uint32_t i = 0; i < made->times; i++)
        put_number(file, (uint64_t)made->when[i], 8);
    for (uint32_t i = 0; i < made->times; i++)
        put_number(file, made->type_of[i], 1);
    for (uint32_t i = 0; i < made->types; i++) {
        put_number(file, (uint32_t)made->offsets[i], 4);
        put_number(file, 0, 2);
    }
    put_bytes(file, "AAA", 4);
    put_number(file, 0, 1);
    put_number(file, 0, 2);
    put_bytes(file, made->footer, strlen(made->footer));
}

/* NULL where it is read, or what is wrong. */
static const char *read_file(const File *file, Arena *arena, Zone *zone)
{
    const char *why = NULL;
    int r = zone_read(file->bytes, file->size, arena, zone, &why);

    assert_true(r == 0 || r == -EINVAL);
    return r == 0 ? NULL : why;
}

static const Made usual = {.when = {-5, 70000000000},
                           .type_of = {1, 0},
                           .offsets = {3600, -7200},
                           .times = 2,
                           .types = 2,
                           .footer = "\nAAA-1\n"};

static void expect_span(const Zone *zone, int64_t when, int64_t start, int64_t end, int32_t offset)
{
    ZoneSpan span = zone_find(zone, when);

    assert_true(span.start == start);
    assert_true(span.end == end);
    assert_int_equal(span.offset, offset);
}

static void a_file_is_read_to_the_byte(void **state)
{
    _cleanup_(arena_done) Arena arena = {0};
    File file;
    Zone zone;

    (void)state;
    make_file(&file, &usual);
    assert_null(read_file(&file, &arena, &zone));
    assert_int_equal(zone.first_offset, 3600);
    assert_int_equal(zone.change_count, 2);
    assert_true(zone.changes[0].when == -5);
    assert_int_equal(zone.changes[0].offset, -7200);
    assert_true(zone.changes[1].when == 70000000000);
    assert_int_equal(zone.changes[1].offset, 3600);
    assert_true(zone.has_rule);
    assert_int_equal(zone.rule.offset, 3600);
    expect_span(&zone, -6, INT64_MIN, -5, 3600);
    expect_span(&zone, -5, -5, 70000000000, -7200);
    expect_span(&zone, 69999999999, -5, 70000000000, -7200);
    expect_span(&zone, 70000000000, 70000000000, INT64_MAX, 3600);
    for (size_t size = 0; size < file.size; size++) {
        File cut = file;

        cut.size = size;
        assert_non_null(read_file(&cut, &arena, &zone));
    }
    file.bytes[4] = '1';
    assert_string_equal(read_file(&file, &arena, &zone),
                        "a TZif file of version 1, which ends in 2037");
    file.bytes[0] = 't';
    assert_string_equal(read_file(&file, &arena, &zone), "not a file of the tz database (TZif)");
}

/* From the last change on the rule goes on; in the first half year it says nothing else. */
static void the_rule_goes_on(void **state)
{
    const int64_t last = 1767225600; /* 2026-01-01 */
    _cleanup_(arena_done) Arena arena = {0};
    Made made = usual;
    File file;
    Zone zone;

    (void)state;
    made.when[1] = last;
    made.footer = "\nAAA-1BBB,M3.5.0,M10.5.0/3\n";
    make_file(&file, &made);
    assert_null(read_file(&file, &arena, &zone));
    expect_span(&zone, last - 1, -5, last, -7200);
    expect_span(&zone, last, last, 1774746000, 3600);
    expect_span(&zone, 1774746000, 1774746000, 1792890000, 7200);
    assert_true(zone_from_local(&zone, 1774746000 + 3600) == 1774746000);
    assert_true(zone_from_local(&zone, 1774746000 + 3599) == 1774745999);
}

typedef struct MadeFile {
    Made made;
    const char *why;
} MadeFile;

#define MALFORMED "a malformed TZif file"
#define TWO 2, 2, 0
#define WHEN 1, 2
#define TYPES 1, 0
#define OFFSETS 0, 1
#define NO_RULE "\n\n"
#define LEAPS "a TZif file with leap seconds, which the host's clock does not count"

/* How many changes, types and leap seconds; the moments, their types, the offsets. */
#define MADE(...) MADE_OF(__VA_ARGS__)
#define MADE_OF(times_, types_, leaps_, when_, then_, first_, second_, offset_, other_, footer_)   \
    {                                                                                              \
        .times = times_, .types = types_, .leaps = leaps_, .when = {when_, then_},                 \
        .type_of = {first_, second_}, .offsets = {offset_, other_}, .footer = footer_              \
    }

static const MadeFile files[] = {
    {MADE(TWO, WHEN, TYPES, OFFSETS, NO_RULE), NULL},
    {MADE(0, 2, 0, WHEN, TYPES, OFFSETS, NO_RULE), NULL},
    {MADE(1, 2, 0, WHEN, TYPES, OFFSETS, NO_RULE), NULL},
    {MADE(2, 1, 0, WHEN, TYPES, OFFSETS, NO_RULE), MALFORMED},
    {MADE(2, 1, 0, WHEN, 0, 0, OFFSETS, NO_RULE), NULL},
    {MADE(0, 0, 0, WHEN, TYPES, OFFSETS, NO_RULE), MALFORMED},
    {MADE(2, 2, 1, WHEN, TYPES, OFFSETS, NO_RULE), LEAPS},
    {MADE(TWO, WHEN, 2, 0, OFFSETS, NO_RULE), MALFORMED},
    {MADE(TWO, 1, 1, TYPES, OFFSETS, NO_RULE), MALFORMED},
    {MADE(TWO, 2, 1, TYPES, OFFSETS, NO_RULE), MALFORMED},
    {MADE(TWO, INT64_MIN, INT64_MAX, TYPES, OFFSETS, NO_RULE), NULL},
    {MADE(TWO, WHEN, TYPES, -89999, 93599, NO_RULE), NULL},
    {MADE(TWO, WHEN, TYPES, -90000, 0, NO_RULE), MALFORMED},
    {MADE(TWO, WHEN, TYPES, 0, -90000, NO_RULE), MALFORMED},
    {MADE(TWO, WHEN, TYPES, 93600, 0, NO_RULE), MALFORMED},
    {MADE(TWO, WHEN, TYPES, 0, 93600, NO_RULE), MALFORMED},
    {MADE(TWO, WHEN, TYPES, OFFSETS, ""), MALFORMED},
    {MADE(TWO, WHEN, TYPES, OFFSETS, "\n"), MALFORMED},
    {MADE(TWO, WHEN, TYPES, OFFSETS, "AA\n"), MALFORMED},
    {MADE(TWO, WHEN, TYPES, OFFSETS, "\nAAA0"), MALFORMED},
    {MADE(TWO, WHEN, TYPES, OFFSETS, "\nAAA\n"), MALFORMED},
    {MADE(TWO, WHEN, TYPES, OFFSETS, "\n\nmore"), NULL},
};

static void what_is_malformed(void **state)
{
    _cleanup_(arena_done) Arena arena = {0};

    (void)state;
    for (size_t i = 0; i < ELEMENTS(files); i++) {
        const char *why;
        File file;
        Zone zone;

        make_file(&file, &files[i].made);
        why = read_file(&file, &arena, &zone);
        if (!why != !files[i].why || (why && strcmp(why, files[i].why) != 0))
            fail_msg("%zu: %s", i, why ? why : "read");
        if (!why)
            assert_int_equal(zone.change_count, files[i].made.times);
        if (!why)
            assert_false(zone.has_rule);
    }
}

/* A rule of 127 bytes is read, one of 128 is not. */
static void the_rule_has_a_longest(void **state)
{
    _cleanup_(arena_done) Arena arena = {0};

    (void)state;
    for (size_t size = 126; size <= 129; size++) {
        char footer[160] = "\n";
        Made made = usual;
        File file;
        Zone zone;

        memset(footer + 1, 'A', size - 1);
        memcpy(footer + size, "0\n", 3);
        made.footer = footer;
        make_file(&file, &made);
        assert_int_equal(read_file(&file, &arena, &zone) == NULL, size <= 127);
    }
}

/* Each of the six counts of the second header, as large as can be and larger. */
static void counts_have_bounds(void **state)
{
    static const uint32_t mosts[] = {65536, 65536, 65536, 65536, 256, 65536};
    _cleanup_(arena_done) Arena arena = {0};

    (void)state;
    for (size_t i = 0; i < ELEMENTS(mosts); i++) {
        for (uint32_t more = 0; more <= 1; more++) {
            File file, count = {.size = 0};
            Zone zone;

            make_file(&file, &usual);
            put_number(&count, mosts[i] + more, 4);
            memcpy(file.bytes + 20 + 4 * i, count.bytes, 4);
            /* What follows cannot be there; one more than may be is no header at all. */
            assert_string_equal(read_file(&file, &arena, &zone),
                                more ? "not a file of the tz database (TZif)" : MALFORMED);
        }
    }
}

static void names_at_their_bounds(void **state)
{
    static const char *const good[] = {"0", "9", "A", "Z", "a", "z", "_", "+", "-", "a/b", "a/b/c"};
    static const char *const bad[] = {"",  "/",  ":",  "@",  "[",    "`",    "{",   ".",
                                      ",", "a/", "/a", "//", "a//b", "a/b/", "\xc3"};
    char name[70];

    (void)state;
    for (size_t i = 0; i < ELEMENTS(good); i++)
        assert_true(zone_is_name(good[i]));
    for (size_t i = 0; i < ELEMENTS(bad); i++)
        assert_false(zone_is_name(bad[i]));
    memset(name, 'a', sizeof(name));
    name[65] = '\0';
    assert_false(zone_is_name(name));
    name[64] = '\0';
    assert_true(zone_is_name(name));
}

static void expect_put(const Zone *zone, int64_t from, int64_t to, const char *expected)
{
    _cleanup_(buf_done) Buf text = {0};

    zone_put(zone, from, to, &text);
    assert_string_equal(buf_text(&text), expected);
}

static void changes_between_two_moments(void **state)
{
    static const ZoneChange listed[] = {{100, 60}, {200, 60}, {300, 120}, {400, 60}};
    const Zone zone = {.changes = listed, .change_count = 4, .first_offset = 7};

    (void)state;
    expect_put(&zone, 0, 100, "7\n");
    expect_put(&zone, 0, 101, "7 100 60\n");
    expect_put(&zone, 99, 1000, "7 100 60 300 120 400 60\n");
    expect_put(&zone, 100, 1000, "60 300 120 400 60\n");
    expect_put(&zone, 300, 400, "120\n");
    expect_put(&zone, 400, 1000, "60\n");
    expect_put(&zone_utc, 0, INT64_MAX, "0\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_is_read_to_the_byte),  cmocka_unit_test(the_rule_goes_on),
        cmocka_unit_test(what_is_malformed),           cmocka_unit_test(the_rule_has_a_longest),
        cmocka_unit_test(counts_have_bounds),          cmocka_unit_test(names_at_their_bounds),
        cmocka_unit_test(changes_between_two_moments),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
