/* SPDX-License-Identifier: MIT */
/* Samples: how often they are kept, for how long, and that they cost no other write anything. */
#include "tests/unit/test_store_common.h"

#include <sqlite3.h>

#include "daemon/store/newest.h"
#include "daemon/store/samples.h"
#include "daemon/store/store_internal.h"

static StoreSample sample_of(const char *channel_id, uint64_t live)
{
    return (StoreSample){
        .channel = {KEY, NULL, channel_id, "payments"},
        .time_usec = realtime_now,
        .result = "drift",
        .is_read = true,
        .live = live,
        .desired = 3,
        .extra = 1,
    };
}

static void add(Folder *folder, Store *store, const char *channel_id, uint64_t live)
{
    StoreSample sample = sample_of(channel_id, live);

    if (store_samples_add(store, &sample, 1, &folder->err) < 0)
        fail_msg("store_samples_add: %s", folder->err.text);
}

static StoreSamples read_all(Folder *folder, Store *store, const StoreSamplesFilter *filter)
{
    StoreSamples samples = {0};

    if (store_samples(store, filter, realtime_now, &samples, &folder->err) < 0)
        fail_msg("store_samples: %s", folder->err.text);
    return samples;
}

static size_t count_all(Folder *folder, Store *store)
{
    StoreSamples samples = read_all(folder, store, &(StoreSamplesFilter){0});
    size_t count = samples.count;

    store_samples_done(&samples);
    return count;
}

static Store *begin(Folder *folder)
{
    Store *store = folder_open(folder);

    assert_int_equal(store_name_instance(store, KEY, "prod", &folder->err), 0);
    return store;
}

static void test_what_is_kept_is_read(void **state)
{
    Folder *folder = *state;
    Store *store = begin(folder);
    StoreSample unread = sample_of("c2", 0);
    StoreSamples samples;

    add(folder, store, "c1", 4);
    unread.is_read = false;
    unread.result = "failed";
    assert_int_equal(store_samples_add(store, &unread, 1, &folder->err), 0);
    store_free(store);
    store = folder_open_read_only(folder);
    samples = read_all(folder, store, &(StoreSamplesFilter){0});
    assert_int_equal(samples.count, 2);
    assert_false(samples.is_cut);
    assert_string_equal(samples.items[0].channel.instance_key, KEY);
    assert_string_equal(samples.items[0].channel.instance_name, "prod");
    assert_string_equal(samples.items[0].channel.channel_id, "c1");
    assert_string_equal(samples.items[0].channel.channel_name, "payments");
    assert_string_equal(samples.items[0].result, "drift");
    assert_int_equal(samples.items[0].time_usec, NOW);
    assert_true(samples.items[0].is_read);
    assert_int_equal(samples.items[0].live, 4);
    assert_int_equal(samples.items[0].desired, 3);
    assert_int_equal(samples.items[0].extra, 1);
    assert_false(samples.items[1].is_read);
    assert_int_equal(samples.items[1].desired, 3);
    store_samples_done(&samples);
    store_free(store);
}

static void test_one_a_channel_and_five_minutes(void **state)
{
    Folder *folder = *state;
    Store *store = begin(folder);

    add(folder, store, "c1", 4);
    time_pass(STORE_SAMPLE_LEAST_USEC - 1);
    add(folder, store, "c1", 5);
    add(folder, store, "c2", 5);
    assert_int_equal(count_all(folder, store), 2);
    store_free(store);
    store = folder_open(folder);
    add(folder, store, "c1", 5);
    assert_int_equal(count_all(folder, store), 2);
    time_pass(1);
    add(folder, store, "c1", 5);
    assert_int_equal(count_all(folder, store), 3);
    store_free(store);
}

static void test_what_stays_the_same_is_kept_once_an_hour(void **state)
{
    Folder *folder = *state;
    Store *store = begin(folder);
    StoreSample sample = sample_of("c1", 4);

    for (size_t i = 0; i < 12; i++) {
        add(folder, store, "c1", 4);
        time_pass(STORE_SAMPLE_LEAST_USEC);
    }
    assert_int_equal(count_all(folder, store), 1);
    sample.result = "held";
    assert_int_equal(store_samples_add(store, &sample, 1, &folder->err), 0);
    assert_true(sample.is_kept);
    assert_int_equal(sample.ago_usec, 0);
    time_pass(STORE_SAMPLE_MOST_USEC - 1);
    assert_int_equal(store_samples_add(store, &sample, 1, &folder->err), 0);
    assert_int_equal(count_all(folder, store), 2);
    assert_true(sample.is_kept);
    assert_int_equal(sample.ago_usec, STORE_SAMPLE_MOST_USEC - 1);
    time_pass(1);
    assert_int_equal(store_samples_add(store, &sample, 1, &folder->err), 0);
    assert_int_equal(count_all(folder, store), 3);
    store_free(store);
}

/* Nothing is written, so nothing is to be synchronised. */
static void test_nothing_due_commits_nothing(void **state)
{
    Folder *folder = *state;
    Store *store = begin(folder);
    StoreSample other = sample_of("c1", 9);
    int before;

    add(folder, store, "c1", 4);
    before = sqlite3_total_changes(store->db);
    assert_int_equal(store_samples_add(store, &other, 1, &folder->err), 0);
    assert_int_equal(sqlite3_total_changes(store->db), before);
    assert_false(other.is_kept);
    store_free(store);
}

static void test_the_one_that_held_before_is_told(void **state)
{
    Folder *folder = *state;
    Store *store = begin(folder);
    StoreSamplesFilter filter = {.channel = "payments", .instance = "prod"};
    StoreSamples samples;

    for (uint64_t live = 1; live <= 4; live++) {
        add(folder, store, "c1", live);
        time_pass(10 * USEC_PER_MINUTE);
    }
    filter.since_usec = realtime_now - 25 * USEC_PER_MINUTE;
    samples = read_all(folder, store, &filter);
    assert_int_equal(samples.count, 3);
    assert_int_equal(samples.items[0].live, 2);
    store_samples_done(&samples);
    filter.limit = 2;
    samples = read_all(folder, store, &filter);
    assert_int_equal(samples.count, 2);
    assert_true(samples.is_cut);
    assert_int_equal(samples.items[1].live, 4);
    store_samples_done(&samples);
    filter.channel = "search";
    samples = read_all(folder, store, &filter);
    assert_int_equal(samples.count, 0);
    store_samples_done(&samples);
    store_free(store);
}

static void test_what_is_old_is_forgotten(void **state)
{
    Folder *folder = *state;
    Store *store = begin(folder);

    for (size_t i = 0; i < 8 * 24; i++) {
        add(folder, store, "c1", 4);
        time_pass(STORE_SAMPLE_MOST_USEC);
    }
    add(folder, store, "c1", 4);
    assert_int_equal(count_all(folder, store), 8 * 24 + 1);
    time_pass(STORE_SAMPLE_MOST_USEC);
    add(folder, store, "c1", 4);
    assert_int_equal(count_all(folder, store), 8 * 24 + 1);
    time_pass(9 * USEC_PER_DAY);
    folder_prune(folder, store, USEC_PER_DAY);
    assert_int_equal(count_all(folder, store), 0);
    add(folder, store, "c1", 4);
    assert_int_equal(count_all(folder, store), 1);
    store_free(store);
}

/* A look at a clock that is wrong by years, either way, forgets nothing and keeps none too often.
 */
static void test_a_wrong_wall_clock_forgets_nothing(void **state)
{
    static const uint64_t clocks[] = {NOW + 3650 * USEC_PER_DAY, USEC_PER_HOUR, NOW};
    Folder *folder = *state;
    Store *store = begin(folder);

    for (size_t i = 0; i < ELEMENTS(clocks); i++) {
        add(folder, store, "c1", i);
        store_free(store);
        realtime_now = clocks[i];
        store = folder_open(folder);
        folder_prune(folder, store, USEC_PER_DAY);
        add(folder, store, "c1", 100 + i);
        assert_int_equal(count_all(folder, store), i + 1);
        time_pass(STORE_SAMPLE_LEAST_USEC);
    }
    store_free(store);
}

/* A failure leaves what others have buffered. */
static void test_a_failure_is_its_own(void **state)
{
    Folder *folder = *state;
    Store *store = begin(folder);
    const Sighting sighting = {.member_id = "m1", .count = 1};
    StoreSample sample = sample_of("c1", 4);
    ChannelRecord record;

    assert_int_equal(store_remember(store, KEY, "c1", &sighting, 1, &folder->err), 0);
    sample.channel.instance_key = "nobody";
    assert_true(store_samples_add(store, &sample, 1, &folder->err) < 0);
    assert_int_equal(count_all(folder, store), 0);
    record = recall_at(folder, store, NOW);
    assert_int_equal(record.sighting_count, 1);
    channel_record_done(&record);
    store_free(store);
}

static void test_a_store_for_reading_keeps_none(void **state)
{
    Folder *folder = *state;
    Store *store = begin(folder);
    StoreSample sample = sample_of("c1", 4);

    store_free(store);
    store = folder_open_read_only(folder);
    assert_int_equal(store_samples_add(store, &sample, 1, &folder->err), 0);
    assert_int_equal(count_all(folder, store), 0);
    store_free(store);
}

static void on_trouble(void *userdata, uint64_t time_usec, const char *kind, const char *outcome)
{
    assert_string_equal(kind, STORE_NEWEST_CHANNEL);
    buf_printf(userdata, "%llu %s, ", (unsigned long long)((time_usec - NOW) / USEC_PER_MINUTE),
               outcome);
}

static void assert_troubles(Folder *folder, Store *store, uint64_t since_usec, uint64_t limit,
                            const char *expected)
{
    Buf told = {0};

    assert_int_equal(
        store_newest_troubles(store, since_usec, limit, on_trouble, &told, &folder->err), 0);
    assert_string_equal(buf_text(&told), expected);
    buf_done(&told);
}

/* Each once, when it begins, however often it is sampled. */
static void test_the_beginnings_of_troubles_are_told(void **state)
{
    static const char *const results[] = {"in_sync", "held", "held", "failed", "in_sync", "held"};
    Folder *folder = *state;
    Store *store = begin(folder);

    for (size_t i = 0; i < ELEMENTS(results); i++) {
        StoreSample samples[] = {sample_of("c1", i), sample_of("c2", i)};

        samples[0].result = results[i];
        samples[1].result = "in_sync";
        assert_int_equal(store_samples_add(store, samples, 2, &folder->err), 0);
        time_pass(10 * USEC_PER_MINUTE);
    }
    assert_troubles(folder, store, 0, 100, "50 held, 30 failed, 10 held, ");
    assert_troubles(folder, store, NOW + 30 * USEC_PER_MINUTE, 100, "50 held, 30 failed, ");
    assert_troubles(folder, store, 0, 2, "50 held, ");
    store_free(store);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, folder_setup, folder_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_what_is_kept_is_read),
        TEST(test_one_a_channel_and_five_minutes),
        TEST(test_what_stays_the_same_is_kept_once_an_hour),
        TEST(test_nothing_due_commits_nothing),
        TEST(test_the_one_that_held_before_is_told),
        TEST(test_what_is_old_is_forgotten),
        TEST(test_a_wrong_wall_clock_forgets_nothing),
        TEST(test_a_failure_is_its_own),
        TEST(test_a_store_for_reading_keeps_none),
        TEST(test_the_beginnings_of_troubles_are_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
