/* SPDX-License-Identifier: MIT */
/* What hosts of a fleet share, as the state of each has it: pauses and approvals follow etcd's, and
 * what etcd has not got yet stays beside them. */
#include "tests/unit/test_store_common.h"

#include "daemon/store/mirror.h"

#define THERE "admin-b"

static StorePause pause_of(const char *id, const char *reason)
{
    return (StorePause){.scope = {KEY, "prod", id, NULL},
                        .reason = reason,
                        .uid = 7,
                        .made_usec = NOW - USEC_PER_HOUR,
                        .host = THERE};
}

static int mirror(Folder *folder, Store *store, const StorePause *pauses, size_t count)
{
    int r = store_mirror_pauses(store, pauses, count, realtime_now, &folder->err);

    if (r < 0)
        fail_msg("store_mirror_pauses: %s", folder->err.text);
    return r;
}

static StorePauses pauses_of(Store *store)
{
    StorePauses pauses = {0};

    assert_int_equal(store_pauses(store, realtime_now, &pauses, NULL), 0);
    return pauses;
}

static bool is_paused(Store *store, const char *id)
{
    ChannelRecord record = {0};
    bool is;

    assert_int_equal(store_recall(store, CHANNEL(id), realtime_now, &record, NULL), 0);
    is = record.is_paused;
    channel_record_done(&record);
    return is;
}

static void test_pauses_follow_those_of_etcd(void **state)
{
    Folder *folder = *state;
    Store *store = folder_open(folder);
    const StorePause both[] = {pause_of("c1", "one"), pause_of("c2", "two")};
    StorePauses pauses;

    assert_int_equal(mirror(folder, store, both, 2), 1);
    assert_true(is_paused(store, "c1") && is_paused(store, "c2") && !is_paused(store, "c3"));
    assert_int_equal(mirror(folder, store, both, 2), 0);
    assert_int_equal(mirror(folder, store, &both[1], 1), 1);
    assert_true(!is_paused(store, "c1") && is_paused(store, "c2"));
    store_free(store);
    store = folder_open(folder); /* without etcd */
    pauses = pauses_of(store);
    assert_int_equal(pauses.count, 1);
    assert_string_equal(pauses.items[0].host, THERE);
    assert_string_equal(pauses.items[0].reason, "two");
    assert_int_equal(pauses.items[0].made_usec, NOW - USEC_PER_HOUR);
    assert_false(pauses.items[0].is_local);
    store_pauses_done(&pauses);
    store_free(store);
}

/* One whose end has come is none, and is not written again each time. */
static void test_a_pause_that_is_over_is_not_taken(void **state)
{
    Folder *folder = *state;
    Store *store = folder_open(folder);
    StorePause pause = pause_of("c1", "over");

    pause.until_usec = realtime_now;
    assert_int_equal(mirror(folder, store, &pause, 1), 0);
    pause.until_usec = realtime_now + USEC_PER_MINUTE;
    assert_int_equal(mirror(folder, store, &pause, 1), 1);
    assert_true(is_paused(store, "c1"));
    time_pass(USEC_PER_MINUTE);
    assert_false(is_paused(store, "c1"));
    store_free(store);
}

static uint64_t pause_here(Folder *folder, Store *store, const StorePause *pause)
{
    StorePauses pauses;
    uint64_t number = 0;

    assert_int_equal(store_pause(store, pause, realtime_now, NULL, &folder->err), 0);
    pauses = pauses_of(store);
    for (size_t i = 0; i < pauses.count; i++)
        number = pauses.items[i].is_local ? pauses.items[i].number : number;
    store_pauses_done(&pauses);
    assert_true(number > 0);
    return number;
}

/* It holds while etcd does not have it, whatever etcd says of others, and across a start. */
static void test_a_local_pause_stays_until_etcd_has_it(void **state)
{
    Folder *folder = *state;
    Store *store = folder_open(folder);
    StorePause pause = pause_of("c1", "here"), other = pause_of("c2", "there");
    uint64_t number;

    assert_int_equal(store_name_instance(store, KEY, "prod", &folder->err), 0);
    pause.is_local = true;
    pause.host = "admin-a";
    number = pause_here(folder, store, &pause);
    assert_int_equal(mirror(folder, store, &other, 1), 1);
    store_free(store);
    store = folder_open(folder);
    assert_true(is_paused(store, "c1") && is_paused(store, "c2"));
    assert_int_equal(store_mirror_pause_is_there(store, number, &folder->err), 0);
    assert_int_equal(mirror(folder, store, &other, 1), 1);
    assert_true(!is_paused(store, "c1") && is_paused(store, "c2"));
    /* What etcd tells may come before the answer that it has it. */
    number = pause_here(folder, store, &pause);
    assert_int_equal(mirror(folder, store, &pause, 1), 1);
    assert_int_equal(mirror(folder, store, NULL, 0), 1);
    assert_false(is_paused(store, "c1"));
    /* Another host has ended it meanwhile. */
    number = pause_here(folder, store, &pause);
    assert_int_equal(store_mirror_drop_pause(store, number, &folder->err), 0);
    assert_int_equal(store_mirror_drop_pause(store, number, &folder->err), 0);
    assert_false(is_paused(store, "c1"));
    store_free(store);
}

/* A pause of the time before this host belonged to a fleet holds on, and is for etcd to get. */
static void test_a_pause_of_before_the_fleet(void **state)
{
    Folder *folder = *state;
    Store *store = folder_open(folder);
    StorePause pause = pause_of("c1", "old");
    StorePauses pauses;

    pause.host = NULL;
    assert_int_equal(store_name_instance(store, KEY, "prod", &folder->err), 0);
    assert_int_equal(store_pause(store, &pause, realtime_now, NULL, &folder->err), 0);
    assert_int_equal(mirror(folder, store, NULL, 0), 0);
    assert_true(is_paused(store, "c1"));
    assert_int_equal(store_mirror_begin(store, "admin-a", &folder->err), 0);
    assert_int_equal(mirror(folder, store, NULL, 0), 0);
    assert_true(is_paused(store, "c1"));
    pauses = pauses_of(store);
    assert_int_equal(pauses.count, 1);
    assert_true(pauses.items[0].is_local);
    assert_string_equal(pauses.items[0].host, "admin-a");
    store_pauses_done(&pauses);
    store_free(store);
}

/* What other hosts call their instances renames none of this one's. */
static void test_names_of_other_hosts_do_not_count(void **state)
{
    Folder *folder = *state;
    Store *store = folder_open(folder);
    StorePause pauses[] = {pause_of("c1", "one"), pause_of("c1", "two")};
    StorePauses found;

    assert_int_equal(store_name_instance(store, KEY, "prod", &folder->err), 0);
    pauses[0].scope.instance_name = "theirs";
    pauses[1].scope.instance_key = "https://roma.example p1 i2";
    assert_int_equal(mirror(folder, store, pauses, 2), 1);
    found = pauses_of(store);
    assert_int_equal(found.count, 2);
    for (size_t i = 0; i < 2; i++)
        assert_string_equal(found.items[i].scope.instance_name,
                            strcmp(found.items[i].scope.instance_key, KEY) == 0
                                ? "prod"
                                : "https://roma.example p1 i2");
    store_pauses_done(&found);
    store_free(store);
}

/* ---- approvals ---- */

static Approval approval_of(Store *store, const char *digest)
{
    int r = store_is_approved(store, digest, realtime_now, NULL, NULL);

    assert_true(r >= 0);
    return (Approval)r;
}

static int mirror_approvals(Folder *folder, Store *store, const StoreSharedApproval *approvals,
                            size_t count)
{
    int r = store_mirror_approvals(store, approvals, count, realtime_now, &folder->err);

    if (r < 0)
        fail_msg("store_mirror_approvals: %s", folder->err.text);
    return r;
}

static void test_approvals_follow_those_of_etcd(void **state)
{
    Folder *folder = *state;
    Store *store = folder_open(folder);
    StoreSharedApproval approval = {.digest = DIGEST_A, .given_usec = NOW - 20 * USEC_PER_HOUR};

    assert_int_equal(store_mirror_begin(store, "admin-a", &folder->err), 0);
    assert_int_equal(mirror_approvals(folder, store, &approval, 1), 1);
    assert_int_equal(mirror_approvals(folder, store, &approval, 1), 0);
    assert_int_equal(approval_of(store, DIGEST_A), APPROVAL_GIVEN);
    approval.opens_window = true;
    assert_int_equal(mirror_approvals(folder, store, &approval, 1), 1);
    assert_int_equal(approval_of(store, DIGEST_A), APPROVAL_NOW);
    time_pass(3 * USEC_PER_HOUR); /* its time runs from when it was given, not from here */
    assert_int_equal(approval_of(store, DIGEST_A), APPROVAL_NOW);
    time_pass(USEC_PER_HOUR);
    assert_int_equal(approval_of(store, DIGEST_A), APPROVAL_NONE);
    approval.given_usec = realtime_now;
    assert_int_equal(mirror_approvals(folder, store, &approval, 1), 1);
    assert_int_equal(mirror_approvals(folder, store, NULL, 0), 1);
    assert_int_equal(approval_of(store, DIGEST_A), APPROVAL_NONE);
    store_free(store);
}

/* Spent once is spent, though etcd still told of it; unless it was given anew. */
static void test_a_spent_approval_stays_spent(void **state)
{
    Folder *folder = *state;
    Store *store = folder_open(folder);
    StoreSharedApproval approval = {.digest = DIGEST_A, .given_usec = NOW};
    Change deletion;
    Batch batch = folder_batch(folder, &deletion, 1);

    assert_int_equal(store_mirror_begin(store, "admin-a", &folder->err), 0);
    folder_begin(folder, store);
    assert_int_equal(mirror_approvals(folder, store, &approval, 1), 1);
    batch.approved = true;
    assert_int_equal(store_record(store, &batch, 1, NOW, &folder->err), 0);
    assert_int_equal(mirror_approvals(folder, store, &approval, 1), 0);
    assert_int_equal(approval_of(store, DIGEST_A), APPROVAL_NONE);
    /* That it was spent may be heard of before it is recorded. */
    assert_int_equal(mirror_approvals(folder, store, NULL, 0), 0);
    assert_int_equal(store_record(store, &batch, 1, NOW, &folder->err), 0);
    approval.given_usec++;
    assert_int_equal(mirror_approvals(folder, store, &approval, 1), 1);
    assert_int_equal(approval_of(store, DIGEST_A), APPROVAL_GIVEN);
    store_free(store);
}

/* Of the approval of an instance, each plan has a part of its own, which etcd does not list. */
static void test_parts_of_an_instances_approval(void **state)
{
    static const char *const plans[] = {DIGEST_B};
    Folder *folder = *state;
    Store *store = folder_open(folder);
    const StoreSharedApproval approval = {.digest = DIGEST_A, .given_usec = NOW};
    char whole[DIGEST_HEX_SIZE];

    assert_int_equal(store_mirror_begin(store, "admin-a", &folder->err), 0);
    assert_int_equal(mirror_approvals(folder, store, &approval, 1), 1);
    assert_int_equal(store_mirror_find_whole(store, DIGEST_B, whole, NULL), 0);
    assert_int_equal(store_share_approval(store, DIGEST_A, plans, 1, NOW, &folder->err), 0);
    assert_int_equal(mirror_approvals(folder, store, &approval, 1), 0);
    assert_int_equal(approval_of(store, DIGEST_B), APPROVAL_GIVEN);
    assert_int_equal(store_mirror_find_whole(store, DIGEST_B, whole, NULL), 1);
    assert_string_equal(whole, DIGEST_A);
    store_free(store);
}

/* What is approved for one pass here is not etcd's to take back. */
static void test_an_approval_of_this_run(void **state)
{
    Folder *folder = *state;
    Store *store = folder_open(folder);
    char whole[DIGEST_HEX_SIZE];

    assert_int_equal(store_approve(store, DIGEST_A, NOW, &folder->err), 0);
    assert_int_equal(store_approve(store, DIGEST_B, NOW, &folder->err), 0);
    assert_int_equal(store_mirror_keep_own(store, DIGEST_A, &folder->err), 0);
    assert_int_equal(mirror_approvals(folder, store, NULL, 0), 1);
    assert_int_equal(approval_of(store, DIGEST_A), APPROVAL_GIVEN);
    assert_int_equal(approval_of(store, DIGEST_B), APPROVAL_NONE);
    assert_int_equal(store_mirror_find_whole(store, DIGEST_A, whole, NULL), 1);
    assert_string_equal(whole, DIGEST_A);
    store_free(store);
}

/* A Store for reading keeps none, and that is no error. */
static void test_a_store_for_reading_keeps_no_approval(void **state)
{
    Folder *folder = *state;
    Store *store = folder_open(folder);
    char whole[DIGEST_HEX_SIZE];

    assert_int_equal(store_approve(store, DIGEST_A, NOW, &folder->err), 0);
    store_free(store);
    store = folder_open_read_only(folder);
    assert_int_equal(store_mirror_keep_own(store, DIGEST_A, &folder->err), 0);
    assert_false(err_is_set(&folder->err));
    assert_int_equal(store_mirror_find_whole(store, DIGEST_A, whole, &folder->err), 0);
    store_free(store);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, folder_setup, folder_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_pauses_follow_those_of_etcd),
        TEST(test_a_pause_that_is_over_is_not_taken),
        TEST(test_a_local_pause_stays_until_etcd_has_it),
        TEST(test_a_pause_of_before_the_fleet),
        TEST(test_names_of_other_hosts_do_not_count),
        TEST(test_approvals_follow_those_of_etcd),
        TEST(test_a_spent_approval_stays_spent),
        TEST(test_parts_of_an_instances_approval),
        TEST(test_an_approval_of_this_run),
        TEST(test_a_store_for_reading_keeps_no_approval),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
