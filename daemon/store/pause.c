/* Pauses: channels that are read and reported, never changed. */
#include "daemon/store/state.h"
#include "daemon/store/transaction.h"

static int pause_set(Store *store, const char *instance_name, const char *channel_id,
                     const char *reason, uint64_t realtime_usec, uint64_t until_usec, Err *err)
{
    _cleanup_(sql_done) Query query = sql_begin(store, QUERY_PAUSE_SET);

    sql_text(&query, instance_name);
    sql_text(&query, channel_id);
    sql_text(&query, reason);
    sql_number(&query, realtime_usec);
    sql_number_or_null(&query, until_usec);
    return sql_step(&query, err);
}

static int pause_delete(Store *store, const char *instance_name, const char *channel_id, Err *err)
{
    _cleanup_(sql_done) Query query = sql_begin(store, QUERY_PAUSE_DELETE);
    int r;

    sql_text(&query, instance_name);
    sql_text(&query, channel_id);
    r = sql_step(&query, err);
    return r < 0 ? r : sql_changes(&query);
}

int store_pause(Store *store, const char *instance_name, const char *channel_id, const char *reason,
                uint64_t realtime_usec, uint64_t until_usec, Err *err)
{
    int r = transaction_begin(store, err);

    if (r == 0)
        r = transaction_result(store, pause_set(store, instance_name, channel_id, reason,
                                                realtime_usec, until_usec, err));
    return r < 0 ? r : transaction_commit(store, err);
}

int store_resume(Store *store, const char *instance_name, const char *channel_id, Err *err)
{
    int ended, r = transaction_begin(store, err);

    if (r < 0)
        return r;
    ended = transaction_result(store, pause_delete(store, instance_name, channel_id, err));
    if (ended < 0)
        return ended;
    r = transaction_commit(store, err);
    return r < 0 ? r : ended;
}
