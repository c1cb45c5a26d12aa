/* SPDX-License-Identifier: MIT */
#include "reconcile/channel/channel.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "daemon/base/clock.h"
#include "daemon/base/str.h"
#include "reconcile/channel/gate.h"
#include "reconcile/request/classify.h"

Event channel_event(const ChannelPass *channel, EventKind kind, const Err *err)
{
    const ChannelReport *report = channel->report;

    return (Event){
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
}

void channel_tell(const ChannelPass *channel, EventKind kind, const Err *err)
{
    const Event event = channel_event(channel, kind, err);

    channel->ops->tell(channel->context, &event);
}

static bool channel_may_send(Call *call, Err *why)
{
    ChannelPass *channel = call->owner;

    if (!gate_shuts(channel))
        return true;
    channel_explain_pause(channel, why);
    return false;
}

/* What completes an exchange needs no window. */
void channel_change(ChannelPass *channel, const Request *change, const char *doing,
                    CallOnEnd on_end)
{
    bool is_bound = channel->exchange == EXCHANGE_ADDING;

    assert(request_is_change(change->kind) && !channel->call.is_in_flight);
    channel->call = (Call){
        .request = *change,
        .doing = doing,
        .channel_name = channel->report->name,
        .member = channel->member,
        .on_end = on_end,
        .may_send = is_bound ? NULL : channel_may_send,
        .is_bound = is_bound,
        .owner = channel,
    };
    channel->call.request.instance = channel->roster->instance;
    channel->call.request.channel = channel->roster;
    channel->call.request.channel_id = channel->row->id;
    channel->call.request.tag = &channel->call;
    dispatch_begin(channel->dispatch, &channel->call, 0);
}

bool channel_is_full(const Answer *answer)
{
    return classify_is_full(answer);
}

Result channel_paused_result(const ChannelPass *channel)
{
    assert(channel->is_paused);
    return channel->is_withheld ? RESULT_HELD : RESULT_PAUSED;
}

void channel_explain_pause(const ChannelPass *channel, Err *err)
{
    if (channel->is_shut)
        err_set(err, -ECANCELED, "changes ended during the pass: %s",
                channel->report->pause_reason);
    else
        err_set(err, -ECANCELED, "the channel was paused during the pass");
}

void channel_done(ChannelPass *channel)
{
    desired_done(&channel->desired);
    diff_done(&channel->diff);
    diff_done(&channel->confirmed);
    channel_record_done(&channel->record);
    quarantine_done(&channel->quarantine);
    map_done(&channel->quarantine_ids);
    fate_done(&channel->fates);
    map_done(&channel->tried);
    free(channel->guards);
    free(channel->held);
    free(channel->changes);
    free(channel->sent);
    free(channel->member);
    channel->guards = channel->held = NULL;
    channel->changes = NULL;
    channel->sent = NULL;
    channel->member = NULL;
}

void channel_close(ChannelPass *channel, Result result, const Err *err)
{
    ChannelReport *report = channel->report;

    assert(!channel->is_done && !channel->call.is_in_flight);
    report->result = result;
    if (err && !report->error)
        report_set_error(report, err);
    /* A channel that failed always says why. */
    assert((result != RESULT_FAILED && result != RESULT_UNMANAGEABLE) || report->error);
    assert(!channel->keeps_slot);
    channel->is_done = true;
    assert(*channel->open_count > 0);
    --*channel->open_count;
    channel_done(channel);
    if (!channel->done)
        return;
    channel->next_done = *channel->done;
    *channel->done = channel;
}

void channel_end(ChannelPass *channel, Result result, const Err *err)
{
    channel_close(channel, result, err);
    if (result == RESULT_FAILED || result == RESULT_UNMANAGEABLE)
        channel_tell(channel, EVENT_CHANNEL_FAILED, channel->report->error);
}

/* ---- reading a whole list ---- */

static int channel_take_page(void *owner, const Answer *answer, size_t skip, Err *err)
{
    return diff_add_page(((ChannelPass *)owner)->reading, answer->members, skip, err);
}

static void channel_forget_rows(void *owner)
{
    diff_reset(((ChannelPass *)owner)->reading);
}

static void channel_on_list(void *owner, ListReadEnd end, const Err *err)
{
    ChannelPass *channel = owner;

    if (end == LIST_READ_WHOLE) {
        channel->listed_usec = channel->ops->now_usec(channel->context);
        channel->on_whole(channel);
        return;
    }
    channel->report->is_refused = channel->list.is_refused && !channel->report->has_list;
    if (channel->on_unread)
        channel->on_unread(channel);
    if (end == LIST_READ_STOPPED && channel->is_paused && !channel->dispatch->is_stopped)
        channel_end(channel, channel_paused_result(channel), NULL);
    else if (end == LIST_READ_STOPPED && !channel->report->error)
        channel_end(channel, RESULT_DRIFT, err);
    else
        channel_end(channel, RESULT_FAILED, err);
}

void channel_read(ChannelPass *channel, Diff *diff, uint64_t delay_usec, ChannelOnWhole on_whole)
{
    static const ListReader reader = {list_read_member_page, channel_take_page, channel_forget_rows,
                                      channel_on_list, NULL};

    assert(channel->row && on_whole && !channel->is_done && !channel->call.is_in_flight);
    assert(diff == &channel->diff || diff == &channel->confirmed);
    channel->call = (Call){
        .request =
            {
                .kind = REQUEST_LIST_MEMBERS,
                .instance = channel->roster->instance,
                .channel = channel->roster,
                .channel_id = channel->row->id,
            },
        .doing = "reading the members",
        .channel_name = channel->report->name,
    };
    channel->reading = diff;
    channel->on_whole = on_whole;
    channel->list = (ListRead){
        .call = &channel->call, .dispatch = channel->dispatch, .reader = &reader, .owner = channel};
    list_read_begin(&channel->list, delay_usec);
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

int channel_recall_quarantine(ChannelPass *channel, Err *err)
{
    int r;

    map_clear(&channel->quarantine_ids);
    quarantine_done(&channel->quarantine);
    r = channel->ops->recall_quarantine(channel->context, channel->roster, channel->row->id,
                                        &channel->quarantine, err);
    if (r == 0 && fate_collect_ids(&channel->quarantine, &channel->quarantine_ids) < 0)
        r = err_memory(err);
    return r;
}

/* Who is in quarantine is wanted whole of the list. What the state cannot tell now it is asked for
 * again with the list. */
static void channel_ask_for_quarantined(ChannelPass *channel)
{
    if (channel->undo || channel->is_recovery)
        return;
    channel_recall_quarantine(channel, NULL);
    channel->diff.kept_ids = &channel->quarantine_ids;
}

void channel_start(ChannelPass *channel, const ChannelRow *row, ChannelOnWhole on_list)
{
    Err err = {0};
    ChannelKind kind = catalog_classify(row, &err);
    int r;

    assert(on_list && !channel->row);
    assert(!row->odd && !channel->is_done);
    channel->row = row;
    channel->guards = calloc(GUARD_COUNT, sizeof(*channel->guards));
    channel->held = calloc(GUARD_COUNT, sizeof(*channel->held));
    if (!channel->guards || !channel->held ||
        report_set_identity(channel->report, row->id, row->name) < 0) {
        err_memory(&err);
        channel_end(channel, RESULT_FAILED, &err);
        return;
    }
    if (kind == CHANNEL_UNMANAGEABLE) {
        channel_end(channel, RESULT_UNMANAGEABLE, &err);
        return;
    }
    channel->report->is_ecs = kind == CHANNEL_OF_ECS;
    r = desired_init(&channel->desired, channel->roster, row->port, channel->report->is_ecs, &err);
    channel->desired.row = row;
    if (r == 0 &&
        diff_init(&channel->diff, &channel->desired, row->id, channel->report->is_ecs) < 0)
        r = err_memory(&err);
    channel->report->is_refused = r < 0 && r != -ENOMEM;
    channel->diff.finds_extras = channel->undo != NULL;
    if (r < 0) {
        channel_end(channel, RESULT_FAILED, &err);
        return;
    }
    channel_ask_for_quarantined(channel);
    channel_read(channel, &channel->diff, 0, on_list);
}
