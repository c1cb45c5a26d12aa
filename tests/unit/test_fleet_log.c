/* SPDX-License-Identifier: MIT */
/* What the log says of a fleet: each thing once, with its reason. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "daemon/base/clock.h"
#include "daemon/base/file.h"
#include "daemon/base/str.h"
#include "daemon/fleet/fleet_internal.h"
#include "tests/scratch.h"

/* A host and its instance, by themselves, and where standard error goes meanwhile. */
typedef struct Told {
    Fleet fleet;
    FleetInstance instance;
    char directory[SCRATCH_SIZE], path[SCRATCH_SIZE + 8];
    int stderr_fd;
    Buf log;
    size_t seen; /* of it */
} Told;

static int setup(void **state)
{
    static char name[] = "prod";
    static Told told;
    int fd;

    told = (Told){.fleet = {.host = "admin-a"}, .instance = {.fleet = &told.fleet, .name = name}};
    assert_true(scratch_make(told.directory, "/tmp", "test_fleet_log"));
    snprintf(told.path, sizeof(told.path), "%s/log", told.directory);
    fd = open(told.path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    told.stderr_fd = dup(STDERR_FILENO);
    dup2(fd, STDERR_FILENO);
    close(fd);
    log_setup(LOG_FORMAT_TEXT, LOG_LEVEL_INFO);
    *state = &told;
    return 0;
}

static int teardown(void **state)
{
    Told *told = *state;

    dup2(told->stderr_fd, STDERR_FILENO);
    close(told->stderr_fd);
    buf_done(&told->log);
    scratch_remove(told->directory);
    return 0;
}

/* The lines since the last look, without what begins them. */
static void expect(Told *told, const char *lines)
{
    char *line, *rest;
    _cleanup_(buf_done) Buf said = {0};

    buf_reset(&told->log);
    assert_int_equal(file_read(told->path, 1U << 16, &told->log, NULL), 0);
    rest = told->log.size > 0 ? told->log.data + told->seen : NULL;
    told->seen = told->log.size;
    while ((line = strsep(&rest, "\n")) != NULL && *line) {
        const char *text = strstr(line, "fleet: ");
        const char *named = strstr(line, "prod: fleet: ");

        assert_non_null(text);
        buf_printf(&said, "%s\n", named ? named : text);
    }
    assert_string_equal(buf_text(&said), lines);
}

static void test_trouble_is_told_once_and_its_end(void **state)
{
    Told *told = *state;

    fleet_log_well(&told->fleet, true);
    expect(told, "");
    fleet_log_trouble(&told->fleet, true, "10.0.0.1 is silent");
    expect(told, "fleet: 10.0.0.1 is silent\n");
    assert_string_equal(told->fleet.trouble, "10.0.0.1 is silent");
    fleet_log_trouble(&told->fleet, true, "10.0.0.1 is silent");
    fleet_log_trouble(&told->fleet, true, "10.0.0.2 is silent"); /* from endpoint to endpoint */
    expect(told, "");
    assert_string_equal(told->fleet.trouble, "10.0.0.2 is silent");
    /* A minute later what it is by then is told, and the same is not. */
    told->fleet.trouble_usec -= USEC_PER_MINUTE;
    fleet_log_trouble(&told->fleet, true, "10.0.0.2 is silent");
    expect(told, "");
    fleet_log_trouble(&told->fleet, true, "10.0.0.3 is silent");
    expect(told, "fleet: 10.0.0.3 is silent\n");
    fleet_log_trouble(&told->fleet, true, "10.0.0.1 is silent");
    expect(told, "");
    /* Of the lease or of the rest: each ends by its own answers. */
    fleet_log_well(&told->fleet, false);
    expect(told, "");
    fleet_log_well(&told->fleet, true);
    fleet_log_well(&told->fleet, true);
    expect(told, "fleet: etcd answers again\n");
    assert_string_equal(told->fleet.trouble, "");
    fleet_log_trouble(&told->fleet, false, "no leader");
    fleet_log_well(&told->fleet, true);
    expect(told, "fleet: no leader\n");
    fleet_log_well(&told->fleet, false);
    expect(told, "fleet: etcd answers again\n");
}

static void test_a_lease_is_told(void **state)
{
    Told *told = *state;

    told->fleet.lease.ttl_usec = 90 * USEC_PER_SEC;
    fleet_log_lease(&told->fleet, NULL);
    expect(told, "fleet: host admin-a holds a lease of 1 min 30 s\n");
    fleet_log_lease(&told->fleet, "it has ended");
    expect(told, "fleet: the lease is lost: it has ended; nothing is changed until there is "
                 "another one\n");
    str_copy(told->fleet.trouble, sizeof(told->fleet.trouble), "etcd is silent");
    fleet_log_lease(&told->fleet, "it has ended");
    expect(told, "fleet: the lease is lost: it has ended; nothing is changed until there is "
                 "another one: etcd is silent\n");
}

static void test_a_name_that_is_taken_is_told(void **state)
{
    static char value[] = "{\"since\":\"2026-11-24T15:04:05Z\"}";
    const EtcdKey key = {.value = value, .value_size = strlen(value)};
    Told *told = *state;

    fleet_log_taken(&told->fleet, &key);
    expect(told,
           "fleet: the name admin-a is held by another rosterd, since 2026-11-24T15:04:05Z: this "
           "one stands by. Where that is an earlier run of this host that ended without giving "
           "its lease back, the name is free once that lease has lapsed; else give each host a "
           "name of its own (fleet.host)\n");
}

static void test_an_instance_that_changes_hands_is_told(void **state)
{
    Told *told = *state;
    FleetInstance *instance = &told->instance;

    fleet_log_owner(instance, NULL);
    expect(told, "prod: fleet: this host owns the instance\n");
    instance->has_before = true;
    str_copy(instance->before_host, sizeof(instance->before_host), "admin-b");
    fleet_log_owner(instance, NULL);
    expect(told, "prod: fleet: this host owns the instance, which admin-b had before\n");
    instance->ownership.change_from_usec =
        clock_boottime_usec() + USEC_PER_HOUR + 30 * USEC_PER_SEC;
    fleet_log_owner(instance, NULL);
    expect(told, "prod: fleet: this host owns the instance; admin-b has not handed it over, so "
                 "that nothing is changed for 1 h 0 min\n");
    instance->before_host[0] = '\0';
    fleet_log_owner(instance, NULL);
    expect(told, "prod: fleet: this host owns the instance; the host that had it before has not "
                 "handed it over, so that nothing is changed for 1 h 0 min\n");
    fleet_log_owner(instance, "another host owns the instance");
    expect(told, "prod: fleet: this host does not own the instance any more: another host owns "
                 "the instance\n");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_trouble_is_told_once_and_its_end),
        TEST(test_a_lease_is_told),
        TEST(test_a_name_that_is_taken_is_told),
        TEST(test_an_instance_that_changes_hands_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
