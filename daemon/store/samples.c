/* SPDX-License-Identifier: MIT */
#include "daemon/store/samples.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "daemon/base/str.h"
#include "daemon/store/reading.h"
#include "daemon/store/samples_internal.h"
#include "daemon/store/steady.h"
#include "daemon/store/store_internal.h"
#include "daemon/store/transaction.h"

/* So many rows go with each transaction that adds some, beside twice as many as it adds. */
#define SAMPLES_PRUNE_ROWS 200

void store_samples_done(StoreSamples *samples)
{
    free(samples->items);
    arena_done(&samples->arena);
    *samples = (StoreSamples){0};
}

/* ---- adding ---- */

static bool samples_has_numbers(const Query *query, const StoreSample *sample)
{
    const uint64_t numbers[] = {sample->live,       sample->desired, sample->extra,
                                sample->missing,    sample->changed, sample->ignored,
                                sample->quarantined};

    for (size_t i = 0; i < ELEMENTS(numbers); i++) {
        if (sql_column_number(query, (int)i + 2) != numbers[i])
            return false;
    }
    return true;
}

/* Whether the row, the channel's newest, says the same as the sample. */
static bool samples_is_same(const Query *query, const StoreSample *sample)
{
    bool was_read = sqlite3_column_type(query->statement, 2) != SQLITE_NULL;

    return str_equal(sql_column_text(query, 1), sample->result) && was_read == sample->is_read &&
           samples_has_numbers(query, sample);
}

/* 1, or 0 where the newest sample of the channel is too young, or says it already. */
static int samples_is_due(Store *store, StoreSample *sample, Err *err)
{
    _cleanup_(sql_done) Query query = sql_begin(store, QUERY_SAMPLE_LAST);
    uint64_t now_usec = steady_now_usec(store), last_usec, age_usec;
    int r;

    sql_text(&query, sample->channel.instance_key);
    sql_text(&query, sample->channel.channel_id);
    r = sql_step(&query, err);
    if (r <= 0)
        return r < 0 ? r : 1;
    last_usec = sql_column_number(&query, 0);
    age_usec = now_usec > last_usec ? now_usec - last_usec : 0;
    sample->is_kept = samples_is_same(&query, sample);
    sample->ago_usec = age_usec;
    return age_usec >= STORE_SAMPLE_MOST_USEC ||
           (age_usec >= STORE_SAMPLE_LEAST_USEC && !sample->is_kept);
}

static int samples_put_channel(Store *store, const StoreScope *channel, Err *err)
{
    _cleanup_(sql_done) Query query = sql_begin(store, QUERY_SAMPLE_CHANNEL);

    sql_text(&query, channel->instance_key);
    sql_text(&query, channel->channel_id);
    sql_text(&query, channel->channel_name ? channel->channel_name : "");
    return sql_step(&query, err);
}

static int samples_put(Store *store, StoreSample *sample, Err *err)
{
    const uint64_t numbers[] = {sample->live,    sample->extra,   sample->missing,
                                sample->changed, sample->ignored, sample->quarantined};
    _cleanup_(sql_done) Query query = sql_begin(store, QUERY_SAMPLE_ADD);

    sql_text(&query, sample->channel.instance_key);
    sql_text(&query, sample->channel.channel_id);
    sql_number(&query, steady_now_usec(store));
    sql_number(&query, sample->time_usec);
    sql_text(&query, sample->result);
    sql_number(&query, sample->desired);
    for (size_t i = 0; i < ELEMENTS(numbers); i++) {
        if (sample->is_read)
            sql_number(&query, numbers[i]);
        else
            sql_text(&query, NULL);
    }
    sample->is_kept = true;
    sample->ago_usec = 0;
    return sql_step(&query, err);
}

uint64_t samples_keep_from(const Store *store)
{
    uint64_t now_usec = steady_now_usec(store);

    return now_usec > STORE_SAMPLES_KEEP_USEC ? now_usec - STORE_SAMPLES_KEEP_USEC : 0;
}

int samples_prune(Store *store, uint64_t rows_max, Err *err)
{
    _cleanup_(sql_done) Query query = sql_begin(store, QUERY_SAMPLES_PRUNE);

    sql_number(&query, samples_keep_from(store));
    sql_number(&query, STORE_SAMPLES_MAX);
    sql_number(&query, rows_max);
    return sql_step(&query, err);
}

/* 1 where any is due. */
static int samples_find_due(Store *store, StoreSample *samples, size_t count, Err *err)
{
    int r = 0;

    for (size_t i = 0; i < count && r == 0; i++)
        r = samples_is_due(store, &samples[i], err);
    return r;
}

/* How many were due, or the error. In the open transaction. */
static int samples_add_due(Store *store, StoreSample *samples, size_t count, Err *err)
{
    int added = 0;

    for (size_t i = 0; i < count; i++) {
        int r = samples_is_due(store, &samples[i], err);

        if (r == 0)
            continue;
        if (r > 0)
            r = samples_put_channel(store, &samples[i].channel, err);
        if (r == 0)
            r = samples_put(store, &samples[i], err);
        if (r < 0)
            return r;
        added++;
    }
    return added;
}

int store_samples_add(Store *store, StoreSample *samples, size_t count, Err *err)
{
    int r;

    if (store->is_read_only)
        return 0;
    r = samples_find_due(store, samples, count, err);
    if (r <= 0)
        return r;
    /* What others have buffered is no part of it, and does not fail with it. */
    r = store_flush(store, err);
    if (r == 0)
        r = transaction_begin(store, err);
    if (r < 0)
        return r;
    r = samples_add_due(store, samples, count, err);
    if (r > 0)
        r = samples_prune(store, SAMPLES_PRUNE_ROWS + 2 * (uint64_t)r, err);
    r = transaction_result(store, r);
    return r < 0 ? r : transaction_commit(store, err);
}

/* ---- reading ---- */

static int samples_take_row(StoreSamples *samples, const Query *query)
{
    StoreSample row = {
        .time_usec = sql_column_number(query, 4),
        .is_read = sqlite3_column_type(query->statement, 6) != SQLITE_NULL,
        .live = sql_column_number(query, 6),
        .desired = sql_column_number(query, 7),
        .extra = sql_column_number(query, 8),
        .missing = sql_column_number(query, 9),
        .changed = sql_column_number(query, 10),
        .ignored = sql_column_number(query, 11),
        .quarantined = sql_column_number(query, 12),
    };
    const struct {
        int column;
        const char **text;
    } texts[] = {{0, &row.channel.instance_key},
                 {1, &row.channel.instance_name},
                 {2, &row.channel.channel_id},
                 {3, &row.channel.channel_name},
                 {5, &row.result}};

    for (size_t i = 0; i < ELEMENTS(texts); i++) {
        if (sql_copy_text(query, texts[i].column, &samples->arena, texts[i].text) < 0)
            return -ENOMEM;
    }
    if (mem_grow(&samples->items, &samples->capacity, samples->count + 1, sizeof(*samples->items)) <
        0)
        return -ENOMEM;
    samples->items[samples->count++] = row;
    return 0;
}

static void samples_reverse(StoreSamples *samples)
{
    for (size_t i = 0; i < samples->count / 2; i++) {
        StoreSample other = samples->items[i];

        samples->items[i] = samples->items[samples->count - 1 - i];
        samples->items[samples->count - 1 - i] = other;
    }
}

/* Since when, by the steady clock. */
static uint64_t samples_since(const Store *store, uint64_t since_usec, uint64_t realtime_usec)
{
    uint64_t now_usec = steady_now_usec(store);
    uint64_t ago_usec = realtime_usec > since_usec ? realtime_usec - since_usec : 0;

    return now_usec > ago_usec ? now_usec - ago_usec : 0;
}

static int samples_read(Store *store, const StoreSamplesFilter *filter, uint64_t realtime_usec,
                        StoreSamples *samples, Err *err)
{
    _cleanup_(sql_done) Query query = sql_begin(store, QUERY_SAMPLES);
    size_t limit = filter->limit ? filter->limit : STORE_SAMPLES_MAX;
    int r;

    sql_text(&query, filter->instance);
    sql_text(&query, filter->channel);
    sql_number(&query, samples_since(store, filter->since_usec, realtime_usec));
    sql_number(&query, limit + 1);
    while ((r = sql_step(&query, err)) > 0) {
        if (samples->count == limit) {
            samples->is_cut = true;
            return 0;
        }
        if (samples_take_row(samples, &query) < 0)
            return err_memory(err);
    }
    return r;
}

int store_samples(Store *store, const StoreSamplesFilter *filter, uint64_t realtime_usec,
                  StoreSamples *ret_samples, Err *err)
{
    _cleanup_(store_samples_done) StoreSamples samples = {0};
    int r;

    assert(filter);
    r = reading_refresh(store, err);
    if (r == 0 && store->db)
        r = samples_read(store, filter, realtime_usec, &samples, err);
    if (r < 0)
        return r;
    samples_reverse(&samples);
    *ret_samples = samples;
    samples = (StoreSamples){0};
    return 0;
}
