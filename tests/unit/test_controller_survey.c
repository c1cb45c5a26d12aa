/* SPDX-License-Identifier: MIT */
/* A survey as the daemon makes it: it reads, waits, logs in, is stopped and abandoned. */
#include "tests/unit/controller_case.h"

typedef struct SurveyCase {
    ControllerCase *controller_case;
    PassRun *run;
    Survey *survey; /* taken out of the run */
    bool is_done;
    size_t retries;
} SurveyCase;

static SurveyCase survey_case;

static void on_done(PassRun *run, void *userdata)
{
    SurveyCase *fixture = userdata;

    assert_ptr_equal(run, fixture->run);
    assert_false(fixture->is_done);
    fixture->is_done = true;
}

static void on_event(const Event *event, void *userdata)
{
    SurveyCase *fixture = userdata;

    fixture->retries += event->kind == EVENT_RETRY;
}

static int setup(void **state)
{
    survey_case = (SurveyCase){0};
    controller_case_setup(state);
    survey_case.controller_case = *state;
    return 0;
}

static int teardown(void **state)
{
    if (survey_case.run)
        roma_client_cancel_all(survey_case.controller_case->controller->backend.client);
    pass_run_free(survey_case.run);
    survey_free(survey_case.survey);
    controller_free(survey_case.controller_case->controller);
    survey_case.controller_case->controller = NULL;
    return controller_case_teardown(state);
}

static void begin(bool reads_members)
{
    const SurveyScope scope = {.instance = SURVEY_ALL_INSTANCES, .reads_members = reads_members};
    ControllerCase *controller_case = survey_case.controller_case;
    Controller *controller = controller_case_make(controller_case, true);

    controller_case->controller = controller;
    if (pass_run_begin_survey(&controller->backend, &scope, on_done, on_event, &survey_case,
                              &survey_case.run, &controller_case->err) < 0)
        fail_msg("%s", controller_case->err.text);
    assert_ptr_equal(controller->backend.users[0] != NULL, true);
    assert_non_null(pass_run_get_survey(survey_case.run));
}

/* Its channels once it is done, and the run is gone. */
static const SurveyChannel *end(void)
{
    const SurveyChannel *channels;
    size_t count;

    CONTROLLER_AWAIT(survey_case.controller_case, survey_case.is_done);
    survey_case.survey = pass_run_take_survey(survey_case.run);
    pass_run_free(survey_case.run);
    survey_case.run = NULL;
    assert_null(survey_case.controller_case->controller->backend.users[0]);
    channels = survey_get_channels(survey_case.survey, 0, &count);
    assert_int_equal(count, 2);
    return channels;
}

static void test_members_are_read(void **state)
{
    const SurveyChannel *channels;

    (void)state;
    begin(true);
    channels = end();
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(channels[i].state, SURVEY_LISTED);
    assert_string_equal(channels[0].row->name, "orders");
    assert_int_equal(channels[0].diff.extra_count, 1);
    assert_string_equal(channels[1].row->name, "payments");
    assert_int_equal(channels[1].diff.extra_count, 3);
    assert_int_equal(controller_service.lists, 2);
    assert_int_equal(controller_service.deletions, 0);
}

static void test_the_channels_alone_are_read(void **state)
{
    (void)state;
    begin(false);
    assert_int_equal(end()[1].state, SURVEY_KNOWN);
    assert_int_equal(controller_service.lists, 0);
}

static void test_how_far_it_is(void **state)
{
    PassRunState run_state;
    uint64_t now_usec;

    (void)state;
    controller_service.mutes_lists = 2;
    begin(true);
    CONTROLLER_AWAIT(survey_case.controller_case, controller_service.lists == 2);
    do {
        assert_true(sd_event_run(survey_case.controller_case->client_case.event, 1000) >= 0);
        now_usec = clock_monotonic_usec();
        pass_run_get_state(survey_case.run, now_usec, &run_state);
    } while (run_state.read_count == 0);
    assert_int_equal(run_state.channel_count, 2);
    assert_int_equal(run_state.read_count, 1);
    assert_int_equal(run_state.changed_count, 0);
    assert_string_equal(run_state.instance_name, "prod");
    assert_null(run_state.wait_text);
    assert_false(pass_run_is_changing(survey_case.run));
    assert_false(pass_run_is_stuck(survey_case.run, now_usec));
    assert_true(pass_run_is_stuck(survey_case.run, now_usec + USEC_PER_HOUR));
}

/* What is in flight is awaited, until that is given up as well. */
static void test_it_is_stopped_and_abandoned(void **state)
{
    const SurveyChannel *channels;

    (void)state;
    controller_service.mutes_lists = 2;
    begin(true);
    CONTROLLER_AWAIT(survey_case.controller_case, controller_service.lists == 2);
    pass_run_stop(survey_case.run, "for a test");
    for (int i = 0; i < 20; i++)
        assert_true(sd_event_run(survey_case.controller_case->client_case.event, 1000) >= 0);
    assert_false(survey_case.is_done);
    pass_run_abandon(survey_case.run, "after a test");
    channels = end();
    assert_int_equal(channels[0].state, SURVEY_FAILED);
    client_case_assert_has(channels[0].error.text, " a test");
    assert_int_equal(channels[1].state, SURVEY_LISTED);
}

static void test_it_sends_again(void **state)
{
    const SurveyChannel *channels;

    (void)state;
    controller_service.list_status = 500;
    begin(true);
    channels = end();
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(channels[i].state, SURVEY_FAILED);
        client_case_assert_has(channels[i].error.text, "not now");
    }
    assert_int_equal(survey_case.retries, 2); /* of two attempts each */
    assert_int_equal(peer_requests(survey_case.controller_case->client_case.peer), 5);
}

static void test_it_logs_in(void **state)
{
    (void)state;
    survey_case.controller_case->has_password = true;
    controller_case_write_settings(survey_case.controller_case, "");
    begin(true);
    assert_int_equal(end()[0].state, SURVEY_LISTED);
    assert_int_equal(controller_service.logins, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_members_are_read), TEST(test_the_channels_alone_are_read),
        TEST(test_how_far_it_is),    TEST(test_it_is_stopped_and_abandoned),
        TEST(test_it_sends_again),   TEST(test_it_logs_in),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
