/* SPDX-License-Identifier: MIT */
/* What is sent in each format, and what its receiver's answer means. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/base/mem.h"
#include "daemon/base/str.h"
#include "daemon/notify/payload.h"

#define URL "https://chat.example/hook/S3CR3T-T0K3N"

static const struct {
    NotifyFormat format;
    HttpResult result;
    int status;
    const char *body;
    const char *why; /* NULL: it was taken */
} answers[] = {
    {NOTIFY_CLOUDEVENTS, HTTP_ANSWERED, 204, "", NULL},
    {NOTIFY_CLOUDEVENTS, HTTP_ANSWERED, 200, "whatever", NULL},
    {NOTIFY_CLOUDEVENTS, HTTP_ANSWERED, 302, "", "answered 302, which is not followed"},
    {NOTIFY_CLOUDEVENTS, HTTP_ANSWERED, 410, "", "answered 410"},
    {NOTIFY_SLACK, HTTP_ANSWERED, 200, "ok", NULL},
    {NOTIFY_SLACK, HTTP_ANSWERED, 200, "ok\n", NULL},
    {NOTIFY_SLACK, HTTP_ANSWERED, 200, "okay", "answered 200 without \"ok\""},
    {NOTIFY_SLACK, HTTP_ANSWERED, 200, "", "answered 200 without \"ok\""},
    {NOTIFY_SLACK, HTTP_ANSWERED, 404, "ok", "answered 404"},
    {NOTIFY_FEISHU, HTTP_ANSWERED, 200, "{\"code\":0}", NULL},
    {NOTIFY_FEISHU, HTTP_ANSWERED, 200, "{\"StatusCode\":0,\"StatusMessage\":\"success\"}", NULL},
    {NOTIFY_FEISHU, HTTP_ANSWERED, 200, "{\"code\":11232,\"msg\":\"too many\"}",
     "answered 200 with code 11232: too many"},
    {NOTIFY_FEISHU, HTTP_ANSWERED, 200, "{\"code\":\"0\"}", "answered 200 with code 0"},
    {NOTIFY_FEISHU, HTTP_ANSWERED, 200, "[]", "answered 200 without saying that it was taken"},
    {NOTIFY_FEISHU, HTTP_ANSWERED, 200, "{\"errcode\":0}",
     "answered 200 without saying that it was taken"},
    {NOTIFY_FEISHU, HTTP_ANSWERED, 500, "{\"code\":0}", "answered 500"},
    {NOTIFY_DINGTALK, HTTP_ANSWERED, 200, "{\"errcode\":0,\"errmsg\":\"ok\"}", NULL},
    {NOTIFY_DINGTALK, HTTP_ANSWERED, 200, "{\"errcode\":310000,\"errmsg\":\"no keyword\"}",
     "answered 200 with errcode 310000: no keyword"},
    {NOTIFY_DINGTALK, HTTP_ANSWERED, 200, "{\"errcode\":1,\"errmsg\":\"bad S3CR3T-T\"}",
     "answered 200 with errcode 1"},
    {NOTIFY_DINGTALK, HTTP_ANSWERED, 200, "{\"errcode\":\"T-T0K3N\"}",
     "answered 200 with a errcode other than 0"},
    {NOTIFY_DINGTALK, HTTP_ANSWERED, 200, "<html>",
     "answered 200 without saying that it was taken"},
    {NOTIFY_SLACK, HTTP_TIMEOUT, 0, "", "it did not answer in time"},
    {NOTIFY_SLACK, HTTP_UNTRUSTED, 0, "", "its certificate does not hold"},
    {NOTIFY_SLACK, HTTP_TOO_BIG, 200, "ok", "its answer is too big"},
};

static void test_what_answers_mean(void **state)
{
    (void)state;
    for (size_t i = 0; i < ELEMENTS(answers); i++) {
        const HttpAnswer answer = {
            .result = answers[i].result,
            .status = answers[i].status,
            .body = answers[i].body,
            .body_size = strlen(answers[i].body),
            .message = "connecting to chat.example: it failed",
        };
        char why[PAYLOAD_WHY_SIZE] = "?";
        bool was_taken = payload_was_taken(answers[i].format, &answer, URL, why);

        if (was_taken != !answers[i].why || !str_equal(why, answers[i].why ? answers[i].why : ""))
            fail_msg("%s: %d, \"%s\"", answers[i].body, was_taken, why);
    }
}

/* What a notice of one member with signs of every format says in each. */
static const struct {
    NotifyFormat format;
    const char *part;
} bodies[] = {
    {NOTIFY_CLOUDEVENTS, "{\"specversion\":\"1.0\",\"id\":\"0123\",\"source\":\"urn:rosterd:"},
    {NOTIFY_CLOUDEVENTS, "\"type\":\"rosterd.held.begins\",\"time\":\"1970-01-01T00:00:01Z\","
                         "\"subject\":\"a/b\",\"datacontenttype\":\"application/json\","
                         "\"data\":{\"x\":1}}"},
    {NOTIFY_SLACK, "{\"text\":\"t &lt;!x&gt; &amp;\\n*l* @all\\n\",\"mrkdwn\":false}"},
    {NOTIFY_FEISHU,
     "{\"msg_type\":\"text\",\"content\":{\"text\":\"t \xef\xbc\x9c!x> &\\n*l* @all\\n\"}}"},
    {NOTIFY_DINGTALK, "{\"msgtype\":\"markdown\",\"markdown\":{\"title\":\"t <!x> &\",\"text\":"
                      "\"#### t &lt;\\\\!x\\\\> &amp;\\n\\n\\\\*l\\\\* \\\\@all  \\n\"}}"},
};

static void test_signs_mean_themselves_in_each_format(void **state)
{
    const PayloadEvent event = {"0123", "held", "begins", "a/b", USEC_PER_SEC};

    (void)state;
    for (size_t i = 0; i < ELEMENTS(bodies); i++) {
        _cleanup_(note_text_done) NoteText text = {0};
        _cleanup_(buf_done) Buf body = {0};

        buf_puts(&text.title, "t <!x> &");
        buf_puts(&text.lines, "*l* @all\n");
        buf_puts(&text.data, "{\"x\": 1}");
        assert_int_equal(payload_append(bodies[i].format, &event, &text, &body), 0);
        if (!strstr(buf_text(&body), bodies[i].part))
            fail_msg("%s", buf_text(&body));
    }
}

static void test_what_is_not_seen_is_shown(void **state)
{
    const RosterChannel roster = {.name = "b", .mode = MODE_PRUNE};
    MissingReport missing = {.group = "", .address = "h\xe2\x80\xae.example", .port = 80};
    const ChannelReport channel = {.channel = &roster,
                                   .instance_name = "prod",
                                   .has_list = true,
                                   .missing = &missing,
                                   .missing_count = 1};
    const InstanceReport instance = {.name = "prod"};
    const Report report = {.channel_count = 0};
    const Note note = {.kind = NOTICE_MISSING,
                       .step = NOTICE_BEGINS,
                       .instance_name = "prod",
                       .channel_name = "b\n\x1b[31m",
                       .time_usec = USEC_PER_SEC,
                       .report = &report,
                       .instance = &instance,
                       .channel = &channel};
    _cleanup_(note_text_done) NoteText text = {0};

    (void)state;
    assert_int_equal(note_write(&note, &text), 0);
    assert_non_null(
        strstr(buf_text(&text.title), "prod/b<U+000A><U+001B>[31m: members are missing"));
    assert_string_equal(buf_text(&text.lines), "? h<U+202E>.example:80\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_answers_mean),
        cmocka_unit_test(test_signs_mean_themselves_in_each_format),
        cmocka_unit_test(test_what_is_not_seen_is_shown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
