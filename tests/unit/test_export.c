/* SPDX-License-Identifier: MIT */
/* How texts stand in an exported roster, what gets no entry there, and names of its files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "config/yaml/yaml_writer.h"
#include "daemon/base/mem.h"
#include "daemon/json/json_parser.h"
#include "daemon/report/export.h"

/* ---- texts ---- */

static void is_written(const char *text, bool in_flow, const char *yaml)
{
    _cleanup_(buf_done) Buf buf = {0};

    yaml_writer_put_text(&buf, text, in_flow);
    assert_string_equal(buf_text(&buf), yaml);
}

static void texts_stay_texts(void **state)
{
    static const char *const plain[] = {"payments", "10.1.0.5", "a.b-c_d/e", "vm-1", "1a",
                                        "12b3g",    "A",        "Z",         "a",    "z",
                                        "zZ09aA",   "9a",       "5.5.5",     "0a",   "1x2"};
    static const char *const quoted[] = {"",           "yes",
                                         "NO",         "y",
                                         "Null",       "1e3",
                                         "1E3",        "0x1f",
                                         "0b1",        "1_0",
                                         "1.5",        "12",
                                         "1:30",       "-a",
                                         ".a",         "a b",
                                         "a,b",        "a#b",
                                         "~",          "*",
                                         "2026-11-24", "2026-11-24t10:00:00.5Z",
                                         "0",          "9",
                                         "5.5",        "0X1",
                                         "0o7",        "0OA",
                                         "0Bz",        "/a",
                                         "@a",         "[a",
                                         "`a",         "{a",
                                         ":a",         "a@",
                                         "a[",         "a`",
                                         "a{",         "off"};
    char yaml[64];

    (void)state;
    for (size_t i = 0; i < ELEMENTS(plain); i++)
        is_written(plain[i], true, plain[i]);
    for (size_t i = 0; i < ELEMENTS(quoted); i++) {
        snprintf(yaml, sizeof(yaml), "\"%s\"", quoted[i]);
        is_written(quoted[i], false, yaml);
    }
    is_written("10.1.0.5:8080", false, "10.1.0.5:8080");
    is_written("10.1.0.5:8080", true, "\"10.1.0.5:8080\"");
    is_written("a:", false, "\"a:\"");
    is_written("a:b", false, "a:b");
    is_written("a:-", false, "\"a:-\"");
    is_written("\xe6\x94\xaf\"\\", false, "\"\xe6\x94\xaf\\\"\\\\\"");
    is_written("\n\x7f\xc2\x85\xe2\x80\xa8\xef\xbf\xbf\xf3\xa0\x80\x81\xff", false,
               "\"\\x0A\\x7F\\x85\\u2028\\uFFFF\\U000E0001?\"");
}

/* ---- what gets no entry, and names of files ---- */

static void is_refused(const char *channel, int error, const char *why)
{
    _cleanup_(json_freep) Json *root = NULL;
    _cleanup_(buf_done) Buf buf = {0};
    Err err = {0};

    assert_int_equal(json_parse_once(channel, strlen(channel), &root, &err), 0);
    assert_int_equal(report_export_append(root, true, &buf, &err), error);
    assert_non_null(strstr(err.text, why));
    assert_int_equal(buf.size, 0);
}

#define LISTED(rest) "{\"id\": \"c1\", \"port\": 80, \"result\": \"listed\", " rest "}"

/* The daemon's answer is believed no more than anybody's. */
static void what_a_roster_cannot_say_is_refused(void **state)
{
    (void)state;
    is_refused("{}", -EIO, "were not read");
    is_refused("{\"result\": \"unmanageable\", \"error\": {\"message\": \"it is\"}}", -EOPNOTSUPP,
               "it is");
    is_refused("{\"result\": \"failed\", \"error\": {\"message\": \"no\"}}", -EIO, "no");
    is_refused("{\"result\": \"listed\", \"id\": \"a\\nb\"}", -EINVAL, "id");
    is_refused(LISTED("\"kind\": \"ip\", \"members\": [{\"host\": \"a b\"}]"), -EINVAL, "address");
    is_refused(LISTED("\"kind\": \"ip\", \"members\": [{}]"), -EINVAL, "address");
    is_refused(LISTED("\"kind\": \"ip\", \"members\": [{\"host\": \"a\", \"port\": 65536}]"),
               -EINVAL, "port");
    is_refused(LISTED("\"kind\": \"ecs\", \"members\": [{\"ecs_id\": \"a b\"}]"), -EINVAL,
               "ecs_id");
    is_refused(LISTED("\"kind\": \"ip\", \"members\": [{\"host\": \"a\", \"member_group_name\": "
                      "\"x${y}\"}]"),
               -EINVAL, "group");
}

/* A weight that all members of a group have is not the member's, and one beyond 10000 is none. */
static void fields_are_the_members_own(void **state)
{
    static const char channel[] =
        "{\"id\": \"c1\", \"name\": \"n\", \"port\": 80, \"result\": \"listed\", \"kind\": \"ecs\","
        " \"groups\": [{\"name\": \"blue\", \"weight\": 5}, {\"name\": \"red\", \"weight\": null}],"
        " \"members\": ["
        "{\"ecs_id\": \"v1\", \"port\": 0, \"member_group_name\": \"blue\", \"weight\": 5},"
        "{\"ecs_id\": \"v2\", \"port\": 0, \"member_group_name\": \"red\", \"weight\": 7,"
        " \"is_backup\": true, \"status\": 2, \"ecs_name\": \"yes\"},"
        "{\"ecs_id\": \"v3\", \"port\": 1, \"member_group_name\": \"gone\", \"weight\": 7},"
        "{\"ecs_id\": \"v4\", \"port\": 1, \"weight\": 10001, \"ecs_name\": \"a\\nb\"}]}";
    static const char expected[] =
        "  - id: c1 # n\n"
        "    members:\n"
        "      - {ecs_id: v4, port: 1, backup: false, enabled: true} # a<U+000A>b\n"
        "      - {ecs_id: v1, group: blue, backup: false, enabled: true}\n"
        "      - {ecs_id: v3, port: 1, group: gone, backup: false, enabled: true}\n"
        "      - {ecs_id: v2, group: red, ecs_name: \"yes\", weight: 7, backup: true, "
        "enabled: false}\n";
    _cleanup_(json_freep) Json *root = NULL;
    _cleanup_(buf_done) Buf buf = {0};

    (void)state;
    assert_int_equal(json_parse_once(channel, strlen(channel), &root, NULL), 0);
    assert_int_equal(report_export_append(root, true, &buf, NULL), 0);
    assert_string_equal(buf_text(&buf), expected);
}

static void is_named(const char *channel, const char *file)
{
    _cleanup_(json_freep) Json *root = NULL;
    char name[REPORT_EXPORT_NAME_SIZE];

    assert_int_equal(json_parse_once(channel, strlen(channel), &root, NULL), 0);
    report_export_name(root, name);
    assert_string_equal(name, file);
}

static void files_have_names_of_their_own(void **state)
{
    (void)state;
    is_named("{\"name\": \"Pay_Ments v2!\", \"id\": \"56a7d7358e1b\"}",
             "pay-ments-v2-56a7d735.yaml");
    is_named("{\"name\": \"../../etc/passwd\", \"id\": \"../x\"}", "etc-passwd----x.yaml");
    is_named("{\"name\": \"\xe6\x94\xaf\", \"id\": \"1\"}", "channel-1.yaml");
    is_named("{}", "channel-.yaml");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_stay_texts),
        cmocka_unit_test(what_a_roster_cannot_say_is_refused),
        cmocka_unit_test(fields_are_the_members_own),
        cmocka_unit_test(files_have_names_of_their_own),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
