/* SPDX-License-Identifier: MIT */
#include "reconcile/apply/enable.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "reconcile/apply/changes.h"

int enable_make(ChannelPass *channel)
{
    const Fates *fates = &channel->fates;
    size_t first_row = channel->report->enabled_count - fates->enabled_count;

    assert(channel->report->enabled_count >= fates->enabled_count);
    if (changes_allocate(channel, fates->enabled_count) < 0)
        return -ENOMEM;
    for (size_t i = 0; i < fates->enabled_count; i++) {
        const Kept *kept = fates->enabled[i];

        channel->sent[i] = (Sent){.wanted = DESIRED_NONE, .row = first_row + i};
        channel->changes[i] = (Change){
            .kind = CHANGE_ENABLE,
            .member_id = kept->id,
            .identity = kept->identity,
            .identity_size = kept->identity_size,
            .before = kept->member_json,
        };
    }
    channel->change_count = channel->first_deletion = fates->enabled_count;
    return 0;
}

void enable_go_on(ChannelPass *channel)
{
    assert(channel->is_enabling && channel->next == channel->change_count);
    free(channel->changes);
    free(channel->sent);
    channel->changes = NULL;
    channel->sent = NULL;
    channel->change_count = channel->first_deletion = channel->next = 0;
    channel->failures_in_row = channel->looks = channel->settle_looks = 0;
    channel->on_unread = NULL;
    channel->is_enabling = false;
    channel->has_enabled = true;
    report_set_error(channel->report, NULL);
    diff_reset(&channel->diff);
    channel_read(channel, &channel->diff, 0, channel->on_enabled);
}
