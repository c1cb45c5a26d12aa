/* SPDX-License-Identifier: MIT */
/* Requests that wait until what changed on disk is in force, so that they are answered for it. */
#pragma once

#include "daemon/control/control_internal.h"

/* Goes on with a request once all is loaded; answers it, now or later. */
typedef void (*LoadingThen)(Control *control, ServerRequest *request, const char *channel);

/* Loads what changed first, if there is a loader, then goes on; a set that is refused is answered
 * with 422 and one line for each mistake. `channel` is copied; NULL: none. 0 or -ENOMEM. */
int loading_begin(Control *control, ServerRequest *request, const char *channel, LoadingThen then,
                  Err *err);

/* Answers all with 503: the daemon ends. */
void loading_end_all(Control *control);
