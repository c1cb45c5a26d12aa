/* SPDX-License-Identifier: MIT */
/*
 * The plans that a pass is confined to, where somebody has chosen them: those of a plan file, as
 * people reviewed it. The pass carries out these and no other: a channel without one, or whose plan
 * has another digest by now, is not touched. Being chosen lets nothing pass a guard, a pause or a
 * window.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/config.h"
#include "daemon/base/err.h"

/* How long plans may be carried out after they were made, and how far they may seem to be made in
 * the future, by clocks that differ (microseconds). */
#define CHOSEN_USEC UINT64_C(86400000000)
#define CHOSEN_AHEAD_USEC UINT64_C(300000000)

/* One channel's. */
typedef struct ChosenPlan {
    const char *instance_key; /* config/instance_key.h */
    const char *channel_id;
    const char *digest;         /* "" where nothing but members to be enabled is planned */
    const char *const *enabled; /* ids of members that the plan enables */
    size_t enabled_count;
} ChosenPlan;

typedef struct ChosenPlans {
    uint64_t made_usec; /* realtime */
    const ChosenPlan *plans;
    size_t count;
} ChosenPlans;

/* Whether they may be carried out at that time. 0; -ETIME when they have lapsed, -EINVAL when they
 * are from the future, told in `err`. */
int chosen_check_time(const ChosenPlans *chosen, uint64_t realtime_usec, Err *err);

/* That of a channel of the instance, or NULL. */
const ChosenPlan *chosen_find(const ChosenPlans *chosen, const Instance *instance,
                              const char *channel_id);

/* Whether the plan enables the member with that id; not where it is NULL. */
bool chosen_enables(const ChosenPlan *plan, const char *member_id);
