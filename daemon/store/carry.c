/* SPDX-License-Identifier: MIT */
#include "daemon/store/carry.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "daemon/store/quarantine_internal.h"
#include "daemon/store/steady.h"
#include "daemon/store/store_internal.h"
#include "daemon/store/transaction.h"

void store_carry_done(StoreCarry *carry)
{
    free(carry->sightings);
    free(carry->quarantine);
    free(carry->conditions);
    free(carry->changes);
    arena_done(&carry->arena);
    *carry = (StoreCarry){0};
}

/* A statement whose first parameter is the instance. */
static Query carry_begin(Store *store, QueryId id, const char *instance_key)
{
    Query query = sql_begin(store, id);

    sql_text(&query, instance_key);
    return query;
}

/* ---- taking ---- */

static int carry_take_sighting(Store *store, const Query *query, StoreCarry *carry)
{
    uint64_t count = sql_column_number(query, 2);
    CarrySighting row = {.count = count > UINT32_MAX ? UINT32_MAX : (uint32_t)count};

    (void)store;
    if (sql_copy_text(query, 0, &carry->arena, &row.channel_id) < 0 ||
        sql_copy_text(query, 1, &carry->arena, &row.member_id) < 0 ||
        mem_grow(&carry->sightings, &carry->sighting_capacity, carry->sighting_count + 1,
                 sizeof(row)) < 0)
        return -ENOMEM;
    carry->sightings[carry->sighting_count++] = row;
    return 0;
}

static int carry_take_quarantined(Store *store, const Query *query, StoreCarry *carry)
{
    const QuarantineTime time = quarantine_read_time(query, 6);
    size_t size = (size_t)sqlite3_column_bytes(query->statement, 3);
    const void *identity = sqlite3_column_blob(query->statement, 3);
    CarryQuarantined row = {
        .identity = arena_copy(&carry->arena, identity ? identity : "", size),
        .identity_size = size,
        .is_ours = sql_column_number(query, 5) != 0,
        .span_usec = time.span_usec,
        .passed_usec = quarantine_passed_usec(store, &time),
    };

    if (!row.identity || sql_copy_text(query, 0, &carry->arena, &row.channel_id) < 0 ||
        sql_copy_text(query, 1, &carry->arena, &row.channel_name) < 0 ||
        sql_copy_text(query, 2, &carry->arena, &row.member_id) < 0 ||
        sql_copy_text(query, 4, &carry->arena, &row.original) < 0 ||
        mem_grow(&carry->quarantine, &carry->quarantine_capacity, carry->quarantine_count + 1,
                 sizeof(row)) < 0)
        return -ENOMEM;
    carry->quarantine[carry->quarantine_count++] = row;
    return 0;
}

static int carry_take_condition(Store *store, const Query *query, StoreCarry *carry)
{
    uint64_t now_usec = steady_now_usec(store), told_usec = sql_column_number(query, 7);
    CarryCondition row = {
        .since_usec = sql_column_number(query, 4),
        .is_open = sql_column_number(query, 5) != 0,
        .passes = (uint32_t)sql_column_number(query, 6),
        .told_ago_usec = now_usec > told_usec ? now_usec - told_usec : 0,
    };
    const char **const texts[] = {&row.notifier, &row.kind, &row.channel, &row.channel_name};

    for (size_t i = 0; i < ELEMENTS(texts); i++) {
        if (sql_copy_text(query, (int)i, &carry->arena, texts[i]) < 0)
            return -ENOMEM;
    }
    if (mem_grow(&carry->conditions, &carry->condition_capacity, carry->condition_count + 1,
                 sizeof(row)) < 0)
        return -ENOMEM;
    carry->conditions[carry->condition_count++] = row;
    return 0;
}

typedef int (*CarryTakeRow)(Store *store, const Query *query, StoreCarry *carry);

static int carry_take_rows(Store *store, QueryId id, const char *instance_key, CarryTakeRow take,
                           StoreCarry *carry, Err *err)
{
    _cleanup_(sql_done) Query query = carry_begin(store, id, instance_key);
    int r;

    while ((r = sql_step(&query, err)) > 0) {
        if (take(store, &query, carry) < 0)
            return err_memory(err);
    }
    return r;
}

int store_carry_take(Store *store, const char *instance_key, StoreCarry *ret_carry, Err *err)
{
    static const struct {
        QueryId id;
        CarryTakeRow take;
    } parts[] = {
        {QUERY_SIGHTINGS_OF_INSTANCE, carry_take_sighting},
        {QUERY_QUARANTINE_CARRIED, carry_take_quarantined},
        {QUERY_CONDITIONS_OF_INSTANCE, carry_take_condition},
    };
    int r = 0;

    assert(!store->is_read_only);
    *ret_carry = (StoreCarry){.knows_conditions = true};
    for (size_t i = 0; i < ELEMENTS(parts) && r == 0; i++)
        r = carry_take_rows(store, parts[i].id, instance_key, parts[i].take, ret_carry, err);
    return r;
}

/* ---- putting ---- */

/* What is put, and where. */
typedef struct CarryPut {
    Store *store;
    const char *instance_key, *instance_name;
    const StoreCarry *carry;
    uint64_t realtime_usec;
    uint64_t steady_usec;
} CarryPut;

static int carry_forget(const CarryPut *put, QueryId id, Err *err)
{
    _cleanup_(sql_done) Query query = carry_begin(put->store, id, put->instance_key);

    return sql_step(&query, err);
}

static int carry_put_sighting(const CarryPut *put, size_t number, Err *err)
{
    const CarrySighting *row = &put->carry->sightings[number];
    _cleanup_(sql_done) Query query =
        carry_begin(put->store, QUERY_SIGHTING_INSERT, put->instance_key);

    sql_text(&query, row->channel_id);
    sql_text(&query, row->member_id);
    sql_number(&query, row->count);
    return sql_step(&query, err);
}

static int carry_put_quarantined(const CarryPut *put, size_t number, Err *err)
{
    const CarryQuarantined *row = &put->carry->quarantine[number];
    _cleanup_(sql_done) Query query =
        carry_begin(put->store, QUERY_QUARANTINE_TAKE, put->instance_key);

    put->store->has_quarantine = true;
    sql_text(&query, row->channel_id);
    sql_text(&query, row->channel_name);
    sql_text(&query, row->member_id);
    sql_blob(&query, row->identity, row->identity_size);
    sql_text(&query, row->original);
    sql_number(&query, row->is_ours);
    sql_number(&query, row->span_usec);
    sql_number(&query, row->passed_usec);
    sql_number(&query, put->realtime_usec);
    sql_number(&query, put->steady_usec);
    return sql_step(&query, err);
}

static int carry_put_condition(const CarryPut *put, size_t number, Err *err)
{
    const CarryCondition *row = &put->carry->conditions[number];
    _cleanup_(sql_done) Query query = sql_begin(put->store, QUERY_CONDITION_PUT);

    sql_text(&query, row->notifier);
    sql_text(&query, row->kind);
    sql_text(&query, put->instance_key);
    sql_text(&query, row->channel);
    sql_text(&query, put->instance_name);
    sql_text(&query, row->channel_name);
    sql_number(&query, row->since_usec);
    sql_number(&query, row->is_open);
    sql_number(&query, row->passes);
    sql_number(&query,
               put->steady_usec > row->told_ago_usec ? put->steady_usec - row->told_ago_usec : 0);
    return sql_step(&query, err);
}

/* As old by the steady clock as it is by that of its owner; what lies ahead of ours is of now. */
static int carry_put_change(const CarryPut *put, size_t number, Err *err)
{
    const CarryChange *row = &put->carry->changes[number];
    uint64_t age_usec =
        put->realtime_usec > row->realtime_usec ? put->realtime_usec - row->realtime_usec : 0;
    _cleanup_(sql_done) Query query =
        carry_begin(put->store, QUERY_CHANGE_ELSEWHERE_ADD, put->instance_key);

    sql_text(&query, row->channel_id);
    sql_text(&query, row->kind);
    sql_blob(&query, row->identity, row->identity_size);
    sql_number(&query, row->realtime_usec);
    sql_number(&query, put->steady_usec > age_usec ? put->steady_usec - age_usec : 0);
    return sql_step(&query, err);
}

typedef int (*CarryPutRow)(const CarryPut *put, size_t number, Err *err);

static int carry_put_rows(const CarryPut *put, CarryPutRow put_row, size_t count, Err *err)
{
    int r = 0;

    for (size_t i = 0; i < count && r >= 0; i++)
        r = put_row(put, i, err);
    return r;
}

static int carry_put_all(const CarryPut *put, bool with_sightings, Err *err)
{
    const StoreCarry *carry = put->carry;
    int r = carry_forget(put, QUERY_SIGHTINGS_FORGET, err);

    if (r >= 0)
        r = carry_forget(put, QUERY_CHANGES_ELSEWHERE_FORGET, err);
    if (r >= 0 && carry->knows_conditions)
        r = carry_forget(put, QUERY_CONDITIONS_FORGET, err);
    if (r >= 0 && with_sightings)
        r = carry_put_rows(put, carry_put_sighting, carry->sighting_count, err);
    if (r >= 0)
        r = carry_put_rows(put, carry_put_quarantined, carry->quarantine_count, err);
    if (r >= 0)
        r = carry_put_rows(put, carry_put_condition, carry->condition_count, err);
    return r < 0 ? r : carry_put_rows(put, carry_put_change, carry->change_count, err);
}

int store_carry_put(Store *store, const char *instance_key, const char *instance_name,
                    const StoreCarry *carry, bool with_sightings, uint64_t realtime_usec, Err *err)
{
    const CarryPut put = {.store = store,
                          .instance_key = instance_key,
                          .instance_name = instance_name,
                          .carry = carry,
                          .realtime_usec = realtime_usec,
                          .steady_usec = steady_now_usec(store)};
    int r = store_name_instance(store, instance_key, instance_name, err);

    /* What is buffered is older than what comes now. */
    if (r == 0)
        r = store_flush(store, err);
    if (r == 0)
        r = transaction_begin(store, err);
    if (r == 0)
        r = transaction_result(store, carry_put_all(&put, with_sightings, err));
    return r < 0 ? r : transaction_commit(store, err);
}
