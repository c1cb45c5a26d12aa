/* SPDX-License-Identifier: MIT */
#include "reconcile/apply/enter.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "reconcile/apply/apply.h"

static bool enter_is_silent(const Extra *extra)
{
    return extra->fate == EXTRA_ENTERS && !extra->fields.is_enabled;
}

static void enter_mark(ChannelPass *channel)
{
    const Plan *plan = &channel->plan;
    uint64_t until_usec =
        channel->ops->realtime_usec(channel->context) + channel->roster->quarantine_usec;

    for (size_t i = 0; i < plan->extra_count; i++) {
        if (!enter_is_silent(&plan->extras[i]))
            continue;
        channel->report->extras[i].outcome = OUTCOME_QUARANTINED;
        channel->report->extras[i].until_usec = until_usec;
    }
}

int enter_quarantine(ChannelPass *channel, Err *err)
{
    const Plan *plan = &channel->plan;
    _cleanup_free_ const char **ids = NULL;
    size_t count = 0;
    int r;

    if (plan->enter_count == 0)
        return 0;
    ids = calloc(plan->enter_count, sizeof(*ids));
    if (!ids)
        return err_memory(err);
    for (size_t i = 0; i < plan->extra_count; i++) {
        if (enter_is_silent(&plan->extras[i]))
            ids[count++] = plan->extras[i].id;
    }
    assert(count <= plan->enter_count);
    if (count == 0)
        return 0;
    r = channel->ops->enter_quarantine(channel->context, channel->roster, channel->row, ids, count,
                                       err);
    if (r == 0)
        enter_mark(channel);
    return r;
}

/* Here no batch spends the approval that it needed. */
void enter_end(ChannelPass *channel)
{
    const Plan *plan = &channel->plan;
    Err err = {0};
    int r;

    assert(channel->change_count == 0 && plan->enter_count > 0);
    r = enter_quarantine(channel, &err);
    if (r == 0 && channel->is_approved)
        r = channel->ops->share_approval(channel->context, plan->digest, NULL, 0, &err);
    if (r < 0)
        apply_skip(channel, RESULT_FAILED, &err);
    else if (plan->missing_count + plan->changed_count + plan->enable_count == 0)
        channel_end(channel, RESULT_QUARANTINED, NULL);
    else
        channel_end(channel, RESULT_DRIFT, NULL);
}
