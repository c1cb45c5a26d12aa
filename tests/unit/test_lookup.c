/* SPDX-License-Identifier: MIT */
/* With how few requests channels are found, for each shape of a roster; and that no filter of the
 * service leads to another decision than its whole list. */
#include "tests/world/world.h"

#include <stdio.h>
#include <string.h>

#include "reconcile/pass/lookup.h"

#define CHANNELS 40
#define PAGE 6
#define PAGES 8 /* 6 rows, then 5 more each, for the first is one of the page before */

static char names[CHANNELS][16], ids[CHANNELS][20];

/* An instance with many channels, of which the rosters name none yet. */
static World *world_of_many(void)
{
    World *world = world_new(1);

    world->page_clamp = PAGE;
    for (size_t i = 0; i < CHANNELS; i++) {
        snprintf(names[i], sizeof(names[i]), "ch-%zu", i);
        snprintf(ids[i], sizeof(ids[i]), "id-%s", names[i]);
        world_add_member(world_add_channel(world, 0, names[i]), "10.0.0.1", 8080);
    }
    return world;
}

static RosterChannel *add_entry(World *world, size_t number, bool by_id)
{
    RosterChannel *roster = world_add_roster(world, 0, by_id ? NULL : names[number]);

    roster->id = by_id ? ids[number] : NULL;
    world_want(world, roster, "", "10.0.0.1", 8080);
    return roster;
}

/* A pass that finds all of them in sync: what finding them costs. */
static void expect_cost(World *world, uint32_t requests)
{
    world_pass(world);
    assert_int_equal(world_count_sent(world, REQUEST_LIST_CHANNELS), requests);
    assert_int_equal(world_count_sent(world, REQUEST_LIST_MEMBERS), world->config.channel_count);
    for (size_t i = 0; i < world->config.channel_count; i++)
        assert_int_equal(world_result(world, i), RESULT_IN_SYNC);
}

static void test_one_is_looked_up(void **state)
{
    (void)state;
    for (int by_id = 0; by_id <= 1; by_id++) {
        World *world = world_of_many();

        add_entry(world, CHANNELS - 1, by_id);
        expect_cost(world, 1);
        expect_cost(world, 1);
        world_free(world);
    }
}

/* The first page tells how many there are; from the next pass on that is known. */
static void test_few_by_name_are_looked_up(void **state)
{
    World *world = world_of_many();

    (void)state;
    add_entry(world, 1, false);
    add_entry(world, 20, false);
    add_entry(world, 30, false);
    expect_cost(world, 1 + 3);
    expect_cost(world, 3);
    world_free(world);
}

static void test_an_id_on_the_first_page_needs_no_other(void **state)
{
    World *world = world_of_many();

    (void)state;
    add_entry(world, 1, true);
    add_entry(world, 2, true);
    add_entry(world, 30, true);
    expect_cost(world, 1 + 1);
    expect_cost(world, 3);
    world_free(world);
}

static void test_a_mixture(void **state)
{
    World *world = world_of_many();

    (void)state;
    add_entry(world, 1, true);
    add_entry(world, 2, false);
    add_entry(world, 31, true);
    add_entry(world, 32, false);
    expect_cost(world, 1 + 3);
    expect_cost(world, 4);
    world_free(world);
}

static void test_all_are_listed(void **state)
{
    World *world = world_of_many();

    (void)state;
    for (size_t i = 0; i < CHANNELS; i++)
        add_entry(world, i, i % 2);
    expect_cost(world, PAGES);
    expect_cost(world, PAGES);
    world_free(world);
}

static void test_as_many_as_pages_are_listed(void **state)
{
    World *world = world_of_many();

    (void)state;
    for (size_t i = 0; i < PAGES; i++)
        add_entry(world, 30 + i, true);
    for (size_t pass = 0; pass < 2; pass++) {
        expect_cost(world, PAGES);
        for (size_t i = 0; i < world->send_count; i++)
            assert_null(world->sends[i].request.find_id);
    }
    world_free(world);
}

/* After the first page seven are left: one request more than six lookups. */
static void test_as_many_as_pages_are_left_are_listed(void **state)
{
    (void)state;
    for (size_t count = PAGES - 2; count < PAGES; count++) {
        World *world = world_of_many();
        size_t found = 0;

        for (size_t i = 0; i < count; i++)
            add_entry(world, 30 + i, true);
        expect_cost(world, (uint32_t)count + 1);
        for (size_t i = 0; i < world->send_count; i++)
            found += world->sends[i].request.find_id != NULL;
        assert_int_equal(found, count < PAGES - 1 ? count : 0);
        world_free(world);
    }
}

/* What a lookup found is forgotten with it: the list that is read instead has it as well. */
static void test_a_second_lookup_is_refused(void **state)
{
    World *world = world_of_many();

    (void)state;
    for (size_t i = 30; i < 33; i++)
        add_entry(world, i, false);
    world_fault(world, REQUEST_LIST_CHANNELS, 3, 1, 400, "APIG.2001");
    expect_cost(world, 1 + 2 + PAGES);
    world_free(world);
}

static void test_where_a_page_holds_all_it_is_read(void **state)
{
    World *world = world_of_many();

    (void)state;
    world->page_clamp = 0;
    for (size_t i = 0; i < 3; i++)
        add_entry(world, i, false);
    expect_cost(world, 1);
    expect_cost(world, 1);
    world_free(world);
}

/* What was known counts for an hour: the list may have become short meanwhile. */
static void test_what_is_known_ages(void **state)
{
    World *world = world_of_many();

    (void)state;
    for (size_t i = 0; i < 3; i++)
        add_entry(world, i, false);
    expect_cost(world, 1 + 3);
    world->page_clamp = 0;
    expect_cost(world, 3);
    world->gap_usec = LOOKUP_KNOWN_USEC;
    expect_cost(world, 1);
    world_free(world);
}

/* Where lookups are of no use, the first pass has one that was in vain, and the next ones none. */
static void test_no_filter_decides_anything(void **state)
{
    (void)state;
    for (int filter = WORLD_FILTER_IGNORED; filter < WORLD_FILTER_COUNT; filter++) {
        World *world = world_of_many();
        bool is_exact = filter == WORLD_FILTER_ANY_CASE;

        world->filter = (WorldFilter)filter;
        add_entry(world, 3, false); /* the beginning of the names of ch-30 to ch-39 */
        world_pass(world);
        assert_int_equal(world_result(world, 0), RESULT_IN_SYNC);
        assert_int_equal(world_count_sent(world, REQUEST_LIST_CHANNELS), is_exact ? 1 : 1 + PAGES);
        expect_cost(world, is_exact ? 1 : PAGES);
        world_free(world);
    }
}

static void expect_failed(World *world, const char *why)
{
    world_pass(world);
    assert_int_equal(world_result(world, 0), RESULT_FAILED);
    if (!strstr(report_error(world_report(world, 0))->text, why))
        fail_msg("\"%s\" does not say \"%s\"", report_error(world_report(world, 0))->text, why);
}

static void test_a_whole_list_says_that_there_is_none(void **state)
{
    World *world = world_of_many();

    (void)state;
    world_want(world, world_add_roster(world, 0, "CH-7"), "", "10.0.0.1", 8080);
    for (int filter = 0; filter < WORLD_FILTER_COUNT; filter++) {
        world->filter = (WorldFilter)filter;
        world->gap_usec = LOOKUP_KNOWN_USEC;
        expect_failed(world, "no channel with the name CH-7");
        assert_in_range(world_count_sent(world, REQUEST_LIST_CHANNELS), 1 + PAGES, 3 + PAGES);
    }
    world_free(world);
}

static void test_two_of_one_name_are_told(void **state)
{
    World *world = world_of_many();

    (void)state;
    add_entry(world, 5, false);
    world_add_channel(world, 0, "twin")->row.name = names[5];
    expect_failed(world, "2 channels named ch-5");
    world_free(world);
}

static void test_one_meant_by_id_and_by_name_is_told(void **state)
{
    World *world = world_of_many();

    (void)state;
    add_entry(world, 35, false);
    add_entry(world, 35, true);
    for (size_t pass = 0; pass < 2; pass++) {
        expect_failed(world, "2 entries");
        assert_int_equal(world_result(world, 1), RESULT_FAILED);
    }
    world_free(world);
}

/* What cannot be read is no reason to ask for more. */
static void test_a_service_that_fails_is_not_asked_otherwise(void **state)
{
    World *world = world_of_many();

    (void)state;
    world->config.retry.attempts = 2;
    add_entry(world, 5, false);
    world_fault(world, REQUEST_LIST_CHANNELS, 1, 2, 503, "");
    expect_failed(world, "looking up a channel");
    assert_int_equal(world_count_sent(world, REQUEST_LIST_CHANNELS), 2);
    expect_cost(world, 1);
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_is_looked_up),
        cmocka_unit_test(test_few_by_name_are_looked_up),
        cmocka_unit_test(test_an_id_on_the_first_page_needs_no_other),
        cmocka_unit_test(test_a_mixture),
        cmocka_unit_test(test_all_are_listed),
        cmocka_unit_test(test_as_many_as_pages_are_listed),
        cmocka_unit_test(test_as_many_as_pages_are_left_are_listed),
        cmocka_unit_test(test_a_second_lookup_is_refused),
        cmocka_unit_test(test_where_a_page_holds_all_it_is_read),
        cmocka_unit_test(test_what_is_known_ages),
        cmocka_unit_test(test_no_filter_decides_anything),
        cmocka_unit_test(test_a_whole_list_says_that_there_is_none),
        cmocka_unit_test(test_two_of_one_name_are_told),
        cmocka_unit_test(test_one_meant_by_id_and_by_name_is_told),
        cmocka_unit_test(test_a_service_that_fails_is_not_asked_otherwise),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
