/* SPDX-License-Identifier: MIT */
#include "reconcile/apply/kinds.h"

#include <assert.h>

static const KindRow rows[CHANGE_KIND_COUNT] = {
    [CHANGE_DELETE] = {.request = REQUEST_DELETE_MEMBER,
                       .doing = "deleting a member",
                       .noun = "deletion",
                       .success = OUTCOME_DELETED,
                       .recorded = OUTCOME_DELETED,
                       .done = EVENT_DELETED,
                       .failed = EVENT_DELETE_FAILED},
    [CHANGE_ADD] = {.request = REQUEST_ADD_MEMBERS,
                    .doing = "adding a member",
                    .noun = "addition",
                    .success = OUTCOME_ADDED,
                    .recorded = OUTCOME_ADDED,
                    .done = EVENT_ADDED,
                    .failed = EVENT_ADD_FAILED},
    [CHANGE_CORRECT] = {.request = REQUEST_ADD_MEMBERS,
                        .doing = "correcting a member",
                        .noun = "correction",
                        .success = OUTCOME_CORRECTED,
                        .recorded = OUTCOME_CORRECTED,
                        .done = EVENT_CORRECTED,
                        .failed = EVENT_CORRECT_FAILED},
    [CHANGE_DISABLE] = {.request = REQUEST_DISABLE_MEMBER,
                        .doing = "disabling a member",
                        .noun = "disabling",
                        .success = OUTCOME_QUARANTINED,
                        .recorded = OUTCOME_DISABLED,
                        .done = EVENT_DISABLED,
                        .failed = EVENT_DISABLE_FAILED,
                        .is_switch = true},
    [CHANGE_ENABLE] = {.request = REQUEST_ENABLE_MEMBER,
                       .doing = "enabling a member again",
                       .noun = "enabling again",
                       .success = OUTCOME_CORRECTED,
                       .recorded = OUTCOME_ENABLED,
                       .done = EVENT_ENABLED,
                       .failed = EVENT_ENABLE_FAILED,
                       .is_switch = true},
};

const KindRow *kinds_row(ChangeKind kind)
{
    assert(kind < CHANGE_KIND_COUNT);
    return &rows[kind];
}
