/* SPDX-License-Identifier: MIT */
/* Requests that wait for a pass which begins after them. */
#pragma once

#include "daemon/control/control_internal.h"
#include "daemon/json/json_value.h"

/* POST /v1/reconcile {"channel"}: loads what changed on disk, asks for passes, and answers with
 * their report once they are done. Returns what is wrong, or 0. */
int handle_reconcile_begin(Control *control, ServerRequest *request, const Json *root, Err *err);

/* Answers those whose passes are done. */
void handle_reconcile_look(Control *control);

/* Asks for the passes of the controller in force instead of those of the one before. */
void handle_reconcile_ask_again(Control *control);

/* Answers all with 503: the daemon ends. */
void handle_reconcile_end_all(Control *control);
