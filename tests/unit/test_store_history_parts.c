/* SPDX-License-Identifier: MIT */
/* Which changes each choice of a history gives, at its bounds: the newest, a page, where it starts.
 * Numbers 1 to 30, one a second up to NOW, in channels c0 to c19 by turns, of one pass. */
#include "tests/unit/store_filled.h"

#define AT(number) (NOW + ((number)-31) * USEC_PER_SEC)
#define PASS "filled-0000000"

static void show(StoreActions *actions, Buf *text)
{
    for (size_t i = 0; i < actions->count; i++) {
        uint64_t first = actions->items[i].action, last = first;

        while (i + 1 < actions->count && actions->items[i + 1].action == last + 1)
            last = actions->items[++i].action;
        buf_printf(text, first == last ? "%d " : "%d-%d ", (int)first, (int)last);
    }
    store_actions_done(actions);
}

/* "the newest; a page, and where to go on; after which the newest begin" */
static const struct {
    StoreFilter filter;
    const char *told;
} choices[] = {
    {{.limit = 3}, "28-30 ; 1-3 then 3; 27"},
    {{.limit = 30}, "1-30 ; 1-30 then 0; 0"},
    {{.limit = 29}, "2-30 ; 1-29 then 29; 1"},
    {{.limit = 31}, "1-30 ; 1-30 then 0; 0"},
    {{.limit = 3, .before = 10}, "7-9 ; 1-3 then 3; 6"},
    {{.limit = 3, .before = 3}, "1-2 ; 1-2 then 0; 0"},
    {{.limit = 3, .before = 1}, "; then 0; 0"},
    {{.limit = 3, .after = 10}, "28-30 ; 11-13 then 13; 27"},
    {{.limit = 3, .after = 27}, "28-30 ; 28-30 then 0; 27"},
    {{.limit = 3, .after = 28}, "28-30 ; 29-30 then 0; 27"},
    {{.limit = 3, .after = 30}, "28-30 ; then 0; 27"},
    {{.limit = 9, .after = 10, .before = 12}, "3-11 ; 11 then 0; 2"},
    {{.limit = 9, .after = 10, .before = 11}, "2-10 ; then 0; 1"},
    {{.limit = 9, .since_usec = AT(25)}, "25-30 ; 25-30 then 0; 24"},
    {{.limit = 9, .since_usec = AT(25) + 1}, "26-30 ; 26-30 then 0; 25"},
    {{.limit = 3, .since_usec = AT(25), .after = 26}, "28-30 ; 27-29 then 29; 27"},
    {{.limit = 9, .since_usec = AT(30)}, "30 ; 30 then 0; 29"},
    {{.limit = 9, .since_usec = AT(30) + 1}, "; then 0; 0"},
    {{.limit = 9, .since_usec = AT(1)}, "22-30 ; 1-9 then 9; 21"},
    {{.limit = 2, .since_usec = AT(1) + 1}, "29-30 ; 2-3 then 3; 28"},
    {{.limit = 9, .first = 24}, "24-30 ; 1-9 then 9; 21"},
    {{.limit = 9, .first = 24, .before = 27}, "24-26 ; 1-9 then 9; 17"},
    {{.limit = 9, .action = 7}, "7 ; 7 then 0; 6"},
    {{.limit = 9, .action = 1}, "1 ; 1 then 0; 0"},
    {{.limit = 9, .action = 31}, "; then 0; 0"},
    {{.limit = 9, .action = 7, .before = 8}, "7 ; 7 then 0; 6"},
    {{.limit = 9, .action = 7, .before = 7}, "; then 0; 0"},
    {{.limit = 9, .action = 7, .first = 7}, "7 ; 7 then 0; 6"},
    {{.limit = 9, .action = 7, .first = 8}, "; 7 then 0; 6"},
    {{.limit = 9, .action = 7, .after = 6}, "7 ; 7 then 0; 6"},
    {{.limit = 9, .action = 7, .after = 7}, "7 ; then 0; 6"},
    {{.limit = 9, .channel = "c3"}, "4 24 ; 4 24 then 0; 3"},
    {{.limit = 1, .channel = "channel-3"}, "24 ; 4 then 4; 23"},
    {{.limit = 2, .channel = "channel-3"}, "4 24 ; 4 24 then 24; 3"},
    {{.limit = 9, .channel = "c3", .instance = "prod"}, "4 24 ; 4 24 then 0; 3"},
    {{.limit = 9, .channel = "c3", .instance = "other"}, "; then 0; 0"},
    {{.limit = 9, .channel = "c3", .before = 24}, "4 ; 4 then 0; 3"},
    {{.limit = 9, .channel = "c3", .after = 4}, "4 24 ; 24 then 0; 3"},
    {{.limit = 9, .channel = "c3", .since_usec = AT(5)}, "24 ; 24 then 0; 23"},
    {{.limit = 4, .pass = PASS}, "27-30 ; 1-4 then 4; 26"},
    {{.limit = 9, .pass = PASS, .channel = "c3"}, "4 24 ; 4 24 then 0; 3"},
    {{.limit = 9, .pass = PASS, .instance = "other"}, "; then 0; 0"},
    {{.limit = 9, .pass = "another"}, "; then 0; 0"},
    {{.limit = 9, .pass = PASS, .action = 9}, "9 ; 9 then 0; 8"},
};

static void check_choice(Store *store, const StoreFilter *filter, const char *told)
{
    StoreActions actions = {0};
    uint64_t next = 99, after = 99;
    Buf text = {0};

    assert_int_equal(store_history(store, filter, &actions, NULL), 0);
    show(&actions, &text);
    assert_int_equal(store_history_page(store, filter, &actions, &next, NULL), 0);
    buf_puts(&text, "; ");
    show(&actions, &text);
    assert_int_equal(store_history_start(store, filter, &after, NULL), 0);
    buf_printf(&text, "then %d; %d", (int)next, (int)after);
    assert_string_equal(buf_text(&text), told);
    buf_done(&text);
}

static void test_choices(void **state)
{
    Folder *folder = *state;
    Store *store = folder_open(folder), *reader;

    fill_history(store, 30);
    reader = folder_open_read_only(folder);
    for (size_t i = 0; i < ELEMENTS(choices); i++) {
        check_choice(store, &choices[i].filter, choices[i].told);
        check_choice(reader, &choices[i].filter, choices[i].told);
    }
    store_free(reader);
    store_free(store);
}

/* A page that ends at what it may look through is the last where that is all there is. */
static void test_the_most_that_a_page_looks_through(void **state)
{
    static const struct {
        uint32_t last;
        uint64_t next;
    } rows[] = {{STORE_HISTORY_SCAN - 1, 0},
                {STORE_HISTORY_SCAN, 0},
                {STORE_HISTORY_SCAN + 1, STORE_HISTORY_SCAN},
                {STORE_HISTORY_SCAN + 2, STORE_HISTORY_SCAN}};
    Folder *folder = *state;
    Store *store = folder_open(folder);
    uint64_t last = 2;

    fill_history(store, 2);
    for (size_t i = 0; i < ELEMENTS(rows); i++) {
        StoreActions actions = {0};
        uint64_t next = 99;
        char sql[128];

        snprintf(sql, sizeof(sql), "UPDATE action SET id = %u WHERE id = %u", rows[i].last,
                 (unsigned int)last);
        assert_int_equal(sqlite3_exec(store->db, sql, NULL, NULL, NULL), SQLITE_OK);
        last = rows[i].last;
        assert_int_equal(
            store_history_page(store, &(StoreFilter){.limit = 5}, &actions, &next, NULL), 0);
        assert_int_equal(actions.count, rows[i].next ? 1 : 2);
        assert_int_equal(next, rows[i].next);
        store_actions_done(&actions);
    }
    store_free(store);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, folder_setup, folder_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_choices),
        TEST(test_the_most_that_a_page_looks_through),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
