/* SPDX-License-Identifier: MIT */
/* Pauses: written here and in etcd, and ended in both. */
#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/log.h"
#include "daemon/base/str.h"
#include "daemon/shared/approval_value.h"
#include "daemon/shared/pause_value.h"
#include "daemon/shared/shared_internal.h"
#include "daemon/store/mirror.h"

/* What a scope's keys may be in etcd: its own, and those of others that name the same; and with two
 * markers (shared_put_markers()). */
#define SCOPE_KEYS_MAX 8
#define SCOPE_PUTS_MAX (SCOPE_KEYS_MAX + 2)

/* So often in a row a local pause may find keys otherwise than they were heard of, before it is
 * taken for one that etcd had got, and that was ended since. */
#define SETTLE_DIFFERS_MAX 3

/* ---- keys ---- */

int shared_name_scope(const StoreScope *scope,
                      char ret_names[static SHARED_SCOPE_NAMES][KEYS_NAME_SIZE])
{
    int count = 0;

    if (store_scope_kind(scope) != PAUSE_SCOPE_CHANNEL)
        return keys_format_pause(scope->instance_key, NULL, false, ret_names[0]) < 0 ? -ENOMEM : 1;
    if (scope->channel_id &&
        keys_format_pause(scope->instance_key, scope->channel_id, false, ret_names[count++]) < 0)
        return -ENOMEM;
    if (scope->channel_name &&
        keys_format_pause(scope->instance_key, scope->channel_name, true, ret_names[count++]) < 0)
        return -ENOMEM;
    return count;
}

/* Whether a pause is of that very scope, as store_pause() goes by. */
static bool shared_is_same_scope(const StoreScope *a, const StoreScope *b)
{
    return store_scope_kind(a) == store_scope_kind(b) && store_scope_covers(a, b);
}

/* What is written in one transaction. */
typedef struct ScopePuts {
    FleetPut puts[SCOPE_PUTS_MAX];
    char names[SCOPE_PUTS_MAX][KEYS_NAME_SIZE];
    size_t count;
    bool has_more; /* than fit */
} ScopePuts;

static void shared_put(ScopePuts *puts, const char *name, const char *json)
{
    for (size_t i = 0; i < puts->count; i++) {
        if (str_equal(puts->names[i], name))
            return;
    }
    puts->has_more = puts->has_more || puts->count == SCOPE_PUTS_MAX;
    if (puts->has_more)
        return;
    str_copy(puts->names[puts->count], KEYS_NAME_SIZE, name);
    puts->puts[puts->count] = (FleetPut){puts->names[puts->count], json};
    puts->count++;
}

/* The keys of a scope get `json` (NULL: they go), and others of the same scope go. 0; -E2BIG: there
 * are more than one transaction takes, and a pause that was ended would hold on; -ENOMEM. */
static int shared_put_scope(const Shared *shared, const StoreScope *scope, const char *json,
                            ScopePuts *puts, Err *err)
{
    const Mirror *mirror = fleet_mirror(shared->fleet);
    char names[SHARED_SCOPE_NAMES][KEYS_NAME_SIZE];
    int count = shared_name_scope(scope, names);
    _cleanup_(arena_done) Arena arena = {0};
    size_t position = 0;
    const EtcdKey *key;

    for (int i = 0; i < count; i++)
        shared_put(puts, names[i], json);
    while (count >= 0 && (key = mirror_next(mirror, KEYS_PAUSES, &position))) {
        StorePause pause = {0};
        int r = pause_value_read(key->value, key->value_size, &arena, &pause, NULL);

        if (r == -ENOMEM)
            return err_memory(err);
        if (r == 0 && shared_is_same_scope(&pause.scope, scope))
            shared_put(puts, mirror_name(mirror, key), NULL);
    }
    if (count < 0)
        return err_memory(err);
    if (puts->has_more || puts->count > SCOPE_KEYS_MAX)
        return err_set(err, -E2BIG,
                       "etcd has more than %d keys of this pause below %s: delete those that no "
                       "rosterd wrote, and try again",
                       SCOPE_KEYS_MAX, KEYS_PAUSES);
    return 0;
}

/* Its keys are as they were heard of last. Returns how many. */
static size_t shared_compare_scope(const Shared *shared, const ScopePuts *puts,
                                   FleetIf ret_ifs[static SCOPE_PUTS_MAX])
{
    const Mirror *mirror = fleet_mirror(shared->fleet);

    for (size_t i = 0; i < puts->count; i++) {
        const EtcdKey *key = mirror_find(mirror, puts->names[i]);

        ret_ifs[i] = (FleetIf){puts->names[i], key ? key->changed : 0};
    }
    return puts->count;
}

/* ---- a pause ---- */

/* Its marker: once it stands there, the pause has been written. */
static void shared_name_marker(const Shared *shared, const StorePause *pause, const char *key,
                               char ret_name[static KEYS_NAME_SIZE])
{
    assert(str_has_prefix(key, KEYS_PAUSES));
    snprintf(ret_name, KEYS_NAME_SIZE, KEYS_PAUSED "%.200s/%020" PRIu64 "-%.16s", shared->host,
             pause->made_usec, key + strlen(KEYS_PAUSES));
}

/* The marker of the one before is not needed any more. */
static void shared_put_markers(const Shared *shared, const char *marker, ScopePuts *puts)
{
    shared_put(puts, marker, "{}");
    if (shared->old_marker[0])
        shared_put(puts, shared->old_marker, NULL);
}

/* The local pause as it stands in the state, with what it took the place of. */
static int shared_keep_here(Shared *shared, const StorePause *pause, uint64_t realtime_usec,
                            StorePauses *replaced, uint64_t *ret_number, Err *err)
{
    _cleanup_(store_pauses_done) StorePauses before = {0}, after = {0};
    StorePause here = *pause;
    int r = store_pauses(shared->store, realtime_usec, &before, err);

    here.is_local = true;
    here.host = shared->host;
    here.made_usec = realtime_usec;
    for (size_t i = 0; i < before.count; i++)
        here.is_instead =
            here.is_instead || (!before.items[i].is_local &&
                                shared_is_same_scope(&before.items[i].scope, &pause->scope));
    if (r == 0)
        r = store_pause(shared->store, &here, realtime_usec, replaced, err);
    if (r == 0)
        r = store_pauses(shared->store, realtime_usec, &after, err);
    for (size_t i = 0; i < after.count && r == 0; i++) {
        if (after.items[i].is_local && after.items[i].made_usec == realtime_usec)
            *ret_number = after.items[i].number;
    }
    return r;
}

/* The local pause with that number, or NULL. */
static const StorePause *shared_find_local(const StorePauses *pauses, uint64_t number)
{
    for (size_t i = 0; i < pauses->count; i++) {
        if (pauses->items[i].is_local && pauses->items[i].number == number)
            return &pauses->items[i];
    }
    return NULL;
}

static int shared_write_pause(SharedAsking *asking, Err *err)
{
    Shared *shared = asking->shared;
    _cleanup_(store_pauses_done) StorePauses pauses = {0};
    _cleanup_(buf_done) Buf json = {0};
    const FleetIf first = {asking->marker, 0};
    ScopePuts puts = {0};
    const StorePause *pause;
    int r = store_pauses(shared->store, asking->begun_usec, &pauses, err);

    pause = shared_find_local(&pauses, asking->number);
    if (r < 0 || !pause)
        return r;
    if (pause_value_append(pause, &json) < 0)
        return err_memory(err);
    r = shared_put_scope(shared, &pause->scope, buf_text(&json), &puts, err);
    if (r < 0)
        return r;
    shared_name_marker(shared, pause, puts.names[0], asking->marker);
    shared_put_markers(shared, asking->marker, &puts);
    return shared_ask_write(asking, &first, 1, puts.puts, puts.count, err);
}

int shared_pause(Shared *shared, const StorePause *pause, uint64_t realtime_usec,
                 StorePauses *replaced, SharedOnOutcome callback, void *userdata,
                 SharedAsking **ret_asking, Err *err)
{
    SharedAsking *asking = NULL;
    int r = shared_ask(shared, &pause->scope, callback, userdata, &asking, err);

    assert(shared->store);
    if (r < 0)
        return r;
    asking->is_pause = true;
    r = shared_keep_here(shared, pause, realtime_usec, replaced, &asking->number, err);
    if (r < 0) {
        shared_cancel(asking);
        return r;
    }
    shared->on_paused(shared->userdata, &pause->scope);
    /* Where that fails it holds here, is written later, and is told so in the end. */
    if (shared_write_pause(asking, NULL) < 0)
        shared_retry_later(shared);
    *ret_asking = asking;
    return 0;
}

int shared_resume(Shared *shared, const StoreScope *scope, SharedOnOutcome callback, void *userdata,
                  SharedAsking **ret_asking, Err *err)
{
    SharedAsking *asking = NULL;
    FleetIf ifs[SCOPE_PUTS_MAX];
    ScopePuts puts = {0};
    int r;

    assert(shared->store);
    if (shared->settling)
        return err_set(err, -EBUSY,
                       "a pause that etcd had not got is being written there: try again");
    r = shared_check(shared, err);
    if (r == 0)
        r = shared_ask(shared, scope, callback, userdata, &asking, err);
    if (r < 0)
        return r;
    asking->is_end = true;
    r = shared_put_scope(shared, scope, NULL, &puts, err);
    /* One that is set while this is on its way stays. */
    if (r == 0)
        r = shared_ask_write(asking, ifs, shared_compare_scope(shared, &puts, ifs), puts.puts,
                             puts.count, err);
    if (r < 0)
        shared_cancel(asking);
    else
        *ret_asking = asking;
    return r;
}

/* ---- what etcd has not got yet ---- */

static void shared_drop_local(Shared *shared, const StorePause *pause)
{
    const char *channel =
        pause->scope.channel_name ? pause->scope.channel_name : pause->scope.channel_id;

    shared->settling_number = 0;
    shared->settling_differs = 0;
    if (store_mirror_drop_pause(shared->store, pause->number, NULL) >= 0)
        log_event(
            LOG_LEVEL_WARNING, NULL,
            "the pause of %s%s%s (%s), which held on this host alone, has ended: another host "
            "has ended it meanwhile",
            pause->scope.instance_name ? pause->scope.instance_name : "all instances",
            channel ? "/" : "", channel ? channel : "", pause->reason);
}

static void shared_on_settled(void *userdata, FleetWritten result, uint64_t revision,
                              const char *message)
{
    Shared *shared = userdata;

    (void)revision;
    (void)message;
    shared->settling = NULL;
    if (result == FLEET_WRITTEN) {
        store_mirror_pause_is_there(shared->store, shared->settling_number, NULL);
        str_copy(shared->old_marker, sizeof(shared->old_marker), shared->settling_marker);
        shared->settling_number = 0;
        shared->settling_differs = 0;
    } else if (result == FLEET_DIFFERS) {
        shared->settling_differs++;
    }
    shared_retry_later(shared);
}

/* Whether etcd had a pause of that scope when this one took its place, and has none now. */
static bool shared_is_ended(const Shared *shared, const StorePause *pause, const ScopePuts *puts)
{
    const Mirror *mirror = fleet_mirror(shared->fleet);

    for (size_t i = 0; i < puts->count; i++) {
        if (mirror_find(mirror, puts->names[i]))
            return false;
    }
    return pause->is_instead;
}

static int shared_settle_pause(Shared *shared, const StorePause *pause)
{
    _cleanup_(buf_done) Buf json = {0};
    FleetIf ifs[SCOPE_PUTS_MAX + 1];
    ScopePuts puts = {0};
    size_t count;

    if (pause_value_append(pause, &json) < 0 ||
        shared_put_scope(shared, &pause->scope, buf_text(&json), &puts, NULL) < 0)
        return -ENOMEM;
    if (shared->settling_number != pause->number)
        shared->settling_differs = 0;
    shared->settling_number = pause->number;
    if (shared_is_ended(shared, pause, &puts) || shared->settling_differs >= SETTLE_DIFFERS_MAX) {
        shared_drop_local(shared, pause);
        return 0;
    }
    shared_name_marker(shared, pause, puts.names[0], shared->settling_marker);
    count = shared_compare_scope(shared, &puts, ifs);
    ifs[count++] = (FleetIf){shared->settling_marker, 0};
    shared_put_markers(shared, shared->settling_marker, &puts);
    return fleet_write(shared->fleet, NULL, ifs, count, puts.puts, puts.count, SHARED_WRITE_USEC,
                       shared_on_settled, shared, &shared->settling);
}

/* Whoever set it just now is writing it. */
static bool shared_is_asked(const Shared *shared, uint64_t number)
{
    for (const SharedAsking *asking = shared->askings; asking; asking = asking->next) {
        if (asking->is_pause && asking->number == number && asking->writing)
            return true;
    }
    return false;
}

void shared_settle(Shared *shared)
{
    _cleanup_(store_pauses_done) StorePauses pauses = {0};
    bool is_left = false;

    if (!shared->store || shared->settling ||
        store_pauses(shared->store, clock_realtime_usec(), &pauses, NULL) < 0)
        return;
    for (size_t i = 0; i < pauses.count && !shared->settling; i++) {
        const StorePause *pause = &pauses.items[i];

        if (!pause->is_local || shared_is_asked(shared, pause->number))
            continue;
        is_left = true;
        if (mirror_is_current(fleet_mirror(shared->fleet)))
            shared_settle_pause(shared, pause);
    }
    if (is_left)
        shared_retry_later(shared);
}
