/* SPDX-License-Identifier: MIT */
/* Credentials: where they are read from, what is refused, what no message may tell. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/roma/auth/credential.h"
#include "tests/scratch.h"

typedef struct Fixture {
    char directory[SCRATCH_SIZE];
    char credentials[80]; /* below it */
    Credential *credential;
    Err err;
} Fixture;

static void write_secret(const char *directory, const char *name, const char *text, mode_t mode)
{
    char path[256];
    int fd;

    snprintf(path, sizeof(path), "%s/%s", directory, name);
    fd = open(path, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    assert_int_equal(fchmod(fd, mode), 0);
    close(fd);
}

static int setup(void **state)
{
    Fixture *fixture = test_calloc(1, sizeof(*fixture));

    assert_true(scratch_make(fixture->directory, "/tmp", "test_credential"));
    snprintf(fixture->credentials, sizeof(fixture->credentials), "%s/credentials",
             fixture->directory);
    assert_int_equal(mkdir(fixture->credentials, 0700), 0);
    unsetenv("CREDENTIALS_DIRECTORY");
    unsetenv("HUAWEICLOUD_SDK_AK");
    unsetenv("HUAWEICLOUD_SDK_SK");
    unsetenv("HUAWEICLOUD_SDK_SECURITY_TOKEN");
    *state = fixture;
    return 0;
}

static int teardown(void **state)
{
    Fixture *fixture = *state;

    credential_unref(fixture->credential);
    scratch_remove(fixture->directory);
    test_free(fixture);
    return 0;
}

static int load(Fixture *fixture, const Auth *auth)
{
    credential_unref(fixture->credential);
    fixture->credential = NULL;
    return credential_load(auth, fixture->directory, &fixture->credential, &fixture->err);
}

static void assert_has(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("\"%s\" is not in \"%s\"", part, text);
}

static void assert_has_not(const char *text, const char *part)
{
    if (strstr(text, part))
        fail_msg("\"%s\" is in \"%s\"", part, text);
}

static const Auth token_auth = {.method = AUTH_TOKEN, .token_file = "token"};
static const Auth key_auth = {
    .method = AUTH_AKSK, .access_key_file = "ak", .secret_key_file = "sk"};

static void test_token(void **state)
{
    Fixture *fixture = *state;

    write_secret(fixture->directory, "token", "the-token\n", 0640);
    assert_int_equal(load(fixture, &token_auth), 0);
    assert_string_equal(secret_bytes(fixture->credential->token_header), "X-Auth-Token: the-token");
    assert_null(fixture->credential->access_key);
}

static void test_credentials_directory_comes_first(void **state)
{
    Fixture *fixture = *state;

    write_secret(fixture->directory, "token", "beside-the-settings", 0600);
    setenv("CREDENTIALS_DIRECTORY", fixture->credentials, 1);
    assert_int_equal(load(fixture, &token_auth), 0);
    assert_has(secret_bytes(fixture->credential->token_header), "beside-the-settings");
    write_secret(fixture->credentials, "token", "of-the-manager", 0400);
    assert_int_equal(load(fixture, &token_auth), 0);
    assert_has(secret_bytes(fixture->credential->token_header), "of-the-manager");
    write_secret(fixture->credentials, "token", "of-the-manager", 0644);
    assert_int_equal(load(fixture, &token_auth), -EPERM);
}

static void test_absolute_path(void **state)
{
    Fixture *fixture = *state;
    char path[256];
    Auth auth = token_auth;

    snprintf(path, sizeof(path), "%s/token", fixture->directory);
    auth.token_file = path;
    setenv("CREDENTIALS_DIRECTORY", fixture->credentials, 1);
    write_secret(fixture->directory, "token", "absolute", 0600);
    assert_int_equal(load(fixture, &auth), 0);
}

static void test_keys(void **state)
{
    Fixture *fixture = *state;
    Auth auth = key_auth;

    write_secret(fixture->directory, "ak", "AK\n", 0600);
    write_secret(fixture->directory, "sk", "secret key\n", 0600);
    write_secret(fixture->directory, "st", "st\n", 0600);
    assert_int_equal(load(fixture, &auth), 0);
    assert_string_equal(fixture->credential->access_key, "AK");
    assert_string_equal(secret_bytes(fixture->credential->secret_key), "secret key");
    assert_null(fixture->credential->security_token);
    assert_null(fixture->credential->token_header);
    auth.security_token_file = "st";
    assert_int_equal(load(fixture, &auth), 0);
    assert_string_equal(fixture->credential->security_token, "st");
}

static void test_environment(void **state)
{
    Fixture *fixture = *state;
    Auth auth = {.method = AUTH_ENVIRONMENT};

    assert_int_equal(load(fixture, &auth), -ENODATA);
    assert_has(fixture->err.text, "HUAWEICLOUD_SDK_AK is not set");
    setenv("HUAWEICLOUD_SDK_AK", "AK", 1);
    assert_int_equal(load(fixture, &auth), -ENODATA);
    assert_has(fixture->err.text, "HUAWEICLOUD_SDK_SK is not set");
    setenv("HUAWEICLOUD_SDK_SK", "SK", 1);
    setenv("HUAWEICLOUD_SDK_SECURITY_TOKEN", "", 1);
    assert_int_equal(load(fixture, &auth), 0);
    assert_null(fixture->credential->security_token);
    setenv("HUAWEICLOUD_SDK_SECURITY_TOKEN", "ST", 1);
    assert_int_equal(load(fixture, &auth), 0);
    assert_string_equal(fixture->credential->security_token, "ST");
    assert_string_equal(secret_bytes(fixture->credential->secret_key), "SK");
    setenv("HUAWEICLOUD_SDK_AK", "A,K", 1);
    assert_int_equal(load(fixture, &auth), -EINVAL);
    assert_string_equal(fixture->err.text,
                        "auth.method environment: the access key: holds a comma, "
                        "should hold the key alone");
}

static void test_what_is_asked_for_is_not_loaded(void **state)
{
    static const Auth auths[] = {{.method = AUTH_PASSWORD}, {.method = AUTH_AGENCY}};
    Fixture *fixture = *state;

    for (size_t i = 0; i < ELEMENTS(auths); i++) {
        assert_int_equal(load(fixture, &auths[i]), -EINVAL);
        assert_string_equal(fixture->err.text,
                            "a credential of this method is not loaded but asked for");
    }
}

static void test_missing_file_is_named(void **state)
{
    Fixture *fixture = *state;

    assert_int_equal(load(fixture, &token_auth), -ENOENT);
    assert_has(fixture->err.text, "auth.token_file: ");
    assert_has(fixture->err.text, fixture->directory);
    assert_has(fixture->err.text, "no such file: ");
    assert_has(fixture->err.text, "/token, and $CREDENTIALS_DIRECTORY is not set");
    assert_has(fixture->err.text, "LoadCredential=token");
    write_secret(fixture->directory, "ak", "AK", 0600);
    assert_int_equal(load(fixture, &key_auth), -ENOENT);
    assert_has(fixture->err.text, "auth.secret_key_file: ");
}

static void test_open_file_is_refused(void **state)
{
    static const mode_t modes[] = {0604, 0620, 0644, 0666, 0602, 0601};
    Fixture *fixture = *state;

    for (size_t i = 0; i < ELEMENTS(modes); i++) {
        write_secret(fixture->directory, "token", "the-token", modes[i]);
        assert_int_equal(load(fixture, &token_auth), -EPERM);
        assert_has(fixture->err.text, "auth.token_file: ");
        assert_has(fixture->err.text, "chmod 0600");
        assert_has_not(fixture->err.text, "the-token");
    }
}

static void test_bad_bytes_are_refused_and_not_told(void **state)
{
    static const char *const bad[] = {"the token", "the-token\nX-Other: 1", "the-t\xc3\xb6ken", ""};
    Fixture *fixture = *state;

    for (size_t i = 0; i < ELEMENTS(bad); i++) {
        write_secret(fixture->directory, "token", bad[i], 0600);
        assert_true(load(fixture, &token_auth) < 0);
        assert_has(fixture->err.text, "token");
        assert_has_not(fixture->err.text, "the-t");
        assert_has_not(fixture->err.text, "the t");
    }
    write_secret(fixture->directory, "sk", "SK", 0600);
    write_secret(fixture->directory, "ak", "AK, SignedHeaders=x", 0600);
    assert_int_equal(load(fixture, &key_auth), -EINVAL);
    assert_has(fixture->err.text, "access key");
}

static void test_equality(void **state)
{
    Fixture *fixture = *state;
    _cleanup_(credential_unrefp) Credential *first = NULL;

    write_secret(fixture->directory, "ak", "AK", 0600);
    write_secret(fixture->directory, "sk", "SK", 0600);
    assert_int_equal(load(fixture, &key_auth), 0);
    first = credential_ref(fixture->credential);
    assert_int_equal(load(fixture, &key_auth), 0);
    assert_true(credential_equal(first, fixture->credential));
    write_secret(fixture->directory, "sk", "SL", 0600);
    assert_int_equal(load(fixture, &key_auth), 0);
    assert_false(credential_equal(first, fixture->credential));
    write_secret(fixture->directory, "token", "AK", 0600);
    assert_int_equal(load(fixture, &token_auth), 0);
    assert_false(credential_equal(first, fixture->credential));
}

/* Each part counts alone, and what only one of two has. */
static void test_equality_of_each_part(void **state)
{
    Secret *one = secret_new_copy("one", 3), *same = secret_new_copy("one", 3);
    Secret *other = secret_new_copy("two", 3);

    (void)state;
    assert_true(one && same && other);
    {
        char key[] = "AK", same_key[] = "AK", other_key[] = "BK";
        const Credential all = {.access_key = key,
                                .token_header = one,
                                .secret_key = one,
                                .security_token_header = one};
        Credential second = {.access_key = same_key,
                             .token_header = same,
                             .secret_key = same,
                             .security_token_header = same};
        Secret **const parts[] = {&second.token_header, &second.secret_key,
                                  &second.security_token_header};

        assert_true(credential_equal(&all, &second));
        for (size_t i = 0; i < ELEMENTS(parts); i++) {
            *parts[i] = other;
            assert_false(credential_equal(&all, &second));
            *parts[i] = NULL;
            assert_false(credential_equal(&all, &second));
            assert_false(credential_equal(&second, &all));
            *parts[i] = same;
        }
        second.access_key = other_key;
        assert_false(credential_equal(&all, &second));
        second.access_key = NULL;
        assert_false(credential_equal(&all, &second));
        assert_false(credential_equal(&second, &all));
    }
    secret_free(one);
    secret_free(same);
    secret_free(other);
}

static void assert_scrubbed(const Credential *credential, const char *text, const char *expected)
{
    _cleanup_(buf_done) Buf buf = {0};

    buf_puts(&buf, text);
    credential_redact(credential, &buf);
    assert_string_equal(buf_text(&buf), expected);
}

static void test_scrubbing(void **state)
{
    Fixture *fixture = *state;

    write_secret(fixture->directory, "token", "0123456789abcdefghij", 0600);
    assert_int_equal(load(fixture, &token_auth), 0);
    assert_scrubbed(fixture->credential, "", "");
    assert_scrubbed(fixture->credential, "nothing", "nothing");
    assert_scrubbed(fixture->credential, "0123456789abcdefghij", "***");
    assert_scrubbed(fixture->credential, "a0123456789abcdefghijb0123456789abcdefghij", "a***b***");
    assert_scrubbed(fixture->credential, "cut 0123456789abcd...", "cut ***...");
    assert_scrubbed(fixture->credential, "at its end 0123456789abcdef", "at its end ***");
    assert_scrubbed(fixture->credential, "number 012345", "number 012345");
}

/* As a string in JSON, where some writers put a backslash before each slash. */
static void test_scrubbing_what_is_escaped(void **state)
{
    Fixture *fixture = *state;

    write_secret(fixture->directory, "token", "MII/abc/def+ghi/jkl=", 0600);
    assert_int_equal(load(fixture, &token_auth), 0);
    assert_scrubbed(fixture->credential, "{\"m\":\"a MII\\/abc\\/def+ghi\\/jkl= b\"}",
                    "{\"m\":\"a *** b\"}");
    assert_scrubbed(fixture->credential, "MII/abc\\/def+ghi/jkl=", "***");
    assert_scrubbed(fixture->credential, "MII\\abc", "MII\\abc");
    write_secret(fixture->directory, "token", "a\\b\"c", 0600);
    assert_int_equal(load(fixture, &token_auth), 0);
    assert_scrubbed(fixture->credential, "a\\b\"c and a\\\\b\\\"c", "*** and ***");
}

/* A secret shorter than its replacement must not make the text grow. */
static void test_scrubbing_a_short_secret(void **state)
{
    Fixture *fixture = *state;

    write_secret(fixture->directory, "token", "x", 0600);
    assert_int_equal(load(fixture, &token_auth), 0);
    assert_scrubbed(fixture->credential, "axbxx", "a*b**");
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_token),
        TEST(test_credentials_directory_comes_first),
        TEST(test_absolute_path),
        TEST(test_keys),
        TEST(test_environment),
        TEST(test_what_is_asked_for_is_not_loaded),
        TEST(test_missing_file_is_named),
        TEST(test_open_file_is_refused),
        TEST(test_bad_bytes_are_refused_and_not_told),
        TEST(test_equality),
        TEST(test_equality_of_each_part),
        TEST(test_scrubbing),
        TEST(test_scrubbing_what_is_escaped),
        TEST(test_scrubbing_a_short_secret),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
