/* SPDX-License-Identifier: MIT */
/* Looking after a database that is in use: what a start would find only after an unclean end. */
#pragma once

#include "daemon/base/err.h"
#include "daemon/store/store.h"

/*
 * Reads the next piece of what is kept for long (history, samples), out of the file and by each of
 * its indexes; bounded, whatever there is. 1: there is more; 0: that was the last, the next call
 * begins anew. Where its files are not those that were opened, it waits (1): whoever records tells.
 * -EBADMSG: the database is damaged, as store_check() says from then on; else as in store.h. Writes
 * nothing.
 */
int store_inspect(Store *store, Err *err);
