/* SPDX-License-Identifier: MIT */
#include "reconcile/plan/listing.h"

#include <errno.h>
#include <inttypes.h>

void listing_begin(Listing *listing)
{
    *listing = (Listing){.tries = 1};
}

ListingStep listing_on_odd_page(Listing *listing, Err *err)
{
    if (listing->tries >= LISTING_TRIES) {
        err_context(err, -EPROTO, "no whole list in %d tries", LISTING_TRIES);
        return LISTING_FAILED;
    }
    *listing = (Listing){.tries = listing->tries + 1};
    return LISTING_AGAIN;
}

ListingStep listing_on_page(Listing *listing, uint64_t total, uint64_t row_count, Err *err)
{
    if (listing->rows == 0)
        listing->total = total;
    if (total != listing->total) {
        err_set(err, -EPROTO,
                "the list changed while it was read (total went from %" PRIu64 " to %" PRIu64 ")",
                listing->total, total);
        return listing_on_odd_page(listing, err);
    }
    listing->rows += row_count;
    if (listing->rows == total)
        return LISTING_WHOLE;
    if (listing->rows > total || row_count < LISTING_PAGE_SIZE) {
        err_set(err, -EPROTO, "the list is not whole (total says %" PRIu64 ", %" PRIu64 " came)",
                total, listing->rows);
        return listing_on_odd_page(listing, err);
    }
    return LISTING_MORE;
}
