/* SPDX-License-Identifier: MIT */
/* A fleet as people read it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/json/json_parser.h"
#include "daemon/report/fleet_text.h"

#define HOSTS                                                                                      \
    "\"hosts\": [{\"name\": \"admin-a\", \"self\": true, \"version\": \"0.1\", \"instances\": 1,"  \
    "  \"max_instances\": 5, \"roster\": {\"digest\": \"0123456789abcdef\", \"head\": null},"      \
    "  \"since\": \"2026-11-24T15:00:00Z\"},"                                                      \
    " {\"name\": \"admin-b\", \"self\": false, \"drained\": true, \"version\": \"0.2\","           \
    "  \"instances\": 2, \"roster\": {\"digest\": \"fedcba9876543210\","                           \
    "  \"head\": \"aaaabbbbccccdddd\"}, \"since\": \"2026-11-24T14:00:00Z\"}]"

#define HEAD                                                                                       \
    "\"prefix\": \"/rosterd/\", \"host\": \"admin-a\", \"time\": \"2026-11-24T15:04:05Z\", "

static char *show(const char *json)
{
    Buf buf = {0};
    Json *root = NULL;

    assert_int_equal(json_parse_once(json, strlen(json), &root, NULL), 0);
    assert_int_equal(fleet_text_append(root, false, &buf), 0);
    json_free(root);
    return buf_take(&buf);
}

static void expect_lines(const char *json, const char *const *parts)
{
    char *text = show(json);

    for (; *parts; parts++) {
        if (!strstr(text, *parts))
            fail_msg("not there: %s\nin: %s", *parts, text);
    }
    free(text);
}

#define PARTS(...)                                                                                 \
    (const char *const[])                                                                          \
    {                                                                                              \
        __VA_ARGS__, NULL                                                                          \
    }

static void who_owns_what(void **state)
{
    (void)state;
    expect_lines(
        "{" HEAD "\"current\": true, \"lease\": {\"held\": true, \"left_seconds\": 71}, " HOSTS
        ", \"instances\": ["
        "{\"name\": \"prod\", \"owner\": \"admin-a\", \"state\": \"owned\","
        " \"since\": \"2026-11-24T15:00:01Z\", \"record\": {\"ended\": \"2026-11-24T15:03:00Z\","
        " \"channels\": 4, \"results\": {\"in_sync\": 1, \"converged\": 1, \"held\": 1,"
        " \"failed\": 1}}},"
        "{\"name\": \"test\", \"owner\": \"admin-a\", \"state\": \"waits\","
        " \"change_from\": \"2026-11-24T15:05:00Z\"},"
        "{\"name\": \"\", \"owner\": \"admin-b\", \"state\": \"elsewhere\"},"
        "{\"name\": \"new\", \"state\": \"nobody\", \"last\": \"admin-c\","
        " \"why\": \"no host has room\"}]}",
        PARTS("fleet /rosterd/, as admin-a knows it at 2026-11-24T15:04:05Z; its lease has 71 s "
              "left\n",
              "admin-a (this one)", "0123456789ab ", "admin-b ", "aaaabbbbcccc",
              "drained: takes no instance", "2026-11-24T15:03:00Z",
              "2 of 4 channels in sync; 1 failed, 1 held", "waits for handover",
              "reads, and changes nothing before 2026-11-24T15:05:00Z", "(not in these settings)",
              "owned by nobody", "the last owner was admin-c", "no host has room"));
}

static void what_is_wrong_comes_first(void **state)
{
    char *text;

    (void)state;
    text = show("{" HEAD "\"current\": false, \"trouble\": \"etcd does not answer\", "
                "\"drained\": true, \"lease\": {\"held\": false}, \"hosts\": [], "
                "\"instances\": []}");
    assert_non_null(strstr(text, "as admin-a knows it at 2026-11-24T15:04:05Z\n"
                                 "fleet: etcd does not answer\n"
                                 "fleet: admin-a holds no lease: it owns nothing and changes "
                                 "nothing until etcd gives it one\n"
                                 "fleet: admin-a is drained: "));
    free(text);
    text = show("{" HEAD "\"current\": false, \"lease\": {\"held\": true, \"left_seconds\": 5}, "
                "\"hosts\": [], \"instances\": []}");
    assert_non_null(strstr(text, "fleet: what other hosts do is not known at the moment"));
    free(text);
}

static void expect_owner(const char *json, const char *expected)
{
    Buf buf = {0};
    Json *root = NULL;

    assert_int_equal(json_parse_once(json, strlen(json), &root, NULL), 0);
    fleet_text_append_owner(root, &buf);
    assert_string_equal(buf_text(&buf), expected);
    json_free(root);
    buf_done(&buf);
}

static void the_owner_in_a_line(void **state)
{
    (void)state;
    expect_owner("{\"owner\": \"b\", \"state\": \"elsewhere\", \"since\": \"T\"}",
                 "owned by b since T");
    expect_owner("{\"owner\": null, \"state\": \"nobody\", \"last\": \"c\"}",
                 "owned by nobody, last by c");
    expect_owner("{\"owner\": null, \"state\": \"nobody\", \"last\": null}", "owned by nobody");
    expect_owner("{\"owner\": \"a\", \"state\": \"changing_hands\"}",
                 "owned by a, changes hands at this moment");
    expect_owner("{\"owner\": \"a\", \"state\": \"waits\", \"change_from\": \"T\"}",
                 "owned by a; reads, and changes nothing before T (handover)");
    expect_owner("{\"owner\": \"a\", \"state\": \"owned\", \"why\": \"the lease ends\"}",
                 "owned by a; the lease ends");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_owns_what),
        cmocka_unit_test(what_is_wrong_comes_first),
        cmocka_unit_test(the_owner_in_a_line),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
