/* SPDX-License-Identifier: MIT */
/* Looks at files that are slow to answer: what changed after a look had passed it is not missed. */
#include "tests/unit/test_config.h"

#include <stdatomic.h>
#include <systemd/sd-event.h>

#include "daemon/base/clock.h"
#include "daemon/base/str.h"
#include "daemon/service/settle.h"

static int gate[2];
static atomic_bool is_gate_closed, has_come;

/* Before the system's: whoever looks at the roster waits at the gate. */
int stat(const char *path, struct stat *ret_status)
{
    int r = fstatat(AT_FDCWD, path, ret_status, 0);
    char byte;

    if (!atomic_load(&is_gate_closed) || !str_equal(path, "rosters.d/a.yaml"))
        return r;
    atomic_store(&has_come, true);
    (void)!read(gate[0], &byte, 1);
    return r;
}

static void close_gate(void)
{
    assert_int_equal(pipe(gate), 0);
    atomic_store(&has_come, false);
    atomic_store(&is_gate_closed, true);
}

static void wait_at_gate(void)
{
    for (int i = 0; i < 20000 && !atomic_load(&has_come); i++)
        usleep(1000);
    assert_true(atomic_load(&has_come));
}

static void open_gate(void)
{
    atomic_store(&is_gate_closed, false);
    close(gate[1]);
}

typedef struct Fixture {
    sd_event *event;
    Settle *settle;
    int changed; /* -1: waiting is not over */
} Fixture;

static void on_end(bool has_changed, void *userdata)
{
    Fixture *fixture = userdata;

    fixture->changed = has_changed;
    sd_event_exit(fixture->event, 0);
}

static void on_busy(void *userdata)
{
    (void)userdata;
}

static int on_too_late(sd_event_source *source, uint64_t usec, void *userdata)
{
    (void)usec;
    (void)userdata;
    return sd_event_exit(sd_event_source_get_event(source), -ETIMEDOUT);
}

static void fixture_init(Fixture *fixture)
{
    _cleanup_(problems_done) Problems problems = {0};
    _cleanup_(sources_done) Sources read = {0};
    _cleanup_(config_freep) Config *config = NULL;

    put_file("rosterd.yaml", HEAD);
    put_file("rosters.d/a.yaml", ROSTER);
    assert_int_equal(config_load_sources("rosterd.yaml", &read, &problems, &config), 0);
    *fixture = (Fixture){.changed = -1};
    assert_int_equal(sd_event_new(&fixture->event), 0);
    assert_int_equal(settle_new(fixture->event, on_end, on_busy, fixture, &fixture->settle), 0);
    settle_use(fixture->settle, &read, false);
    assert_false(settle_is_waiting(fixture->settle));
}

static void fixture_done(Fixture *fixture)
{
    settle_free(fixture->settle);
    sd_event_unref(fixture->event);
    close(gate[0]);
}

static void run(Fixture *fixture)
{
    assert_true(sd_event_add_time_relative(fixture->event, NULL, CLOCK_MONOTONIC, USEC_PER_MINUTE,
                                           0, on_too_late, NULL) >= 0);
    assert_int_equal(sd_event_loop(fixture->event), 0);
}

/* A look that waits at the gate. */
static void fixture_look_slowly(Fixture *fixture)
{
    fixture_init(fixture);
    close_gate();
    assert_false(settle_look(fixture->settle));
    wait_at_gate();
}

static void test_a_slow_look_that_sees_the_same_ends_the_waiting(void **state)
{
    Fixture fixture;

    (void)state;
    fixture_look_slowly(&fixture);
    open_gate();
    run(&fixture);
    assert_int_equal(fixture.changed, false);
    assert_false(settle_is_waiting(fixture.settle));
    fixture_done(&fixture);
}

/* The look is past the settings already. */
static void test_a_change_behind_a_slow_look_is_read(void **state)
{
    Fixture fixture;

    (void)state;
    fixture_look_slowly(&fixture);
    put_file("rosterd.yaml", HEAD "interval: 5s\n");
    settle_distrust(fixture.settle);
    assert_false(settle_look(fixture.settle));
    open_gate();
    run(&fixture);
    assert_int_equal(fixture.changed, true);
    assert_true(settle_is_waiting(fixture.settle));
    fixture_done(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_DIRECTORY(test_a_slow_look_that_sees_the_same_ends_the_waiting),
        IN_DIRECTORY(test_a_change_behind_a_slow_look_is_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
