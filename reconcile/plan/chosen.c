/* SPDX-License-Identifier: MIT */
#include "reconcile/plan/chosen.h"

#include <errno.h>

#include "config/instance_key.h"
#include "daemon/base/clock.h"
#include "daemon/base/str.h"

int chosen_check_time(const ChosenPlans *chosen, uint64_t realtime_usec, Err *err)
{
    char made[CLOCK_RFC3339_SIZE];

    clock_format_rfc3339(chosen->made_usec, made);
    if (chosen->made_usec > usec_add(realtime_usec, CHOSEN_AHEAD_USEC))
        return err_set(err, -EINVAL,
                       "it was made at %s, which is in the future: set the clock that is wrong, or "
                       "make a new plan",
                       made);
    if (realtime_usec >= usec_add(chosen->made_usec, CHOSEN_USEC))
        return err_set(err, -ETIME, "it was made at %s and lapsed 24 h later: make a new plan",
                       made);
    return 0;
}

const ChosenPlan *chosen_find(const ChosenPlans *chosen, const Instance *instance,
                              const char *channel_id)
{
    char key[INSTANCE_KEY_SIZE];

    instance_key(instance, key);
    for (size_t i = 0; i < chosen->count; i++) {
        const ChosenPlan *plan = &chosen->plans[i];

        if (str_equal(plan->channel_id, channel_id) && str_equal(plan->instance_key, key))
            return plan;
    }
    return NULL;
}

bool chosen_enables(const ChosenPlan *plan, const char *member_id)
{
    for (size_t i = 0; plan && i < plan->enabled_count; i++) {
        if (str_equal(plan->enabled[i], member_id))
            return true;
    }
    return false;
}
