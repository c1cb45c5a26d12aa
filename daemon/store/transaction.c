/* SPDX-License-Identifier: MIT */
#include "daemon/store/transaction.h"

#include <assert.h>
#include <errno.h>

#include "daemon/base/hang.h"
#include "daemon/store/clean_end.h"
#include "daemon/store/integrity.h"
#include "daemon/store/quarantine_internal.h"
#include "daemon/store/steady.h"
#include "daemon/store/store_internal.h"

/* Asked of SQLite each time: a statement that runs out of memory or disk, even one that only
 * reads, makes it roll back by itself. */
static bool transaction_is_open(const Store *store)
{
    return !sqlite3_get_autocommit(store->db);
}

const PendingOutcome *transaction_find_lost(const Store *store, uint64_t action)
{
    return store->db && transaction_is_open(store) ? NULL
                                                   : pending_find_outcome(&store->pending, action);
}

int transaction_write_outcome(Store *store, const PendingOutcome *outcome, Err *err)
{
    _cleanup_(sql_done) Query query = sql_begin(store, QUERY_ACTION_DECIDE);
    int r, changes;

    assert(outcome->action > 0);
    assert(transaction_is_open(store));
    sql_text(&query, ops_outcome_text(outcome->outcome));
    sql_number_or_null(&query, outcome->http > 0 ? (uint64_t)outcome->http : 0);
    sql_text(&query, outcome->code[0] ? outcome->code : NULL);
    sql_text(&query, outcome->request_id[0] ? outcome->request_id : NULL);
    sql_number(&query, outcome->attempts);
    sql_number(&query, outcome->decided_usec);
    sql_number(&query, outcome->action);
    sql_text(&query, outcome->member_id[0] ? outcome->member_id : NULL);
    sql_signed(&query, outcome->weight);
    r = sql_step(&query, err);
    if (r < 0)
        return r;
    changes = sql_changes(&query);
    if (changes > 0)
        r = quarantine_decide(store, outcome->action, outcome->outcome, outcome->decided_usec, err);
    return r < 0 ? r : changes;
}

static int transaction_write_sighting(Store *store, const char *instance_key,
                                      const char *channel_id, const Sighting *sighting, Err *err)
{
    _cleanup_(sql_done) Query query = sql_begin(store, QUERY_SIGHTING_INSERT);

    sql_text(&query, instance_key);
    sql_text(&query, channel_id);
    sql_text(&query, sighting->member_id);
    sql_number(&query, sighting->count);
    return sql_step(&query, err);
}

int transaction_write_sightings(Store *store, const char *instance_key, const char *channel_id,
                                const Sighting *sightings, size_t count, Err *err)
{
    _cleanup_(sql_done) Query query = sql_begin(store, QUERY_SIGHTINGS_DELETE);
    int r;

    sql_text(&query, instance_key);
    sql_text(&query, channel_id);
    r = sql_step(&query, err);
    for (size_t i = 0; i < count && r == 0; i++)
        r = transaction_write_sighting(store, instance_key, channel_id, &sightings[i], err);
    return r;
}

static int transaction_run(Store *store, QueryId id, Err *err)
{
    _cleanup_(sql_done) Query query = sql_begin(store, id);

    return sql_step(&query, err);
}

static int transaction_replay(Store *store, Err *err)
{
    const Pending *pending = &store->pending;
    int r = 0;

    for (size_t i = 0; i < pending->outcome_count && r >= 0; i++)
        r = transaction_write_outcome(store, &pending->outcomes[i], err);
    for (size_t i = 0; i < pending->sightings_count && r >= 0; i++) {
        const PendingSightings *entry = &pending->sightings[i];

        r = transaction_write_sightings(store, entry->instance_key, entry->channel_id,
                                        entry->sightings, entry->count, err);
    }
    return r < 0 ? r : 0;
}

void transaction_rollback(Store *store)
{
    store->must_roll_back =
        transaction_is_open(store) && transaction_run(store, QUERY_ROLLBACK, NULL) < 0;
}

int transaction_result(Store *store, int result)
{
    store->is_damaged = store->is_damaged || result == -EBADMSG;
    if (result < 0)
        transaction_rollback(store);
    return result;
}

int transaction_begin(Store *store, Err *err)
{
    int r;

    if (store->is_read_only)
        return err_set(err, -EROFS, "the state in %s was opened for reading", store->directory);
    if (store->must_roll_back)
        transaction_rollback(store);
    if (store->must_roll_back)
        return err_set(err, -EIO,
                       "the state in %s cannot be written: an earlier failure cannot be undone",
                       store->directory);
    if (transaction_is_open(store))
        return 0;
    r = clean_end_revoke(store, err);
    if (r == 0)
        r = transaction_run(store, QUERY_BEGIN, err);
    if (r == 0)
        r = transaction_replay(store, err);
    return transaction_result(store, r);
}

int transaction_commit(Store *store, Err *err)
{
    _cleanup_hang_ Hang hang = hang_enter(store->directory);
    int r;

    assert(transaction_is_open(store));
    r = integrity_check(store, err);
    if (r == 0)
        r = steady_save(store, err);
    if (r == 0)
        r = transaction_run(store, QUERY_COMMIT, err);
    if (r == 0)
        pending_clear(&store->pending);
    return transaction_result(store, r);
}

int store_flush(Store *store, Err *err)
{
    int r;

    if (store->is_read_only || (store->pending.outcome_count == 0 &&
                                store->pending.sightings_count == 0 && !transaction_is_open(store)))
        return 0;
    r = transaction_begin(store, err);
    return r < 0 ? r : transaction_commit(store, err);
}
