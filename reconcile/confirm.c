/* Confirmation: see confirm.h. */
#include "reconcile/confirm.h"

#include <errno.h>

#include "daemon/base/clock.h"
#include "daemon/base/mem.h"
#include "reconcile/deletion.h"

/* A deleted member that is still listed is looked for again after each of these (API.md section 2:
 * whether a list shows what was just written is not promised). */
static const uint64_t look_again_usec[] = {1 * USEC_PER_SEC, 3 * USEC_PER_SEC, 10 * USEC_PER_SEC};

static bool confirm_is_deleted(const ExtraReport *extra)
{
    return extra->outcome == OUTCOME_DELETED || extra->outcome == OUTCOME_GONE;
}

static const ExtraReport *confirm_find_lingering(const ChannelPass *channel)
{
    const ChannelReport *report = channel->report;

    for (size_t i = 0; i < report->extra_count; i++) {
        if (confirm_is_deleted(&report->extras[i]) &&
            diff_has_id(&channel->confirmed, report->extras[i].id))
            return &report->extras[i];
    }
    return NULL;
}

/* A deletion that failed by its answers but whose member is gone has succeeded; in the history it
 * is still open where it may have been ours. */
static int confirm_settle_one(ChannelPass *channel, size_t number, Err *err)
{
    ExtraReport *extra = &channel->report->extras[number];
    bool may_have_gone = channel->sent[number].may_have_gone;

    if (extra->outcome != OUTCOME_FAILED)
        return 0;
    if (!diff_has_id(&channel->confirmed, extra->id)) {
        extra->outcome = may_have_gone ? OUTCOME_DELETED : OUTCOME_GONE;
        deletion_tell(channel, number, NULL);
    }
    return may_have_gone ? deletion_decide(channel, number, extra->outcome, err) : 0;
}

/* Returns how many extras are left, failed or skipped, or the state's error. */
static int confirm_settle(ChannelPass *channel, Err *err)
{
    ChannelReport *report = channel->report;
    int left = 0;

    for (size_t i = 0; i < report->extra_count; i++) {
        int r = confirm_settle_one(channel, i, err);

        if (r < 0)
            return r;
        left += report->extras[i].outcome == OUTCOME_FAILED ||
                report->extras[i].outcome == OUTCOME_SKIPPED;
    }
    return left;
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
                "%zu more looks",
                lingering->address, lingering->id, ELEMENTS(look_again_usec));
    if (left != 0 || lingering)
        channel_end(channel, RESULT_FAILED, &err);
    else if (report->missing_count > 0 || channel->confirmed.extra_count > 0)
        channel_end(channel, RESULT_DRIFT, NULL);
    else
        channel_end(channel, RESULT_CONVERGED, NULL);
}

static void confirm_on_list(ChannelPass *channel)
{
    const ExtraReport *lingering = confirm_find_lingering(channel);

    if (lingering && channel->looks < ELEMENTS(look_again_usec)) {
        diff_reset(&channel->confirmed);
        channel_read(channel, &channel->confirmed, look_again_usec[channel->looks++],
                     confirm_on_list);
        return;
    }
    confirm_conclude(channel, lingering);
}

void confirm_start(ChannelPass *channel)
{
    Err err = {0};

    if (diff_init(&channel->confirmed, &channel->desired, channel->row->id,
                  channel->report->is_ecs) < 0) {
        err_memory(&err);
        channel_end(channel, RESULT_FAILED, &err);
        return;
    }
    channel_read(channel, &channel->confirmed, 0, confirm_on_list);
}
