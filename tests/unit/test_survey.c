/* SPDX-License-Identifier: MIT */
/* A survey against a service that the test plays: what is asked, what is found, how it ends. */
#include "tests/unit/survey_case.h"

#include <errno.h>
#include <string.h>

#include "tests/unit/failing.h"

/* ---- what is found ---- */

static void all_is_read_and_sorted(void **state)
{
    const SurveyScope scope = {.instance = SURVEY_ALL_INSTANCES, .reads_members = true};
    static const struct {
        const char *id;
        SurveyState state;
    } expected[] = {{"c3", SURVEY_UNMANAGEABLE},
                    {"c4", SURVEY_FAILED},
                    {"c1", SURVEY_LISTED},
                    {"c2", SURVEY_LISTED}};
    Service service;

    (void)state;
    assert_int_equal(service_open(&service, &scope), 0);
    service_answer_all(&service);
    for (size_t instance = 0; instance < 2; instance++) {
        assert_int_equal(service_count(&service, instance), ELEMENTS(expected));
        for (size_t i = 0; i < ELEMENTS(expected); i++) {
            assert_string_equal(service_find(&service, instance, i)->row->id, expected[i].id);
            assert_int_equal(service_find(&service, instance, i)->state, expected[i].state);
        }
        assert_int_equal(service_find(&service, instance, 2)->diff.extra_count, 2);
        assert_non_null(strstr(service_find(&service, instance, 1)->error.text, "no port"));
        assert_non_null(
            strstr(survey_find_error(service.survey, instance)->text, "the id cannot be read"));
    }
    assert_int_equal(service.asked_count, 2 + 4);
    service_close(&service);
}

static void members_are_read_where_they_are_asked_for(void **state)
{
    const SurveyScope scope = {.instance = 1};
    Service service;

    (void)state;
    assert_int_equal(service_open(&service, &scope), 0);
    service_answer_all(&service);
    assert_int_equal(service.asked_count, 1);
    assert_false(survey_covers(service.survey, 0));
    assert_int_equal(service_count(&service, 0), 0);
    assert_int_equal(service_find(&service, 1, 3)->state, SURVEY_KNOWN);
    service_close(&service);
}

static void names_choose(void **state)
{
    static const char *const names[] = {"prod/pay", "c1", "test/c9", ""};
    const SurveyScope scope = {.instance = SURVEY_ALL_INSTANCES,
                               .reads_members = true,
                               .names = names,
                               .name_count = ELEMENTS(names)};
    Service service;

    (void)state;
    assert_int_equal(service_open(&service, &scope), 0);
    service_answer_all(&service);
    assert_int_equal(service_count(&service, 0), 2);
    assert_int_equal(service_count(&service, 1), 1);
    assert_string_equal(service_find(&service, 1, 0)->row->id, "c1");
    assert_string_equal(survey_find_unknown(service.survey), "test/c9");
    assert_string_equal(survey_find_row(service.survey, 1, 0)->id, "c2");
    assert_null(survey_find_row(service.survey, 1, 4));
    service_close(&service);
}

/* ---- what cannot be read ---- */

static void one_failure_is_nobody_elses(void **state)
{
    const SurveyScope scope = {.instance = SURVEY_ALL_INSTANCES, .reads_members = true};
    Service service;

    (void)state;
    assert_int_equal(service_open(&service, &scope), 0);
    service.refused_id = "c1";
    service.refused_instance = 0;
    service_answer_all(&service);
    assert_int_equal(service_count(&service, 0), 0);
    assert_string_equal(survey_find_error(service.survey, 0)->code, "APIG.2012");
    assert_int_equal(service.failed_count, 1);
    assert_int_equal(service_find(&service, 1, 2)->state, SURVEY_FAILED);
    assert_string_equal(service_find(&service, 1, 2)->error.code, "APIG.1005");
    assert_int_equal(service_find(&service, 1, 3)->state, SURVEY_LISTED);
    service_close(&service);
}

static void a_stop_ends_it_with_what_is_in_flight(void **state)
{
    const SurveyScope scope = {.instance = 0, .reads_members = true};
    Service service;
    size_t channels, read;
    const char *name;

    (void)state;
    assert_int_equal(service_open(&service, &scope), 0);
    survey_start(service.survey);
    service_answer(&service);
    survey_count(service.survey, &channels, &read, &name);
    assert_int_equal(channels, 4);
    assert_int_equal(read, 2);
    assert_string_equal(name, "prod");
    assert_int_equal(service.sent_count, 2);
    survey_stop(service.survey, "stopped by SIGTERM");
    assert_false(survey_is_done(service.survey));
    service_answer(&service);
    service_answer(&service);
    assert_true(survey_is_done(service.survey));
    assert_int_equal(service.failed_count, 0);
    service_close(&service);
}

static void what_is_abandoned_is_not_awaited(void **state)
{
    const SurveyScope scope = {.instance = SURVEY_ALL_INSTANCES, .reads_members = true};
    Service service;

    (void)state;
    assert_int_equal(service_open(&service, &scope), 0);
    survey_start(service.survey);
    service_answer(&service);
    survey_abandon(service.survey, "stopped by SIGINT");
    assert_true(survey_is_done(service.survey));
    assert_non_null(strstr(service_find(&service, 0, 2)->error.text, "SIGINT"));
    assert_non_null(strstr(survey_find_error(service.survey, 1)->text, "SIGINT"));
    service_close(&service);
}

/* Not a moment before, and with what was in flight. */
static void the_deadline_ends_it(void **state)
{
    const SurveyScope scope = {.instance = SURVEY_ALL_INSTANCES, .reads_members = true};
    Service service;

    (void)state;
    assert_int_equal(service_open(&service, &scope), 0);
    survey_start(service.survey);
    assert_int_equal(service.wake_usec, 1 + USEC_PER_MINUTE);
    service.now_usec = service.wake_usec - 1;
    survey_on_wake(service.survey);
    assert_int_equal(service.wake_usec, 1 + USEC_PER_MINUTE);
    service_answer(&service);
    service.now_usec = service.wake_usec;
    survey_on_wake(service.survey);
    assert_false(survey_is_done(service.survey));
    assert_int_equal(service.wake_usec, USEC_NEVER);
    while (service.sent_count > 0)
        service_answer(&service);
    assert_true(survey_is_done(service.survey));
    assert_int_equal(service.wake_usec, USEC_NEVER);
    assert_int_equal(service.asked_count, 2 + 2);
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(service_find(&service, 0, 2 + i)->state, SURVEY_LISTED);
    service_close(&service);
}

/* Before anything is answered it leaves all that it would have asked next unread, and says why. */
static void the_deadline_is_told(void **state)
{
    const SurveyScope scope = {.instance = 0, .reads_members = true};
    Service service;

    (void)state;
    assert_int_equal(service_open(&service, &scope), 0);
    service.config.limits.concurrency = 1;
    survey_start(service.survey);
    service_answer(&service);
    service.now_usec = service.wake_usec;
    survey_on_wake(service.survey);
    while (service.sent_count > 0)
        service_answer(&service);
    assert_true(survey_is_done(service.survey));
    assert_int_equal(service_find(&service, 0, 3)->state, SURVEY_FAILED);
    assert_string_equal(service_find(&service, 0, 3)->error.text,
                        "the deadline of 1 min 0 s came first (limits.pass_deadline)");
    service_close(&service);
}

/* ---- memory ---- */

/* Whatever allocation fails, it ends, and says that something is missing. */
static void each_allocation_may_fail(void **state)
{
    static const char *const names[] = {"c1", "c2"};
    const SurveyScope scope = {.instance = SURVEY_ALL_INSTANCES,
                               .reads_members = true,
                               .names = names,
                               .name_count = ELEMENTS(names)};
    bool did_fail = true;

    (void)state;
    if (!failing_is_possible())
        skip();
    for (long index = 0; did_fail; index++) {
        size_t listed = 0;
        Service service;
        int r;

        failing_after(index);
        r = service_open(&service, &scope);
        if (r == 0)
            service_answer_all(&service);
        did_fail = failing_stop();
        assert_true(r == 0 || (r == -ENOMEM && did_fail));
        for (size_t i = 0; r == 0 && i < 2; i++) {
            for (size_t k = 0; k < service_count(&service, i); k++)
                listed += service_find(&service, i, k)->state == SURVEY_LISTED;
        }
        assert_true(did_fail || listed == 4);
        service_close(&service);
        assert_true(index < 1000);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_is_read_and_sorted),
        cmocka_unit_test(members_are_read_where_they_are_asked_for),
        cmocka_unit_test(names_choose),
        cmocka_unit_test(one_failure_is_nobody_elses),
        cmocka_unit_test(a_stop_ends_it_with_what_is_in_flight),
        cmocka_unit_test(what_is_abandoned_is_not_awaited),
        cmocka_unit_test(the_deadline_ends_it),
        cmocka_unit_test(the_deadline_is_told),
        cmocka_unit_test(each_allocation_may_fail),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
