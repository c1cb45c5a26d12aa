/* SPDX-License-Identifier: MIT */
/* Opening the database for reading, without leaving a trace in the directory. */
#pragma once

#include <stdbool.h>

#include "daemon/store/store.h"

typedef struct StoreSource StoreSource;

/* Looks at the files without opening them. 0, or as in store.h; -EBADMSG when there is a
 * write-ahead log whose database is gone: opening it would make SQLite throw the log away. */
int reading_look(const Store *store, StoreSource *ret_source, Err *err);

/* In a Store for reading: opens the database, or opens it again where the files have changed in a
 * way that the open one cannot follow. Else 0. */
int reading_refresh(Store *store, Err *err);
