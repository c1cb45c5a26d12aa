/* SPDX-License-Identifier: MIT */
#include "reconcile/ops.h"

#include <assert.h>

#include "daemon/base/mem.h"

const char *ops_outcome_text(Outcome outcome)
{
    static const char *const texts[] = {
        [OUTCOME_PLANNED] = "planned",     [OUTCOME_HELD] = "held",
        [OUTCOME_SKIPPED] = "skipped",     [OUTCOME_DELETED] = "deleted",
        [OUTCOME_GONE] = "gone",           [OUTCOME_ADDED] = "added",
        [OUTCOME_CORRECTED] = "corrected", [OUTCOME_FAILED] = "failed",
    };

    assert((size_t)outcome < ELEMENTS(texts));
    return texts[outcome];
}

const char *ops_addition_text(AdditionOutcome outcome)
{
    static const char *const texts[] = {
        [ADDITION_SKIPPED] = "skipped", [ADDITION_PLANNED] = "planned", [ADDITION_LIVE] = "live",
        [ADDITION_ADDED] = "added",     [ADDITION_FAILED] = "failed",
    };

    assert((size_t)outcome < ELEMENTS(texts));
    return texts[outcome];
}
