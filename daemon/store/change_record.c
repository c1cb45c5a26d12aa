/* SPDX-License-Identifier: MIT */
/* Changes in the state: recorded before the first is sent, decided when known. */
#include <assert.h>
#include <errno.h>
#include <inttypes.h>

#include "daemon/base/str.h"
#include "daemon/store/approval.h"
#include "daemon/store/integrity.h"
#include "daemon/store/pass.h"
#include "daemon/store/quarantine_internal.h"
#include "daemon/store/steady.h"
#include "daemon/store/store_internal.h"
#include "daemon/store/transaction.h"

/* So many outcomes wait for a commit: it holds up the event loop by their number, and a power cut
 * takes them all. */
#define RECORD_OUTCOMES_MAX 500

/* So many rows one statement takes (sql_texts.c). */
#define RECORD_ROWS 16

static void record_bind_change(Query *query, const Change *change)
{
    sql_text(query, change_kind_text(change->kind));
    sql_text(query, change->member_id);
    sql_blob(query, change->identity, change->identity_size);
    sql_text(query, change->kind == CHANGE_ADD ? "" : change->before);
    sql_text(query, change->after);
}

static void record_bind_nothing(Query *query)
{
    for (size_t i = 0; i < 5; i++)
        sql_text(query, NULL);
}

/* Rows of the history, not decided yet, whose numbers follow one another: what is read back after
 * the commit would tell of others. */
static int record_insert(Store *store, const Batch *batch, Change *changes, size_t count,
                         uint64_t realtime_usec, Err *err)
{
    _cleanup_(sql_done) Query query = sql_begin(store, QUERY_ACTIONS_INSERT);
    size_t inserted;
    uint64_t last;
    int r;

    assert(count > 0 && count <= RECORD_ROWS);
    sql_text(&query, batch->pass);
    sql_text(&query, batch->instance_key);
    sql_text(&query, batch->channel_id);
    sql_text(&query, batch->channel_name);
    sql_text(&query, batch->digest);
    sql_text(&query, mode_text(batch->channel->mode));
    sql_number(&query, realtime_usec);
    sql_number(&query, steady_now_usec(store));
    for (size_t i = 0; i < RECORD_ROWS; i++) {
        if (i < count)
            record_bind_change(&query, &changes[i]);
        else
            record_bind_nothing(&query);
    }
    r = sql_step(&query, err);
    if (r < 0)
        return r;
    inserted = (size_t)sql_changes(&query);
    last = (uint64_t)sqlite3_last_insert_rowid(store->db);
    assert(inserted == count && last >= count);
    for (size_t i = 0; i < count; i++)
        changes[i].action = last - count + 1 + i;
    return 0;
}

/* With a place in quarantine for those that are disabled. */
static int record_insert_rows(Store *store, const Batch *batch, size_t first, size_t count,
                              uint64_t realtime_usec, Err *err)
{
    Change *changes = batch->changes + first;
    int r = record_insert(store, batch, changes, count, realtime_usec, err);

    for (size_t i = 0; i < count && r == 0; i++) {
        if (changes[i].kind == CHANGE_DISABLE)
            r = quarantine_insert(store, batch, &changes[i], realtime_usec, err);
    }
    return r;
}

static int record_note_last(Store *store, const Batch *batch, Err *err)
{
    _cleanup_(sql_done) Query query = {0};

    if (batch->change_count == 0)
        return 0;
    query = sql_begin(store, QUERY_PASS_NOTE_LAST);
    sql_number(&query, batch->changes[batch->change_count - 1].action);
    sql_text(&query, batch->pass);
    return sql_step(&query, err);
}

static int record_insert_batch(Store *store, const Batch *batch, uint64_t realtime_usec, Err *err)
{
    int r;

    assert(batch->instance_key && batch->channel_id && batch->changes);
    r = pass_insert(store, batch->pass, err);
    if (r == 0 && batch->approved)
        r = approval_spend(store, batch->digest, realtime_usec, err);
    for (size_t first = 0; first < batch->change_count && r == 0; first += RECORD_ROWS) {
        size_t left = batch->change_count - first;

        r = record_insert_rows(store, batch, first, left < RECORD_ROWS ? left : RECORD_ROWS,
                               realtime_usec, err);
    }
    return r == 0 ? record_note_last(store, batch, err) : r;
}

static int record_nothing_done(const Batch *batch, int error, Err *err)
{
    static const char *const done[CHANGE_KIND_COUNT] = {[CHANGE_DELETE] = "deleted",
                                                        [CHANGE_ADD] = "added",
                                                        [CHANGE_CORRECT] = "corrected",
                                                        [CHANGE_DISABLE] = "disabled",
                                                        [CHANGE_ENABLE] = "enabled"};
    Err reason;

    if (!err)
        return error;
    reason = *err;
    return err_set(err, error, "%s; nothing was %s", reason.text, done[batch->changes[0].kind]);
}

static void record_forget(const Batch *batches, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < batches[i].change_count; k++)
            batches[i].changes[k].action = 0;
    }
}

static int record_batches(Store *store, const Batch *batches, size_t count, uint64_t realtime_usec,
                          Err *err)
{
    int r;

    record_forget(batches, count);
    r = transaction_begin(store, err);
    for (size_t i = 0; i < count && r == 0; i++)
        r = transaction_result(store, record_insert_batch(store, &batches[i], realtime_usec, err));
    if (r == 0)
        r = transaction_commit(store, err);
    for (size_t i = 0; i < count && r == 0; i++)
        pass_mark_recorded(store, batches[i].pass);
    if (r == 0)
        r = integrity_read_back(store, batches, count, err);
    if (r == 0)
        return 0;
    record_forget(batches, count);
    if (r == -EBADMSG)
        integrity_check(store, err); /* tells of the damage with its remedy */
    return r;
}

int store_record(Store *store, const Batch *batches, size_t count, uint64_t realtime_usec, Err *err)
{
    int r;

    assert(count > 0 && batches[0].change_count > 0);
    r = record_batches(store, batches, count, realtime_usec, err);
    return r < 0 ? record_nothing_done(&batches[0], r, err) : r;
}

static PendingOutcome record_outcome(uint64_t action, Outcome outcome, uint32_t attempts,
                                     const ListedMember *listed, const Answer *answer,
                                     uint64_t realtime_usec)
{
    PendingOutcome pending = {
        .action = action,
        .decided_usec = realtime_usec,
        .outcome = outcome,
        .attempts = attempts,
        .weight = listed ? listed->weight : OPS_WEIGHT_NONE,
    };

    str_copy(pending.member_id, sizeof(pending.member_id), listed && listed->id ? listed->id : "");
    if (answer) {
        pending.http = answer->http;
        str_copy(pending.code, sizeof(pending.code), answer->code);
        str_copy(pending.request_id, sizeof(pending.request_id), answer->request_id);
    }
    return pending;
}

int store_decide(Store *store, uint64_t action, Outcome outcome, uint32_t attempts,
                 const char *member_id, const Answer *answer, uint64_t realtime_usec, Err *err)
{
    const ListedMember listed = {member_id, OPS_WEIGHT_NONE};

    return store_decide_listed(store, action, outcome, attempts, &listed, answer, realtime_usec,
                               err);
}

/* Without a transaction, which knows, it is what is pending that tells. */
static bool record_is_decided(const Store *store, uint64_t action, Outcome outcome)
{
    const PendingOutcome *before = pending_find_outcome(&store->pending, action);

    return before && (before->outcome != OUTCOME_FAILED || outcome != OUTCOME_GONE);
}

int store_decide_listed(Store *store, uint64_t action, Outcome outcome, uint32_t attempts,
                        const ListedMember *listed, const Answer *answer, uint64_t realtime_usec,
                        Err *err)
{
    PendingOutcome pending =
        record_outcome(action, outcome, attempts, listed, answer, realtime_usec);
    int r = transaction_begin(store, err);

    assert(outcome != OUTCOME_PLANNED && outcome != OUTCOME_HELD);
    if (r == -EROFS && store->is_read_only)
        return r;
    if (r < 0 && record_is_decided(store, action, outcome))
        return err_set(err, -ENOENT, "change %" PRIu64 " is decided already", action);
    /* Kept even where the transaction could not be opened: the service has carried it out. */
    if (pending_add_outcome(&store->pending, &pending) < 0)
        return err_memory(err);
    if (r < 0)
        return r;
    r = transaction_result(store, transaction_write_outcome(store, &pending, err));
    if (r > 0)
        return store->pending.outcome_count < RECORD_OUTCOMES_MAX ? 0
                                                                  : transaction_commit(store, err);
    if (r < 0)
        return r;
    pending_drop_outcome(&store->pending);
    return err_set(err, -ENOENT, "no change %" PRIu64 " waits for its outcome", action);
}
