/* SPDX-License-Identifier: MIT */
/* How long a refused password and a locked user are left alone: time that really passed counts, not
 * what somebody sets the wall clock to. */
#include "tests/unit/test_store_common.h"

#define SUBJECT "https://iam.example dom/ops"
#define LOCK_USEC (15 * USEC_PER_MINUTE)

static void lock_user(Store *store, uint64_t until_usec)
{
    Lockout lockout = {.mark = "1:2", .until_usec = until_usec, .refused_usec = realtime_now};

    strcpy(lockout.said.text, "the user is locked");
    assert_int_equal(store_keep_lockout(store, SUBJECT, &lockout, NULL), 0);
}

static uint64_t left_usec(Store *store)
{
    Lockout kept = {0};

    assert_int_equal(store_recall_lockout(store, SUBJECT, &kept, NULL), 1);
    assert_string_equal(kept.said.text, "the user is locked");
    return kept.until_usec > realtime_now ? kept.until_usec - realtime_now : 0;
}

static void assert_about(uint64_t usec, uint64_t wanted_usec)
{
    assert_in_range(usec, wanted_usec - USEC_PER_SEC, wanted_usec + USEC_PER_SEC);
}

static void test_a_clock_that_is_set_ahead_ends_no_lock(void **state)
{
    Folder *folder = *state;
    Store *store = folder_open(folder);

    lock_user(store, realtime_now + LOCK_USEC);
    realtime_now += 365 * USEC_PER_DAY;
    assert_about(left_usec(store), LOCK_USEC);
    time_pass(5 * USEC_PER_MINUTE);
    store_free(store);
    store = folder_open(folder);
    assert_about(left_usec(store), LOCK_USEC - 5 * USEC_PER_MINUTE);
    time_pass(LOCK_USEC);
    assert_int_equal(left_usec(store), 0);
    store_free(store);
}

static void test_a_clock_that_is_set_back_prolongs_no_lock(void **state)
{
    Folder *folder = *state;
    Store *store = folder_open(folder);

    lock_user(store, realtime_now + LOCK_USEC);
    realtime_now -= 365 * USEC_PER_DAY;
    assert_about(left_usec(store), LOCK_USEC);
    time_pass(LOCK_USEC + USEC_PER_SEC);
    assert_int_equal(left_usec(store), 0);
    store_free(store);
    store = folder_open(folder);
    assert_int_equal(left_usec(store), 0);
    store_free(store);
}

/* It goes by its file alone, whatever the clock says. */
static void test_a_refused_password_has_no_end(void **state)
{
    Folder *folder = *state;
    Store *store = folder_open(folder);
    Lockout kept = {0};

    lock_user(store, 0);
    realtime_now += 365 * USEC_PER_DAY;
    store_free(store);
    store = folder_open(folder);
    realtime_now -= 730 * USEC_PER_DAY;
    assert_int_equal(store_recall_lockout(store, SUBJECT, &kept, NULL), 1);
    assert_string_equal(kept.mark, "1:2");
    assert_int_equal(kept.until_usec, 0);
    store_free(store);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, folder_setup, folder_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_clock_that_is_set_ahead_ends_no_lock),
        TEST(test_a_clock_that_is_set_back_prolongs_no_lock),
        TEST(test_a_refused_password_has_no_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
