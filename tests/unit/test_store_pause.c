/* SPDX-License-Identifier: MIT */
/* Pauses of channels, instances and all: which hold where, until when, and what resuming ends. */
#include "tests/unit/test_store_common.h"

#define OTHER_KEY "https://roma.example p1 i2"

static const StoreScope all = {0};
static const StoreScope instance = {.instance_key = KEY, .instance_name = "prod"};

static StoreScope channel_of(const char *key, const char *id, const char *name)
{
    return (StoreScope){key, "prod", id, name};
}

static void pause_for(Folder *folder, Store *store, const StoreScope *scope, const char *reason,
                      uint64_t span_usec)
{
    const StorePause pause = {.scope = *scope,
                              .reason = reason,
                              .until_usec = span_usec ? realtime_now + span_usec : 0,
                              .uid = 7};

    if (store_pause(store, &pause, realtime_now, NULL, &folder->err) < 0)
        fail_msg("store_pause: %s", folder->err.text);
}

/* What holds for a channel: by its plan, and by the list that people see; "" for nothing. */
static const char *reason_of(Store *store, const StoreScope *channel, char text[static 64])
{
    _cleanup_(store_pauses_done) StorePauses pauses = {0};
    ChannelRecord record = {0};
    const StorePause *pause;

    text[0] = '\0';
    assert_int_equal(store_recall(store, channel, realtime_now, &record, NULL), 0);
    assert_int_equal(store_pauses(store, realtime_now, &pauses, NULL), 0);
    pause = store_pauses_find(&pauses, channel);
    assert_int_equal(record.is_paused, pause != NULL);
    if (pause) {
        assert_string_equal(record.pause_reason, pause->reason);
        assert_int_equal(record.pause_end_usec, pause->until_usec);
        assert_int_equal(record.pause_scope, store_scope_kind(&pause->scope));
        snprintf(text, 64, "%s", pause->reason);
    }
    channel_record_done(&record);
    return text;
}

static void assert_reason(Store *store, const StoreScope *channel, const char *reason)
{
    char text[64];

    assert_string_equal(reason_of(store, channel, text), reason);
}

static size_t count_pauses(Store *store)
{
    StorePauses pauses = {0};
    size_t count;

    assert_int_equal(store_pauses(store, realtime_now, &pauses, NULL), 0);
    count = pauses.count;
    store_pauses_done(&pauses);
    return count;
}

static void test_scopes_stand_side_by_side(void **state)
{
    Folder *folder = *state;
    Store *store = folder_open(folder);
    const StoreScope c1 = channel_of(KEY, "c1", "payments"), c2 = channel_of(KEY, "c2", "orders"),
                     other = channel_of(OTHER_KEY, "c1", "payments");

    pause_for(folder, store, &all, "of all", 3 * USEC_PER_HOUR);
    pause_for(folder, store, &instance, "of prod", 2 * USEC_PER_HOUR);
    pause_for(folder, store, &c1, "of payments", USEC_PER_HOUR);
    assert_int_equal(count_pauses(store), 3);
    assert_reason(store, &c1, "of all");
    assert_reason(store, &other, "of all");
    assert_int_equal(store_resume(store, &all, NULL), 1);
    assert_int_equal(store_resume(store, &all, NULL), 0);
    assert_reason(store, &c1, "of prod");
    assert_reason(store, &c2, "of prod");
    assert_reason(store, &other, "");
    assert_int_equal(store_resume(store, &instance, NULL), 1);
    assert_reason(store, &c1, "of payments");
    assert_reason(store, &c2, "");
    assert_int_equal(store_resume(store, &c2, NULL), 0);
    assert_int_equal(store_resume(store, &other, NULL), 0);
    assert_int_equal(store_resume(store, &c1, NULL), 1);
    assert_int_equal(count_pauses(store), 0);
    store_free(store);
}

/* An instance that the state has never heard of is not all instances. */
static void test_an_unknown_instance(void **state)
{
    Folder *folder = *state;
    Store *store = folder_open(folder);
    const StoreScope unknown = {.instance_key = OTHER_KEY, .instance_name = "other"};
    const StoreScope channel = channel_of(OTHER_KEY, "c1", NULL);

    pause_for(folder, store, &all, "of all", 0);
    assert_int_equal(store_resume(store, &unknown, NULL), 0);
    assert_int_equal(store_resume(store, &channel, NULL), 0);
    assert_reason(store, &channel, "of all");
    store_free(store);
}

static void test_a_pause_replaces_that_of_its_scope_alone(void **state)
{
    Folder *folder = *state;
    Store *store = folder_open(folder);
    const StoreScope c1 = channel_of(KEY, "c1", "payments");

    pause_for(folder, store, &c1, "first", 0);
    pause_for(folder, store, &instance, "of prod", USEC_PER_MINUTE);
    pause_for(folder, store, &c1, "second", 0);
    assert_int_equal(count_pauses(store), 2);
    assert_reason(store, &c1, "second");
    store_free(store);
}

/* Whoever pauses again learns what was lost thereby: not what had ended, nor what stands beside. */
static void test_what_a_pause_replaced_is_told(void **state)
{
    Folder *folder = *state;
    Store *store = folder_open(folder);
    const StoreScope c1 = channel_of(KEY, "c1", "payments"), by_id = channel_of(KEY, "c1", NULL);
    const StorePause again = {.scope = by_id, .reason = "second", .uid = 8};
    const StorePause of_all = {.scope = all, .reason = "of all", .uid = (uid_t)-1};
    StorePauses replaced = {0};

    pause_for(folder, store, &instance, "of prod", 0);
    assert_int_equal(store_pause(store, &of_all, realtime_now, &replaced, NULL), 0);
    assert_int_equal(replaced.count, 0);
    pause_for(folder, store, &c1, "first", USEC_PER_HOUR);
    assert_int_equal(store_pause(store, &again, realtime_now, &replaced, NULL), 0);
    assert_int_equal(replaced.count, 1);
    assert_string_equal(replaced.items[0].reason, "first");
    assert_string_equal(replaced.items[0].scope.channel_name, "payments");
    assert_int_equal(replaced.items[0].until_usec, realtime_now + USEC_PER_HOUR);
    assert_int_equal(replaced.items[0].uid, 7);
    assert_int_equal(store_pause(store, &of_all, realtime_now, &replaced, NULL), 0);
    assert_int_equal(replaced.count, 2);
    assert_int_equal(replaced.items[1].uid, (uid_t)-1);
    store_pauses_done(&replaced);
    pause_for(folder, store, &c1, "short", USEC_PER_SEC);
    time_pass(USEC_PER_MINUTE);
    assert_int_equal(store_pause(store, &again, realtime_now, &replaced, NULL), 0);
    assert_int_equal(replaced.count, 0);
    store_pauses_done(&replaced);
    store_free(store);
}

/* One row, whichever of both is known when it is paused, shown and resumed. */
static void test_id_and_name_are_one_channel(void **state)
{
    const StoreScope both = channel_of(KEY, "c1", "payments"), id = channel_of(KEY, "c1", NULL),
                     name = channel_of(KEY, NULL, "payments");
    const StoreScope *const ways[] = {&both, &id, &name};

    for (size_t i = 0; i < ELEMENTS(ways); i++) {
        for (size_t k = 0; k < ELEMENTS(ways); k++) {
            Folder *folder = *state;
            Store *store = folder_open(folder);

            pause_for(folder, store, &both, "early", 0);
            pause_for(folder, store, ways[i], "late", 0);
            assert_int_equal(count_pauses(store), 1);
            assert_reason(store, &both, "late");
            store_free(store);
            store = folder_open(folder);
            assert_reason(store, &id, "late");
            assert_int_equal(store_resume(store, ways[k], NULL), 1);
            assert_int_equal(count_pauses(store), 0);
            pause_for(folder, store, ways[i], "other way round", 0);
            pause_for(folder, store, &both, "again", 0);
            assert_int_equal(count_pauses(store), 1);
            assert_int_equal(store_resume(store, &both, NULL), 1);
            store_free(store);
        }
    }
}

/* Two channels may have one name: pausing the second takes nothing from the first. */
static void test_channels_of_one_name(void **state)
{
    Folder *folder = *state;
    Store *store = folder_open(folder);
    const StoreScope first = channel_of(KEY, "c1", "payments"),
                     second = channel_of(KEY, "c2", "payments");

    pause_for(folder, store, &first, "first", 0);
    pause_for(folder, store, &second, "second", 0);
    assert_int_equal(count_pauses(store), 2);
    store_free(store);
}

/* Whatever the wall clock is set to while rosterd runs, two hours are two hours. */
static void test_a_wall_clock_that_is_set(void **state)
{
    static const int64_t steps[] = {3 * (int64_t)USEC_PER_HOUR, 3650 * (int64_t)USEC_PER_DAY,
                                    -(int64_t)USEC_PER_DAY};
    const StoreScope c1 = channel_of(KEY, "c1", "payments");

    for (size_t i = 0; i < ELEMENTS(steps); i++) {
        Folder *folder = *state;
        Store *store = folder_open(folder);
        char pass[STORE_PASS_ID_SIZE];
        StorePauses pauses = {0};

        pause_for(folder, store, &c1, "two hours", 2 * USEC_PER_HOUR);
        time_pass(USEC_PER_HOUR);
        realtime_now += (uint64_t)steps[i];
        assert_reason(store, &c1, "two hours");
        assert_int_equal(store_pauses(store, realtime_now, &pauses, NULL), 0);
        assert_int_equal(pauses.items[0].until_usec, realtime_now + USEC_PER_HOUR);
        store_pauses_done(&pauses);
        /* A pass sees the step; then not even another boot ends it early. */
        assert_int_equal(store_begin_pass(store, realtime_now, pass, NULL), 0);
        store_free(store);
        store = folder_open(folder);
        assert_reason(store, &c1, "two hours");
        time_pass(USEC_PER_HOUR - 1);
        assert_reason(store, &c1, "two hours");
        time_pass(1);
        assert_reason(store, &c1, "");
        store_free(store);
        folder_teardown(state);
        folder_setup(state);
    }
}

static void test_across_boots_the_wall_clock_counts(void **state)
{
    Folder *folder = *state;
    Store *store = folder_open(folder);
    const StoreScope c1 = channel_of(KEY, "c1", "payments");

    pause_for(folder, store, &c1, "five hours", 5 * USEC_PER_HOUR);
    time_pass(USEC_PER_HOUR);
    folder_reboot(folder, &store, 3 * USEC_PER_HOUR, 1);
    assert_reason(store, &c1, "five hours");
    /* In this boot it is real time again. */
    realtime_now += 30 * USEC_PER_DAY;
    assert_reason(store, &c1, "five hours");
    realtime_now -= 30 * USEC_PER_DAY;
    time_pass(USEC_PER_HOUR - 1);
    assert_reason(store, &c1, "five hours");
    time_pass(1);
    assert_reason(store, &c1, "");
    pause_for(folder, store, &c1, "one hour", USEC_PER_HOUR);
    folder_reboot(folder, &store, USEC_PER_HOUR, 2);
    assert_reason(store, &c1, "");
    store_free(store);
}

/* A step that a running rosterd has seen is in the end that the next boot goes by. */
static void test_a_step_before_a_boot(void **state)
{
    Folder *folder = *state;
    Store *store = folder_open(folder);
    const StoreScope c1 = channel_of(KEY, "c1", "payments");
    char pass[STORE_PASS_ID_SIZE];

    pause_for(folder, store, &c1, "two hours", 2 * USEC_PER_HOUR);
    realtime_now += USEC_PER_DAY;
    assert_int_equal(store_begin_pass(store, realtime_now, pass, NULL), 0);
    folder_reboot(folder, &store, USEC_PER_HOUR, 3);
    assert_reason(store, &c1, "two hours");
    time_pass(USEC_PER_HOUR);
    assert_reason(store, &c1, "");
    store_free(store);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, folder_setup, folder_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_scopes_stand_side_by_side),
        TEST(test_an_unknown_instance),
        TEST(test_a_pause_replaces_that_of_its_scope_alone),
        TEST(test_what_a_pause_replaced_is_told),
        TEST(test_id_and_name_are_one_channel),
        TEST(test_channels_of_one_name),
        TEST(test_a_wall_clock_that_is_set),
        TEST(test_across_boots_the_wall_clock_counts),
        TEST(test_a_step_before_a_boot),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
