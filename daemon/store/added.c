/* SPDX-License-Identifier: MIT */
/* Members that an undo put back, and that vanish again. */
#include "daemon/store/steady.h"

#include "daemon/store/store_internal.h"
#include "daemon/store/transaction.h"
#include <assert.h>

static int added_mark(Store *store, uint64_t action, Err *err)
{
    _cleanup_(sql_done) Query query = sql_begin(store, QUERY_ACTION_VANISHED);

    sql_number(&query, steady_now_usec(store));
    sql_number(&query, action);
    return sql_step(&query, err);
}

/* Keeps those that are not listed. */
static void added_drop_listed(StoreActions *actions, IsListed is_listed, const void *list)
{
    size_t kept = 0;

    for (size_t i = 0; i < actions->count; i++) {
        if (!is_listed(list, actions->items[i].member_id))
            actions->items[kept++] = actions->items[i];
    }
    actions->count = kept;
}

int store_watch_added(Store *store, const char *instance_key, const char *channel_id,
                      IsListed is_listed, const void *list, StoreOnVanished on_vanished,
                      void *userdata, Err *err)
{
    _cleanup_(store_actions_done) StoreActions actions = {0};
    int r;

    assert(is_listed && on_vanished);
    r = history_added(store, instance_key, channel_id, &actions, err);
    if (r < 0)
        return r;
    added_drop_listed(&actions, is_listed, list);
    if (actions.count == 0)
        return 0;
    r = transaction_begin(store, err);
    for (size_t i = 0; i < actions.count && r == 0; i++)
        r = transaction_result(store, added_mark(store, actions.items[i].action, err));
    if (r == 0)
        r = transaction_commit(store, err);
    for (size_t i = 0; i < actions.count && r == 0; i++)
        on_vanished(userdata, &actions.items[i]);
    return r;
}
