/* SPDX-License-Identifier: MIT */
#include "reconcile/pass/lookup.h"

#include <assert.h>

#include "daemon/base/str.h"

static void lookup_read_list(Lookup *lookup);

static uint64_t lookup_now(const Lookup *lookup)
{
    return lookup->dispatch->ops->now_usec(lookup->dispatch->context);
}

/* ---- one entry ---- */

static const RosterChannel *lookup_entry(const Lookup *lookup, size_t number)
{
    assert(number < lookup->channel_count);
    return lookup->channels[number].roster;
}

/* Whether the rows that are there say all of it: two channels may have one name, none has
 * another's id. */
static bool lookup_is_settled(const Lookup *lookup, size_t number)
{
    const RosterChannel *entry = lookup_entry(lookup, number);

    return entry->id && catalog_find(lookup->catalog, entry->id);
}

static size_t lookup_count_open(const Lookup *lookup)
{
    size_t count = 0;

    for (size_t i = 0; i < lookup->channel_count; i++)
        count += !lookup_is_settled(lookup, i);
    return count;
}

static bool lookup_is_meant(const RosterChannel *entry, const ChannelRow *row)
{
    return !row->odd &&
           str_equal(entry->id ? row->id : row->name, entry->id ? entry->id : entry->name);
}

/* The same channel may be meant by its id and by its name: it is one row. */
static int lookup_take_row(void *owner, const Answer *answer, size_t skip, Err *err)
{
    Lookup *lookup = owner;
    const ChannelPage *page = answer->channels;

    lookup->is_odd = page->total != 1 || page->row_count != 1 ||
                     !lookup_is_meant(lookup_entry(lookup, lookup->next), &page->rows[0]);
    if (lookup->is_odd || catalog_find(lookup->catalog, page->rows[0].id))
        return 0;
    return catalog_add_page(lookup->catalog, page, skip, err);
}

static void lookup_forget_nothing(void *owner)
{
    (void)owner;
}

static bool lookup_has_enough(void *owner)
{
    ((Lookup *)owner)->is_odd = true;
    return true;
}

/* The parameter is refused, or no answer could be believed. */
static bool lookup_is_useless(const Lookup *lookup, const Err *err)
{
    return !lookup->dispatch->has_failed && (err->http == 400 || lookup->list.is_odd);
}

static void lookup_forget_pages(void *owner)
{
    Lookup *lookup = owner;

    lookup->page_count = 0;
    catalog_reset(lookup->catalog);
}

static void lookup_next(Lookup *lookup);

static void lookup_on_row(void *owner, ListReadEnd end, const Err *err)
{
    Lookup *lookup = owner;

    if (end == LIST_READ_STOPPED || (end == LIST_READ_FAILED && !lookup_is_useless(lookup, err))) {
        lookup->on_end(lookup->owner, end, err);
        return;
    }
    if (end == LIST_READ_WHOLE && !lookup->is_odd) {
        lookup->next++;
        lookup_next(lookup);
        return;
    }
    lookup->memory->rests_until_usec = lookup_now(lookup) + LOOKUP_KNOWN_USEC;
    lookup_forget_pages(lookup);
    lookup_read_list(lookup);
}

static void lookup_read(Lookup *lookup, const ListReader *reader)
{
    lookup->list = (ListRead){
        .call = &lookup->call, .dispatch = lookup->dispatch, .reader = reader, .owner = lookup};
    list_read_begin(&lookup->list, 0);
}

/* Looks up what is not settled yet. */
static void lookup_next(Lookup *lookup)
{
    static const ListReader reader = {list_read_channel_page, lookup_take_row,
                                      lookup_forget_nothing, lookup_on_row, lookup_has_enough};
    const RosterChannel *entry;

    while (lookup->next < lookup->channel_count && lookup_is_settled(lookup, lookup->next))
        lookup->next++;
    if (lookup->next == lookup->channel_count) {
        lookup->on_end(lookup->owner, LIST_READ_WHOLE, NULL);
        return;
    }
    entry = lookup_entry(lookup, lookup->next);
    lookup->call.request.find_id = entry->id;
    lookup->call.request.find_name = entry->id ? NULL : entry->name;
    lookup->call.doing = "looking up a channel";
    lookup_read(lookup, &reader);
}

/* ---- the whole list ---- */

static int lookup_take_page(void *owner, const Answer *answer, size_t skip, Err *err)
{
    Lookup *lookup = owner;

    lookup->page_count++;
    return catalog_add_page(lookup->catalog, answer->channels, skip, err);
}

/* How many pages follow the first, each of which has one row of the one before. */
static uint64_t lookup_pages_left(const Listing *listing)
{
    uint64_t rows_each = listing->rows > 1 ? listing->rows - 1 : 1;

    assert(listing->total >= listing->rows);
    return (listing->total - listing->rows + rows_each - 1) / rows_each;
}

/* After the first page: whether lookups cost less than the rest. */
static bool lookup_leaves_list(void *owner)
{
    Lookup *lookup = owner;
    uint64_t left = lookup_pages_left(&lookup->list.listing);

    if (!lookup->may_look_up || lookup->page_count > 1)
        return false;
    lookup->memory->page_count = 1 + left;
    lookup->memory->known_until_usec = lookup_now(lookup) + LOOKUP_KNOWN_USEC;
    return lookup_count_open(lookup) < left;
}

static void lookup_on_list(void *owner, ListReadEnd end, const Err *err)
{
    Lookup *lookup = owner;

    if (end == LIST_READ_LEFT) {
        lookup_next(lookup);
        return;
    }
    if (end == LIST_READ_WHOLE) {
        lookup->memory->page_count = lookup->page_count;
        lookup->memory->known_until_usec = lookup_now(lookup) + LOOKUP_KNOWN_USEC;
    }
    lookup->on_end(lookup->owner, end, err);
}

static void lookup_read_list(Lookup *lookup)
{
    static const ListReader reader = {list_read_channel_page, lookup_take_page, lookup_forget_pages,
                                      lookup_on_list, lookup_leaves_list};

    lookup->may_look_up = lookup_now(lookup) >= lookup->memory->rests_until_usec;
    lookup->call.request.find_id = lookup->call.request.find_name = NULL;
    lookup->call.doing = "reading the list of channels";
    lookup_read(lookup, &reader);
}

void lookup_begin(Lookup *lookup, Dispatch *dispatch, Catalog *catalog,
                  const InstanceChannel *channels, size_t channel_count, LookupMemory *memory,
                  bool is_probe, LookupOnEnd on_end, void *owner)
{
    uint64_t now_usec, page_count;

    assert(channel_count > 0);
    *lookup = (Lookup){
        .dispatch = dispatch,
        .catalog = catalog,
        .channels = channels,
        .channel_count = channel_count,
        .memory = memory ? memory : &lookup->forgotten,
        .on_end = on_end,
        .owner = owner,
        .call = {.request = {.kind = REQUEST_LIST_CHANNELS, .instance = dispatch->instance},
                 .is_probe = is_probe},
    };
    now_usec = lookup_now(lookup);
    page_count = now_usec < lookup->memory->known_until_usec ? lookup->memory->page_count : 0;
    if (now_usec >= lookup->memory->rests_until_usec &&
        (channel_count == 1 || channel_count < page_count))
        lookup_next(lookup);
    else
        lookup_read_list(lookup);
}
