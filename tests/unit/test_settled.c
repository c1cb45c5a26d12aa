/* SPDX-License-Identifier: MIT */
/* What a pass says of changes that a run before it left undecided, and of members that an undo put
 * back and that are gone again. */
#include "tests/unit/controller_case.h"

#include "daemon/store/steady.h"
#include "reconcile/plan/identity.h"

static uint64_t boottime_now_usec, realtime_now_usec;

static uint64_t boottime_fake(void)
{
    return boottime_now_usec;
}

static uint64_t realtime_fake(void)
{
    return realtime_now_usec;
}

static int setup(void **state)
{
    static const SteadySource source = {boottime_fake, realtime_fake,
                                        "/proc/sys/kernel/random/boot_id"};

    boottime_now_usec = 30 * USEC_PER_DAY;
    realtime_now_usec = clock_realtime_usec();
    steady_source = &source;
    return controller_case_setup(state);
}

/* A change of the member 10.1.0.NUMBER of "payments" that was sent before the run was killed. */
static void leave_undecided(ControllerCase *controller_case, ChangeKind kind, int number,
                            const char *undo_of)
{
    static const RosterChannel roster = {.mode = MODE_SYNC, .quarantine_usec = USEC_PER_HOUR};
    Controller *controller = controller_case_make(controller_case, false);
    const StoreOrigin origin = {.undo_of = undo_of};
    unsigned char identity[IDENTITY_SIZE_MAX];
    char pass[STORE_PASS_ID_SIZE], key[INSTANCE_KEY_SIZE], id[8], host[16];
    Change change = {
        .kind = kind,
        .member_id = kind == CHANGE_ADD ? "" : id,
        .identity = identity,
        .before = kind == CHANGE_ADD ? NULL : "{\"host\":\"10.1.0.9\",\"weight\":7}",
        .after = kind == CHANGE_DELETE ? NULL : "{\"host\":\"10.1.0.9\",\"weight\":8}",
    };
    const Batch batch = {
        .pass = pass,
        .channel = &roster,
        .instance_name = "prod",
        .instance_key = key,
        .channel_id = FIRST,
        .channel_name = "payments",
        .digest = "",
        .changes = &change,
        .change_count = 1,
    };
    int size;

    memcpy(key, controller->backend.keys[0], sizeof(key));
    controller_free(controller);
    snprintf(id, sizeof(id), "10%d", number);
    snprintf(host, sizeof(host), "10.1.0.%d", number);
    size = identity_pack("", host, 80, identity);
    assert_true(size > 0);
    change.identity_size = (size_t)size;
    assert_int_equal(store_name_instance(controller_case->store, key, "prod", NULL), 0);
    assert_int_equal(store_begin_pass(controller_case->store, realtime_now_usec, pass, NULL), 0);
    if (undo_of)
        store_set_origin(controller_case->store, pass, &origin);
    if (store_record(controller_case->store, &batch, 1, realtime_now_usec, &controller_case->err) <
        0)
        fail_msg("%s", controller_case->err.text);
    store_note_sent(controller_case->store, change.action);
}

static void start_anew(ControllerCase *controller_case)
{
    store_free(controller_case->store);
    controller_case->store = NULL;
    boottime_now_usec += 2 * USEC_PER_MINUTE;
    realtime_now_usec += 2 * USEC_PER_MINUTE;
    assert_int_equal(store_open(controller_case->state, &controller_case->store, NULL), 0);
}

static void assert_logged(const ControllerCase *controller_case, const char *line, size_t count)
{
    if (controller_case_count_logged(controller_case, line) != count)
        fail_msg("not %zu times: %s", count, line);
}

/* Whoever learns what became of a change logs it, and counts it as one. */
static void test_changes_that_a_killed_run_left(void **state)
{
    ControllerCase *controller_case = *state;
    const TallyChannel *counted;

    controller_service.channels[0].members[3] = false;
    leave_undecided(controller_case, CHANGE_DELETE, 2, NULL);
    leave_undecided(controller_case, CHANGE_DELETE, 3, NULL);
    leave_undecided(controller_case, CHANGE_ADD, 1, "2026-11-30T12:00:00Z-1");
    leave_undecided(controller_case, CHANGE_ADD, 4, NULL);
    leave_undecided(controller_case, CHANGE_CORRECT, 1, NULL);
    leave_undecided(controller_case, CHANGE_DISABLE, 1, NULL);
    leave_undecided(controller_case, CHANGE_DISABLE, 3, NULL);
    leave_undecided(controller_case, CHANGE_ENABLE, 1, NULL);
    start_anew(controller_case);
    controller_case_begin(controller_case, false);
    assert_logged(controller_case,
                  "notice: prod/payments: deleted 10.1.0.3:80 (103): it was under way when its run "
                  "ended, and the member is not listed any more\n",
                  1);
    assert_logged(controller_case,
                  "warning: prod/payments: could not delete 10.1.0.2:80 (102): it was under way "
                  "when its run ended, and the member is still listed\n",
                  1);
    assert_logged(controller_case,
                  "notice: prod/payments: undo: added back 10.1.0.1:80 (101): it was under way "
                  "when its undo ended, and the member is listed\n",
                  1);
    assert_logged(controller_case,
                  "warning: prod/payments: could not add 10.1.0.4:80: it was under way when its "
                  "run ended, and the member is not listed\n",
                  1);
    assert_logged(controller_case,
                  "warning: prod/payments: could not correct 10.1.0.1:80 (101): it was under way "
                  "when its run ended, and the member is not listed so\n",
                  1);
    assert_logged(controller_case, "could not disable 10.1.0.1:80 (101): it was under way", 1);
    assert_logged(controller_case, "could not disable 10.1.0.3:80 (103): it was under way", 1);
    assert_logged(controller_case,
                  "notice: prod/payments: enabled 10.1.0.1:80 (101) again: it was under way when "
                  "its run ended, and the member is listed so\n",
                  1);
    counted = &controller_case->controller->backend.tally->channels[0];
    assert_int_equal(counted->changes[CHANGE_DELETE][TALLY_MADE], 2); /* with the pass's own */
    assert_int_equal(counted->changes[CHANGE_DELETE][TALLY_FAILED], 1);
    assert_int_equal(counted->changes[CHANGE_ADD][TALLY_MADE], 1);
    assert_int_equal(counted->changes[CHANGE_ADD][TALLY_FAILED], 1);
    assert_int_equal(counted->changes[CHANGE_DISABLE][TALLY_FAILED], 2);
    assert_int_equal(counted->changes[CHANGE_ENABLE][TALLY_MADE], 1);
}

/* ---- what an undo put back ---- */

static void pause_with(ControllerCase *controller_case, const char *channel_name)
{
    const StorePause pause = {
        .scope = {.instance_key = controller_case->controller->backend.keys[0],
                  .instance_name = "prod",
                  .channel_name = channel_name},
        .reason = "work",
    };

    assert_int_equal(store_pause(controller_case->store, &pause, clock_realtime_usec(), NULL, NULL),
                     0);
}

/* An undo put "10.1.0.1" back, it was listed, and somebody takes it away. */
static void lose_what_was_put_back(ControllerCase *controller_case, const char *paused)
{
    leave_undecided(controller_case, CHANGE_ADD, 1, "2026-11-30T12:00:00Z-1");
    start_anew(controller_case);
    controller_case_begin(controller_case, false);
    assert_logged(controller_case, "added back 10.1.0.1:80 (101)", 1);
    if (paused)
        pause_with(controller_case, paused);
    controller_service.channels[0].members[1] = false;
    controller_case_next_pass(controller_case);
    controller_case_next_pass(controller_case);
}

static void test_a_member_that_was_put_back_and_is_gone_in_a_paused_channel(void **state)
{
    ControllerCase *controller_case = *state;

    lose_what_was_put_back(controller_case, "payments");
    assert_logged(controller_case,
                  "warning: prod/payments: another writer: 10.1.0.1:80 (101), which an undo added "
                  "back, is gone again, and rosterd did not delete it\n",
                  1);
}

static void test_where_nothing_is_paused_it_is_missing_as_any_other(void **state)
{
    ControllerCase *controller_case = *state;

    lose_what_was_put_back(controller_case, "orders");
    assert_logged(controller_case, "another writer", 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, controller_case_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_changes_that_a_killed_run_left),
        TEST(test_a_member_that_was_put_back_and_is_gone_in_a_paused_channel),
        TEST(test_where_nothing_is_paused_it_is_missing_as_any_other),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
