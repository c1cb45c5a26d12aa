/* SPDX-License-Identifier: MIT */
/* Calls of a real etcd: leases, transactions, what is refused, endpoints that are dead, passwords,
 * and what a watch tells. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/etcd_case.h"

/* Where there is no etcd, the test is skipped. */
static EtcdCase *given(void **state)
{
    EtcdCase *etcd_case = *state;

    if (!etcd_case->etcd)
        skip();
    return etcd_case;
}

static void campaign(EtcdCase *etcd_case, const char *value, int64_t lease)
{
    Buf body = {0};
    EtcdTxn txn;

    etcd_txn_begin(&txn, &body);
    etcd_txn_compare_created(&txn, etcd_case->key, 0);
    etcd_txn_then(&txn);
    etcd_txn_put(&txn, etcd_case->key, value, strlen(value), lease);
    etcd_txn_else(&txn);
    etcd_txn_range(&txn, etcd_case->key);
    etcd_case_ask_txn(etcd_case, &txn, &body);
}

static void test_one_host_wins_and_the_other_learns_of_it(void **state)
{
    EtcdCase *etcd_case = given(state);
    int64_t one = etcd_case_grant(etcd_case, 60), two = etcd_case_grant(etcd_case, 60);
    const EtcdKey *key;
    uint64_t token;

    campaign(etcd_case, "host one", one);
    assert_true(etcd_case->txn.succeeded);
    token = etcd_case->txn.revision;
    campaign(etcd_case, "host two", two);
    assert_false(etcd_case->txn.succeeded);
    assert_int_equal(etcd_case->txn.found[0].count, 1);
    key = &etcd_case->txn.found[0].keys[0];
    assert_string_equal(key->key, etcd_case->key);
    assert_string_equal(key->value, "host one");
    assert_int_equal(key->lease, one);
    assert_int_equal(key->created, token);
}

static void test_a_lease_that_is_gone_is_no_answer_of_success(void **state)
{
    EtcdCase *etcd_case = given(state);
    int64_t lease = etcd_case_grant(etcd_case, 60);
    Buf body = {0};
    EtcdTxn txn;

    assert_true(etcd_case_keep(etcd_case, lease) > 0);
    etcd_put_lease(&body, lease);
    etcd_case_ask(etcd_case, "lease/revoke", buf_text(&body));
    assert_int_equal(etcd_case->result, ETCD_ANSWERED);
    assert_int_equal(etcd_case_keep(etcd_case, lease), 0);
    buf_reset(&body);
    etcd_txn_begin(&txn, &body);
    etcd_txn_then(&txn);
    etcd_txn_put(&txn, etcd_case->key, "1", 1, lease);
    etcd_txn_else(&txn);
    etcd_txn_end(&txn);
    etcd_case_ask(etcd_case, "kv/txn", buf_text(&body));
    buf_done(&body);
    assert_int_equal(etcd_case->result, ETCD_REFUSED);
    assert_int_equal(etcd_case->code, ETCD_CODE_NOT_FOUND);
    assert_non_null(strstr(etcd_case->message, etcd_case->url));
    assert_non_null(strstr(etcd_case->message, "lease not found"));
}

/* Finds all keys of the test, after something was done where the first one has not changed since.
 */
static void look_unless_changed(EtcdCase *etcd_case, uint64_t revision,
                                void (*act)(EtcdTxn *txn, const char *key))
{
    Buf body = {0};
    EtcdTxn txn;

    etcd_txn_begin(&txn, &body);
    etcd_txn_compare_unchanged(&txn, etcd_case->key, revision);
    etcd_txn_then(&txn);
    if (act)
        act(&txn, act == etcd_txn_delete_prefix ? etcd_case->prefix : etcd_case->key);
    etcd_txn_range_prefix(&txn, etcd_case->prefix);
    etcd_txn_else(&txn);
    etcd_case_ask_txn(etcd_case, &txn, &body);
}

static void test_keys_by_their_prefix_and_only_while_unchanged(void **state)
{
    EtcdCase *etcd_case = given(state);
    char second[64];
    uint64_t revision;
    Buf body = {0};
    EtcdTxn txn;

    campaign(etcd_case, "one", 0);
    revision = etcd_case->txn.revision;
    snprintf(second, sizeof(second), "%sother", etcd_case->prefix);
    etcd_txn_begin(&txn, &body);
    etcd_txn_then(&txn);
    etcd_txn_put(&txn, second, "two", 3, 0);
    etcd_txn_else(&txn);
    etcd_case_ask_txn(etcd_case, &txn, &body);
    look_unless_changed(etcd_case, revision, NULL);
    assert_int_equal(etcd_case->txn.found[0].count, 2);
    look_unless_changed(etcd_case, revision - 1, etcd_txn_delete_prefix);
    assert_false(etcd_case->txn.succeeded);
    look_unless_changed(etcd_case, revision, etcd_txn_delete);
    assert_int_equal(etcd_case->txn.found[1].count, 1);
    assert_string_equal(etcd_case->txn.found[1].keys[0].key, second);
    look_unless_changed(etcd_case, revision, etcd_txn_delete_prefix);
    assert_int_equal(etcd_case->txn.found[1].count, 0);
}

static void test_a_path_that_etcd_does_not_know_is_refused_with_a_hint(void **state)
{
    EtcdCase *etcd_case = given(state);

    etcd_case_ask(etcd_case, "no/such", "{}");
    assert_int_equal(etcd_case->result, ETCD_REFUSED);
    assert_non_null(strstr(etcd_case->message, "is it etcd 3.4 or newer?"));
}

static void test_a_dead_endpoint_costs_one_try(void **state)
{
    EtcdCase *etcd_case = given(state);

    etcd_case->endpoints[1] = etcd_case->url;
    etcd_case->endpoints[0] = "http://127.0.0.1:1";
    etcd_case->settings.endpoint_count = 2;
    etcd_case_ask(etcd_case, "maintenance/status", "{}");
    assert_int_equal(etcd_case->result, ETCD_ANSWERED);
}

static void test_without_any_endpoint_it_is_unanswered_and_says_why(void **state)
{
    EtcdCase *etcd_case = given(state);

    etcd_case->endpoints[0] = "http://127.0.0.1:1";
    etcd_case->timeout_usec = USEC_PER_SEC;
    etcd_case_ask(etcd_case, "kv/range", "{}");
    assert_int_equal(etcd_case->result, ETCD_UNANSWERED);
    assert_non_null(strstr(etcd_case->message, "etcd at http://127.0.0.1:1: "));
}

static void test_it_logs_in_where_users_are_asked_for(void **state)
{
    EtcdCase *etcd_case = given(state);
    Secret *password = secret_new_copy("secret-1", 8), *wrong = secret_new_copy("other", 5);

    etcd_case_ask(etcd_case, "auth/user/add", "{\"name\":\"root\",\"password\":\"secret-1\"}");
    etcd_case_ask(etcd_case, "auth/role/add", "{\"name\":\"root\"}");
    etcd_case_ask(etcd_case, "auth/user/grant", "{\"user\":\"root\",\"role\":\"root\"}");
    etcd_case_ask(etcd_case, "auth/enable", "{}");
    assert_int_equal(etcd_case->result, ETCD_ANSWERED);
    etcd_case_ask(etcd_case, "kv/range", "{\"key\":\"YQ==\"}");
    assert_int_equal(etcd_case->result, ETCD_REFUSED);
    etcd_case->settings.user = "root";
    etcd_case->settings.password = wrong;
    etcd_case_ask(etcd_case, "kv/range", "{\"key\":\"YQ==\"}");
    assert_int_equal(etcd_case->result, ETCD_REFUSED);
    assert_null(strstr(etcd_case->message, "other"));
    etcd_case->settings.password = password;
    for (size_t i = 0; i < 3; i++)
        etcd_case_submit(etcd_case, "kv/range", "{\"key\":\"YQ==\"}");
    etcd_case_await(etcd_case, etcd_case->answers + 3);
    assert_int_equal(etcd_case->result, ETCD_ANSWERED);
    secret_free(password);
    secret_free(wrong);
}

/* ---- watching ---- */

typedef struct Told {
    size_t count, calls;
    bool is_delete[8];
    char keys[8][32];
    uint64_t revision;
    bool has_ended, is_forgotten;
} Told;

static void on_events(void *userdata, const EtcdEvent *events, size_t count, uint64_t revision)
{
    Told *told = userdata;

    told->calls++;
    for (size_t i = 0; i < count; i++, told->count++) {
        assert_true(told->count < 8);
        told->is_delete[told->count] = events[i].is_delete;
        snprintf(told->keys[told->count], sizeof(told->keys[0]), "%s", events[i].key.key);
    }
    told->revision = revision;
}

static void on_end(void *userdata, bool is_forgotten, const char *why)
{
    Told *told = userdata;

    assert_true(why[0] != '\0');
    told->has_ended = true;
    told->is_forgotten = is_forgotten;
}

static const EtcdWatchOps watch_ops = {.on_events = on_events, .on_end = on_end};

static void turn_until(EtcdCase *etcd_case, const bool *flag, const size_t *count, size_t wanted)
{
    uint64_t end_usec = clock_monotonic_usec() + 60 * USEC_PER_SEC;

    while (flag ? !*flag : *count < wanted) {
        assert_true(clock_monotonic_usec() < end_usec);
        assert_true(sd_event_run(etcd_case->event, USEC_PER_SEC) >= 0);
    }
}

static void test_a_watch_tells_what_changes_from_a_revision_on(void **state)
{
    EtcdCase *etcd_case = given(state);
    int64_t lease = etcd_case_grant(etcd_case, 60);
    Told told = {0};
    EtcdWatch *watch;
    Buf body = {0};

    campaign(etcd_case, "host one", lease);
    assert_int_equal(etcd_watch_new(etcd_case->etcd, 0, etcd_case->prefix, "/~",
                                    etcd_case->txn.revision, 60 * USEC_PER_SEC, &watch_ops, &told,
                                    &watch),
                     0);
    turn_until(etcd_case, NULL, &told.count, 1);
    etcd_put_lease(&body, lease);
    etcd_case_ask(etcd_case, "lease/revoke", buf_text(&body));
    buf_done(&body);
    turn_until(etcd_case, NULL, &told.count, 2);
    assert_string_equal(told.keys[0], etcd_case->key);
    assert_false(told.is_delete[0]);
    assert_true(told.is_delete[1]);
    assert_true(told.revision > etcd_case->txn.revision);
    etcd_watch_free(watch);
}

static void test_a_watch_of_what_is_compacted_says_so(void **state)
{
    EtcdCase *etcd_case = given(state);
    Told told = {0};
    EtcdWatch *watch;
    char body[64];

    campaign(etcd_case, "x", etcd_case_grant(etcd_case, 60));
    snprintf(body, sizeof(body), "{\"revision\":\"%llu\"}",
             (unsigned long long)etcd_case->txn.revision);
    etcd_case_ask(etcd_case, "kv/compaction", body);
    assert_int_equal(etcd_case->result, ETCD_ANSWERED);
    assert_int_equal(etcd_watch_new(etcd_case->etcd, 0, etcd_case->prefix, "/~", 1,
                                    60 * USEC_PER_SEC, &watch_ops, &told, &watch),
                     0);
    turn_until(etcd_case, &told.has_ended, NULL, 0);
    assert_true(told.is_forgotten);
    etcd_watch_free(watch);
}

static void test_a_watch_ends_after_its_time(void **state)
{
    EtcdCase *etcd_case = given(state);
    Told told = {0};
    EtcdWatch *watch;

    assert_int_equal(etcd_watch_new(etcd_case->etcd, 0, etcd_case->prefix, "/~", 0,
                                    300 * USEC_PER_MSEC, &watch_ops, &told, &watch),
                     0);
    turn_until(etcd_case, &told.has_ended, NULL, 0);
    assert_false(told.is_forgotten);
    etcd_watch_free(watch);
}

/* One server for all; who asks for users comes last. */
int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_one_host_wins_and_the_other_learns_of_it, etcd_case_begin),
        cmocka_unit_test_setup(test_a_lease_that_is_gone_is_no_answer_of_success, etcd_case_begin),
        cmocka_unit_test_setup(test_keys_by_their_prefix_and_only_while_unchanged, etcd_case_begin),
        cmocka_unit_test_setup(test_a_path_that_etcd_does_not_know_is_refused_with_a_hint,
                               etcd_case_begin),
        cmocka_unit_test_setup(test_a_dead_endpoint_costs_one_try, etcd_case_begin),
        cmocka_unit_test_setup(test_without_any_endpoint_it_is_unanswered_and_says_why,
                               etcd_case_begin),
        cmocka_unit_test_setup(test_a_watch_tells_what_changes_from_a_revision_on, etcd_case_begin),
        cmocka_unit_test_setup(test_a_watch_of_what_is_compacted_says_so, etcd_case_begin),
        cmocka_unit_test_setup(test_a_watch_ends_after_its_time, etcd_case_begin),
        cmocka_unit_test_setup(test_it_logs_in_where_users_are_asked_for, etcd_case_begin),
    };
    return cmocka_run_group_tests(tests, etcd_case_setup, etcd_case_teardown);
}
