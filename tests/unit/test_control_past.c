/* SPDX-License-Identifier: MIT */
/* An undo of a pass that the history here does not hold: out of what its owner made known in etcd
 * before it changed anything, whichever host that was. */
#include "tests/unit/control_hosts.h"

#include <inttypes.h>

#include "daemon/control/handle_undo_internal.h"

#define PASS "2026-11-24T15:04:05Z-1"
#define PASS_USEC UINT64_C(1795532645000000)
#define ASK "{\"pass\":\"" PASS "\"}"
#define NONE                                                                                       \
    "\"neither the history of this host nor what owners made known in the last 7 days holds a "    \
    "change of pass "

#define DELETE_1                                                                                   \
    "{\"kind\":\"delete\",\"member_id\":\"102\",\"identity\":\"AGk=\",\"before\":\"{\\\"a\\\":1}"  \
    "\"}"
#define ENABLE_1                                                                                   \
    "{\"kind\":\"enable\",\"member_id\":\"103\",\"identity\":\"AGo=\",\"before\":\"{}\"}"
#define CORRECT_1                                                                                  \
    "{\"kind\":\"correct\",\"member_id\":\"104\",\"identity\":\"AGs=\",\"before\":\"{\\\"b\\\":2}" \
    "\",\"after\":\"{\\\"b\\\":3}\"}"
#define ADD_1 "{\"kind\":\"add\",\"identity\":\"AGw=\",\"after\":\"{\\\"c\\\":4}\"}"

/* As the history of the host that has them would have it handed over. */
#define ACTION(number, kind, id, identity, before, after)                                          \
    "{\"action\":" number ",\"kind\":\"" kind "\",\"channel_id\":\"" FIRST                         \
    "\",\"channel_name\":\"payments\",\"member_id\":" id ",\"identity\":\"" identity               \
    "\",\"before\":" before ",\"after\":" after                                                    \
    ",\"original\":null,\"outcome\":null,\"weight\":null}"
#define DELETED_1 ACTION("1", "delete", "\"102\"", "AGk=", "\"{\\\"a\\\":1}\"", "null")

/* A piece of an intent of an instance, made known `after_usec` after the pass began. */
static void intend(const char *hash, int64_t after_usec, const char *pass, bool is_undo,
                   const char *changes)
{
    char json[1024];
    static int piece;

    snprintf(json, sizeof(json),
             "{\"host\":\"admin-b\",\"pass\":\"%s\",\"digest\":\"\",\"channel_id\":\"" FIRST
             "\",\"channel_name\":\"payments\",\"undo\":%s,\"changes\":[%s]}",
             pass, is_undo ? "true" : "false", changes);
    control_hosts_write(json, KEYS_INTENTS "%s/%020" PRIu64 "-x/c/%d", hash,
                        PASS_USEC + (uint64_t)after_usec, piece++);
}

static void intend_here(int64_t after_usec, const char *changes)
{
    intend(control_hosts.hash, after_usec, PASS, false, changes);
}

/* Each change in a row is what the owner is handed, for this request. */
static void expect_handed(const char *body, const char *actions)
{
    ControlCase *control_case = control_hosts_here();
    int fd = control_case_send_request(control_case, "POST", CONTROL_PATH_UNDO, body);
    const EtcdKey *key = control_hosts_await_key(KEYS_UNDO);
    char wanted[2048], name[KEYS_NAME_SIZE];

    snprintf(name, sizeof(name), "%s", mirror_name(fleet_mirror(control_hosts.there.fleet), key));
    snprintf(wanted, sizeof(wanted), "\"actions\":[%s]}", actions);
    client_case_assert_has(key->value, wanted);
    client_case_assert_has(key->value, "\"pass\":\"" PASS "\"");
    snprintf(wanted, sizeof(wanted), "{\"instance\":\"%s\",", control_hosts.key);
    client_case_assert_has(key->value, wanted);
    control_hosts_write("{\"instance\":\"i\",\"host\":\"admin-a\",\"pass\":\"p\",\"actions\":[],"
                        "\"owner\":\"admin-b\",\"answer\":\"{}\"}",
                        "%s", name);
    control_case_await_answer(control_case, fd);
    control_case_assert_answered(control_case, 200, "\r\n\r\n{}");
    control_hosts_await_none(KEYS_UNDO);
}

static void expect_none(const char *body)
{
    control_case_assert_post(control_hosts_here(), CONTROL_PATH_UNDO, body, 404, NONE);
    assert_null(control_hosts_here()->control->undoing);
    assert_int_equal(host_count(control_hosts.etcd_case, KEYS_PAUSES), 0);
}

/* ---- which changes ---- */

static void test_each_kind_of_change(void **state)
{
    (void)state;
    control_hosts_here();
    intend_here(0, DELETE_1 "," ENABLE_1 "," CORRECT_1);
    intend_here(1, ADD_1);
    expect_handed(ASK, DELETED_1
                  "," ACTION("2", "correct", "\"104\"", "AGs=", "\"{\\\"b\\\":2}\"",
                             "\"{\\\"b\\\":3}\"") "," ACTION("3", "add", "null", "AGw=", "null",
                                                             "\"{\\\"c\\\":4}\""));
    assert_true(control_hosts_is_paused("payments"));
    expect_handed("{\"pass\":\"" PASS "\",\"channel\":\"prod/payments\"}", DELETED_1
                  "," ACTION("2", "correct", "\"104\"", "AGs=", "\"{\\\"b\\\":2}\"",
                             "\"{\\\"b\\\":3}\"") "," ACTION("3", "add", "null", "AGw=", "null",
                                                             "\"{\\\"c\\\":4}\""));
}

static void test_what_is_none_of_the_pass(void **state)
{
    (void)state;
    control_hosts_here();
    intend(control_hosts.hash, 0, "2026-11-24T15:04:05Z-2", false, DELETE_1);
    intend(control_hosts.hash, 0, PASS, true, DELETE_1);
    intend_here(0, ENABLE_1);
    intend("0000", 0, PASS, false, DELETE_1);
    expect_none(ASK);
    control_case_assert_has(control_hosts_here(), PASS "\"");
    intend_here(5, DELETE_1);
    expect_handed(ASK, DELETED_1);
}

/* A minute before its beginning to a day and an hour after it. */
static void test_when_it_was_made_known(void **state)
{
    const int64_t after_usec = USEC_PER_DAY + USEC_PER_HOUR;

    (void)state;
    control_hosts_here();
    intend_here(-(int64_t)USEC_PER_MINUTE - 1, CORRECT_1);
    intend_here(after_usec, CORRECT_1);
    expect_none(ASK);
    intend_here(-(int64_t)USEC_PER_MINUTE, DELETE_1);
    expect_handed(ASK, DELETED_1);
    intend_here(after_usec - 1, DELETE_1);
    expect_handed(ASK, DELETED_1
                  "," ACTION("2", "delete", "\"102\"", "AGk=", "\"{\\\"a\\\":1}\"", "null"));
}

static void test_a_pass_that_is_named_otherwise(void **state)
{
    (void)state;
    control_hosts_here();
    expect_none("{\"pass\":\"nonsense\"}");
    expect_none("{\"pass\":\"not-1\"}");
    expect_none("{\"pass\":\"1970-01-01T00:00:30Z-1\"}");
    control_case_assert_post(control_hosts_here(), CONTROL_PATH_UNDO, "{\"action\":7}", 404,
                             "\"the history holds no change 7\"");
}

/* By its id, its name, or its instance with either. */
static void test_of_one_channel(void **state)
{
    (void)state;
    control_hosts_here();
    intend_here(0, DELETE_1);
    expect_none("{\"pass\":\"" PASS "\",\"channel\":\"orders\"}");
    expect_none("{\"pass\":\"" PASS "\",\"channel\":\"test/payments\"}");
    expect_handed("{\"pass\":\"" PASS "\",\"channel\":\"payments\"}", DELETED_1);
    expect_handed("{\"pass\":\"" PASS "\",\"channel\":\"" FIRST "\"}", DELETED_1);
    expect_handed("{\"pass\":\"" PASS "\",\"channel\":\"prod/" FIRST "\"}", DELETED_1);
}

static void test_a_dry_run_is_made_here(void **state)
{
    ControlCase *control_case = control_hosts_here();

    (void)state;
    intend_here(0, "{\"kind\":\"delete\",\"member_id\":\"109\",\"identity\":\"AGk=\","
                   "\"before\":\"{\\\"host\\\":\\\"10.1.0.9\\\",\\\"port\\\":80}\"}");
    control_case_assert_post(control_case, CONTROL_PATH_UNDO,
                             "{\"pass\":\"" PASS "\",\"dry_run\":true}", 200, "\"dry_run\": true");
    control_case_assert_has(control_case, "\"undo\": \"" PASS "\"");
    control_case_assert_has(control_case, "\"instance\": \"prod\"");
    assert_int_equal(host_count(control_hosts.etcd_case, KEYS_UNDO), 0);
    assert_int_equal(host_count(control_hosts.etcd_case, KEYS_PAUSES), 0);
}

/* ---- what cannot be read ---- */

static void test_what_is_odd(void **state)
{
    (void)state;
    control_hosts_here();
    intend_here(0, DELETE_1);
    intend_here(1, "{\"kind\":\"destroy\"}");
    control_case_assert_post(control_hosts_here(), CONTROL_PATH_UNDO, ASK, 500,
                             "\"what was changed cannot be read in etcd: changes[0]: kind: is none "
                             "that a change has\"");
    assert_null(control_hosts_here()->control->undoing);
}

static void test_without_etcd(void **state)
{
    ControlCase *control_case = control_hosts_here();
    int fd;

    (void)state;
    etcd_proxy_hold(control_hosts.here.proxy, true);
    fd = control_case_send_request(control_case, "POST", CONTROL_PATH_UNDO, ASK);
    AWAIT_HERE(control_case->control->undoing && control_case->control->undoing->reading);
    etcd_proxy_cut(control_hosts.here.proxy, true);
    control_hosts_end_calls();
    control_case_await_answer(control_case, fd);
    control_case_assert_answered(control_case, 503,
                                 "\"what was changed cannot be read in etcd: etcd ");
    assert_null(control_case->control->undoing);
}

static void test_rosterd_ends_while_it_reads(void **state)
{
    ControlCase *control_case = control_hosts_here();
    int fd;

    (void)state;
    etcd_proxy_hold(control_hosts.here.proxy, true);
    fd = control_case_send_request(control_case, "POST", CONTROL_PATH_UNDO, ASK);
    AWAIT_HERE(control_case->control->undoing && control_case->control->undoing->reading);
    control_set_controller(control_case->control, control_case->controller_case->controller);
    assert_non_null(control_case->control->undoing->reading); /* it reads from the beginning */
    control_hosts_free_control();
    control_case_await_answer(control_case, fd);
    control_case_assert_answered(control_case, 503, "\"rosterd is ending\"");
}

/* ---- two instances ---- */

static void test_it_is_looked_for_in_each_instance(void **state)
{
    ControlCase *control_case = control_hosts_here();
    char hash[DIGEST_HEX_SIZE];

    (void)state;
    control_hosts.key = control_case->controller_case->controller->backend.keys[1];
    assert_int_equal(keys_hash_instance(control_hosts.key, hash), 0);
    expect_none(ASK);
    intend(hash, 0, PASS, false, DELETE_1);
    expect_none("{\"pass\":\"" PASS "\",\"channel\":\"prod/payments\"}");
    expect_handed(ASK, DELETED_1);
    expect_handed("{\"pass\":\"" PASS "\",\"channel\":\"test/payments\"}", DELETED_1);
}

#define TEST_OF(name, setup) cmocka_unit_test_setup_teardown(name, setup, control_hosts_teardown)
#define TEST(name) TEST_OF(name, control_hosts_setup_standing_by)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_each_kind_of_change),
        TEST(test_what_is_none_of_the_pass),
        TEST(test_when_it_was_made_known),
        TEST(test_a_pass_that_is_named_otherwise),
        TEST(test_of_one_channel),
        TEST(test_a_dry_run_is_made_here),
        TEST(test_what_is_odd),
        TEST(test_without_etcd),
        TEST(test_rosterd_ends_while_it_reads),
        TEST_OF(test_it_is_looked_for_in_each_instance, control_hosts_setup_two),
    };

    return cmocka_run_group_tests(tests, etcd_case_setup, etcd_case_teardown);
}
