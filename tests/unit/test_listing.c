/* SPDX-License-Identifier: MIT */
/* The law of whole lists, as numbers; test_pass_listing.c has it on whole passes. */
#include "tests/world/world.h"

#include <string.h>

#include "reconcile/plan/listing.h"

static Listing begin(void)
{
    Listing listing;

    listing_begin(&listing);
    return listing;
}

static void test_rows_that_add_up_are_a_whole_list(void **state)
{
    Listing listing = begin();
    Err err = {0};

    (void)state;
    assert_int_equal(listing_on_page(&listing, 0, 0, &err), LISTING_WHOLE);
    listing = begin();
    assert_int_equal(listing_on_page(&listing, 7, 7, &err), LISTING_WHOLE);
    listing = begin();
    assert_int_equal(listing_on_page(&listing, 500, 500, &err), LISTING_WHOLE);
    listing = begin();
    assert_int_equal(listing_on_page(&listing, 1000, 500, &err), LISTING_MORE);
    assert_int_equal(listing.rows, 500);
    assert_int_equal(listing_on_page(&listing, 1000, 500, &err), LISTING_WHOLE);
    listing = begin();
    assert_int_equal(listing_on_page(&listing, 501, 500, &err), LISTING_MORE);
    assert_int_equal(listing_on_page(&listing, 501, 1, &err), LISTING_WHOLE);
    assert_false(err_is_set(&err));
}

static void expect_again(uint64_t total_1, uint64_t rows_1, uint64_t total_2, uint64_t rows_2)
{
    Listing listing = begin();
    Err err = {0};

    if (total_2)
        assert_int_equal(listing_on_page(&listing, total_1, rows_1, &err), LISTING_MORE);
    assert_int_equal(
        listing_on_page(&listing, total_2 ? total_2 : total_1, total_2 ? rows_2 : rows_1, &err),
        LISTING_AGAIN);
    assert_int_equal(listing.rows, 0);
    assert_int_equal(listing.tries, 2);
    assert_true(err_is_set(&err));
}

static void test_anything_else_is_read_again(void **state)
{
    (void)state;
    expect_again(7, 6, 0, 0);         /* a row is missing */
    expect_again(6, 7, 0, 0);         /* one too many */
    expect_again(0, 1, 0, 0);         /* rows of an empty list */
    expect_again(5, 0, 0, 0);         /* no rows at all */
    expect_again(600, 499, 0, 0);     /* a short page before the end */
    expect_again(600, 500, 600, 99);  /* and one at the end */
    expect_again(600, 500, 600, 101); /* too much at the end */
    expect_again(600, 500, 600, 0);   /* nothing where something should be */
    expect_again(600, 500, 599, 99);  /* total went down, as if it added up */
    expect_again(600, 500, 601, 101); /* total went up */
}

static void test_a_list_is_tried_three_times(void **state)
{
    Listing listing = begin();
    Err err = {0};

    (void)state;
    assert_int_equal(listing_on_page(&listing, 3, 2, &err), LISTING_AGAIN);
    assert_int_equal(listing_on_odd_page(&listing, &err), LISTING_AGAIN);
    assert_int_equal(listing_on_page(&listing, 3, 2, &err), LISTING_FAILED);
    assert_non_null(strstr(err.text, "no whole list in 3 tries"));
    assert_non_null(strstr(err.text, "total says 3, 2 came"));
}

static void test_a_try_begins_with_nothing_of_the_one_before(void **state)
{
    Listing listing = begin();
    Err err = {0};

    (void)state;
    assert_int_equal(listing_on_page(&listing, 900, 500, &err), LISTING_MORE);
    assert_int_equal(listing_on_page(&listing, 901, 400, &err), LISTING_AGAIN);
    assert_int_equal(listing_on_page(&listing, 901, 500, &err), LISTING_MORE);
    assert_int_equal(listing_on_page(&listing, 901, 401, &err), LISTING_WHOLE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows_that_add_up_are_a_whole_list),
        cmocka_unit_test(test_anything_else_is_read_again),
        cmocka_unit_test(test_a_list_is_tried_three_times),
        cmocka_unit_test(test_a_try_begins_with_nothing_of_the_one_before),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
