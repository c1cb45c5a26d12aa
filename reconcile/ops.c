/* SPDX-License-Identifier: MIT */
#include "reconcile/ops.h"

#include <assert.h>

#include "daemon/base/mem.h"

const char *ops_outcome_text(Outcome outcome)
{
    static const char *const texts[] = {
        [OUTCOME_PLANNED] = "planned",
        [OUTCOME_HELD] = "held",
        [OUTCOME_SKIPPED] = "skipped",
        [OUTCOME_DELETED] = "deleted",
        [OUTCOME_GONE] = "gone",
        [OUTCOME_ADDED] = "added",
        [OUTCOME_CORRECTED] = "corrected",
        [OUTCOME_FAILED] = "failed",
        [OUTCOME_QUARANTINED] = "quarantined",
        [OUTCOME_DISABLED] = "disabled",
        [OUTCOME_ENABLED] = "enabled",
        [OUTCOME_LIVE] = "live",
        [OUTCOME_CHANGED] = "changed",
    };

    assert((size_t)outcome < ELEMENTS(texts));
    return texts[outcome];
}
