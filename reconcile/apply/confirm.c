/* SPDX-License-Identifier: MIT */
#include "reconcile/apply/confirm.h"

#include <assert.h>
#include <errno.h>

#include "reconcile/apply/deletion.h"

static bool confirm_is_deleted(const ExtraReport *extra)
{
    return extra->outcome == OUTCOME_DELETED || extra->outcome == OUTCOME_GONE;
}

/* How often the list is read again for members of whose deletion no answer came: fewer times than
 * for others, because most of them were not deleted. */
#define UNHEARD_LOOKS 2

static bool confirm_may_be_late(const ChannelPass *channel, size_t number)
{
    const Sent *sent = &channel->sent[number];

    return sent->was_uncertain || (sent->was_unheard && channel->looks < UNHEARD_LOOKS);
}

/* A member that is still listed although its deletion succeeded, or may have: no answer denied
 * it. */
static const ExtraReport *confirm_find_lingering(const ChannelPass *channel)
{
    const ChannelReport *report = channel->report;

    for (size_t i = 0; i < report->extra_count; i++) {
        const ExtraReport *extra = &report->extras[i];

        if ((confirm_is_deleted(extra) ||
             (extra->outcome == OUTCOME_FAILED && confirm_may_be_late(channel, i))) &&
            diff_has_id(&channel->confirmed, extra->id))
            return extra;
    }
    return NULL;
}

/* A deletion that failed by its answers but whose member is gone has succeeded: ours, where it may
 * have had its effect, and still open in the history; else somebody else's. */
static int confirm_settle_one(ChannelPass *channel, size_t number, Err *err)
{
    ExtraReport *extra = &channel->report->extras[number];
    bool may_have_gone = channel->sent[number].may_have_gone;

    if (extra->outcome != OUTCOME_FAILED)
        return 0;
    if (!diff_has_id(&channel->confirmed, extra->id)) {
        extra->outcome = may_have_gone ? OUTCOME_DELETED : OUTCOME_GONE;
        deletion_tell(channel, number, NULL);
    } else if (channel->sent[number].was_uncertain) {
        deletion_tell(channel, number, &channel->report->error);
    } else if (!may_have_gone) {
        return 0;
    }
    return deletion_decide(channel, number, extra->outcome, err);
}

/* Returns how many extras are left that should not be, or the state's error. */
static int confirm_settle(ChannelPass *channel, Err *err)
{
    ChannelReport *report = channel->report;
    int left = 0;

    for (size_t i = 0; i < report->extra_count; i++) {
        int r = confirm_settle_one(channel, i, err);

        if (r < 0)
            return r;
        left += report->extras[i].outcome == OUTCOME_FAILED ||
                (report->extras[i].outcome == OUTCOME_SKIPPED && !channel->is_paused);
    }
    return left;
}

static bool confirm_has_skipped(const ChannelReport *report)
{
    for (size_t i = 0; i < report->extra_count; i++) {
        if (report->extras[i].outcome == OUTCOME_SKIPPED)
            return true;
    }
    return false;
}

/* With none of the planned extras left, whatever is extra now is new. */
static void confirm_conclude(ChannelPass *channel, const ExtraReport *lingering)
{
    ChannelReport *report = channel->report;
    Err err = {0};
    int left = confirm_settle(channel, &err);

    if (left >= 0 && report_set_missing(report, &channel->confirmed) < 0)
        left = err_memory(&err);
    if (left == 0)
        err_clear(&report->error);
    if (left == 0 && lingering)
        err_set(&err, -EREMOTEIO,
                "the service says that it deleted the member %s (%s), but still lists it after "
                "%u more looks",
                lingering->address, lingering->id, channel->looks);
    if (left != 0 || lingering)
        channel_end(channel, RESULT_FAILED, &err);
    else if (channel->is_paused && confirm_has_skipped(report))
        channel_end(channel, RESULT_PAUSED, NULL);
    else if (report->missing_count > 0 || channel->confirmed.extra_count > 0 ||
             channel->confirmed.changed_count > 0)
        channel_end(channel, RESULT_DRIFT, NULL);
    else
        channel_end(channel, RESULT_CONVERGED, NULL);
}

static void confirm_on_list(ChannelPass *channel)
{
    const ExtraReport *lingering = confirm_find_lingering(channel);

    if (!lingering ||
        !channel_look_again(channel, &channel->confirmed, &channel->looks, confirm_on_list))
        confirm_conclude(channel, lingering);
}

void confirm_start(ChannelPass *channel)
{
    Err err = {0};

    assert(!channel->is_done && channel->sent && channel->deletions);
    assert(channel->next <= channel->plan.extra_count);
    assert(channel->report->extra_count == channel->plan.extra_count);
    if (diff_init(&channel->confirmed, &channel->desired, channel->row->id,
                  channel->report->is_ecs) < 0) {
        err_memory(&err);
        channel_end(channel, RESULT_FAILED, &err);
        return;
    }
    channel_read(channel, &channel->confirmed, 0, confirm_on_list);
}
