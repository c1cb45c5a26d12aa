/* SPDX-License-Identifier: MIT */
/*
 * DOC: with how few requests an instance's channels are found
 *
 * Each entry of the rosters must be told which channel it means and of what kind that is, anew in
 * each pass. The service offers two ways (API.md section 1.10): its list of channels,
 * LISTING_PAGE_SIZE a page, and the same list filtered by an id or, with precise_search, by a name.
 *
 * Of n entries on an instance whose list has p pages, no way is known with fewer than min(n, p)
 * requests: one answer tells of one entry, or of one page. So:
 *
 *   one entry             1         the lookup: without a request nothing is known of it
 *   n entries, p known    min(n, p) the one or the other
 *   n entries, p unknown  1 + min(m, p - 1)   the first page, which tells p; m of the n are not
 *                         settled by it, all of those that go by a name among them, for a second
 *                         channel of that name may be on a page to come
 *
 * What is known of p is kept from pass to pass, for LOOKUP_KNOWN_USEC.
 *
 * The filters are not confirmed, so a lookup counts only if it answers with exactly one row that is
 * exactly what was asked for and well-formed. Whatever else it brings (nothing, several rows, other
 * spellings, another total, a refusal of the parameter) proves nothing: the whole list is read
 * instead, as if nothing had been looked up, and lookups rest for LOOKUP_KNOWN_USEC. That a channel
 * does not exist is said by a whole list alone.
 */
#pragma once

#include "reconcile/pass/instance_channel.h"

/* How long what was learnt of an instance's list counts. */
#define LOOKUP_KNOWN_USEC USEC_PER_HOUR

/* What is known of an instance's list from one pass to the next. Starts as {0}. */
typedef struct LookupMemory {
    uint64_t page_count;       /* 0: not known */
    uint64_t known_until_usec; /* monotonic */
    uint64_t rests_until_usec; /* likewise: lookups are of no use before */
} LookupMemory;

/* All rows that are needed are in the catalog, or `err` tells why not. */
typedef void (*LookupOnEnd)(void *owner, ListReadEnd end, const Err *err);

typedef struct Lookup {
    Dispatch *dispatch;
    Catalog *catalog;                /* which is filled */
    const InstanceChannel *channels; /* the entries */
    size_t channel_count;
    LookupMemory *memory;
    LookupOnEnd on_end;
    void *owner;
    Call call;
    ListRead list;
    LookupMemory forgotten; /* of who has no memory */
    size_t next;            /* the entry that is looked up, or comes next */
    uint64_t page_count;    /* of the list, so far */
    bool may_look_up;       /* the list may be left for lookups */
    bool is_odd;            /* the answer is none that counts */
} Lookup;

/* Begins; the end is on_end(), perhaps before this returns. Everything is borrowed; `memory` may be
 * NULL. The catalog is empty. */
void lookup_begin(Lookup *lookup, Dispatch *dispatch, Catalog *catalog,
                  const InstanceChannel *channels, size_t channel_count, LookupMemory *memory,
                  bool is_probe, LookupOnEnd on_end, void *owner);
