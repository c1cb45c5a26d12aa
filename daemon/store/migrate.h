/* SPDX-License-Identifier: MIT */
/* The tables, their versions, and whether a database file is sound and ours. */
#pragma once

#include <stdbool.h>

#include "daemon/base/err.h"
#include "daemon/store/store.h"

/* The newest version. */
#define MIGRATE_VERSION 12

/* The statements that lead from version N to N + 1 (migrate_steps.c). */
extern const char *const migrate_steps[MIGRATE_VERSION];

/*
 * Checks the database that `store` has opened, without changing it. 0 with its schema version (0:
 * empty, new); -EBADMSG when it is damaged or not ours, with the remedy in `err`; -EPROTO when a
 * newer rosterd wrote it; else as in store.h.
 */
int migrate_check(Store *store, int *ret_version, Err *err);

/* Whether migrate_migrate() has nothing to do. */
bool migrate_is_current(int version);

/* Whether every page is sound: reads the whole file. 0 or as migrate_check(). */
int migrate_check_pages(Store *store, Err *err);

/* Brings a checked database from `version` to the newest: wholly, or not at all. */
int migrate_migrate(Store *store, int version, Err *err);

/* Sets -EBADMSG: the database is damaged (`what`), left as it is, and what a person can do. */
int migrate_damaged(const Store *store, const char *what, Err *err);
