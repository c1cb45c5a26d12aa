/* SPDX-License-Identifier: MIT */
/* Statements find what they look for by an index, so that a long history costs nothing. */
#include "tests/unit/store_filled.h"

/* What is kept for long. */
static const char *const tables[] = {"action", "pass", "sample"};

/* What may go through all of one. */
static const bool may_scan[QUERY_COUNT] = {
    [QUERY_ACTION_LAST] = true,      /* the last by its number */
    [QUERY_NEWEST] = true,           /* the last few, likewise */
    [QUERY_NEWEST_TROUBLES] = true,  /* likewise */
    [QUERY_LAST_CHANGING] = true,    /* from the last back to one that changed something */
    [QUERY_SAMPLES_PRUNE] = true,    /* the first few by their number */
    [QUERY_ACTION_IN_DOUBT] = true,  /* an index of what is undecided alone */
    [QUERY_ACTION_UNDECIDED] = true, /* likewise */
    [QUERY_CHANNELS_IN_DOUBT] = true,
    [QUERY_TAKE_OVER_ACTIONS] = true, /* once, after rosterd 0.1 */
    [QUERY_TAKEN_OVER] = true,        /* likewise */
    [QUERY_PRUNABLE] = true,          /* the last passes by their last action */
    [QUERY_PRUNE_ACTIONS] = true,     /* likewise */
    [QUERY_PRUNE_OTHERS] = true,      /* the first sample */
};

/* A line of a plan: "SCAN action", "SCAN sample AS new USING INDEX ...". */
static void check_line(QueryId id, const char *line)
{
    for (size_t i = 0; i < ELEMENTS(tables); i++) {
        size_t length = strlen(tables[i]);

        if (strncmp(line, "SCAN ", 5) == 0 && strncmp(line + 5, tables[i], length) == 0 &&
            (line[5 + length] == ' ' || line[5 + length] == '\0') && !may_scan[id])
            fail_msg("%s: %s", sql_texts[id], line);
    }
}

static void check_plan(Store *store, QueryId id)
{
    sqlite3_stmt *plan = NULL;
    char sql[4096];

    snprintf(sql, sizeof(sql), "EXPLAIN QUERY PLAN %s", sql_texts[id]);
    if (sqlite3_prepare_v2(store->db, sql, -1, &plan, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(store->db));
    while (sqlite3_step(plan) == SQLITE_ROW)
        check_line(id, (const char *)sqlite3_column_text(plan, 3));
    sqlite3_finalize(plan);
}

static void test_no_statement_goes_through_a_table(void **state)
{
    Folder *folder = *state;
    Store *store = folder_open(folder);

    for (QueryId id = 0; id < QUERY_COUNT; id++)
        check_plan(store, id);
    store_free(store);
}

static uint64_t look_up(Store *store, const char *sql)
{
    sqlite3_stmt *statement = NULL;
    uint64_t number;

    assert_int_equal(sqlite3_prepare_v2(store->db, sql, -1, &statement, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    number = (uint64_t)sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return number;
}

/* A history that version 10 has written. */
static void test_version_10_gets_its_indexes(void **state)
{
    Folder *folder = *state;
    Store *store = folder_open(folder);

    fill_history(store, 1000);
    assert_int_equal(sqlite3_exec(store->db,
                                  WITHOUT_VERSION_12
                                  "DROP INDEX pass_last; ALTER TABLE pass DROP COLUMN last_action;"
                                  "DROP INDEX action_name; DROP INDEX action_time;"
                                  "DROP INDEX action_channel; DROP INDEX action_undecided;"
                                  "CREATE INDEX action_channel ON action (instance, channel_id);"
                                  "CREATE INDEX action_undecided ON action (id)"
                                  " WHERE outcome IS NULL; PRAGMA user_version = 10;"
                                  "PRAGMA auto_vacuum = NONE; VACUUM",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    store_free(store);
    store = folder_open(folder);
    assert_int_equal(look_up(store, "SELECT count(*) FROM pass WHERE last_action <>"
                                    " (SELECT max(id) FROM action WHERE pass = pass.id)"),
                     0);
    assert_int_equal(look_up(store, "SELECT last_action FROM pass WHERE id = 'filled-0000003'"),
                     4 * FILLED_PASS_SIZE);
    assert_int_equal(look_up(store, "PRAGMA auto_vacuum"), 2);
    for (QueryId id = 0; id < QUERY_COUNT; id++)
        check_plan(store, id);
    store_free(store);
}

/* ---- what it costs ---- */

static const struct {
    const char *name;
    StoreFilter filter;
    size_t found;
} asked[] = {
    {"newest", {.limit = 10}, 10},
    {"page", {.before = 500, .limit = 10}, 10},
    {"id", {.channel = "c3", .limit = 10}, 10},
    {"name", {.channel = "channel-3", .limit = 10}, 10},
    {"name in instance", {.instance = "prod", .channel = "channel-3", .limit = 10}, 10},
    {"page of a channel", {.channel = "c3", .before = 500, .limit = 10}, 10},
    {"action", {.action = 77}, 1},
    {"pass", {.pass = "filled-0000003"}, FILLED_PASS_SIZE},
    {"pass and channel", {.pass = "filled-0000003", .channel = "c3"}, 2},
    {"time", {.since_usec = NOW - 10 * USEC_PER_SEC}, 10},
    {"time and channel", {.since_usec = NOW - 40 * USEC_PER_SEC, .channel = "c3"}, 2},
    {"nobody", {.channel = "c99"}, 0},
    {"future", {.since_usec = NOW + 1}, 0},
};

#define ASKED (ELEMENTS(asked) + 4)

/* Steps of SQLite's machine since the last look. */
static uint64_t count_steps(Store *store)
{
    uint64_t steps = 0;

    for (QueryId id = 0; id < QUERY_COUNT; id++) {
        if (store->statements[id])
            steps +=
                (uint64_t)sqlite3_stmt_status(store->statements[id], SQLITE_STMTSTATUS_VM_STEP, 1);
    }
    return steps;
}

static uint64_t ask(Folder *folder, Store *store, size_t number)
{
    StoreActions actions = {0};

    count_steps(store);
    if (store_history(store, &asked[number].filter, &actions, &folder->err) < 0)
        fail_msg("%s: %s", asked[number].name, folder->err.text);
    if (actions.count != asked[number].found)
        fail_msg("%s: %zu found", asked[number].name, actions.count);
    store_actions_done(&actions);
    return count_steps(store);
}

/* The first page of what was done lately. */
static void read_page(Folder *folder, Store *store)
{
    const StoreFilter filter = {.since_usec = NOW - 10 * USEC_PER_SEC};
    StoreActions actions = {0};
    uint64_t next = 1;

    assert_int_equal(store_history_page(store, &filter, &actions, &next, &folder->err), 0);
    assert_int_equal(actions.count, 10);
    assert_int_equal(next, 0);
    store_actions_done(&actions);
}

/* A pass in which nothing is to be changed, long after the last change. */
static void pass_in_sync(Folder *folder, Store *store)
{
    StorePruned pruned = {0};

    time_pass(2 * USEC_PER_HOUR);
    assert_int_equal(store_name_instance(store, KEY, "prod", &folder->err), 0);
    assert_int_equal(store_prune(store, USEC_PER_DAY, &pruned, &folder->err), 0);
    assert_int_equal(store_begin_pass(store, realtime_now, folder->pass, &folder->err), 0);
    for (size_t i = 0; i < FILLED_CHANNELS; i++) {
        ChannelRecord record = {0};
        char id[16];

        snprintf(id, sizeof(id), "c%zu", i);
        assert_int_equal(store_recall(store, CHANNEL(id), realtime_now, &record, &folder->err), 0);
        assert_int_equal(record.change_count, 0);
        channel_record_done(&record);
        assert_int_equal(store_remember(store, KEY, id, NULL, 0, &folder->err), 0);
    }
    assert_int_equal(store_end_pass(store, folder->pass, "in_sync", realtime_now, NULL), 0);
}

/* The steps of each question to a history of that length. */
static void ask_all(void **state, unsigned int count, uint64_t ret_steps[static ASKED])
{
    Folder *folder = *state;
    Store *store = folder_open(folder);
    char pass[STORE_PASS_ID_SIZE];
    size_t number = 0;

    fill_history(store, count);
    for (; number < ELEMENTS(asked); number++)
        ret_steps[number] = ask(folder, store, number);
    count_steps(store);
    assert_int_equal(store_find_last_changing(store, NULL, NULL, pass, NULL), 0);
    ret_steps[number++] = count_steps(store);
    assert_int_equal(store_find_last_changing(store, "prod", "channel-3", pass, NULL), 0);
    ret_steps[number++] = count_steps(store);
    read_page(folder, store);
    ret_steps[number++] = count_steps(store);
    pass_in_sync(folder, store);
    ret_steps[number++] = count_steps(store);
    assert_int_equal(number, ASKED);
    store_free(store);
}

static void test_a_long_history_costs_nothing(void **state)
{
    uint64_t few[ASKED], many[ASKED];

    ask_all(state, 1000, few);
    folder_teardown(state);
    folder_setup(state);
    ask_all(state, 20000, many);
    for (size_t i = 0; i < ASKED; i++) {
        if (many[i] > few[i] + few[i] / 10)
            fail_msg("question %zu: %" PRIu64 " steps, %" PRIu64 " in a history 20 times as long",
                     i, few[i], many[i]);
    }
}

/* Page by page, newest first, it is the same history; times that a clock set back has put in
 * another order lose none. */
static void test_pages_hold_the_whole_history(void **state)
{
    Folder *folder = *state;
    Store *store = folder_open(folder);
    StoreFilter page = {.limit = 7, .since_usec = NOW - 500 * USEC_PER_SEC};
    size_t count = 0;

    fill_history(store, 1000);
    assert_int_equal(sqlite3_exec(store->db,
                                  "UPDATE action SET recorded_usec = recorded_usec + 3600000000 "
                                  "WHERE id BETWEEN 101 AND 110",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    assert_int_equal(store_history_first(store, page.since_usec, &page.first, &folder->err), 0);
    assert_int_equal(page.first, 101);
    for (size_t got = page.limit; got == page.limit;) {
        StoreActions actions = {0};

        assert_int_equal(store_history(store, &page, &actions, &folder->err), 0);
        got = actions.count;
        count += got;
        for (size_t i = 0; i < got; i++) {
            assert_true(!page.before || actions.items[i].action < page.before);
            assert_true(i == 0 || actions.items[i].action > actions.items[i - 1].action);
        }
        page.before = got ? actions.items[0].action : page.before;
        store_actions_done(&actions);
    }
    assert_int_equal(count, 510);
    store_free(store);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, folder_setup, folder_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_no_statement_goes_through_a_table),
        TEST(test_version_10_gets_its_indexes),
        TEST(test_a_long_history_costs_nothing),
        TEST(test_pages_hold_the_whole_history),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
