/* SPDX-License-Identifier: MIT */
/* Forgetting what is old enough: by the steady clock, never by a look at the wall clock. */
#include "config/guards.h"
#include "daemon/store/samples_internal.h"
#include "daemon/store/steady.h"
#include "daemon/store/store_internal.h"
#include "daemon/store/transaction.h"

/* So many at once; the rest goes with what is added. */
#define PRUNE_SAMPLES_MAX 20000

static int prune_run(Store *store, QueryId id, uint64_t before_usec, Err *err)
{
    _cleanup_(sql_done) Query query = sql_begin(store, id);

    sql_number(&query, before_usec);
    return sql_step(&query, err);
}

static int prune_count(Store *store, uint64_t before_usec, StorePruned *ret_pruned, Err *err)
{
    _cleanup_(sql_done) Query query = sql_begin(store, QUERY_PRUNABLE);
    int r;

    sql_number(&query, before_usec);
    r = sql_step(&query, err);
    if (r <= 0)
        return r;
    ret_pruned->actions = sql_column_number(&query, 0);
    ret_pruned->passes = sql_column_number(&query, 1);
    ret_pruned->newest_usec = sql_column_number(&query, 2);
    return 0;
}

static int prune_rows(Store *store, QueryId id, Err *err)
{
    _cleanup_(sql_done) Query query = sql_begin(store, id);

    return sql_step(&query, err);
}

static int prune_samples(Store *store, Err *err)
{
    int r = samples_prune(store, PRUNE_SAMPLES_MAX, err);

    return r < 0 ? r : prune_rows(store, QUERY_SAMPLES_PRUNE_CHANNELS, err);
}

static uint64_t prune_before(const Store *store, uint64_t duration_usec)
{
    uint64_t now_usec = steady_now_usec(store);

    return now_usec > duration_usec ? now_usec - duration_usec : 0;
}

static int prune_all(Store *store, uint64_t keep_usec, StorePruned *ret_pruned, Err *err)
{
    uint64_t before_usec =
        prune_before(store, keep_usec > GUARD_FIGHT_SPAN_USEC ? keep_usec : GUARD_FIGHT_SPAN_USEC);
    uint64_t lapsed_usec = prune_before(store, 2 * STORE_APPROVAL_USEC);
    uint64_t waited_usec = prune_before(store, STORE_APPROVAL_WAIT_USEC + 2 * STORE_APPROVAL_USEC);
    int r = prune_count(store, before_usec, ret_pruned, err);

    if (r == 0 && ret_pruned->actions > 0)
        r = prune_run(store, QUERY_PRUNE_ACTIONS, before_usec, err);
    if (r == 0 && ret_pruned->actions > 0)
        r = prune_rows(store, QUERY_PRUNE_PASSES, err);
    if (r == 0)
        r = prune_run(store, QUERY_PRUNE_APPROVALS, lapsed_usec, err);
    if (r == 0)
        r = prune_run(store, QUERY_PRUNE_WAITING, waited_usec, err);
    if (r == 0)
        r = prune_run(store, QUERY_PRUNE_PAUSES, lapsed_usec, err);
    if (r == 0)
        r = prune_samples(store, err);
    return r;
}

int store_prune(Store *store, uint64_t keep_usec, StorePruned *ret_pruned, Err *err)
{
    StorePruned pruned = {0};
    int r = transaction_begin(store, err);

    if (r < 0)
        return r;
    r = transaction_result(store, prune_all(store, keep_usec, &pruned, err));
    if (r == 0)
        r = transaction_commit(store, err);
    if (r == 0)
        *ret_pruned = pruned;
    return r;
}
