/* SPDX-License-Identifier: MIT */
#include "reconcile/channel/channel.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "daemon/base/clock.h"
#include "daemon/base/str.h"
#include "reconcile/request/retry.h"

void channel_tell(const ChannelPass *channel, EventKind kind, const Err *err)
{
    const ChannelReport *report = channel->report;
    Event event = {
        .kind = kind,
        .roster = channel->roster,
        .pass = channel->pass_id,
        .instance_name = report->instance_name,
        .channel_name = report->name ? report->name : "",
        .channel_id = report->id ? report->id : "",
        .member = "",
        .member_id = "",
        .digest = report->digest,
        .err = err,
    };

    channel->ops->tell(channel->context, &event);
}

void channel_explain_pause(Err *err)
{
    err_set(err, -ECANCELED, "the channel was paused during the pass");
}

void channel_done(ChannelPass *channel)
{
    desired_done(&channel->desired);
    diff_done(&channel->diff);
    diff_done(&channel->confirmed);
    channel_record_done(&channel->record);
    map_done(&channel->tried);
    free(channel->deletions);
    free(channel->sent);
    channel->deletions = NULL;
    channel->sent = NULL;
}

void channel_close(ChannelPass *channel, Result result, const Err *err)
{
    ChannelReport *report = channel->report;

    assert(!channel->is_done && !channel->call.is_in_flight);
    report->result = result;
    if (err && !err_is_set(&report->error))
        report->error = *err;
    /* Whatever did not work says why. */
    assert((result != RESULT_FAILED && result != RESULT_UNMANAGEABLE) ||
           err_is_set(&report->error));
    assert(!channel->keeps_slot);
    channel->is_done = true;
    assert(*channel->open_count > 0);
    --*channel->open_count;
    channel_done(channel);
}

void channel_end(ChannelPass *channel, Result result, const Err *err)
{
    channel_close(channel, result, err);
    if (result == RESULT_FAILED || result == RESULT_UNMANAGEABLE)
        channel_tell(channel, EVENT_CHANNEL_FAILED, &channel->report->error);
}

void channel_fail(ChannelPass *channel, int error, const char *what)
{
    Err err = {0};

    assert(error < 0);
    if (error == -ENOMEM)
        err_memory(&err);
    else
        err_system(&err, error, "%s", what);
    channel_end(channel, RESULT_FAILED, &err);
}

/* ---- reading a whole list ---- */

static void channel_ask(ChannelPass *channel, uint64_t delay_usec)
{
    channel->call.request.offset = listing_offset(&channel->listing);
    dispatch_begin(channel->dispatch, &channel->call, delay_usec);
}

static const char *channel_row_id(const void *rows, size_t row)
{
    return ((const MemberRow *)rows)[row].id;
}

static ListingStep channel_take_page(ChannelPass *channel, const MemberPage *page, Err *err)
{
    ListingPage listed = {page->total, page->row_count, channel_row_id, page->rows};
    int r = listing_fit(&channel->listing, &listed, err);

    if (r >= 0)
        r = diff_add_page(channel->reading, page, (size_t)r, err);
    if (r == -ENOMEM)
        return LISTING_FAILED;
    if (r < 0)
        return listing_on_odd_page(&channel->listing, err);
    return listing_on_page(&channel->listing, &listed, err);
}

static void channel_on_step(ChannelPass *channel, ListingStep step, const Err *err)
{
    const Retry *law = &channel->config->retry;

    switch (step) {
    case LISTING_MORE:
        channel_ask(channel, 0);
        return;
    case LISTING_WHOLE:
        channel->on_whole(channel);
        return;
    case LISTING_AGAIN:
        diff_reset(channel->reading);
        channel_ask(channel,
                    retry_delay_usec(law->base_usec, law->cap_usec, channel->listing.tries - 2,
                                     dispatch_random(channel->dispatch)));
        return;
    case LISTING_FAILED:
        channel_end(channel, RESULT_FAILED, err);
        return;
    }
}

static void channel_on_page(Call *call, CallEnd end, const Answer *answer, const Err *err)
{
    ChannelPass *channel = call->owner;
    Err why = *err;

    switch (end) {
    case CALL_DONE:
        channel_on_step(channel, channel_take_page(channel, answer->members, &why), &why);
        return;
    case CALL_ODD:
        channel_on_step(channel, listing_on_odd_page(&channel->listing, &why), &why);
        return;
    case CALL_STOPPED:
        channel_end(channel, err_is_set(&channel->report->error) ? RESULT_FAILED : RESULT_DRIFT,
                    err);
        return;
    case CALL_GONE:
    case CALL_UNCERTAIN:
    case CALL_FAILED:
    case CALL_CHANNEL:
    case CALL_INSTANCE:
        channel_end(channel, RESULT_FAILED, err);
        return;
    }
}

void channel_read(ChannelPass *channel, Diff *diff, uint64_t delay_usec, ChannelOnWhole on_whole)
{
    assert(channel->row && on_whole && !channel->is_done && !channel->call.is_in_flight);
    assert(diff == &channel->diff || diff == &channel->confirmed);
    channel->call = (Call){
        .request =
            {
                .kind = REQUEST_LIST_MEMBERS,
                .instance = channel->roster->instance,
                .channel = channel->roster,
                .channel_id = channel->row->id,
                .limit = LISTING_PAGE_SIZE,
                .tag = &channel->call,
            },
        .doing = "reading the members",
        .channel_name = channel->report->name,
        .on_end = channel_on_page,
        .owner = channel,
    };
    channel->reading = diff;
    channel->on_whole = on_whole;
    listing_begin(&channel->listing);
    channel_ask(channel, delay_usec);
}

bool channel_look_again(ChannelPass *channel, Diff *diff, uint32_t *looks, ChannelOnWhole on_whole)
{
    static const uint64_t waits_usec[] = {1 * USEC_PER_SEC, 3 * USEC_PER_SEC, 10 * USEC_PER_SEC};

    assert(*looks <= ELEMENTS(waits_usec));
    if (*looks == ELEMENTS(waits_usec))
        return false;
    diff_reset(diff);
    channel_read(channel, diff, waits_usec[(*looks)++], on_whole);
    return true;
}

void channel_start(ChannelPass *channel, const ChannelRow *row, ChannelOnWhole on_list)
{
    Err err = {0};
    ChannelKind kind = catalog_classify(row, &err);
    int r;

    assert(on_list && !channel->row);
    assert(!row->odd && !channel->is_done);
    channel->row = row;
    if (report_set_identity(channel->report, row->id, row->name) < 0) {
        channel_fail(channel, -ENOMEM, "");
        return;
    }
    if (kind == CHANNEL_UNMANAGEABLE) {
        channel_end(channel, RESULT_UNMANAGEABLE, &err);
        return;
    }
    channel->report->is_ecs = kind == CHANNEL_OF_ECS;
    r = desired_init(&channel->desired, channel->roster, row->port, channel->report->is_ecs, &err);
    if (r == 0 &&
        diff_init(&channel->diff, &channel->desired, row->id, channel->report->is_ecs) < 0)
        r = err_memory(&err);
    if (r < 0)
        channel_end(channel, RESULT_FAILED, &err);
    else
        channel_read(channel, &channel->diff, 0, on_list);
}
