/* SPDX-License-Identifier: MIT */
/* Change windows and freezes: when they are open, and when they open next. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "config/change_gate.h"
#include "daemon/base/clock.h"
#include "daemon/base/file.h"
#include "daemon/base/mem.h"

#define MON_FRI 0x1f
#define ALL_DAYS 0x7f
#define ON(day) (1U << (day))
#define SAT 5
#define SUN 6
#define AT(hour, minute) ((hour)*60 + (minute))

static Arena arena;
static Zone berlin, new_york, lord_howe, kolkata, apia;

static void load(const char *name, Zone *zone)
{
    _cleanup_(buf_done) Buf bytes = {0};
    const char *why = NULL;
    char path[128];

    snprintf(path, sizeof(path), "/usr/share/zoneinfo/%s", name);
    assert_int_equal(file_read(path, ZONE_FILE_SIZE_MAX, &bytes, NULL), 0);
    assert_int_equal(zone_read(buf_text(&bytes), bytes.size, &arena, zone, &why), 0);
}

static int load_zones(void **state)
{
    (void)state;
    load("Europe/Berlin", &berlin);
    load("America/New_York", &new_york);
    load("Australia/Lord_Howe", &lord_howe);
    load("Asia/Kolkata", &kolkata);
    load("Pacific/Apia", &apia);
    return 0;
}

static int free_zones(void **state)
{
    (void)state;
    arena_done(&arena);
    return 0;
}

static uint64_t at(const char *text)
{
    uint64_t usec = 0;

    assert_int_equal(clock_parse_rfc3339(text, &usec), 0);
    return usec;
}

static const ChangeWindows none = {.windows = NULL};

/* `until` "" while it is open, "never" where nothing is known. */
static void expect(const ChangeWindows *settings, const ChangeWindows *channel, const char *when,
                   const char *until, const char *reason)
{
    const ChangeGate gate = {settings, channel};
    ChangeGateState state = change_gate_look(&gate, at(when));
    char told[CLOCK_RFC3339_SIZE] = "never";

    assert_int_equal(change_gate_is_open(&gate, at(when)), state.kind == CHANGE_GATE_OPEN);
    if (state.kind == CHANGE_GATE_OPEN)
        told[0] = '\0';
    else if (state.until_usec)
        clock_format_rfc3339(state.until_usec, told);
    if (strcmp(told, until) != 0)
        fail_msg("at %s: until \"%s\", expected \"%s\"", when, told, until);
    if (until[0])
        assert_string_equal(state.reason, reason);
    else
        assert_null(state.reason);
}

typedef struct Case {
    ChangeWindow window;
    const char *when;
    const char *until; /* "": it is open then */
} Case;

#define WINDOW(on, from, to, in)                                                                   \
    {                                                                                              \
        .days = on, .from_minute = from, .to_minute = to, .zone = in                               \
    }

static const Case cases[] = {
    /* A working day in Berlin, in winter and in summer, to the second. */
    {WINDOW(MON_FRI, AT(7, 0), AT(18, 0), &berlin), "2026-11-30T05:59:59.9Z",
     "2026-11-30T06:00:00Z"},
    {WINDOW(MON_FRI, AT(7, 0), AT(18, 0), &berlin), "2026-11-30T06:00:00Z", ""},
    {WINDOW(MON_FRI, AT(7, 0), AT(18, 0), &berlin), "2026-11-30T16:59:59.9Z", ""},
    {WINDOW(MON_FRI, AT(7, 0), AT(18, 0), &berlin), "2026-11-30T17:00:00Z", "2026-12-01T06:00:00Z"},
    {WINDOW(MON_FRI, AT(7, 0), AT(18, 0), &berlin), "2026-07-03T16:00:00Z", "2026-07-06T05:00:00Z"},
    /* Over the weekend in which clocks are set: the opening is by Monday's offset. */
    {WINDOW(MON_FRI, AT(7, 0), AT(18, 0), &berlin), "2026-03-27T18:00:00Z", "2026-03-30T05:00:00Z"},
    {WINDOW(MON_FRI, AT(7, 0), AT(18, 0), &berlin), "2026-10-23T17:00:00Z", "2026-10-26T06:00:00Z"},
    {WINDOW(MON_FRI, AT(7, 0), AT(18, 0), &new_york), "2026-03-06T23:00:00Z",
     "2026-03-09T11:00:00Z"},
    {WINDOW(MON_FRI, AT(7, 0), AT(18, 0), &new_york), "2026-10-30T22:00:00Z",
     "2026-11-02T12:00:00Z"},
    /* Forward in Berlin: 02:30 does not exist, and is 03:00. */
    {WINDOW(ON(SUN), AT(2, 30), AT(4, 0), &berlin), "2026-03-29T00:59:59Z", "2026-03-29T01:00:00Z"},
    {WINDOW(ON(SUN), AT(2, 30), AT(4, 0), &berlin), "2026-03-29T01:00:00Z", ""},
    {WINDOW(ON(SUN), AT(2, 30), AT(4, 0), &berlin), "2026-03-29T02:00:00Z", "2026-04-05T00:30:00Z"},
    {WINDOW(ON(SUN), AT(1, 0), AT(2, 30), &berlin), "2026-03-29T00:59:59Z", ""},
    {WINDOW(ON(SUN), AT(1, 0), AT(2, 30), &berlin), "2026-03-29T01:00:00Z", "2026-04-04T23:00:00Z"},
    /* Both ends in the gap: not that day. */
    {WINDOW(ON(SUN), AT(2, 10), AT(2, 50), &berlin), "2026-03-28T12:00:00Z",
     "2026-04-05T00:10:00Z"},
    /* Back: what comes twice is the first; 02:30 to 03:30 has two hours, 02:15 to 02:45 its half.
     */
    {WINDOW(ON(SUN), AT(2, 30), AT(3, 30), &berlin), "2026-10-25T00:29:59Z",
     "2026-10-25T00:30:00Z"},
    {WINDOW(ON(SUN), AT(2, 30), AT(3, 30), &berlin), "2026-10-25T02:29:59Z", ""},
    {WINDOW(ON(SUN), AT(2, 30), AT(3, 30), &berlin), "2026-10-25T02:30:00Z",
     "2026-11-01T01:30:00Z"},
    {WINDOW(ON(SUN), AT(2, 15), AT(2, 45), &berlin), "2026-10-25T00:30:00Z", ""},
    {WINDOW(ON(SUN), AT(2, 15), AT(2, 45), &berlin), "2026-10-25T01:30:00Z",
     "2026-11-01T01:15:00Z"},
    {WINDOW(ON(SUN), AT(1, 30), AT(2, 0), &new_york), "2026-11-01T05:29:59Z",
     "2026-11-01T05:30:00Z"},
    {WINDOW(ON(SUN), AT(1, 30), AT(2, 0), &new_york), "2026-11-01T06:59:59Z", ""},
    {WINDOW(ON(SUN), AT(1, 30), AT(2, 0), &new_york), "2026-11-01T07:00:00Z",
     "2026-11-08T06:30:00Z"},
    /* Half an hour, each way. */
    {WINDOW(ON(SUN), AT(2, 15), AT(3, 0), &lord_howe), "2026-10-03T15:29:59Z",
     "2026-10-03T15:30:00Z"},
    {WINDOW(ON(SUN), AT(2, 15), AT(3, 0), &lord_howe), "2026-10-03T15:59:59Z", ""},
    {WINDOW(ON(SUN), AT(2, 15), AT(3, 0), &lord_howe), "2026-10-03T16:00:00Z",
     "2026-10-10T15:15:00Z"},
    {WINDOW(ON(SUN), AT(1, 45), AT(2, 0), &lord_howe), "2026-04-04T14:45:00Z", ""},
    {WINDOW(ON(SUN), AT(1, 45), AT(2, 0), &lord_howe), "2026-04-04T15:29:59Z", ""},
    {WINDOW(ON(SUN), AT(1, 45), AT(2, 0), &lord_howe), "2026-04-04T15:30:00Z",
     "2026-04-11T15:15:00Z"},
    /* No summer time; half an hour from the full one. */
    {WINDOW(MON_FRI, AT(9, 0), AT(17, 30), &kolkata), "2026-11-30T03:29:59Z",
     "2026-11-30T03:30:00Z"},
    {WINDOW(MON_FRI, AT(9, 0), AT(17, 30), &kolkata), "2026-11-30T12:00:00Z",
     "2026-12-01T03:30:00Z"},
    /* Over midnight: Friday's goes on into Saturday, Sunday has none. */
    {WINDOW(MON_FRI, AT(22, 0), AT(6, 0), &zone_utc), "2026-11-28T05:59:59Z", ""},
    {WINDOW(MON_FRI, AT(22, 0), AT(6, 0), &zone_utc), "2026-11-28T06:00:00Z",
     "2026-11-30T22:00:00Z"},
    {WINDOW(MON_FRI, AT(22, 0), AT(6, 0), &zone_utc), "2026-11-30T05:00:00Z",
     "2026-11-30T22:00:00Z"},
    {WINDOW(ON(SAT), AT(23, 0), AT(3, 0), &berlin), "2026-03-29T01:00:00Z", "2026-04-04T21:00:00Z"},
    /* A whole day: to 24:00, or to the same time of the next. */
    {WINDOW(ON(SAT), AT(0, 0), AT(24, 0), &zone_utc), "2026-11-28T23:59:59Z", ""},
    {WINDOW(ON(SAT), AT(0, 0), AT(24, 0), &zone_utc), "2026-11-29T00:00:00Z",
     "2026-12-05T00:00:00Z"},
    {WINDOW(ON(SAT), AT(7, 0), AT(7, 0), &zone_utc), "2026-11-29T06:59:59Z", ""},
    {WINDOW(ON(SAT), AT(7, 0), AT(7, 0), &zone_utc), "2026-11-29T07:00:00Z",
     "2026-12-05T07:00:00Z"},
    {WINDOW(ALL_DAYS, AT(0, 0), AT(24, 0), &berlin), "2026-03-29T01:00:00Z", ""},
    /* February 29, 2028, is a Tuesday. */
    {WINDOW(ON(1), AT(0, 0), AT(24, 0), &zone_utc), "2028-02-28T23:59:59Z", "2028-02-29T00:00:00Z"},
    {WINDOW(ON(1), AT(0, 0), AT(24, 0), &zone_utc), "2028-02-29T23:59:59Z", ""},
    {WINDOW(ON(1), AT(0, 0), AT(24, 0), &zone_utc), "2028-03-01T00:00:00Z", "2028-03-07T00:00:00Z"},
    {WINDOW(ON(1), AT(23, 0), AT(1, 0), &zone_utc), "2028-03-01T00:30:00Z", ""},
    /* Friday, December 30, 2011, never was in Apia. */
    {WINDOW(ON(4), AT(7, 0), AT(18, 0), &apia), "2011-12-30T09:59:59Z", "2012-01-05T17:00:00Z"},
    {WINDOW(ON(3), AT(22, 0), AT(6, 0), &apia), "2011-12-30T09:59:59Z", ""},
    {WINDOW(ON(3), AT(22, 0), AT(6, 0), &apia), "2011-12-30T10:00:00Z", "2012-01-05T08:00:00Z"},
};

static void one_window(void **state)
{
    (void)state;
    for (size_t i = 0; i < ELEMENTS(cases); i++) {
        const ChangeWindows windows = {.windows = &cases[i].window, .window_count = 1};

        expect(&windows, &none, cases[i].when, cases[i].until, "outside the change window");
        expect(&none, &windows, cases[i].when, cases[i].until, "outside the change window");
    }
}

static void without_any_it_is_open(void **state)
{
    const ChangeGate gate = {&none, &none};

    (void)state;
    expect(&none, &none, "2026-11-30T05:00:00Z", "", NULL);
    assert_false(change_gate_has_any(&gate));
    assert_int_equal(change_gate_next_opening_usec(&gate, at("2026-11-30T05:00:00Z")), 0);
    assert_int_equal(change_gate_closed_usec(&gate, 0, USEC_PER_DAY), 0);
}

static void several_windows_and_both_lists(void **state)
{
    const ChangeWindow day[] = {WINDOW(MON_FRI, AT(7, 0), AT(9, 0), &zone_utc),
                                WINDOW(ON(SAT), AT(10, 0), AT(12, 0), &zone_utc)};
    const ChangeWindow late[] = {WINDOW(ALL_DAYS, AT(8, 0), AT(11, 0), &zone_utc)};
    const ChangeWindow never[] = {WINDOW(ALL_DAYS, AT(13, 0), AT(14, 0), &zone_utc)};
    const ChangeWindows a = {.windows = day, .window_count = 2};
    const ChangeWindows b = {.windows = late, .window_count = 1};
    const ChangeWindows c = {.windows = never, .window_count = 1};
    const char *why = "outside the change window";

    (void)state;
    expect(&a, &none, "2026-11-27T09:00:00Z", "2026-11-28T10:00:00Z", why);
    expect(&a, &none, "2026-11-28T11:00:00Z", "", NULL);
    expect(&a, &b, "2026-11-27T07:30:00Z", "2026-11-27T08:00:00Z", why);
    expect(&a, &b, "2026-11-27T09:00:00Z", "2026-11-28T10:00:00Z", why);
    expect(&a, &b, "2026-11-28T11:00:00Z", "2026-11-30T08:00:00Z", why);
    expect(&b, &a, "2026-11-30T08:30:00Z", "", NULL);
    expect(&a, &c, "2026-11-30T08:30:00Z", "never", why);
}

/* Only by summer time, in the weeks in which one of two zones has it, do these meet. */
static void zones_that_meet_for_two_weeks(void **state)
{
    const ChangeWindow there[] = {WINDOW(ALL_DAYS, AT(9, 0), AT(10, 0), &new_york)};
    const ChangeWindow here[] = {WINDOW(ALL_DAYS, AT(14, 0), AT(15, 0), &berlin)};
    const ChangeWindows a = {.windows = there, .window_count = 1};
    const ChangeWindows b = {.windows = here, .window_count = 1};

    (void)state;
    expect(&a, &b, "2026-04-01T00:00:00Z", "2026-10-25T13:00:00Z", "outside the change window");
    expect(&a, &b, "2026-10-25T13:30:00Z", "", NULL);
}

static void freezes(void **state)
{
    const ChangeWindow day[] = {WINDOW(MON_FRI, AT(7, 0), AT(18, 0), &berlin)};
    const Freeze settings_freezes[] = {
        {at("2026-12-20T00:00:00Z"), at("2027-01-04T00:00:00Z"), "year end"},
        {at("2026-12-01T00:00:00Z"), at("2026-12-02T00:00:00Z"), "audit"},
        {at("2027-03-01T12:00:00Z"), at("2027-03-01T13:00:00Z"), "talk"},
    };
    const Freeze channel_freezes[] = {
        {at("2026-12-31T00:00:00Z"), at("2027-01-10T00:00:00Z"), "move"}};
    const ChangeWindows a = {day, 1, settings_freezes, 3};
    const ChangeWindows b = {NULL, 0, channel_freezes, 1};
    const ChangeWindows only = {NULL, 0, settings_freezes, 3};
    const char *outside = "outside the change window";

    (void)state;
    /* It opens when the windows do, after the freeze. */
    expect(&a, &none, "2026-12-22T09:00:00Z", "2027-01-04T06:00:00Z", "year end");
    expect(&a, &b, "2026-12-22T09:00:00Z", "2027-01-11T06:00:00Z", "year end");
    expect(&a, &b, "2027-01-01T09:00:00Z", "2027-01-11T06:00:00Z", "move");
    expect(&a, &none, "2026-12-19T09:00:00Z", "2027-01-04T06:00:00Z", outside);
    expect(&a, &none, "2027-01-04T05:59:59Z", "2027-01-04T06:00:00Z", outside);
    expect(&a, &none, "2026-12-01T20:00:00Z", "2026-12-02T06:00:00Z", outside);
    expect(&only, &none, "2026-12-01T20:00:00Z", "2026-12-02T00:00:00Z", "audit");
    expect(&only, &none, "2026-12-02T00:00:00Z", "", NULL);
    expect(&a, &none, "2027-03-01T12:30:00Z", "2027-03-01T13:00:00Z", "talk");
}

/* Of two that end together, that of the settings, and of one list the first. */
static void freezes_that_end_together(void **state)
{
    const Freeze first[] = {{at("2026-12-01T00:00:00Z"), at("2026-12-03T00:00:00Z"), "audit"},
                            {at("2026-12-02T00:00:00Z"), at("2026-12-03T00:00:00Z"), "move"}};
    const Freeze second[] = {{at("2026-12-01T00:00:00Z"), at("2026-12-03T00:00:00Z"), "sale"},
                             {at("2026-12-02T12:00:00Z"), at("2026-12-03T00:00:01Z"), "talk"}};
    const ChangeWindows a = {NULL, 0, first, 2}, b = {NULL, 0, second, 2};

    (void)state;
    expect(&a, &none, "2026-12-02T06:00:00Z", "2026-12-03T00:00:00Z", "audit");
    expect(&a, &b, "2026-12-02T06:00:00Z", "2026-12-03T00:00:01Z", "audit");
    expect(&b, &none, "2026-12-02T06:00:00Z", "2026-12-03T00:00:01Z", "sale");
    expect(&a, &b, "2026-12-02T12:00:00Z", "2026-12-03T00:00:01Z", "talk");
    expect(&a, &b, "2026-11-30T23:59:59.9Z", "", NULL);
    expect(&a, &b, "2026-12-01T00:00:00Z", "2026-12-03T00:00:01Z", "audit");
}

/* What --now may open: no freeze, also where the windows are closed for longer and told. */
static void a_freeze_is_known_beside_a_window(void **state)
{
    const ChangeWindow day[] = {WINDOW(MON_FRI, AT(7, 0), AT(18, 0), &berlin)};
    const Freeze frozen[] = {{at("2026-12-01T19:00:00Z"), at("2026-12-02T00:00:00Z"), "audit"}};
    const ChangeWindows a = {day, 1, frozen, 1};
    const ChangeGate gate = {&a, &none};
    ChangeGateState state_then = change_gate_look(&gate, at("2026-12-01T20:00:00Z"));

    (void)state;
    assert_int_equal(state_then.kind, CHANGE_GATE_OUTSIDE);
    assert_true(state_then.is_frozen);
    assert_false(change_gate_look(&gate, at("2026-12-02T00:00:00Z")).is_frozen);
}

static void expect_opening(const ChangeGate *gate, const char *when, const char *expected)
{
    char told[CLOCK_RFC3339_SIZE] = "never";
    uint64_t usec = change_gate_next_opening_usec(gate, at(when));

    if (usec)
        clock_format_rfc3339(usec, told);
    assert_string_equal(told, expected);
}

static void the_next_opening(void **state)
{
    const ChangeWindow day[] = {WINDOW(MON_FRI, AT(7, 0), AT(12, 0), &berlin),
                                WINDOW(MON_FRI, AT(11, 0), AT(18, 0), &berlin)};
    const ChangeWindow always[] = {WINDOW(ALL_DAYS, AT(0, 0), AT(24, 0), &berlin)};
    const Freeze frozen[] = {{at("2026-12-01T09:00:00Z"), at("2026-12-01T10:00:00Z"), "audit"}};
    const ChangeWindows a = {day, 2, NULL, 0}, b = {always, 1, NULL, 0}, c = {NULL, 0, frozen, 1};
    const ChangeGate ab = {&a, &b}, bb = {&b, &b}, ac = {&a, &c}, bc = {&b, &c}, ca = {&c, &a};

    (void)state;
    expect_opening(&ab, "2026-12-01T05:00:00Z", "2026-12-01T06:00:00Z");
    expect_opening(&ab, "2026-12-01T06:00:00Z", "2026-12-02T06:00:00Z");
    expect_opening(&bb, "2026-12-01T06:00:00Z", "never");
    expect_opening(&ac, "2026-12-01T06:00:00Z", "2026-12-01T10:00:00Z");
    expect_opening(&bc, "2026-12-01T06:00:00Z", "2026-12-01T10:00:00Z");
    expect_opening(&bc, "2026-12-01T10:00:00Z", "never");
    /* The windows close before the freeze begins; what is over, and what is behind a closing, tells
     * of no opening. */
    expect_opening(&ac, "2026-11-30T07:00:00Z", "2026-12-01T06:00:00Z");
    expect_opening(&ac, "2026-12-01T11:00:00Z", "2026-12-02T06:00:00Z");
    expect_opening(&ca, "2026-12-01T06:00:00Z", "2026-12-01T10:00:00Z");
    expect_opening(&ca, "2026-11-30T07:00:00Z", "2026-12-01T06:00:00Z");
}

static void the_time_that_it_is_closed(void **state)
{
    const ChangeWindow day[] = {WINDOW(MON_FRI, AT(7, 0), AT(18, 0), &zone_utc)};
    const ChangeWindow always[] = {WINDOW(ALL_DAYS, AT(0, 0), AT(24, 0), &berlin)};
    const ChangeWindows a = {day, 1, NULL, 0}, b = {always, 1, NULL, 0};
    const Freeze frozen[] = {{at("2026-11-30T09:00:00Z"), at("2026-11-30T10:30:00Z"), "audit"}};
    const ChangeWindows c = {NULL, 0, frozen, 1};
    const ChangeGate gate = {&a, &none}, open = {&b, &none}, both = {&a, &c};

    (void)state;
    assert_int_equal(
        change_gate_closed_usec(&both, at("2026-11-30T06:00:00Z"), at("2026-11-30T12:00:00Z")),
        USEC_PER_HOUR + 90 * USEC_PER_MINUTE);
    assert_int_equal(
        change_gate_closed_usec(&gate, at("2026-11-30T05:00:00Z"), at("2026-11-30T07:00:00Z")),
        2 * USEC_PER_HOUR);
    assert_int_equal(
        change_gate_closed_usec(&gate, at("2026-11-30T05:00:00Z"), at("2026-11-30T05:00:00Z")), 0);
    /* From Friday 17:00 to Monday 08:00: 63 hours, two of them open. */
    assert_int_equal(
        change_gate_closed_usec(&gate, at("2026-11-27T17:00:00Z"), at("2026-11-30T08:00:00Z")),
        61 * USEC_PER_HOUR);
    assert_int_equal(
        change_gate_closed_usec(&gate, at("2026-11-27T10:00:00Z"), at("2026-11-27T17:00:00Z")), 0);
    assert_int_equal(
        change_gate_closed_usec(&gate, at("2026-11-28T10:00:00Z"), at("2026-11-28T12:00:00Z")),
        2 * USEC_PER_HOUR);
    assert_int_equal(
        change_gate_closed_usec(&open, at("2026-03-01T10:00:00Z"), at("2026-11-28T12:00:00Z")), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_window),
        cmocka_unit_test(without_any_it_is_open),
        cmocka_unit_test(several_windows_and_both_lists),
        cmocka_unit_test(zones_that_meet_for_two_weeks),
        cmocka_unit_test(freezes),
        cmocka_unit_test(freezes_that_end_together),
        cmocka_unit_test(a_freeze_is_known_beside_a_window),
        cmocka_unit_test(the_next_opening),
        cmocka_unit_test(the_time_that_it_is_closed),
    };

    return cmocka_run_group_tests(tests, load_zones, free_zones);
}
