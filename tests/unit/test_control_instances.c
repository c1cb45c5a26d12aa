/* SPDX-License-Identifier: MIT */
/* What a daemon of two instances is asked for on its socket: a pause, a pass and an approval are of
 * the one that was meant, and a history longer than a part of an answer is told whole. */
#include "tests/unit/control_case.h"

#include <stdlib.h>

/* "payments" of prod, and "orders" of test, which has two members more than its roster wants. */
static void use_two_instances(ControlCase *control_case, const char *settings)
{
    ControllerCase *controller_case = control_case->controller_case;

    controller_service.channels[1].members[2] = controller_service.channels[1].members[3] = true;
    controller_case->has_two_instances = true;
    client_case_write_secret(&controller_case->client_case, "rosters.d/b.yaml",
                             "version: 1\ninstance: test\nchannels:\n"
                             "  - {name: orders, members: ['10.2.0.1:80']}\n");
    control_case_use(control_case, settings,
                     "version: 1\ninstance: prod\nchannels:\n"
                     "  - {name: payments, members: ['10.1.0.1:80']}\n");
}

static void begin_both(ControlCase *control_case)
{
    control_case_begin(control_case);
    controller_case_await_passes(control_case->controller_case, 2);
}

static void test_one_instance_is_paused(void **state)
{
    ControlCase *control_case = *state;

    use_two_instances(control_case, "guards: {max_delete_percent: 100}\n");
    control_case_assert_post(control_case, CONTROL_PATH_PAUSE,
                             "{\"reason\":\"x\",\"instance\":\"none\"}", 404,
                             "none: no instance of the settings has this name, which have prod, "
                             "test");
    control_case_assert_post(control_case, CONTROL_PATH_PAUSE,
                             "{\"reason\":\"work\",\"instance\":\"test\"}", 200,
                             "\"instance\": \"test\"");
    begin_both(control_case);
    assert_int_equal(controller_service.deletions, 2);
    assert_true(controller_service.channels[1].members[2]);
    control_case_assert_get(control_case, CONTROL_PATH_STATUS "?channel=orders", 200,
                            "\"scope\": \"instance\"");
    control_case_assert_get(control_case, CONTROL_PATH_STATUS "?channel=payments", 200,
                            "\"pause\": null");
    control_case_assert_post(control_case, CONTROL_PATH_RESUME, "{\"instance\":\"prod\"}", 409,
                             "it is not paused: rosterctl status shows what is");
    control_case_assert_post(control_case, CONTROL_PATH_RESUME, "{\"channel\":\"orders\"}", 409,
                             "the pause of instance test holds it (work)");
    control_case_assert_post(control_case, CONTROL_PATH_RESUME, "{\"instance\":\"test\"}", 200,
                             "\"instance\": \"test\"");
    control_case_assert_get(control_case, CONTROL_PATH_STATUS "?channel=orders", 200,
                            "\"pause\": null");
}

static void test_a_pass_is_of_the_instance_of_its_channel(void **state)
{
    ControlCase *control_case = *state;
    const Controller *controller;
    char other_pass[STORE_PASS_ID_SIZE];

    use_two_instances(control_case, "guards: {max_delete_percent: 100}\n");
    begin_both(control_case);
    controller = control_case->controller_case->controller;
    snprintf(other_pass, sizeof(other_pass), "%s", controller->schedulers[0].last_pass);
    assert_int_equal(controller_service.deletions, 4);
    controller_service.channels[0].members[2] = controller_service.channels[1].members[2] = true;
    control_case_assert_post(control_case, CONTROL_PATH_RECONCILE, "{\"channel\":\"test/orders\"}",
                             200, "\"result\": \"converged\"");
    control_case_assert_has(control_case, "\"name\": \"test\"");
    control_case_assert_has(control_case, controller->schedulers[1].last_pass);
    control_case_assert_has_not(control_case, "\"name\": \"prod\"");
    control_case_assert_has_not(control_case, "payments");
    control_case_assert_has_not(control_case, "changed_meanwhile");
    assert_string_equal(controller->schedulers[0].last_pass, other_pass);
    assert_true(controller_service.channels[0].members[2]);
    assert_false(controller_service.channels[1].members[2]);
    control_case_assert_post(control_case, CONTROL_PATH_RECONCILE, "{}", 200,
                             "\"name\": \"payments\"");
    control_case_assert_has(control_case, "\"name\": \"orders\"");
    control_case_assert_has(control_case, "\"name\": \"prod\"");
    control_case_assert_has(control_case, "\"name\": \"test\"");
    assert_false(controller_service.channels[0].members[2]);
}

/* The digest of the first channel that a status shows. */
static void read_digest(ControlCase *control_case, const char *path,
                        char digest[static DIGEST_HEX_SIZE])
{
    const char *at;

    control_case_assert_get(control_case, path, 200, "\"channels\": [");
    at = strstr(strstr(buf_text(&control_case->answer), "\"channels\": ["), "\"digest\": \"");
    assert_non_null(at);
    memcpy(digest, at + strlen("\"digest\": \""), DIGEST_HEX_SIZE - 1);
    digest[DIGEST_HEX_SIZE - 1] = '\0';
}

/* Also when the pass comes that carries it out. */
static void test_an_approval_is_of_the_instance_of_its_plan(void **state)
{
    ControlCase *control_case = *state;
    Controller *controller;
    char digest[DIGEST_HEX_SIZE], body[128];

    use_two_instances(control_case, "guards: {max_deletes: 1}\n");
    begin_both(control_case);
    assert_int_equal(controller_service.deletions, 0);
    controller = control_case->controller_case->controller;
    controller->schedulers[0].schedule->next_usec = USEC_NEVER;
    read_digest(control_case, CONTROL_PATH_STATUS "?channel=orders", digest);
    snprintf(body, sizeof(body), "{\"digest\":\"%s\"}", digest);
    control_case_assert_post(control_case, CONTROL_PATH_APPROVE, body, 200,
                             "\"instance\": \"test\"");
    control_case_assert_has(control_case, "\"name\": \"orders\"");
    control_case_assert_has_not(control_case, "\"next_pass\": null");
    control_case_assert_has(control_case, "\"now\": false");
    assert_int_equal(controller_case_count_logged(control_case->controller_case,
                                                  "also where its change window is closed"),
                     0);
    read_digest(control_case, CONTROL_PATH_STATUS "?channel=payments", digest);
    snprintf(body, sizeof(body), "{\"digest\":\"%s\",\"now\":true}", digest);
    control_case_assert_post(control_case, CONTROL_PATH_APPROVE, body, 200,
                             "\"instance\": \"prod\"");
    control_case_assert_has(control_case, "\"now\": true");
    assert_int_equal(store_is_approved(control_case->controller_case->store, digest,
                                       clock_realtime_usec(), NULL, NULL),
                     APPROVAL_NOW);
    assert_int_equal(controller_case_count_logged(control_case->controller_case,
                                                  "also where its change window is closed"),
                     1);
    control_case_assert_has(control_case, "\"next_pass\": null");
}

/* ---- a long history ---- */

static void record_many(const ControlCase *control_case, size_t count)
{
    static const RosterChannel channel = {.name = "payments", .mode = MODE_PRUNE};
    Store *store = control_case->controller_case->store;
    const char *key = control_case->controller_case->controller->backend.keys[0];
    char pass[STORE_PASS_ID_SIZE];
    Change *changes = calloc(count, sizeof(*changes));
    const Batch batch = {
        .pass = pass,
        .channel = &channel,
        .instance_name = "prod",
        .instance_key = key,
        .channel_id = FIRST,
        .channel_name = "payments",
        .digest = FIRST FIRST,
        .changes = changes,
        .change_count = count,
    };

    assert_non_null(changes);
    for (size_t i = 0; i < count; i++)
        changes[i] = (Change){
            .member_id = "m1", .identity = "m1", .identity_size = 2, .before = "{\"host\":\"h\"}"};
    assert_int_equal(store_name_instance(store, key, "prod", NULL), 0);
    assert_int_equal(store_begin_pass(store, clock_realtime_usec(), pass, NULL), 0);
    assert_int_equal(store_record(store, &batch, 1, clock_realtime_usec(), NULL), 0);
    free(changes);
}

/* The changes `first` to `last`, and no other. */
static void assert_history(ControlCase *control_case, const char *query, uint64_t first,
                           uint64_t last)
{
    char path[128];
    const char *at;
    uint64_t next = first;

    snprintf(path, sizeof(path), CONTROL_PATH_HISTORY "%s", query);
    control_case_assert_get(control_case, path, 200, "\"actions\"");
    at = buf_text(&control_case->answer);
    while ((at = strstr(at, "\"action\": "))) {
        at += strlen("\"action\": ");
        assert_int_equal(strtoull(at, NULL, 10), next++);
    }
    assert_int_equal(next, last + 1);
}

static void test_a_history_of_several_parts(void **state)
{
    ControlCase *control_case = *state;

    record_many(control_case, 250);
    assert_history(control_case, "", 1, 250);
    control_case_assert_has_not(control_case, "\"complete\"");
    assert_history(control_case, "?limit=0", 1, 250);
    assert_history(control_case, "?limit=1", 250, 250);
    assert_history(control_case, "?limit=100", 151, 250);
    assert_history(control_case, "?limit=101", 150, 250);
    assert_history(control_case, "?before=101&limit=100", 1, 100);
    assert_history(control_case, "?before=102&limit=100", 2, 101);
    assert_history(control_case, "?after=0&limit=100", 1, 100);
    control_case_assert_has(control_case, "\"complete\": false");
    control_case_assert_has(control_case, "\"next\": 100");
    assert_history(control_case, "?after=100&limit=149", 101, 249);
    control_case_assert_has(control_case, "\"next\": 249");
    assert_history(control_case, "?after=249", 250, 250);
    control_case_assert_has(control_case, "\"complete\": true");
    control_case_assert_has(control_case, "\"next\": null");
    assert_history(control_case, "?after=250", 1, 0);
    control_case_assert_has(control_case, "\"complete\": true");
    assert_history(control_case, "?channel=payments&limit=2", 249, 250);
    assert_history(control_case, "?channel=prod/payments&after=248", 249, 250);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, control_case_setup, control_case_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_one_instance_is_paused),
        TEST(test_a_pass_is_of_the_instance_of_its_channel),
        TEST(test_an_approval_is_of_the_instance_of_its_plan),
        TEST(test_a_history_of_several_parts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
