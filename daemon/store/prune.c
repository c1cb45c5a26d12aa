/* SPDX-License-Identifier: MIT */
/* Forgetting what is old enough: by the steady clock, never by a look at the wall clock. In steps,
 * each of which takes a few milliseconds whatever there is to forget, and writes nothing where
 * there is nothing. */
#include <assert.h>

#include "config/guards.h"
#include "daemon/store/samples_internal.h"
#include "daemon/store/steady.h"
#include "daemon/store/store_internal.h"
#include "daemon/store/transaction.h"

/* What one step looks at, at most. */
#define PRUNE_ACTIONS_MAX 500
#define PRUNE_SAMPLES_MAX 2000

/* So many free pages stay in the file for what comes (4 MiB); others are given back to the file
 * system, 256 a step (sql_texts.c). */
#define PRUNE_PAGES_KEPT 1024

/* What a step has before it. */
typedef struct PruneStep {
    uint64_t before_usec; /* actions older than that */
    uint64_t lapsed_usec; /* approvals that were spent, and pauses */
    uint64_t waited_usec; /* approvals that were not */
    uint64_t reach;       /* it comes to this action */
    uint64_t actions, newest_usec;
    uint64_t free_pages;
    bool has_others, gives_back;
    bool is_last; /* it comes to the end of what is old enough */
} PruneStep;

/* Numbers are in the order of the steady clock: the first that is too young ends the search. */
static int prune_find_reach(Store *store, PruneStep *step, Err *err)
{
    _cleanup_(sql_done) Query query = sql_begin(store, QUERY_PRUNE_REACH);
    uint64_t rows = 0;
    int r;

    step->reach = store->pruned_to;
    sql_number(&query, step->before_usec);
    sql_number(&query, store->pruned_to);
    sql_number(&query, PRUNE_ACTIONS_MAX);
    while ((r = sql_step(&query, err)) > 0 && sql_column_number(&query, 1) > 0) {
        step->reach = sql_column_number(&query, 0);
        rows++;
    }
    step->is_last = rows < PRUNE_ACTIONS_MAX;
    return r < 0 ? r : 0;
}

static Query prune_begin_range(Store *store, QueryId id, const PruneStep *step)
{
    Query query = sql_begin(store, id);

    sql_number(&query, store->pruned_to);
    sql_number(&query, step->reach);
    return query;
}

static int prune_count(Store *store, PruneStep *step, Err *err)
{
    _cleanup_(sql_done) Query query = prune_begin_range(store, QUERY_PRUNABLE, step);
    int r = sql_step(&query, err);

    if (r <= 0)
        return r;
    step->actions = sql_column_number(&query, 0);
    step->newest_usec = sql_column_number(&query, 1);
    return 0;
}

static int prune_look_at_others(Store *store, PruneStep *step, Err *err)
{
    _cleanup_(sql_done) Query query = sql_begin(store, QUERY_PRUNE_OTHERS);
    int r;

    sql_number(&query, step->lapsed_usec);
    sql_number(&query, step->waited_usec);
    sql_number(&query, samples_keep_from(store));
    sql_number(&query, STORE_SAMPLES_MAX);
    r = sql_step(&query, err);
    step->has_others = r > 0 && sql_column_number(&query, 0) > 0;
    return r < 0 ? r : 0;
}

static int prune_count_free(Store *store, uint64_t *ret_pages, Err *err)
{
    _cleanup_(sql_done) Query query = sql_begin(store, QUERY_FREE_PAGES);
    int r = sql_step(&query, err);

    *ret_pages = r > 0 ? sql_column_number(&query, 0) : 0;
    return r < 0 ? r : 0;
}

static int prune_look(Store *store, PruneStep *step, Err *err)
{
    int r = prune_find_reach(store, step, err);

    if (r == 0 && step->reach > store->pruned_to)
        r = prune_count(store, step, err);
    if (r == 0)
        r = prune_look_at_others(store, step, err);
    if (r == 0)
        r = prune_count_free(store, &step->free_pages, err);
    step->gives_back = step->free_pages > PRUNE_PAGES_KEPT && !store->keeps_pages;
    return r;
}

static int prune_actions(Store *store, const PruneStep *step, StorePruned *pruned, Err *err)
{
    _cleanup_(sql_done) Query query = prune_begin_range(store, QUERY_PRUNE_ACTIONS, step);
    _cleanup_(sql_done) Query passes = {0};
    int r = sql_step(&query, err);

    if (r < 0)
        return r;
    passes = sql_begin(store, QUERY_PRUNE_PASSES);
    sql_number(&passes, step->reach);
    r = sql_step(&passes, err);
    if (r < 0)
        return r;
    pruned->actions += step->actions;
    pruned->passes += (uint64_t)sql_changes(&passes);
    if (step->newest_usec > pruned->newest_usec)
        pruned->newest_usec = step->newest_usec;
    return 0;
}

static int prune_lapsed(Store *store, QueryId id, const PruneStep *step, Err *err)
{
    _cleanup_(sql_done) Query query = sql_begin(store, id);

    sql_number(&query, step->lapsed_usec);
    if (id == QUERY_PRUNE_APPROVALS)
        sql_number(&query, step->waited_usec);
    return sql_step(&query, err);
}

/* Channels of which no sample is left. */
static int prune_channels(Store *store, Err *err)
{
    _cleanup_(sql_done) Query query = sql_begin(store, QUERY_SAMPLES_PRUNE_CHANNELS);

    return sql_step(&query, err);
}

static int prune_others(Store *store, const PruneStep *step, Err *err)
{
    int r = prune_lapsed(store, QUERY_PRUNE_APPROVALS, step, err);

    if (r == 0)
        r = prune_lapsed(store, QUERY_PRUNE_PAUSES, step, err);
    if (r == 0)
        r = samples_prune(store, PRUNE_SAMPLES_MAX, err);
    return r == 0 ? prune_channels(store, err) : r;
}

/* A database that an earlier rosterd made gives nothing back: its free pages are used again. */
static int prune_give_back(Store *store, const PruneStep *step, Err *err)
{
    _cleanup_(sql_done) Query query = sql_begin(store, QUERY_GIVE_BACK);
    uint64_t left = step->free_pages;
    int r;

    while ((r = sql_step(&query, err)) > 0)
        ;
    if (r == 0)
        r = prune_count_free(store, &left, err);
    store->keeps_pages = left >= step->free_pages;
    return r;
}

static int prune_write(Store *store, const PruneStep *step, StorePruned *pruned, Err *err)
{
    int r = step->actions > 0 ? prune_actions(store, step, pruned, err) : 0;

    if (r == 0 && step->has_others)
        r = prune_others(store, step, err);
    if (r == 0 && step->gives_back)
        r = prune_give_back(store, step, err);
    return r;
}

static uint64_t prune_before(const Store *store, uint64_t duration_usec)
{
    uint64_t now_usec = steady_now_usec(store);

    return now_usec > duration_usec ? now_usec - duration_usec : 0;
}

int store_prune(Store *store, uint64_t keep_usec, StorePruned *pruned, Err *err)
{
    PruneStep step = {
        .before_usec = prune_before(
            store, keep_usec > GUARD_FIGHT_SPAN_USEC ? keep_usec : GUARD_FIGHT_SPAN_USEC),
        .lapsed_usec = prune_before(store, 2 * STORE_APPROVAL_USEC),
        .waited_usec = prune_before(store, STORE_APPROVAL_WAIT_USEC + 2 * STORE_APPROVAL_USEC),
    };
    StorePruned sum = *pruned;
    int r;

    assert(!store->is_read_only);
    r = prune_look(store, &step, err);
    if (r == 0 &&
        (step.actions > 0 || step.has_others || step.gives_back || steady_is_stale(store))) {
        r = transaction_begin(store, err);
        if (r == 0)
            r = transaction_result(store, prune_write(store, &step, &sum, err));
        if (r == 0)
            r = transaction_commit(store, err);
    }
    if (r < 0)
        return r;
    *pruned = sum;
    store->pruned_to = step.is_last ? 0 : step.reach;
    return !step.is_last || step.has_others || (step.gives_back && !store->keeps_pages);
}
