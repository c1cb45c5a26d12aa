/* SPDX-License-Identifier: MIT */
#include "reconcile/channel/list_read.h"

#include <assert.h>
#include <errno.h>

#include "reconcile/request/classify.h"
#include "reconcile/request/retry.h"

static const char *list_read_member_id(const void *rows, size_t row)
{
    return ((const MemberRow *)rows)[row].id;
}

ListingPage list_read_member_page(const Answer *answer)
{
    const MemberPage *page = answer->members;

    return (ListingPage){page->total, page->row_count, list_read_member_id, page->rows};
}

static const char *list_read_channel_id(const void *rows, size_t row)
{
    return ((const ChannelRow *)rows)[row].id;
}

ListingPage list_read_channel_page(const Answer *answer)
{
    const ChannelPage *page = answer->channels;

    return (ListingPage){page->total, page->row_count, list_read_channel_id, page->rows};
}

static void list_read_ask(ListRead *read, uint64_t delay_usec)
{
    read->call->request.offset = listing_offset(&read->listing);
    dispatch_begin(read->dispatch, read->call, delay_usec);
}

static ListingStep list_read_take(ListRead *read, const Answer *answer, Err *err)
{
    const ListingPage page = read->reader->page(answer);
    int r = listing_fit(&read->listing, &page, err);

    if (r >= 0)
        r = read->reader->take(read->owner, answer, (size_t)r, err);
    if (r == -ENOMEM)
        return LISTING_FAILED;
    if (r < 0)
        return listing_on_odd_page(&read->listing, err);
    return listing_on_page(&read->listing, &page, err);
}

static void list_read_on_step(ListRead *read, ListingStep step, const Err *err)
{
    const Retry *policy = &read->dispatch->config->retry;

    switch (step) {
    case LISTING_MORE:
        if (read->reader->has_enough && read->reader->has_enough(read->owner))
            read->reader->on_end(read->owner, LIST_READ_LEFT, NULL);
        else
            list_read_ask(read, 0);
        return;
    case LISTING_WHOLE:
        read->reader->on_end(read->owner, LIST_READ_WHOLE, NULL);
        return;
    case LISTING_AGAIN:
        read->reader->forget(read->owner);
        list_read_ask(read,
                      retry_delay_usec(policy->base_usec, policy->cap_usec, read->listing.tries - 2,
                                       dispatch_random(read->dispatch)));
        return;
    case LISTING_FAILED:
        read->is_odd = read->listing.tries == LISTING_TRIES;
        read->reader->on_end(read->owner, LIST_READ_FAILED, err);
        return;
    }
}

static bool list_read_is_refused(const Call *call, const Answer *answer)
{
    Verdict verdict = answer ? classify(call->request.kind, answer) : VERDICT_RETRY;

    return verdict == VERDICT_PERMANENT || verdict == VERDICT_CHANNEL;
}

static void list_read_on_answer(Call *call, CallEnd end, const Answer *answer, const Err *err)
{
    ListRead *read = call->owner;
    Err why = *err;

    assert(call == read->call);
    switch (end) {
    case CALL_DONE:
        list_read_on_step(read, list_read_take(read, answer, &why), &why);
        return;
    case CALL_ODD:
        list_read_on_step(read, listing_on_odd_page(&read->listing, &why), &why);
        return;
    case CALL_STOPPED:
        read->reader->on_end(read->owner, LIST_READ_STOPPED, err);
        return;
    case CALL_GONE:
    case CALL_UNCERTAIN:
    case CALL_FAILED:
    case CALL_WITHHELD:
    case CALL_CHANNEL:
    case CALL_INSTANCE:
        read->is_refused = list_read_is_refused(call, answer);
        read->reader->on_end(read->owner, LIST_READ_FAILED, err);
        return;
    }
}

void list_read_begin(ListRead *read, uint64_t delay_usec)
{
    assert(read->dispatch && read->owner && !read->call->is_in_flight);
    read->call->request.limit = LISTING_PAGE_SIZE;
    read->call->request.tag = read->call;
    read->call->on_end = list_read_on_answer;
    read->call->owner = read;
    listing_begin(&read->listing);
    list_read_ask(read, delay_usec);
}
