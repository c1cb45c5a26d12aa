/* SPDX-License-Identifier: MIT */
/* The fleet as the control socket tells it: each field, in which state an instance is, and why
 * nobody has it or nothing is changed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "daemon/base/mem.h"
#include "daemon/base/str.h"
#include "daemon/control/fleet_json.h"
#include "daemon/fleet/fleet_internal.h"

#define KEY "https://roma.example p1 i1"

/* One host, which no etcd knows of: what it is told is put into its parts. */
typedef struct Told {
    sd_event *event;
    FleetSettings settings;
    Config config;
    Controller controller;
    Buf text;
    JsonWriter writer;
} Told;

static FleetInstance *told_instance(const Told *told)
{
    return fleet_find(told->controller.backend.fleet, KEY);
}

static int setup(void **state)
{
    static const char *const endpoints[] = {"http://127.0.0.1:1"}, *const keys[] = {KEY},
                             *const names[] = {"prod"};
    static Told told;
    Err err = {0};

    told = (Told){.settings = {.endpoints = endpoints,
                               .endpoint_count = 1,
                               .prefix = "/rosterd/",
                               .host = "admin-a",
                               .lease_usec = 90 * USEC_PER_SEC}};
    told.config = (Config){.fleet = &told.settings, .limits = {.timeout_usec = 60 * USEC_PER_SEC}};
    assert_true(sd_event_new(&told.event) >= 0);
    told.controller.config = &told.config;
    assert_int_equal(fleet_new(told.event, &told.config, &told.controller.backend.fleet, &err), 0);
    memset(told.config.set.digest, 'a', DIGEST_WHOLE);
    assert_int_equal(
        fleet_set_instances(told.controller.backend.fleet, keys, names, 1, &told.config.set), 0);
    told.writer = (JsonWriter){.buf = &told.text, .is_compact = true};
    *state = &told;
    return 0;
}

static int teardown(void **state)
{
    Told *told = *state;

    fleet_free(told->controller.backend.fleet);
    sd_event_unref(told->event);
    buf_done(&told->text);
    return 0;
}

static void assert_has(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("%s is not in %s", part, text);
}

/* ---- who takes part ---- */

static const char *tell_head(Told *told, const FleetView *view, bool is_compact)
{
    told->writer = (JsonWriter){.buf = &told->text, .is_compact = is_compact};
    buf_reset(&told->text);
    json_open_object(&told->writer, NULL);
    fleet_json_put_head(&told->writer, &told->controller, view);
    json_close_object(&told->writer);
    return buf_text(&told->text);
}

static void test_each_field_of_a_fleet_is_told(void **state)
{
    Told *told = *state;
    FleetViewHost hosts[] = {{.name = "admin-a",
                              .version = "0.1",
                              .set_digest = "d1",
                              .set_head = "h1",
                              .since = "T1",
                              .is_self = true,
                              .owned_count = 3},
                             {.name = "admin-b",
                              .version = "0.2",
                              .set_digest = "d2",
                              .set_head = "",
                              .since = "T2",
                              .is_drained = true,
                              .max_instances = 5}};
    FleetView view = {.host = "admin-a",
                      .is_drained = true,
                      .trouble = "etcd is silent",
                      .hosts = hosts,
                      .host_count = 2};

    assert_string_equal(
        tell_head(told, &view, true),
        "{\"prefix\":\"/rosterd/\",\"host\":\"admin-a\",\"name_taken\":false,\"drained\":true,"
        "\"lease\":{\"held\":false},\"current\":false,\"trouble\":\"etcd is silent\",\"hosts\":["
        "{\"name\":\"admin-a\",\"self\":true,\"version\":\"0.1\",\"roster\":{\"digest\":\"d1\","
        "\"head\":\"h1\"},\"since\":\"T1\",\"instances\":3,\"max_instances\":null,"
        "\"drained\":false},"
        "{\"name\":\"admin-b\",\"self\":false,\"version\":\"0.2\",\"roster\":{\"digest\":\"d2\","
        "\"head\":null},\"since\":\"T2\",\"instances\":0,\"max_instances\":5,\"drained\":true}]}");
    view = (FleetView){.host = "admin-a",
                       .is_name_taken = true,
                       .trouble = "",
                       .has_lease = true,
                       .lease_usec = 72 * USEC_PER_SEC - 1,
                       .is_current = true};
    told->config.fleet = NULL; /* newer settings have none */
    assert_string_equal(tell_head(told, &view, true),
                        "{\"prefix\":null,\"host\":\"admin-a\",\"name_taken\":true,"
                        "\"drained\":false,\"lease\":{\"held\":true},\"current\":true,"
                        "\"trouble\":null,\"hosts\":[]}");
    /* What people read counts down. */
    assert_has(tell_head(told, &view, false), "\"left_seconds\": 71");
    view.has_lease = false;
    assert_has(tell_head(told, &view, false), "\"left_seconds\": null");
}

/* ---- an instance ---- */

static const char *tell(Told *told, const FleetView *view, const FleetViewInstance *instance)
{
    buf_reset(&told->text);
    told->writer = (JsonWriter){.buf = &told->text, .is_compact = true};
    fleet_json_put_instance(&told->writer, NULL, &told->controller, view, instance);
    return buf_text(&told->text);
}

static void test_each_field_of_an_instance_is_told(void **state)
{
    const FleetViewInstance elsewhere = {.key = KEY,
                                         .name = "prod",
                                         .owner = "admin-b",
                                         .since = "T",
                                         .last = "admin-c",
                                         .record = "{\"channels\": 4}"};
    const FleetViewInstance unknown = {
        .key = "K", .name = "", .owner = "", .since = "", .last = "", .record = ""};
    const FleetView view = {.is_current = true, .has_lease = true};

    assert_string_equal(tell(*state, &view, &elsewhere),
                        "{\"name\":\"prod\",\"key\":\"" KEY "\",\"state\":\"elsewhere\","
                        "\"owner\":\"admin-b\",\"since\":\"T\",\"change_from\":null,"
                        "\"last\":\"admin-c\",\"why\":null,\"record\":{\"channels\":4}}");
    /* Of an instance that is not in the settings nobody knows why it is free. */
    assert_string_equal(tell(*state, &view, &unknown),
                        "{\"name\":null,\"key\":\"K\",\"state\":\"nobody\",\"owner\":null,"
                        "\"since\":null,\"change_from\":null,\"last\":null,\"why\":null,"
                        "\"record\":null}");
}

static void test_why_nobody_has_an_instance(void **state)
{
    static const struct {
        FleetView view;
        const char *state, *why;
    } rows[] = {
        {{.is_current = true, .has_lease = true}, "nobody", "no host has taken it: each is full"},
        {{.is_current = true, .has_lease = true, .is_drained = true},
         "nobody",
         "this host is drained, and no other has taken it"},
        {{.is_current = true, .has_lease = true, .is_name_taken = true, .is_drained = true},
         "nobody",
         "this host takes none while another one has its name"},
        {{.is_current = true, .is_name_taken = true},
         "nobody",
         "this host takes none while etcd does not answer it"},
        {{.has_lease = true, .is_drained = true},
         "unknown",
         "this host takes none while etcd does not answer it"},
    };
    const FleetViewInstance free_one = {
        .key = KEY, .name = "prod", .owner = "", .since = "", .last = "", .record = ""};

    for (size_t i = 0; i < ELEMENTS(rows); i++) {
        char part[160];

        snprintf(part, sizeof(part), "\"state\":\"%s\"", rows[i].state);
        assert_has(tell(*state, &rows[i].view, &free_one), part);
        snprintf(part, sizeof(part), "\"why\":\"%s", rows[i].why);
        assert_has(tell(*state, &rows[i].view, &free_one), part);
    }
}

/* ---- one of its own ---- */

static void hold_lease(Told *told)
{
    Lease *lease = &told->controller.backend.fleet->lease;

    lease->state = LEASE_HELD;
    lease->id = 7;
    lease->end_usec = clock_boottime_usec() + USEC_PER_HOUR;
}

static void own(Told *told, FleetUse use)
{
    FleetInstance *instance = told_instance(told);

    instance->ownership.state = OWNERSHIP_OWNED;
    instance->is_owned = instance->has_settled = instance->is_handed_over = true;
    instance->use = use;
}

static const FleetViewInstance own_one = {.key = KEY,
                                          .name = "prod",
                                          .owner = "admin-a",
                                          .since = "T",
                                          .last = "admin-a",
                                          .is_self = true,
                                          .record = ""};
static const FleetView current = {.is_current = true, .has_lease = true};

static void test_what_an_owner_does_with_its_instance(void **state)
{
    Told *told = *state;
    FleetInstance *instance = told_instance(told);

    hold_lease(told);
    own(told, FLEET_READING);
    assert_has(tell(told, &current, &own_one), "\"state\":\"changing_hands\"");
    own(told, FLEET_BEGUN);
    assert_has(tell(told, &current, &own_one),
               "\"state\":\"owned\",\"owner\":\"admin-a\",\"since\":\"T\",\"change_from\":null,"
               "\"last\":\"admin-a\",\"why\":null");
    own(told, FLEET_STOPPED);
    assert_has(tell(told, &current, &own_one), "\"state\":\"changing_hands\"");
    /* An instance of this host's is known, whatever etcd says by now. */
    own(told, FLEET_BEGUN);
    assert_has(tell(told, &(FleetView){.has_lease = true}, &own_one), "\"state\":\"owned\"");
    instance->ownership.change_from_usec = clock_boottime_usec() + USEC_PER_HOUR;
    assert_has(tell(told, &current, &own_one), "\"state\":\"waits\"");
    assert_has(tell(told, &current, &own_one), "\"change_from\":\"2");
}

static void test_why_an_owner_changes_nothing(void **state)
{
    Told *told = *state;
    FleetInstance *instance = told_instance(told);
    Fleet *fleet = told->controller.backend.fleet;

    own(told, FLEET_BEGUN);
    assert_has(tell(told, &current, &own_one), "\"why\":\"this host holds no lease in its fleet\"");
    assert_string_equal(fleet_get_trouble(fleet), "etcd has not given one yet");
    str_copy(fleet->trouble, sizeof(fleet->trouble), "etcd is silent");
    assert_string_equal(fleet_get_trouble(fleet), "etcd is silent");
    assert_has(tell(told, &current, &own_one),
               "\"why\":\"this host holds no lease in its fleet: etcd is silent\"");
    hold_lease(told);
    assert_string_equal(fleet_get_trouble(fleet), "");
    fleet->lease.end_usec = clock_boottime_usec() + 4 * USEC_PER_SEC;
    assert_has(tell(told, &current, &own_one), "too soon for the answer to a change: etcd is ");
    hold_lease(told);
    instance->has_settled = false;
    str_copy(instance->before_host, sizeof(instance->before_host), "admin-b");
    assert_has(tell(told, &current, &own_one),
               "\"why\":\"this host took the instance over from admin-b, and which set of rosters "
               "that one went by is not known\"");
    str_copy(instance->before_set, sizeof(instance->before_set), "bbbbbbbbbbbbbbbb");
    assert_has(tell(told, &current, &own_one),
               "\"why\":\"this host has the set of rosters aaaaaaaaaaaa, and admin-b, from which "
               "it took the instance over, went by bbbbbbbbbbbb\"");
    /* A wait that another one left behind takes a second look at each change; one by itself is
     * told by its end. */
    instance->ownership.change_from_usec = clock_boottime_usec() + USEC_PER_HOUR;
    assert_has(tell(told, &current, &own_one), "went by bbbbbbbbbbbb\"");
    instance->is_handed_over = false;
    assert_has(tell(told, &current, &own_one),
               "went by bbbbbbbbbbbb; it was taken over from a host that did not release it: each "
               "change has to be seen in two whole lists first\"");
    /* And none of these once it is another's. */
    assert_has(tell(told, &current,
                    &(FleetViewInstance){.key = KEY,
                                         .name = "prod",
                                         .owner = "admin-b",
                                         .since = "",
                                         .last = "",
                                         .record = ""}),
               "\"why\":null");
}

/* ---- which ---- */

static void test_an_instance_is_found_by_its_key(void **state)
{
    FleetViewInstance instances[] = {{.key = "K1"}, {.key = "K2"}, {.key = "K3"}};
    const FleetView view = {.instances = instances, .instance_count = 3};

    (void)state;
    assert_ptr_equal(fleet_json_find(&view, "K2", 1), &instances[1]);
    assert_ptr_equal(fleet_json_find(&view, "K1", 2), &instances[0]);
    assert_ptr_equal(fleet_json_find(&view, "K3", 3), &instances[2]);
    assert_null(fleet_json_find(&view, "K4", 0));
    assert_null(fleet_json_find(&view, "K4", 3));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_each_field_of_a_fleet_is_told),
        TEST(test_each_field_of_an_instance_is_told),
        TEST(test_why_nobody_has_an_instance),
        TEST(test_what_an_owner_does_with_its_instance),
        TEST(test_why_an_owner_changes_nothing),
        cmocka_unit_test(test_an_instance_is_found_by_its_key),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
