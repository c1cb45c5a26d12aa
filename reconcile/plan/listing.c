/* SPDX-License-Identifier: MIT */
#include "reconcile/plan/listing.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>

#include "daemon/base/str.h"

void listing_begin(Listing *listing)
{
    *listing = (Listing){.tries = 1};
}

ListingStep listing_on_odd_page(Listing *listing, Err *err)
{
    assert(listing->tries >= 1 && listing->tries <= LISTING_TRIES);
    if (listing->tries >= LISTING_TRIES) {
        err_context(err, -EPROTO, "no whole list in %d tries", LISTING_TRIES);
        return LISTING_FAILED;
    }
    *listing = (Listing){.tries = listing->tries + 1};
    return LISTING_AGAIN;
}

/* How many rows the next page has in common with the one before. */
static uint64_t listing_overlap(const Listing *listing)
{
    return listing->rows > 0 && !listing->is_single;
}

uint64_t listing_offset(const Listing *listing)
{
    return listing->rows - listing_overlap(listing);
}

int listing_fit(const Listing *listing, const ListingPage *page, Err *err)
{
    assert(listing->tries >= 1);
    if (listing_overlap(listing) == 0 || page->row_count == 0)
        return 0;
    if (str_equal(page->id_of(page->rows, 0), listing->last_id))
        return 1;
    return err_set(err, -EPROTO,
                   "rows moved while the list was read (a page begins with %.64s, the one before "
                   "ended with %s)",
                   page->id_of(page->rows, 0), listing->last_id);
}

/* The rows of a page that were not there before. */
static uint64_t listing_count_new(const Listing *listing, const ListingPage *page)
{
    return page->row_count > 0 ? page->row_count - listing_overlap(listing) : 0;
}

ListingStep listing_on_page(Listing *listing, const ListingPage *page, Err *err)
{
    uint64_t count = listing_count_new(listing, page), total = page->total;
    bool is_single = page->row_count == 1 && listing->rows == 1 && count == 0;

    assert(listing->tries >= 1 && listing->tries <= LISTING_TRIES);
    if (listing->rows == 0)
        listing->total = total;
    if (total != listing->total) {
        err_set(err, -EPROTO,
                "the list changed while it was read (total went from %" PRIu64 " to %" PRIu64 ")",
                listing->total, total);
        return listing_on_odd_page(listing, err);
    }
    listing->rows += count;
    if (listing->rows == total)
        return LISTING_WHOLE;
    if (listing->rows > total || (count == 0 && !is_single)) {
        err_set(err, -EPROTO, "the list is not whole (total says %" PRIu64 ", %" PRIu64 " came)",
                total, listing->rows);
        return listing_on_odd_page(listing, err);
    }
    listing->is_single = is_single || (listing->is_single && page->row_count == 1);
    str_copy(listing->last_id, sizeof(listing->last_id),
             page->id_of(page->rows, page->row_count - 1));
    return LISTING_MORE;
}
