/* SPDX-License-Identifier: MIT */
#include "reconcile/apply/exchange.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>

#include "reconcile/apply/apply.h"
#include "reconcile/apply/confirm.h"
#include "reconcile/apply/sent.h"

bool exchange_is_for(const ChannelPass *channel, size_t number, CallEnd end, const Answer *answer)
{
    return end == CALL_CHANNEL && channel->changes[number].kind == CHANGE_ADD &&
           channel->first_deletion < channel->change_count && answer && channel_is_full(answer);
}

/* The first addition that waits, and that nobody else has made; change_count: none does. */
static size_t exchange_find(const ChannelPass *channel)
{
    for (size_t i = 0; i < channel->first_deletion; i++) {
        const Sent *sent = &channel->sent[i];

        if (sent->is_refused && !sent->is_decided && !confirm_find_made(channel, i))
            return i;
    }
    return channel->change_count;
}

bool exchange_is_due(const ChannelPass *channel)
{
    return exchange_find(channel) < channel->change_count;
}

/* What the list that was read last says of the member of a change. */
static DiffLook exchange_look(const ChannelPass *channel, size_t number)
{
    return diff_look(channel->reading, channel->changes[number].member_id);
}

/* Whether enough stay in service while the channel has one less, or somebody has approved fewer. */
static bool exchange_keeps_enough(const ChannelPass *channel)
{
    const Diff *list = channel->reading;
    size_t in_service = list->staying_in_service + list->extras_in_service;

    if (channel->is_approved && channel->guards[GUARD_MIN_REMAINING].refuses)
        return true;
    return in_service > 0 && guard_keeps_enough(&channel->roster->guards, in_service - 1);
}

/* Where there is a quarantine, the first extra that may enter it: it goes for an addition later. */
static size_t exchange_choose_entering(const ChannelPass *channel)
{
    for (size_t i = channel->first_deletion; i < channel->change_count; i++) {
        if (channel->changes[i].kind == CHANGE_DISABLE && apply_is_left(channel, i) &&
            exchange_look(channel, i) != DIFF_ABSENT && exchange_keeps_enough(channel))
            return i;
    }
    return channel->change_count;
}

/* The extra that goes next: one that serves nobody, else the first that may; change_count: none
 * may. */
static size_t exchange_choose(const ChannelPass *channel)
{
    size_t chosen = channel->change_count;

    for (size_t i = channel->first_deletion; i < channel->change_count; i++) {
        DiffLook look;

        if (channel->changes[i].kind != CHANGE_DELETE || !apply_is_left(channel, i))
            continue;
        look = exchange_look(channel, i);
        if (look == DIFF_ABSENT)
            continue;
        if (look == DIFF_DISABLED)
            return i;
        if (chosen == channel->change_count && exchange_keeps_enough(channel))
            chosen = i;
    }
    return chosen < channel->change_count ? chosen : exchange_choose_entering(channel);
}

/* The error is the refusal, which says how full the channel is. */
static void exchange_end_unmade(ChannelPass *channel)
{
    const Diff *list = channel->reading;
    Err refusal;

    assert(channel->report->error);
    refusal = *channel->report->error;
    err_context(&refusal, -EPERM,
                "no extra goes in exchange: %zu members are in service, min_remaining is %" PRIu32,
                list->staying_in_service + list->extras_in_service,
                channel->roster->guards.min_remaining);
    report_set_error(channel->report, &refusal);
    /* What fails from here on would not be told: the refusal is. */
    apply_skip_rest(channel, NULL);
    report_set_missing(channel->report, list);
    channel_end(channel, RESULT_FAILED, NULL);
}

void exchange_begin(ChannelPass *channel)
{
    size_t extra = exchange_choose(channel);

    assert(channel->exchange == EXCHANGE_NONE && exchange_is_due(channel));
    if (extra == channel->change_count) {
        exchange_end_unmade(channel);
        return;
    }
    channel->exchange = EXCHANGE_DELETING;
    channel->exchanged = exchange_find(channel);
    apply_send(channel, extra);
}

/* Whether the deletion left room, or may have. What is disabled only is deleted by a later pass. */
static bool exchange_has_room(const ChannelPass *channel)
{
    size_t number = channel->under_way;
    const Sent *sent = &channel->sent[number];

    if (channel->changes[number].kind == CHANGE_DISABLE)
        return false;
    return *sent_outcome(channel, number) != OUTCOME_FAILED || sent->may_have_worked ||
           sent->was_uncertain;
}

/* An addition that waits has failed, unless a list says otherwise: by the refusal, which is told.
 */
static int exchange_fail(ChannelPass *channel, size_t number, Err *err)
{
    const Sent *sent = &channel->sent[number];

    if (!sent->is_refused || sent->is_decided || sent->may_have_worked)
        return 0;
    sent_tell(channel, number, report_error(channel->report));
    return sent_decide(channel, number, OUTCOME_FAILED, err);
}

void exchange_go_on(ChannelPass *channel)
{
    Err err = {0};
    int r;

    assert(channel->exchange != EXCHANGE_NONE);
    if (channel->exchange == EXCHANGE_DELETING && exchange_has_room(channel)) {
        channel->exchange = EXCHANGE_ADDING;
        apply_send(channel, channel->exchanged);
        return;
    }
    /* Where the extra stays, the addition has failed, and nothing more is exchanged. */
    r = channel->exchange == EXCHANGE_DELETING ? exchange_fail(channel, channel->exchanged, &err)
                                               : 0;
    channel->sent[channel->exchanged].is_refused = false;
    channel->exchange = EXCHANGE_NONE;
    if (r < 0)
        apply_cut(channel, RESULT_FAILED, &err);
    else
        confirm_start(channel);
}

int exchange_give_up(ChannelPass *channel, Err *err)
{
    int r = 0;

    for (size_t i = 0; i < channel->first_deletion; i++) {
        int failed = exchange_fail(channel, i, r == 0 ? err : NULL);

        r = r < 0 ? r : failed;
    }
    return r;
}
