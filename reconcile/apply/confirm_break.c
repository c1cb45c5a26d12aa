/* SPDX-License-Identifier: MIT */
/* Between what is made and what is broken: additions take effect, and a list says that they stay.
 */
#include <errno.h>

#include "reconcile/apply/apply.h"
#include "reconcile/apply/confirm.h"
#include "reconcile/apply/exchange.h"
#include "reconcile/apply/sent.h"
#include "reconcile/apply/undo.h"

static bool confirm_has_failed_addition(const ChannelPass *channel)
{
    for (size_t i = 0; i < channel->first_deletion; i++) {
        bool waits = channel->sent[i].is_refused && !channel->sent[i].is_decided;

        if (channel->changes[i].kind == CHANGE_ADD && !waits &&
            *sent_outcome(channel, i) == OUTCOME_FAILED)
            return true;
    }
    return false;
}

/* Whether a member that was added a moment ago is gone again: then nothing may go in its stead. */
static bool confirm_lacks_added(const ChannelPass *channel)
{
    for (size_t i = 0; i < channel->first_deletion; i++) {
        if (*sent_outcome(channel, i) == OUTCOME_ADDED && !confirm_find_made(channel, i))
            return true;
    }
    return false;
}

/* What the list shows after the additions had their time to take effect. */
static void confirm_on_settled(ChannelPass *channel)
{
    Err err = {0};

    channel->is_settling = false;
    if (channel->undo && undo_review(channel, &err) < 0) {
        apply_cut(channel, RESULT_FAILED, &err);
        return;
    }
    if (confirm_lacks_added(channel)) {
        err_set(&err, -EAGAIN,
                "a member that was added is not listed any more: the extras stay until the next "
                "pass");
    } else if (!channel->ops->may_change(channel->context)) {
        err_set(&err, -EAGAIN,
                "the files of this configuration may have changed: the extras stay until the next "
                "pass");
    } else if (exchange_is_due(channel) && !channel->is_paused) {
        exchange_begin(channel);
        return;
    } else {
        apply_next(channel);
        return;
    }
    if (apply_skip_rest(channel, &err) < 0 ||
        report_set_missing(channel->report, &channel->confirmed) < 0)
        channel_end(channel, RESULT_FAILED, &err);
    else
        channel_end(channel, RESULT_DRIFT, &err);
}

void confirm_after_settling(ChannelPass *channel)
{
    Err err = {0};

    if (confirm_prepare(channel) < 0) {
        err_memory(&err);
        apply_skip_rest(channel, NULL);
        channel_end(channel, RESULT_FAILED, &err);
        return;
    }
    channel->is_settling = true;
    channel_read(channel, &channel->confirmed, channel->config->settle_usec, confirm_on_settled);
}

void confirm_go_on(ChannelPass *channel)
{
    Err err = {0};

    channel->is_made = !exchange_is_due(channel);
    channel->looks = 0;
    if (report_set_missing(channel->report, &channel->confirmed) < 0) {
        err_memory(&err);
        apply_skip_rest(channel, NULL);
        channel_end(channel, RESULT_FAILED, &err);
        return;
    }
    if (confirm_has_failed_addition(channel)) {
        apply_skip_rest(channel, &err);
        channel_end(channel, RESULT_FAILED, &err);
        return;
    }
    confirm_after_settling(channel);
}
