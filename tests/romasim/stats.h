/* SPDX-License-Identifier: MIT */
#pragma once

#include "tests/romasim/request.h"

/* Counts what came, and how much of it at once. */
void stats_begin(Request *r);

/* The request no longer counts as in flight. Harmless when it never did. */
void stats_end(Request *r);

/* Enters a mutation into its channel's list; sets r->n_side_by_side. Clients that hung up are not
 * counted. */
void stats_begin_mutation(Request *r);
void stats_end_mutation(Request *r);

void stats_count_signature_failure(void);
void stats_count_login(void);
void stats_count_connection(void);

/* The counts as a JSON object. */
void stats_render(Text *t);

/* All counts begin again. */
void stats_reset(void);
