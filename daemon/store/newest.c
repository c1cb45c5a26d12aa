/* SPDX-License-Identifier: MIT */
#include "daemon/store/newest.h"

#include <assert.h>

#include "daemon/store/reading.h"
#include "daemon/store/store_internal.h"
#include "daemon/store/transaction.h"

int store_newest(Store *store, uint64_t since_usec, uint64_t limit, StoreNewestAdd add,
                 void *userdata, Err *err)
{
    int r = reading_refresh(store, err);

    assert(add && limit > 0);
    if (r == 0 && store->db) {
        _cleanup_(sql_done) Query query = sql_begin(store, QUERY_NEWEST);

        sql_number(&query, limit + 1);
        while ((r = sql_step(&query, err)) > 0 && limit-- > 0) {
            uint64_t recorded_usec = sql_column_number(&query, 1);
            const PendingOutcome *outcome =
                transaction_find_lost(store, sql_column_number(&query, 0));

            if (recorded_usec < since_usec)
                return 0;
            add(userdata, recorded_usec, sql_column_text(&query, 2),
                outcome ? ops_outcome_text(outcome->outcome) : sql_column_text(&query, 3));
        }
    }
    return r;
}

int store_newest_troubles(Store *store, uint64_t since_usec, uint64_t limit, StoreNewestAdd add,
                          void *userdata, Err *err)
{
    int r = reading_refresh(store, err);

    assert(add);
    if (r == 0 && store->db) {
        _cleanup_(sql_done) Query query = sql_begin(store, QUERY_NEWEST_TROUBLES);

        sql_number(&query, since_usec);
        sql_number(&query, limit);
        while ((r = sql_step(&query, err)) > 0)
            add(userdata, sql_column_number(&query, 0), STORE_NEWEST_CHANNEL,
                sql_column_text(&query, 1));
    }
    return r;
}
