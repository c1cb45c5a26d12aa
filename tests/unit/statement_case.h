/* SPDX-License-Identifier: MIT */
/* Statements of the state that fail on demand, and what a call has made of the state, as text: what
 * a test of one call can compare as a whole. */
#pragma once

#include "tests/unit/test_store_common.h"

/* The statement after so many fails once, as on a full disk, without having done anything. */
void statement_fail_after(long count);

/* Takes that back; how many were begun since, the one that failed not among them. */
long statement_stop(void);

/* Whether one has failed since. */
bool statement_did_fail(void);

/* All rows that are committed: one a line, the name of the table first, without what is NULL. Times
 * about NOW are shown as the seconds from it, small ones of the steady clock in seconds. */
char *statement_dump(const Folder *folder);

/* The lines that `after` lacks ("- ") and those that it has more ("+ "). */
char *statement_difference(const char *before, const char *after);
