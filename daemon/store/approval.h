/* SPDX-License-Identifier: MIT */
/* Approvals, for the other files of daemon/store. */
#pragma once

#include <stdbool.h>

#include "daemon/store/store.h"

/* Gives one that was given at a time, in place of an earlier one, in the open transaction. */
int approval_give_at(Store *store, const char *digest, uint64_t given_usec, uint64_t realtime_usec,
                     Err *err);

/* Notes in it what an approval was shared from. */
int approval_note_shared(Store *store, const char *digest, const char *shared_of, Err *err);

/* Spends a plan's approval in the open transaction. -ESTALE when there is none to spend. */
int approval_spend(Store *store, const char *digest, uint64_t realtime_usec, Err *err);
