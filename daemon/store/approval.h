/* SPDX-License-Identifier: MIT */
/* Approvals, for the other files of daemon/store. */
#pragma once

#include <stdbool.h>

#include "daemon/store/store.h"

/* Spends a plan's approval in the open transaction. -ESTALE when there is none to spend. */
int approval_spend(Store *store, const char *digest, uint64_t realtime_usec, Err *err);
