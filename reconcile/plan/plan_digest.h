/* SPDX-License-Identifier: MIT */
/*
 * The names of plans, which approvals must match. The digest of a channel's plan covers the
 * instance (instance_key.h), the channel, the roster's members with what they state, each change
 * planned with its kind, and which guards refuse (as far as their rows say so). It covers no times,
 * sightings or local names: every host and every run gives the same plan the same digest, and
 * another plan another one.
 */
#pragma once

#include "reconcile/plan/guard.h"

/* Of a plan with extras, sorted by plan_make() out of that diff; `guards` are all as they were
 * evaluated for it. 0 or -ENOMEM. */
int plan_digest_make(const Plan *plan, const Diff *diff, const Instance *instance,
                     const Guard guards[static GUARD_COUNT],
                     char ret_digest[static DIGEST_HEX_SIZE]);

/* Of several plans of one instance, by their digests, in any order; sorts them. 0 or -ENOMEM. */
int plan_digest_combine(const Instance *instance, const char **digests, size_t count,
                        char ret_digest[static DIGEST_HEX_SIZE]);
