/* SPDX-License-Identifier: MIT */
/* Looking at a state that is not there yet, and at one that cannot be read any more: whatever is
 * asked for, the first is empty, and the second an error, never an empty state. */
#include "tests/unit/test_store_common.h"

#include "daemon/base/lockout_store.h"
#include "daemon/store/newest.h"
#include "daemon/store/quarantine.h"
#include "daemon/store/samples.h"

static void add_none(void *userdata, uint64_t recorded_usec, const char *kind, const char *outcome)
{
    (void)userdata;
    (void)recorded_usec;
    (void)kind;
    (void)outcome;
    fail();
}

/* What is looked at: 0 with nothing in it, or what went wrong. */
typedef int (*Look)(Store *store, Err *err);

static int look_at_pauses(Store *store, Err *err)
{
    StorePauses pauses = {0};
    int r = store_pauses(store, NOW, &pauses, err);

    assert_int_equal(pauses.count, 0);
    store_pauses_done(&pauses);
    return r;
}

static int look_at_history(Store *store, Err *err)
{
    StoreActions actions = {0};
    int r = store_history(store, &(StoreFilter){0}, &actions, err);

    assert_int_equal(actions.count, 0);
    store_actions_done(&actions);
    return r;
}

static int look_at_a_page(Store *store, Err *err)
{
    StoreActions actions = {0};
    uint64_t next = 7;
    int r = store_history_page(store, &(StoreFilter){.limit = 5}, &actions, &next, err);

    assert_int_equal(actions.count, 0);
    assert_int_equal(next, r < 0 ? 7 : 0);
    store_actions_done(&actions);
    return r;
}

static int look_where_a_history_starts(Store *store, Err *err)
{
    uint64_t after = 7;
    int r = store_history_start(store, &(StoreFilter){.limit = 5}, &after, err);

    assert_int_equal(after, 0);
    return r;
}

static int look_where_a_time_starts(Store *store, Err *err)
{
    uint64_t first = 7;

    return store_history_first(store, NOW, &first, err);
}

static int look_at_undecided(Store *store, Err *err)
{
    StoreActions actions = {0};
    int r = store_undecided(store, NULL, NULL, &actions, err);

    assert_int_equal(actions.count, 0);
    store_actions_done(&actions);
    return r;
}

static int look_at_a_record(Store *store, Err *err)
{
    const StoreScope channel = {KEY, "prod", "c1", "payments"};
    ChannelRecord record = {0};
    int r = store_recall(store, &channel, NOW, &record, err);

    assert_false(record.is_paused);
    assert_int_equal(record.sighting_count, 0);
    channel_record_done(&record);
    return r;
}

static int look_at_an_approval(Store *store, Err *err)
{
    return store_is_approved(store, DIGEST_A, NOW, NULL, err);
}

static int look_at_a_lockout(Store *store, Err *err)
{
    Lockout lockout = {0};
    int r = store_recall_lockout(store, "user", &lockout, err);

    assert_int_equal(lockout.until_usec, 0);
    return r;
}

static int look_at_samples(Store *store, Err *err)
{
    StoreSamples samples = {0};
    int r = store_samples(store, &(StoreSamplesFilter){0}, NOW, &samples, err);

    assert_int_equal(samples.count, 0);
    store_samples_done(&samples);
    return r;
}

static int look_at_the_newest(Store *store, Err *err)
{
    return store_newest(store, 0, 5, add_none, NULL, err);
}

static int look_at_troubles(Store *store, Err *err)
{
    return store_newest_troubles(store, 0, 5, add_none, NULL, err);
}

static int look_at_quarantine(Store *store, Err *err)
{
    StoreQuarantine quarantine = {0};
    int r = store_quarantine(store, &quarantine, err);

    assert_int_equal(quarantine.count, 0);
    store_quarantine_done(&quarantine);
    return r;
}

static int look_at_a_channel_s_quarantine(Store *store, Err *err)
{
    Quarantine quarantine = {0};
    int r = store_quarantine_recall(store, KEY, "c1", USEC_PER_HOUR, NOW, &quarantine, err);

    assert_int_equal(quarantine.count, 0);
    quarantine_done(&quarantine);
    return r;
}

static const Look looks[] = {
    look_at_pauses,           look_at_history,
    look_at_a_page,           look_where_a_history_starts,
    look_where_a_time_starts, look_at_undecided,
    look_at_a_record,         look_at_an_approval,
    look_at_a_lockout,        look_at_samples,
    look_at_the_newest,       look_at_troubles,
    look_at_quarantine,       look_at_a_channel_s_quarantine,
};

static void test_a_state_that_is_not_there_is_empty(void **state)
{
    char pass[STORE_PASS_ID_SIZE] = "";
    Folder *folder = *state;
    Store *store = folder_open_read_only(folder);

    for (size_t i = 0; i < ELEMENTS(looks); i++) {
        if (looks[i](store, &folder->err) != 0)
            fail_msg("look %zu: %s", i, folder->err.text);
    }
    assert_int_equal(store_find_last_changing(store, NULL, NULL, pass, &folder->err), -ENOENT);
    assert_non_null(strstr(folder->err.text, "the history holds no change"));
    assert_true(store_quarantine_due_usec(store, KEY) == USEC_NEVER);
    store_free(store);
}

static void test_a_state_that_cannot_be_read_is_an_error(void **state)
{
    char pass[STORE_PASS_ID_SIZE] = "", away[128];
    Folder *folder = *state;
    Store *store;
    FILE *file;

    store_free(folder_open(folder));
    store = folder_open_read_only(folder);
    for (size_t i = 0; i < ELEMENTS(looks); i++)
        assert_int_equal(looks[i](store, &folder->err), 0);
    snprintf(away, sizeof(away), "%s/away", folder->root);
    assert_int_equal(rename(folder->state, away), 0);
    file = fopen(folder->state, "w");
    assert_non_null(file);
    fclose(file);
    for (size_t i = 0; i < ELEMENTS(looks); i++) {
        folder->err = (Err){0};
        if (looks[i](store, &folder->err) >= 0)
            fail_msg("look %zu has worked", i);
        assert_true(err_is_set(&folder->err));
    }
    assert_true(store_find_last_changing(store, NULL, NULL, pass, &folder->err) < 0);
    assert_null(strstr(folder->err.text, "the history holds no change"));
    store_free(store);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, folder_setup, folder_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_state_that_is_not_there_is_empty),
        TEST(test_a_state_that_cannot_be_read_is_an_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
