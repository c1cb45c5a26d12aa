/* SPDX-License-Identifier: MIT */
#pragma once

#include "tests/romasim/request.h"

/* Appends one JSON line a request to this file from now on. */
void log_open(const char *path);

/* Enters a request that has come whole; sets r->log_number. The bodies of changes are kept up to
 * 4096 bytes, those of logins never. */
void log_begin(Request *r);

/* Enters what it was answered; status 0: nothing. */
void log_end(const Request *r, int status);

/* {"requests":[...],"dropped":N}: the newest, in the order of their coming. */
void log_render(Text *t);
void log_clear(void);
