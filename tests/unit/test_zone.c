/* SPDX-License-Identifier: MIT */
/* Time zones: the changes of 170 years against the C library, the local times of
 * both kinds of change, and files that are none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "config/zone/zone.h"
#include "daemon/base/clock.h"
#include "daemon/base/file.h"
#include "daemon/base/mem.h"

#define YEAR_SECONDS INT64_C(31556952)

typedef struct Loaded {
    Arena arena;
    Zone zone;
} Loaded;

static void load(const char *name, Loaded *loaded)
{
    _cleanup_(buf_done) Buf bytes = {0};
    const char *why = NULL;
    char path[128];

    *loaded = (Loaded){0};
    snprintf(path, sizeof(path), "/usr/share/zoneinfo/%s", name);
    assert_int_equal(file_read(path, ZONE_FILE_SIZE_MAX, &bytes, NULL), 0);
    assert_int_equal(zone_read(buf_text(&bytes), bytes.size, &loaded->arena, &loaded->zone, &why),
                     0);
}

static void done(Loaded *loaded)
{
    arena_done(&loaded->arena);
}

static int64_t utc(const char *text)
{
    uint64_t usec = 0;

    assert_int_equal(clock_parse_rfc3339(text, &usec), 0);
    return (int64_t)(usec / USEC_PER_SEC);
}

static const char *const names[] = {
    "Europe/Berlin",     "America/New_York",  "Australia/Lord_Howe",
    "Asia/Kolkata",      "Africa/Casablanca", "UTC",
    "America/Nuuk",      "Pacific/Apia",      "Europe/Dublin",
    "America/Sao_Paulo", "Antarctica/Troll",  "Asia/Gaza",
    "America/St_Johns",  "Pacific/Chatham",   "Asia/Tehran",
    "America/Caracas",
};

/* ---- against the C library ---- */

static int32_t library_offset(int64_t when)
{
    time_t time = (time_t)when;
    struct tm tm;

    assert_non_null(localtime_r(&time, &tm));
    return (int32_t)tm.tm_gmtoff;
}

static void expect_offset(const Zone *zone, const char *name, int64_t when)
{
    ZoneSpan span = zone_find(zone, when);
    int32_t expected = library_offset(when);

    if (span.offset != expected || when < span.start || when >= span.end)
        fail_msg("%s at %lld: %d, the C library says %d", name, (long long)when, span.offset,
                 expected);
}

/* The first local time at or after this one that the zone's clocks show, found by trying. */
static int64_t first_of(int64_t local)
{
    int64_t when = local - ZONE_OFFSET_MOST;

    while (when + library_offset(when) < local) {
        int64_t short_by = local - (when + library_offset(when));

        when += short_by > 7200 ? 1800 : 60;
    }
    while (when - 1 + library_offset(when - 1) >= local)
        when--;
    return when;
}

static void compare_with_library(const char *name)
{
    int64_t end = 170 * YEAR_SECONDS;
    Loaded loaded;

    setenv("TZ", name, 1);
    tzset();
    load(name, &loaded);
    for (int64_t when = 0; when < end; when += 37 * 3600 + 1)
        expect_offset(&loaded.zone, name, when);
    for (ZoneSpan span = zone_find(&loaded.zone, 0); span.end < end;
         span = zone_find(&loaded.zone, span.end)) {
        for (int64_t by = -2; by <= 2; by++)
            expect_offset(&loaded.zone, name, span.end + by);
    }
    done(&loaded);
}

static void offsets_are_those_of_the_library(void **state)
{
    (void)state;
    for (size_t i = 0; i < ELEMENTS(names); i++)
        compare_with_library(names[i]);
}

static void local_times_around_changes_are_those_of_the_library(void **state)
{
    (void)state;
    for (size_t i = 0; i < ELEMENTS(names); i++) {
        int64_t end = 60 * YEAR_SECONDS;
        Loaded loaded;

        setenv("TZ", names[i], 1);
        tzset();
        load(names[i], &loaded);
        for (ZoneSpan span = zone_find(&loaded.zone, 38 * YEAR_SECONDS); span.end < end;
             span = zone_find(&loaded.zone, span.end)) {
            int64_t local = span.end + span.offset;

            for (int64_t by = -5400; by <= 5400; by += 900)
                assert_int_equal(zone_from_local(&loaded.zone, local + by), first_of(local + by));
        }
        done(&loaded);
    }
}

/* ---- local times ---- */

typedef struct Local {
    const char *zone;
    const char *local; /* as if it were UTC */
    const char *expected;
} Local;

static const Local locals[] = {
    /* forward: 02:00 to 03:00, and on Lord Howe 02:00 to 02:30 */
    {"Europe/Berlin", "2026-03-29T01:59:59Z", "2026-03-29T00:59:59Z"},
    {"Europe/Berlin", "2026-03-29T02:00:00Z", "2026-03-29T01:00:00Z"},
    {"Europe/Berlin", "2026-03-29T02:30:00Z", "2026-03-29T01:00:00Z"},
    {"Europe/Berlin", "2026-03-29T03:00:00Z", "2026-03-29T01:00:00Z"},
    {"America/New_York", "2026-03-08T02:30:00Z", "2026-03-08T07:00:00Z"},
    {"Australia/Lord_Howe", "2026-10-04T02:15:00Z", "2026-10-03T15:30:00Z"},
    {"Australia/Lord_Howe", "2026-10-04T02:30:00Z", "2026-10-03T15:30:00Z"},
    /* back: what comes twice is the first */
    {"Europe/Berlin", "2026-10-25T01:59:59Z", "2026-10-24T23:59:59Z"},
    {"Europe/Berlin", "2026-10-25T02:00:00Z", "2026-10-25T00:00:00Z"},
    {"Europe/Berlin", "2026-10-25T02:59:59Z", "2026-10-25T00:59:59Z"},
    {"Europe/Berlin", "2026-10-25T03:00:00Z", "2026-10-25T02:00:00Z"},
    {"America/New_York", "2026-11-01T01:30:00Z", "2026-11-01T05:30:00Z"},
    {"America/New_York", "2026-11-01T02:00:00Z", "2026-11-01T07:00:00Z"},
    {"Australia/Lord_Howe", "2026-04-05T01:45:00Z", "2026-04-04T14:45:00Z"},
    {"Australia/Lord_Howe", "2026-04-05T02:00:00Z", "2026-04-04T15:30:00Z"},
    /* none; a day that never was; far ahead, by the rule */
    {"Asia/Kolkata", "2026-03-29T02:30:00Z", "2026-03-28T21:00:00Z"},
    {"UTC", "2028-02-29T02:30:00Z", "2028-02-29T02:30:00Z"},
    {"Pacific/Apia", "2011-12-29T23:59:59Z", "2011-12-30T09:59:59Z"},
    {"Pacific/Apia", "2011-12-30T12:00:00Z", "2011-12-30T10:00:00Z"},
    {"Pacific/Apia", "2011-12-31T00:00:00Z", "2011-12-30T10:00:00Z"},
    {"Europe/Berlin", "2099-03-29T02:30:00Z", "2099-03-29T01:00:00Z"},
    {"Europe/Berlin", "2400-07-01T12:00:00Z", "2400-07-01T10:00:00Z"},
    {"Europe/Berlin", "2400-02-29T12:00:00Z", "2400-02-29T11:00:00Z"},
};

static void a_local_time_is_one_moment(void **state)
{
    (void)state;
    for (size_t i = 0; i < ELEMENTS(locals); i++) {
        Loaded loaded;
        int64_t when;

        load(locals[i].zone, &loaded);
        when = zone_from_local(&loaded.zone, utc(locals[i].local));
        if (when != utc(locals[i].expected))
            fail_msg("%s %s: %lld", locals[i].zone, locals[i].local, (long long)when);
        done(&loaded);
    }
}

static void utc_needs_no_file(void **state)
{
    (void)state;
    assert_int_equal(zone_find(&zone_utc, 5).offset, 0);
    assert_int_equal(zone_from_local(&zone_utc, 86400), 86400);
}

/* ---- rules ---- */

static void rules_of_every_kind(void **state)
{
    static const char *const bad[] = {
        "",
        "CE",
        "CET",
        "CET-25",
        "CET-1CEST",
        "CET-1CEST,M3.5.0",
        "CET-1x",
        "<+03-3",
        "<+03>-3>",
        "CET-1:60",
        "CET-1CEST,M13.1.0,J5",
        "CET-1CEST,M3.6.0,J5",
        "CET-1CEST,M3.5.7,J5",
        "CET-1CEST,J0,J5",
        "CET-1CEST,366,J5",
        "CET-1CEST,J5/168,J5",
        "CET-1CEST,J5,J5,J5",
        "CET--1",
    };
    /* Leap years and others, of each kind. */
    static const int years[] = {1999, 2000, 2020, 2100, 2101, 2399, 2400, 2424};
    int64_t start, end;
    int32_t offset;
    ZoneRule rule;

    (void)state;
    for (size_t i = 0; i < ELEMENTS(bad); i++) {
        if (zone_rule_parse(bad[i], &rule) != -EINVAL)
            fail_msg("taken: \"%s\"", bad[i]);
    }
    assert_int_equal(zone_rule_parse("<+0545>-5:45", &rule), 0);
    assert_int_equal(rule.offset, 20700);
    assert_false(rule.has_summer);
    /* The day 60 is February 29 or March 1; J60 is March 1 always. */
    assert_int_equal(zone_rule_parse("AAA0BBB,59/0,J365/0", &rule), 0);
    zone_rule_find(&rule, utc("2028-06-01T00:00:00Z"), &start, &end, &offset);
    assert_int_equal(start, utc("2028-02-29T00:00:00Z"));
    assert_int_equal(zone_rule_parse("AAA0BBB,J60/0,J365/0", &rule), 0);
    zone_rule_find(&rule, utc("2028-06-01T00:00:00Z"), &start, &end, &offset);
    assert_int_equal(start, utc("2028-03-01T00:00:00Z"));
    assert_int_equal(end, utc("2028-12-30T23:00:00Z"));
    for (size_t i = 0; i < ELEMENTS(years); i++) {
        char june[32], march[32];

        snprintf(june, sizeof(june), "%d-06-01T00:00:00Z", years[i]);
        snprintf(march, sizeof(march), "%d-03-01T00:00:00Z", years[i]);
        zone_rule_find(&rule, utc(june), &start, &end, &offset);
        assert_int_equal(start, utc(march));
    }
    /* Summer time the whole year, both ways in which RFC 9636 writes it. */
    assert_int_equal(zone_rule_parse("EST5EDT,0/0,J365/25", &rule), 0);
    zone_rule_find(&rule, utc("2027-01-01T05:00:00Z"), &start, &end, &offset);
    assert_int_equal(offset, -4 * 3600);
    assert_int_equal(zone_rule_parse("EST3EDT4,0/0,J365/23", &rule), 0);
    zone_rule_find(&rule, utc("2027-01-01T03:00:00Z"), &start, &end, &offset);
    assert_int_equal(offset, -4 * 3600);
}

/* ---- files ---- */

static void what_is_no_zone(void **state)
{
    _cleanup_(buf_done) Buf bytes = {0};
    _cleanup_(arena_done) Arena arena = {0};
    const char *why = NULL;
    char *second;
    Zone zone;

    (void)state;
    assert_int_equal(
        file_read("/usr/share/zoneinfo/Europe/Berlin", ZONE_FILE_SIZE_MAX, &bytes, NULL), 0);
    for (size_t size = 0; size < bytes.size; size++)
        assert_int_equal(zone_read(buf_text(&bytes), size, &arena, &zone, &why), -EINVAL);
    assert_string_equal(why, "a malformed TZif file");
    bytes.data[4] = '\0';
    assert_int_equal(zone_read(buf_text(&bytes), bytes.size, &arena, &zone, &why), -EINVAL);
    assert_string_equal(why, "a TZif file of version 1, which ends in 2037");
    bytes.data[0] = 't';
    assert_int_equal(zone_read(buf_text(&bytes), bytes.size, &arena, &zone, &why), -EINVAL);
    assert_string_equal(why, "not a file of the tz database (TZif)");
    memcpy(bytes.data, "TZif2", 5);
    second = memmem(bytes.data + 4, bytes.size - 4, "TZif", 4);
    assert_non_null(second);
    second[31] = 1; /* the count of leap seconds */
    assert_int_equal(zone_read(buf_text(&bytes), bytes.size, &arena, &zone, &why), -EINVAL);
    assert_string_equal(why,
                        "a TZif file with leap seconds, which the host's clock does not count");
}

static void what_can_be_a_name(void **state)
{
    static const char *const good[] = {"UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires",
                                       "Etc/GMT+5", "America/Port-au-Prince"};
    static const char *const bad[] = {
        "",
        "/etc/passwd",
        "..",
        "../../etc/passwd",
        "Europe/../../etc/shadow",
        "Europe//Berlin",
        "Europe/",
        "a.b",
        "Europe/Berlin\n",
        "a b",
        "./UTC",
        "Europe\\Berlin",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"};

    (void)state;
    for (size_t i = 0; i < ELEMENTS(good); i++)
        assert_true(zone_is_name(good[i]));
    for (size_t i = 0; i < ELEMENTS(bad); i++)
        assert_false(zone_is_name(bad[i]));
}

static void the_same_way_is_the_same_bytes(void **state)
{
    _cleanup_(buf_done) Buf berlin = {0}, rome = {0}, dublin = {0};
    int64_t from = utc("2020-01-01T00:00:00Z"), to = utc("2060-01-01T00:00:00Z");
    Loaded loaded;

    (void)state;
    load("Europe/Berlin", &loaded);
    zone_put(&loaded.zone, from, to, &berlin);
    done(&loaded);
    load("Europe/Rome", &loaded);
    zone_put(&loaded.zone, from, to, &rome);
    done(&loaded);
    load("Europe/Dublin", &loaded);
    zone_put(&loaded.zone, from, to, &dublin);
    done(&loaded);
    assert_string_equal(buf_text(&berlin), buf_text(&rome));
    assert_string_not_equal(buf_text(&berlin), buf_text(&dublin));
    assert_true(strncmp(buf_text(&berlin), "3600 1585443600 7200 ", 21) == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(offsets_are_those_of_the_library),
        cmocka_unit_test(local_times_around_changes_are_those_of_the_library),
        cmocka_unit_test(a_local_time_is_one_moment),
        cmocka_unit_test(utc_needs_no_file),
        cmocka_unit_test(rules_of_every_kind),
        cmocka_unit_test(what_is_no_zone),
        cmocka_unit_test(what_can_be_a_name),
        cmocka_unit_test(the_same_way_is_the_same_bytes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
