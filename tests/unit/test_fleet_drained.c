/* SPDX-License-Identifier: MIT */
/* A host that gives its instances away, some or all, for a while or for good; and what it is
 * called. */
#include <unistd.h>

#include "tests/unit/fleet_script.h"

/* What is not in the settings any more is given away, and does not come back with the others. */
static void test_what_is_not_listed_stays_away(void **state)
{
    EtcdScript *script = *state;

    host_owner();
    scripted.is_busy = true;
    host_set_instances(0);
    etcd_script_expect(script, "stop one: the instance is not in the settings any more\n");
    fleet_drain(scripted.fleet);
    etcd_script_expect(script, ENTRY("7", "true"));
    answer_txn(true, 9, NULL, 0);
    fleet_undrain(scripted.fleet);
    fleet_undrain(scripted.fleet);
    etcd_script_expect(script, ENTRY("7", "false"));
    answer_txn(true, 10, NULL, 0);
    etcd_script_expect(script, "");
    scripted.is_busy = false;
    fleet_step(scripted.fleet, "one");
    etcd_script_expect(script, RELEASE("8", "true"));
    answer_txn(true, 11, NULL, 0);
    etcd_script_expect(script, "drop one: the instance was given away\n");
    assert_int_equal(scripted.fleet->instance_count, 0);
    assert_false(fleet_owns(scripted.fleet, "one"));
}

static void test_a_drained_host_takes_back_what_it_gave_away(void **state)
{
    EtcdScript *script = *state;

    host_owner();
    fleet_undrain(scripted.fleet); /* it is not drained */
    etcd_script_expect(script, "");
    fleet_drain(scripted.fleet);
    etcd_script_await(script, 2);
    assert_true(fleet_is_drained(scripted.fleet));
    etcd_script_expect_any(script, "stop one: this host is drained\n" RELEASE("8", "true")
                                       ENTRY("7", "true"));
    /* Both are answered alike. */
    answer_txn(true, 9, NULL, 0);
    answer_txn(true, 9, NULL, 0);
    etcd_script_expect(script, "drop one: the instance was given away\n");
    host_set_instances(1);
    etcd_script_expect(script, "");
    fleet_undrain(scripted.fleet);
    assert_false(fleet_is_drained(scripted.fleet));
    etcd_script_expect_any(script, CAMPAIGN ENTRY("7", "false"));
}

/* Nothing is taken any more once the end has begun, whatever the settings say. */
static void test_nothing_is_taken_at_the_end(void **state)
{
    EtcdScript *script = *state;

    host_owner();
    scripted.is_busy = true;
    fleet_end(scripted.fleet, "rosterd stops");
    etcd_script_expect(script, "stop one: rosterd stops\n");
    host_set_instances(0);
    host_set_instances(2);
    fleet_undrain(scripted.fleet);
    etcd_script_expect(script, "");
    scripted.is_busy = false;
    fleet_step(scripted.fleet, NULL);
    etcd_script_expect(script, RELEASE("8", "true"));
    assert_false(fleet_is_over(scripted.fleet));
    answer_txn(true, 9, NULL, 0);
    etcd_script_expect(script, "drop one: the instance was given away\n"
                               "lease/revoke {\"ID\":\"77\"}\n");
    etcd_script_answer(script, 400, REFUSED); /* it lapses by itself */
    etcd_script_expect(script, "changed\n");
    assert_true(fleet_is_over(scripted.fleet));
    host_set_instances(1);
    etcd_script_expect(script, "");
}

/* Where the settings name none; they are not needed any more. */
static void test_a_host_goes_by_the_name_of_its_machine(void **state)
{
    EtcdScript *script = *state;
    char name[256] = "", first[40], second[40];
    const char *endpoints[] = {first, second};
    Fleet *fleet = NULL;
    Err err = {0};

    assert_int_equal(gethostname(name, sizeof(name) - 1), 0);
    snprintf(first, sizeof(first), "http://127.0.0.1:1");
    snprintf(second, sizeof(second), "http://127.0.0.1:2");
    scripted.settings.endpoints = endpoints;
    scripted.settings.endpoint_count = 2;
    scripted.settings.host = NULL;
    assert_int_equal(fleet_new(script->event, &scripted.config, &fleet, &err), 0);
    memset(first, 0, sizeof(first));
    memset(second, 0, sizeof(second));
    assert_string_equal(fleet_get_host(fleet), name);
    assert_int_equal(fleet->etcd_settings.endpoint_count, 2);
    assert_string_equal(fleet->etcd_settings.endpoints[0], "http://127.0.0.1:1");
    assert_string_equal(fleet->etcd_settings.endpoints[1], "http://127.0.0.1:2");
    assert_null(fleet->etcd_settings.user);
    assert_false(fleet_owns(fleet, "one"));
    fleet_free(fleet);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, host_setup, host_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_what_is_not_listed_stays_away),
        TEST(test_a_drained_host_takes_back_what_it_gave_away),
        TEST(test_nothing_is_taken_at_the_end),
        TEST(test_a_host_goes_by_the_name_of_its_machine),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
