/* SPDX-License-Identifier: MIT */
/* The open transaction that writes are gathered in, and what its failure leaves to be done. */
#pragma once

#include "daemon/base/err.h"
#include "daemon/store/pending.h"
#include "daemon/store/store.h"

/* Opens the transaction unless it is open, and writes again what a failed commit left pending.
 * -EROFS in a Store for reading; else as in store.h. */
int transaction_begin(Store *store, Err *err);

/* Commits the open transaction; what was pending is done. On failure it is rolled back. */
int transaction_commit(Store *store, Err *err);

/* Rolls it back, if it is open; what is pending stays so. No Query may be in use. */
void transaction_rollback(Store *store);

/* Ends a write inside the transaction that came to `result`: a failure rolls the whole transaction
 * back. Returns `result`. No Query may be in use. */
int transaction_result(Store *store, int result);

/* Writes one outcome. Returns how many actions it decided: 1, or 0 when none was undecided. */
int transaction_write_outcome(Store *store, const PendingOutcome *outcome, Err *err);

/* The outcome of an action that is pending and that a read does not show, for a failure has taken
 * the transaction that held it; or NULL. Borrowed until the next change. */
const PendingOutcome *transaction_find_lost(const Store *store, uint64_t action);

/* Replaces one channel's sightings. */
int transaction_write_sightings(Store *store, const char *instance_key, const char *channel_id,
                                const Sighting *sightings, size_t count, Err *err);
