/* SPDX-License-Identifier: MIT */
#include "daemon/store/steady.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/clock.h"
#include "daemon/base/file.h"
#include "daemon/base/str.h"
#include "daemon/store/store_internal.h"
#include "daemon/store/transaction.h"

/* A wall clock that is kept right drifts by less, one that is set jumps by more. */
#define STEADY_JUMP_USEC (2 * (int64_t)USEC_PER_SEC)

static const SteadySource steady_system = {
    .boottime_usec = clock_boottime_usec,
    .realtime_usec = clock_realtime_usec,
    .boot_id_path = "/proc/sys/kernel/random/boot_id",
};

const SteadySource *steady_source = &steady_system;

static int64_t steady_offset_usec(uint64_t realtime_usec)
{
    return (int64_t)(realtime_usec - steady_source->boottime_usec());
}

uint64_t steady_now_usec(const Store *store)
{
    uint64_t boottime_usec = steady_source->boottime_usec();
    const SteadyClock *clock = &store->steady;

    return clock->steady_usec +
           (boottime_usec > clock->boottime_usec ? boottime_usec - clock->boottime_usec : 0);
}

/* ---- between runs ---- */

/* "" where it is not known: every start then counts as a new boot. */
static void steady_read_boot(char ret_boot[static STEADY_BOOT_SIZE])
{
    _cleanup_(buf_done) Buf text = {0};
    int r = file_read(steady_source->boot_id_path, 4096, &text, NULL);

    str_copy(ret_boot, STEADY_BOOT_SIZE, r == 0 ? buf_text(&text) : "");
    ret_boot[strcspn(ret_boot, "\n")] = '\0';
}

/* 1 with the clock as the database has it, 0 where it has none, which leaves it as it is. */
static int steady_read(Store *store, SteadyClock *ret_clock, Err *err)
{
    _cleanup_(sql_done) Query query = sql_begin(store, QUERY_CLOCK);
    const char *boot;
    int r = sql_step(&query, err);

    if (r <= 0)
        return r;
    boot = sql_column_text(&query, 0);
    str_copy(ret_clock->boot, sizeof(ret_clock->boot), boot ? boot : "");
    ret_clock->boottime_usec = sql_column_number(&query, 1);
    ret_clock->steady_usec = sql_column_number(&query, 2);
    ret_clock->began_usec = sql_column_number(&query, 3);
    ret_clock->offset_usec = sqlite3_column_int64(query.statement, 4);
    return 1;
}

int steady_save(Store *store, Err *err)
{
    _cleanup_(sql_done) Query query = sql_begin(store, QUERY_CLOCK_SET);
    uint64_t steady_usec = steady_now_usec(store);

    assert(!store->is_read_only);
    sql_text(&query, store->steady.boot);
    sql_number(&query, steady_source->boottime_usec());
    sql_number(&query, steady_usec);
    sql_number(&query, store->steady.began_usec);
    sql_signed(&query, store->steady.offset_usec);
    store->steady_saved_usec = steady_usec;
    return sql_step(&query, err);
}

bool steady_is_stale(const Store *store)
{
    return steady_now_usec(store) - store->steady_saved_usec >= USEC_PER_HOUR;
}

/* In a transaction of its own. */
static int steady_update(Store *store, QueryId id, uint64_t realtime_usec, Err *err)
{
    int r = transaction_begin(store, err);

    if (r < 0)
        return r;
    {
        _cleanup_(sql_done) Query query = sql_begin(store, id);

        sql_number(&query, realtime_usec);
        sql_number(&query, steady_now_usec(store));
        sql_number(&query, store->steady.began_usec);
        r = sql_step(&query, err);
    }
    r = transaction_result(store, r);
    return r < 0 ? r : transaction_commit(store, err);
}

/* Between boots the wall clock decides. */
static void steady_begin_boot(Store *store)
{
    uint64_t realtime_usec = steady_source->realtime_usec();

    steady_update(store, QUERY_PAUSE_NEW_BOOT, realtime_usec, NULL);
    steady_update(store, QUERY_QUARANTINE_NEW_BOOT, realtime_usec, NULL);
}

int steady_load(Store *store, Err *err)
{
    char boot[STEADY_BOOT_SIZE];
    SteadyClock kept = {0};
    int r = steady_read(store, &kept, err);

    if (r < 0)
        return r;
    store->steady_saved_usec = kept.steady_usec;
    steady_read_boot(boot);
    if (boot[0] && str_equal(boot, kept.boot) &&
        kept.boottime_usec <= steady_source->boottime_usec()) {
        store->steady = kept;
        return 0;
    }
    store->steady = (SteadyClock){
        .boottime_usec = steady_source->boottime_usec(),
        .steady_usec = kept.steady_usec + 1,
        .began_usec = kept.steady_usec + 1,
        .offset_usec = steady_offset_usec(steady_source->realtime_usec()),
    };
    str_copy(store->steady.boot, sizeof(store->steady.boot), boot);
    if (!store->is_read_only)
        steady_begin_boot(store);
    return 0;
}

void steady_follow(Store *store, uint64_t realtime_usec)
{
    int64_t offset_usec = steady_offset_usec(realtime_usec), before = store->steady.offset_usec;

    assert(!store->is_read_only);
    if (llabs(offset_usec - before) <= STEADY_JUMP_USEC)
        return;
    store->steady.offset_usec = offset_usec;
    if (steady_update(store, QUERY_PAUSE_FOLLOW, realtime_usec, NULL) < 0 ||
        steady_update(store, QUERY_QUARANTINE_FOLLOW, realtime_usec, NULL) < 0)
        store->steady.offset_usec = before;
}

/* ---- what is recent, what has ended ---- */

static uint64_t steady_distance(uint64_t a, uint64_t b)
{
    return a > b ? a - b : b - a;
}

bool steady_is_recent(const Store *store, uint64_t steady_usec, uint64_t wall_usec,
                      uint64_t realtime_usec, uint64_t duration_usec)
{
    uint64_t now_usec = steady_now_usec(store);

    assert(duration_usec > 0);
    if (now_usec > steady_usec && now_usec - steady_usec >= duration_usec)
        return false;
    return steady_usec >= store->steady.began_usec ||
           steady_distance(wall_usec, realtime_usec) < duration_usec;
}

SteadyEnd steady_end(const Store *store, uint64_t wall_usec, uint64_t realtime_usec)
{
    uint64_t now_usec = steady_now_usec(store);
    uint64_t left_usec = wall_usec > realtime_usec ? wall_usec - realtime_usec : 0;

    if (wall_usec == 0)
        return (SteadyEnd){.set_usec = now_usec};
    return (SteadyEnd){now_usec, now_usec + left_usec, wall_usec};
}

bool steady_has_ended(const Store *store, const SteadyEnd *end, uint64_t realtime_usec)
{
    if (end->wall_usec == 0)
        return false;
    return steady_now_usec(store) >= end->steady_usec ||
           (end->set_usec < store->steady.began_usec && realtime_usec >= end->wall_usec);
}

uint64_t steady_end_wall_usec(const Store *store, const SteadyEnd *end, uint64_t realtime_usec)
{
    uint64_t now_usec = steady_now_usec(store), wall_usec = end->wall_usec;

    if (wall_usec == 0 || end->set_usec < store->steady.began_usec || now_usec >= end->steady_usec)
        return wall_usec;
    wall_usec = realtime_usec + (end->steady_usec - now_usec);
    return steady_distance(wall_usec, end->wall_usec) > (uint64_t)STEADY_JUMP_USEC ? wall_usec
                                                                                   : end->wall_usec;
}
