/* SPDX-License-Identifier: MIT */
#include "reconcile/report/counts.h"

static void counts_add_extra(Counts *counts, Outcome outcome)
{
    bool has_left = outcome == OUTCOME_DELETED || outcome == OUTCOME_GONE;

    if (has_left)
        counts->live -= counts->live > 0;
    else if (outcome == OUTCOME_QUARANTINED)
        counts->quarantined++;
    else
        counts->extra++;
}

static size_t counts_open(const ChangedReport *changed, size_t count)
{
    size_t open = 0;

    for (size_t i = 0; i < count; i++)
        open += changed[i].outcome != OUTCOME_CORRECTED;
    return open;
}

Counts counts_of(const ChannelReport *channel)
{
    Counts counts = {.is_read = channel->has_list, .desired = channel->channel->member_count};

    if (!channel->has_list)
        return counts;
    counts.live = channel->live_count;
    counts.missing = channel->missing_count;
    counts.ignored = channel->ignored_count;
    for (size_t i = 0; i < channel->extra_count; i++)
        counts_add_extra(&counts, channel->extras[i].outcome);
    for (size_t i = 0; i < channel->added_count; i++)
        counts.live += channel->added[i].outcome == OUTCOME_ADDED;
    counts.changed = counts_open(channel->changed, channel->changed_count) +
                     counts_open(channel->enabled, channel->enabled_count);
    return counts;
}
