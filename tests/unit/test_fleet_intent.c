/* SPDX-License-Identifier: MIT */
/* What an owner makes known before it changes a channel: what it is compared with, what it spends,
 * and what the next owner finds of it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/str.h"
#include "daemon/fleet/fleet_pieces.h"
#include "daemon/fleet/keys.h"
#include "tests/unit/host_case.h"

#define APPROVAL "0123456789abcdef"

/* An owner of one instance; where there is no etcd, the test is skipped. */
static EtcdCase *given_owner_for(void **state, Host *host, uint64_t lease_usec)
{
    EtcdCase *etcd_case = host_case(state);

    host_own(host, etcd_case, "one", lease_usec, 1);
    return etcd_case;
}

static EtcdCase *given_owner(void **state, Host *host)
{
    return given_owner_for(state, host, HOST_LEASE);
}

static void test_it_is_written_and_the_next_owner_finds_it(void **state)
{
    Host one, two;
    EtcdCase *etcd_case = given_owner(state, &one);
    char hash[DIGEST_HEX_SIZE], old[KEYS_NAME_SIZE];

    assert_int_equal(keys_hash_instance(HOST_KEY(1), hash), 0);
    keys_format_intents(hash, 1, old); /* of 1970: the next one takes it away */
    host_write(&one, old, "{}");
    for (size_t i = 0; i < 6; i++) { /* more than come with the campaign */
        host_intend(&one, 2, NULL);
        assert_int_equal(one.end, INTENT_TAKEN);
    }
    assert_int_equal(host_count(etcd_case, "~intents/"), 6);
    host_stop(&one);
    host_own(&two, etcd_case, "two", HOST_LEASE, 1);
    assert_int_equal(two.intent_count, 6);
    assert_non_null(strstr(two.intent, "\"pass\":\"pass-1\""));
    assert_non_null(strstr(two.intent, "\"kind\":\"delete\""));
    assert_non_null(strstr(two.intent, "\"identity\":\"eAB5\""));
    assert_non_null(strstr(two.intent, "\"before\":\"{\\\"id\\\": \\\"member\\\"}\""));
    host_stop(&two);
}

static int count_intent(void *userdata, const EtcdKey *key)
{
    (void)key;
    (*(size_t *)userdata)++;
    return 0;
}

static bool has_read;

static void on_read(void *userdata, const char *why)
{
    (void)userdata;
    assert_null(why);
    has_read = true;
}

/* The next owner reads those of the last hour, for an undo anybody those of its time; names that
 * are none of ours are passed over. */
static void test_intents_are_read_by_their_time(void **state)
{
    static const FleetReadOps ops = {.on_intent = count_intent, .on_end = on_read};
    static const struct {
        uint64_t ago_usec;
        const char *rest;
    } rows[] = {
        {2 * USEC_PER_HOUR, "-pass/channel-1/0"},
        {USEC_PER_HOUR + 6 * USEC_PER_MINUTE, "-pass/channel-1/0"},
        {USEC_PER_HOUR + 4 * USEC_PER_MINUTE, "-pass/channel-2/0"},
        {USEC_PER_MINUTE, "-pass"},
        {USEC_PER_MINUTE, "x-pass/channel-1/0"},
    };
    const uint64_t now_usec = clock_realtime_usec();
    Host one, two;
    EtcdCase *etcd_case = given_owner(state, &one);
    FleetReading *reading;
    char hash[DIGEST_HEX_SIZE], name[KEYS_NAME_SIZE];
    size_t count = 0;

    assert_int_equal(keys_hash_instance(HOST_KEY(1), hash), 0);
    for (size_t i = 0; i < ELEMENTS(rows); i++) {
        size_t size;

        keys_format_intents(hash, now_usec - rows[i].ago_usec, name);
        size = strlen(name);
        snprintf(name + size, sizeof(name) - size, "%s", rows[i].rest);
        host_write(&one, name, "{}");
    }
    has_read = false;
    assert_int_equal(fleet_read_intents(one.fleet, HOST_KEY(1), now_usec - 3 * USEC_PER_HOUR,
                                        now_usec - USEC_PER_HOUR - 5 * USEC_PER_MINUTE, &ops,
                                        &count, &reading),
                     0);
    AWAIT(etcd_case, has_read);
    assert_int_equal(count, 2);
    host_stop(&one);
    host_own(&two, etcd_case, "two", HOST_LEASE, 1);
    assert_int_equal(two.intent_count, 1);
    host_stop(&two);
}

/* A pause of any scope that another host has set, and that this one has not heard of. */
static void test_a_pause_holds_it_whoever_set_it(void **state)
{
    Host one, two;
    EtcdCase *etcd_case = given_owner(state, &one);
    const struct {
        const char *key, *channel;
        bool is_name;
        PauseScope scope;
    } rows[] = {{NULL, NULL, false, PAUSE_SCOPE_ALL},
                {HOST_KEY(1), NULL, false, PAUSE_SCOPE_INSTANCE},
                {HOST_KEY(1), "channel-1", false, PAUSE_SCOPE_CHANNEL},
                {HOST_KEY(1), "payments", true, PAUSE_SCOPE_CHANNEL}};

    host_start(&two, etcd_case, "two", 0);
    for (size_t i = 0; i < ELEMENTS(rows); i++) {
        char name[KEYS_NAME_SIZE];

        assert_int_equal(keys_format_pause(rows[i].key, rows[i].channel, rows[i].is_name, name), 0);
        host_write(&two, name, "{\"reason\":\"migration\"}");
        host_intend(&one, 1, NULL);
        assert_int_equal(one.end, INTENT_PAUSED);
        assert_int_equal(one.scope, rows[i].scope);
        assert_string_equal(one.text, "migration");
        host_write(&two, name, NULL);
    }
    host_intend(&one, 1, NULL);
    assert_int_equal(one.end, INTENT_TAKEN);
    assert_int_equal(host_count(etcd_case, "~intents/"), 1);
    host_die(&one);
    host_die(&two);
}

static void test_a_pause_that_is_over_or_of_another_channel_holds_nothing(void **state)
{
    Host one, two;
    EtcdCase *etcd_case = given_owner(state, &one);
    char name[KEYS_NAME_SIZE];

    host_start(&two, etcd_case, "two", 0);
    assert_int_equal(keys_format_pause(HOST_KEY(1), "orders", true, name), 0);
    host_write(&two, name, "{\"reason\":\"of another channel\"}");
    assert_int_equal(keys_format_pause(HOST_KEY(2), NULL, false, name), 0);
    host_write(&two, name, "{\"reason\":\"of another instance\"}");
    host_intend(&one, 1, NULL);
    assert_int_equal(one.end, INTENT_TAKEN);
    assert_int_equal(keys_format_pause(NULL, NULL, false, name), 0);
    host_write(&two, name, "{\"reason\":\"over\",\"until_usec\":1}"); /* not heard of yet */
    host_intend(&one, 1, NULL);
    assert_int_equal(one.end, INTENT_TAKEN);
    AWAIT(etcd_case, mirror_find(fleet_mirror(one.fleet), name));
    host_intend(&one, 1, NULL);
    assert_int_equal(one.end, INTENT_TAKEN);
    host_write(&two, name, "not JSON"); /* what nobody understands holds */
    host_intend(&one, 1, NULL);
    assert_int_equal(one.end, INTENT_PAUSED);
    host_die(&one);
    host_die(&two);
}

static void test_an_undo_does_not_ask_for_pauses(void **state)
{
    Host one;
    EtcdCase *etcd_case = given_owner(state, &one);
    char name[KEYS_NAME_SIZE];

    assert_int_equal(keys_format_pause(HOST_KEY(1), "payments", true, name), 0);
    host_write(&one, name, "{\"reason\":\"undo\"}");
    assert_int_equal(host_submit_intent(&one, 1, NULL, true), 0);
    AWAIT(etcd_case, one.intended == 1);
    assert_int_equal(one.end, INTENT_TAKEN);
    host_die(&one);
}

static void test_an_approval_is_spent_once(void **state)
{
    Host one;
    EtcdCase *etcd_case = given_owner(state, &one);

    host_intend(&one, 1, APPROVAL);
    assert_int_equal(one.end, INTENT_APPROVAL_GONE);
    assert_int_equal(host_count(etcd_case, "~intents/"), 0);
    host_write(&one, KEYS_APPROVALS APPROVAL, "{}");
    host_intend(&one, 1, APPROVAL);
    assert_int_equal(one.end, INTENT_TAKEN);
    assert_int_equal(host_count(etcd_case, KEYS_APPROVALS), 0);
    host_intend(&one, 1, APPROVAL);
    assert_int_equal(one.end, INTENT_APPROVAL_GONE);
    host_die(&one);
}

static void test_an_approval_that_was_spent_without_an_answer_is_spent_for_it(void **state)
{
    Host one;
    EtcdCase *etcd_case = given_owner(state, &one);

    host_write(&one, KEYS_APPROVALS APPROVAL, "{}");
    etcd_proxy_lose(one.proxy, "kv/txn", 1);
    host_intend(&one, 1, APPROVAL);
    assert_int_equal(one.end, INTENT_TAKEN);
    assert_int_equal(host_count(etcd_case, KEYS_APPROVALS), 0);
    host_die(&one);
}

static void test_many_changes_go_in_pieces_of_which_the_first_spends_the_approval(void **state)
{
    Host one, two;
    EtcdCase *etcd_case = given_owner(state, &one);

    host_write(&one, KEYS_APPROVALS APPROVAL, "{}");
    host_intend(&one, 2 * FLEET_PIECES_CHANGES_MAX + 1, APPROVAL);
    assert_int_equal(one.end, INTENT_TAKEN);
    assert_int_equal(host_count(etcd_case, "~intents/"), 3);
    assert_int_equal(host_count(etcd_case, KEYS_APPROVALS), 0);
    host_stop(&one);
    host_own(&two, etcd_case, "two", HOST_LEASE, 1);
    assert_int_equal(two.intent_count, 3);
    assert_non_null(strstr(two.intent, "\"pieces\":3"));
    host_stop(&two);
}

/* The key of the owner is another's, whoever made it: the token does not hold. */
static void test_who_has_lost_the_instance_makes_nothing_known(void **state)
{
    Host one;
    EtcdCase *etcd_case = given_owner(state, &one);
    char hash[DIGEST_HEX_SIZE], name[KEYS_NAME_SIZE];
    Buf body = {0}, key = {0};
    EtcdTxn txn;

    assert_int_equal(keys_hash_instance(HOST_KEY(1), hash), 0);
    keys_format(KEYS_OWNER, hash, name);
    buf_printf(&key, "%s%s", etcd_case->prefix, name);
    assert_int_equal(host_submit_intent(&one, 1, NULL, false), 0);
    AWAIT(etcd_case, one.intended == 1);
    etcd_proxy_hang(one.proxy, "create_request"); /* it does not hear of what comes */
    etcd_txn_begin(&txn, &body);
    etcd_txn_then(&txn);
    etcd_txn_delete(&txn, buf_text(&key));
    etcd_txn_else(&txn);
    etcd_case_ask_txn(etcd_case, &txn, &body);
    etcd_txn_begin(&txn, &body);
    etcd_txn_then(&txn);
    etcd_txn_put(&txn, buf_text(&key), "{}", 2, 0);
    etcd_txn_else(&txn);
    etcd_case_ask_txn(etcd_case, &txn, &body);
    buf_done(&key);
    assert_int_equal(host_submit_intent(&one, 1, NULL, false), 0);
    AWAIT(etcd_case, one.intended == 2);
    assert_int_equal(one.end, INTENT_LOST);
    assert_int_equal(one.dropped, 1);
    assert_int_equal(fleet_allows_usec(one.fleet, HOST_KEY(1), USEC_PER_SEC), 0);
    assert_int_equal(host_count(etcd_case, "~intents/"), 1);
    assert_int_equal(host_submit_intent(&one, 1, NULL, false), -EPERM);
    host_die(&one);
}

static void test_without_etcd_nothing_is_known(void **state)
{
    Host one;
    EtcdCase *etcd_case = given_owner_for(state, &one, 4 * USEC_PER_SEC);

    etcd_proxy_cut(one.proxy, true);
    host_intend(&one, 1, NULL);
    assert_int_equal(one.end, INTENT_UNANSWERED);
    assert_non_null(strstr(one.text, etcd_proxy_url(one.proxy)));
    assert_int_equal(host_count(etcd_case, "~intents/"), 0);
    host_die(&one);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_it_is_written_and_the_next_owner_finds_it, etcd_case_begin),
        cmocka_unit_test_setup(test_intents_are_read_by_their_time, etcd_case_begin),
        cmocka_unit_test_setup(test_a_pause_holds_it_whoever_set_it, etcd_case_begin),
        cmocka_unit_test_setup(test_a_pause_that_is_over_or_of_another_channel_holds_nothing,
                               etcd_case_begin),
        cmocka_unit_test_setup(test_an_undo_does_not_ask_for_pauses, etcd_case_begin),
        cmocka_unit_test_setup(test_an_approval_is_spent_once, etcd_case_begin),
        cmocka_unit_test_setup(test_an_approval_that_was_spent_without_an_answer_is_spent_for_it,
                               etcd_case_begin),
        cmocka_unit_test_setup(
            test_many_changes_go_in_pieces_of_which_the_first_spends_the_approval, etcd_case_begin),
        cmocka_unit_test_setup(test_who_has_lost_the_instance_makes_nothing_known, etcd_case_begin),
        cmocka_unit_test_setup(test_without_etcd_nothing_is_known, etcd_case_begin),
    };
    return cmocka_run_group_tests(tests, etcd_case_setup, etcd_case_teardown);
}
