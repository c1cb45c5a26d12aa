/* SPDX-License-Identifier: MIT */
/* Settling what killed runs left undecided. */
#include <assert.h>
#include <errno.h>

#include "daemon/base/clock.h"
#include "daemon/store/quarantine_internal.h"
#include "daemon/store/sent.h"
#include "daemon/store/steady.h"
#include "daemon/store/store_internal.h"
#include "daemon/store/transaction.h"

/* How long a channel must be absent from every list before its deletions are given up. */
#define ABSENT_USEC USEC_PER_DAY

int in_doubt_absent(Store *store, const StoreAction *action, Err *err)
{
    uint64_t now_usec = steady_now_usec(store);
    int r;

    if (action->vanished_usec)
        return now_usec > action->vanished_usec && now_usec - action->vanished_usec >= ABSENT_USEC;
    r = transaction_begin(store, err);
    if (r < 0)
        return r;
    {
        _cleanup_(sql_done) Query query = sql_begin(store, QUERY_ACTION_VANISHED);

        sql_number(&query, now_usec);
        sql_number(&query, action->action);
        r = sql_step(&query, err);
    }
    return transaction_result(store, r);
}

/* Nobody can tell what became of a deletion in a channel that is gone: it counts as gone, not as
 * deleted by rosterd. */
static Outcome in_doubt_outcome(int settlement)
{
    assert(settlement <= SETTLEMENT_ABSENT);
    if (settlement == SETTLEMENT_ABSENT)
        return OUTCOME_GONE;
    return settlement == SETTLEMENT_GONE ? OUTCOME_DELETED : OUTCOME_FAILED;
}

static int in_doubt_one(Store *store, const StoreAction *action, const StoreSettling *settling,
                        uint64_t realtime_usec, Err *err)
{
    int settlement = settling->list.settle_member(settling->list.list, action->member_id);
    Outcome outcome = in_doubt_outcome(settlement);
    int r;

    if (settlement < 0)
        return err_memory(err);
    if (settlement == SETTLEMENT_LATER)
        return 0;
    /* It went otherwise. */
    if (outcome == OUTCOME_DELETED && sent_is_never(store, action->action))
        outcome = OUTCOME_GONE;
    if (settlement == SETTLEMENT_ABSENT) {
        r = in_doubt_absent(store, action, err);
        if (r <= 0)
            return r;
    }
    r = store_decide(store, action->action, outcome, action->attempts, NULL, NULL, realtime_usec,
                     err);
    if (r == 0 && settling->on_settled)
        settling->on_settled(settling->userdata, action, outcome);
    return r;
}

int store_settle(Store *store, const char *instance_key, const char *channel_id,
                 const StoreSettling *settling, uint64_t realtime_usec, Err *err)
{
    _cleanup_(store_actions_done) StoreActions actions = {0};
    int r;

    assert(instance_key && channel_id && settling->list.settle_member &&
           settling->list.find_listed);
    if (store->is_read_only)
        return 0;
    if (!store->has_in_doubt)
        return quarantine_settle(store, instance_key, channel_id, settling, err);
    r = store_undecided(store, instance_key, channel_id, &actions, err);
    for (size_t i = 0; i < actions.count && r == 0; i++)
        r = in_doubt_one(store, &actions.items[i], settling, realtime_usec, err);
    if (r == 0)
        r = added_settle(store, instance_key, channel_id, settling, realtime_usec, err);
    return r == 0 ? quarantine_settle(store, instance_key, channel_id, settling, err) : r;
}

int store_unsettled(Store *store, const char *instance_key, UnsettledAdd add, void *userdata,
                    Err *err)
{
    _cleanup_(sql_done) Query query = {0};
    int r;

    assert(instance_key && add);
    if (!store->has_in_doubt || store->is_read_only || !store->db)
        return 0;
    query = sql_begin(store, QUERY_CHANNELS_IN_DOUBT);
    sql_text(&query, instance_key);
    while ((r = sql_step(&query, err)) > 0) {
        const char *channel_id = sql_column_text(&query, 0);

        if (!channel_id || add(userdata, channel_id) < 0)
            return err_memory(err);
    }
    return r;
}
