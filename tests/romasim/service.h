/* SPDX-License-Identifier: MIT */
#pragma once

#include "tests/romasim/request.h"

/* Decides the answer of a request that has come whole, and does what it asks for. The result says
 * how many milliseconds the answer must wait. */
uint64_t service_handle(Request *r);

/* The request is over for its channel and for the log: answered with `status`, or 0 for not at all.
 * Harmless twice. */
void service_finish(Request *r, int status);
