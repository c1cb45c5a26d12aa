/* SPDX-License-Identifier: MIT */
/* Who owned an instance when, as a host has heard of it. */
#include "tests/unit/test_store_common.h"

#include "daemon/store/owners.h"

static void note(Folder *folder, Store *store, const char *host)
{
    if (store_owners_note(store, KEY, "prod", host, realtime_now, &folder->err) < 0)
        fail_msg("store_owners_note: %s", folder->err.text);
}

static StoreOwners owners_since(Folder *folder, Store *store, uint64_t since_usec, const char *but)
{
    StoreOwners owners;

    if (store_owners(store, "prod", since_usec, but, &owners, &folder->err) < 0)
        fail_msg("store_owners: %s", folder->err.text);
    return owners;
}

static void test_others_and_their_times(void **state)
{
    Folder *folder = *state;
    Store *store = folder_open(folder);
    StoreOwners owners;

    note(folder, store, NULL);
    note(folder, store, "a");
    time_pass(USEC_PER_HOUR);
    note(folder, store, NULL);
    note(folder, store, NULL);
    time_pass(USEC_PER_HOUR);
    note(folder, store, "b");
    note(folder, store, "b");
    time_pass(USEC_PER_HOUR);
    note(folder, store, "a"); /* that b was gone was not heard of */
    assert_int_equal(store_flush(store, &folder->err), 0);
    store_free(store);
    store = folder_open_read_only(folder);
    owners = owners_since(folder, store, 0, "a");
    assert_int_equal(owners.count, 1);
    assert_string_equal(owners.items[0].host, "b");
    assert_string_equal(owners.items[0].instance_name, "prod");
    assert_int_equal(owners.items[0].from_usec, NOW + 2 * USEC_PER_HOUR);
    assert_int_equal(owners.items[0].until_usec, NOW + 3 * USEC_PER_HOUR);
    store_owners_done(&owners);
    owners = owners_since(folder, store, NOW + 4 * USEC_PER_HOUR, "b");
    assert_int_equal(owners.count, 1); /* which owns it still */
    assert_string_equal(owners.items[0].host, "a");
    assert_int_equal(owners.items[0].until_usec, 0);
    store_owners_done(&owners);
    store_free(store);
}

static void test_so_many_are_kept(void **state)
{
    Folder *folder = *state;
    Store *store = folder_open(folder);
    StoreOwners owners;

    for (size_t i = 0; i < STORE_OWNERS_MAX + 10; i++) {
        time_pass(USEC_PER_MINUTE);
        note(folder, store, i % 2 ? "a" : "b");
    }
    owners = owners_since(folder, store, 0, "c");
    assert_int_equal(owners.count, STORE_OWNERS_MAX);
    assert_int_equal(owners.items[STORE_OWNERS_MAX - 1].from_usec, realtime_now);
    store_owners_done(&owners);
    store_free(store);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, folder_setup, folder_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_others_and_their_times),
        TEST(test_so_many_are_kept),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
