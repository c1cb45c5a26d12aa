/* SPDX-License-Identifier: MIT */
/* An undo of many changes is made in many steps, each of a few, and is the same in the end. */
#include "tests/unit/store_filled.h"

#include "daemon/runtime/undo_making.h"

#define CHANGES 6000
#define PASS "filled-0000000"
/* A step is about so many of whatever there is. */
#define STEPS_MIN (CHANGES / 500)
#define STEPS_MAX 100

static Instance instances[] = {
    {.name = "prod", .endpoint = "https://roma.example", .project_id = "p1", .instance_id = "i1"},
};
static const Config config = {.instances = instances, .instance_count = 1, .mode = MODE_PRUNE};

static Store *store_with_one_pass(Folder *folder)
{
    Store *store = folder_open(folder);

    fill_history(store, CHANGES);
    assert_int_equal(
        sqlite3_exec(store->db, "UPDATE action SET pass = '" PASS "'", NULL, NULL, NULL),
        SQLITE_OK);
    return store;
}

static Undo *make(Store *store, const UndoChoice *choice, size_t *ret_steps)
{
    _cleanup_(undo_making_freep) UndoMaking *making = NULL;
    Undo *undo = NULL;
    int r = 1;

    assert_int_equal(undo_making_new(store, &config, choice, &making, NULL), 0);
    for (*ret_steps = 0; r > 0; ++*ret_steps) {
        assert_null(undo);
        r = undo_making_step(making, &undo, NULL);
    }
    assert_int_equal(r, 0);
    return undo;
}

static void test_many_changes_take_many_steps(void **state)
{
    Folder *folder = *state;
    Store *store = store_with_one_pass(folder);
    const UndoChoice last = {.last = true}, one = {.action = CHANGES / 2},
                     channel = {.pass = PASS, .channel = "channel-3"};
    size_t steps;
    Undo *undo = make(store, &last, &steps);
    const StoreActions *actions = undo_get_actions(undo);

    /* Each is read, finds its channel and is put there. */
    assert_in_range(steps, 3 * STEPS_MIN, STEPS_MAX);
    assert_string_equal(undo_get_pass(undo), PASS);
    assert_int_equal(actions->count, CHANGES);
    for (size_t i = 0; i < CHANGES; i++)
        assert_int_equal(actions->items[i].action, i + 1);
    undo_free(undo);

    undo = make(store, &channel, &steps);
    assert_int_equal(undo_get_actions(undo)->count, CHANGES / FILLED_CHANNELS);
    assert_in_range(steps, 1, 3);
    undo_free(undo);

    undo = make(store, &one, &steps);
    assert_int_equal(undo_get_actions(undo)->count, 1);
    assert_int_equal(undo_get_actions(undo)->items[0].action, CHANGES / 2);
    assert_int_equal(steps, 1);
    undo_free(undo);
    store_free(store);
}

/* The steps before are given back. */
static void test_it_is_given_up_halfway(void **state)
{
    Folder *folder = *state;
    Store *store = store_with_one_pass(folder);

    for (size_t last = 0; last < 3 * STEPS_MIN; last += STEPS_MIN / 2) {
        _cleanup_(undo_making_freep) UndoMaking *making = NULL;
        Undo *undo = NULL;

        assert_int_equal(
            undo_making_new(store, &config, &(UndoChoice){.pass = PASS}, &making, NULL), 0);
        for (size_t i = 0; i < last; i++)
            assert_int_equal(undo_making_step(making, &undo, NULL), 1);
        assert_null(undo);
    }
    store_free(store);
}

static void test_what_did_not_take_effect_is_left_out_of_each_page(void **state)
{
    Folder *folder = *state;
    Store *store = store_with_one_pass(folder);
    _cleanup_(undo_making_freep) UndoMaking *making = NULL;
    const UndoChoice last = {.last = true};
    Undo *undo;
    size_t steps;
    Err err = {0};
    int r = 1;

    assert_int_equal(sqlite3_exec(store->db,
                                  "UPDATE action SET outcome = 'failed' WHERE id % 3 > 0", NULL,
                                  NULL, NULL),
                     SQLITE_OK);
    undo = make(store, &last, &steps);
    assert_int_equal(undo_get_actions(undo)->count, CHANGES / 3);
    for (size_t i = 0; i < CHANGES / 3; i++)
        assert_int_equal(undo_get_actions(undo)->items[i].action, 3 * (i + 1));
    undo_free(undo);
    assert_int_equal(
        sqlite3_exec(store->db, "UPDATE action SET outcome = 'failed'", NULL, NULL, NULL),
        SQLITE_OK);
    assert_int_equal(undo_making_new(store, &config, &(UndoChoice){.pass = PASS}, &making, &err),
                     0);
    while (r > 0)
        r = undo_making_step(making, &undo, &err);
    assert_int_equal(r, -ENOENT);
    assert_says(&err, "there is nothing to undo: no change of it took effect");
    store_free(store);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, folder_setup, folder_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_many_changes_take_many_steps),
        TEST(test_it_is_given_up_halfway),
        TEST(test_what_did_not_take_effect_is_left_out_of_each_page),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
