/* SPDX-License-Identifier: MIT */
/* Whoever asks for something waits until etcd has it, until it is known here that it has, and of a
 * pause until the owners have taken it. */
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "daemon/base/clock.h"
#include "daemon/base/str.h"
#include "daemon/json/json_parser.h"
#include "daemon/shared/shared_internal.h"
#include "daemon/store/mirror.h"

/* ---- its life ---- */

void shared_cancel(SharedAsking *asking)
{
    SharedAsking **place;

    if (!asking)
        return;
    place = &asking->shared->askings;
    while (*place != asking)
        place = &(*place)->next;
    *place = asking->next;
    if (asking->writing)
        fleet_cancel_write(asking->writing);
    sd_event_source_disable_unref(asking->timer);
    arena_done(&asking->arena);
    free(asking);
}

static void shared_answer(SharedAsking *asking, const SharedOutcome *outcome)
{
    SharedOnOutcome callback = asking->callback;
    void *userdata = asking->userdata;

    shared_cancel(asking);
    callback(userdata, outcome);
}

static int shared_on_patience_end(sd_event_source *source, uint64_t usec, void *userdata)
{
    (void)source;
    (void)usec;
    shared_look_at_asking(userdata, true);
    return 0;
}

static int shared_copy_scope(SharedAsking *asking, const StoreScope *scope)
{
    const char *const from[] = {scope->instance_key, scope->instance_name, scope->channel_id,
                                scope->channel_name};
    const char **const to[] = {&asking->scope.instance_key, &asking->scope.instance_name,
                               &asking->scope.channel_id, &asking->scope.channel_name};

    for (size_t i = 0; i < ELEMENTS(from); i++) {
        *to[i] = from[i] ? arena_string(&asking->arena, from[i]) : NULL;
        if (from[i] && !*to[i])
            return -ENOMEM;
    }
    return 0;
}

int shared_check(const Shared *shared, Err *err)
{
    if (mirror_is_current(fleet_mirror(shared->fleet)))
        return 0;
    return err_set(err, -EHOSTUNREACH,
                   "etcd does not answer, and in a fleet this is said there: nothing was changed; "
                   "try again when `rosterctl fleet` shows that it does");
}

int shared_ask(Shared *shared, const StoreScope *scope, SharedOnOutcome callback, void *userdata,
               SharedAsking **ret_asking, Err *err)
{
    SharedAsking *asking = calloc(1, sizeof(*asking));
    int r;

    if (!asking)
        return err_memory(err);
    *asking = (SharedAsking){.shared = shared,
                             .next = shared->askings,
                             .callback = callback,
                             .userdata = userdata,
                             .begun_usec = clock_realtime_usec()};
    shared->askings = asking;
    r = shared_copy_scope(asking, scope);
    if (r == 0)
        r = sd_event_add_time_relative(shared->event, &asking->timer, CLOCK_MONOTONIC,
                                       SHARED_ASK_USEC, USEC_PER_MSEC, shared_on_patience_end,
                                       asking);
    if (r < 0) {
        shared_cancel(asking);
        return err_system(err, r, "cannot set up the event loop");
    }
    *ret_asking = asking;
    return 0;
}

/* ---- who has taken a pause ---- */

/* The text of a field of a mirrored key; "": there is none. Into the arena. */
static const char *shared_read_field(const EtcdKey *key, const char *name, Arena *arena,
                                     uint64_t *ret_number)
{
    _cleanup_(json_freep) Json *root = NULL;
    const char *text = NULL;

    if (!key || json_parse_once(key->value, key->value_size, &root, NULL) < 0)
        return "";
    if (ret_number)
        *ret_number = json_as_number(json_find(root, name));
    text = arena_string(arena, json_as_text(json_find(root, name)));
    return text ? text : "";
}

/* Who owns it began after the pause stood there, or has said that passes go by it. */
static bool shared_has_taken(const SharedAsking *asking, const EtcdKey *owner, Arena *arena,
                             const char **ret_host)
{
    const Shared *shared = asking->shared;
    const Mirror *mirror = fleet_mirror(shared->fleet);
    _cleanup_(buf_done) Buf name = {0};
    uint64_t revision = 0;

    *ret_host = shared_read_field(owner, "host", arena, NULL);
    if (owner->created > asking->revision || str_equal(*ret_host, shared->host))
        return true;
    buf_printf(&name, KEYS_TAKEN "%s", *ret_host);
    shared_read_field(mirror_find(mirror, buf_text(&name)), "revision", arena, &revision);
    return revision >= asking->revision;
}

/* Whether all owners within the scope have; else one that has not. */
static bool shared_is_taken(const SharedAsking *asking, Arena *arena, const char **ret_host)
{
    const Mirror *mirror = fleet_mirror(asking->shared->fleet);
    char hash[DIGEST_HEX_SIZE], name[KEYS_NAME_SIZE] = KEYS_OWNER;
    size_t position = 0;
    const EtcdKey *owner;

    *ret_host = "";
    if (asking->scope.instance_key) {
        if (keys_hash_instance(asking->scope.instance_key, hash) < 0)
            return false;
        keys_format(KEYS_OWNER, hash, name);
    }
    while ((owner = mirror_next(mirror, name, &position))) {
        if (!shared_has_taken(asking, owner, arena, ret_host))
            return false;
    }
    return true;
}

/* ---- looking ---- */

void shared_look_at_asking(SharedAsking *asking, bool is_end)
{
    const Shared *shared = asking->shared;
    const Mirror *mirror = fleet_mirror(shared->fleet);
    SharedOutcome outcome = {.end = SHARED_DONE, .message = "", .owner = ""};
    _cleanup_(arena_done) Arena arena = {0};
    bool is_heard;

    if (asking->writing || (asking->revision == 0 && !is_end))
        return; /* what is written has a time of its own, which ends before */
    if (asking->revision == 0) {
        outcome.end = SHARED_HERE;
        outcome.message = "etcd could not be asked";
        shared_answer(asking, &outcome);
        return;
    }
    is_heard = mirror_get_revision(mirror) >= asking->revision;
    if (!asking->is_pause) {
        if (is_heard || is_end)
            shared_answer(asking, &outcome);
        return;
    }
    if (is_heard && shared_is_taken(asking, &arena, &outcome.owner)) {
        outcome.owner = "";
    } else if (is_end) {
        outcome.end = SHARED_LATE;
        outcome.until_usec = clock_realtime_usec() + shared->lease_usec;
    } else {
        return;
    }
    shared_answer(asking, &outcome);
}

/* Each may end, with what its callback does. */
void shared_look_at_askings(Shared *shared)
{
    SharedAsking *asking = shared->askings;

    while (asking) {
        SharedAsking *next = asking->next;

        shared_look_at_asking(asking, false);
        asking = next;
    }
}

/* ---- writing ---- */

static void shared_on_asked(void *userdata, FleetWritten result, uint64_t revision,
                            const char *message)
{
    SharedAsking *asking = userdata;
    Shared *shared = asking->shared;
    const SharedOutcome failed = {
        .end = asking->is_pause ? SHARED_HERE : SHARED_REFUSED, .message = message, .owner = ""};

    asking->writing = NULL;
    if (result != FLEET_WRITTEN) {
        if (asking->is_pause)
            shared_retry_later(shared);
        shared_answer(asking, &failed);
        return;
    }
    asking->revision = revision;
    if (asking->is_pause) {
        store_mirror_pause_is_there(shared->store, asking->number, NULL);
        str_copy(shared->old_marker, sizeof(shared->old_marker), asking->marker);
    }
    if (asking->is_end)
        store_resume(shared->store, &asking->scope, NULL);
    shared_look_at_asking(asking, false);
}

int shared_ask_write(SharedAsking *asking, const FleetIf *ifs, size_t if_count,
                     const FleetPut *puts, size_t put_count, Err *err)
{
    int r = fleet_write(asking->shared->fleet, NULL, ifs, if_count, puts, put_count,
                        asking->shared->write_usec, shared_on_asked, asking, &asking->writing);

    return r < 0 ? err_system(err, r, "etcd cannot be asked") : 0;
}
