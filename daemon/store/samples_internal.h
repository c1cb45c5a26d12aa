/* SPDX-License-Identifier: MIT */
/* The inside of the samples, for the files of daemon/store. */
#pragma once

#include "daemon/store/samples.h"

/* By the steady clock: what is older is forgotten. */
uint64_t samples_keep_from(const Store *store);

/* Forgets what is too old, so many rows at most, in the open transaction. */
int samples_prune(Store *store, uint64_t rows_max, Err *err);
