/* SPDX-License-Identifier: MIT */
/* Members in quarantine as the daemon's passes put them there, free them and count them. */
#include "tests/unit/controller_case.h"

#include "daemon/base/str.h"
#include "daemon/store/quarantine.h"
#include "daemon/store/store_internal.h"

#define SETTINGS "quarantine: 1h\nguards: {max_delete_percent: 100, min_remaining: 0}\n"

/* A line of the quarantine that the state has: "INSTANCE/CHANNEL MEMBER", all joined by "; ". */
static const char *quarantine_text(ControllerCase *controller_case)
{
    static char text[512];
    StoreQuarantine quarantine = {0};

    text[0] = '\0';
    assert_int_equal(store_quarantine(controller_case->store, &quarantine, NULL), 0);
    for (size_t i = 0; i < quarantine.count; i++) {
        const StoreQuarantined *item = &quarantine.items[i];
        size_t size = strlen(text);

        assert_string_equal(item->instance_key, controller_case->controller->backend.keys[0]);
        assert_string_equal(item->channel_id, FIRST);
        snprintf(text + size, sizeof(text) - size, "%s%s/%s %s", size > 0 ? "; " : "",
                 item->instance_name, item->channel_name, item->member_id);
    }
    store_quarantine_done(&quarantine);
    return text;
}

/* Half an hour, as the state has seen it. */
static void pass_half(ControllerCase *controller_case)
{
    assert_int_equal(sqlite3_exec(controller_case->store->db,
                                  "UPDATE quarantine SET passed_usec = passed_usec + 1800000000",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
}

static void assert_changes(int disablings, int enablings)
{
    assert_int_equal(controller_service.disablings, disablings);
    assert_int_equal(controller_service.enablings, enablings);
    assert_int_equal(controller_service.deletions, 0);
    assert_int_equal(controller_service.additions, 0);
}

static void write_wanted(ControllerCase *controller_case, const char *members)
{
    char text[256];

    snprintf(text, sizeof(text), "version: 1\nchannels:\n  - {name: payments, members: [%s]}\n",
             members);
    client_case_write_secret(&controller_case->client_case, "rosters.d/a.yaml", text);
}

/* One that is disabled already enters without a request, and leaves without one: rosterd enables
 * what it disabled itself. */
static void test_extras_enter_and_leave(void **state)
{
    ControllerCase *controller_case = *state;
    const ChannelReport *report;
    uint64_t now_usec = clock_realtime_usec();

    controller_case_write_settings(controller_case, SETTINGS);
    controller_service.channels[0].disabled[3] = true;
    report = &controller_case_begin(controller_case, false)->last.channels[0];
    assert_changes(1, 0);
    assert_true(controller_service.channels[0].disabled[2]);
    assert_int_equal(report->result, RESULT_QUARANTINED);
    assert_int_equal(report->extra_count, 2);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(report->extras[i].outcome, OUTCOME_QUARANTINED);
        assert_in_range(report->extras[i].until_usec, now_usec + USEC_PER_HOUR,
                        clock_realtime_usec() + USEC_PER_HOUR);
    }
    assert_string_equal(quarantine_text(controller_case), "prod/payments 102");
    pass_half(controller_case);
    now_usec = clock_realtime_usec();
    controller_case_next_pass(controller_case);
    assert_changes(1, 0);
    report = &controller_case->controller->schedulers[0].last.channels[0];
    for (size_t i = 0; i < 2; i++)
        assert_in_range(report->extras[i].until_usec, now_usec + 29 * USEC_PER_MINUTE,
                        clock_realtime_usec() + 30 * USEC_PER_MINUTE);
    write_wanted(controller_case, "'10.1.0.1:80', '10.1.0.2:80', '10.1.0.3:80'");
    controller_case_reload(controller_case);
    controller_case_await_passes(controller_case, controller_case->passes + 1);
    assert_changes(1, 1);
    assert_false(controller_service.channels[0].disabled[2]);
    assert_true(controller_service.channels[0].disabled[3]);
    assert_string_equal(quarantine_text(controller_case), "");
}

/* What a pass changes at the service is counted as it goes on. */
static void test_a_pass_says_how_many_it_has_disabled(void **state)
{
    ControllerCase *controller_case = *state;
    Controller *controller;
    PassRunState run_state = {0};

    controller_case_write_settings(controller_case, SETTINGS);
    controller_service.channels[0].disabled[3] = true;
    controller_service.channels[1].members[2] = true;
    controller_service.keeps_changes = 2;
    controller = controller_case_make(controller_case, false);
    controller_case->controller = controller;
    controller_begin(controller, NULL, controller_case_on_pass, controller_case);
    alarm(30);
    while (run_state.changed_count == 0) {
        assert_true(sd_event_run(controller_case->client_case.event, UINT64_MAX) >= 0);
        assert_non_null(controller->schedulers[0].run);
        pass_run_get_state(controller->schedulers[0].run, clock_monotonic_usec(), &run_state);
    }
    alarm(0);
    assert_int_equal(run_state.changed_count, 1); /* and not the one that was disabled before */
    assert_int_equal(run_state.channel_count, 2);
    assert_int_equal(run_state.read_count, 2);
    assert_null(run_state.instance_name);
}

/* A plan by which nothing is to be sent, since all its extras are disabled already. */
static void test_an_approved_entry_of_what_is_disabled_already(void **state)
{
    ControllerCase *controller_case = *state;
    const Scheduler *scheduler;
    char digest[DIGEST_HEX_SIZE];

    controller_case_write_settings(
        controller_case, "quarantine: 1h\nguards: {max_delete_percent: 100, max_deletes: 1}\n");
    controller_service.channels[0].disabled[2] = controller_service.channels[0].disabled[3] = true;
    scheduler = controller_case_begin(controller_case, false);
    assert_string_equal(scheduler->trouble, "prod/payments: held by max_deletes");
    assert_string_equal(quarantine_text(controller_case), "");
    str_copy(digest, sizeof(digest), scheduler->last.channels[0].digest);
    assert_int_equal(store_approve(controller_case->store, digest, clock_realtime_usec(), NULL), 0);
    controller_case_next_pass(controller_case);
    assert_int_equal(scheduler->last.channels[0].result, RESULT_QUARANTINED);
    assert_string_equal(scheduler->trouble, "");
    assert_changes(0, 0);
    assert_string_equal(quarantine_text(controller_case), "");
    assert_int_equal(
        store_is_approved(controller_case->store, digest, clock_realtime_usec(), NULL, NULL),
        APPROVAL_NONE);
}

#define TEST(name)                                                                                 \
    cmocka_unit_test_setup_teardown(name, controller_case_setup, controller_case_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_extras_enter_and_leave),
        TEST(test_a_pass_says_how_many_it_has_disabled),
        TEST(test_an_approved_entry_of_what_is_disabled_already),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
