/* SPDX-License-Identifier: MIT */
/* An undo that is handed to another host: the changes as they were, and what came of it. */
#include "tests/unit/shared_case.h"

#include <errno.h>

#include "daemon/shared/undo_value.h"

static StoreAction actions[] = {
    {.action = 7,
     .kind = "delete",
     .channel_id = "c1",
     .channel_name = "payments",
     .member_id = "m1",
     .identity = "\0i",
     .identity_size = 2,
     .before = "{\"host\":\"h\"}",
     .original = "{\"host\":\"o\"}",
     .outcome = "deleted",
     .weight = -1},
    {.action = 8,
     .kind = "add",
     .channel_id = "c2",
     .channel_name = "",
     .member_id = "",
     .identity = "i",
     .identity_size = 1,
     .after = "{}",
     .weight = 0},
};
static const UndoValue asked = {
    .instance_key = KEY,
    .host = "admin-a",
    .pass = "2026-11-24T15:04:05Z-1",
    .uid = 7,
    .asked_usec = AT,
    .actions = {.items = actions, .count = ELEMENTS(actions)},
};

static UndoValue read_undo(Case *fixture)
{
    UndoValue value;

    if (undo_value_read(buf_text(&fixture->text), fixture->text.size, &value, &fixture->err) < 0)
        fail_msg("%s: %s", fixture->err.text, buf_text(&fixture->text));
    return value;
}

static void assert_same_action(const StoreAction *read, const StoreAction *wanted)
{
    assert_int_equal(read->action, wanted->action);
    assert_string_equal(read->kind, wanted->kind);
    assert_string_equal(read->channel_id, wanted->channel_id);
    assert_string_equal(read->channel_name, wanted->channel_name);
    assert_string_equal(read->member_id, wanted->member_id);
    assert_int_equal(read->identity_size, wanted->identity_size);
    assert_memory_equal(read->identity, wanted->identity, wanted->identity_size);
    assert_text(read->before, wanted->before);
    assert_text(read->after, wanted->after);
    assert_text(read->original, wanted->original);
    assert_text(read->outcome, wanted->outcome);
    assert_int_equal(read->weight, wanted->weight);
    assert_string_equal(read->instance_key, KEY);
}

static void test_what_is_asked_for(void **state)
{
    Case *fixture = *state;
    UndoValue read;

    assert_int_equal(undo_value_append(&asked, &fixture->text), 0);
    assert_string_equal(buf_text(&fixture->text),
                        "{\"instance\":\"https://roma.example p1 i1\",\"host\":\"admin-a\","
                        "\"pass\":\"2026-11-24T15:04:05Z-1\",\"uid\":7,"
                        "\"asked_usec\":1795532645000000,\"owner\":null,\"answer\":null,"
                        "\"error\":null,\"actions\":[{\"action\":7,\"kind\":\"delete\","
                        "\"channel_id\":\"c1\",\"channel_name\":\"payments\",\"member_id\":\"m1\","
                        "\"identity\":\"AGk=\",\"before\":\"{\\\"host\\\":\\\"h\\\"}\","
                        "\"after\":null,\"original\":\"{\\\"host\\\":\\\"o\\\"}\","
                        "\"outcome\":\"deleted\",\"weight\":null},"
                        "{\"action\":8,\"kind\":\"add\",\"channel_id\":\"c2\","
                        "\"channel_name\":null,\"member_id\":null,\"identity\":\"aQ==\","
                        "\"before\":null,\"after\":\"{}\",\"original\":null,\"outcome\":null,"
                        "\"weight\":0}]}\n");
    read = read_undo(fixture);
    assert_string_equal(read.instance_key, KEY);
    assert_string_equal(read.host, "admin-a");
    assert_string_equal(read.pass, asked.pass);
    assert_int_equal(read.uid, 7);
    assert_int_equal(read.asked_usec, AT);
    assert_null(read.owner);
    assert_int_equal(read.actions.count, ELEMENTS(actions));
    for (size_t i = 0; i < ELEMENTS(actions); i++)
        assert_same_action(&read.actions.items[i], &actions[i]);
    undo_value_done(&read);
}

static void test_what_came_of_it(void **state)
{
    Case *fixture = *state;
    UndoValue done = asked, read;

    done.actions = (StoreActions){0};
    done.owner = "admin-b";
    done.answer = "{\n  \"result\": \"done\"\n}\n";
    assert_int_equal(undo_value_append(&done, &fixture->text), 0);
    assert_string_equal(buf_text(&fixture->text),
                        "{\"instance\":\"" KEY
                        "\",\"host\":\"admin-a\",\"pass\":\"2026-11-24T15:04:05Z-1\","
                        "\"uid\":7,\"asked_usec\":1795532645000000,\"owner\":\"admin-b\","
                        "\"answer\":\"{\\n  \\\"result\\\": "
                        "\\\"done\\\"\\n}\\n\",\"error\":null,\"actions\":[]}\n");
    read = read_undo(fixture);
    assert_string_equal(read.owner, "admin-b");
    assert_string_equal(read.answer, done.answer);
    assert_null(read.error);
    assert_int_equal(read.actions.count, 0);
    undo_value_done(&read);
    done.answer = NULL;
    done.error = "nothing was done";
    done.uid = (uid_t)-1;
    buf_reset(&fixture->text);
    assert_int_equal(undo_value_append(&done, &fixture->text), 0);
    read = read_undo(fixture);
    assert_null(read.answer);
    assert_string_equal(read.error, "nothing was done");
    assert_int_equal(read.uid, (uid_t)-1);
    undo_value_done(&read);
}

static void test_more_than_etcd_takes(void **state)
{
    static StoreAction many[20000];
    Case *fixture = *state;
    UndoValue value = asked;

    for (size_t i = 0; i < ELEMENTS(many); i++)
        many[i] = actions[0];
    value.actions = (StoreActions){.items = many, .count = ELEMENTS(many)};
    assert_int_equal(undo_value_append(&value, &fixture->text), -E2BIG);
}

/* Of STORE_PASS_ID_SIZE. */
#define PASS_TOO_LONG "0123456789012345678901234567890123456789"

#define ASKED(actions)                                                                             \
    "{\"instance\":\"k\",\"host\":\"a\",\"pass\":\"p\",\"actions\":[" actions "]}"

static void test_odd_undos(void **state)
{
    static const struct {
        const char *json, *says;
    } odd[] = {
        {"{}", "instance"},
        {ASKED(""), "actions: there are none"},
        {ASKED("{}"), "actions[0]: kind"},
        {ASKED("{\"kind\":\"enable\",\"channel_id\":\"c\",\"identity\":\"aQ==\"}"),
         "actions[0]: kind: is none that is undone"},
        {ASKED("{\"kind\":\"delete\",\"channel_id\":\"c\",\"identity\":\"aQ==\"}"),
         "actions[0]: before"},
        {ASKED(
             "{\"kind\":\"correct\",\"channel_id\":\"c\",\"identity\":\"aQ==\",\"before\":\"{}\"}"),
         "actions[0]: after"},
        {ASKED("{\"kind\":\"add\",\"channel_id\":\"c\",\"identity\":\"aQ==\",\"after\":\"{}\","
               "\"weight\":-7}"),
         "actions[0]: weight"},
        {ASKED("{\"kind\":\"add\",\"channel_id\":\"c\",\"identity\":\"aQ==\",\"after\":\"{}\","
               "\"weight\":10001}"),
         "actions[0]: weight"},
        {ASKED("{\"kind\":\"add\",\"channel_id\":\"c\",\"identity\":\"aQ==\"}"),
         "actions[0]: after: missing"},
        {ASKED("{\"kind\":\"add\"}"), "actions[0]: channel_id"},
        {ASKED("{\"kind\":\"add\",\"channel_id\":\"c\"}"), "actions[0]: identity"},
        {ASKED("{\"kind\":\"add\",\"channel_id\":\"c\",\"identity\":\"aQ==\",\"action\":-1}"),
         "actions[0]: action"},
        {"{\"instance\":\"k\",\"host\":\"a\",\"pass\":\"p\",\"uid\":-1}", "uid"},
        {"{\"instance\":\"k\",\"host\":\"a\",\"pass\":\"p\",\"asked_usec\":-1}", "asked_usec"},
        {"{\"instance\":\"k\",\"host\":\"a\",\"pass\":\"p\",\"owner\":1}", "owner"},
        {"{\"instance\":\"k\",\"host\":\"a\",\"pass\":\"p\",\"error\":1}", "error"},
        {"{\"instance\":\"k\",\"host\":\"a\",\"pass\":\"p\",\"answer\":\"x\"}", "answer"},
        {"{\"instance\":\"k\",\"host\":\"a\",\"owner\":\"b\"}", "pass"},
        {"{\"instance\":\"k\",\"pass\":\"p\",\"owner\":\"b\"}", "host"},
        {"{\"instance\":\"k\",\"host\":\"a\",\"owner\":\"b\",\"pass\":\"" PASS_TOO_LONG "\"}",
         "pass: is no name of one"},
    };
    Case *fixture = *state;

    for (size_t i = 0; i < ELEMENTS(odd); i++) {
        UndoValue value;

        if (undo_value_read(odd[i].json, strlen(odd[i].json), &value, &fixture->err) >= 0)
            fail_msg("taken for an undo: %s", odd[i].json);
        assert_says(&fixture->err, odd[i].says);
        undo_value_done(&value);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_what_is_asked_for),
        TEST(test_what_came_of_it),
        TEST(test_more_than_etcd_takes),
        TEST(test_odd_undos),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
