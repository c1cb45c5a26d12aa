/* SPDX-License-Identifier: MIT */
/* Reading one whole list, of members or of channels: page after page, again where it is not whole
 * (listing.h), until it is, cannot be read, or the pass is stopped. */
#pragma once

#include "reconcile/plan/listing.h"
#include "reconcile/request/dispatch.h"

typedef enum ListReadEnd {
    LIST_READ_WHOLE,   /* all rows were taken */
    LIST_READ_LEFT,    /* its owner needs no further page (ListReader.has_enough) */
    LIST_READ_STOPPED, /* the pass ended before; told in `err` */
    LIST_READ_FAILED,  /* it cannot be read; told in `err` */
} ListReadEnd;

/* A page of the two lists: an answer to REQUEST_LIST_MEMBERS, and to REQUEST_LIST_CHANNELS.
 * Borrowed. */
ListingPage list_read_member_page(const Answer *answer);
ListingPage list_read_channel_page(const Answer *answer);

/* What differs between those who read. */
typedef struct ListReader {
    ListingPage (*page)(const Answer *answer); /* list_read_member_page() or the other */
    /* Takes the rows of a page from number `skip` on. 0; -EPROTO, told in `err`; -ENOMEM. */
    int (*take)(void *owner, const Answer *answer, size_t skip, Err *err);
    /* All rows so far count for nothing. */
    void (*forget)(void *owner);
    void (*on_end)(void *owner, ListReadEnd end, const Err *err);
    /* Whether it needs none of the pages that are left; NULL: it needs all. */
    bool (*has_enough)(void *owner);
} ListReader;

typedef struct ListRead {
    Call *call; /* says what is asked for; the rest of it is filled in here */
    Dispatch *dispatch;
    const ListReader *reader;
    void *owner;
    Listing listing;
    bool is_refused; /* it failed by an answer that the same request would get again */
    bool is_odd;     /* it failed because none of its tries was whole, or could be believed */
} ListRead;

/* Begins after a delay. The end is on_end(), perhaps before this returns. */
void list_read_begin(ListRead *read, uint64_t delay_usec);
