/* SPDX-License-Identifier: MIT */
/* Who is in quarantine, for how long, and what a list says of it. */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "daemon/store/quarantine_internal.h"
#include "daemon/store/reading.h"
#include "daemon/store/steady.h"
#include "daemon/store/store_internal.h"
#include "daemon/store/transaction.h"

/* For so long after a member was disabled, a list may still show it enabled. */
#define QUARANTINE_LAG_USEC (60 * USEC_PER_SEC)

/* ---- time ---- */

uint64_t quarantine_passed_usec(const Store *store, const QuarantineTime *time)
{
    uint64_t now_usec = steady_now_usec(store);

    if (time->is_open)
        return 0;
    return time->passed_usec +
           (now_usec > time->base_steady_usec ? now_usec - time->base_steady_usec : 0);
}

uint64_t quarantine_left_usec(const Store *store, const QuarantineTime *time, uint64_t least_usec)
{
    uint64_t span_usec = time->span_usec > least_usec ? time->span_usec : least_usec;
    uint64_t passed_usec = quarantine_passed_usec(store, time);

    return span_usec > passed_usec ? span_usec - passed_usec : 0;
}

QuarantineTime quarantine_read_time(const Query *query, int column)
{
    return (QuarantineTime){
        .is_open = sql_column_number(query, column) != 0,
        .span_usec = sql_column_number(query, column + 1),
        .passed_usec = sql_column_number(query, column + 2),
        .base_steady_usec = sql_column_number(query, column + 3),
    };
}

uint64_t store_quarantine_due_usec(Store *store, const char *instance_key)
{
    _cleanup_(sql_done) Query query = {0};
    uint64_t due_usec = USEC_NEVER;

    if (!store->has_quarantine || !store->db)
        return USEC_NEVER;
    query = sql_begin(store, QUERY_QUARANTINE_OF_INSTANCE);
    sql_text(&query, instance_key);
    while (sql_step(&query, NULL) > 0) {
        const QuarantineTime time = quarantine_read_time(&query, 0);
        uint64_t left_usec = quarantine_left_usec(store, &time, 0);

        if (left_usec > 0 && left_usec < due_usec)
            due_usec = left_usec;
    }
    return due_usec;
}

/* ---- looking ---- */

static int quarantine_add_row(const Store *store, const Query *query, uint64_t least_usec,
                              uint64_t realtime_usec, Quarantine *quarantine)
{
    const QuarantineTime time = quarantine_read_time(query, 2);
    Quarantined row = {
        .member_id = sql_column_text(query, 0),
        .is_ours = sql_column_number(query, 1) != 0,
        .left_usec = quarantine_left_usec(store, &time, least_usec),
    };

    row.until_usec = realtime_usec + row.left_usec;
    return row.member_id ? quarantine_add(quarantine, &row) : -ENOMEM;
}

int store_quarantine_recall(Store *store, const char *instance_key, const char *channel_id,
                            uint64_t quarantine_usec, uint64_t realtime_usec,
                            Quarantine *quarantine, Err *err)
{
    _cleanup_(sql_done) Query query = {0};
    int r;

    assert(instance_key && channel_id);
    if (!store->is_read_only && !store->has_quarantine)
        return 0;
    r = reading_refresh(store, err);
    if (r < 0 || !store->db)
        return r;
    query = sql_begin(store, QUERY_QUARANTINE_OF_CHANNEL);
    sql_text(&query, instance_key);
    sql_text(&query, channel_id);
    while ((r = sql_step(&query, err)) > 0) {
        if (quarantine_add_row(store, &query, quarantine_usec, realtime_usec, quarantine) < 0)
            return err_memory(err);
    }
    return r;
}

void store_quarantine_done(StoreQuarantine *quarantine)
{
    free(quarantine->items);
    arena_done(&quarantine->arena);
    *quarantine = (StoreQuarantine){0};
}

static int quarantine_take_row(StoreQuarantine *quarantine, const Query *query)
{
    size_t size = (size_t)sqlite3_column_bytes(query->statement, 5);
    const void *identity = sqlite3_column_blob(query->statement, 5);
    StoreQuarantined row = {
        .identity = arena_copy(&quarantine->arena, identity ? identity : "", size),
        .identity_size = size,
        .is_told = sql_column_number(query, 6) != 0,
    };
    const char **const texts[] = {&row.instance_key, &row.instance_name, &row.channel_id,
                                  &row.channel_name, &row.member_id};

    for (size_t i = 0; i < ELEMENTS(texts); i++) {
        if (sql_copy_text(query, (int)i, &quarantine->arena, texts[i]) < 0)
            return -ENOMEM;
    }
    if (!row.identity || mem_grow(&quarantine->items, &quarantine->capacity, quarantine->count + 1,
                                  sizeof(*quarantine->items)) < 0)
        return -ENOMEM;
    quarantine->items[quarantine->count++] = row;
    return 0;
}

int store_quarantine(Store *store, StoreQuarantine *ret_quarantine, Err *err)
{
    _cleanup_(store_quarantine_done) StoreQuarantine quarantine = {0};
    int r = reading_refresh(store, err);

    if (r == 0 && store->db && (store->is_read_only || store->has_quarantine)) {
        _cleanup_(sql_done) Query query = sql_begin(store, QUERY_QUARANTINE_OURS);

        while ((r = sql_step(&query, err)) > 0) {
            if (quarantine_take_row(&quarantine, &query) < 0)
                return err_memory(err);
        }
    }
    if (r < 0)
        return r;
    *ret_quarantine = quarantine;
    quarantine = (StoreQuarantine){0};
    return 0;
}

/* ---- settling ---- */

/* Members that a list shows otherwise. */
typedef struct QuarantineWrong {
    Arena arena;
    const char **ids;
    size_t count, capacity;
    bool is_short; /* some would stay for less than they should by now */
} QuarantineWrong;

static void quarantine_wrong_done(QuarantineWrong *wrong)
{
    free((void *)wrong->ids);
    arena_done(&wrong->arena);
}

/* Whether the member of a row is in quarantine no more. What was disabled a moment ago may be
 * listed as it was. */
static bool quarantine_is_over(const Store *store, const Query *query,
                               const StoreSettling *settling)
{
    const QuarantineTime time = quarantine_read_time(query, 2);
    bool is_ours = sql_column_number(query, 1) != 0;

    if (time.is_open)
        return false;
    switch (settling->list.look(settling->list.list, sql_column_text(query, 0))) {
    case SWITCH_ABSENT:
        return true;
    case SWITCH_ENABLED:
        return !is_ours || quarantine_passed_usec(store, &time) >= QUARANTINE_LAG_USEC;
    case SWITCH_UNKNOWN:
    case SWITCH_DISABLED:
        break;
    }
    return false;
}

static int quarantine_collect_wrong(Store *store, const char *instance_key, const char *channel_id,
                                    const StoreSettling *settling, QuarantineWrong *wrong, Err *err)
{
    _cleanup_(sql_done) Query query = sql_begin(store, QUERY_QUARANTINE_OF_CHANNEL);
    int r;

    sql_text(&query, instance_key);
    sql_text(&query, channel_id);
    while ((r = sql_step(&query, err)) > 0) {
        const char *id;

        wrong->is_short =
            wrong->is_short || sql_column_number(&query, 3) < settling->quarantine_usec;
        if (!quarantine_is_over(store, &query, settling))
            continue;
        id = arena_string(&wrong->arena, sql_column_text(&query, 0));
        if (!id ||
            mem_grow(&wrong->ids, &wrong->capacity, wrong->count + 1, sizeof(*wrong->ids)) < 0)
            return err_memory(err);
        wrong->ids[wrong->count++] = id;
    }
    return r;
}

int quarantine_settle(Store *store, const char *instance_key, const char *channel_id,
                      const StoreSettling *settling, Err *err)
{
    _cleanup_(quarantine_wrong_done) QuarantineWrong wrong = {0};
    int r;

    if (!store->has_quarantine || !settling->list.look)
        return 0;
    r = quarantine_collect_wrong(store, instance_key, channel_id, settling, &wrong, err);
    if (r == 0 && wrong.count > 0)
        r = store_quarantine_leave(store, instance_key, channel_id, wrong.ids, wrong.count, err);
    if (r < 0 || !wrong.is_short)
        return r;
    r = transaction_begin(store, err);
    return r < 0 ? r
                 : transaction_result(store,
                                      quarantine_set(store, QUERY_QUARANTINE_LENGTHEN, instance_key,
                                                     channel_id, settling->quarantine_usec, err));
}
