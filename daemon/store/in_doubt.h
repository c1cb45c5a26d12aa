/* SPDX-License-Identifier: MIT */
/* Deletions that ended passes left undecided. */
#pragma once

#include "daemon/base/err.h"
#include "daemon/store/store.h"

/* Looks whether there are any, where there may be; keeps it in store->has_doubts. */
int in_doubt_look(Store *store, Err *err);
