/* SPDX-License-Identifier: MIT */
/* When a paged list is whole, as numbers; test_pass_listing.c has it on whole passes. */
#include "tests/world/world.h"

#include <stdio.h>
#include <string.h>

#include "reconcile/plan/listing.h"

/* Rows are numbered as the service has them; `rows` points to the number of a page's first. */
static const char *id_of(const void *rows, size_t row)
{
    static char id[32];

    snprintf(id, sizeof(id), "m%zu", *(const size_t *)rows + row);
    return id;
}

static Listing begin(void)
{
    Listing listing;

    listing_begin(&listing);
    return listing;
}

/* The next page: it begins `slip` rows from where it was asked to, and has so many rows. */
static ListingStep take_slipped(Listing *listing, uint64_t total, size_t row_count, size_t slip,
                                Err *err)
{
    size_t first = (size_t)listing_offset(listing) + slip;
    ListingPage page = {total, row_count, id_of, &first};
    int r = listing_fit(listing, &page, err);

    if (r < 0)
        return listing_on_odd_page(listing, err);
    assert_int_equal(r, listing->rows > 0 && row_count > 0 && !listing->is_single);
    return listing_on_page(listing, &page, err);
}

static ListingStep take(Listing *listing, uint64_t total, size_t row_count, Err *err)
{
    return take_slipped(listing, total, row_count, 0, err);
}

static void test_rows_that_add_up_are_a_whole_list(void **state)
{
    Listing listing = begin();
    Err err = {0};

    (void)state;
    assert_int_equal(take(&listing, 0, 0, &err), LISTING_WHOLE);
    listing = begin();
    assert_int_equal(take(&listing, 7, 7, &err), LISTING_WHOLE);
    listing = begin();
    assert_int_equal(take(&listing, 500, 500, &err), LISTING_WHOLE);
    listing = begin();
    assert_int_equal(take(&listing, 999, 500, &err), LISTING_MORE);
    assert_int_equal(listing_offset(&listing), 499);
    assert_int_equal(take(&listing, 999, 500, &err), LISTING_WHOLE);
    listing = begin();
    assert_int_equal(take(&listing, 501, 500, &err), LISTING_MORE);
    assert_int_equal(take(&listing, 501, 2, &err), LISTING_WHOLE);
    assert_false(err_is_set(&err));
}

/* A page has as many rows as the service likes. */
static void test_short_pages_are_asked_on_at_their_end(void **state)
{
    Listing listing = begin();
    Err err = {0};

    (void)state;
    assert_int_equal(take(&listing, 250, 100, &err), LISTING_MORE);
    assert_int_equal(listing_offset(&listing), 99);
    assert_int_equal(take(&listing, 250, 100, &err), LISTING_MORE);
    assert_int_equal(listing_offset(&listing), 198);
    assert_int_equal(take(&listing, 250, 2, &err), LISTING_MORE);
    assert_int_equal(listing_offset(&listing), 199);
    assert_int_equal(take(&listing, 250, 51, &err), LISTING_WHOLE);
    assert_int_equal(listing.rows, 250);
    assert_false(err_is_set(&err));
}

/* Of one row, too, although two such pages have none in common that they could meet at. */
static void test_pages_of_one_row_are_read_on(void **state)
{
    static const uint64_t offsets[] = {0, 0, 1, 2, 3};
    Listing listing = begin();
    Err err = {0};

    (void)state;
    for (size_t i = 0; i < ELEMENTS(offsets); i++) {
        assert_int_equal(listing_offset(&listing), offsets[i]);
        assert_int_equal(take(&listing, 4, 1, &err),
                         i + 1 < ELEMENTS(offsets) ? LISTING_MORE : LISTING_WHOLE);
    }
    assert_int_equal(listing.rows, 4);
    assert_false(err_is_set(&err));
}

/* As soon as they have more rows, they are to meet again. */
static void test_pages_that_grow_meet_again(void **state)
{
    Listing listing = begin();
    Err err = {0};

    (void)state;
    assert_int_equal(take(&listing, 9, 1, &err), LISTING_MORE);
    assert_int_equal(take(&listing, 9, 1, &err), LISTING_MORE);
    assert_int_equal(take(&listing, 9, 4, &err), LISTING_MORE);
    assert_int_equal(listing.rows, 5);
    assert_int_equal(listing_offset(&listing), 4);
    assert_int_equal(take_slipped(&listing, 9, 5, 1, &err), LISTING_AGAIN);
}

/* The total says more than there is. */
static void test_pages_of_one_row_end(void **state)
{
    Listing listing = begin();
    Err err = {0};

    (void)state;
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(take(&listing, 4, 1, &err), LISTING_MORE);
    assert_int_equal(take(&listing, 4, 0, &err), LISTING_AGAIN);
    assert_non_null(strstr(err.text, "total says 4, 3 came"));
    assert_int_equal(listing_offset(&listing), 0);
}

static void expect_again(uint64_t total_1, size_t rows_1, uint64_t total_2, size_t rows_2)
{
    Listing listing = begin();
    Err err = {0};

    if (total_2)
        assert_int_equal(take(&listing, total_1, rows_1, &err), LISTING_MORE);
    assert_int_equal(take(&listing, total_2 ? total_2 : total_1, total_2 ? rows_2 : rows_1, &err),
                     LISTING_AGAIN);
    assert_int_equal(listing.rows, 0);
    assert_int_equal(listing_offset(&listing), 0);
    assert_int_equal(listing.tries, 2);
    assert_true(err_is_set(&err));
}

static void test_anything_else_is_read_again(void **state)
{
    (void)state;
    expect_again(6, 7, 0, 0);         /* one too many */
    expect_again(0, 1, 0, 0);         /* rows of an empty list */
    expect_again(5, 0, 0, 0);         /* no rows at all */
    expect_again(600, 500, 600, 102); /* too much at the end */
    expect_again(600, 500, 600, 0);   /* nothing where something should be */
    expect_again(600, 599, 600, 1);   /* nothing new */
    expect_again(600, 500, 599, 100); /* total went down, as if it added up */
    expect_again(600, 500, 601, 102); /* total went up */
    expect_again(600, 100, 601, 102); /* likewise on short pages */
}

/* The total is the same, and the rows would add up. */
static void test_pages_that_do_not_meet_are_read_again(void **state)
{
    (void)state;
    for (size_t slip = 1; slip < 4; slip++) {
        Listing listing = begin();
        Err err = {0};

        assert_int_equal(take(&listing, 600, 500, &err), LISTING_MORE);
        assert_int_equal(take_slipped(&listing, 600, 101, slip, &err), LISTING_AGAIN);
        assert_non_null(strstr(err.text, "rows moved while the list was read"));
        assert_int_equal(listing.rows, 0);
    }
}

static void test_a_list_is_tried_three_times(void **state)
{
    Listing listing = begin();
    Err err = {0};

    (void)state;
    assert_int_equal(take(&listing, 3, 4, &err), LISTING_AGAIN);
    assert_int_equal(listing_on_odd_page(&listing, &err), LISTING_AGAIN);
    assert_int_equal(take(&listing, 3, 2, &err), LISTING_MORE);
    assert_int_equal(take(&listing, 3, 1, &err), LISTING_FAILED);
    assert_non_null(strstr(err.text, "no whole list in 3 tries"));
    assert_non_null(strstr(err.text, "total says 3, 2 came"));
}

static void test_a_try_begins_with_nothing_of_the_one_before(void **state)
{
    Listing listing = begin();
    Err err = {0};

    (void)state;
    assert_int_equal(take(&listing, 900, 500, &err), LISTING_MORE);
    assert_int_equal(take(&listing, 901, 401, &err), LISTING_AGAIN);
    assert_int_equal(take(&listing, 901, 500, &err), LISTING_MORE);
    assert_int_equal(take(&listing, 901, 402, &err), LISTING_WHOLE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows_that_add_up_are_a_whole_list),
        cmocka_unit_test(test_short_pages_are_asked_on_at_their_end),
        cmocka_unit_test(test_pages_of_one_row_are_read_on),
        cmocka_unit_test(test_pages_that_grow_meet_again),
        cmocka_unit_test(test_pages_of_one_row_end),
        cmocka_unit_test(test_anything_else_is_read_again),
        cmocka_unit_test(test_pages_that_do_not_meet_are_read_again),
        cmocka_unit_test(test_a_list_is_tried_three_times),
        cmocka_unit_test(test_a_try_begins_with_nothing_of_the_one_before),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
