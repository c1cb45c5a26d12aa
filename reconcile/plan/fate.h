/* SPDX-License-Identifier: MIT */
/*
 * What becomes of extras where there is a quarantine: an extra enters it, waits, and is deleted
 * when its time is over. What rosterd had disabled and is no longer to be deleted (it is wanted
 * again, ignored, or the mode deletes nothing) is to be enabled again.
 */
#pragma once

#include "reconcile/plan/diff.h"
#include "reconcile/quarantine.h"

typedef struct Fates {
    const Kept **enabled; /* to be enabled again; borrowed from the diff */
    size_t enabled_count;
    const char **freed; /* ids of those that somebody else had disabled, and that are no longer in
                         * quarantine; likewise */
    size_t freed_count;
} Fates;

void fate_done(Fates *fates);

/* The ids of all members in quarantine, for Diff.kept_ids, borrowed from it. 0 or -ENOMEM. */
int fate_collect_ids(const Quarantine *quarantine, Map *ret_ids);

/* Gives each extra of a whole list its fate, before plan_make(): new ones enter where `span_usec`
 * is not 0. `ret_fates` is done by the caller. 0 or -ENOMEM. */
int fate_judge(Diff *diff, const Quarantine *quarantine, Mode mode, uint64_t span_usec,
               Fates *ret_fates);
