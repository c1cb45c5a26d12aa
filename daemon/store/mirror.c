/* SPDX-License-Identifier: MIT */
#include "daemon/store/mirror.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/str.h"
#include "daemon/store/approval.h"
#include "daemon/store/steady.h"
#include "daemon/store/store_internal.h"
#include "daemon/store/transaction.h"

static int mirror_adopt(Store *store, const char *host, Err *err)
{
    _cleanup_(sql_done) Query query = sql_begin(store, QUERY_PAUSES_ADOPT);
    int r;

    sql_text(&query, host);
    r = sql_step(&query, err);
    return r < 0 ? r : sql_changes(&query) > 0;
}

/* Ends what stands in the open transaction: 1 where something changed and is committed, 0 where
 * nothing did. */
static int mirror_end(Store *store, int changed, Err *err)
{
    int r = transaction_result(store, changed);

    if (r <= 0)
        return r;
    r = transaction_commit(store, err);
    return r < 0 ? r : 1;
}

int store_mirror_name_instance(Store *store, const char *key, const char *name, Err *err)
{
    _cleanup_(sql_done) Query query = sql_begin(store, QUERY_INSTANCE_HEARD_OF);

    sql_text(&query, key);
    sql_text(&query, str_is_empty(name) ? key : name);
    return sql_step(&query, err);
}

int store_mirror_begin(Store *store, const char *host, Err *err)
{
    int r = transaction_begin(store, err);

    store->is_mirror = true;
    r = r < 0 ? r : mirror_end(store, mirror_adopt(store, host, err), err);
    return r < 0 ? r : 0;
}

/* ---- pauses ---- */

static bool mirror_is_same_text(const char *a, const char *b)
{
    return a == b || (a && b && str_equal(a, b));
}

static bool mirror_is_same_pause(const StorePause *a, const StorePause *b)
{
    return a->made_usec == b->made_usec && a->uid == b->uid &&
           mirror_is_same_text(a->scope.instance_key, b->scope.instance_key) &&
           mirror_is_same_text(a->scope.channel_id, b->scope.channel_id) &&
           mirror_is_same_text(a->scope.channel_name, b->scope.channel_name) &&
           mirror_is_same_text(a->host, b->host) && mirror_is_same_text(a->reason, b->reason);
}

static const StorePause *mirror_find_pause(const StorePause *pauses, size_t count,
                                           const StorePause *pause)
{
    for (size_t i = 0; i < count; i++) {
        if (mirror_is_same_pause(&pauses[i], pause))
            return &pauses[i];
    }
    return NULL;
}

/* A statement about one row of pauses. */
static int mirror_run_pause(Store *store, QueryId id, uint64_t number, Err *err)
{
    _cleanup_(sql_done) Query query = sql_begin(store, id);

    sql_number(&query, number);
    return sql_step(&query, err);
}

/* What becomes of a pause that stands here: 1 where it changes. */
static int mirror_keep_pause(Store *store, const StorePause *here, bool is_shared, Err *err)
{
    int r;

    /* Without a host it is of a time without a fleet, which etcd never heard of. */
    if (is_shared == !here->is_local || !here->host)
        return 0;
    r = mirror_run_pause(store, is_shared ? QUERY_PAUSE_SHARED : QUERY_PAUSE_REMOVE, here->number,
                         err);
    return r < 0 ? r : 1;
}

static int mirror_add_pause(Store *store, const StorePause *pause, uint64_t realtime_usec, Err *err)
{
    StorePause shared = *pause;
    int r = 0;

    shared.is_local = false;
    if (pause->scope.instance_key)
        r = store_mirror_name_instance(store, pause->scope.instance_key, pause->scope.instance_name,
                                       err);
    if (r == 0)
        r = pause_add(store, &shared, realtime_usec, err);
    return r < 0 ? r : 1;
}

/* Returns whether anything changed. */
static int mirror_write_pauses(Store *store, const StorePauses *here, const StorePause *pauses,
                               size_t count, uint64_t realtime_usec, Err *err)
{
    int changed = 0, r = 0;

    for (size_t i = 0; i < here->count && r >= 0; i++) {
        r = mirror_keep_pause(store, &here->items[i],
                              mirror_find_pause(pauses, count, &here->items[i]), err);
        changed |= r;
    }
    for (size_t i = 0; i < count && r >= 0; i++) {
        bool is_over = pauses[i].until_usec && pauses[i].until_usec <= realtime_usec;

        assert(pauses[i].reason && pauses[i].made_usec);
        if (is_over || mirror_find_pause(here->items, here->count, &pauses[i]))
            continue;
        r = mirror_add_pause(store, &pauses[i], realtime_usec, err);
        changed |= r;
    }
    return r < 0 ? r : changed;
}

int store_mirror_pauses(Store *store, const StorePause *pauses, size_t count,
                        uint64_t realtime_usec, Err *err)
{
    _cleanup_(store_pauses_done) StorePauses here = {0};
    int r = store_pauses(store, realtime_usec, &here, err);

    assert(pauses || count == 0);
    if (r == 0)
        r = transaction_begin(store, err);
    return r < 0 ? r
                 : mirror_end(store,
                              mirror_write_pauses(store, &here, pauses, count, realtime_usec, err),
                              err);
}

static int mirror_change_pause(Store *store, QueryId id, uint64_t number, Err *err)
{
    int r = transaction_begin(store, err);

    if (r == 0)
        r = transaction_result(store, mirror_run_pause(store, id, number, err));
    return r < 0 ? r : transaction_commit(store, err);
}

int store_mirror_pause_is_there(Store *store, uint64_t number, Err *err)
{
    return mirror_change_pause(store, QUERY_PAUSE_SHARED, number, err);
}

int store_mirror_drop_pause(Store *store, uint64_t number, Err *err)
{
    return mirror_change_pause(store, QUERY_PAUSE_REMOVE, number, err);
}

/* ---- approvals ---- */

/* One as it stands here. */
typedef struct MirrorApproval {
    StoreSharedApproval approval;
    bool is_spent;
    bool is_of_instance; /* what another was shared into */
} MirrorApproval;

typedef struct MirrorApprovals {
    MirrorApproval *items;
    size_t count, capacity;
} MirrorApprovals;

static void mirror_approvals_done(MirrorApprovals *approvals)
{
    free(approvals->items);
}

static int mirror_read_approvals(Store *store, MirrorApprovals *here, Err *err)
{
    _cleanup_(sql_done) Query query = sql_begin(store, QUERY_APPROVALS_WAITING);
    int r;

    while ((r = sql_step(&query, err)) > 0) {
        MirrorApproval row = {
            .approval = {.given_usec = sql_column_number(&query, 1),
                         .opens_window = sql_column_number(&query, 2) != 0},
            .is_spent = sql_column_number(&query, 3) != 0,
            .is_of_instance = sql_column_number(&query, 4) != 0,
        };
        const char *digest = sql_column_text(&query, 0);

        str_copy(row.approval.digest, sizeof(row.approval.digest), digest ? digest : "");
        if (mem_grow(&here->items, &here->capacity, here->count + 1, sizeof(*here->items)) < 0)
            return err_memory(err);
        here->items[here->count++] = row;
    }
    return r;
}

static const MirrorApproval *mirror_find_here(const MirrorApprovals *here, const char *digest)
{
    for (size_t i = 0; i < here->count; i++) {
        if (str_equal(here->items[i].approval.digest, digest))
            return &here->items[i];
    }
    return NULL;
}

static bool mirror_is_shared(const StoreSharedApproval *approvals, size_t count, const char *digest)
{
    for (size_t i = 0; i < count; i++) {
        if (str_equal(approvals[i].digest, digest))
            return true;
    }
    return false;
}

static int mirror_run_approval(Store *store, QueryId id, const char *digest, Err *err)
{
    _cleanup_(sql_done) Query query = sql_begin(store, id);

    sql_text(&query, digest);
    return sql_step(&query, err);
}

/* Gives it here as it was given there. */
static int mirror_give(Store *store, const StoreSharedApproval *approval, uint64_t realtime_usec,
                       Err *err)
{
    int r = approval_give_at(store, approval->digest, approval->given_usec, realtime_usec, err);

    if (r == 0 && approval->opens_window)
        r = mirror_run_approval(store, QUERY_APPROVAL_NOW, approval->digest, err);
    return r < 0 ? r : 1;
}

/* Whether an approval here is not what etcd has: it is another, or opens windows by now. */
static bool mirror_is_other(const MirrorApproval *here, const StoreSharedApproval *approval)
{
    return !here || here->approval.given_usec != approval->given_usec ||
           (!here->is_spent && here->approval.opens_window != approval->opens_window);
}

static int mirror_write_approvals(Store *store, const MirrorApprovals *here,
                                  const StoreSharedApproval *approvals, size_t count,
                                  uint64_t realtime_usec, Err *err)
{
    int changed = 0, r = 0;

    for (size_t i = 0; i < here->count && r >= 0; i++) {
        const MirrorApproval *row = &here->items[i];

        if (row->is_spent || row->is_of_instance ||
            mirror_is_shared(approvals, count, row->approval.digest))
            continue;
        r = mirror_run_approval(store, QUERY_APPROVAL_WITHDRAW, row->approval.digest, err);
        changed = 1;
    }
    for (size_t i = 0; i < count && r >= 0; i++) {
        if (!mirror_is_other(mirror_find_here(here, approvals[i].digest), &approvals[i]))
            continue;
        r = mirror_give(store, &approvals[i], realtime_usec, err);
        changed = 1;
    }
    return r < 0 ? r : changed;
}

int store_mirror_approvals(Store *store, const StoreSharedApproval *approvals, size_t count,
                           uint64_t realtime_usec, Err *err)
{
    _cleanup_(mirror_approvals_done) MirrorApprovals here = {0};
    int r = transaction_begin(store, err);

    assert(approvals || count == 0);
    if (r == 0)
        r = transaction_result(store, mirror_read_approvals(store, &here, err));
    return r < 0 ? r
                 : mirror_end(
                       store,
                       mirror_write_approvals(store, &here, approvals, count, realtime_usec, err),
                       err);
}

int store_mirror_find_whole(Store *store, const char *digest,
                            char ret_digest[static DIGEST_HEX_SIZE], Err *err)
{
    _cleanup_(sql_done) Query query = sql_begin(store, QUERY_APPROVAL_PARENT);
    int r;

    sql_text(&query, digest);
    r = sql_step(&query, err);
    if (r > 0)
        str_copy(ret_digest, DIGEST_HEX_SIZE, sql_column_text(&query, 0));
    return r;
}

int store_mirror_keep_own(Store *store, const char *digest, Err *err)
{
    int r = store->is_read_only ? 0 : transaction_begin(store, err);

    return r < 0 || store->is_read_only
               ? r
               : transaction_result(store, approval_note_shared(store, digest, digest, err));
}
