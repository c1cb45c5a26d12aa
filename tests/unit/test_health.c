/* SPDX-License-Identifier: MIT */
/* Health in states that no service brings about at will. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/base/clock.h"
#include "daemon/base/err.h"
#include "daemon/base/str.h"
#include "daemon/web/health.h"

#define INTERVAL_USEC (10 * USEC_PER_MINUTE)

/* Two instances: prod with two channels, test with one. */
typedef struct Fixture {
    RosterChannel channels[3];
    Config config;
    Backend backend;
    uint64_t read_usec[3];
    ChannelReport reports[2];
    Schedule schedules[2];
    Scheduler schedulers[2];
    Controller controller;
    WebView view;
} Fixture;

static void fixture_init(Fixture *fixture)
{
    uint64_t now_usec = clock_monotonic_usec();

    *fixture = (Fixture){
        .channels = {{.instance = 0, .name = "payments"},
                     {.instance = 1, .id = "c2"},
                     {.instance = 0, .name = "orders\n"}},
        .read_usec = {now_usec, now_usec, now_usec},
    };
    fixture->config =
        (Config){.channels = fixture->channels, .channel_count = 3, .interval_usec = INTERVAL_USEC};
    fixture->backend.config = &fixture->config;
    for (size_t i = 0; i < 2; i++) {
        fixture->schedules[i].next_usec = USEC_NEVER;
        fixture->schedulers[i] = (Scheduler){
            .backend = &fixture->backend,
            .schedule = &fixture->schedules[i],
            .instance = i,
            .channel_count = 2 - i,
            .read_usec = &fixture->read_usec[2 * i],
            .log = {.instance_name = i == 0 ? "prod" : "test"},
        };
    }
    fixture->controller = (Controller){.schedulers = fixture->schedulers, .scheduler_count = 2};
    fixture->controller.lifecycle = (Lifecycle){.schedules = fixture->schedules, .count = 2};
    fixture->view = (WebView){.controller = &fixture->controller, .invalid = ""};
}

static void expect(const Fixture *fixture, bool (*append)(const WebView *view, Buf *buf),
                   bool is_well, const char *expected)
{
    Buf buf = {0};

    assert_int_equal(append(&fixture->view, &buf), is_well);
    assert_string_equal(buf_text(&buf), expected);
    buf_done(&buf);
}

static void test_all_is_well(void **state)
{
    Fixture fixture;

    (void)state;
    fixture_init(&fixture);
    expect(&fixture, health_append_live, true, "ok\n");
    expect(&fixture, health_append_ready, true, "ok\n");
    fixture.view.invalid = "settings are refused";
    fixture.view.dry_run = true;
    expect(&fixture, health_append_ready, true, "ok\n");
}

static void test_what_was_never_read(void **state)
{
    Fixture fixture;

    (void)state;
    fixture_init(&fixture);
    fixture.read_usec[1] = 0;
    expect(&fixture, health_append_ready, false,
           "prod: 1 of 2 channels not read in time, first orders<U+000A>, never\n");
    fixture.schedulers[0].run = (PassRun *)&fixture; /* only whether there is one is asked */
    expect(&fixture, health_append_ready, false,
           "prod: 1 of 2 channels not read in time, first orders<U+000A>, never: a pass is under "
           "way\n");
    fixture.schedulers[0].run = NULL;
    str_copy(fixture.schedulers[0].trouble, sizeof(fixture.schedulers[0].trouble), "HTTP 500");
    fixture.read_usec[0] = fixture.read_usec[2] = 0;
    expect(&fixture, health_append_ready, false,
           "prod: 2 of 2 channels not read in time, first payments, never: HTTP 500\n"
           "test: 1 of 1 channel not read in time, first c2, never\n");
}

/* Three intervals, of which each has the time that a pass takes. */
static void test_what_was_read_too_long_ago(void **state)
{
    uint64_t now_usec = clock_monotonic_usec();
    Fixture fixture;

    (void)state;
    if (now_usec < 4 * INTERVAL_USEC) {
        print_message("this machine has not run for 40 minutes\n");
        skip();
    }
    fixture_init(&fixture);
    fixture.read_usec[2] = now_usec - 3 * INTERVAL_USEC + USEC_PER_MINUTE;
    expect(&fixture, health_append_ready, true, "ok\n");
    fixture.read_usec[2] = now_usec - 3 * INTERVAL_USEC - USEC_PER_MINUTE - USEC_PER_SEC / 2;
    fixture.schedulers[1].last = (Report){.channels = fixture.reports, .channel_count = 1};
    fixture.reports[0].error = &(const Err){.text = "HTTP 503\x1b"};
    expect(&fixture, health_append_ready, false,
           "test: 1 of 1 channel not read in time, first c2, for 31 min 0 s: HTTP 503<U+001B>\n");
    fixture.schedulers[1].pass_usec = USEC_PER_MINUTE;
    expect(&fixture, health_append_ready, true, "ok\n");
}

static void test_beginning_and_ending(void **state)
{
    Fixture fixture;

    (void)state;
    fixture_init(&fixture);
    for (LifecycleState ending = LIFECYCLE_STOPPING; ending <= LIFECYCLE_OVER; ending++) {
        fixture.controller.lifecycle.state = ending;
        expect(&fixture, health_append_ready, false, "rosterd is stopping\n");
        expect(&fixture, health_append_live, true, "ok\n");
    }
    fixture.controller.lifecycle.state = LIFECYCLE_REPLACED;
    expect(&fixture, health_append_ready, true, "ok\n");
    fixture.view.controller = NULL;
    expect(&fixture, health_append_ready, false, "rosterd is starting\n");
    expect(&fixture, health_append_live, true, "ok\n");
}

static void test_what_is_stuck(void **state)
{
    Fixture fixture;

    (void)state;
    fixture_init(&fixture);
    fixture.schedules[1].state = SCHEDULE_WAITING;
    fixture.schedules[1].next_usec = 1;
    expect(&fixture, health_append_live, false,
           "a pass makes no progress, or one that is due does not begin\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_is_well),
        cmocka_unit_test(test_what_was_never_read),
        cmocka_unit_test(test_what_was_read_too_long_ago),
        cmocka_unit_test(test_beginning_and_ending),
        cmocka_unit_test(test_what_is_stuck),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
