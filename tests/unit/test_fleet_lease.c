/* SPDX-License-Identifier: MIT */
/* What a host asks etcd for its lease and its name, whatever etcd answers. */
#include "daemon/fleet/etcd_internal.h"
#include "tests/unit/fleet_script.h"

/* ---- the lease ---- */

/* Its next try comes now. */
static void try_lease(void)
{
    scripted.fleet->lease.next_usec = 0;
    wake(scripted.fleet->lease_wake);
}

static void test_a_lease_is_asked_for_until_it_is_given(void **state)
{
    static const struct {
        int status;
        const char *body, *trouble;
    } rows[] = {
        {400, REFUSED, "etcd at etcd-0: no"},
        {200, "{\"TTL\":\"60\"}", "etcd granted a lease without an ID"},
        {200, "{\"ID\":\"77\",\"TTL\":[]}",
         "etcd answered TTL: should be a whole number, is an array"},
    };
    EtcdScript *script = *state;
    uint64_t before_usec;

    assert_string_equal(fleet_get_trouble(scripted.fleet), "etcd has not given one yet");
    assert_string_equal(fleet_get_host(scripted.fleet), "admin-a");
    host_set_instances(0);
    host_given();
    for (size_t i = 0; i < ELEMENTS(rows); i++) {
        before_usec = clock_boottime_usec();
        etcd_script_answer_to(script, "lease/grant", rows[i].status, rows[i].body);
        etcd_script_expect(script, "");
        assert_non_null(
            strstr(fleet_get_trouble(scripted.fleet), i == 0 ? ": no" : rows[i].trouble));
        assert_due_in(scripted.fleet->lease_wake, before_usec, clock_boottime_usec,
                      (1U << i) * USEC_PER_SEC);
        try_lease();
        etcd_script_expect(script, "lease/grant {\"TTL\":\"60\"}\n");
    }
    answer_lease("lease/grant", "0"); /* right after a grant: none */
    etcd_script_expect(script, "");
    try_lease();
    etcd_script_expect(script, "lease/grant {\"TTL\":\"60\"}\n");
    answer_lease("lease/grant", "60");
    etcd_script_expect_any(script, WATCH("6") ENTRY("0", "false"));
    assert_string_equal(fleet_get_trouble(scripted.fleet), "");
}

/* Renewed each quarter of it, from the moment before it was asked for. */
static void test_a_lease_is_renewed(void **state)
{
    EtcdScript *script = *state;
    const Lease *lease = &scripted.fleet->lease;
    uint64_t before_usec;

    host_owner();
    for (size_t i = 0; i < 2; i++) {
        before_usec = clock_boottime_usec();
        try_lease();
        etcd_script_expect(script, "lease/keepalive {\"ID\":\"77\"}\n");
        answer_lease("lease/keepalive", "40");
        etcd_script_expect(script, "");
        assert_int_equal(lease->ttl_usec, 40 * USEC_PER_SEC);
        assert_in_range(lease->asked_usec, before_usec, clock_boottime_usec());
        assert_due_in(scripted.fleet->lease_wake, before_usec, clock_boottime_usec,
                      10 * USEC_PER_SEC);
    }
    assert_int_equal(fleet_allows_usec(scripted.fleet, "one", 7), 7);
    expect_log("");
}

/* A renewal that is none is sent again; that another lease was renewed is none. */
static void test_a_renewal_without_an_answer_is_sent_again(void **state)
{
    EtcdScript *script = *state;
    const FleetConditions none = {.lease = "", .token = 8};
    FleetConditions conditions;

    host_owner();
    try_lease();
    etcd_script_expect(script, "lease/keepalive {\"ID\":\"77\"}\n");
    etcd_script_answer(script, 400, REFUSED);
    etcd_script_expect(script, "");
    try_lease();
    etcd_script_expect(script, "lease/keepalive {\"ID\":\"77\"}\n");
    etcd_script_answer(script, 200, "{\"result\":{\"ID\":\"78\",\"TTL\":\"60\"}}");
    etcd_script_expect(script, "");
    assert_int_equal(scripted.fleet->lease.failures, 2);
    fleet_get_conditions(scripted.fleet, "one", USEC_PER_SEC, &conditions);
    assert_memory_equal(&conditions, &none, sizeof(none));
    scripted.fleet->lease.end_usec = clock_boottime_usec() + 4 * USEC_PER_SEC + USEC_PER_SEC / 2;
    fleet_get_conditions(scripted.fleet, "one", 20 * USEC_PER_SEC, &conditions);
    assert_string_equal(conditions.lease,
                        "the lease of this host ends in 4 s, too soon for the answer to a change: "
                        "etcd renewed another lease than was asked for");
    try_lease();
    etcd_script_expect(script, "lease/keepalive {\"ID\":\"77\"}\n");
    answer_lease("lease/keepalive", "60");
    etcd_script_expect(script, "");
    assert_string_equal(scripted.fleet->trouble, "");
    assert_int_equal(scripted.fleet->lease.failures, 0);
    expect_log("fleet: etcd at etcd-0: no\nfleet: etcd answers again\n");
}

/* All that hung on it is dropped, and another one is asked for. */
static void test_a_lease_that_is_gone_is_lost(void **state)
{
    EtcdScript *script = *state;
    FleetConditions conditions;

    host_owner();
    try_lease();
    etcd_script_expect(script, "lease/keepalive {\"ID\":\"77\"}\n");
    etcd_script_answer(script, 200, "{\"result\":{\"ID\":\"77\"}}");
    etcd_script_expect_any(script, "drop one: etcd does not know the lease of this host any more\n"
                                   "lease/revoke {\"ID\":\"77\"}\n"
                                   "lease/grant {\"TTL\":\"60\"}\n");
    fleet_get_conditions(scripted.fleet, "one", USEC_PER_SEC, &conditions);
    assert_string_equal(conditions.lease, "this host holds no lease in its fleet");
    assert_false(fleet_owns(scripted.fleet, "one"));
    assert_int_equal(fleet_allows_usec(scripted.fleet, "one", USEC_PER_SEC), 0);
    etcd_script_answer_to(script, "lease/revoke", 400, "{\"code\":5,\"message\":\"none\"}");
    answer_lease("lease/grant", "60");
    etcd_script_expect_any(script, WATCH("8") ENTRY("0", "false"));
    expect_log("fleet: the lease is lost: etcd does not know the lease of this host any more; "
               "nothing is changed until there is another one\n"
               "prod: fleet: this host does not own the instance any more: etcd does not know the "
               "lease of this host any more\n"
               "fleet: host admin-a holds a lease of 1 min 0 s\n");
}

/* Whatever is under way then: what comes of it counts no more. */
static void test_a_lease_that_has_ended_is_lost(void **state)
{
    EtcdScript *script = *state;
    PeerConnection *keepalive, *entry;

    host_owner();
    fleet_drain(scripted.fleet);
    fleet_undrain(scripted.fleet);
    scripted.set.head[0] = 'h';
    try_lease();
    etcd_script_await(script, 3);
    keepalive = etcd_script_take_of(script, "lease/keepalive");
    entry = etcd_script_take_of(script, "kv/txn");
    buf_reset(&script->said);
    scripted.fleet->lease.end_usec = clock_boottime_usec();
    wake(scripted.fleet->lease_wake);
    etcd_script_await(script, 3);
    peer_answer(keepalive, 200, "", "{\"result\":{\"ID\":\"77\",\"TTL\":\"60\"}}");
    peer_answer(entry, 200, "", "{\"header\":{\"revision\":\"9\"},\"succeeded\":true}");
    etcd_script_expect_any(script, "drop one: the lease of this host has ended without a renewal\n"
                                   "lease/revoke {\"ID\":\"77\"}\nlease/grant {\"TTL\":\"60\"}\n");
    assert_int_equal(scripted.fleet->entry, ENTRY_NONE);
    assert_null(scripted.fleet->entry_call);
}

/* ---- the end ---- */

static void test_all_is_given_back_in_the_end(void **state)
{
    EtcdScript *script = *state;

    host_owner();
    try_lease(); /* which ends without its answer */
    etcd_script_expect(script, "lease/keepalive {\"ID\":\"77\"}\n");
    etcd_script_take(script);
    assert_false(fleet_is_over(scripted.fleet));
    fleet_end(scripted.fleet, "rosterd stops");
    fleet_end(scripted.fleet, "again");
    etcd_script_expect(script, "stop one: rosterd stops\n" RELEASE("8", "true"));
    assert_false(fleet_is_over(scripted.fleet));
    answer_txn(true, 9, NULL, 0);
    etcd_script_expect(script, "drop one: the instance was given away\n"
                               "lease/revoke {\"ID\":\"77\"}\n");
    assert_null(scripted.fleet->lease_call);
    assert_false(fleet_is_over(scripted.fleet));
    fleet_undrain(scripted.fleet);
    etcd_script_answer(script, 200, "{}");
    etcd_script_expect(script, "changed\n");
    assert_true(fleet_is_over(scripted.fleet));
    expect_log("prod: fleet: this host does not own the instance any more: the instance was given "
               "away\n");
}

/* Whether etcd has taken the lease back, the end does not depend on; only that nobody answered is
 * told. */
static void test_a_lease_that_is_not_taken_back(void **state)
{
    EtcdScript *script = *state;

    host_set_instances(0);
    host_held();
    expect_log("fleet: host admin-a holds a lease of 1 min 0 s\n");
    fleet_end(scripted.fleet, "rosterd stops");
    etcd_script_expect(script, "lease/revoke {\"ID\":\"77\"}\n");
    assert_false(fleet_is_over(scripted.fleet));
    scripted.fleet->revoke_call->due_usec = 1; /* the last try */
    etcd_script_answer(script, 503, "");
    etcd_script_expect(script, "changed\n");
    assert_true(fleet_is_over(scripted.fleet));
    expect_log("fleet: etcd at etcd-0: HTTP 503\n");
}

static void test_the_end_before_the_beginning(void **state)
{
    EtcdScript *script = *state;

    fleet_end(scripted.fleet, "rosterd stops");
    assert_true(fleet_is_over(scripted.fleet));
    etcd_script_expect(script, "");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, host_setup, host_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_lease_is_asked_for_until_it_is_given),
        TEST(test_a_lease_is_renewed),
        TEST(test_a_renewal_without_an_answer_is_sent_again),
        TEST(test_a_lease_that_is_gone_is_lost),
        TEST(test_a_lease_that_has_ended_is_lost),
        TEST(test_all_is_given_back_in_the_end),
        TEST(test_a_lease_that_is_not_taken_back),
        TEST(test_the_end_before_the_beginning),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
