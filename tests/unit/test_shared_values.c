/* SPDX-License-Identifier: MIT */
/* What hosts of a fleet write for one another: read back as it was, and refused where it is odd. */
#include "tests/unit/shared_case.h"

/* ---- pauses ---- */

static StorePause read_pause(Case *fixture, const char *json)
{
    StorePause pause = {0};

    if (pause_value_read(json, strlen(json), &fixture->arena, &pause, &fixture->err) < 0)
        fail_msg("%s: %s", fixture->err.text, json);
    return pause;
}

static void assert_no_pause(Case *fixture, const char *json, const char *says)
{
    StorePause pause = {0};

    if (pause_value_read(json, strlen(json), &fixture->arena, &pause, &fixture->err) >= 0)
        fail_msg("taken for a pause: %s", json);
    assert_says(&fixture->err, says);
    assert_null(pause.reason);
}

static void check_pause(Case *fixture, const StorePause *pause)
{
    StorePause read;

    buf_reset(&fixture->text);
    assert_int_equal(pause_value_append(pause, &fixture->text), 0);
    read = read_pause(fixture, buf_text(&fixture->text));
    assert_text(read.scope.instance_key, pause->scope.instance_key);
    assert_text(read.scope.instance_name, pause->scope.instance_name);
    assert_text(read.scope.channel_id, pause->scope.channel_id);
    assert_text(read.scope.channel_name, pause->scope.channel_name);
    assert_string_equal(read.reason, pause->reason);
    assert_string_equal(read.host, pause->host);
    assert_int_equal(read.until_usec, pause->until_usec);
    assert_int_equal(read.made_usec, pause->made_usec);
    assert_int_equal(read.uid, pause->uid);
}

static void test_pauses_come_back_as_they_were(void **state)
{
    const StoreScope scopes[] = {
        {0},
        {.instance_key = KEY, .instance_name = "prod"},
        {KEY, "prod", "c1", "payments"},
        {KEY, "prod", "c1", NULL},
        {KEY, "prod", NULL, "\"a\" \xc3\xa9"},
    };

    for (size_t i = 0; i < ELEMENTS(scopes); i++) {
        StorePause pause = {
            .scope = scopes[i], .reason = "work", .host = "admin-a", .made_usec = AT};

        check_pause(*state, &pause);
        pause.until_usec = AT + USEC_PER_HOUR;
        pause.uid = (uid_t)-1;
        check_pause(*state, &pause);
    }
}

/* Hosts of other versions read them, too. */
static void test_pauses_as_they_are_written(void **state)
{
    static const struct {
        StorePause pause;
        const char *json;
    } rows[] = {
        {{.reason = "work", .host = "admin-a", .made_usec = 1, .until_usec = 1, .uid = 0},
         "{\"scope\":\"all\",\"instance\":null,\"instance_name\":null,\"channel_id\":null,"
         "\"channel_name\":null,\"reason\":\"work\",\"until_usec\":1,\"uid\":0,"
         "\"host\":\"admin-a\",\"at_usec\":1}\n"},
        {{.scope = {KEY, "prod", "c1", "payments"},
          .reason = "",
          .host = "admin-a",
          .made_usec = AT,
          .uid = (uid_t)-1},
         "{\"scope\":\"channel\",\"instance\":\"" KEY "\",\"instance_name\":\"prod\","
         "\"channel_id\":\"c1\",\"channel_name\":\"payments\",\"reason\":\"\","
         "\"until_usec\":null,\"uid\":null,\"host\":\"admin-a\",\"at_usec\":1795532645000000}\n"},
    };
    Case *fixture = *state;

    for (size_t i = 0; i < ELEMENTS(rows); i++) {
        buf_reset(&fixture->text);
        assert_int_equal(pause_value_append(&rows[i].pause, &fixture->text), 0);
        assert_string_equal(buf_text(&fixture->text), rows[i].json);
    }
}

static void test_odd_pauses(void **state)
{
    static const char good[] = "{\"scope\":\"all\",\"reason\":\"x\",\"host\":\"a\",\"at_usec\":1,"
                               "\"newer\":[{}]}";

    read_pause(*state, good);
    assert_int_equal(read_pause(*state, "{\"scope\":\"all\",\"reason\":\"x\",\"host\":\"a\","
                                        "\"at_usec\":1,\"uid\":4294967295}")
                         .uid,
                     (uid_t)-1);
    assert_no_pause(*state,
                    "{\"scope\":\"all\",\"reason\":\"x\",\"host\":\"a\",\"at_usec\":1,"
                    "\"uid\":4294967296}",
                    "uid: is no number of a user");
    assert_no_pause(*state, "", "");
    assert_no_pause(*state, "[]", "");
    assert_no_pause(*state, "{\"scope\":\"all\",\"reason\":\"x\",\"host\":\"a\",\"at_usec\":0}",
                    "at_usec: should be");
    assert_no_pause(*state,
                    "{\"scope\":\"channel\",\"channel_name\":\"c\",\"reason\":\"x\","
                    "\"host\":\"a\",\"at_usec\":1}",
                    "scope: is not what");
    assert_no_pause(*state, "{\"scope\":\"all\",\"reason\":\"x\",\"host\":\"a\"}",
                    "at_usec: missing");
    assert_no_pause(*state, "{\"scope\":\"all\",\"reason\":\"x\",\"at_usec\":1}", "host");
    assert_no_pause(*state, "{\"scope\":\"all\",\"host\":\"a\",\"at_usec\":1}", "reason");
    assert_no_pause(*state, "{\"reason\":\"x\",\"host\":\"a\",\"at_usec\":1}", "scope");
    /* What it is of must not be guessed. */
    assert_no_pause(*state,
                    "{\"scope\":\"instance\",\"reason\":\"x\",\"host\":\"a\",\"at_usec\":1}",
                    "scope: is not what");
    assert_no_pause(*state,
                    "{\"scope\":\"all\",\"instance\":\"k\",\"reason\":\"x\",\"host\":\"a\","
                    "\"at_usec\":1}",
                    "scope: is not what");
    assert_no_pause(*state,
                    "{\"scope\":\"all\",\"channel_id\":\"c\",\"reason\":\"x\",\"host\":\"a\","
                    "\"at_usec\":1}",
                    "scope: is not what");
    assert_no_pause(*state,
                    "{\"scope\":\"all\",\"reason\":\"x\",\"host\":\"a\",\"at_usec\":1,"
                    "\"until_usec\":\"tomorrow\"}",
                    "until_usec");
    assert_no_pause(*state,
                    "{\"scope\":\"all\",\"reason\":\"x\",\"host\":\"a\",\"at_usec\":1,\"uid\":-1}",
                    "uid");
}

/* ---- approvals ---- */

static void assert_no_approval(Case *fixture, const char *json, const char *says)
{
    ApprovalValue read = {0};

    assert_true(
        approval_value_read(DIGEST, json, strlen(json), &fixture->arena, &read, &fixture->err) < 0);
    assert_says(&fixture->err, says);
    assert_null(read.host);
}

static void test_approvals(void **state)
{
    Case *fixture = *state;
    ApprovalValue value = {.approval = {.digest = DIGEST, .given_usec = AT, .opens_window = true},
                           .until_usec = AT + USEC_PER_DAY,
                           .uid = 0,
                           .host = "admin-a"},
                  read = {0};

    assert_int_equal(approval_value_append(&value, &fixture->text), 0);
    assert_string_equal(buf_text(&fixture->text),
                        "{\"at_usec\":1795532645000000,\"until_usec\":1795619045000000,"
                        "\"now\":true,\"uid\":0,\"host\":\"admin-a\"}\n");
    assert_int_equal(approval_value_read(DIGEST, fixture->text.data, fixture->text.size,
                                         &fixture->arena, &read, &fixture->err),
                     0);
    assert_string_equal(read.approval.digest, DIGEST);
    assert_int_equal(read.approval.given_usec, AT);
    assert_true(read.approval.opens_window);
    assert_int_equal(read.until_usec, value.until_usec);
    assert_int_equal(read.uid, 0);
    assert_string_equal(read.host, "admin-a");
    assert_true(approval_value_read("abc", fixture->text.data, fixture->text.size, &fixture->arena,
                                    &read, &fixture->err) < 0);
    assert_says(&fixture->err, "no digest");
    assert_no_approval(fixture, "{\"host\":\"a\"}", "at_usec: missing");
    assert_no_approval(fixture, "{\"at_usec\":0,\"host\":\"a\"}", "at_usec: should be");
    assert_no_approval(fixture, "{\"at_usec\":1}", "host");
    assert_no_approval(fixture, "{\"at_usec\":1,\"host\":\"a\",\"now\":\"no\"}", "now");
    assert_no_approval(fixture, "{\"at_usec\":1,\"host\":\"a\",\"uid\":-1}", "uid");
    assert_no_approval(fixture, "{\"at_usec\":1,\"host\":\"a\",\"until_usec\":\"x\"}",
                       "until_usec");
    value.uid = (uid_t)-1;
    value.approval.opens_window = false;
    buf_reset(&fixture->text);
    assert_int_equal(approval_value_append(&value, &fixture->text), 0);
    assert_non_null(strstr(buf_text(&fixture->text), "\"now\":false,\"uid\":null"));
    assert_int_equal(approval_value_read(DIGEST, fixture->text.data, fixture->text.size,
                                         &fixture->arena, &read, &fixture->err),
                     0);
    assert_int_equal(read.uid, (uid_t)-1);
    assert_false(read.approval.opens_window);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_pauses_come_back_as_they_were),
        TEST(test_pauses_as_they_are_written),
        TEST(test_odd_pauses),
        TEST(test_approvals),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
