/* SPDX-License-Identifier: MIT */
/* The plans that the daemon knows, and that can be approved: those of the last passes, and of the
 * last dry run that was asked for. */
#pragma once

#include "daemon/control/control_internal.h"

/* The most that known_plans_find() names. */
#define KNOWN_PLANS_MAX 8

/* One of a channel, or of an instance, of all that the guards of a pass hold there. Borrowed until
 * the event loop runs again. */
typedef struct KnownPlan {
    const char *digest;
    const Report *report;
    const ChannelReport *channel;   /* NULL: an instance's */
    const InstanceReport *instance; /* NULL: a channel's */
} KnownPlan;

/* The plans whose digest begins so, each once. Returns how many, KNOWN_PLANS_MAX at most. */
size_t known_plans_find(const Control *control, const char *prefix,
                        KnownPlan ret_plans[static KNOWN_PLANS_MAX]);

/* The one plan that is meant by a digest, or by its first digits. 0; -EINVAL it is none; -ENOENT no
 * plan has it; -ENOTUNIQ several begin so; told in `err`. */
int known_plans_get(const Control *control, const char *prefix, KnownPlan *ret_plan, Err *err);
