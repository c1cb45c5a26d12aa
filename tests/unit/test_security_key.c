/* SPDX-License-Identifier: MIT */
/* The metadata service's keys: what is taken, and what is refused without a word of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "daemon/roma/provider/security_key.h"

static int parse(const char *body, SecurityKey *key, Err *err)
{
    *key = (SecurityKey){0};
    *err = (Err){0};
    return security_key_parse(body, strlen(body), key, err);
}

static void test_keys(void **state)
{
    static const char *const bodies[] = {
        "{\"credential\":{\"access\":\"A\",\"secret\":\"s/"
        "k\",\"securitytoken\":\"t=\",\"expires_at\":"
        "\"2024-01-02T03:04:05.678900Z\"}}",
        " {\n\"credential\" : { \"expires_at\":\"2024-01-02T03:04:05.678900Z\", "
        "\"x\":[1,{\"access\":"
        "\"no\"}],\t\"securitytoken\":\"t=\",\"y\":{\"secret\":\"no\"},\"secret\":\"s\\/k\","
        "\"access\":\"A\"} , \"z\":{\"credential\":{\"access\":\"no\"}},\"w\":null } ",
    };
    SecurityKey key;
    Err err;

    (void)state;
    for (size_t i = 0; i < ELEMENTS(bodies); i++) {
        if (parse(bodies[i], &key, &err) < 0)
            fail_msg("%s: %s", bodies[i], err.text);
        assert_string_equal(secret_bytes(key.access), "A");
        assert_string_equal(secret_bytes(key.secret), "s/k");
        assert_string_equal(secret_bytes(key.token), "t=");
        assert_string_equal(key.expires_at, "2024-01-02T03:04:05.678900Z");
        security_key_done(&key);
    }
}

#define KEY "\"access\":\"SEEN\",\"secret\":\"SEEN\",\"securitytoken\":\"SEEN\""

static void test_what_is_odd(void **state)
{
    static const char *const bodies[] = {
        "",
        " ",
        "[]",
        "\"SEEN\"",
        "{",
        "{}",
        "{" KEY "}",
        "{\"credential\":[{" KEY "}]}",
        "{\"credential\":{" KEY "}",
        "{\"credential\":{" KEY "}} x",
        "{\"credential\":{" KEY ",}}",
        "{\"credential\":{" KEY ",\"secret\":\"SEEN twice\"}}",
        "{\"credential\":{\"access\":\"SEEN\",\"secret\":\"SEEN\"}}",
        "{\"credential\":{\"access\":\"SEEN\",\"secret\":\"\",\"securitytoken\":\"SEEN\"}}",
        "{\"credential\":{\"access\":\"SEEN\",\"secret\":1,\"securitytoken\":\"SEEN\"}}",
        "{\"credential\":{\"access\":\"SEEN\",\"secret\":\"a\\n\",\"securitytoken\":\"SEEN\"}}",
        "{\"credential\":{\"access\":\"SEEN\",\"secret\":\"a\\u0041\",\"securitytoken\":\"SEEN\"}}",
        "{\"credential\":{\"access\":\"SEEN\",\"secret\":\"a\nb\",\"securitytoken\":\"SEEN\"}}",
        "{\"credential\":{\"access\":\"SEEN\",\"secret\":\"a\\",
        "{\"a\":[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]],\"credential\":{" KEY "}}",
    };
    SecurityKey key;
    Err err;

    (void)state;
    for (size_t i = 0; i < ELEMENTS(bodies); i++) {
        if (parse(bodies[i], &key, &err) != -EPROTO)
            fail_msg("taken: %s", bodies[i]);
        assert_string_not_equal(err.text, "");
        assert_null(strstr(err.text, "SEEN"));
        security_key_done(&key);
    }
}

/* What stands in the credential beside the keys, and where a body ends. */
static void test_what_is_passed_over(void **state)
{
    static const char last[] = "{\"credential\":{" KEY "}}\n\n";
    static const char sixteen[] =
        "{\"a\":[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]],\"credential\":{" KEY "}}";
    static const char seventeen[] =
        "{\"a\":[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]],\"credential\":{" KEY "}}";
    SecurityKey key;
    Err err;

    (void)state;
    assert_int_equal(
        parse("{\"credential\":{" KEY ",\"expires_at\":\"2024\",\"zone\":\"north\"}}", &key, &err),
        0);
    assert_string_equal(key.expires_at, "2024");
    security_key_done(&key);
    assert_int_equal(
        parse("{\"credential\":{" KEY
              ",\"expires_at\":\"2024-01-02T03:04:05.678900Z-and-then-much-more-than-any-time\"}}",
              &key, &err),
        0);
    assert_string_equal(key.expires_at, "");
    security_key_done(&key);
    key = (SecurityKey){0};
    assert_int_equal(security_key_parse(last, strlen(last) - 2, &key, &err), 0);
    security_key_done(&key);
    assert_int_equal(parse(sixteen, &key, &err), 0);
    security_key_done(&key);
    assert_int_equal(parse(seventeen, &key, &err), -EPROTO);
    security_key_done(&key);
    assert_int_equal(parse("{\"credential\":{},\"a\":{\"b\":{" KEY "}}}", &key, &err), -EPROTO);
    assert_string_equal(err.text, "the answer has no credential.access");
    security_key_done(&key);
    assert_int_equal(parse("{\"credential\":{\"access\":\"A\"}}", &key, &err), -EPROTO);
    assert_string_equal(err.text, "the answer has no credential.secret");
    security_key_done(&key);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_what_is_odd),
        cmocka_unit_test(test_what_is_passed_over),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
