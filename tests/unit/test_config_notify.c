/* SPDX-License-Identifier: MIT */
/* `notify:` in the settings: what it means, and what is refused. */
#include "tests/unit/test_config.h"

#define NOTIFY(value) HEAD "notify: " value "\n"

static void what_an_entry_means(void **state)
{
    Config *config = load_settings(
        NOTIFY("\n  - {format: slack, url_file: chat.url}\n"
               "  - {format: cloudevents, url_file: /etc/x, when: [changed, held], repeat: 0s}\n"
               "  - {format: slack, url_file: other.url, repeat: 1m}"));
    const Notifier *notifiers = config->notifiers;

    (void)state;
    assert_int_equal(config->notifier_count, 3);
    assert_int_equal(notifiers[0].format, NOTIFY_SLACK);
    assert_string_equal(notifiers[0].url_file, "chat.url");
    assert_int_equal(notifiers[0].repeat_usec, 6 * USEC_PER_HOUR);
    for (NoticeKind kind = 0; kind < NOTICE_KIND_COUNT; kind++)
        assert_int_equal((notifiers[0].kinds & NOTICE_BIT(kind)) != 0, kind != NOTICE_CHANGED);
    assert_int_equal(notifiers[1].format, NOTIFY_CLOUDEVENTS);
    assert_int_equal(notifiers[1].kinds, NOTICE_BIT(NOTICE_CHANGED) | NOTICE_BIT(NOTICE_HELD));
    assert_int_equal(notifiers[1].repeat_usec, 0);
    assert_int_equal(notifiers[2].repeat_usec, USEC_PER_MINUTE);
    config_free(config);
    config = load_settings(HEAD);
    assert_int_equal(config->notifier_count, 0);
    config_free(config);
}

static void the_words_of_formats_and_kinds(void **state)
{
    (void)state;
    assert_string_equal(notifier_format_text(NOTIFY_CLOUDEVENTS), "cloudevents");
    assert_string_equal(notifier_format_text(NOTIFY_SLACK), "slack");
    assert_string_equal(notifier_format_text(NOTIFY_DINGTALK), "dingtalk");
    assert_int_equal(notifier_kind_of("held"), NOTICE_HELD);
    assert_int_equal(notifier_kind_of("changed"), NOTICE_CHANGED);
    assert_int_equal(notifier_kind_of("drift"), NOTICE_DRIFT);
    assert_int_equal(notifier_kind_of("other"), NOTICE_KIND_COUNT);
}

static const InvalidConfig cases[] = {
    {NOTIFY("[]"), NULL, "rosterd.yaml:6:9: notify: 0 entries, must be 1 to 16, or be left out\n"},
    {NOTIFY("chat"), NULL,
     "rosterd.yaml:6:9: notify: not a list: text, must be a list of those who are told\n"},
    {NOTIFY("[{format: slack}]"), NULL,
     "rosterd.yaml:6:10: notify[0].url_file: missing, must be a file with the URL, which is a "
     "secret\n"},
    {NOTIFY("[{url_file: x, format: slick}]"), NULL,
     "rosterd.yaml:6:32: notify[0].format: unknown value: \"slick\", did you mean slack? Must be "
     "cloudevents (CloudEvents 1.0, structured), slack (an incoming webhook of Slack, and what is "
     "like it), feishu (a custom bot of Feishu or Lark) or dingtalk (a custom robot of "
     "DingTalk)\n"},
    {NOTIFY("[{url_file: x, format: slack, when: []}]"), NULL,
     "rosterd.yaml:6:45: notify[0].when: empty, must be a list of held, failed, invalid, missing, "
     "drift, changed, or be left out\n"},
    {NOTIFY("[{url_file: x, format: slack, when: [held, drift, held]}]"), NULL,
     "rosterd.yaml:6:59: notify[0].when[2]: listed twice: held, must stand once\n"},
    {NOTIFY("[{url_file: x, format: slack, repeat: 59s}]"), NULL,
     "rosterd.yaml:6:47: notify[0].repeat: out of range: 59s, must be 0s, or 1m to 7d\n"},
    {NOTIFY("[{url_file: x, format: slack}, {url_file: x, format: feishu}, {url_file: x, format: "
            "slack}]"),
     NULL,
     "rosterd.yaml:6:71: notify[2]: listed twice: the same format and url_file, must stand "
     "once\n"},
    {NOTIFY("[{url_file: x, url: https://chat.example/secret, format: slack}]"), NULL,
     "rosterd.yaml:6:24: notify[0].url: unknown key, must be one of: format, url_file, when, "
     "repeat\n"},
};

static void what_is_refused(void **state)
{
    (void)state;
    expect_invalid(cases, ELEMENTS(cases));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_DIRECTORY(what_an_entry_means),
        IN_DIRECTORY(what_is_refused),
        cmocka_unit_test(the_words_of_formats_and_kinds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
