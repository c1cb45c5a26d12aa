/* SPDX-License-Identifier: MIT */
/* Refused passwords in the state: what is known of them without knowing them. */
#include "daemon/base/lockout_store.h"

#include <assert.h>

#include "daemon/base/str.h"
#include "daemon/store/reading.h"
#include "daemon/store/steady.h"
#include "daemon/store/store_internal.h"
#include "daemon/store/transaction.h"

static void lockout_copy(char *copy, size_t size, const Query *query, int column)
{
    const char *text = sql_column_text(query, column);

    str_copy(copy, size, text ? text : "");
}

int store_recall_lockout(Store *store, const char *subject, Lockout *ret_lockout, Err *err)
{
    _cleanup_(sql_done) Query query = {0};
    Lockout lockout = {0};
    SteadyEnd end;
    int r;

    assert(subject);
    r = reading_refresh(store, err);
    if (r < 0 || !store->db)
        return r;
    query = sql_begin(store, QUERY_LOCKOUT);
    sql_text(&query, subject);
    r = sql_step(&query, err);
    if (r <= 0)
        return r;
    lockout_copy(lockout.mark, sizeof(lockout.mark), &query, 0);
    end = (SteadyEnd){
        .set_usec = sql_column_number(&query, 7),
        .steady_usec = sql_column_number(&query, 8),
        .wall_usec = sql_column_number(&query, 1),
    };
    lockout.until_usec = steady_end_wall_usec(store, &end, steady_source->realtime_usec());
    /* One that is over is so by whatever the wall clock was set to. */
    if (steady_has_ended(store, &end, steady_source->realtime_usec()))
        lockout.until_usec = steady_source->realtime_usec();
    lockout.refused_usec = sql_column_number(&query, 2);
    lockout.said.http = (int)sql_column_number(&query, 3);
    lockout_copy(lockout.said.code, sizeof(lockout.said.code), &query, 4);
    lockout_copy(lockout.said.request_id, sizeof(lockout.said.request_id), &query, 5);
    lockout_copy(lockout.said.text, sizeof(lockout.said.text), &query, 6);
    *ret_lockout = lockout;
    return 1;
}

static int lockout_set(Store *store, const char *subject, const Lockout *lockout, Err *err)
{
    _cleanup_(sql_done) Query query = sql_begin(store, QUERY_LOCKOUT_SET);
    const SteadyEnd end = steady_end(store, lockout->until_usec, steady_source->realtime_usec());
    const Err *said = &lockout->said;

    sql_text(&query, subject);
    sql_text(&query, lockout->mark);
    sql_number_or_null(&query, lockout->until_usec);
    sql_number(&query, lockout->refused_usec);
    sql_number_or_null(&query, said->http > 0 ? (uint64_t)said->http : 0);
    sql_text(&query, said->code);
    sql_text(&query, said->request_id);
    sql_text(&query, said->text);
    sql_number(&query, end.set_usec);
    sql_number_or_null(&query, end.steady_usec);
    return sql_step(&query, err);
}

int store_keep_lockout(Store *store, const char *subject, const Lockout *lockout, Err *err)
{
    int r;

    assert(subject && lockout);
    r = transaction_begin(store, err);
    if (r == 0)
        r = transaction_result(store, lockout_set(store, subject, lockout, err));
    return r < 0 ? r : transaction_commit(store, err);
}
