/* SPDX-License-Identifier: MIT */
#pragma once

#include "tests/romasim/request.h"

/* A connection of a client. Starts as {0}. */
typedef struct StatsConnection {
    int fd;
    size_t place;
    bool is_counted; /* a request for the service came on it */
} StatsConnection;

/* Counts it, once; and no longer as open. Harmless when it never was. */
void stats_begin_connection(StatsConnection *connection, int fd);
void stats_end_connection(StatsConnection *connection);

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

/* The counts as a JSON object. */
void stats_render(Text *t);

/* All counts begin again. */
void stats_reset(void);
