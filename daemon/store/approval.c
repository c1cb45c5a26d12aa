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

/* Reads when an approval was given or spent. 1 where that is less than 24 h ago, else 0. */
static int approval_is_fresh(Store *store, QueryId id, const char *digest, uint64_t realtime_usec,
                             Err *err)
{
    _cleanup_(sql_done) Query query = sql_begin(store, id);
    int r;

    sql_text(&query, digest);
    r = sql_step(&query, err);
    if (r <= 0)
        return r;
    return steady_is_recent(store, sql_column_number(&query, 1), sql_column_number(&query, 0),
                            realtime_usec, STORE_APPROVAL_USEC);
}

static int approval_give(Store *store, const char *digest, uint64_t realtime_usec, Err *err)
{
    _cleanup_(sql_done) Query query = sql_begin(store, QUERY_APPROVAL_GIVE);

    sql_text(&query, digest);
    sql_number(&query, realtime_usec);
    sql_number(&query, steady_now_usec(store));
    return sql_step(&query, err);
}

/* In a Store for reading: good until it is freed. */
static int approval_give_in_memory(Store *store, const char *digest, Err *err)
{
    if (mem_grow(&store->approvals, &store->approval_capacity, store->approval_count + 1,
                 sizeof(*store->approvals)) < 0)
        return err_memory(err);
    memcpy(store->approvals[store->approval_count++], digest, DIGEST_HEX_SIZE);
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
        r = approval_is_fresh(store, QUERY_APPROVAL_SPENT, digest, realtime_usec, err);
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

int store_is_approved(Store *store, const char *digest, uint64_t realtime_usec, Err *err)
{
    int r = reading_refresh(store, err);

    if (r < 0)
        return r;
    for (size_t i = 0; i < store->approval_count; i++) {
        if (str_equal(store->approvals[i], digest))
            return 1;
    }
    return store->db ? approval_is_fresh(store, QUERY_APPROVED, digest, realtime_usec, err) : 0;
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
    if (sql_changes(&query) == 0)
        return err_set(err, -ESTALE, "the approval of plan %s is not there any more, or spent",
                       digest);
    return 0;
}

int store_share_approval(Store *store, const char *digest, const char *const *plans,
                         size_t plan_count, uint64_t realtime_usec, Err *err)
{
    int r;

    assert(plans && plan_count > 0);
    r = transaction_begin(store, err);
    if (r < 0)
        return r;
    r = approval_spend(store, digest, realtime_usec, err);
    for (size_t i = 0; i < plan_count && r >= 0; i++)
        r = approval_give(store, plans[i], realtime_usec, err);
    return transaction_result(store, r < 0 ? r : 0);
}
