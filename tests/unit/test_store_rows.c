/* SPDX-License-Identifier: MIT */
/* Rows of the state, each field of them: what is read is what was written. */
#include "tests/unit/test_store_common.h"

#include "daemon/store/mirror.h"
#include "daemon/store/outbox.h"

/* ---- conditions and notices ---- */

static void expect_condition(const StoreCondition *row, const StoreCondition *expected)
{
    assert_string_equal(row->kind, expected->kind);
    assert_string_equal(row->instance_key, expected->instance_key);
    assert_string_equal(row->channel, expected->channel);
    assert_string_equal(row->instance_name, expected->instance_name);
    assert_string_equal(row->channel_name, expected->channel_name);
    assert_int_equal(row->since_usec, expected->since_usec);
    assert_int_equal(row->is_open, expected->is_open);
    assert_int_equal(row->passes, expected->passes);
    assert_int_equal(row->told_usec, expected->told_usec);
}

static void expect_notice(const StoreNotice *row, const StoreNotice *expected, bool has_body,
                          uint64_t created_usec)
{
    assert_string_equal(row->id, expected->id);
    assert_string_equal(row->kind, expected->kind);
    assert_string_equal(row->phase, expected->phase);
    assert_string_equal(row->instance_name, expected->instance_name);
    assert_string_equal(row->channel_name, expected->channel_name);
    if (has_body)
        assert_string_equal(row->body, expected->body);
    else
        assert_null(row->body);
    assert_int_equal(row->created_usec, created_usec);
    assert_true(row->number > 0);
}

static void test_conditions_and_notices(void **state)
{
    Folder *folder = *state;
    Store *store = folder_open(folder);
    StoreNotice notice = {.id = "n1",
                          .kind = "drift",
                          .phase = "lasts",
                          .instance_name = "prod",
                          .channel_name = "payments",
                          .body = "{\"a\": 1}"};
    const StoreNotice summary = {.id = "s1",
                                 .kind = "summary",
                                 .phase = "begins",
                                 .instance_name = "prod",
                                 .channel_name = "payments",
                                 .body = "{\"b\": 2}"};
    const StoreTold told[] = {
        {.condition = {"drift", KEY, "c1", "prod", "payments", 11, false, 2, 0}, .notice = &notice},
        {.condition = {"held", KEY, "c2", "test", "orders", 12, true, 0, 13}},
    };
    StoreConditions conditions = {0};
    StoreNotices notices = {0};
    uint64_t now_usec = store_outbox_now_usec(store);

    assert_int_equal(store_outbox_add(store, "slack a", told, 2, &folder->err), 0);
    assert_int_equal(store_outbox_conditions(store, "slack a", NULL, &conditions, &folder->err), 0);
    assert_int_equal(conditions.count, 2);
    for (size_t i = 0; i < 2; i++) {
        size_t number = strcmp(conditions.items[i].kind, "drift") == 0 ? 0 : 1;

        expect_condition(&conditions.items[i], &told[number].condition);
    }
    store_outbox_conditions_done(&conditions);
    time_pass(USEC_PER_SEC);
    assert_int_equal(store_outbox_first(store, "slack a", &notices, &folder->err), 1);
    expect_notice(&notices.items[0], &notice, true, now_usec);
    store_outbox_notices_done(&notices);
    assert_int_equal(store_outbox_list(store, "slack a", now_usec - 1, &notices, &folder->err), 0);
    assert_int_equal(notices.count, 0);
    assert_int_equal(store_outbox_list(store, "slack a", now_usec, &notices, &folder->err), 0);
    assert_int_equal(notices.count, 1);
    expect_notice(&notices.items[0], &notice, false, now_usec);
    store_outbox_notices_done(&notices);
    assert_int_equal(store_outbox_replace(store, "slack a", now_usec, &summary, &folder->err), 0);
    assert_int_equal(store_outbox_first(store, "slack a", &notices, &folder->err), 1);
    assert_string_equal(notices.items[0].id, "s1");
    assert_string_equal(notices.items[0].kind, "summary");
    assert_string_equal(notices.items[0].phase, "begins");
    assert_string_equal(notices.items[0].body, "{\"b\": 2}");
    assert_int_equal(notices.items[0].created_usec, now_usec);
    store_outbox_notices_done(&notices);
    store_free(store);
}

/* Where there is nothing to replace, nothing is written. */
static void test_an_empty_outbox(void **state)
{
    Folder *folder = *state;
    Store *store = folder_open(folder);
    const StoreNotice notice = {.id = "n1", .kind = "k", .phase = "p", .body = "{}"};
    StoreNotices notices = {0};
    size_t count = 99;

    assert_int_equal(store_outbox_replace(store, "slack a", UINT64_MAX, &notice, &folder->err), 0);
    assert_int_equal(store_outbox_count(store, "slack a", UINT64_MAX, &count, &folder->err), 0);
    assert_int_equal(count, 0);
    assert_int_equal(store_outbox_first(store, "slack a", &notices, &folder->err), 0);
    assert_int_equal(notices.count, 0);
    store_outbox_notices_done(&notices);
    store_free(store);
}

/* ---- pauses ---- */

static const StorePause shared = {.scope = {KEY, "prod", "c1", "payments"},
                                  .reason = "work",
                                  .until_usec = NOW + 2 * USEC_PER_HOUR,
                                  .uid = 7,
                                  .made_usec = NOW - USEC_PER_HOUR,
                                  .host = "admin-b"};

static void test_all_of_a_pause(void **state)
{
    Folder *folder = *state;
    Store *store = folder_open(folder);
    StorePauses pauses = {0};
    const StorePause *pause;

    assert_int_equal(store_name_instance(store, KEY, "prod", &folder->err), 0);
    assert_int_equal(store_mirror_pauses(store, &shared, 1, NOW, &folder->err), 1);
    assert_int_equal(store_pauses(store, NOW, &pauses, &folder->err), 0);
    assert_int_equal(pauses.count, 1);
    pause = &pauses.items[0];
    assert_string_equal(pause->scope.instance_key, KEY);
    assert_string_equal(pause->scope.instance_name, "prod");
    assert_string_equal(pause->scope.channel_id, "c1");
    assert_string_equal(pause->scope.channel_name, "payments");
    assert_string_equal(pause->reason, "work");
    assert_int_equal(pause->until_usec, NOW + 2 * USEC_PER_HOUR);
    assert_int_equal(pause->uid, 7);
    assert_int_equal(pause->made_usec, NOW - USEC_PER_HOUR);
    assert_string_equal(pause->host, "admin-b");
    assert_false(pause->is_local || pause->is_instead);
    store_pauses_done(&pauses);
    store_free(store);
}

/* A pause of etcd's that differs in one field is another one, which takes the place of the old. */
static void test_each_field_makes_another_pause(void **state)
{
    Folder *folder = *state;
    Store *store = folder_open(folder);
    StorePause others[6];

    for (size_t i = 0; i < 6; i++)
        others[i] = shared;
    others[0].scope.instance_key = "https://roma.example p1 i2";
    others[1].scope.channel_id = "c2";
    others[2].scope.channel_name = NULL;
    others[3].reason = "other work";
    others[4].uid = 8;
    others[5].host = "admin-c";
    assert_int_equal(store_name_instance(store, KEY, "prod", &folder->err), 0);
    assert_int_equal(store_mirror_pauses(store, &shared, 1, NOW, &folder->err), 1);
    assert_int_equal(store_mirror_pauses(store, &shared, 1, NOW, &folder->err), 0);
    for (size_t i = 0; i < 6; i++) {
        StorePauses pauses = {0};

        assert_int_equal(store_mirror_pauses(store, &others[i], 1, NOW, &folder->err), 1);
        assert_int_equal(store_mirror_pauses(store, &others[i], 1, NOW, &folder->err), 0);
        assert_int_equal(store_pauses(store, NOW, &pauses, &folder->err), 0);
        assert_int_equal(pauses.count, 1);
        assert_int_equal(pauses.items[0].uid, others[i].uid);
        assert_string_equal(pauses.items[0].reason, others[i].reason);
        store_pauses_done(&pauses);
    }
    others[0] = shared;
    others[0].made_usec++;
    assert_int_equal(store_mirror_pauses(store, others, 1, NOW, &folder->err), 1);
    store_free(store);
}

/* ---- whom a pause is of ---- */

static void test_whom_a_pause_covers(void **state)
{
    static const StoreScope channel = {KEY, "prod", "c1", "payments"};
    static const struct {
        StoreScope scope;
        PauseScope kind;
        bool covers;
    } rows[] = {
        {{NULL, NULL, NULL, NULL}, PAUSE_SCOPE_ALL, true},
        {{KEY, "prod", NULL, NULL}, PAUSE_SCOPE_INSTANCE, true},
        {{"other", "prod", NULL, NULL}, PAUSE_SCOPE_INSTANCE, false},
        {{KEY, "prod", "c1", NULL}, PAUSE_SCOPE_CHANNEL, true},
        {{KEY, "prod", NULL, "payments"}, PAUSE_SCOPE_CHANNEL, true},
        {{KEY, "prod", "c1", "other"}, PAUSE_SCOPE_CHANNEL, true},
        {{KEY, "prod", "c2", "payments"}, PAUSE_SCOPE_CHANNEL, true},
        {{KEY, "prod", "c2", "other"}, PAUSE_SCOPE_CHANNEL, false},
        {{KEY, "prod", "payments", "c1"}, PAUSE_SCOPE_CHANNEL, false},
        {{"other", "prod", "c1", "payments"}, PAUSE_SCOPE_CHANNEL, false},
    };
    static const StoreScope nameless = {KEY, "prod", "c1", NULL};

    (void)state;
    for (size_t i = 0; i < ELEMENTS(rows); i++) {
        assert_int_equal(store_scope_kind(&rows[i].scope), rows[i].kind);
        assert_int_equal(store_scope_covers(&rows[i].scope, &channel), rows[i].covers);
    }
    /* What is not known on either side is not the same. */
    assert_true(store_scope_covers(&rows[3].scope, &nameless));
    assert_false(store_scope_covers(&rows[4].scope, &nameless));
    assert_false(store_scope_covers(&(StoreScope){KEY, "prod", "c2", NULL}, &nameless));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, folder_setup, folder_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_conditions_and_notices),
        TEST(test_an_empty_outbox),
        TEST(test_all_of_a_pause),
        TEST(test_each_field_makes_another_pause),
        cmocka_unit_test(test_whom_a_pause_covers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
