/* SPDX-License-Identifier: MIT */
/* Hosts of a fleet on a real etcd: who owns what, and what happens when one ends, dies, is cut off,
 * or does not hear what it was told. */
#include <stdio.h>
#include <string.h>

#include "daemon/base/str.h"
#include "daemon/fleet/fleet_view.h"
#include "tests/unit/host_case.h"

#define SHORT_LEASE (2 * USEC_PER_SEC)

/* A lease that is cut off lapses, and its handover begins from the take-over. */
static uint64_t allows(const Host *host)
{
    return fleet_allows_usec(host->fleet, HOST_KEY(1), USEC_PER_SEC);
}

static void test_the_first_host_owns_all_and_another_stands_by(void **state)
{
    EtcdCase *etcd_case = host_case(state);
    Host one, two;

    host_own(&one, etcd_case, "one", HOST_LEASE, 3);
    assert_true(one.is_handed_over); /* there was none before */
    assert_string_equal(one.before, "");
    assert_true(allows(&one) > 0);
    host_start(&two, etcd_case, "two", 3);
    AWAIT(etcd_case, host_count(etcd_case, "hosts/") == 2);
    AWAIT(etcd_case, mirror_is_current(fleet_mirror(two.fleet)));
    assert_int_equal(two.begun, 0);
    assert_int_equal(allows(&two), 0);
    assert_false(fleet_owns(two.fleet, HOST_KEY(1)));
    host_stop(&one);
    AWAIT(etcd_case, two.begun == 3);
    assert_true(two.is_handed_over);
    assert_string_equal(two.before, "one");
    assert_true(allows(&two) > 0);
    host_stop(&two);
    assert_int_equal(host_count(etcd_case, "owner/"), 0);
    assert_int_equal(host_count(etcd_case, "hosts/"), 0);
    assert_int_equal(host_count(etcd_case, "last/"), 3);
}

static void test_one_that_dies_is_replaced_once_its_lease_has_lapsed(void **state)
{
    EtcdCase *etcd_case = host_case(state);
    FleetConditions conditions;
    FleetView view;
    Host one, two;

    host_own(&one, etcd_case, "one", SHORT_LEASE, 1);
    assert_int_equal(fleet_view_fill(one.fleet, &view), 0);
    assert_string_equal(view.instances[0].last, "one"); /* whatever the watch has told by now */
    fleet_view_done(&view);
    host_make(&two, etcd_case, "two", HOST_LEASE, HOST_HANDOVER);
    memset(two.set.digest, 'b', DIGEST_WHOLE);
    host_begin(&two, 1);
    AWAIT(etcd_case, mirror_is_current(fleet_mirror(two.fleet)));
    host_die(&one);
    AWAIT(etcd_case, two.begun == 1);
    assert_false(two.is_handed_over);
    assert_string_equal(two.before, "one");
    fleet_get_conditions(two.fleet, HOST_KEY(1), USEC_PER_SEC, &conditions);
    assert_true(conditions.needs_sightings);
    assert_non_null(strstr(conditions.roster, "one, from which it took the instance over"));
    AWAIT(etcd_case, allows(&two) > 0);
    fleet_get_conditions(two.fleet, HOST_KEY(1), USEC_PER_SEC, &conditions);
    assert_int_equal(conditions.handover_usec, 0);
    assert_string_equal(conditions.lease, "");
    memset(two.set.digest, 'c', DIGEST_WHOLE); /* it has loaded another one */
    host_set_instances(&two, 1);
    fleet_get_conditions(two.fleet, HOST_KEY(1), USEC_PER_SEC, &conditions);
    assert_string_equal(conditions.roster, "");
    assert_int_equal(two.stopped, 0); /* and it still has the instance */
    assert_true(fleet_owns(two.fleet, HOST_KEY(1)));
    host_stop(&two);
}

/* Who dies in a pass by a new set has gone by that one last. */
static void test_the_set_of_the_last_changes_counts(void **state)
{
    EtcdCase *etcd_case = host_case(state);
    FleetConditions conditions;
    Host one, two;

    host_own(&one, etcd_case, "one", HOST_LEASE, 1);
    memset(one.set.digest, 'b', DIGEST_WHOLE);
    host_set_instances(&one, 1);
    host_intend(&one, 1, NULL);
    host_make(&two, etcd_case, "two", HOST_LEASE, HOST_HANDOVER);
    memset(two.set.digest, 'b', DIGEST_WHOLE);
    host_begin(&two, 1);
    AWAIT(etcd_case, mirror_is_current(fleet_mirror(two.fleet)));
    host_lapse(&one);
    AWAIT(etcd_case, two.begun == 1);
    fleet_get_conditions(two.fleet, HOST_KEY(1), USEC_PER_SEC, &conditions);
    assert_string_equal(conditions.roster, "");
    assert_true(conditions.needs_sightings);
    host_stop(&two);
}

/* Who has not waited itself gives away nothing that another one could begin with. The wait is seen
 * while it lasts: it is far longer than this takes. */
static void test_who_has_not_waited_leaves_the_wait_to_the_next(void **state)
{
    EtcdCase *etcd_case = host_case(state);
    FleetConditions conditions;
    Host one, two;

    host_own(&one, etcd_case, "one", HOST_LEASE, 1);
    host_lapse(&one);
    host_make(&two, etcd_case, "two", HOST_LEASE, USEC_PER_HOUR);
    host_begin(&two, 1);
    AWAIT(etcd_case, two.begun == 1);
    assert_true(fleet_owns(two.fleet, HOST_KEY(1)));
    assert_int_equal(allows(&two), 0);
    fleet_get_conditions(two.fleet, HOST_KEY(1), USEC_PER_SEC, &conditions);
    assert_true(conditions.handover_usec > USEC_PER_MINUTE);
    host_stop(&two);
    host_make(&one, etcd_case, "one", HOST_LEASE, USEC_PER_HOUR);
    host_begin(&one, 1);
    AWAIT(etcd_case, one.begun == 1);
    assert_false(one.is_handed_over);
    assert_int_equal(allows(&one), 0);
    host_stop(&one);
}

static void test_a_campaign_that_was_won_without_an_answer_is_won(void **state)
{
    EtcdCase *etcd_case = host_case(state);
    Host one;

    host_start(&one, etcd_case, "one", 0);
    AWAIT(etcd_case, host_count(etcd_case, "hosts/") == 1);
    AWAIT(etcd_case, mirror_is_current(fleet_mirror(one.fleet)));
    etcd_proxy_lose(one.proxy, "kv/txn", 1); /* the next one is the campaign */
    host_set_instances(&one, 1);
    AWAIT(etcd_case, one.begun == 1);
    assert_false(one.is_handed_over);
    assert_int_equal(host_count(etcd_case, "owner/"), 1);
    AWAIT(etcd_case, allows(&one) > 0);
    host_stop(&one);
}

static void test_who_is_cut_off_stops_before_its_lease_lapses(void **state)
{
    EtcdCase *etcd_case = host_case(state);
    Host one, two;

    host_own(&one, etcd_case, "one", SHORT_LEASE, 1);
    host_stand_by(&two, etcd_case, "two", 1);
    etcd_proxy_hold(one.proxy, true);
    while (two.begun == 0) {
        assert_true(sd_event_run(etcd_case->event, 10 * USEC_PER_MSEC) >= 0);
        assert_true(two.begun == 0 || allows(&one) == 0);
    }
    assert_int_equal(allows(&one), 0);
    AWAIT(etcd_case, one.dropped == 1);
    assert_non_null(strstr(one.why, "without a renewal"));
    etcd_proxy_hold(one.proxy, false);
    AWAIT(etcd_case, host_count(etcd_case, "hosts/") == 2); /* it comes back, and stands by */
    assert_int_equal(one.begun, 1);
    host_stop(&two);
    AWAIT(etcd_case, one.begun == 2);
    host_stop(&one);
}

/* An endpoint that takes connections and says nothing costs no lease, and the mirror moves on. */
static void test_an_endpoint_that_hangs_costs_no_lease(void **state)
{
    EtcdCase *etcd_case = host_case(state);
    Host one;

    host_prepare(&one, etcd_case, "one", SHORT_LEASE, HOST_HANDOVER);
    host_add_endpoint(&one);
    host_open(&one);
    host_begin(&one, 1);
    AWAIT(etcd_case, one.begun == 1 && mirror_is_current(fleet_mirror(one.fleet)));
    etcd_proxy_hold(one.proxy, true);
    AWAIT(etcd_case, etcd_proxy_count(one.second, "/v3/lease/keepalive") >= 5);
    host_write(&one, "pauses/new", "{}");
    AWAIT(etcd_case, mirror_find(fleet_mirror(one.fleet), "pauses/new"));
    assert_int_equal(one.dropped, 0);
    host_stop(&one);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_the_first_host_owns_all_and_another_stands_by, etcd_case_begin),
        cmocka_unit_test_setup(test_one_that_dies_is_replaced_once_its_lease_has_lapsed,
                               etcd_case_begin),
        cmocka_unit_test_setup(test_the_set_of_the_last_changes_counts, etcd_case_begin),
        cmocka_unit_test_setup(test_who_has_not_waited_leaves_the_wait_to_the_next,
                               etcd_case_begin),
        cmocka_unit_test_setup(test_a_campaign_that_was_won_without_an_answer_is_won,
                               etcd_case_begin),
        cmocka_unit_test_setup(test_who_is_cut_off_stops_before_its_lease_lapses, etcd_case_begin),
        cmocka_unit_test_setup(test_an_endpoint_that_hangs_costs_no_lease, etcd_case_begin),
    };
    return cmocka_run_group_tests(tests, etcd_case_setup, etcd_case_teardown);
}
