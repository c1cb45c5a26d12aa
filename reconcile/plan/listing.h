/* SPDX-License-Identifier: MIT */
/*
 * When a paged list is whole (API.md section 2): its rows add up to `total`, `total` is the same on
 * every page, and each page begins with the row that the page before ended with, so that no row can
 * slip from one page to another unseen while others come and go. How many rows a page has is the
 * service's to choose; where it is a single one, pages can have none in common, and the rest must
 * do: the rows add up, and no id comes twice. A list that is not whole is read again from the
 * start, LISTING_TRIES times in all.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/base/err.h"
#include "reconcile/ops.h"

/* The simulator is built with a smaller one, so that its lists have several pages. */
#ifndef LISTING_PAGE_SIZE
#define LISTING_PAGE_SIZE 500
#endif
#define LISTING_TRIES 3

/* Longer ones are no ids. */
#define LISTING_ID_SIZE (OPS_ID_SIZE_MAX + 1)

typedef struct Listing {
    uint64_t total;                /* as the first page of this try said */
    uint64_t rows;                 /* so far in this try */
    uint32_t tries;                /* begun so far */
    bool is_single;                /* pages have one row: the next one begins behind the last */
    char last_id[LISTING_ID_SIZE]; /* of the last of them, "" where it has none that can be read */
} Listing;

typedef enum ListingStep {
    LISTING_MORE,  /* ask for the page at listing_offset() */
    LISTING_WHOLE, /* the list is complete */
    LISTING_AGAIN, /* forget all rows, ask for the page at offset 0 */
    LISTING_FAILED /* the tries are used up */
} ListingStep;

/* Begins the first try. */
void listing_begin(Listing *listing);

/* Where the next page is to begin: at the last row so far, once more, unless pages have one row. */
uint64_t listing_offset(const Listing *listing);

/* What counts of a page: `id_of` gives the id of a row, "" for one that cannot be read. */
typedef struct ListingPage {
    uint64_t total;
    size_t row_count;
    const char *(*id_of)(const void *rows, size_t row);
    const void *rows;
} ListingPage;

/* How many rows at the page's start are there already, and to be left out: 0 or 1. -EPROTO, told in
 * `err`, where the page does not begin with the row that the one before ended with. */
int listing_fit(const Listing *listing, const ListingPage *page, Err *err);

/* Takes a page that fits and whose rows could be accepted. For AGAIN and FAILED `err` says why the
 * list is not whole. */
ListingStep listing_on_page(Listing *listing, const ListingPage *page, Err *err);

/* Takes a page that could not be accepted for another reason, which `err` tells already. */
ListingStep listing_on_odd_page(Listing *listing, Err *err);
