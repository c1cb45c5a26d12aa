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
#include "daemon/notify/note.h"
#include "daemon/report/channel_text.h"
#include "daemon/report/fleet_text.h"
#include "daemon/report/json.h"
#include "daemon/report/status_text.h"
#include "daemon/web/page.h"

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
        "{\"name\": \"cut\", \"owner\": \"admin-b\", \"state\": \"unknown\"},"
        "{\"name\": \"new\", \"state\": \"nobody\", \"last\": \"admin-c\","
        " \"why\": \"no host has room\"}]}",
        PARTS("fleet /rosterd/, as admin-a knows it at 2026-11-24T15:04:05Z; its lease has 71 s "
              "left\n",
              "admin-a (this one)", "0123456789ab ", "admin-b ", "aaaabbbbcccc",
              "drained: takes no instance", "2026-11-24T15:03:00Z",
              "2 of 4 channels in sync; 1 failed, 1 held", "waits for handover",
              "reads, and changes nothing before 2026-11-24T15:05:00Z", "(not in these settings)",
              "admin-b  not known", "owned by nobody", "the last owner was admin-c",
              "no host has room"));
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
    expect_owner("{\"owner\": \"a\", \"state\": \"unknown\", \"since\": \"T\"}",
                 "owned by a since T when etcd answered last");
    expect_owner("{\"owner\": \"a\", \"state\": \"waits\", \"change_from\": \"T\"}",
                 "owned by a; reads, and changes nothing before T (handover)");
    expect_owner("{\"owner\": \"a\", \"state\": \"owned\", \"why\": \"the lease ends\"}",
                 "owned by a; the lease ends");
}

/* ---- where the fleet stands beside the rest ---- */

#define STATUS                                                                                     \
    "{\"version\": \"0.1\", \"pid\": 1, \"time\": \"2026-11-24T15:04:05Z\","                       \
    " \"fleet\": {" HEAD "\"current\": true, \"lease\": {\"held\": true}, " HOSTS "},"             \
    " \"instances\": ["                                                                            \
    "  {\"name\": \"prod\", \"owner\": \"admin-a\", \"owned\": true, \"last_pass\": \"P\","        \
    "   \"next_pass\": \"N\", \"fleet\": {\"owner\": \"admin-a\", \"state\": \"owned\"}},"         \
    "  {\"name\": \"<far>\", \"owner\": \"admin-b\", \"owned\": false,"                            \
    "   \"fleet\": {\"owner\": \"admin-b\", \"state\": \"elsewhere\", \"record\": {"               \
    "    \"ended\": \"2026-11-24T15:03:00Z\", \"result\": \"held\", \"channels\": 2,"              \
    "    \"results\": {\"in_sync\": 1, \"held\": 1}, \"held\": [{\"channel\": \"<orders>\","       \
    "    \"guards\": [{\"name\": \"max_deletes\", \"planned\": 40, \"limit\": 10}]}]}}},"          \
    "  {\"name\": \"free\", \"owner\": null, \"owned\": false, \"fleet\": {\"owner\": null,"       \
    "   \"state\": \"nobody\", \"last\": \"admin-c\", \"why\": \"no host has room\"}}],"           \
    " \"channels\": ["                                                                             \
    "  {\"instance\": \"prod\", \"name\": \"here\", \"id\": \"1\", \"result\": \"in_sync\","       \
    "   \"mode\": \"prune\", \"live\": 1, \"desired\": 1},"                                        \
    "  {\"instance\": \"<far>\", \"name\": \"orders\", \"id\": null, \"result\": null,"            \
    "   \"owned\": false, \"owner\": \"admin-b\"}]}"

static void what_the_status_says(void **state)
{
    Buf buf = {0};
    Json *root = NULL;

    (void)state;
    assert_int_equal(json_parse_once(STATUS, strlen(STATUS), &root, NULL), 0);
    assert_int_equal(status_text_append(root, &(StatusTextOptions){0}, &buf), 0);
    if (!strstr(buf_text(&buf), "2 channels: 1 in sync, 1 not of this host") ||
        !strstr(buf_text(&buf), "prod: owned by admin-a; last pass P, next pass N\n"
                                "<far>: owned by admin-b; last pass ended 2026-11-24T15:03:00Z: 1 "
                                "of 2 channels in sync; 1 held\n"
                                "free: owned by nobody, last by admin-c; no host has room\n") ||
        !strstr(buf_text(&buf), "here") || strstr(buf_text(&buf), "orders"))
        fail_msg("%s", buf_text(&buf));
    json_free(root);
    buf_done(&buf);
}

static void expect_page(const char *json, const char *const *parts, const char *absent)
{
    const PageTimeline timeline = {0};
    Buf buf = {0};
    Json *root = NULL;
    const char *main_part;

    assert_int_equal(json_parse_once(json, strlen(json), &root, NULL), 0);
    assert_int_equal(web_page_append(&(WebPage){root, NULL, &timeline, "v"}, &buf), 0);
    main_part = strstr(buf_text(&buf), "<main");
    assert_non_null(main_part);
    for (; *parts; parts++) {
        if (!strstr(main_part, *parts))
            fail_msg("not there: %s\nin: %.4000s", *parts, main_part);
    }
    if (strstr(main_part, absent))
        fail_msg("there: %s", absent);
    json_free(root);
    buf_done(&buf);
}

static void what_the_page_shows(void **state)
{
    (void)state;
    expect_page(STATUS,
                PARTS("<h1>Something wants a look</h1>",
                      "1 channel in 3 instances: 1 in sync; 1 more in instances that are not this "
                      "host's",
                      "&lt;far&gt;: held at admin-b",
                      "&lt;orders&gt;: held by max_deletes 40, limit 10", "free: owned by nobody",
                      "the last owner was admin-c", "<section id=\"fleet\">",
                      "admin-a</strong> (this host) owns 1 instance of at "
                      "most 5",
                      "admin-b</strong> owns 2 instances", "drained: it takes none",
                      "owned by admin-b; 1 of 2 channels in sync; 1 held"),
                "orders</");
    expect_page("{\"fleet\": {" HEAD
                "\"trouble\": \"etcd <does> not answer\", \"lease\": {\"held\": "
                "false}}, \"instances\": [], \"channels\": []}",
                PARTS("This host is cut off from its fleet", "etcd &lt;does&gt; not answer",
                      "holds no lease"),
                "<does>");
    expect_page("{\"instances\": [], \"channels\": []}", PARTS("<section id=\"next\">"),
                "id=\"fleet\"");
}

/* ---- what no approval passes ---- */

#define HELD_BY(guards)                                                                            \
    "{\"instances\": [{\"name\": \"prod\"}], \"channels\": [{\"instance\": \"prod\","              \
    " \"name\": \"here\", \"id\": \"1\", \"result\": \"held\", \"mode\": \"prune\", \"live\": 2,"  \
    " \"desired\": 1, \"digest\": \"0123456789abcdef\", \"guards\": [" guards "]}]}"

#define LEASE                                                                                      \
    "{\"name\": \"lease\", \"planned\": 0, \"limit\": 1, \"why\": \"the lease ends in 3 s\"}"

static void a_lease_is_told_without_a_command(void **state)
{
    const Page page = {.buf = &(Buf){0}};
    Json *root = NULL;

    (void)state;
    expect_page(HELD_BY(LEASE),
                PARTS("lease refuses: the lease ends in 3 s", "no approval passes it"),
                "rosterctl approve");
    expect_page(HELD_BY("{\"name\": \"max_deletes\", \"planned\": 40, \"limit\": 10}, " LEASE),
                PARTS("rosterctl approve 0123456789ab"), "no approval passes it");
    assert_int_equal(json_parse_once("{\"guards\": [" LEASE "]}",
                                     strlen("{\"guards\": [" LEASE "]}"), &root, NULL),
                     0);
    channel_text_guards(&page, root);
    assert_string_equal(buf_text(page.buf), "  ! lease refuses: the lease ends in 3 s\n");
    json_free(root);
    buf_done(page.buf);
}

static void report_and_notice_say_why(void **state)
{
    const RosterChannel roster = {.name = "here"};
    Guard guard = {
        .name = GUARD_LEASE, .limit = 1, .refuses = true, .why = "the lease ends in 3 s"};
    ChannelReport channel = {.channel = &roster,
                             .instance_name = "prod",
                             .name = "here",
                             .result = RESULT_HELD,
                             .digest = "0123456789abcdef",
                             .guards = &guard,
                             .guard_count = 1};
    const Report report = {.pass_id = "P", .channels = &channel, .channel_count = 1};
    const Note note = {.kind = NOTICE_HELD,
                       .step = NOTICE_BEGINS,
                       .instance_name = "prod",
                       .channel_name = "here",
                       .report = &report,
                       .channel = &channel};
    NoteText text = {0};
    Buf json = {0};
    JsonWriter writer = {.buf = &json, .is_compact = true};

    (void)state;
    json_open_object(&writer, NULL);
    report_json_put_channel(&writer, &channel, "held", NULL);
    json_close_object(&writer);
    assert_non_null(strstr(buf_text(&json), "the lease ends in 3 s"));
    buf_done(&json);
    assert_int_equal(note_write(&note, &text), 0);
    assert_non_null(strstr(buf_text(&text.lines), "lease refuses: the lease ends in 3 s\n"));
    assert_null(strstr(buf_text(&text.lines), "rosterctl approve"));
    note_text_done(&text);
    text = (NoteText){0};
    guard = (Guard){.name = GUARD_MAX_DELETES, .planned = 40, .limit = 10};
    assert_int_equal(note_write(&note, &text), 0);
    assert_non_null(strstr(buf_text(&text.lines), "rosterctl approve 0123456789ab"));
    note_text_done(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_owns_what),
        cmocka_unit_test(what_is_wrong_comes_first),
        cmocka_unit_test(the_owner_in_a_line),
        cmocka_unit_test(what_the_status_says),
        cmocka_unit_test(what_the_page_shows),
        cmocka_unit_test(a_lease_is_told_without_a_command),
        cmocka_unit_test(report_and_notice_say_why),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
