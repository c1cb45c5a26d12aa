/* SPDX-License-Identifier: MIT */
/* Which rows of a channel a status shows, which plans a digest means, and pauses of channels that
 * are in no roster any more. */
#include "tests/unit/control_case.h"

#define PAYMENTS CONTROL_PATH_STATUS "?channel=payments"

/* "payments" has 10.1.0.1 to 10.1.0.8 and "orders" 10.2.0.1 to 10.2.0.3, of which the rosters want
 * the first; guards hold the rest. */
static void begin_held(ControlCase *control_case, const char *guards)
{
    for (int i = 2; i <= MEMBERS_MAX; i++)
        controller_service.channels[0].members[i] = true;
    controller_service.channels[1].members[2] = controller_service.channels[1].members[3] = true;
    control_case_use(control_case, guards, NULL);
    control_case_begin(control_case);
    assert_int_equal(controller_service.deletions, 0);
}

/* Of 10.1.0.2 to 10.1.0.8, these. */
static void assert_extras(ControlCase *control_case, const char *query, int first, int last)
{
    char path[128], host[16];

    snprintf(path, sizeof(path), PAYMENTS "%s", query);
    control_case_assert_get(control_case, path, 200, "\"name\": \"payments\"");
    for (int i = 2; i <= MEMBERS_MAX; i++) {
        snprintf(host, sizeof(host), "\"10.1.0.%d\"", i);
        if (i >= first && i <= last)
            control_case_assert_has(control_case, host);
        else
            control_case_assert_has_not(control_case, host);
    }
}

static void test_which_rows_are_shown(void **state)
{
    ControlCase *control_case = *state;

    begin_held(control_case, "guards: {max_deletes: 1}\n");
    assert_extras(control_case, "", 2, 8);
    assert_extras(control_case, "&rows=2", 2, 3);
    assert_extras(control_case, "&rows=7", 2, 8);
    assert_extras(control_case, "&rows=2&from=1", 3, 4);
    assert_extras(control_case, "&from=6", 8, 8);
    assert_extras(control_case, "&from=7", 9, 9);
    assert_extras(control_case, "&from=2147483647", 9, 9);
    assert_extras(control_case, "&list=extra", 2, 8);
    assert_extras(control_case, "&list=extra&from=3&rows=1", 5, 5);
    assert_extras(control_case, "&list=missing", 9, 9);
    assert_extras(control_case, "&list=added", 9, 9);
    assert_extras(control_case, "&list=changed", 9, 9);
}

static void test_which_rows_cannot_be_asked_for(void **state)
{
    ControlCase *control_case = *state;

    control_case_assert_get(control_case, PAYMENTS "&list=members", 400,
                            "list: should be missing, extra, added or changed");
    control_case_assert_get(control_case, PAYMENTS "&rows=x", 400,
                            "rows: should be a whole number up to ");
    control_case_assert_get(control_case, PAYMENTS "&from=-1", 400,
                            "from: should be a whole number up to 2147483647");
    control_case_assert_get(control_case, PAYMENTS "&from=2147483648", 400, "from: should be");
    control_case_assert_get(control_case, PAYMENTS "&rows=x&channel=nobody", 400, "rows: ");
}

/* ---- plans by their digest ---- */

/* The first digest behind a key of the status. */
static void read_digest(ControlCase *control_case, const char *path, const char *key,
                        char digest[static DIGEST_HEX_SIZE])
{
    const char *at;

    control_case_assert_get(control_case, path, 200, key);
    at = strstr(strstr(buf_text(&control_case->answer), key), "\"digest\": \"");
    assert_non_null(at);
    memcpy(digest, at + strlen("\"digest\": \""), DIGEST_HEX_SIZE - 1);
    digest[DIGEST_HEX_SIZE - 1] = '\0';
}

static void test_the_plan_of_a_digest(void **state)
{
    ControlCase *control_case = *state;
    char digest[DIGEST_HEX_SIZE], path[128];

    begin_held(control_case, "guards: {max_deletes: 1}\n");
    read_digest(control_case, PAYMENTS, "\"channels\": [", digest);
    snprintf(path, sizeof(path), CONTROL_PATH_STATUS "?digest=%.12s", digest);
    control_case_assert_get(control_case, path, 200, "\"plans\": 1");
    control_case_assert_has(control_case, "\"name\": \"payments\"");
    control_case_assert_has(control_case, "\"10.1.0.8\"");
    control_case_assert_has(control_case, "\"instances\": []");
    control_case_assert_has_not(control_case, "orders");
    control_case_assert_get(control_case, CONTROL_PATH_STATUS "?digest=", 200, "\"plans\": 2");
    control_case_assert_has(control_case, "\"name\": \"payments\"");
    control_case_assert_has(control_case, "\"name\": \"orders\"");
}

/* With the channels that it holds, and no other. */
static void test_the_plan_of_a_whole_instance(void **state)
{
    ControlCase *control_case = *state;
    char digest[DIGEST_HEX_SIZE], path[128];

    controller_service.channels[1].members[1] = true;
    begin_held(control_case, "guards: {max_delete_percent: 100, max_deletes_total: 3}\n");
    read_digest(control_case, CONTROL_PATH_STATUS, "\"instances\": [", digest);
    snprintf(path, sizeof(path), CONTROL_PATH_STATUS "?digest=%s", digest);
    control_case_assert_get(control_case, path, 200, "\"plans\": 1");
    control_case_assert_has(control_case, "\"name\": \"prod\"");
    control_case_assert_has(control_case, "max_deletes_total");
    control_case_assert_has(control_case, "\"10.1.0.8\"");
    control_case_assert_has(control_case, "\"10.2.0.3\"");
}

/* ---- pauses ---- */

static void test_a_pause_of_a_channel_that_left_is_ended_by_its_name(void **state)
{
    ControlCase *control_case = *state;

    control_case_assert_post(control_case, CONTROL_PATH_PAUSE,
                             "{\"reason\":\"work\",\"channel\":\"payments\"}", 200, "paused");
    control_case_use(control_case, "",
                     "version: 1\nchannels:\n  - {id: " SECOND ", members: ['10.2.0.1:80']}\n");
    control_case_assert_get(control_case, CONTROL_PATH_STATUS, 200, "\"other_pauses\": [");
    control_case_assert_has(control_case, "\"reason\": \"work\"");
    control_case_assert_has_not(control_case, "\"other_pauses\": []");
    control_case_assert_post(control_case, CONTROL_PATH_PAUSE,
                             "{\"reason\":\"more\",\"channel\":\"payments\"}", 404, "payments");
    control_case_assert_post(control_case, CONTROL_PATH_RESUME, "{\"channel\":\"prod/payments\"}",
                             200, "\"name\": \"payments\"");
    control_case_assert_has(control_case, "\"paused\": false");
    control_case_assert_get(control_case, CONTROL_PATH_STATUS, 200, "\"other_pauses\": []");
    control_case_assert_post(control_case, CONTROL_PATH_RESUME, "{\"channel\":\"payments\"}", 404,
                             "payments");
}

/* Pauses of others are not what holds it. */
static void test_what_holds_a_channel_is_told(void **state)
{
    ControlCase *control_case = *state;

    control_case_assert_post(control_case, CONTROL_PATH_PAUSE,
                             "{\"reason\":\"other\",\"channel\":\"" SECOND "\"}", 200, "paused");
    control_case_assert_post(control_case, CONTROL_PATH_RESUME, "{\"channel\":\"payments\"}", 409,
                             "it is not paused: rosterctl status shows what is");
    control_case_assert_post(control_case, CONTROL_PATH_PAUSE,
                             "{\"reason\":\"wide\",\"instance\":\"prod\"}", 200, "paused");
    control_case_assert_post(control_case, CONTROL_PATH_RESUME, "{\"channel\":\"payments\"}", 409,
                             "the pause of instance prod holds it (wide)");
    control_case_assert_post(control_case, CONTROL_PATH_PAUSE, "[1]", 400, "error");
    control_case_assert_post(control_case, CONTROL_PATH_PAUSE, "{\"reason\":\"x\",\"all\":1}", 400,
                             "all: ");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, control_case_setup, control_case_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_which_rows_are_shown),
        TEST(test_which_rows_cannot_be_asked_for),
        TEST(test_the_plan_of_a_digest),
        TEST(test_the_plan_of_a_whole_instance),
        TEST(test_a_pause_of_a_channel_that_left_is_ended_by_its_name),
        TEST(test_what_holds_a_channel_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
