/* SPDX-License-Identifier: MIT */
/* The metadata service's keys: what is taken, and what is refused without a word of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_what_is_odd),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
