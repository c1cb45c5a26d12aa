/* SPDX-License-Identifier: MIT */
/* Logging in to an etcd that asks for users: who waits for a token, and what becomes of whoever is
 * given none. */
#include "daemon/fleet/etcd_internal.h"
#include "tests/unit/etcd_script.h"

static void name_user(EtcdScript *script)
{
    static Secret *password;

    if (!password)
        password = secret_new_copy("secret \"1\"", 10);
    script->settings.user = "rosterd";
    script->settings.password = password;
}

#define LOGIN "auth/authenticate {\"name\":\"rosterd\",\"password\":\"secret \\\"1\\\"\"}\n"

static void test_a_token_is_asked_for_once_and_anew_when_it_has_lapsed(void **state)
{
    EtcdScript *script = *state;

    name_user(script);
    etcd_script_begin(script, "kv/range", "{\"n\":1}");
    etcd_script_begin(script, "kv/range", "{\"n\":2}");
    etcd_script_expect(script, LOGIN);
    etcd_script_answer(script, 200, "{\"token\":\"t1\"}");
    etcd_script_expect(script, "kv/range as t1 {\"n\":2}\nkv/range as t1 {\"n\":1}\n");
    etcd_script_answer(script, 200, "{\"n\":2}");
    etcd_script_expect(script, "answered 0 {\"n\":2}\n");
    etcd_script_answer(script, 401, "{\"code\":16,\"message\":\"invalid auth token\"}");
    etcd_script_expect(script, LOGIN);
    etcd_script_answer(script, 200, "{\"token\":\"t2\"}");
    etcd_script_expect(script, "kv/range as t2 {\"n\":1}\n");
    etcd_script_answer(script, 401, "{\"code\":16,\"message\":\"invalid auth token\"}");
    etcd_script_expect(script, "refused 16 etcd at etcd-0: invalid auth token\n");
    etcd_script_begin(script, "kv/range", "{}"); /* what it holds is not known to have lapsed */
    etcd_script_expect(script, "kv/range as t2 {}\n");
    etcd_script_answer(script, 200, "{}");
    etcd_script_expect(script, "answered 0 {}\n");
}

static void test_who_is_turned_away_ends_with_the_reason(void **state)
{
    EtcdScript *script = *state;

    name_user(script);
    etcd_script_begin(script, "kv/range", "{\"n\":1}");
    etcd_script_begin(script, "kv/range", "{\"n\":2}");
    etcd_script_expect(script, LOGIN);
    etcd_script_answer(script, 400, "{\"code\":3,\"message\":\"wrong password\"}");
    etcd_script_expect(script, "refused 0 etcd at etcd-0: wrong password\n"
                               "refused 0 etcd at etcd-0: wrong password\n");
    etcd_script_begin(script, "kv/range", "{}");
    etcd_script_expect(script, LOGIN); /* it may be right by now */
    etcd_script_answer(script, 401, "{\"code\":16,\"message\":\"none\"}");
    etcd_script_expect(script, "refused 0 etcd at etcd-0: none\n");
    assert_null(script->etcd->login);
}

static void test_a_login_that_gives_no_token_is_none(void **state)
{
    static const char *const odd[] = {"{}", "{\"token\":\"\"}", "{\"token\":1}"};
    EtcdScript *script = *state;
    EtcdCall *call;

    name_user(script);
    etcd_script_begin(script, "kv/range", "{}");
    for (size_t i = 0; i < ELEMENTS(odd); i++) {
        etcd_script_expect(script, LOGIN);
        etcd_script_answer(script, 200, odd[i]);
    }
    etcd_script_expect(script, LOGIN);
    etcd_script_answer(script, 200, "{\"token\":\"t\"}");
    etcd_script_expect(script, "kv/range as t {}\n");
    etcd_script_answer(script, 200, "{}");
    etcd_script_expect(script, "answered 0 {}\n");
    buf_reset(&script->etcd->authorization);
    call = etcd_script_begin(script, "kv/range", "{}");
    etcd_script_expect(script, LOGIN);
    assert_true(call->waits_for_login);
    assert_in_range(etcd_script_due_of(call), call->due_usec - USEC_PER_SEC,
                    call->due_usec + USEC_PER_SEC);
    call->due_usec = clock_monotonic_usec();
    etcd_script_answer(script, 200, "{}");
    etcd_script_expect(script, "unanswered 0 etcd gave no token\n");
}

/* Whoever does not answer keeps none of those that wait from ending. */
static void test_a_login_without_an_answer_says_why(void **state)
{
    EtcdScript *script = *state;
    EtcdCall *call;

    name_user(script);
    call = etcd_script_begin(script, "kv/range", "{}");
    etcd_script_expect(script, LOGIN);
    script->etcd->login->due_usec = call->due_usec = clock_monotonic_usec();
    etcd_script_answer(script, 503, "");
    etcd_script_expect(script, "unanswered 0 etcd at etcd-0: HTTP 503\n");
    call = etcd_script_begin(script, "kv/range", "{}");
    etcd_script_expect(script, LOGIN);
    etcd_cancel(call);
    etcd_script_answer(script, 200, "{\"token\":\"t\"}");
    etcd_script_expect(script, "");
    etcd_script_begin(script, "kv/range", "{}");
    etcd_script_expect(script, "kv/range as t {}\n");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, etcd_script_setup, etcd_script_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_token_is_asked_for_once_and_anew_when_it_has_lapsed),
        TEST(test_who_is_turned_away_ends_with_the_reason),
        TEST(test_a_login_that_gives_no_token_is_none),
        TEST(test_a_login_without_an_answer_says_why),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
