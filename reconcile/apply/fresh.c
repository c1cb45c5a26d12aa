/* SPDX-License-Identifier: MIT */
#include "reconcile/apply/fresh.h"

#include <assert.h>
#include <errno.h>

#include "daemon/base/clock.h"
#include "daemon/base/str.h"
#include "reconcile/apply/apply.h"
#include "reconcile/apply/confirm.h"
#include "reconcile/apply/sent.h"
#include "reconcile/apply/undo.h"

/* A correction sends the member as it is live: of a list that is not older than this. */
#define CORRECT_AGE_USEC (10 * USEC_PER_SEC)

static const Changed *fresh_find_changed(const Diff *diff, size_t wanted)
{
    for (size_t i = 0; i < diff->changed_count; i++) {
        if (diff->changed[i].desired == wanted)
            return &diff->changed[i];
    }
    return NULL;
}

/* Corrections of members that are no more as they were recorded are left to the next pass. */
static int fresh_review(ChannelPass *channel, Err *err)
{
    int r = 0;

    for (size_t i = channel->next; i < channel->first_deletion && r == 0; i++) {
        const Changed *now = fresh_find_changed(&channel->confirmed, channel->sent[i].wanted);

        if (now && str_equal(now->member_json, channel->changes[i].before))
            continue;
        *sent_outcome(channel, i) = OUTCOME_SKIPPED;
        r = sent_decide(channel, i, OUTCOME_SKIPPED, err);
    }
    return r;
}

static void fresh_on_list(ChannelPass *channel)
{
    Err err = {0};
    int r = channel->undo ? undo_review(channel, &err) : fresh_review(channel, &err);

    if (r < 0)
        apply_cut(channel, RESULT_FAILED, &err);
    else
        apply_next(channel);
}

void fresh_read(ChannelPass *channel)
{
    Err err = {0};

    if (confirm_prepare(channel) == 0) {
        channel_read(channel, &channel->confirmed, 0, fresh_on_list);
        return;
    }
    err_memory(&err);
    apply_cut(channel, RESULT_FAILED, &err);
}

bool fresh_is_due(const ChannelPass *channel)
{
    return channel->changes[channel->next].kind == CHANGE_CORRECT &&
           channel->ops->now_usec(channel->context) - channel->listed_usec > CORRECT_AGE_USEC;
}
