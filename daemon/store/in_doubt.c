/* SPDX-License-Identifier: MIT */
/* Settling what killed runs left undecided, and forgetting what is old enough. */
#include "daemon/store/in_doubt.h"

#include <errno.h>

#include "config/guards.h"
#include "daemon/store/store_internal.h"
#include "daemon/store/transaction.h"

int in_doubt_look(Store *store, Err *err)
{
    _cleanup_(sql_done) Query query = {0};
    int r;

    if (!store->has_doubts || !store->db)
        return 0;
    query = sql_begin(store, QUERY_ACTION_IN_DOUBT);
    r = sql_step(&query, err);
    if (r < 0)
        return r;
    store->has_doubts = r > 0;
    return 0;
}

static int in_doubt_one(Store *store, const StoreAction *action, const StoreSettling *settling,
                        uint64_t realtime_usec, Err *err)
{
    int settlement = settling->settle_member(settling->list, action->member_id);
    Outcome outcome = settlement == SETTLEMENT_GONE ? OUTCOME_DELETED : OUTCOME_FAILED;
    int r;

    if (settlement < 0)
        return err_memory(err);
    if (settlement == SETTLEMENT_LATER)
        return 0;
    r = store_decide(store, action->action, outcome, action->attempts, NULL, realtime_usec, err);
    if (r == 0 && settling->on_settled)
        settling->on_settled(settling->userdata, action, outcome);
    return r;
}

int store_settle(Store *store, const char *instance_name, const char *channel_id,
                 const StoreSettling *settling, uint64_t realtime_usec, Err *err)
{
    _cleanup_(store_actions_done) StoreActions actions = {0};
    int r;

    if (!store->has_doubts || store->is_read_only)
        return 0;
    r = store_undecided(store, instance_name, channel_id, &actions, err);
    for (size_t i = 0; i < actions.count && r == 0; i++)
        r = in_doubt_one(store, &actions.items[i], settling, realtime_usec, err);
    return r;
}

int store_unsettled(Store *store, const char *instance_name, UnsettledAdd add, void *userdata,
                    Err *err)
{
    _cleanup_(sql_done) Query query = {0};
    int r;

    if (!store->has_doubts || store->is_read_only || !store->db)
        return 0;
    query = sql_begin(store, QUERY_CHANNELS_IN_DOUBT);
    sql_text(&query, instance_name);
    while ((r = sql_step(&query, err)) > 0) {
        const char *channel_id = sql_column_text(&query, 0);

        if (!channel_id || add(userdata, channel_id) < 0)
            return err_memory(err);
    }
    return r;
}

static int in_doubt_forget(Store *store, QueryId id, uint64_t before_usec, Err *err)
{
    _cleanup_(sql_done) Query query = sql_begin(store, id);

    sql_number(&query, before_usec);
    return sql_step(&query, err);
}

static uint64_t in_doubt_before(uint64_t realtime_usec, uint64_t span_usec)
{
    return realtime_usec > span_usec ? realtime_usec - span_usec : 0;
}

int store_prune(Store *store, uint64_t before_usec, uint64_t realtime_usec, Err *err)
{
    uint64_t recent_usec = in_doubt_before(realtime_usec, GUARD_FIGHT_SPAN_USEC);
    uint64_t lapsed_usec = in_doubt_before(realtime_usec, 2 * STORE_APPROVAL_USEC);
    int r = transaction_begin(store, err);

    if (r < 0)
        return r;
    before_usec = before_usec < recent_usec ? before_usec : recent_usec;
    r = in_doubt_forget(store, QUERY_PRUNE_ACTIONS, before_usec, err);
    if (r == 0)
        r = in_doubt_forget(store, QUERY_PRUNE_PASSES, before_usec, err);
    if (r == 0)
        r = in_doubt_forget(store, QUERY_PRUNE_APPROVALS, lapsed_usec, err);
    r = transaction_result(store, r);
    return r < 0 ? r : transaction_commit(store, err);
}
