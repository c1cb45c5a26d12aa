/* SPDX-License-Identifier: MIT */
/* A survey against a service that the test plays: what is asked, what is found, how it ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/str.h"
#include "reconcile/survey/survey.h"
#include "tests/unit/failing.h"

#define SENT_MAX 16

/* A service of one page a list. */
typedef struct Service {
    Config config;
    Instance instances[2];
    Throttle throttles[2];
    Survey *survey;
    uint64_t now_usec, wake_usec;
    Request sent[SENT_MAX]; /* in flight, the first first */
    size_t sent_count, asked_count;
    const char *refused_id;  /* a channel whose members are not told; NULL: none */
    size_t refused_instance; /* whose list is not told */
    size_t failed_count;     /* instances that were told to fail */
} Service;

static uint64_t service_now(void *context)
{
    return ((Service *)context)->now_usec;
}

static uint64_t service_random(void *context)
{
    (void)context;
    return 1;
}

static void service_wake_at(void *context, uint64_t monotonic_usec)
{
    ((Service *)context)->wake_usec = monotonic_usec;
}

static int service_submit(void *context, const Request *request)
{
    Service *service = context;

    assert_true(!request_is_change(request->kind) && service->sent_count < SENT_MAX);
    service->sent[service->sent_count++] = *request;
    service->asked_count++;
    return 0;
}

static void service_tell(void *context, const Event *event)
{
    ((Service *)context)->failed_count += event->kind == EVENT_INSTANCE_FAILED;
}

static const Ops ops = {
    .now_usec = service_now,
    .realtime_usec = service_now,
    .random = service_random,
    .wake_at = service_wake_at,
    .submit = service_submit,
    .tell = service_tell,
};

/* 0 or -ENOMEM. */
static int service_open(Service *service, const SurveyScope *like)
{
    SurveyScope scope = *like;

    *service = (Service){.refused_instance = SIZE_MAX, .now_usec = 1};
    service->instances[0].name = "prod";
    service->instances[1].name = "test";
    service->config.instances = service->instances;
    service->config.instance_count = 2;
    service->config.retry.attempts = 1;
    service->config.limits.concurrency = 2;
    service->config.limits.pass_deadline_usec = USEC_PER_MINUTE;
    if (throttle_init(&service->throttles[0], 0) < 0 ||
        throttle_init(&service->throttles[1], 0) < 0)
        return -ENOMEM;
    scope.pass_id = "p";
    scope.throttles = service->throttles;
    return survey_new(&service->config, &ops, service, &scope, &service->survey);
}

static void service_close(Service *service)
{
    survey_free(service->survey);
    throttle_done(&service->throttles[0]);
    throttle_done(&service->throttles[1]);
}

static const char *describe(const MemberPage *page, size_t row)
{
    return page->rows[row].id;
}

static void answer_channels(const Service *service, const Request *request, Answer *answer)
{
    static const ChannelRow rows[] = {
        {.id = "c2", .name = "pay", .member_type = "ip", .vpc_channel_type = "builtin", .port = 80},
        {.id = "c1", .name = "orders", .member_type = "ecs", .vpc_channel_type = "", .port = 80},
        {.id = "c3", .name = "away", .member_type = "ip", .vpc_channel_type = "reference"},
        {.id = "c4",
         .name = "odd",
         .member_type = "",
         .vpc_channel_type = "",
         .odd = "its port is no port"},
        {.id = "", .name = "", .member_type = "", .vpc_channel_type = "", .odd = "its id is no id"},
    };
    static const ChannelPage page = {ELEMENTS(rows), rows, ELEMENTS(rows)};

    answer->channels = &page;
    if (service->refused_instance == request->instance)
        *answer = (Answer){.kind = ANSWER_HTTP, .http = 400, .code = "APIG.2012"};
}

static void answer_members(const Service *service, const Request *request, Answer *answer)
{
    static MemberRow rows[2];
    static const MemberPage page = {2, rows, 2, describe, NULL};

    rows[0] = (MemberRow){"m1", request->channel_id, "10.0.0.1", "vm-1", "", 0, {1, false, true}};
    rows[1] = (MemberRow){"m2", request->channel_id, "10.0.0.1", "vm-1", "", 80, {1, false, true}};
    answer->members = &page;
    if (service->refused_id && str_equal(service->refused_id, request->channel_id))
        *answer = (Answer){.kind = ANSWER_HTTP, .http = 403, .code = "APIG.1005"};
}

/* Answers the first that is in flight. */
static void service_answer(Service *service)
{
    const Request request = service->sent[0];
    Answer answer = {.kind = ANSWER_HTTP, .http = 200};

    memmove(service->sent, service->sent + 1, --service->sent_count * sizeof(service->sent[0]));
    if (request.kind == REQUEST_LIST_CHANNELS)
        answer_channels(service, &request, &answer);
    else
        answer_members(service, &request, &answer);
    survey_on_answer(service->survey, request.tag, &answer);
}

static void service_answer_all(Service *service)
{
    survey_start(service->survey);
    while (service->sent_count > 0)
        service_answer(service);
    assert_true(survey_is_done(service->survey));
    assert_int_equal(service->wake_usec, USEC_NEVER);
}

static const SurveyChannel *find(const Service *service, size_t instance, size_t number)
{
    size_t count;
    const SurveyChannel *channels = survey_get_channels(service->survey, instance, &count);

    assert_true(number < count);
    return &channels[number];
}

static size_t count_of(const Service *service, size_t instance)
{
    size_t count;

    survey_get_channels(service->survey, instance, &count);
    return count;
}

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
        assert_int_equal(count_of(&service, instance), ELEMENTS(expected));
        for (size_t i = 0; i < ELEMENTS(expected); i++) {
            assert_string_equal(find(&service, instance, i)->row->id, expected[i].id);
            assert_int_equal(find(&service, instance, i)->state, expected[i].state);
        }
        assert_int_equal(find(&service, instance, 2)->diff.extra_count, 2);
        assert_non_null(strstr(find(&service, instance, 1)->error.text, "no port"));
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
    assert_int_equal(count_of(&service, 0), 0);
    assert_int_equal(find(&service, 1, 3)->state, SURVEY_KNOWN);
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
    assert_int_equal(count_of(&service, 0), 2);
    assert_int_equal(count_of(&service, 1), 1);
    assert_string_equal(find(&service, 1, 0)->row->id, "c1");
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
    assert_int_equal(count_of(&service, 0), 0);
    assert_string_equal(survey_find_error(service.survey, 0)->code, "APIG.2012");
    assert_int_equal(service.failed_count, 1);
    assert_int_equal(find(&service, 1, 2)->state, SURVEY_FAILED);
    assert_string_equal(find(&service, 1, 2)->error.code, "APIG.1005");
    assert_int_equal(find(&service, 1, 3)->state, SURVEY_LISTED);
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
    assert_non_null(strstr(find(&service, 0, 2)->error.text, "SIGINT"));
    assert_non_null(strstr(survey_find_error(service.survey, 1)->text, "SIGINT"));
    service_close(&service);
}

static void the_deadline_ends_it(void **state)
{
    const SurveyScope scope = {.instance = 0, .reads_members = true};
    Service service;

    (void)state;
    assert_int_equal(service_open(&service, &scope), 0);
    survey_start(service.survey);
    assert_int_equal(service.wake_usec, 1 + USEC_PER_MINUTE);
    service.now_usec = service.wake_usec;
    survey_on_wake(service.survey);
    service_answer(&service);
    assert_true(survey_is_done(service.survey));
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
            for (size_t k = 0; k < count_of(&service, i); k++)
                listed += find(&service, i, k)->state == SURVEY_LISTED;
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
        cmocka_unit_test(each_allocation_may_fail),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
