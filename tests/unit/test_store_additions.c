/* SPDX-License-Identifier: MIT */
/* What an undo adds: recorded before it is sent, decided when known, watched afterwards. */
#include <string.h>

#include "tests/unit/test_store_common.h"

static Batch batch_of(Folder *folder, ChangeKind kind, Change *changes, size_t count)
{
    Batch batch = folder_batch(folder, changes, count);

    for (size_t i = 0; i < count; i++) {
        changes[i].kind = kind;
        changes[i].after = kind == CHANGE_ADD ? TAKE_PTR(changes[i].before) : "{\"weight\":5}";
    }
    return batch;
}

/* Recorded without an id, and decided with those that a list has. */
static void record_added(Folder *folder, Store *store, Batch *batch)
{
    static const char *const new_ids[] = {"m1", "m2", "m3"};
    static const StoreOrigin origin = {.undo_of = "an earlier pass"};
    const Answer answer = {.http = 201, .request_id = "r-1"};

    store_set_origin(store, batch->pass, &origin);
    for (size_t i = 0; i < batch->change_count; i++)
        batch->changes[i].member_id = "";
    assert_int_equal(store_record(store, batch, 1, NOW, &folder->err), 0);
    for (size_t i = 0; i < batch->change_count; i++) {
        assert_int_equal(store_decide(store, batch->changes[i].action, OUTCOME_ADDED, 1, new_ids[i],
                                      &answer, NOW, &folder->err),
                         0);
    }
    assert_int_equal(store_flush(store, &folder->err), 0);
}

/* The list is the text of all ids. */
static bool is_listed(const void *list, const char *member_id)
{
    return strstr(list, member_id) != NULL;
}

static void on_vanished(void *userdata, const StoreAction *action)
{
    Buf *told = userdata;

    assert_string_equal(action->kind, "add");
    assert_string_equal(action->outcome, "added");
    buf_printf(told, "%s/%s %s,", action->instance_name, action->channel_name, action->member_id);
}

static void assert_vanished(Folder *folder, Store *store, const char *channel_id,
                            const char *listed, const char *expected)
{
    Buf told = {0};

    assert_int_equal(store_watch_added(store, KEY, channel_id, is_listed, listed, on_vanished,
                                       &told, &folder->err),
                     0);
    assert_string_equal(buf_text(&told), expected);
    buf_done(&told);
}

static void test_what_was_added_and_vanishes_is_named_once(void **state)
{
    Folder *folder = *state;
    Store *store = folder_open(folder);
    Change members[3], deletion;
    Batch added = batch_of(folder, CHANGE_ADD, members, 3);
    StoreActions history;
    char pass[STORE_PASS_ID_SIZE];

    added.digest = "";
    folder_begin(folder, store);
    record_added(folder, store, &added);
    assert_int_equal(store_end_pass(store, folder->pass, "converged", NOW, &folder->err), 0);
    assert_vanished(folder, store, "c1", "m1 m2 m3", "");
    assert_vanished(folder, store, "c2", "", "");
    assert_int_equal(store_history(store, &(StoreFilter){0}, &history, &folder->err), 0);
    assert_int_equal(history.count, 3);
    assert_int_equal(history.items[0].http, 201);
    assert_string_equal(history.items[0].request_id, "r-1");
    store_actions_done(&history);
    assert_int_equal(store_find_last_changing(store, NULL, NULL, pass, NULL), -ENOENT);
    store_free(store);

    store = folder_open(folder);
    assert_vanished(folder, store, "c1", "m1 m2", "prod/payments m3,");
    assert_vanished(folder, store, "c1", "m1 m2", "");
    folder_begin(folder, store);
    added = folder_batch(folder, &deletion, 1); /* of m1, which is ours */
    assert_int_equal(store_record(store, &added, 1, NOW, &folder->err), 0);
    assert_vanished(folder, store, "c1", "", "prod/payments m2,");
    store_free(store);
    store = folder_open(folder);
    assert_vanished(folder, store, "c1", "", "");
    store_free(store);
}

static void test_what_was_added_is_not_told_before_it_is_kept(void **state)
{
    Folder *folder = *state;
    Store *store = folder_open(folder), *reader;
    Change members[1];
    Batch added = batch_of(folder, CHANGE_ADD, members, 1);
    Buf told = {0};

    added.digest = "";
    folder_begin(folder, store);
    record_added(folder, store, &added);
    reader = folder_open_read_only(folder);
    assert_int_equal(store_watch_added(reader, KEY, "c1", is_listed, "", on_vanished, &told, NULL),
                     -EROFS);
    assert_string_equal(buf_text(&told), "");
    store_free(reader);
    assert_vanished(folder, store, "c1", "", "prod/payments m1,");
    store_free(store);
}

/* The state of a run that was killed: it says what was sent, and that nobody knows what came of it.
 */
static void test_an_addition_is_undecided_until_a_list_tells(void **state)
{
    Folder *folder = *state;
    Store *store = folder_open(folder);
    Change member;
    Batch added = batch_of(folder, CHANGE_ADD, &member, 1);
    StoreActions history = {0};
    const StoreOrigin origin = {
        .roster_digest = DIGEST_A, .roster_head = "0123", .undo_of = "an earlier pass"};

    added.digest = "";
    folder_begin(folder, store);
    store_set_origin(store, folder->pass, &origin);
    assert_int_equal(store_record(store, &added, 1, NOW, &folder->err), 0);
    store_free(store);

    store = folder_open(folder);
    assert_int_equal(store_history(store, &(StoreFilter){0}, &history, &folder->err), 0);
    assert_int_equal(history.count, 1);
    assert_string_equal(history.items[0].kind, "add");
    assert_null(history.items[0].outcome);
    assert_string_equal(history.items[0].undo_of, "an earlier pass");
    assert_string_equal(history.items[0].roster_digest, DIGEST_A);
    assert_string_equal(history.items[0].roster_head, "0123");
    store_actions_done(&history);
    assert_int_equal(count_undecided(folder, store), 0); /* no deletion to be settled */
    assert_vanished(folder, store, "c1", "", "");
    store_free(store);
}

/* ---- undos that were cut short ---- */

/* The list is the identity of its only member, whose id is "new". */
static const char *find_listed(const void *list, const void *identity, size_t identity_size)
{
    return identity_size == strlen(list) && memcmp(identity, list, identity_size) == 0 ? "new"
                                                                                       : NULL;
}

static const char *find_corrected(const void *list, const void *identity, size_t identity_size,
                                  const char *before, const char *after)
{
    (void)before;
    assert_string_equal(after, "{\"weight\":5}");
    return find_listed(list, identity, identity_size);
}

static int never_settled(void *list, const char *member_id)
{
    (void)list;
    fail_msg("an addition is settled as the deletion of %s", member_id);
    return 0;
}

static void on_settled(void *userdata, const StoreAction *action, Outcome outcome)
{
    buf_printf(userdata, "%.2s %s,", (const char *)action->identity, ops_outcome_text(outcome));
}

static void assert_settled(Folder *folder, Store *store, const char *listed, const char *expected)
{
    Buf told = {0};
    char list[8];
    const StoreSettling settling = {
        .list = {never_settled, find_listed, find_corrected, list, NULL},
        .on_settled = on_settled,
        .userdata = &told,
    };

    snprintf(list, sizeof(list), "%s", listed);
    assert_int_equal(store_settle(store, KEY, "c1", &settling, NOW, &folder->err), 0);
    assert_string_equal(buf_text(&told), expected);
    buf_done(&told);
}

/* An undo that was killed when two of its additions were sent. */
static void cut_short(Folder *folder, Store *store)
{
    Change members[2];
    Batch added = batch_of(folder, CHANGE_ADD, members, 2);

    added.digest = "";
    folder_begin(folder, store);
    assert_int_equal(store_record(store, &added, 1, NOW, &folder->err), 0);
    for (size_t i = 0; i < 2; i++)
        store_note_sent(store, members[i].action);
    assert_settled(folder, store, "m1", ""); /* it is under way */
    store_free(store);
}

static int note_channel(void *userdata, const char *channel_id)
{
    buf_printf(userdata, "%s,", channel_id);
    return 0;
}

static void assert_unsettled(Store *store, const char *expected)
{
    Buf channels = {0};

    assert_int_equal(store_unsettled(store, KEY, note_channel, &channels, NULL), 0);
    assert_string_equal(buf_text(&channels), expected);
    buf_done(&channels);
}

static void assert_history(Store *store, size_t number, const char *outcome, const char *member_id)
{
    StoreActions history = {0};

    assert_int_equal(store_history(store, &(StoreFilter){0}, &history, NULL), 0);
    assert_true(number < history.count);
    assert_string_equal(history.items[number].outcome, outcome);
    assert_string_equal(history.items[number].member_id, member_id);
    store_actions_done(&history);
}

static void test_a_list_decides_what_an_undo_cut_short_added(void **state)
{
    Folder *folder = *state;
    Store *store;

    cut_short(folder, folder_open(folder));
    store = folder_open(folder);
    assert_unsettled(store, "c1,");
    assert_settled(folder, store, "m2", "m2 added,"); /* the list may not show the other yet */
    assert_settled(folder, store, "m2", "");
    assert_int_equal(store_flush(store, &folder->err), 0);
    store_free(store);

    store = folder_open(folder);
    time_pass(61 * USEC_PER_SEC);
    assert_settled(folder, store, "m2", "m1 failed,");
    assert_unsettled(store, "");
    assert_history(store, 0, "failed", "m1");
    assert_history(store, 1, "added", "new");
    assert_vanished(folder, store, "c1", "new", ""); /* under the id that it is listed by */
    store_free(store);
}

/* The run was killed before it came to it, and somebody else added the member. */
static void test_what_was_never_sent_is_not_taken_for_ours(void **state)
{
    Folder *folder = *state;
    Store *store = folder_open(folder);
    Change members[2];
    Batch added = batch_of(folder, CHANGE_ADD, members, 2);

    folder_begin(folder, store);
    assert_int_equal(store_record(store, &added, 1, NOW, &folder->err), 0);
    store_note_sent(store, members[0].action);
    store_free(store);

    store = folder_open(folder);
    assert_settled(folder, store, "m2", "");
    assert_history(store, 1, "skipped", members[1].member_id);
    assert_unsettled(store, "c1,"); /* the one that was sent may not be listed yet */
    store_free(store);
}

/* The undo was asked for again, and found the member absent before it added it. */
static void test_what_a_later_undo_added_an_earlier_one_had_not(void **state)
{
    Folder *folder = *state;
    Change member;
    Batch added = batch_of(folder, CHANGE_ADD, &member, 1);
    Store *store;

    cut_short(folder, folder_open(folder));
    store = folder_open(folder);
    folder_begin(folder, store);
    record_added(folder, store, &added);
    assert_settled(folder, store, "m1", "m1 failed,");
    assert_history(store, 0, "failed", "m1");
    assert_history(store, 2, "added", "m1");
    store_free(store);
}

static void test_what_cannot_be_recorded_is_told(void **state)
{
    Folder *folder = *state;
    Store *store = folder_open(folder), *reader;
    Change member;
    Batch added = batch_of(folder, CHANGE_ADD, &member, 1);

    folder_begin(folder, store);
    reader = folder_open_read_only(folder);
    assert_int_equal(store_record(reader, &added, 1, NOW, &folder->err), -EROFS);
    assert_int_equal(member.action, 0);
    assert_says(&folder->err, "; nothing was added");
    store_free(reader);
    store_free(store);
}

static void test_kinds_have_the_member_before_and_after(void **state)
{
    Folder *folder = *state;
    Store *store = folder_open(folder);
    Change added, corrected, deleted;
    Batch batches[] = {batch_of(folder, CHANGE_ADD, &added, 1),
                       batch_of(folder, CHANGE_CORRECT, &corrected, 1),
                       folder_batch(folder, &deleted, 1)};
    StoreActions history = {0};

    folder_begin(folder, store);
    assert_int_equal(store_record(store, batches, 3, NOW, &folder->err), 0);
    assert_int_equal(store_decide_listed(store, added.action, OUTCOME_ADDED, 1,
                                         &(ListedMember){"new", 4}, NULL, NOW, &folder->err),
                     0);
    assert_int_equal(
        store_decide(store, corrected.action, OUTCOME_CORRECTED, 1, NULL, NULL, NOW, &folder->err),
        0);
    assert_int_equal(
        store_decide(store, deleted.action, OUTCOME_DELETED, 1, NULL, NULL, NOW, &folder->err), 0);
    assert_int_equal(store_history(store, &(StoreFilter){0}, &history, &folder->err), 0);
    assert_int_equal(history.count, 3);
    assert_string_equal(history.items[0].kind, "add");
    assert_string_equal(history.items[0].outcome, "added");
    assert_string_equal(history.items[0].member_id, "new");
    assert_int_equal(history.items[0].weight, 4);
    assert_null(history.items[0].before);
    assert_non_null(history.items[0].after);
    assert_string_equal(history.items[1].kind, "correct");
    assert_string_equal(history.items[1].outcome, "corrected");
    assert_string_equal(history.items[1].member_id, "m1");
    assert_non_null(history.items[1].before);
    assert_string_equal(history.items[1].after, "{\"weight\":5}");
    assert_string_equal(history.items[2].kind, "delete");
    assert_non_null(history.items[2].before);
    assert_null(history.items[2].after);
    store_actions_done(&history);
    store_free(store);
}

/* A run that was killed when two corrections were sent; the first of them took place. */
static void test_a_list_decides_what_was_corrected(void **state)
{
    Folder *folder = *state;
    Store *store = folder_open(folder);
    Change members[2];
    Batch batch = batch_of(folder, CHANGE_CORRECT, members, 2);
    char list[8] = "m1";
    const StoreSettling all = {.list = {never_settled, find_nobody, find_corrected, list, NULL}};

    folder_begin(folder, store);
    assert_int_equal(store_record(store, &batch, 1, NOW, &folder->err), 0);
    for (size_t i = 0; i < 2; i++)
        store_note_sent(store, members[i].action);
    store_free(store);

    store = folder_open(folder);
    assert_unsettled(store, "c1,");
    assert_int_equal(store_settle(store, KEY, "c1", &all, NOW, &folder->err), 0);
    assert_history(store, 0, "corrected", "new"); /* the id that it is listed by */
    assert_unsettled(store, "c1,");               /* the list may not show the other yet */
    time_pass(61 * USEC_PER_SEC);
    assert_int_equal(store_settle(store, KEY, "c1", &all, NOW, &folder->err), 0);
    assert_history(store, 1, "failed", "m2");
    assert_unsettled(store, "");
    store_free(store);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, folder_setup, folder_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_what_was_added_and_vanishes_is_named_once),
        TEST(test_what_was_added_is_not_told_before_it_is_kept),
        TEST(test_an_addition_is_undecided_until_a_list_tells),
        TEST(test_a_list_decides_what_an_undo_cut_short_added),
        TEST(test_what_was_never_sent_is_not_taken_for_ours),
        TEST(test_what_a_later_undo_added_an_earlier_one_had_not),
        TEST(test_what_cannot_be_recorded_is_told),
        TEST(test_kinds_have_the_member_before_and_after),
        TEST(test_a_list_decides_what_was_corrected),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
