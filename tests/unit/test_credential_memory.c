/* SPDX-License-Identifier: MIT */
/* Each allocation of the loading of a credential fails once: it says so, and none is loaded. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "daemon/roma/auth/credential.h"
#include "tests/unit/failing.h"
#include "tests/unit/test_config.h"

#define ALLOCATIONS_MAX 200

/* A value of the credential as it is to be; NULL: it is not there. */
static void expect_secret(const Secret *secret, const char *expected)
{
    assert_int_equal(secret != NULL, expected != NULL);
    if (secret)
        assert_string_equal(secret_bytes(secret), expected);
}

static void expect_keys(const Credential *credential)
{
    expect_secret(credential->token_header, NULL);
    assert_string_equal(credential->access_key, "access");
    expect_secret(credential->secret_key, "secret");
    expect_secret(credential->security_token_header, "X-Security-Token: session");
    assert_string_equal(credential->security_token, "session");
}

static void expect_token(const Credential *credential)
{
    expect_secret(credential->token_header, "X-Auth-Token: token");
    assert_null(credential->access_key);
    expect_secret(credential->secret_key, NULL);
    expect_secret(credential->security_token_header, NULL);
    assert_null(credential->security_token);
}

/* Whether an allocation failed; without some, it does well. */
static bool load_without(long after, const Auth *auth, void (*expect)(const Credential *))
{
    _cleanup_(credential_unrefp) Credential *credential = NULL;
    Err err = {0};
    bool has_failed;
    int r;

    failing_after(after);
    r = credential_load(auth, ".", &credential, &err);
    has_failed = failing_stop();
    if (r < 0) {
        assert_true(has_failed);
        assert_int_equal(r, -ENOMEM);
        assert_null(credential);
        assert_non_null(strstr(err.text, "out of memory"));
        return true;
    }
    assert_false(err_is_set(&err));
    expect(credential);
    return has_failed;
}

static void each_allocation_fails(const Auth *auth, void (*expect)(const Credential *))
{
    long count = 0;

    if (!failing_is_possible())
        skip();
    while (load_without(count, auth, expect))
        assert_true(++count < ALLOCATIONS_MAX);
    assert_true(count > 1);
}

static void put_secret(const char *path, const char *text)
{
    put_file(path, text);
    assert_int_equal(chmod(path, 0600), 0);
}

static void test_a_token(void **state)
{
    (void)state;
    put_secret("token", "token\n");
    each_allocation_fails(&(Auth){.method = AUTH_TOKEN, .token_file = "token"}, expect_token);
}

static void test_keys(void **state)
{
    (void)state;
    put_secret("ak", "access\n");
    put_secret("sk", "secret\n");
    put_secret("session", "session\n");
    each_allocation_fails(&(Auth){.method = AUTH_AKSK,
                                  .access_key_file = "ak",
                                  .secret_key_file = "sk",
                                  .security_token_file = "session"},
                          expect_keys);
}

static void test_the_environment(void **state)
{
    (void)state;
    setenv("HUAWEICLOUD_SDK_AK", "access", 1);
    setenv("HUAWEICLOUD_SDK_SK", "secret", 1);
    setenv("HUAWEICLOUD_SDK_SECURITY_TOKEN", "session", 1);
    each_allocation_fails(&(Auth){.method = AUTH_ENVIRONMENT}, expect_keys);
}

/* Files and the environment have none of these: they are asked for. */
static void test_what_is_not_loaded(void **state)
{
    static const AuthMethod methods[] = {AUTH_PASSWORD, AUTH_AGENCY};

    (void)state;
    for (size_t i = 0; i < ELEMENTS(methods); i++) {
        Credential *credential = NULL;
        Err err = {0};

        assert_int_equal(credential_load(&(Auth){.method = methods[i]}, ".", &credential, &err),
                         -EINVAL);
        assert_null(credential);
        assert_string_equal(err.text, "a credential of this method is not loaded but asked for");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_DIRECTORY(test_a_token),
        IN_DIRECTORY(test_keys),
        IN_DIRECTORY(test_the_environment),
        IN_DIRECTORY(test_what_is_not_loaded),
    };

    unsetenv("CREDENTIALS_DIRECTORY");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
