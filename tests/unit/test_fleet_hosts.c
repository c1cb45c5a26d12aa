/* SPDX-License-Identifier: MIT */
/* Hosts of a fleet on a real etcd: their names, how much each takes and gives away, what they put
 * down, and what that costs etcd. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/str.h"
#include "daemon/fleet/fleet_view.h"
#include "daemon/fleet/keys.h"
#include "tests/unit/host_case.h"

/* Whom the host shows as the owner of one of its instances. Until the next call. */
static const char *shown_owner(const Host *host, size_t number)
{
    static char owner[64];
    FleetView view;

    assert_int_equal(fleet_view_fill(host->fleet, &view), 0);
    str_copy(owner, sizeof(owner), view.instances[number].owner);
    fleet_view_done(&view);
    return owner;
}

static void test_a_name_that_another_holds_stands_by_until_it_is_free(void **state)
{
    EtcdCase *etcd_case = host_case(state);
    Host one, two;
    FleetView view;

    host_own(&one, etcd_case, "same", HOST_LEASE, 1);
    host_start(&two, etcd_case, "same", 2);
    do {
        assert_true(sd_event_run(etcd_case->event, 100 * USEC_PER_MSEC) >= 0);
        assert_int_equal(fleet_view_fill(two.fleet, &view), 0);
        fleet_view_done(&view);
    } while (!view.is_name_taken);
    assert_int_equal(two.begun, 0);
    host_stop(&one);
    AWAIT(etcd_case, two.begun == 2);
    AWAIT(etcd_case,
          str_equal(shown_owner(&two, 0), "same") && str_equal(shown_owner(&two, 1), "same"));
    assert_int_equal(fleet_view_fill(two.fleet, &view), 0);
    assert_false(view.is_name_taken);
    assert_int_equal(view.host_count, 1);
    assert_string_equal(view.hosts[0].name, "same");
    assert_int_equal(view.hosts[0].owned_count, 2);
    fleet_view_done(&view);
    host_stop(&two);
}

static void test_a_host_takes_as_many_as_it_may_and_more_once_it_has_room(void **state)
{
    EtcdCase *etcd_case = host_case(state);
    Host one, two;

    host_prepare(&one, etcd_case, "one", HOST_LEASE, HOST_HANDOVER);
    one.settings.max_instances = 2;
    host_open(&one);
    host_begin(&one, 4);
    AWAIT(etcd_case, one.begun == 2);
    host_start(&two, etcd_case, "two", 4);
    AWAIT(etcd_case, two.begun == 2);
    assert_int_equal(one.begun, 2);
    host_stop(&two);
    assert_int_equal(host_count(etcd_case, "owner/"), 2); /* there is no room for the others */
    host_set_instances(&one, 0);
    AWAIT(etcd_case, host_count(etcd_case, "owner/") == 0);
    host_set_instances(&one, 4);
    AWAIT(etcd_case, one.begun == 4);
    assert_int_equal(host_count(etcd_case, "owner/"), 2);
    host_stop(&one);
}

static void test_a_drained_host_gives_away_what_is_quiet_and_takes_nothing(void **state)
{
    EtcdCase *etcd_case = host_case(state);
    Host one, two;

    host_own(&one, etcd_case, "one", HOST_LEASE, 1);
    host_stand_by(&two, etcd_case, "two", 1);
    one.is_busy = true; /* a change has no answer yet */
    fleet_drain(one.fleet);
    assert_int_equal(one.stopped, 1);
    /* What is begun is completed, and nothing is sent once the instance is given away. */
    assert_int_equal(fleet_allows_usec(one.fleet, HOST_KEY(1), USEC_PER_SEC), USEC_PER_SEC);
    AWAIT(etcd_case, strstr(host_find(etcd_case, "hosts/one"), "\"drained\":true"));
    fleet_step(one.fleet, HOST_KEY(1));
    assert_int_equal(host_count(etcd_case, "owner/"), 1);
    assert_int_equal(two.begun, 0);
    one.is_busy = false;
    fleet_step(one.fleet, HOST_KEY(1));
    assert_int_equal(fleet_allows_usec(one.fleet, HOST_KEY(1), USEC_PER_SEC), 0);
    AWAIT(etcd_case, two.begun == 1);
    assert_true(two.is_handed_over);
    host_stop(&two);
    assert_int_equal(host_count(etcd_case, "owner/"), 0);
    fleet_undrain(one.fleet);
    AWAIT(etcd_case, one.begun == 2);
    host_stop(&one);
}

static void put_record(Host *host, const char *record, const char *carry)
{
    Buf record_text = {0}, carry_text = {0};

    buf_puts(&record_text, record);
    buf_puts(&carry_text, carry);
    assert_int_equal(fleet_put_record(host->fleet, HOST_KEY(1), &record_text, &carry_text), 0);
    buf_done(&record_text);
    buf_done(&carry_text);
}

/* Whether the watch has told that the host is drained. */
static bool shows_drained(const Host *host)
{
    const EtcdKey *key = mirror_find(fleet_mirror(host->fleet), "hosts/two");

    return key && strstr(key->value, "\"drained\":true");
}

/* Each host shows what the other says of itself, and what neither has in its settings. */
static void test_a_host_shows_all_that_is_known(void **state)
{
    EtcdCase *etcd_case = host_case(state);
    const FleetViewHost *host;
    FleetView view;
    Host one, two;

    host_prepare(&one, etcd_case, "one", HOST_LEASE, HOST_HANDOVER);
    one.settings.max_instances = 7;
    str_copy(one.set.head, sizeof(one.set.head), "0123456789");
    host_open(&one);
    host_begin(&one, 2);
    AWAIT(etcd_case, one.begun == 2);
    host_stand_by(&two, etcd_case, "two", 1);
    AWAIT(etcd_case,
          str_equal(shown_owner(&two, 0), "one") && str_equal(shown_owner(&two, 1), "one"));
    fleet_drain(two.fleet);
    AWAIT(etcd_case, shows_drained(&two));
    assert_int_equal(fleet_view_fill(two.fleet, &view), 0);
    assert_string_equal(view.host, "two");
    assert_true(view.is_current && view.is_drained && view.has_lease);
    assert_true(view.lease_usec > 0 && view.lease_usec <= HOST_LEASE);
    assert_string_equal(view.trouble, "");
    assert_int_equal(view.host_count, 2);
    host = &view.hosts[0];
    assert_string_equal(host->name, "one");
    assert_string_equal(host->version, ROSTERD_VERSION);
    assert_string_equal(host->set_digest, one.set.digest);
    assert_string_equal(host->set_head, "0123456789");
    assert_int_equal(host->since[0], '2');
    assert_false(host->is_self || host->is_drained);
    assert_int_equal(host->max_instances, 7);
    assert_int_equal(host->owned_count, 2);
    host = &view.hosts[1];
    assert_string_equal(host->name, "two");
    assert_string_equal(host->set_head, "");
    assert_true(host->is_self && host->is_drained);
    assert_int_equal(host->max_instances, 0);
    assert_int_equal(host->owned_count, 0);
    assert_int_equal(view.instance_count, 2);
    assert_string_equal(view.instances[0].key, HOST_KEY(1));
    assert_string_equal(view.instances[0].name, "one");
    assert_string_equal(view.instances[1].key, HOST_KEY(2)); /* the other's alone */
    assert_string_equal(view.instances[1].name, "");
    for (size_t i = 0; i < 2; i++) {
        assert_string_equal(view.instances[i].owner, "one");
        assert_string_equal(view.instances[i].last, "one");
        assert_int_equal(view.instances[i].since[0], '2');
        assert_false(view.instances[i].is_self);
        assert_string_equal(view.instances[i].record, "");
    }
    fleet_view_done(&view);
    host_stop(&two);
    host_stop(&one);
}

static void test_what_is_put_down_after_a_pass_goes_to_the_next_owner(void **state)
{
    EtcdCase *etcd_case = host_case(state);
    Host one, two;
    FleetView view;

    host_own(&one, etcd_case, "one", HOST_LEASE, 1);
    put_record(&one, "{\"n\":1}", "{\"carry\":1}");
    put_record(&one, "{\"n\":2}", "{\"carry\":2}"); /* while the first is under way */
    put_record(&one, "{\"n\":3}", "{\"carry\":3}"); /* the newest wins */
    host_stop(&one);
    host_own(&two, etcd_case, "two", HOST_LEASE, 1);
    assert_string_equal(two.carry, "{\"carry\":3}");
    AWAIT(etcd_case,
          mirror_is_current(fleet_mirror(two.fleet)) && str_equal(shown_owner(&two, 0), "two"));
    assert_int_equal(fleet_view_fill(two.fleet, &view), 0);
    assert_string_equal(view.instances[0].record, "{\"n\":3}");
    assert_string_equal(view.instances[0].name, "one");
    fleet_view_done(&view);
    host_stop(&two);
}

static void test_the_set_of_the_one_before_is_what_its_last_record_went_by(void **state)
{
    EtcdCase *etcd_case = host_case(state);
    FleetConditions conditions;
    Host one, two;

    host_own(&one, etcd_case, "one", HOST_LEASE, 1);
    memset(one.set.digest, 'b', DIGEST_WHOLE);
    host_set_instances(&one, 1);
    put_record(&one, "{}", "{}");
    AWAIT(etcd_case, strstr(host_find(etcd_case, "last/"), "bbbb"));
    host_make(&two, etcd_case, "two", HOST_LEASE, HOST_HANDOVER);
    memset(two.set.digest, 'b', DIGEST_WHOLE);
    host_begin(&two, 1);
    AWAIT(etcd_case, mirror_is_current(fleet_mirror(two.fleet)));
    host_stop(&one);
    AWAIT(etcd_case, two.begun == 1);
    fleet_get_conditions(two.fleet, HOST_KEY(1), USEC_PER_SEC, &conditions);
    assert_string_equal(conditions.roster, "");
    host_stop(&two);
}

/* What is to be written only where nothing stands is written by the first try, and the second one
 * finds it there. */
static void test_a_write_whose_answer_is_lost_is_one_that_was_done(void **state)
{
    EtcdCase *etcd_case = host_case(state);
    Host one;

    host_start(&one, etcd_case, "one", 0);
    AWAIT(etcd_case, host_count(etcd_case, "hosts/") == 1);
    etcd_proxy_lose(one.proxy, "kv/txn", 1);
    host_write_if(&one, "pauses/new", "{\"reason\":\"one\"}", 0);
    assert_int_equal(one.result, FLEET_WRITTEN);
    host_write_if(&one, "pauses/new", "{\"reason\":\"another\"}", 0);
    assert_int_equal(one.result, FLEET_DIFFERS);
    assert_string_equal(host_find(etcd_case, "pauses/new"), "{\"reason\":\"one\"}");
    host_die(&one);
}

/* Renewals, and nothing else. */
static void test_in_quiet_times_a_host_costs_its_renewals(void **state)
{
    EtcdCase *etcd_case = host_case(state);
    size_t all, renewals;
    Host one;

    host_make(&one, etcd_case, "one", 2 * USEC_PER_SEC, HOST_HANDOVER);
    host_begin(&one, 4);
    AWAIT(etcd_case, one.begun == 4 && mirror_is_current(fleet_mirror(one.fleet)));
    AWAIT(etcd_case, etcd_proxy_count(one.proxy, "/v3/lease/keepalive") >= 1);
    all = etcd_proxy_count(one.proxy, "POST /v3/");
    renewals = etcd_proxy_count(one.proxy, "/v3/lease/keepalive");
    AWAIT(etcd_case, etcd_proxy_count(one.proxy, "/v3/lease/keepalive") >= renewals + 3);
    assert_int_equal(etcd_proxy_count(one.proxy, "POST /v3/") - all,
                     etcd_proxy_count(one.proxy, "/v3/lease/keepalive") - renewals);
    host_stop(&one);
}

/* What etcd has forgotten is read anew: nothing that changed meanwhile is missed. */
static void test_what_was_compacted_while_cut_off_is_read_anew(void **state)
{
    EtcdCase *etcd_case = host_case(state);
    Host one, two;
    char body[64];

    host_start(&one, etcd_case, "one", 0);
    host_start(&two, etcd_case, "two", 0);
    host_write(&two, "pauses/old", "{}");
    AWAIT(etcd_case, mirror_find(fleet_mirror(one.fleet), "pauses/old"));
    etcd_proxy_cut(one.proxy, true);
    host_write(&two, "pauses/old", NULL);
    host_write(&two, "pauses/new", "{}");
    (void)host_find(etcd_case, "pauses/");
    snprintf(body, sizeof(body), "{\"revision\":\"%llu\"}",
             (unsigned long long)etcd_case->txn.revision);
    etcd_case_ask(etcd_case, "kv/compaction", body);
    assert_int_equal(etcd_case->result, ETCD_ANSWERED);
    etcd_proxy_cut(one.proxy, false);
    AWAIT(etcd_case, mirror_find(fleet_mirror(one.fleet), "pauses/new"));
    assert_null(mirror_find(fleet_mirror(one.fleet), "pauses/old"));
    host_die(&one);
    host_die(&two);
}

/* A watch that hangs shows by the revisions of renewals. */
static void test_a_watch_that_hangs_is_replaced(void **state)
{
    EtcdCase *etcd_case = host_case(state);
    Host one, two;

    host_make(&one, etcd_case, "one", 2 * USEC_PER_SEC, HOST_HANDOVER);
    host_begin(&one, 0);
    AWAIT(etcd_case, mirror_is_current(fleet_mirror(one.fleet)));
    host_start(&two, etcd_case, "two", 0);
    AWAIT(etcd_case, host_count(etcd_case, "hosts/") == 2);
    AWAIT(etcd_case, mirror_find(fleet_mirror(one.fleet), "hosts/two"));
    etcd_proxy_hang(one.proxy, "create_request");
    host_write(&two, "pauses/new", "{}");
    AWAIT(etcd_case, mirror_find(fleet_mirror(one.fleet), "pauses/new"));
    host_die(&one);
    host_die(&two);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_a_name_that_another_holds_stands_by_until_it_is_free,
                               etcd_case_begin),
        cmocka_unit_test_setup(test_a_host_takes_as_many_as_it_may_and_more_once_it_has_room,
                               etcd_case_begin),
        cmocka_unit_test_setup(test_a_drained_host_gives_away_what_is_quiet_and_takes_nothing,
                               etcd_case_begin),
        cmocka_unit_test_setup(test_a_host_shows_all_that_is_known, etcd_case_begin),
        cmocka_unit_test_setup(test_what_is_put_down_after_a_pass_goes_to_the_next_owner,
                               etcd_case_begin),
        cmocka_unit_test_setup(test_the_set_of_the_one_before_is_what_its_last_record_went_by,
                               etcd_case_begin),
        cmocka_unit_test_setup(test_a_write_whose_answer_is_lost_is_one_that_was_done,
                               etcd_case_begin),
        cmocka_unit_test_setup(test_in_quiet_times_a_host_costs_its_renewals, etcd_case_begin),
        cmocka_unit_test_setup(test_what_was_compacted_while_cut_off_is_read_anew, etcd_case_begin),
        cmocka_unit_test_setup(test_a_watch_that_hangs_is_replaced, etcd_case_begin),
    };
    return cmocka_run_group_tests(tests, etcd_case_setup, etcd_case_teardown);
}
