/* SPDX-License-Identifier: MIT */
/* Whole surveys in words: each request and event in turn, and all that was found. */
#include "tests/unit/story_text.h"
#include "tests/unit/survey_case.h"

#include <string.h>

static const char *state_of(SurveyState state)
{
    static const char *const words[] = {"known", "listed", "unmanageable", "failed"};

    return words[state];
}

static void put_channel(const SurveyChannel *channel, Buf *buf)
{
    buf_printf(buf, "%zu: %s (%s) %s, kind %d%s", channel->instance, channel->row->id,
               channel->row->name, state_of(channel->state), channel->kind,
               channel->is_done ? "" : ", open");
    if (err_is_set(&channel->error))
        buf_printf(buf, ": %s", channel->error.text);
    for (size_t i = 0; i < channel->diff.extra_count; i++)
        buf_printf(buf, ", %s %s:%u", channel->diff.extras[i].id, channel->diff.extras[i].address,
                   channel->diff.extras[i].port);
    buf_putc(buf, '\n');
}

/* What was asked and told, and what was found. */
static void put_whole(Service *service)
{
    Buf *buf = &service->told;
    size_t channels, read;
    const char *open, *unknown = survey_find_unknown(service->survey);

    for (size_t i = 0; i < 2; i++) {
        const Err *err = survey_find_error(service->survey, i);
        const ChannelRow *row;

        buf_printf(buf, "%zu %s: %s; rows", i,
                   survey_covers(service->survey, i) ? "covered" : "left out",
                   err ? err->text : "-");
        for (size_t k = 0; (row = survey_find_row(service->survey, i, k)); k++)
            buf_printf(buf, " %s", row->id);
        buf_putc(buf, '\n');
        for (size_t k = 0; k < service_count(service, i); k++)
            put_channel(service_find(service, i, k), buf);
    }
    survey_count(service->survey, &channels, &read, &open);
    buf_printf(buf, "%zu of %zu read, open %s, unknown %s\n", read, channels, open ? open : "-",
               unknown ? unknown : "-");
}

#define ROW(an_id, a_name)                                                                         \
    {                                                                                              \
        .id = (an_id), .name = (a_name), .member_type = "ip", .vpc_channel_type = "builtin",       \
        .port = 80                                                                                 \
    }

static void check(Service *service, const char *name)
{
    put_whole(service);
    story_text_check(name, &service->told);
    service_close(service);
}

/* ---- pages ---- */

/* A list of several pages, of which one is odd the first time: it is read again from its begin. */
static void play_pages(Service *service, const Request *request, Answer *answer)
{
    static const ChannelRow first[] = {ROW("c1", "same"), ROW("c2", "same")};
    static const ChannelRow second[] = {ROW("c2", "same"), ROW("c0", "same")};
    static const ChannelRow other[] = {ROW("c1", "same"), ROW("c0", "same")};
    static const ChannelPage pages[] = {{3, first, 2}, {3, second, 2}, {3, other, 2}};
    static MemberRow rows[2];
    static MemberPage page;
    bool is_odd = request->offset > 0 && service->failed_count++ == 0;

    if (request->kind == REQUEST_LIST_CHANNELS) {
        answer->channels = request->offset == 0 ? &pages[0] : is_odd ? &pages[2] : &pages[1];
        return;
    }
    for (size_t i = 0; i < 2; i++)
        rows[i] = (MemberRow){request->offset + i == 0   ? "m1"
                              : request->offset + i == 1 ? "m2"
                                                         : "m3",
                              request->channel_id,
                              "10.0.0.1",
                              "",
                              "",
                              (uint16_t)(80 + request->offset + i),
                              {1, false, true}};
    if (request->offset > 0 && service->renew_count++ == 0)
        rows[0].id = "m9";
    page = (MemberPage){3, rows, 2, answer->members->describe, NULL};
    answer->members = &page;
}

static void lists_have_pages(void **state)
{
    const SurveyScope scope = {.instance = 1, .reads_members = true};
    Service service;

    (void)state;
    assert_int_equal(service_open(&service, &scope), 0);
    service.play = play_pages;
    service_answer_all(&service);
    check(&service, "a_survey_of_pages");
}

/* ---- what fails ---- */

static void play_busy(Service *service, const Request *request, Answer *answer)
{
    if (request->kind == REQUEST_LIST_CHANNELS && service->asked_count == 1)
        *answer = (Answer){.kind = ANSWER_HTTP, .http = 503, .message = "busy"};
    else if (request->kind == REQUEST_LIST_CHANNELS && service->asked_count == 2)
        *answer = (Answer){.kind = ANSWER_HTTP, .http = 401, .code = "APIG.1001"};
    else if (request->kind == REQUEST_LIST_MEMBERS && str_equal(request->channel_id, "c2"))
        *answer = (Answer){.kind = ANSWER_HTTP, .http = 503, .message = "busy"};
}

static void wait_and_answer(Service *service)
{
    while (!survey_is_done(service->survey)) {
        if (service->sent_count > 0) {
            service_answer(service);
        } else {
            assert_int_not_equal(service->wake_usec, USEC_NEVER);
            service->now_usec = service->wake_usec;
            survey_on_wake(service->survey);
        }
    }
}

/* A service that is busy is asked again, and a credential that it refuses is renewed. */
static void what_fails_is_tried_again(void **state)
{
    const SurveyScope scope = {.instance = 0, .reads_members = true};
    Service service;

    (void)state;
    assert_int_equal(service_open(&service, &scope), 0);
    service.config.retry.attempts = 3;
    service.config.retry.base_usec = USEC_PER_SEC;
    service.config.retry.cap_usec = 4 * USEC_PER_SEC;
    service.play = play_busy;
    survey_start(service.survey);
    service_answer(&service);
    service.now_usec = service.wake_usec;
    survey_on_wake(service.survey);
    service_answer(&service);
    assert_int_equal(service.renew_count, 1);
    assert_int_equal(service.sent_count, 0);
    survey_on_renewed(service.survey, 0, RENEWAL_DONE, NULL);
    assert_int_equal(service.sent_count, 1);
    wait_and_answer(&service);
    check(&service, "a_survey_is_tried_again");
}

static void play_refused(Service *service, const Request *request, Answer *answer)
{
    if (request->instance == 0 && service->renew_count == 0)
        *answer = (Answer){.kind = ANSWER_HTTP, .http = 401, .code = "APIG.1001"};
}

static void a_credential_that_cannot_be_renewed_ends_it(void **state)
{
    const SurveyScope scope = {.instance = SURVEY_ALL_INSTANCES};
    const Err err = {.text = "the identity service is away"};
    Service service;

    (void)state;
    assert_int_equal(service_open(&service, &scope), 0);
    service.play = play_refused;
    survey_start(service.survey);
    service_answer(&service);
    service_answer(&service);
    survey_on_renewed(service.survey, 0, RENEWAL_FAILED, &err);
    assert_true(survey_is_done(service.survey));
    check(&service, "a_survey_without_a_credential");
}

/* Of what the deadline cuts short, it says so; before it, waking does nothing. */
static void the_deadline_is_told(void **state)
{
    const SurveyScope scope = {.instance = SURVEY_ALL_INSTANCES, .reads_members = true};
    Service service;

    (void)state;
    assert_int_equal(service_open(&service, &scope), 0);
    survey_start(service.survey);
    service_answer(&service);
    service.now_usec = USEC_PER_MINUTE;
    survey_on_wake(service.survey);
    assert_int_equal(service.wake_usec, 1 + USEC_PER_MINUTE);
    buf_puts(&service.told, "nothing is late yet\n");
    service.now_usec = 1 + USEC_PER_MINUTE;
    survey_on_wake(service.survey);
    while (service.sent_count > 0)
        service_answer(&service);
    assert_true(survey_is_done(service.survey));
    assert_int_equal(service.wake_usec, USEC_NEVER);
    check(&service, "a_survey_is_late");
}

static void while_it_is_under_way(void **state)
{
    const SurveyScope scope = {.instance = SURVEY_ALL_INSTANCES, .reads_members = true};
    Service service;

    (void)state;
    assert_int_equal(service_open(&service, &scope), 0);
    survey_start(service.survey);
    put_whole(&service);
    service_answer(&service);
    put_whole(&service);
    service_answer(&service);
    put_whole(&service);
    service_answer(&service);
    put_whole(&service);
    survey_abandon(service.survey, "stopped by a test");
    survey_leave(service.survey);
    check(&service, "a_survey_under_way");
}

/* ---- names ---- */

static void play_unread(Service *service, const Request *request, Answer *answer)
{
    static const ChannelRow rows[] = {ROW("c1", "prod/pay"),
                                      ROW("c2", "pay"),
                                      ROW("c3", "production"),
                                      {.id = "",
                                       .name = "",
                                       .member_type = "",
                                       .vpc_channel_type = "",
                                       .odd = "its id is no id"}};
    static const ChannelPage page = {ELEMENTS(rows), rows, ELEMENTS(rows)};

    (void)service;
    if (request->kind == REQUEST_LIST_CHANNELS && request->instance == 0)
        answer->channels = &page;
}

/* A name may have a slash in it; what is not told is told of one as of several. */
static void names_and_what_cannot_be_read(void **state)
{
    static const char *const names[] = {"prod/pay", "production", "prod/c3", "test/pay", "c4"};
    const SurveyScope scope = {
        .instance = SURVEY_ALL_INSTANCES, .names = names, .name_count = ELEMENTS(names)};
    Service service;

    (void)state;
    assert_int_equal(service_open(&service, &scope), 0);
    service.play = play_unread;
    service_answer_all(&service);
    check(&service, "a_survey_of_names");
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_have_pages),
        cmocka_unit_test(what_fails_is_tried_again),
        cmocka_unit_test(a_credential_that_cannot_be_renewed_ends_it),
        cmocka_unit_test(the_deadline_is_told),
        cmocka_unit_test(while_it_is_under_way),
        cmocka_unit_test(names_and_what_cannot_be_read),
    };

    story_text_init(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
