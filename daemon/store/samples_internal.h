/* SPDX-License-Identifier: MIT */
/* The inside of the samples, for the files of daemon/store. */
#pragma once

#include "daemon/store/samples.h"

/* Forgets what is too old, so many rows at most, in the open transaction. */
int samples_prune(Store *store, uint64_t rows_max, Err *err);
