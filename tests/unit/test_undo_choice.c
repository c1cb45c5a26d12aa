/* SPDX-License-Identifier: MIT */
/* What an undo takes out of the history: the changes that took effect, of channels that may be
 * changed; and what it pauses first. */
#include "tests/unit/test_store_common.h"

#include "daemon/runtime/undo.h"

#define KEY_OF_PROD "https://roma.example p1 i1"

static Instance instances[] = {
    {.name = "other", .endpoint = "https://other.example", .project_id = "p1", .instance_id = "i1"},
    {.name = "prod", .endpoint = "https://roma.example", .project_id = "p1", .instance_id = "i1"},
};
static RosterChannel channels[2];
static Config config;

typedef struct UndoCase {
    Folder *folder;
    Store *store;
    Undo *undo;
    Err err;
} UndoCase;

static int setup(void **state)
{
    UndoCase *undo_case = test_calloc(1, sizeof(*undo_case));

    folder_setup((void **)&undo_case->folder);
    undo_case->store = folder_open(undo_case->folder);
    channels[0] = (RosterChannel){.instance = 1, .name = "payments", .mode = MODE_PRUNE};
    channels[1] = (RosterChannel){.instance = 1, .id = "c2", .mode = MODE_PRUNE};
    config = (Config){.instances = instances,
                      .instance_count = 2,
                      .channels = channels,
                      .channel_count = 2,
                      .mode = MODE_PRUNE};
    *state = undo_case;
    return 0;
}

static int teardown(void **state)
{
    UndoCase *undo_case = *state;

    undo_free(undo_case->undo);
    store_free(undo_case->store);
    folder_teardown((void **)&undo_case->folder);
    test_free(undo_case);
    return 0;
}

/* A pass with one change of a kind in a channel, that came to this; OUTCOME_PLANNED: not decided.
 */
static uint64_t change(UndoCase *undo_case, const char *channel_id, const char *name,
                       ChangeKind kind, Outcome outcome)
{
    Folder *folder = undo_case->folder;
    Change one;
    Batch batch = folder_batch(folder, &one, 1);

    batch.channel_id = channel_id;
    batch.channel_name = name;
    one.kind = kind;
    if (kind == CHANGE_ADD)
        one.before = NULL;
    folder_begin(folder, undo_case->store);
    assert_int_equal(store_record(undo_case->store, &batch, 1, realtime_now, &folder->err), 0);
    if (outcome != OUTCOME_PLANNED)
        assert_int_equal(store_decide(undo_case->store, one.action, outcome, 1, NULL, NULL,
                                      realtime_now, &folder->err),
                         0);
    assert_int_equal(
        store_end_pass(undo_case->store, folder->pass, "converged", realtime_now, &folder->err), 0);
    return one.action;
}

static int look_up(UndoCase *undo_case, const UndoChoice *choice)
{
    undo_free(undo_case->undo);
    undo_case->undo = NULL;
    err_clear(&undo_case->err);
    return undo_new(undo_case->store, &config, choice, &undo_case->undo, &undo_case->err);
}

static void assert_refused(UndoCase *undo_case, const UndoChoice *choice, int error,
                           const char *says)
{
    assert_int_equal(look_up(undo_case, choice), error);
    assert_null(undo_case->undo);
    assert_says(&undo_case->err, says);
}

static void test_what_took_effect_is_undone(void **state)
{
    static const struct {
        ChangeKind kind;
        Outcome outcome;
        bool is_undone;
    } cases[] = {
        {CHANGE_DELETE, OUTCOME_DELETED, true},    {CHANGE_DELETE, OUTCOME_PLANNED, true},
        {CHANGE_DELETE, OUTCOME_GONE, false},      {CHANGE_DELETE, OUTCOME_FAILED, false},
        {CHANGE_ADD, OUTCOME_ADDED, true},         {CHANGE_ADD, OUTCOME_FAILED, false},
        {CHANGE_CORRECT, OUTCOME_CORRECTED, true}, {CHANGE_CORRECT, OUTCOME_SKIPPED, false},
        {CHANGE_DISABLE, OUTCOME_DISABLED, true},  {CHANGE_DISABLE, OUTCOME_GONE, false},
        {CHANGE_ENABLE, OUTCOME_ENABLED, false},   {CHANGE_ENABLE, OUTCOME_PLANNED, false},
    };
    UndoCase *undo_case = *state;

    for (size_t i = 0; i < ELEMENTS(cases); i++) {
        uint64_t action = change(undo_case, "c1", "payments", cases[i].kind, cases[i].outcome);
        const UndoChoice choice = {.action = action};

        if (!cases[i].is_undone) {
            assert_refused(undo_case, &choice, -ENOENT,
                           "there is nothing to undo: no change of it took effect");
            continue;
        }
        assert_int_equal(look_up(undo_case, &choice), 0);
        assert_string_equal(undo_get_pass(undo_case->undo), undo_case->folder->pass);
        assert_true(undo_covers(undo_case->undo, 1));
        assert_false(undo_covers(undo_case->undo, 0));
        assert_null(undo_find_run(undo_case->undo));
        assert_null(undo_find_state_error(undo_case->undo));
    }
}

static void test_what_the_history_does_not_hold(void **state)
{
    UndoCase *undo_case = *state;

    assert_refused(undo_case, &(UndoChoice){.last = true}, -ENOENT, "the history holds no change");
    assert_refused(undo_case, &(UndoChoice){.action = 7}, -ENOENT, "the history holds no change 7");
    change(undo_case, "c1", "payments", CHANGE_DELETE, OUTCOME_DELETED);
    assert_refused(undo_case, &(UndoChoice){.pass = "2020-01-01T00:00:00Z-1"}, -ENOENT,
                   "the history holds no change of pass 2020-01-01T00:00:00Z-1");
    assert_refused(undo_case, &(UndoChoice){.pass = undo_case->folder->pass, .channel = "orders"},
                   -ENOENT, " in orders");
    assert_int_equal(
        look_up(undo_case, &(UndoChoice){.pass = undo_case->folder->pass, .channel = "payments"}),
        0);
}

static void test_the_last_pass(void **state)
{
    UndoCase *undo_case = *state;
    char pass[STORE_PASS_ID_SIZE];

    change(undo_case, "c1", "payments", CHANGE_DELETE, OUTCOME_DELETED);
    memcpy(pass, undo_case->folder->pass, sizeof(pass));
    change(undo_case, "c2", "orders", CHANGE_DELETE, OUTCOME_FAILED);
    assert_int_equal(look_up(undo_case, &(UndoChoice){.last = true}), 0);
    assert_string_equal(undo_get_pass(undo_case->undo), pass);
    change(undo_case, "c2", "orders", CHANGE_DELETE, OUTCOME_DELETED);
    assert_int_equal(look_up(undo_case, &(UndoChoice){.last = true}), 0);
    assert_string_equal(undo_get_pass(undo_case->undo), undo_case->folder->pass);
    assert_int_equal(look_up(undo_case, &(UndoChoice){.last = true, .channel = "payments"}), 0);
    assert_string_equal(undo_get_pass(undo_case->undo), pass);
    assert_int_equal(
        look_up(undo_case, &(UndoChoice){.last = true, .channel = "payments", .instance = "other"}),
        -ENOENT);
}

static void test_what_is_only_observed_is_not_changed(void **state)
{
    UndoCase *undo_case = *state;
    uint64_t first = change(undo_case, "c1", "payments", CHANGE_DELETE, OUTCOME_DELETED);
    uint64_t second = change(undo_case, "c2", "orders", CHANGE_DELETE, OUTCOME_DELETED);
    uint64_t third = change(undo_case, "c3", "left", CHANGE_DELETE, OUTCOME_DELETED);

    channels[0].mode = MODE_OBSERVE;
    assert_refused(undo_case, &(UndoChoice){.action = first}, -EPERM,
                   "prod/payments is only observed: nothing is changed there");
    assert_int_equal(look_up(undo_case, &(UndoChoice){.action = second}), 0);
    assert_int_equal(look_up(undo_case, &(UndoChoice){.action = third}), 0);
    channels[1].mode = MODE_OBSERVE;
    assert_refused(undo_case, &(UndoChoice){.action = second}, -EPERM, "prod/orders");
    config.mode = MODE_OBSERVE;
    assert_refused(undo_case, &(UndoChoice){.action = third}, -EPERM, "prod/left");
    /* The channel of another instance is another. */
    config.mode = MODE_PRUNE;
    channels[0].instance = 0;
    assert_int_equal(look_up(undo_case, &(UndoChoice){.action = first}), 0);
}

static void test_an_instance_that_is_not_there_any_more(void **state)
{
    UndoCase *undo_case = *state;
    uint64_t action = change(undo_case, "c1", "payments", CHANGE_DELETE, OUTCOME_DELETED);

    config.instance_count = 1;
    assert_refused(undo_case, &(UndoChoice){.action = action}, -EINVAL,
                   "the instance prod of these changes is not in the settings");
}

static void test_its_channels_are_paused(void **state)
{
    UndoCase *undo_case = *state;
    Folder *folder = undo_case->folder;
    StorePauses pauses = {0}, replaced = {0};
    Change first, second, third;
    Batch batches[] = {folder_batch(folder, &first, 1), folder_batch(folder, &second, 1),
                       folder_batch(folder, &third, 1)};
    char reason[STORE_PASS_ID_SIZE + 16];

    folder_begin(folder, undo_case->store);
    batches[1].channel_id = "c2";
    batches[1].channel_name = "";
    assert_int_equal(store_record(undo_case->store, batches, 3, NOW, &folder->err), 0);
    assert_int_equal(look_up(undo_case, &(UndoChoice){.pass = folder->pass}), 0);
    assert_int_equal(undo_pause(undo_case->undo, undo_case->store, 7, &replaced, &folder->err), 0);
    assert_int_equal(replaced.count, 0);
    assert_int_equal(store_pauses(undo_case->store, NOW, &pauses, &folder->err), 0);
    assert_int_equal(pauses.count, 2);
    snprintf(reason, sizeof(reason), "undo of %s", folder->pass);
    for (size_t i = 0; i < 2; i++) {
        assert_string_equal(pauses.items[i].reason, reason);
        assert_int_equal(pauses.items[i].until_usec, 0);
        assert_int_equal(pauses.items[i].uid, 7);
        assert_string_equal(pauses.items[i].scope.instance_key, KEY_OF_PROD);
    }
    assert_string_equal(pauses.items[0].scope.channel_id, "c1");
    assert_string_equal(pauses.items[0].scope.channel_name, "payments");
    assert_string_equal(pauses.items[1].scope.channel_id, "c2");
    assert_null(pauses.items[1].scope.channel_name);
    store_pauses_done(&pauses);
    assert_int_equal(undo_pause(undo_case->undo, undo_case->store, 7, &replaced, &folder->err), 0);
    assert_int_equal(replaced.count, 2);
    store_pauses_done(&replaced);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_what_took_effect_is_undone),
        TEST(test_what_the_history_does_not_hold),
        TEST(test_the_last_pass),
        TEST(test_what_is_only_observed_is_not_changed),
        TEST(test_an_instance_that_is_not_there_any_more),
        TEST(test_its_channels_are_paused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
