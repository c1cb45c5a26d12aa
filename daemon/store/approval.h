/* SPDX-License-Identifier: MIT */
/* Approvals, for the other files of daemon/store. */
#pragma once

#include <stdbool.h>

#include "daemon/store/store.h"

/* Whether a plan is approved: given less than 24 h ago (or ahead: a clock set back), not spent.
 * 1, 0, or as in store.h. `store` has a database or is for reading. */
int approval_find(Store *store, const char *digest, uint64_t realtime_usec, Err *err);

/* Spends a plan's approval in the open transaction. -ESTALE when there is none to spend. */
int approval_spend(Store *store, const char *digest, uint64_t realtime_usec, Err *err);
