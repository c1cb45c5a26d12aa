/* SPDX-License-Identifier: MIT */
#include "reconcile/pass/choice.h"

#include <assert.h>
#include <errno.h>

#include "daemon/base/str.h"
#include "reconcile/apply/apply.h"

static const ChosenPlan *choice_find(const ChannelPass *channel)
{
    const Instance *instance = &channel->config->instances[channel->roster->instance];

    return chosen_find(channel->chosen, instance, channel->row->id);
}

static bool choice_has_all_enabled(const ChannelPass *channel, const ChosenPlan *chosen)
{
    for (size_t i = 0; i < channel->fates.enabled_count; i++) {
        if (!chosen_enables(chosen, channel->fates.enabled[i]->id))
            return false;
    }
    return true;
}

static int choice_check_time(const ChannelPass *channel, Err *err)
{
    uint64_t now_usec = channel->ops->realtime_usec(channel->context);
    int r = chosen_check_time(channel->chosen, now_usec, err);

    return r < 0 ? err_context(err, -EPERM, "nothing is changed here by the plan given") : 0;
}

int choice_check(const ChannelPass *channel, Err *err)
{
    const ChosenPlan *chosen;

    if (!channel->chosen)
        return 0;
    chosen = choice_find(channel);
    if (!chosen)
        return err_set(err, -EPERM,
                       "the plan given changes nothing here, and something is to be changed by "
                       "now: make a new plan");
    /* Without any change but members to be enabled a plan has no digest. */
    if ((plan_change_count(&channel->plan) > 0 &&
         !str_equal(chosen->digest, channel->plan.digest)) ||
        !choice_has_all_enabled(channel, chosen))
        return err_set(err, -EPERM,
                       "the plan given is not what would be done here by now (a member, the "
                       "roster or a guard has changed): make a new plan");
    return choice_check_time(channel, err);
}

bool choice_lets_enable(const ChannelPass *channel)
{
    return !channel->chosen || (choice_has_all_enabled(channel, choice_find(channel)) &&
                                choice_check_time(channel, NULL) == 0);
}

void choice_end(ChannelPass *channel, const Err *err)
{
    ChannelReport *report = channel->report;

    assert(channel->chosen && err_is_set(err));
    apply_mark(channel, OUTCOME_SKIPPED);
    for (size_t i = 0; i < report->enabled_count; i++) {
        if (report->enabled[i].outcome == OUTCOME_PLANNED)
            report->enabled[i].outcome = OUTCOME_SKIPPED;
    }
    channel_end(channel, RESULT_DRIFT, err);
}
