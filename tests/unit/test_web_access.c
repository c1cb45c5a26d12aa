/* SPDX-License-Identifier: MIT */
/* Who may read over TCP, and what is not shown to whoever reads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/base/digest.h"
#include "daemon/base/secret_file.h"
#include "daemon/web/access.h"

static const char *const hosts[] = {"rosterd.example.com", "other"};
static const HttpSettings settings = {.hosts = hosts, .host_count = 2};

static void test_hosts(void **state)
{
    static const struct {
        const char *host;
        int status;
    } cases[] = {
        {"localhost", 0},
        {"LocalHost.:80", 0},
        {"127.0.0.1:9786", 0},
        {"192.0.2.7", 0},
        {"[2001:DB8::1]:1", 0},
        {"Other", 0},
        {"ROSTERD.example.com.", 0},
        {"rosterd.example.com:443", 0},
        {"example.com", 421},
        {"a.rosterd.example.com", 421},
        {"rosterd.example.com.evil", 421},
        {"localhost.evil", 421},
        {"", 400},
        {":80", 400},
        {".", 400},
        {"::1", 400},
        {"[::1", 400},
        {"[::1]x", 400},
        {"[]", 400},
        {"[127.0.0.1]", 400},
        {"other:", 0},
        {"other:70000", 400},
        {"other:8 0", 400},
        {"other, localhost", 400},
        {"a@localhost", 400},
        {"1.2.3", 400},
        {"0x7f000001", 400},
    };

    (void)state;
    assert_int_equal(access_check_host(&settings, NULL), 400);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (access_check_host(&settings, cases[i].host) != cases[i].status)
            fail_msg("%s: %d", cases[i].host, access_check_host(&settings, cases[i].host));
    }
}

static void test_tokens(void **state)
{
    /* "u:s3:cret", ":s3:cret", "u:x:s3:cret", "s3:cret", "u:" */
    static const struct {
        const char *text;
        bool is_right;
    } cases[] = {
        {"Bearer s3:cret", true},
        {"bEARER    s3:cret", true},
        {"Basic dTpzMzpjcmV0", true},
        {"basic OnMzOmNyZXQ", true},
        {"Basic OnMzOmNyZXQ=", true},
        {"Bearer s3:cre", false},
        {"Bearer s3:cretx", false},
        {"Bearer S3:cret", false},
        {"Bearer", false},
        {"Bearer ", false},
        {"Bearers3:cret", false},
        {"s3:cret", false},
        {"", false},
        {"Basic", false},
        {"Basic ", false},
        {"Basic czM6Y3JldA==", false},
        {"Basic dTp4OnMzOmNyZXQ=", false},
        {"Basic dTo=", false},
        {"Basic dTpzMzpjcmV0 ", false},
        {"Basic dTpzMzpjcmV0=x", false},
        {"Basic d", false},
        {"Basic *", false},
        {"Digest dTpzMzpjcmV0", false},
    };
    Secret *token = secret_new_copy("s3:cret", 7);

    (void)state;
    assert_non_null(token);
    assert_false(access_check_token(token, NULL));
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (access_check_token(token, cases[i].text) != cases[i].is_right)
            fail_msg("%s", cases[i].text);
    }
    secret_free(token);
}

static void test_secrets_are_compared(void **state)
{
    (void)state;
    assert_true(digest_is_same("a", 1, "a", 1));
    assert_true(digest_is_same("", 0, "", 0));
    assert_false(digest_is_same("a", 1, "b", 1));
    assert_false(digest_is_same("a", 1, "a", 2));
    assert_false(digest_is_same("a\0b", 3, "a\0c", 3));
}

static void expect_redacted(const char *text, const char *expected)
{
    Buf buf = {0};

    buf_puts(&buf, text);
    secret_file_redact(&buf);
    assert_string_equal(buf_text(&buf), expected);
    buf_done(&buf);
}

static void look_for(const char *file, const char *directory)
{
    Buf path = {0};

    assert_int_equal(secret_file_find(file, directory, &path), 0);
    buf_done(&path);
}

static void test_paths_are_not_shown(void **state)
{
    (void)state;
    unsetenv("CREDENTIALS_DIRECTORY");
    expect_redacted("/nowhere/ak is missing", "/nowhere/ak is missing");
    look_for("ak", "/nowhere");
    look_for("ak", "/nowhere");
    look_for("ak.old", "/nowhere");
    look_for("/nowhere/a \"b\" & 'c' \\ <d>", "/elsewhere");
    look_for("/zzz", "/elsewhere");
    expect_redacted("", "");
    expect_redacted("/nowhere/ak", "(a secret file)");
    expect_redacted("/nowhere/ak.old: /zzz", "(a secret file): (a secret file)");
    expect_redacted("{\"error\": \"auth.ak: /nowhere/ak: is open\"}",
                    "{\"error\": \"auth.ak: (a secret file): is open\"}");
    expect_redacted("/nowhere/ /nowhere/a /a /zz /", "/nowhere/ /nowhere/a /a /zz /");
    expect_redacted("\"/nowhere/a \\\"b\\\" & 'c' \\\\ <d>\"", "\"(a secret file)\"");
    expect_redacted("<p>/nowhere/a &quot;b&quot; &amp; &#39;c&#39; \\ &lt;d&gt;</p>",
                    "<p>(a secret file)</p>");
    setenv("CREDENTIALS_DIRECTORY", "/run/credentials/x", 1);
    look_for("sk", "/nowhere");
    expect_redacted("neither /run/credentials/x/sk nor /nowhere/sk",
                    "neither (a secret file) nor (a secret file)");
    unsetenv("CREDENTIALS_DIRECTORY");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hosts),
        cmocka_unit_test(test_tokens),
        cmocka_unit_test(test_secrets_are_compared),
        cmocka_unit_test(test_paths_are_not_shown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
