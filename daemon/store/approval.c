/* SPDX-License-Identifier: MIT */
/* Approvals: each lets one plan pass its guards, once. */
#include "daemon/store/approval.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "daemon/base/str.h"
#include "daemon/store/reading.h"
#include "daemon/store/steady.h"
#include "daemon/store/store_internal.h"
#include "daemon/store/transaction.h"

/* 1 where the approval was spent less than 24 h ago, else 0. */
static int approval_was_spent(Store *store, const char *digest, uint64_t realtime_usec, Err *err)
{
    _cleanup_(sql_done) Query query = sql_begin(store, QUERY_APPROVAL_SPENT);
    int r;

    sql_text(&query, digest);
    r = sql_step(&query, err);
    if (r <= 0)
        return r;
    return steady_is_recent(store, sql_column_number(&query, 1), sql_column_number(&query, 0),
                            realtime_usec, STORE_APPROVAL_USEC);
}

/* An approval as the database has it, and what does not count of its time. */
typedef struct ApprovalTime {
    uint64_t wall_usec, steady_usec; /* when it was given */
    const ChangeGate *gate;
} ApprovalTime;

/* The time since it was given is taken from the steady clock where that has run since. */
static uint64_t approval_waited_usec(const Store *store, const ApprovalTime *time,
                                     uint64_t realtime_usec)
{
    uint64_t now_usec = steady_now_usec(store), from_usec = time->wall_usec, waited_usec;

    if (!time->gate)
        return 0;
    if (time->steady_usec >= store->steady.began_usec && now_usec >= time->steady_usec &&
        now_usec - time->steady_usec <= realtime_usec)
        from_usec = realtime_usec - (now_usec - time->steady_usec);
    if (from_usec >= realtime_usec)
        return 0;
    waited_usec = change_gate_closed_usec(time->gate, from_usec, realtime_usec);
    return waited_usec < STORE_APPROVAL_WAIT_USEC ? waited_usec : STORE_APPROVAL_WAIT_USEC;
}

static int approval_find(Store *store, const char *digest, uint64_t realtime_usec,
                         const ChangeGate *gate, Err *err)
{
    _cleanup_(sql_done) Query query = sql_begin(store, QUERY_APPROVED);
    ApprovalTime time = {.gate = gate};
    int r;

    sql_text(&query, digest);
    r = sql_step(&query, err);
    if (r <= 0)
        return r;
    time.wall_usec = sql_column_number(&query, 0);
    time.steady_usec = sql_column_number(&query, 1);
    if (!steady_is_recent(store, time.steady_usec, time.wall_usec, realtime_usec,
                          STORE_APPROVAL_USEC + approval_waited_usec(store, &time, realtime_usec)))
        return APPROVAL_NONE;
    return sql_column_number(&query, 2) ? APPROVAL_NOW : APPROVAL_GIVEN;
}

int approval_give_at(Store *store, const char *digest, uint64_t given_usec, uint64_t realtime_usec,
                     Err *err)
{
    _cleanup_(sql_done) Query query = sql_begin(store, QUERY_APPROVAL_GIVE);
    uint64_t now_usec = steady_now_usec(store);
    uint64_t age_usec = realtime_usec > given_usec ? realtime_usec - given_usec : 0;

    sql_text(&query, digest);
    sql_number(&query, given_usec);
    sql_number(&query, now_usec > age_usec ? now_usec - age_usec : 0);
    return sql_step(&query, err);
}

static int approval_give(Store *store, const char *digest, uint64_t realtime_usec, Err *err)
{
    return approval_give_at(store, digest, realtime_usec, realtime_usec, err);
}

/* In a Store for reading: good until it is freed. */
static int approval_give_in_memory(Store *store, const char *digest, Err *err)
{
    if (mem_grow(&store->approvals, &store->approval_capacity, store->approval_count + 1,
                 sizeof(*store->approvals)) < 0)
        return err_memory(err);
    store->approvals[store->approval_count] = (StoreApproval){.opens_window = false};
    memcpy(store->approvals[store->approval_count++].digest, digest, DIGEST_HEX_SIZE);
    return 0;
}

/* 0: it is a digest, and what is known of it can be read. */
static int approval_check(Store *store, const char *digest, Err *err)
{
    if (!digest_is_hex(digest, DIGEST_WHOLE))
        return err_set(err, -EINVAL, "\"%.80s\" is no digest, which has 64 digits of 0-9 and a-f",
                       digest);
    return reading_refresh(store, err);
}

int store_approve(Store *store, const char *digest, uint64_t realtime_usec, Err *err)
{
    int r = approval_check(store, digest, err);

    if (r == 0 && store->db)
        r = approval_was_spent(store, digest, realtime_usec, err);
    return r != 0 ? r : store_approve_again(store, digest, realtime_usec, err);
}

int store_approve_again(Store *store, const char *digest, uint64_t realtime_usec, Err *err)
{
    int r = approval_check(store, digest, err);

    if (r < 0)
        return r;
    if (store->is_read_only)
        return approval_give_in_memory(store, digest, err);
    r = transaction_begin(store, err);
    if (r < 0)
        return r;
    return transaction_result(store, approval_give(store, digest, realtime_usec, err));
}

static int approval_open_in_memory(Store *store, const char *digest)
{
    for (size_t i = 0; i < store->approval_count; i++) {
        if (str_equal(store->approvals[i].digest, digest))
            store->approvals[i].opens_window = true;
    }
    return 0;
}

int store_approve_now(Store *store, const char *digest, Err *err)
{
    int r = store->is_read_only ? approval_open_in_memory(store, digest)
                                : transaction_begin(store, err);

    if (store->is_read_only || r < 0)
        return r;
    {
        _cleanup_(sql_done) Query query = sql_begin(store, QUERY_APPROVAL_NOW);

        sql_text(&query, digest);
        r = sql_step(&query, err);
        if (r == 0 && sql_changes(&query) == 0)
            r = err_set(err, -ESTALE, "the approval of plan %s is not there any more, or spent",
                        digest);
    }
    return transaction_result(store, r);
}

int store_is_approved(Store *store, const char *digest, uint64_t realtime_usec,
                      const ChangeGate *gate, Err *err)
{
    int r = reading_refresh(store, err);

    if (r < 0)
        return r;
    for (size_t i = 0; i < store->approval_count; i++) {
        if (str_equal(store->approvals[i].digest, digest))
            return store->approvals[i].opens_window ? APPROVAL_NOW : APPROVAL_GIVEN;
    }
    return store->db ? approval_find(store, digest, realtime_usec, gate, err) : APPROVAL_NONE;
}

int approval_spend(Store *store, const char *digest, uint64_t realtime_usec, Err *err)
{
    _cleanup_(sql_done) Query query = sql_begin(store, QUERY_APPROVAL_SPEND);
    int r;

    assert(digest && !store->is_read_only);
    sql_number(&query, realtime_usec);
    sql_number(&query, steady_now_usec(store));
    sql_text(&query, digest);
    r = sql_step(&query, err);
    if (r < 0)
        return r;
    if (sql_changes(&query) == 0 && !store->is_mirror)
        return err_set(err, -ESTALE, "the approval of plan %s is not there any more, or spent",
                       digest);
    return 0;
}

int approval_note_shared(Store *store, const char *digest, const char *shared_of, Err *err)
{
    _cleanup_(sql_done) Query query = sql_begin(store, QUERY_APPROVAL_SHARED);

    sql_text(&query, shared_of);
    sql_text(&query, digest);
    return sql_step(&query, err);
}

int store_share_approval(Store *store, const char *digest, const char *const *plans,
                         size_t plan_count, uint64_t realtime_usec, Err *err)
{
    int r;

    assert(plans || plan_count == 0);
    r = transaction_begin(store, err);
    if (r < 0)
        return r;
    r = approval_spend(store, digest, realtime_usec, err);
    for (size_t i = 0; i < plan_count && r >= 0; i++) {
        r = approval_give(store, plans[i], realtime_usec, err);
        if (r >= 0)
            r = approval_note_shared(store, plans[i], digest, err);
    }
    return transaction_result(store, r < 0 ? r : 0);
}
