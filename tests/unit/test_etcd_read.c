/* SPDX-License-Identifier: MIT */
/* Answers that are none of etcd's: each is refused, and nothing is taken for something else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "daemon/base/mem.h"
#include "daemon/fleet/etcd_txn.h"
#include "daemon/json/json_parser.h"

static Json *parse(const char *text)
{
    Json *root = NULL;
    Err err = {0};

    if (json_parse_once(text, strlen(text), &root, &err) < 0)
        fail_msg("%s: %s", text, err.text);
    return root;
}

static void test_transactions_that_are_none(void **state)
{
    static const char *const odd[][2] = {
        {"{}", "no revision"},
        {"{\"header\":{\"revision\":\"0\"}}", "no revision"},
        {"{\"header\":{\"revision\":\"-1\"}}", "revision: should be a whole number"},
        {"{\"header\":{\"revision\":true}}", "revision: should be a whole number"},
        {"{\"header\":{\"revision\":\"1\"},\"succeeded\":\"true\"}", "true or false, is a string"},
        {"{\"header\":{\"revision\":\"1\"},\"responses\":[{\"response_range\":{\"kvs\":{}}}]}",
         "kvs: should be a list"},
        {"{\"header\":{\"revision\":\"1\"},\"responses\":[{\"response_range\":{\"kvs\":[1]}}]}",
         "a key: should be an object"},
    };

    (void)state;
    for (size_t i = 0; i < ELEMENTS(odd); i++) {
        _cleanup_(json_freep) Json *root = parse(odd[i][0]);
        EtcdTxnAnswer answer;
        Arena arena = {0};
        Err err = {0};

        assert_int_equal(etcd_read_txn(root, &arena, &answer, &err), -EPROTO);
        if (!strstr(err.text, odd[i][1]))
            fail_msg("%s: %s", odd[i][0], err.text);
        arena_done(&arena);
    }
}

static void test_keys_that_are_none(void **state)
{
    static const char *const odd[][2] = {
        {"{\"key\":1}", "key: should be a string"},
        {"{\"key\":\"YQA=\"}", "a NUL in it"},
        {"{\"key\":\"YQ==\",\"value\":\"?\"}", "value: is no base64"},
        {"{\"key\":\"YQ==\",\"create_revision\":\"x\"}", "create_revision: should be"},
        {"{\"key\":\"YQ==\",\"lease\":\"9223372036854775808\"}", "lease: out of range"},
    };

    (void)state;
    for (size_t i = 0; i < ELEMENTS(odd); i++) {
        _cleanup_(json_freep) Json *root = parse(odd[i][0]);
        Arena arena = {0};
        Err err = {0};
        EtcdKey key;

        assert_int_equal(etcd_read_key(root, &arena, &key, &err), -EPROTO);
        if (!strstr(err.text, odd[i][1]))
            fail_msg("%s: %s", odd[i][0], err.text);
        arena_done(&arena);
    }
}

/* The least and the most that a key of etcd's can have. */
static void test_a_key_at_its_bounds(void **state)
{
    _cleanup_(json_freep) Json *most =
        parse("{\"key\":\"YQ==\",\"value\":\"AGI=\",\"create_revision\":\"9223372036854775807\","
              "\"mod_revision\":\"9223372036854775806\",\"lease\":\"9223372036854775807\"}");
    _cleanup_(json_freep) Json *least = parse("{\"key\":\"YQ==\"}");
    Arena arena = {0};
    Err err = {0};
    EtcdKey key;

    (void)state;
    assert_int_equal(etcd_read_key(most, &arena, &key, &err), 0);
    assert_string_equal(key.key, "a");
    assert_int_equal(key.value_size, 2);
    assert_memory_equal(key.value, "\0b", 3);
    assert_int_equal(key.created, INT64_MAX);
    assert_int_equal(key.changed, INT64_MAX - 1);
    assert_int_equal(key.lease, INT64_MAX);
    assert_int_equal(etcd_read_key(least, &arena, &key, &err), 0);
    assert_string_equal(key.value, "");
    assert_int_equal(key.value_size, 0);
    assert_int_equal(key.created, 0);
    assert_int_equal(key.changed, 0);
    assert_int_equal(key.lease, 0);
    arena_done(&arena);
}

/* A lease is held only where etcd says so: with its number, and with a time to live. */
static void test_leases_that_are_none(void **state)
{
    static const char *const odd[] = {"{}", "{\"error\":{\"message\":\"no leader\"}}",
                                      "{\"result\":{\"ID\":\"8\",\"TTL\":\"5\"}}",
                                      "{\"result\":{\"ID\":\"7\",\"TTL\":{}}}"};
    _cleanup_(json_freep) Json *gone = parse("{\"result\":{\"ID\":\"7\"}}");
    _cleanup_(json_freep) Json *nameless = parse("{\"TTL\":\"5\"}");
    uint64_t ttl_sec = 1, revision = 0;
    int64_t lease = 1;
    Err err = {0};

    (void)state;
    for (size_t i = 0; i < ELEMENTS(odd); i++) {
        _cleanup_(json_freep) Json *root = parse(odd[i]);

        assert_int_equal(etcd_read_keepalive(root, 7, &ttl_sec, &revision, &err), -EPROTO);
        assert_true(err_is_set(&err));
        err_clear(&err);
    }
    assert_int_equal(etcd_read_keepalive(gone, 7, &ttl_sec, &revision, &err), 0);
    assert_int_equal(ttl_sec, 0);
    assert_int_equal(etcd_read_grant(nameless, &lease, &ttl_sec, &err), -EPROTO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_transactions_that_are_none),
        cmocka_unit_test(test_keys_that_are_none),
        cmocka_unit_test(test_a_key_at_its_bounds),
        cmocka_unit_test(test_leases_that_are_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
