/* SPDX-License-Identifier: MIT */
/* Members that an undo put back, and that vanish again; additions and corrections that were cut
 * short. */
#include <assert.h>

#include "daemon/base/clock.h"
#include "daemon/store/pass.h"
#include "daemon/store/sent.h"
#include "daemon/store/steady.h"
#include "daemon/store/store_internal.h"
#include "daemon/store/transaction.h"

/* For so long after it was recorded, an addition may be carried out and not listed yet. */
#define ADDED_LAG_USEC (60 * USEC_PER_SEC)

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

/* 1 where a later undo added the same member: it found it absent, so that this one had failed. */
static int added_is_superseded(Store *store, uint64_t action, Err *err)
{
    _cleanup_(sql_done) Query query = sql_begin(store, QUERY_ADDED_LATER);

    sql_number(&query, action);
    return sql_step(&query, err);
}

static bool added_may_lag(const Store *store, const StoreAction *action)
{
    uint64_t now_usec = steady_now_usec(store);

    return now_usec < action->recorded_steady_usec ||
           now_usec - action->recorded_steady_usec < ADDED_LAG_USEC;
}

/* Tells of one that is decided as nobody was asked about it. */
static int added_decide(Store *store, const StoreAction *action, const StoreSettling *settling,
                        Outcome outcome, const char *member_id, uint64_t realtime_usec, Err *err)
{
    StoreAction told = *action;
    int r = store_decide(store, action->action, outcome, action->attempts, member_id, NULL,
                         realtime_usec, err);

    if (member_id)
        told.member_id = member_id;
    if (r == 0 && settling->on_settled)
        settling->on_settled(settling->userdata, &told, outcome);
    return r;
}

/* One that was disabled or enabled again is what the list says of its member. */
static int added_settle_switch(Store *store, const StoreAction *action,
                               const StoreSettling *settling, uint64_t realtime_usec, Err *err)
{
    bool is_disabling = change_kind_of(action->kind) == CHANGE_DISABLE;
    const SettleList *list = &settling->list;
    SwitchLook look = list->look ? list->look(list->list, action->member_id) : SWITCH_UNKNOWN;
    Outcome outcome = is_disabling ? OUTCOME_DISABLED : OUTCOME_ENABLED;
    int r;

    if (look == SWITCH_UNKNOWN) {
        r = in_doubt_absent(store, action, err);
        return r <= 0
                   ? r
                   : added_decide(store, action, settling, OUTCOME_GONE, NULL, realtime_usec, err);
    }
    if (look == SWITCH_ABSENT) {
        outcome = OUTCOME_GONE;
    } else if (look == (is_disabling ? SWITCH_DISABLED : SWITCH_ENABLED)) {
        r = added_is_superseded(store, action->action, err);
        if (r < 0)
            return r;
        outcome = r > 0 ? OUTCOME_FAILED : outcome;
    } else if (added_may_lag(store, action)) {
        return 0;
    } else {
        outcome = OUTCOME_FAILED;
    }
    return added_decide(store, action, settling, outcome, NULL, realtime_usec, err);
}

static int added_settle_posted(Store *store, const StoreAction *action,
                               const StoreSettling *settling, uint64_t realtime_usec, Err *err)
{
    bool is_addition = change_kind_of(action->kind) == CHANGE_ADD;
    const SettleList *list = &settling->list;
    const char *id = is_addition
                         ? list->find_listed(list->list, action->identity, action->identity_size)
                         : list->find_corrected(list->list, action->identity, action->identity_size,
                                                action->before ? action->before : "",
                                                action->after ? action->after : "");
    bool was_added;
    Outcome outcome;
    int r;

    r = id ? added_is_superseded(store, action->action, err) : 0;
    was_added = id && r == 0;
    if (r < 0 || (!id && added_may_lag(store, action)))
        return r;
    outcome = !was_added ? OUTCOME_FAILED : is_addition ? OUTCOME_ADDED : OUTCOME_CORRECTED;
    return added_decide(store, action, settling, outcome, was_added ? id : NULL, realtime_usec,
                        err);
}

static int added_settle_one(Store *store, const StoreAction *action, const StoreSettling *settling,
                            uint64_t realtime_usec, Err *err)
{
    ChangeKind kind = change_kind_of(action->kind);

    /* Whoever made it so, it was not us. */
    if (sent_is_never(store, action->action))
        return store_decide(store, action->action, OUTCOME_SKIPPED, 0, NULL, NULL, realtime_usec,
                            err);
    if (kind == CHANGE_DISABLE || kind == CHANGE_ENABLE)
        return added_settle_switch(store, action, settling, realtime_usec, err);
    return added_settle_posted(store, action, settling, realtime_usec, err);
}

int added_settle(Store *store, const char *instance_key, const char *channel_id,
                 const StoreSettling *settling, uint64_t realtime_usec, Err *err)
{
    _cleanup_(store_actions_done) StoreActions actions = {0};
    int r;

    assert(settling->list.find_listed && !store->is_read_only);
    r = history_open_additions(store, instance_key, channel_id, &actions, err);
    for (size_t i = 0; i < actions.count && r == 0; i++) {
        if (!pass_find(store, actions.items[i].pass))
            r = added_settle_one(store, &actions.items[i], settling, realtime_usec, err);
    }
    return r;
}
