/* SPDX-License-Identifier: MIT */
/* What the status says of pauses of every kind, of plans that are approved, and of clones that
 * rosters stand in. */
#include "tests/unit/control_case.h"

#include <sys/stat.h>

#define PAYMENTS_STATUS CONTROL_PATH_STATUS "?channel=payments"
#define OPEN_GUARDS "guards: {max_delete_percent: 100}\n"

static void assert_payments(ControlCase *control_case, const char *part)
{
    control_case_assert_get(control_case, PAYMENTS_STATUS, 200, part);
}

/* ---- which of several pauses is told ---- */

/* For so long from now; 0: without an end. */
static void pause_payments(ControlCase *control_case, const char *reason, uint64_t usec)
{
    uint64_t now_usec = clock_realtime_usec();
    const StorePause pause = {
        .scope = {.instance_key = control_case->controller_case->controller->backend.keys[0],
                  .instance_name = "prod",
                  .channel_name = "payments"},
        .reason = reason,
        .until_usec = usec == 0 ? 0 : now_usec + usec,
    };

    assert_int_equal(
        store_pause(control_case->controller_case->store, &pause, now_usec, NULL, NULL), 0);
}

/* A time so far from now, as settings and rosters write it. */
static const char *time_from_now(int64_t usec)
{
    static char text[CLOCK_RFC3339_SIZE];

    clock_format_rfc3339((uint64_t)((int64_t)clock_realtime_usec() + usec), text);
    return text;
}

static void use_roster_pause(ControlCase *control_case, const char *paused)
{
    char roster[256];

    snprintf(roster, sizeof(roster),
             "version: 1\nchannels:\n  - {name: payments, members: ['10.1.0.1:80'], paused: %s}\n",
             paused);
    control_case_use(control_case, OPEN_GUARDS, roster);
}

static void test_of_a_roster_and_the_state_the_longer_pause_is_told(void **state)
{
    ControlCase *control_case = *state;
    char paused[128];

    assert_payments(control_case, "\"pause\": null");
    snprintf(paused, sizeof(paused), "{reason: repair, until: '%s'}",
             time_from_now(2 * (int64_t)USEC_PER_HOUR));
    use_roster_pause(control_case, paused);
    assert_payments(control_case, "\"reason\": \"repair\"");
    control_case_assert_has(control_case, "\"scope\": \"roster\"");
    pause_payments(control_case, "shorter", USEC_PER_HOUR);
    assert_payments(control_case, "\"reason\": \"repair\"");
    control_case_assert_has(control_case, "\"scope\": \"roster\"");
    pause_payments(control_case, "longer", 3 * USEC_PER_HOUR);
    assert_payments(control_case, "\"reason\": \"longer\"");
    control_case_assert_has(control_case, "\"scope\": \"channel\"");
    control_case_assert_has_not(control_case, "repair");
    pause_payments(control_case, "for good", 0);
    assert_payments(control_case, "\"reason\": \"for good\"");
    control_case_assert_has(control_case, "\"until\": null");
    use_roster_pause(control_case, "repair");
    control_case_assert_post(control_case, CONTROL_PATH_RESUME, "{\"channel\":\"payments\"}", 409,
                             "its pause by rosterctl has ended, but it is paused by the roster");
    control_case_assert_post(control_case, CONTROL_PATH_RESUME, "{\"channel\":\"payments\"}", 409,
                             ":3 (repair): remove paused: there to resume it");
    assert_payments(control_case, "\"reason\": \"repair\"");
    control_case_assert_has(control_case, "\"until\": null");
    pause_payments(control_case, "longer", 3 * USEC_PER_HOUR);
    assert_payments(control_case, "\"reason\": \"repair\"");
    snprintf(paused, sizeof(paused), "{reason: repair, until: '%s'}",
             time_from_now(-(int64_t)USEC_PER_HOUR));
    use_roster_pause(control_case, paused);
    assert_payments(control_case, "\"reason\": \"longer\"");
    control_case_assert_post(control_case, CONTROL_PATH_RESUME, "{\"channel\":\"payments\"}", 200,
                             "\"paused\": false");
    assert_payments(control_case, "\"pause\": null");
}

static void test_of_a_freeze_and_a_pause_the_longer_one_is_told(void **state)
{
    ControlCase *control_case = *state;
    char settings[256];
    int size = snprintf(settings, sizeof(settings), OPEN_GUARDS "freezes: [{from: '%s', ",
                        time_from_now(-(int64_t)USEC_PER_HOUR));

    snprintf(settings + size, sizeof(settings) - (size_t)size, "to: '%s', reason: sale}]\n",
             time_from_now(2 * (int64_t)USEC_PER_HOUR));
    control_case_use(control_case, settings, NULL);
    assert_payments(control_case, "\"scope\": \"window\"");
    control_case_assert_has(control_case, "sale");
    control_case_assert_has_not(control_case, "\"next_opening\": null");
    pause_payments(control_case, "shorter", USEC_PER_HOUR);
    assert_payments(control_case, "\"scope\": \"window\"");
    pause_payments(control_case, "longer", 3 * USEC_PER_HOUR);
    assert_payments(control_case, "\"scope\": \"channel\"");
    control_case_assert_has(control_case, "\"reason\": \"longer\"");
    pause_payments(control_case, "for good", 0);
    assert_payments(control_case, "\"reason\": \"for good\"");
    control_case_assert_has(control_case, "\"opens_window\": false");
}

/* ---- plans ---- */

static void copy_digest(const char *from, char digest[static DIGEST_HEX_SIZE])
{
    const char *at = from ? strstr(from, "\"digest\": \"") : NULL;

    assert_non_null(at);
    memcpy(digest, at + strlen("\"digest\": \""), DIGEST_HEX_SIZE - 1);
    digest[DIGEST_HEX_SIZE - 1] = '\0';
}

/* What guards of a whole pass hold has a digest of its own, the instance's. */
static void test_an_instance_s_plans_are_approved(void **state)
{
    ControlCase *control_case = *state;
    char digest[DIGEST_HEX_SIZE], body[128];
    const char *instances;

    control_case_use(control_case, "guards: {max_delete_percent: 100, max_deletes_total: 1}\n",
                     NULL);
    control_case_assert_get(control_case, CONTROL_PATH_STATUS, 200, "\"digest\": null");
    control_case_begin(control_case);
    control_case_assert_get(control_case, CONTROL_PATH_STATUS, 200, "max_deletes_total");
    control_case_assert_has_not(control_case, "\"approved\": true");
    instances = strstr(buf_text(&control_case->answer), "\"instances\": [");
    copy_digest(instances, digest);
    control_case_assert_get(control_case, CONTROL_PATH_STATUS "?digest=0", 200, "\"plans\": ");
    snprintf(body, sizeof(body), "{\"digest\":\"%s\"}", digest);
    control_case_assert_post(control_case, CONTROL_PATH_APPROVE, body, 200, "\"approved\": true");
    control_case_assert_get(control_case, CONTROL_PATH_STATUS, 200, "\"approved\": true");
    control_case->controller_case->controller->backend.store = NULL;
    control_case_assert_get(control_case, CONTROL_PATH_STATUS, 200, "\"approved\": false");
    control_case_assert_has_not(control_case, "\"approved\": true");
    control_case_assert_has(control_case, "no state in this test");
    control_case->controller_case->controller->backend.store = control_case->controller_case->store;
}

/* ---- the page ---- */

static void test_the_page_is_sent_where_it_is_another_one(void **state)
{
    ControlCase *control_case = *state;
    char version[DIGEST_HEX_SIZE], path[DIGEST_HEX_SIZE + 16];
    const char *at;

    control_case_begin(control_case);
    /* It changes with the minute too: the second answer may be a page once more. */
    for (size_t i = 0; i < 3; i++) {
        control_case_assert_get(control_case, CONTROL_PATH_PAGE, 200, "<main data-version=\"");
        control_case_assert_has(control_case, "payments");
        control_case_assert_has(control_case, "10.1.0.2");
        at = strstr(buf_text(&control_case->answer), "<main data-version=\"");
        memcpy(version, at + strlen("<main data-version=\""), DIGEST_HEX_SIZE - 1);
        version[DIGEST_HEX_SIZE - 1] = '\0';
        snprintf(path, sizeof(path), CONTROL_PATH_PAGE "?have=%s", version);
        control_case_assert_get(control_case, path, 200, "\r\n\r\n");
        if (strstr(buf_text(&control_case->answer), "\r\n\r\nsame\n"))
            break;
        assert_true(i < 2);
    }
    control_case_assert_get(control_case, CONTROL_PATH_PAGE "?have=0", 200,
                            "<main data-version=\"");
}

/* ---- clones ---- */

static void write_clone_status(const ControlCase *control_case, const char *text)
{
    const ClientCase *client_case = &control_case->controller_case->client_case;
    char path[SCRATCH_SIZE + 32];

    snprintf(path, sizeof(path), "%s/.state", client_case->directory);
    mkdir(path, 0700);
    snprintf(path, sizeof(path), "%s/.state/rosters.d", client_case->directory);
    mkdir(path, 0700);
    client_case_write_secret(client_case, ".state/rosters.d/status", text);
}

static void test_clones_that_rosters_stand_in(void **state)
{
    ControlCase *control_case = *state;
    const char *directory = control_case->controller_case->client_case.directory;
    char clone[SCRATCH_SIZE + 64];

    client_case_write_secret(&control_case->controller_case->client_case, "rosters.d/b.yaml",
                             "version: 1\nchannels: [{name: third, members: ['10.3.0.1:80']}]\n");
    control_case_use(control_case, OPEN_GUARDS, NULL);
    control_case_assert_get(control_case, CONTROL_PATH_STATUS, 200, "\"git\": []");
    write_clone_status(control_case, "");
    control_case_assert_get(control_case, CONTROL_PATH_STATUS, 200, "\"git\": []");
    write_clone_status(control_case, "result=success\ncommit=abc\nsuccess=2026-11-30T10:00:00Z\n"
                                     "messages=no\nmessage=a\tb\177c~\n");
    control_case_assert_get(control_case, CONTROL_PATH_STATUS, 200, "\"commit\": \"abc\"");
    snprintf(clone, sizeof(clone), "\"clone\": \"%s/rosters.d\"", directory);
    control_case_assert_has(control_case, clone);
    control_case_assert_has(control_case, "\"success\": \"2026-11-30T10:00:00Z\"");
    control_case_assert_has(control_case, "\"failure\": null");
    control_case_assert_has(control_case, "\"message\": \"a?b?c~\"");
    control_case_assert_has(control_case, "\"is_failing\": false");
    assert_null(strstr(strstr(buf_text(&control_case->answer), clone) + 1, "\"clone\""));
    write_clone_status(control_case, "result=failure\nfailure=2026-11-30T11:00:00Z\n");
    control_case_assert_get(control_case, CONTROL_PATH_STATUS, 200, "\"is_failing\": true");
    control_case_assert_has(control_case, "\"failure\": \"2026-11-30T11:00:00Z\"");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, control_case_setup, control_case_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_of_a_roster_and_the_state_the_longer_pause_is_told),
        TEST(test_of_a_freeze_and_a_pause_the_longer_one_is_told),
        TEST(test_an_instance_s_plans_are_approved),
        TEST(test_the_page_is_sent_where_it_is_another_one),
        TEST(test_clones_that_rosters_stand_in),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
