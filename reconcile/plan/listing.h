/* SPDX-License-Identifier: MIT */
/*
 * The law of whole lists (PRODUCT.md section 4.2, API.md section 2): a paged list counts only if
 * its rows add up to `total` and `total` is the same on every page. A list that is not whole is
 * read again from the start, LISTING_TRIES times in all.
 */
#pragma once

#include <stdint.h>

#include "daemon/base/err.h"

/* The simulator is built with a smaller one, so that its lists have several pages. */
#ifndef LISTING_PAGE_SIZE
#define LISTING_PAGE_SIZE 500
#endif
#define LISTING_TRIES 3

typedef struct Listing {
    uint64_t total; /* as the first page of this try said */
    uint64_t rows;  /* so far in this try: also the offset of the next page */
    uint32_t tries; /* begun so far */
} Listing;

typedef enum ListingStep {
    LISTING_MORE,  /* ask for the page at offset `rows` */
    LISTING_WHOLE, /* the list is complete */
    LISTING_AGAIN, /* forget all rows, ask for the page at offset 0 */
    LISTING_FAILED /* the tries are used up */
} ListingStep;

/* Begins the first try. */
void listing_begin(Listing *listing);

/* Takes the next page's numbers. For AGAIN and FAILED `err` says why it was not whole. */
ListingStep listing_on_page(Listing *listing, uint64_t total, uint64_t row_count, Err *err);

/* Takes a page that could not be accepted for another reason, which `err` tells already. */
ListingStep listing_on_odd_page(Listing *listing, Err *err);
