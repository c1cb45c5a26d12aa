/* SPDX-License-Identifier: MIT */
/* What the state remembers of a channel: sightings, past deletions, approvals. */
#include "daemon/base/str.h"
#include "tests/unit/test_store_common.h"

static void test_sightings_are_replaced(void **state)
{
    Folder *folder = *state;
    Store *store = folder_open(folder);
    const Sighting first[] = {{"m1", 1}, {"m2", 3}}, second[] = {{"m2", 4}};
    ChannelRecord record;

    folder_begin(folder, store);
    assert_int_equal(store_remember(store, KEY, "c1", first, 2, NULL), 0);
    record = recall_at(folder, store, NOW);
    assert_int_equal(record.sighting_count, 2);
    channel_record_done(&record);
    assert_int_equal(store_remember(store, KEY, "c1", second, 1, NULL), 0);
    assert_int_equal(store_remember(store, KEY, "c2", first, 2, NULL), 0);
    assert_int_equal(store_flush(store, NULL), 0);
    store_free(store);

    store = folder_open(folder);
    record = recall_at(folder, store, NOW);
    assert_int_equal(record.sighting_count, 1);
    assert_string_equal(record.sightings[0].member_id, "m2");
    assert_int_equal(record.sightings[0].count, 4);
    channel_record_done(&record);
    assert_int_equal(store_remember(store, KEY, "c1", NULL, 0, NULL), 0);
    record = recall_at(folder, store, NOW);
    assert_int_equal(record.sighting_count, 0);
    channel_record_done(&record);
    store_free(store);
}

static void test_recent_deletions(void **state)
{
    static const Outcome outcomes[] = {OUTCOME_DELETED, OUTCOME_GONE, OUTCOME_FAILED,
                                       OUTCOME_SKIPPED};
    Folder *folder = *state;
    Store *store = folder_open(folder);
    uint64_t action;
    ChannelRecord record;

    folder_begin(folder, store);
    for (size_t i = 0; i < ELEMENTS(outcomes); i++) {
        record_one(folder, store, NOW + i, &action);
        assert_int_equal(store_decide(store, action, outcomes[i], 1, NULL, NULL, NOW, NULL), 0);
    }
    time_pass(10);
    record_one(folder, store, NOW + 10, &action);
    time_pass(10);
    record = recall_at(folder, store, NOW + 20);
    assert_int_equal(record.change_count, 2);
    assert_int_equal(record.changes[0].realtime_usec, NOW + 10);
    assert_int_equal(record.changes[1].realtime_usec, NOW);
    assert_memory_equal(record.changes[0].identity, "m1", 2);
    channel_record_done(&record);
    time_pass(USEC_PER_HOUR - 20);
    record = recall_at(folder, store, NOW + USEC_PER_HOUR);
    assert_int_equal(record.change_count, 1);
    channel_record_done(&record);
    time_pass(10);
    record = recall_at(folder, store, NOW + USEC_PER_HOUR + 10);
    assert_int_equal(record.change_count, 0);
    channel_record_done(&record);
    store_free(store);
}

/* An hour is an hour, whatever the wall clock says meanwhile: members that somebody keeps putting
 * back are not deleted once more because it was set. */
static void test_recent_deletions_by_a_wrong_clock(void **state)
{
    static const int64_t steps[] = {-(int64_t)USEC_PER_DAY, 2 * (int64_t)USEC_PER_HOUR,
                                    3650 * (int64_t)USEC_PER_DAY};
    Folder *folder = *state;
    Store *store = folder_open(folder);
    uint64_t action;

    folder_begin(folder, store);
    record_one(folder, store, NOW, &action);
    for (size_t i = 0; i < ELEMENTS(steps); i++) {
        uint64_t now_usec = NOW + (uint64_t)steps[i];
        ChannelRecord record = recall_at(folder, store, now_usec);

        assert_int_equal(record.change_count, 1);
        assert_true(record.changes[0].realtime_usec + USEC_PER_HOUR > now_usec);
        channel_record_done(&record);
    }
    store_free(store);
}

/* Whatever lies before this boot goes by the wall clock, in each run of the boot. */
static void test_recent_deletions_of_an_earlier_boot(void **state)
{
    Folder *folder = *state;
    Store *store = folder_open(folder);
    uint64_t action;

    folder_begin(folder, store);
    record_one(folder, store, realtime_now, &action);
    folder_reboot(folder, &store, 2 * USEC_PER_HOUR, 1);
    for (int run = 0; run < 2; run++) {
        ChannelRecord record = recall_at(folder, store, realtime_now);

        assert_int_equal(record.change_count, 0);
        channel_record_done(&record);
        assert_int_equal(store_flush(store, &folder->err), 0);
        store_free(store);
        store = folder_open(folder);
    }
    store_free(store);
}

/* The same member of another channel, or of the same channel id elsewhere, is another member. */
static void deletions_elsewhere_do_not_count(void **state)
{
    static const struct {
        const char *instance_key, *channel_id;
    } elsewhere[] = {{KEY, "c2"}, {"another", "c1"}};
    Folder *folder = *state;
    Store *store = folder_open(folder);
    ChannelRecord record;
    uint64_t action;

    folder_begin(folder, store);
    assert_int_equal(store_name_instance(store, "another", "test", &folder->err), 0);
    for (size_t i = 0; i < ELEMENTS(elsewhere); i++) {
        Change deletion;
        Batch batch = folder_batch(folder, &deletion, 1);

        batch.instance_key = elsewhere[i].instance_key;
        batch.channel_id = elsewhere[i].channel_id;
        assert_int_equal(store_record(store, &batch, 1, NOW, &folder->err), 0);
    }
    record_one(folder, store, NOW, &action);
    record = recall_at(folder, store, NOW + 20);
    assert_int_equal(record.change_count, 1);
    channel_record_done(&record);
    store_free(store);
}

static bool is_approved(Folder *folder, Store *store, const char *digest, uint64_t realtime_usec)
{
    int r = store_is_approved(store, digest, realtime_usec, NULL, &folder->err);

    if (r < 0)
        fail_msg("store_is_approved: %s", folder->err.text);
    return r > 0;
}

/* Open in the first hour of each day. */
static const ChangeWindow hour[] = {{.days = 0x7f, .to_minute = 60, .zone = &zone_utc}};
static const ChangeWindows windows = {.windows = hour, .window_count = 1}, no_windows;
static const ChangeGate gate = {&windows, &no_windows};

static Approval approval_of(Folder *folder, Store *store, uint64_t realtime_usec)
{
    int r = store_is_approved(store, DIGEST_A, realtime_usec, &gate, &folder->err);

    if (r < 0)
        fail_msg("store_is_approved: %s", folder->err.text);
    return (Approval)r;
}

/* 24 hours in which the window was open are 24 days. A clock that was wrong adds 90 days at most.
 */
static void test_time_outside_windows_does_not_count(void **state)
{
    Folder *folder = *state;
    Store *store = folder_open(folder);

    assert_int_equal(store_approve(store, DIGEST_A, NOW, NULL), 0);
    time_pass(23 * USEC_PER_DAY);
    assert_int_equal(approval_of(folder, store, NOW + 23 * USEC_PER_DAY), APPROVAL_GIVEN);
    assert_int_equal(approval_of(folder, store, NOW), APPROVAL_GIVEN);
    assert_false(is_approved(folder, store, DIGEST_A, NOW + 23 * USEC_PER_DAY));
    time_pass(USEC_PER_DAY + 1);
    assert_int_equal(approval_of(folder, store, NOW + 24 * USEC_PER_DAY), APPROVAL_NONE);
    store_free(store);
}

static void test_an_approval_that_opens_a_window(void **state)
{
    Folder *folder = *state;
    Store *store = folder_open(folder);

    assert_int_equal(store_approve_now(store, DIGEST_A, NULL), -ESTALE);
    assert_int_equal(store_approve(store, DIGEST_A, NOW, NULL), 0);
    assert_int_equal(store_approve_now(store, DIGEST_A, NULL), 0);
    assert_int_equal(approval_of(folder, store, NOW), APPROVAL_NOW);
    assert_int_equal(store_approve_again(store, DIGEST_A, NOW, NULL), 0);
    assert_int_equal(approval_of(folder, store, NOW), APPROVAL_GIVEN);
    store_free(store);
}

static void test_approval_lapses(void **state)
{
    Folder *folder = *state;
    Store *store = folder_open(folder);

    assert_false(is_approved(folder, store, DIGEST_A, NOW));
    assert_int_equal(store_approve(store, DIGEST_A, NOW, NULL), 0);
    assert_true(is_approved(folder, store, DIGEST_A, NOW));
    assert_false(is_approved(folder, store, DIGEST_B, NOW));
    /* A wall clock that is set, either way, neither ends nor lengthens it. */
    assert_true(is_approved(folder, store, DIGEST_A, NOW + 2 * USEC_PER_DAY));
    assert_true(is_approved(folder, store, DIGEST_A, NOW - 2 * USEC_PER_DAY));
    time_pass(USEC_PER_DAY - 1);
    assert_true(is_approved(folder, store, DIGEST_A, NOW));
    time_pass(1);
    assert_false(is_approved(folder, store, DIGEST_A, NOW));
    assert_int_equal(store_approve(store, DIGEST_A, NOW + USEC_PER_DAY, NULL), 0);
    assert_true(is_approved(folder, store, DIGEST_A, NOW + USEC_PER_DAY));
    store_free(store);
}

/* A deletion that an approval lets pass, of a pass that has begun. */
static Batch approved_batch(Folder *folder, Store *store, Change *deletion)
{
    Batch batch = folder_batch(folder, deletion, 1);

    batch.approved = true;
    folder_begin(folder, store);
    return batch;
}

static void test_approval_passes_once(void **state)
{
    Folder *folder = *state;
    Store *store = folder_open(folder);
    Change deletion;
    Batch batch = approved_batch(folder, store, &deletion);

    assert_int_equal(store_record(store, &batch, 1, NOW, &folder->err), -ESTALE);
    assert_says(&folder->err, "nothing was deleted");
    assert_int_equal(store_approve(store, DIGEST_A, NOW, NULL), 0);
    assert_int_equal(store_record(store, &batch, 1, NOW + 5, &folder->err), 0);
    assert_false(is_approved(folder, store, DIGEST_A, NOW + 5));
    store_free(store);

    store = folder_open(folder);
    folder_begin(folder, store);
    assert_int_equal(store_approve(store, DIGEST_A, NOW + 6, NULL), 1);
    assert_false(is_approved(folder, store, DIGEST_A, NOW + 6));
    assert_int_equal(store_record(store, &batch, 1, NOW + 6, NULL), -ESTALE);
    assert_int_equal(store_approve(store, DIGEST_A, NOW + 5 + USEC_PER_DAY, NULL), 1);
    time_pass(USEC_PER_DAY);
    assert_int_equal(store_approve(store, DIGEST_A, NOW + 5 + USEC_PER_DAY, NULL), 0);
    assert_true(is_approved(folder, store, DIGEST_A, NOW + 5 + USEC_PER_DAY));
    store_free(store);
}

/* After a new boot an approval that was spent counts as such for 24 h by either clock. */
static void test_approval_stays_spent_over_boots(void **state)
{
    Folder *folder = *state;
    Store *store = folder_open(folder);
    Change deletion;
    Batch batch = approved_batch(folder, store, &deletion);

    assert_int_equal(store_approve(store, DIGEST_A, NOW, NULL), 0);
    assert_int_equal(store_record(store, &batch, 1, NOW, &folder->err), 0);
    folder_reboot(folder, &store, 2 * USEC_PER_HOUR, 1);
    assert_int_equal(store_approve(store, DIGEST_A, NOW, NULL), 1);
    assert_int_equal(store_approve(store, DIGEST_A, NOW + USEC_PER_DAY - 1, NULL), 1);
    assert_false(is_approved(folder, store, DIGEST_A, NOW + USEC_PER_DAY - 1));
    assert_int_equal(store_approve(store, DIGEST_A, NOW + USEC_PER_DAY, NULL), 0);
    assert_true(is_approved(folder, store, DIGEST_A, NOW + USEC_PER_DAY));
    store_free(store);
}

static void test_approval_given_again_passes_again(void **state)
{
    Folder *folder = *state;
    Store *store = folder_open(folder);
    Change deletion;
    Batch batch = approved_batch(folder, store, &deletion);

    assert_int_equal(store_approve_again(store, DIGEST_A, NOW, NULL), 0);
    assert_int_equal(store_record(store, &batch, 1, NOW, &folder->err), 0);
    assert_false(is_approved(folder, store, DIGEST_A, NOW));
    assert_int_equal(store_approve_again(store, DIGEST_A, NOW + 1, NULL), 0);
    assert_true(is_approved(folder, store, DIGEST_A, NOW + 1));
    assert_int_equal(store_record(store, &batch, 1, NOW + 1, &folder->err), 0);
    assert_int_equal(store_record(store, &batch, 1, NOW + 2, NULL), -ESTALE);
    assert_int_equal(store_approve_again(store, "3f9a", NOW, NULL), -EINVAL);
    store_free(store);
}

/* What is approved of an instance is approved of each plan of it, and of no other any more. */
static void test_an_approval_is_shared_among_plans(void **state)
{
    static const char *const plans[] = {
        DIGEST_B, "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"};
    Folder *folder = *state;
    Store *store = folder_open(folder);

    assert_int_equal(store_share_approval(store, DIGEST_A, plans, 2, NOW, &folder->err), -ESTALE);
    assert_false(is_approved(folder, store, plans[0], NOW));
    assert_int_equal(store_approve(store, DIGEST_A, NOW, NULL), 0);
    assert_int_equal(store_share_approval(store, DIGEST_A, plans, 2, NOW, &folder->err), 0);
    assert_false(is_approved(folder, store, DIGEST_A, NOW));
    assert_true(is_approved(folder, store, plans[0], NOW));
    assert_true(is_approved(folder, store, plans[1], NOW));
    assert_int_equal(store_share_approval(store, DIGEST_A, plans, 2, NOW, &folder->err), -ESTALE);
    assert_says(&folder->err, "is not there any more, or spent");
    store_free(store);
}

/* A plan that changes nothing at the service shares its approval with nobody. */
static void test_an_approval_is_spent_without_plans(void **state)
{
    Folder *folder = *state;
    Store *store = folder_open(folder);

    assert_int_equal(store_share_approval(store, DIGEST_A, NULL, 0, NOW, &folder->err), -ESTALE);
    assert_int_equal(store_approve(store, DIGEST_A, NOW, NULL), 0);
    assert_int_equal(store_share_approval(store, DIGEST_A, NULL, 0, NOW, &folder->err), 0);
    assert_false(is_approved(folder, store, DIGEST_A, NOW));
    store_free(store);
}

static void test_a_refusal_outlives_its_run(void **state)
{
    Folder *folder = *state;
    Store *store = folder_open(folder);
    Lockout kept = {.mark = "1:2:3", .until_usec = NOW + 9, .refused_usec = NOW}, found = {0};

    err_set(&kept.said, -EACCES, "the service answered 401");
    kept.said.http = 401;
    str_copy(kept.said.code, sizeof(kept.said.code), "IAM.0062");
    assert_int_equal(store_recall_lockout(store, "iam a/b", &found, NULL), 0);
    assert_int_equal(store_keep_lockout(store, "iam a/b", &kept, NULL), 0);
    kept.until_usec = 0;
    assert_int_equal(store_keep_lockout(store, "iam a/b", &kept, NULL), 0);
    store_free(store);

    assert_int_equal(store_open_read_only(folder->state, &store, NULL), 0);
    assert_int_equal(store_recall_lockout(store, "iam a/b", &found, NULL), 1);
    assert_int_equal(store_recall_lockout(store, "iam a/c", &found, NULL), 0);
    assert_string_equal(found.mark, kept.mark);
    assert_true(found.until_usec == 0 && found.refused_usec == NOW);
    assert_string_equal(found.said.text, kept.said.text);
    assert_string_equal(found.said.code, "IAM.0062");
    assert_int_equal(found.said.http, 401);
    assert_int_equal(store_keep_lockout(store, "iam a/b", &kept, NULL), -EROFS);
    store_free(store);
}

static void test_what_is_no_digest(void **state)
{
    static const char *const texts[] = {
        "", "3f9a", DIGEST_A "a",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAA",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
        "aaa\n"};
    Folder *folder = *state;
    Store *store = folder_open(folder);

    for (size_t i = 0; i < ELEMENTS(texts); i++)
        assert_int_equal(store_approve(store, texts[i], NOW, &folder->err), -EINVAL);
    assert_says(&folder->err, "is no digest");
    store_free(store);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, folder_setup, folder_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(deletions_elsewhere_do_not_count),
        TEST(test_sightings_are_replaced),
        TEST(test_recent_deletions),
        TEST(test_recent_deletions_by_a_wrong_clock),
        TEST(test_recent_deletions_of_an_earlier_boot),
        TEST(test_approval_lapses),
        TEST(test_time_outside_windows_does_not_count),
        TEST(test_an_approval_that_opens_a_window),
        TEST(test_approval_passes_once),
        TEST(test_approval_stays_spent_over_boots),
        TEST(test_approval_given_again_passes_again),
        TEST(test_an_approval_is_shared_among_plans),
        TEST(test_an_approval_is_spent_without_plans),
        TEST(test_a_refusal_outlives_its_run),
        TEST(test_what_is_no_digest),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
