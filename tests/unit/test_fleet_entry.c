/* SPDX-License-Identifier: MIT */
/* A host's name among those of its fleet, whatever stands there. */
#include "tests/unit/fleet_script.h"

#define OTHER "{\"since\":\"2026-11-24T15:04:05Z\"}"
#define TAKEN                                                                                      \
    "fleet: the name admin-a is held by another rosterd, since 2026-11-24T15:04:05Z: this one "    \
    "stands by. Where that is an earlier run of this host that ended without giving its lease "    \
    "back, the name is free once that lease has lapsed; else give each host a name of its own "    \
    "(fleet.host)\n"

/* One that has asked for its name, and for nothing else. */
static EtcdScript *given_asked(void)
{
    EtcdScript *script;

    host_set_instances(1);
    script = host_given();
    answer_lease("lease/grant", "60");
    etcd_script_expect_any(script, WATCH("6") ENTRY("0", "false"));
    open_watch();
    expect_log("fleet: host admin-a holds a lease of 1 min 0 s\n");
    return script;
}

static void test_a_name_that_is_taken_is_waited_for(void **state)
{
    const Found other = {.name = "hosts/admin-a", .value = OTHER, .created = 4, .lease = 5};
    const Found gone = {.name = "hosts/admin-a"}, pause = {.name = "pauses/x", .value = "{}"};
    EtcdScript *script = given_asked();

    (void)state;
    answer_txn(false, 8, &other, 1);
    etcd_script_expect(script, "");
    expect_log(TAKEN);
    assert_int_equal(scripted.fleet->entry, ENTRY_TAKEN);
    tell(&gone, 7); /* as it was before */
    etcd_script_expect(script, "changed\n");
    tell(&other, 9);
    etcd_script_expect(script, "hosts/admin-a is {\"since\":\"T\"}\nchanged\n");
    fleet_drain(scripted.fleet);
    fleet_undrain(scripted.fleet);
    tell(&pause, 10);
    etcd_script_expect(script, "pauses/x is {}\nchanged\n");
    tell(&gone, 11);
    etcd_script_expect(script, "hosts/admin-a is gone\n"
                               "changed\n" ENTRY("0", "false"));
    answer_txn(true, 12, NULL, 0);
    etcd_script_expect(script, CAMPAIGN);
    expect_log("");
}

static void test_an_earlier_try_had_put_it(void **state)
{
    const Found own = {.name = "hosts/admin-a", .value = OTHER, .created = 7, .lease = 77};
    EtcdScript *script = given_asked();

    (void)state;
    answer_txn(false, 9, &own, 1);
    etcd_script_expect(script, CAMPAIGN);
    fleet_drain(scripted.fleet); /* by the token of that one */
    etcd_script_expect(script, ENTRY("7", "true"));
    assert_true(fleet_is_drained(scripted.fleet));
    expect_log("");
}

/* Not put and not there: it is tried again in a while. */
static void test_what_is_not_put_is_put_again(void **state)
{
    static const Found nothing = {0};
    EtcdScript *script = given_asked();
    uint64_t before_usec = clock_monotonic_usec();

    (void)state;
    answer_txn(false, 9, &nothing, 1);
    etcd_script_expect(script, "");
    assert_due_in(scripted.fleet->entry_wake, before_usec, clock_monotonic_usec, USEC_PER_SEC);
    assert_int_equal(scripted.fleet->entry, ENTRY_NONE);
    wake(scripted.fleet->entry_wake);
    etcd_script_expect(script, ENTRY("0", "false"));
    before_usec = clock_monotonic_usec();
    etcd_script_answer_to(script, "kv/txn", 400, REFUSED);
    etcd_script_expect(script, "");
    assert_due_in(scripted.fleet->entry_wake, before_usec, clock_monotonic_usec, USEC_PER_SEC);
    expect_log("fleet: etcd at etcd-0: no\n");
    wake(scripted.fleet->entry_wake);
    etcd_script_expect(script, ENTRY("0", "false"));
    etcd_script_answer_to(script, "kv/txn", 200, "{}");
    etcd_script_expect(script, "");
    wake(scripted.fleet->entry_wake);
    etcd_script_expect(script, ENTRY("0", "false"));
    answer_txn(true, 10, NULL, 0);
    etcd_script_expect(script, CAMPAIGN);
    expect_log("fleet: etcd answers again\n");
}

/* It names a lease that is gone. */
static void test_a_lease_that_etcd_does_not_know_is_lost(void **state)
{
    EtcdScript *script = given_asked();

    (void)state;
    etcd_script_answer_to(script, "kv/txn", 404, "{\"code\":5,\"message\":\"lease not found\"}");
    etcd_script_expect_any(script, "lease/revoke {\"ID\":\"77\"}\nlease/grant {\"TTL\":\"60\"}\n");
    expect_log("fleet: etcd at etcd-0: lease not found\n"
               "fleet: the lease is lost: etcd does not know the lease of this host any more; "
               "nothing is changed until there is another one: etcd at etcd-0: lease not found\n");
}

/* Its instances stay its own; only what is newer than its name says that it is gone. */
static void test_a_name_that_is_deleted_is_put_anew(void **state)
{
    const Found own = {.name = "hosts/admin-a", .value = OTHER, .lease = 77};
    const Found gone = {.name = "hosts/admin-a"}, other = {"hosts/admin-a", OTHER, 0, 5, 0, 0};
    static const Found nothing = {0};
    EtcdScript *script = *state;

    host_owner();
    tell(&gone, 7);
    etcd_script_expect(script, "hosts/admin-a is gone\nchanged\n");
    tell(&own, 9);
    etcd_script_expect(script, "hosts/admin-a is {\"since\":\"T\"}\nchanged\n");
    tell(&gone, 10);
    etcd_script_expect(script, "hosts/admin-a is gone\n"
                               "changed\n" ENTRY("7", "false"));
    answer_txn(false, 10, &nothing, 1);
    etcd_script_expect(script, "");
    wake(scripted.fleet->entry_wake);
    etcd_script_expect(script, ENTRY("0", "false"));
    answer_txn(true, 11, NULL, 0);
    etcd_script_expect(script, ""); /* what it owns is not asked for once more */
    tell(&other, 12);
    etcd_script_expect(script, "hosts/admin-a is {\"since\":\"T\"}\n"
                               "changed\n" ENTRY("11", "false"));
    answer_txn(false, 12, &other, 1);
    etcd_script_expect(script, "");
    expect_log(TAKEN);
    assert_true(fleet_owns(scripted.fleet, "one"));
}

/* What changes while it is put is put after it, once. */
static void test_what_changes_meanwhile_is_put_after_it(void **state)
{
    EtcdScript *script = given_asked();

    (void)state;
    fleet_drain(scripted.fleet);
    fleet_drain(scripted.fleet);
    memset(scripted.set.digest, 'b', DIGEST_WHOLE);
    snprintf(scripted.set.head, sizeof(scripted.set.head), "%s", "main");
    host_set_instances(1);
    etcd_script_expect(script, "");
    answer_txn(true, 7, NULL, 0);
    etcd_script_expect(script,
                       "kv/txn {compare:[{key:/p/hosts/admin-a,target:CREATE,result:EQUAL,"
                       "create_revision:7}],success:[{request_put:{key:/p/hosts/admin-a,value:{"
                       "version:V,since:T,boot:V,set:bbbb,head:main,drained:true,max_instances:2},"
                       "lease:77}}],failure:[{request_range:{key:/p/hosts/admin-a}}]}\n");
    answer_txn(true, 8, NULL, 0);
    etcd_script_expect(script, "");
    host_set_instances(1); /* the same */
    etcd_script_expect(script, "");
}

/* However little etcd holds. What is to be done is not begun before. */
static void test_an_instance_that_comes_later_is_asked_for(void **state)
{
    EtcdScript *script = *state;
    FleetInstance *one;
    int enabled = SD_EVENT_ON;

    host_set_instances(0);
    fleet_begin(scripted.fleet);
    etcd_script_expect_any(script, LIST "lease/grant {\"TTL\":\"60\"}\n");
    etcd_script_answer_to(script, "kv/range", 200, "{\"header\":{\"revision\":\"1\"}}");
    etcd_script_expect_any(script, "changed\n" WATCH("2"));
    open_watch();
    etcd_script_expect(script, "changed\n");
    answer_lease("lease/grant", "60");
    etcd_script_expect_any(script, WATCH("2") ENTRY("0", "false"));
    answer_txn(true, 2, NULL, 0);
    etcd_script_expect(script, "");
    host_set_instances(1);
    one = fleet_find(scripted.fleet, "one");
    assert_int_equal(sd_event_source_get_enabled(one->work, &enabled), 0);
    assert_int_equal(enabled, SD_EVENT_OFF);
    assert_int_equal(sd_event_source_get_enabled(one->wake, &enabled), 0);
    etcd_script_expect(script, CAMPAIGN);
    host_set_instances(1);
    etcd_script_expect(script, "");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, host_setup, host_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_name_that_is_taken_is_waited_for),
        TEST(test_an_earlier_try_had_put_it),
        TEST(test_what_is_not_put_is_put_again),
        TEST(test_a_lease_that_etcd_does_not_know_is_lost),
        TEST(test_a_name_that_is_deleted_is_put_anew),
        TEST(test_what_changes_meanwhile_is_put_after_it),
        TEST(test_an_instance_that_comes_later_is_asked_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
