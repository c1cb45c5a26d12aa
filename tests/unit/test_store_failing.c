/* SPDX-License-Identifier: MIT */
/* A state that fails under each call: in a database that cannot be written, and in one that lost a
 * table. Each call that needs it says so, and what it was to write waits or is not there. */
#include "tests/unit/test_store_common.h"

#include "daemon/store/quarantine.h"
#include "daemon/store/store_internal.h"

#define SUBJECT "https://iam.example dom/ops"

/* What the calls work on: a decided deletion, an undecided one, a member in quarantine. */
typedef struct Prepared {
    Store *store;
    char pass[STORE_PASS_ID_SIZE]; /* under way, with the undecided deletion */
    uint64_t undecided;
} Prepared;

static const RosterChannel channel = {
    .name = "payments", .mode = MODE_PRUNE, .quarantine_usec = USEC_PER_HOUR};
static const StoreScope scope = {KEY, "prod", "c1", "payments"};
static const char *const ids[] = {"m2"};

static const Lockout refused = {.mark = "1:2", .refused_usec = NOW};

static int lock_out(Prepared *prepared, Err *err)
{
    return store_keep_lockout(prepared->store, SUBJECT, &refused, err);
}

static uint64_t record(Folder *folder, Store *store, ChangeKind kind)
{
    Change change;
    Batch batch = folder_batch(folder, &change, 1);

    folder_begin(folder, store);
    batch.channel = &channel;
    change.kind = kind;
    assert_int_equal(store_record(store, &batch, 1, realtime_now, &folder->err), 0);
    return change.action;
}

static void prepare(Folder *folder, Prepared *prepared)
{
    const Sighting sighting = {"m1", 2};
    const StorePause pause = {.scope = scope, .reason = "work", .until_usec = NOW + USEC_PER_HOUR};
    Store *store = prepared->store = folder_open(folder);
    uint64_t action = record(folder, store, CHANGE_DISABLE);

    assert_int_equal(
        store_decide(store, action, OUTCOME_DISABLED, 1, NULL, NULL, realtime_now, NULL), 0);
    assert_int_equal(store_end_pass(store, folder->pass, "converged", realtime_now, NULL), 0);
    assert_int_equal(store_remember(store, KEY, "c1", &sighting, 1, NULL), 0);
    assert_int_equal(store_approve(store, DIGEST_A, realtime_now, NULL), 0);
    assert_int_equal(store_pause(store, &pause, realtime_now, NULL, NULL), 0);
    assert_int_equal(lock_out(prepared, NULL), 0);
    prepared->undecided = record(folder, store, CHANGE_DELETE);
    memcpy(prepared->pass, folder->pass, sizeof(prepared->pass));
    assert_int_equal(store_flush(store, &folder->err), 0);
}

/* ---- the calls: 0 or 1, or a negative error ---- */

static int begin_pass(Prepared *prepared, Err *err)
{
    char id[STORE_PASS_ID_SIZE];

    return store_begin_pass(prepared->store, realtime_now + USEC_PER_MINUTE, id, err);
}

static int end_pass(Prepared *prepared, Err *err)
{
    return store_end_pass(prepared->store, prepared->pass, "failed", realtime_now, err);
}

static int record_more(Prepared *prepared, Err *err)
{
    Change change = {.member_id = "m3", .identity = "m3", .identity_size = 2, .before = "{}"};
    const Batch batch = {.pass = prepared->pass,
                         .channel = &channel,
                         .instance_key = KEY,
                         .channel_id = "c1",
                         .channel_name = "payments",
                         .digest = DIGEST_A,
                         .approved = true,
                         .changes = &change,
                         .change_count = 1};
    int r = store_record(prepared->store, &batch, 1, realtime_now, err);

    assert_int_equal(change.action == 0, r < 0);
    return r;
}

static int decide(Prepared *prepared, Err *err)
{
    return store_decide(prepared->store, prepared->undecided, OUTCOME_DELETED, 1, NULL, NULL,
                        realtime_now, err);
}

static int recall(Prepared *prepared, Err *err)
{
    ChannelRecord found = {0};
    int r = store_recall(prepared->store, &scope, realtime_now, &found, err);

    assert_int_equal(found.sighting_count, r < 0 ? 0 : 1);
    assert_int_equal(found.change_count, r < 0 ? 0 : 2);
    assert_int_equal(found.pause_reason != NULL, r >= 0);
    channel_record_done(&found);
    return r;
}

static int remember(Prepared *prepared, Err *err)
{
    const Sighting sighting = {"m1", 3};

    return store_remember(prepared->store, KEY, "c1", &sighting, 1, err);
}

static int rename_instance(Prepared *prepared, Err *err)
{
    return store_name_instance(prepared->store, KEY, "production", err);
}

static int pause_instance(Prepared *prepared, Err *err)
{
    const StorePause pause = {.scope = {.instance_key = KEY, .instance_name = "prod"},
                              .reason = "more work"};

    return store_pause(prepared->store, &pause, realtime_now, NULL, err);
}

static int resume(Prepared *prepared, Err *err)
{
    return store_resume(prepared->store, &scope, err);
}

static int list_pauses(Prepared *prepared, Err *err)
{
    StorePauses pauses = {0};
    int r = store_pauses(prepared->store, realtime_now, &pauses, err);

    assert_int_equal(pauses.count, r < 0 ? 0 : 1);
    store_pauses_done(&pauses);
    return r;
}

static int approve(Prepared *prepared, Err *err)
{
    return store_approve(prepared->store, DIGEST_B, realtime_now, err);
}

static int approve_now(Prepared *prepared, Err *err)
{
    return store_approve_now(prepared->store, DIGEST_A, err);
}

static int look_up_approval(Prepared *prepared, Err *err)
{
    int r = store_is_approved(prepared->store, DIGEST_A, realtime_now, NULL, err);

    assert_true(r < 0 || r == APPROVAL_GIVEN);
    return r;
}

static int share_approval(Prepared *prepared, Err *err)
{
    static const char *const plans[] = {DIGEST_B};

    return store_share_approval(prepared->store, DIGEST_A, plans, 1, realtime_now, err);
}

static int recall_lockout(Prepared *prepared, Err *err)
{
    Lockout found = {0};
    int r = store_recall_lockout(prepared->store, SUBJECT, &found, err);

    assert_string_equal(found.mark, r < 0 ? "" : "1:2");
    return r;
}

static int list_history(Prepared *prepared, Err *err)
{
    const StoreFilter all = {0};
    StoreActions actions = {0};
    int r = store_history(prepared->store, &all, &actions, err);

    assert_int_equal(actions.count, r < 0 ? 0 : 2);
    store_actions_done(&actions);
    return r;
}

static int find_last(Prepared *prepared, Err *err)
{
    char pass[STORE_PASS_ID_SIZE] = "";
    int r = store_find_last_changing(prepared->store, NULL, NULL, pass, err);

    assert_string_equal(pass, r < 0 ? "" : prepared->pass);
    return r;
}

static bool is_never_listed(const void *list, const char *member_id)
{
    (void)list;
    (void)member_id;
    return false;
}

static void on_vanished(void *userdata, const StoreAction *action)
{
    (void)userdata;
    fail_msg("%s was never added", action->member_id);
}

static int watch_added(Prepared *prepared, Err *err)
{
    return store_watch_added(prepared->store, KEY, "c1", is_never_listed, NULL, on_vanished, NULL,
                             err);
}

static int prune(Prepared *prepared, Err *err)
{
    StorePruned pruned = {0};

    return store_prune(prepared->store, USEC_PER_DAY, &pruned, err);
}

static int recall_quarantine(Prepared *prepared, Err *err)
{
    Quarantine quarantine = {0};
    int r = store_quarantine_recall(prepared->store, KEY, "c1", USEC_PER_HOUR, realtime_now,
                                    &quarantine, err);

    assert_int_equal(quarantine.count, r < 0 ? 0 : 1);
    quarantine_done(&quarantine);
    return r;
}

static int list_quarantine(Prepared *prepared, Err *err)
{
    StoreQuarantine quarantine = {0};
    int r = store_quarantine(prepared->store, &quarantine, err);

    assert_int_equal(quarantine.count, r < 0 ? 0 : 1);
    store_quarantine_done(&quarantine);
    return r;
}

static int enter_quarantine(Prepared *prepared, Err *err)
{
    return store_quarantine_enter(prepared->store, &scope, USEC_PER_HOUR, ids, 1, realtime_now,
                                  err);
}

static int tell_quarantine(Prepared *prepared, Err *err)
{
    return store_quarantine_tell(prepared->store, KEY, "c1", true, err);
}

static const struct {
    const char *name;
    int (*call)(Prepared *prepared, Err *err);
    bool writes;
    const char *needs; /* the tables without which it fails */
} calls[] = {
    {"begin_pass", begin_pass, false, "pass"},
    {"end_pass", end_pass, true, "pass action clock"},
    {"record", record_more, true, "pass action instance quarantine approval pause clock"},
    {"decide", decide, true, "action quarantine"},
    {"recall", recall, false, "action pass instance sighting pause"},
    {"remember", remember, true, "instance sighting"},
    {"rename_instance", rename_instance, true, "instance clock"},
    {"pause", pause_instance, true, "instance pause clock"},
    {"resume", resume, true, "instance pause clock"},
    {"list_pauses", list_pauses, false, "instance pause"},
    {"approve", approve, true, "approval"},
    {"approve_now", approve_now, true, "approval"},
    {"look_up_approval", look_up_approval, false, "approval"},
    {"share_approval", share_approval, true, "approval"},
    {"lock_out", lock_out, true, "refusal clock"},
    {"recall_lockout", recall_lockout, false, "refusal"},
    {"list_history", list_history, false, "action pass instance"},
    {"find_last", find_last, false, "action pass instance"},
    {"watch_added", watch_added, false, "action pass instance"},
    {"prune", prune, false, "action approval pause"},
    {"recall_quarantine", recall_quarantine, false, "instance quarantine"},
    {"list_quarantine", list_quarantine, false, "instance quarantine"},
    {"enter_quarantine", enter_quarantine, true, "instance quarantine"},
    {"tell_quarantine", tell_quarantine, true, "instance quarantine"},
};

static const char *const tables[] = {"pass",  "action", "instance",   "sighting", "approval",
                                     "pause", "clock",  "quarantine", "refusal"};

static bool needs(size_t number, const char *table)
{
    return strstr(calls[number].needs, table) != NULL;
}

static void run(Store *store, const char *sql)
{
    assert_int_equal(sqlite3_exec(store->db, sql, NULL, NULL, NULL), SQLITE_OK);
}

static void lose(Store *store, const char *table)
{
    char sql[128];

    snprintf(sql, sizeof(sql), "ALTER TABLE %s RENAME TO lost_%s", table, table);
    run(store, sql);
}

static void begin_anew(void **state, Prepared *prepared)
{
    store_free(prepared->store);
    folder_teardown(state);
    folder_setup(state);
    prepare(*state, prepared);
}

static void assert_result(size_t number, const char *without, int r, int expected, const Err *err)
{
    if (expected == 0 ? r < 0 : r != expected)
        fail_msg("%s without %s: %d, %s", calls[number].name, without, r, err->text);
    if (expected < 0)
        assert_true(err_is_set(err));
}

static void test_a_table_is_lost(void **state)
{
    Prepared prepared = {0};

    for (size_t i = 0; i < ELEMENTS(calls); i++) {
        for (size_t k = 0; k < ELEMENTS(tables); k++) {
            Err err = {0};

            if (!needs(i, tables[k]))
                continue;
            begin_anew(state, &prepared);
            lose(prepared.store, tables[k]);
            assert_result(i, tables[k], calls[i].call(&prepared, &err), -EBADMSG, &err);
        }
    }
    store_free(prepared.store);
}

static void test_tables_are_lost_that_are_not_needed(void **state)
{
    Prepared prepared = {0};

    for (size_t i = 0; i < ELEMENTS(calls); i++) {
        Err err = {0};

        begin_anew(state, &prepared);
        for (size_t k = 0; k < ELEMENTS(tables); k++) {
            if (!needs(i, tables[k]))
                lose(prepared.store, tables[k]);
        }
        assert_result(i, "the others", calls[i].call(&prepared, &err), 0, &err);
    }
    store_free(prepared.store);
}

/* Once it can be written again, it is as if nothing had happened. */
static void test_nothing_can_be_written_for_a_while(void **state)
{
    Prepared prepared = {0};

    for (size_t i = 0; i < ELEMENTS(calls); i++) {
        Err err = {0};

        begin_anew(state, &prepared);
        run(prepared.store, "PRAGMA query_only = ON");
        assert_result(i, "writing", calls[i].call(&prepared, &err), calls[i].writes ? -EROFS : 0,
                      &err);
        run(prepared.store, "PRAGMA query_only = OFF");
        assert_int_equal(store_flush(prepared.store, &err), 0);
        if (calls[i].call != decide && calls[i].call != end_pass)
            assert_result(i, "nothing", calls[i].call(&prepared, &err), 0, &err);
        assert_int_equal(store_flush(prepared.store, &err), 0);
        if (calls[i].call == decide)
            assert_int_equal(count_undecided(*state, prepared.store), 0);
    }
    store_free(prepared.store);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, folder_setup, folder_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_table_is_lost),
        TEST(test_tables_are_lost_that_are_not_needed),
        TEST(test_nothing_can_be_written_for_a_while),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
