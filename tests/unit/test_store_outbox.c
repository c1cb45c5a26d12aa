/* SPDX-License-Identifier: MIT */
/* Conditions that are open and notices that were not taken: together or not at all, over kills, in
 * their order, and for each notifier by itself. */
#include "tests/unit/test_store_common.h"

#include "daemon/store/outbox.h"

static StoreTold told_of(const char *channel, const StoreNotice *notice)
{
    return (StoreTold){
        .condition = {.kind = "held",
                      .instance_key = KEY,
                      .channel = channel,
                      .instance_name = "prod",
                      .channel_name = "payments",
                      .since_usec = realtime_now,
                      .is_open = true,
                      .told_usec = 7},
        .notice = notice,
    };
}

static StoreNotice notice_of(const char *id)
{
    return (StoreNotice){.id = id,
                         .kind = "held",
                         .phase = "begins",
                         .instance_name = "prod",
                         .channel_name = "payments",
                         .body = "{}"};
}

static void add(Folder *folder, Store *store, const char *notifier, const char *id)
{
    const StoreNotice notice = notice_of(id);
    const StoreTold told = told_of(id, &notice);

    if (store_outbox_add(store, notifier, &told, 1, &folder->err) < 0)
        fail_msg("store_outbox_add: %s", folder->err.text);
}

static size_t count_of(Folder *folder, Store *store, const char *notifier)
{
    size_t count = 99;

    assert_int_equal(store_outbox_count(store, notifier, UINT64_MAX, &count, &folder->err), 0);
    return count;
}

static size_t count_conditions(Folder *folder, Store *store, const char *notifier)
{
    StoreConditions conditions = {0};
    size_t count;

    assert_int_equal(store_outbox_conditions(store, notifier, NULL, &conditions, &folder->err), 0);
    count = conditions.count;
    store_outbox_conditions_done(&conditions);
    return count;
}

/* The id of the oldest, which is removed; "" without one. */
static void take_first(Folder *folder, Store *store, const char *notifier, char ret_id[static 64])
{
    StoreNotices first = {0};

    ret_id[0] = '\0';
    if (store_outbox_first(store, notifier, &first, &folder->err) > 0) {
        snprintf(ret_id, 64, "%s", first.items[0].id);
        assert_non_null(first.items[0].body);
        assert_int_equal(store_outbox_remove(store, first.items[0].number, &folder->err), 0);
    }
    store_outbox_notices_done(&first);
}

static void test_what_is_kept_is_there_after_a_kill(void **state)
{
    Folder *folder = *state;
    Store *store = folder_open(folder);
    StoreConditions conditions = {0};
    char id[64];

    add(folder, store, "slack a", "n1");
    store_free(store);
    store = folder_open(folder);
    assert_int_equal(store_outbox_conditions(store, "slack a", KEY, &conditions, &folder->err), 0);
    assert_int_equal(conditions.count, 1);
    assert_string_equal(conditions.items[0].kind, "held");
    assert_string_equal(conditions.items[0].channel, "n1");
    assert_true(conditions.items[0].is_open);
    assert_int_equal(conditions.items[0].told_usec, 7);
    assert_int_equal(conditions.items[0].since_usec, NOW);
    store_outbox_conditions_done(&conditions);
    assert_int_equal(store_outbox_conditions(store, "slack a", "", &conditions, &folder->err), 0);
    assert_int_equal(conditions.count, 0);
    store_outbox_conditions_done(&conditions);
    take_first(folder, store, "slack a", id);
    assert_string_equal(id, "n1");
    take_first(folder, store, "slack a", id);
    assert_string_equal(id, "");
    store_free(store);
}

static void test_the_oldest_comes_first_for_each_notifier(void **state)
{
    Folder *folder = *state;
    Store *store = folder_open(folder);
    char id[64];

    add(folder, store, "slack a", "n1");
    add(folder, store, "slack b", "m1");
    add(folder, store, "slack a", "n2");
    take_first(folder, store, "slack a", id);
    assert_string_equal(id, "n1");
    take_first(folder, store, "slack a", id);
    assert_string_equal(id, "n2");
    assert_int_equal(count_of(folder, store, "slack b"), 1);
    store_free(store);
}

static void test_what_is_over_is_kept_no_more(void **state)
{
    Folder *folder = *state;
    Store *store = folder_open(folder);
    StoreTold told = told_of("n1", NULL);

    add(folder, store, "slack a", "n1");
    told.is_over = true;
    assert_int_equal(store_outbox_add(store, "slack b", &told, 1, &folder->err), 0);
    assert_int_equal(count_conditions(folder, store, "slack a"), 1);
    assert_int_equal(store_outbox_add(store, "slack a", &told, 1, &folder->err), 0);
    assert_int_equal(count_conditions(folder, store, "slack a"), 0);
    assert_int_equal(count_of(folder, store, "slack a"), 1);
    store_free(store);
}

static void test_a_failure_keeps_nothing_of_it(void **state)
{
    Folder *folder = *state;
    Store *store = folder_open(folder);
    const Sighting sighting = {.member_id = "m1", .count = 1};
    StoreNotice broken = notice_of("n2");
    const StoreNotice good = notice_of("n1");
    const StoreTold told[] = {told_of("n1", &good), told_of("n2", &broken)};
    ChannelRecord record;

    folder_begin(folder, store);
    assert_int_equal(store_remember(store, KEY, "c1", &sighting, 1, &folder->err), 0);
    broken.body = NULL;
    assert_true(store_outbox_add(store, "slack a", told, 2, &folder->err) < 0);
    assert_int_equal(count_of(folder, store, "slack a"), 0);
    assert_int_equal(count_conditions(folder, store, "slack a"), 0);
    record = recall_at(folder, store, NOW);
    assert_int_equal(record.sighting_count, 1);
    channel_record_done(&record);
    store_free(store);
}

static void test_many_become_one_in_the_place_of_the_first(void **state)
{
    Folder *folder = *state;
    Store *store = folder_open(folder);
    StoreNotice summary = notice_of("summary");
    StoreNotices list = {0};
    uint64_t until_usec;
    size_t count;
    char id[64];

    add(folder, store, "slack a", "n1");
    time_pass(USEC_PER_SEC);
    add(folder, store, "slack b", "m1");
    add(folder, store, "slack a", "n2");
    until_usec = store_outbox_now_usec(store);
    time_pass(USEC_PER_SEC);
    add(folder, store, "slack a", "n3");
    assert_int_equal(store_outbox_count(store, "slack a", until_usec, &count, &folder->err), 0);
    assert_int_equal(count, 2);
    assert_int_equal(store_outbox_list(store, "slack a", until_usec, &list, &folder->err), 0);
    assert_int_equal(list.count, 2);
    assert_string_equal(list.items[1].id, "n2");
    assert_null(list.items[1].body);
    store_outbox_notices_done(&list);
    assert_int_equal(store_outbox_replace(store, "slack a", until_usec, &summary, &folder->err), 0);
    assert_int_equal(count_of(folder, store, "slack b"), 1);
    take_first(folder, store, "slack a", id);
    assert_string_equal(id, "summary");
    take_first(folder, store, "slack a", id);
    assert_string_equal(id, "n3");
    store_free(store);
}

static void test_who_is_told_no_more_leaves_nothing(void **state)
{
    static const char *const kept[] = {"slack a"};
    Folder *folder = *state;
    Store *store = folder_open(folder);

    add(folder, store, "slack a", "n1");
    add(folder, store, "slack b", "n1");
    add(folder, store, "slack c", "n1");
    assert_int_equal(store_outbox_keep(store, kept, 1, &folder->err), 0);
    assert_int_equal(count_of(folder, store, "slack a"), 1);
    assert_int_equal(count_conditions(folder, store, "slack a"), 1);
    assert_int_equal(count_of(folder, store, "slack b") + count_of(folder, store, "slack c"), 0);
    assert_int_equal(count_conditions(folder, store, "slack b"), 0);
    assert_int_equal(store_outbox_keep(store, NULL, 0, &folder->err), 0);
    assert_int_equal(count_of(folder, store, "slack a"), 0);
    store_free(store);
}

static void test_the_outbox_is_bounded(void **state)
{
    Folder *folder = *state;
    Store *store = folder_open(folder);
    const StoreNotice notice = notice_of("n");
    StoreTold *told = calloc(STORE_NOTICES_MAX + 1, sizeof(*told));

    assert_non_null(told);
    add(folder, store, "slack b", "m1");
    for (size_t i = 0; i <= STORE_NOTICES_MAX; i++)
        told[i].notice = &notice;
    assert_int_equal(store_outbox_add(store, "slack a", told, STORE_NOTICES_MAX + 1, &folder->err),
                     0);
    assert_int_equal(count_of(folder, store, "slack a"), STORE_NOTICES_MAX);
    assert_int_equal(count_of(folder, store, "slack b"), 1);
    free(told);
    store_free(store);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, folder_setup, folder_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_what_is_kept_is_there_after_a_kill),
        TEST(test_the_oldest_comes_first_for_each_notifier),
        TEST(test_what_is_over_is_kept_no_more),
        TEST(test_a_failure_keeps_nothing_of_it),
        TEST(test_many_become_one_in_the_place_of_the_first),
        TEST(test_who_is_told_no_more_leaves_nothing),
        TEST(test_the_outbox_is_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
