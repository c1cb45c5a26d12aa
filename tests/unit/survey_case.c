/* SPDX-License-Identifier: MIT */
#include "tests/unit/survey_case.h"

#include <string.h>

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
    buf_printf(&service->told, "%llu: ask %zu for %s from %llu, %u\n",
               (unsigned long long)(service->now_usec / USEC_PER_MSEC), request->instance,
               request->channel_id ? request->channel_id : "channels",
               (unsigned long long)request->offset, request->limit);
    return 0;
}

static int service_renew(void *context, size_t instance)
{
    Service *service = context;

    buf_printf(&service->told, "renew %zu\n", instance);
    service->renew_count++;
    return 0;
}

static void service_tell(void *context, const Event *event)
{
    Service *service = context;

    service->failed_count += event->kind == EVENT_INSTANCE_FAILED;
    buf_printf(&service->told, "%s %s %s (%s), attempt %u, wait %llu: %s\n",
               event->kind == EVENT_RETRY     ? "retry"
               : event->kind == EVENT_RENEWED ? "renewed"
                                              : "failed",
               event->instance_name, event->channel_id, event->channel_name, event->attempt,
               (unsigned long long)event->wait_usec, event->err ? event->err->text : "-");
}

static const Ops ops = {
    .now_usec = service_now,
    .realtime_usec = service_now,
    .random = service_random,
    .wake_at = service_wake_at,
    .submit = service_submit,
    .renew = service_renew,
    .tell = service_tell,
};

int service_open(Service *service, const SurveyScope *like)
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

void service_close(Service *service)
{
    survey_free(service->survey);
    throttle_done(&service->throttles[0]);
    throttle_done(&service->throttles[1]);
    buf_done(&service->told);
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

void service_answer(Service *service)
{
    const Request request = service->sent[0];
    Answer answer = {.kind = ANSWER_HTTP, .http = 200};

    memmove(service->sent, service->sent + 1, --service->sent_count * sizeof(service->sent[0]));
    if (request.kind == REQUEST_LIST_CHANNELS)
        answer_channels(service, &request, &answer);
    else
        answer_members(service, &request, &answer);
    if (service->play)
        service->play(service, &request, &answer);
    survey_on_answer(service->survey, request.tag, &answer);
}

void service_answer_all(Service *service)
{
    survey_start(service->survey);
    while (service->sent_count > 0)
        service_answer(service);
    assert_true(survey_is_done(service->survey));
    assert_int_equal(service->wake_usec, USEC_NEVER);
}

const SurveyChannel *service_find(const Service *service, size_t instance, size_t number)
{
    size_t count;
    const SurveyChannel *channels = survey_get_channels(service->survey, instance, &count);

    assert_true(number < count);
    return &channels[number];
}

size_t service_count(const Service *service, size_t instance)
{
    size_t count;

    survey_get_channels(service->survey, instance, &count);
    return count;
}
