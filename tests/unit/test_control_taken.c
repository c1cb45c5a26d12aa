/* SPDX-License-Identifier: MIT */
/* Undos on the host that owns the instance: its own, for which its channels are paused on all
 * hosts, and those that other hosts hand over, which find in their place what came of them. */
#include "tests/unit/control_hosts.h"

#include "daemon/control/handle_undo_internal.h"

#define PASS "2026-11-24T15:04:05Z-1"

static size_t logged(const char *text)
{
    return controller_case_count_logged(control_hosts_here()->controller_case, text);
}

/* By hand, on this host. */
static void pause_payments(void)
{
    control_case_assert_post(control_hosts_here(), CONTROL_PATH_PAUSE,
                             "{\"channel\":\"payments\",\"reason\":\"undo\"}", 200, "undo");
}

/* What the owner has put there, once it has. */
static const char *await_answer(const char *key)
{
    AWAIT_HERE(strstr(host_find(control_hosts.etcd_case, key), "\"owner\":\"admin-a\""));
    return host_find(control_hosts.etcd_case, key);
}

/* All of it: `told` or `error`, the other one is null. */
static void assert_answer(const char *key, const char *told, const char *error)
{
    char wanted[1024];

    snprintf(wanted, sizeof(wanted),
             "{\"instance\":\"%s\",\"host\":\"admin-b\",\"pass\":\"" PASS
             "\",\"uid\":null,\"asked_usec\":1,\"owner\":\"admin-a\",\"answer\":%s",
             control_hosts.key, told ? told : "null");
    client_case_assert_has(await_answer(key), wanted);
    snprintf(wanted, sizeof(wanted), "\"error\":%s%s%s,\"actions\":[]}", error ? "\"" : "",
             error ? error : "null", error ? "\"" : "");
    client_case_assert_has(host_find(control_hosts.etcd_case, key), wanted);
    assert_null(control_hosts_here()->control->undoing);
}

/* ---- its own ---- */

static void test_its_own(void **state)
{
    ControlCase *control_case = control_hosts_here();

    (void)state;
    assert_int_equal(controller_service.deletions, 2);
    control_case_assert_post(control_case, CONTROL_PATH_UNDO, "{\"last\":true,\"dry_run\":true}",
                             200, "\"result\": \"planned\"");
    assert_int_equal(host_count(control_hosts.etcd_case, KEYS_PAUSES), 0);
    control_case_assert_post(control_case, CONTROL_PATH_PAUSE,
                             "{\"channel\":\"payments\",\"reason\":\"work\"}", 200, "work");
    control_case_assert_post(control_case, CONTROL_PATH_UNDO, "{\"last\":true}", 200,
                             "\"result\": \"done\"");
    control_case_assert_has(control_case, "\"reason\": \"work\""); /* which it replaced */
    assert_int_equal(controller_service.additions, 2);
    assert_int_equal(host_count(control_hosts.etcd_case, KEYS_PAUSES), 2);
    assert_int_equal(host_count(control_hosts.etcd_case, KEYS_UNDO), 0);
    client_case_assert_has(host_find(control_hosts.etcd_case, KEYS_PAUSES), "\"undo of 2");
    assert_null(control_case->control->undoing);
    assert_true(control_hosts_is_paused("payments"));
}

static void test_its_own_after_a_reload_is_of_the_new_rosters(void **state)
{
    ControlCase *control_case = control_hosts_here();
    int fd;

    (void)state;
    etcd_proxy_hold(control_hosts.here.proxy, true);
    fd = control_case_send_request(control_case, "POST", CONTROL_PATH_UNDO, "{\"last\":true}");
    AWAIT_HERE(control_case->control->undoing);
    control_set_controller(control_case->control, control_case->controller_case->controller);
    etcd_proxy_hold(control_hosts.here.proxy, false);
    control_case_await_answer(control_case, fd);
    control_case_assert_answered(control_case, 200, "\"result\": \"done\"");
    control_case_assert_has(control_case, "\"replaced\": []");
    assert_int_equal(controller_service.additions, 2);
    assert_null(control_case->control->undoing);
}

/* ---- those of others ---- */

static void test_what_another_host_hands_over(void **state)
{
    const char *key;

    (void)state;
    pause_payments();
    key = control_hosts_hand_over(PASS, 2, clock_realtime_usec());
    assert_answer(key, "\"{\\n  \\\"undo\\\": \\\"" PASS "\\\",\\n  \\\"result\\\": \\\"done\\\"",
                  NULL);
    client_case_assert_has(await_answer(key), "\\\"dry_run\\\": false");
    client_case_assert_has(await_answer(key), "\\\"action\\\": 6");
    client_case_assert_has(await_answer(key), "\\\"replaced\\\": []");
    assert_int_equal(controller_service.additions, 2);
    assert_true(controller_service.channels[0].members[2]);
    assert_true(controller_service.channels[0].members[3]);
    assert_int_equal(logged("undo of pass " PASS " handed over by admin-b by uid 7\n"), 1);
    /* What is answered is not begun again; another one is. */
    key = control_hosts_hand_over(PASS, 1, clock_realtime_usec());
    assert_answer(key, "\"{", NULL);
    client_case_assert_has(await_answer(key), "\\\"outcome\\\": \\\"live\\\"");
    assert_int_equal(controller_service.additions, 2);
    assert_int_equal(logged("handed over by admin-b"), 2);
    assert_int_equal(host_count(control_hosts.etcd_case, KEYS_UNDO), 2); /* admin-b's to delete */
}

static void test_what_is_not_paused_is_not_undone(void **state)
{
    const char *key;

    (void)state;
    key = control_hosts_hand_over(PASS, 1, clock_realtime_usec());
    assert_answer(key, NULL,
                  "payments was resumed after the undo had been asked for, and a pass could turn "
                  "back what it does; what is still paused for it stays so: ask again");
    assert_int_equal(controller_service.additions, 0);
    pause_payments();
    assert_answer(control_hosts_hand_over(PASS, 1, clock_realtime_usec()), "\"{", NULL);
    assert_int_equal(controller_service.additions, 1);
}

static void test_what_is_an_hour_old_is_not_begun(void **state)
{
    uint64_t late_usec = clock_realtime_usec() - USEC_PER_HOUR - USEC_PER_SEC;

    (void)state;
    pause_payments();
    assert_answer(control_hosts_hand_over(PASS, 1, late_usec), NULL,
                  "it was asked for more than an hour ago, and what was paused for it may be "
                  "resumed by now: ask again");
    assert_int_equal(controller_service.additions, 0);
    assert_answer(control_hosts_hand_over(PASS, 1, clock_realtime_usec() - 59 * USEC_PER_MINUTE),
                  "\"{", NULL);
    assert_int_equal(controller_service.additions, 1);
}

/* It is done all the same, and said so in short. */
static void test_an_answer_that_is_too_large(void **state)
{
    static char row[120000];
    StoreAction action = {.action = 1,
                          .kind = "delete",
                          .channel_id = FIRST,
                          .channel_name = "payments",
                          .member_id = "102",
                          .identity = "x",
                          .identity_size = 1,
                          .before = row,
                          .outcome = "deleted",
                          .weight = OPS_WEIGHT_NONE};
    const UndoValue value = {.instance_key = control_hosts.key,
                             .host = "admin-b",
                             .pass = PASS,
                             .uid = 7,
                             .asked_usec = clock_realtime_usec(),
                             .actions = {.items = &action, .count = 1}};

    (void)state;
    pause_payments();
    snprintf(row, sizeof(row), "{\"host\":\"10.1.0.2\",\"port\":80,\"tags\":[1");
    for (size_t at = strlen(row); at + 4 < sizeof(row); at += 2)
        snprintf(row + at, sizeof(row) - at, ",1");
    strcat(row, "]}");
    buf_reset(&control_hosts.text);
    assert_int_equal(undo_value_append(&value, &control_hosts.text), 0);
    control_hosts_write(buf_text(&control_hosts.text), KEYS_UNDO "x/1-admin-b");
    assert_answer(KEYS_UNDO "x/1-admin-b", NULL,
                  "the undo is over, and what came of each member is more than etcd takes: "
                  "rosterctl history there shows it");
}

static void test_without_a_state_nothing_is_undone(void **state)
{
    ControlCase *control_case = control_hosts_here();
    Store *store = control_case->state.store;

    (void)state;
    pause_payments();
    err_set(&control_case->state.err, -EIO, "no disk");
    control_case->state.store = NULL;
    assert_answer(control_hosts_hand_over(PASS, 1, clock_realtime_usec()), NULL,
                  "the state: no disk");
    control_case->state.store = store;
    assert_int_equal(controller_service.additions, 0);
}

/* It waits for the one under way; and a reload has it found again. */
static void test_one_at_a_time(void **state)
{
    ControlCase *control_case = control_hosts_here();
    const char *key;

    (void)state;
    pause_payments();
    controller_service.is_silent = true;
    key = control_hosts_hand_over(PASS, 1, clock_realtime_usec());
    AWAIT_HERE(control_case->control->undoing);
    assert_string_equal(control_case->control->undoing->key, key);
    control_case_assert_post(control_case, CONTROL_PATH_UNDO, "{\"last\":true}", 409,
                             "another undo is under way");
    control_hosts_write("{\"x\": 1}", "hosts/admin-z"); /* it is looked at once more */
    AWAIT_HERE(mirror_find(fleet_mirror(control_hosts.here.fleet), "hosts/admin-z"));
    assert_int_equal(logged("handed over by admin-b"), 1);
    control_hosts_free_control();
    assert_null(strstr(host_find(control_hosts.etcd_case, key), "\"owner\":\"admin-a\""));
}

/* It is not begun while newer settings are awaited. */
static void test_a_reload_has_it_found_again(void **state)
{
    ControlCase *control_case = control_hosts_here();
    Control *control = control_case->control;
    Controller *controller = control_case->controller_case->controller;
    const char *key;

    (void)state;
    pause_payments();
    controller_hold_changes(controller, "newer settings");
    control_hosts.is_deaf = true;
    key = control_hosts_hand_over(PASS, 1, clock_realtime_usec());
    AWAIT_HERE(mirror_find(fleet_mirror(control_hosts.here.fleet), key));
    control->shared = NULL;
    control_on_fleet(control); /* of no fleet */
    assert_null(control->undoing);
    control->shared = control_hosts.shared;
    control_on_fleet(control);
    assert_non_null(control->undoing);
    controller_end_undo(controller);
    control_set_controller(control, controller);
    assert_null(control->undoing);
    assert_int_equal(logged("handed over by admin-b"), 1);
    controller_allow_changes(controller);
    control_on_fleet(control);
    assert_int_equal(logged("handed over by admin-b"), 2);
    assert_answer(key, "\"{", NULL);
    assert_int_equal(controller_service.additions, 1);
}

#define TEST(name)                                                                                 \
    cmocka_unit_test_setup_teardown(name, control_hosts_setup_owning, control_hosts_teardown)

static void test_what_is_of_another_owner_is_left_alone(void **state)
{
    const char *key = control_hosts_hand_over(PASS, 1, clock_realtime_usec());

    (void)state;
    AWAIT_HERE(mirror_find(fleet_mirror(control_hosts.here.fleet), key));
    assert_null(control_hosts_here()->control->undoing);
    assert_int_equal(logged("handed over"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_its_own),
        TEST(test_its_own_after_a_reload_is_of_the_new_rosters),
        TEST(test_what_another_host_hands_over),
        TEST(test_what_is_not_paused_is_not_undone),
        TEST(test_what_is_an_hour_old_is_not_begun),
        TEST(test_an_answer_that_is_too_large),
        TEST(test_without_a_state_nothing_is_undone),
        TEST(test_one_at_a_time),
        TEST(test_a_reload_has_it_found_again),
        cmocka_unit_test_setup_teardown(test_what_is_of_another_owner_is_left_alone,
                                        control_hosts_setup_standing_by, control_hosts_teardown),
    };

    return cmocka_run_group_tests(tests, etcd_case_setup, etcd_case_teardown);
}
