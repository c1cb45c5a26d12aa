/* SPDX-License-Identifier: MIT */
/* Which bytes a secret may have that stands in a header. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "daemon/base/mem.h"
#include "daemon/roma/auth/credential.h"

#define REFUSED                                                                                    \
    ": holds a space or a character that cannot be part of it, should hold the secret alone"

static void test_which_bytes_are_good(void **state)
{
    static const struct {
        const char *bytes;
        bool is_good;
    } rows[] = {
        {"", false},     {" ", false},    {"!", true},     {"~", true},
        {"\x7f", false}, {"\x80", false}, {"\xff", false}, {"a b", false},
        {"a", true},     {"ab=+/", true}, {"a\n", false},
    };

    (void)state;
    for (size_t i = 0; i < ELEMENTS(rows); i++) {
        Err err = {0};
        int r = credential_check_header(rows[i].bytes, strlen(rows[i].bytes), "it", &err);

        assert_int_equal(r, rows[i].is_good ? 0 : -EINVAL);
        assert_string_equal(err.text, rows[i].is_good ? "" : "it" REFUSED);
    }
}

static void test_which_keys_are_good(void **state)
{
    static const struct {
        const char *key, *token, *says;
    } rows[] = {
        {"AK", NULL, ""},
        {"AK", "ST", ""},
        {"A,K", NULL, "the access key: holds a comma, should hold the key alone"},
        {"AK,", "ST", "the access key: holds a comma, should hold the key alone"},
        {",", NULL, "the access key" REFUSED},
        {"A K", NULL, "the access key" REFUSED},
        {"A K,", NULL, "the access key" REFUSED},
        {"AK", "S T", "the security token" REFUSED},
    };

    (void)state;
    for (size_t i = 0; i < ELEMENTS(rows); i++) {
        _cleanup_(secret_freep) Secret *token =
            rows[i].token ? secret_new_copy(rows[i].token, strlen(rows[i].token)) : NULL;
        Secret *key = secret_new_copy("SK", 2);
        _cleanup_(credential_unrefp) Credential *credential = NULL;
        Err err = {0};
        int r = credential_new_keys(rows[i].key, key, token, &credential, &err);

        assert_int_equal(r, rows[i].says[0] ? -EINVAL : 0);
        assert_string_equal(err.text, rows[i].says);
        if (r < 0) {
            assert_null(credential);
            secret_free(key); /* it was not taken */
            continue;
        }
        assert_string_equal(credential->access_key, rows[i].key);
        assert_ptr_equal(credential->secret_key, key);
        assert_null(credential->token_header);
        if (token)
            assert_string_equal(secret_bytes(credential->security_token_header),
                                "X-Security-Token: ST");
        else
            assert_null(credential->security_token_header);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_which_bytes_are_good),
        cmocka_unit_test(test_which_keys_are_good),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
