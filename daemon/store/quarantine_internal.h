/* SPDX-License-Identifier: MIT */
/* Members in quarantine, beside the changes of the history that bring them in and out. */
#pragma once

#include "daemon/store/quarantine.h"
#include "daemon/store/sql.h"

/* Looks whether there is any. 0, or as in store.h. */
int quarantine_open(Store *store, Err *err);

/* Within the transaction that records it: the member of a change that disables is in quarantine,
 * and it is not decided whether. */
int quarantine_insert(Store *store, const Batch *batch, const Change *change,
                      uint64_t realtime_usec, Err *err);

/* Whether quarantine_insert() of each change between two actions can be read back: 0, or -EBADMSG.
 */
int quarantine_read_back(Store *store, const Batch *batch, Err *err);

/* Within the transaction that decides a change: begins the time of its member, or takes it out. */
int quarantine_decide(Store *store, uint64_t action, Outcome outcome, uint64_t realtime_usec,
                      Err *err);

/* store_settle() of those who are in it. */
int quarantine_settle(Store *store, const char *instance_key, const char *channel_id,
                      const StoreSettling *settling, Err *err);

/* ---- between the files of this subject ---- */

/* Who is in it, as the columns of the queries say. */
typedef struct QuarantineTime {
    bool is_open;
    uint64_t span_usec;
    uint64_t passed_usec;
    uint64_t base_steady_usec;
} QuarantineTime;

/* The four columns of a query from `column` on. */
QuarantineTime quarantine_read_time(const Query *query, int column);

/* How long it has been in quarantine, by the steady clock; and how long it is to stay, of
 * `least_usec` at least. */
uint64_t quarantine_passed_usec(const Store *store, const QuarantineTime *time);
uint64_t quarantine_left_usec(const Store *store, const QuarantineTime *time, uint64_t least_usec);

/* Runs a statement of a channel and a number. */
int quarantine_set(Store *store, QueryId id, const char *instance_key, const char *channel_id,
                   uint64_t number, Err *err);
