/* SPDX-License-Identifier: MIT */
/* An undo in a fleet: its channels are paused on all hosts, then the owner of the instance carries
 * it out, to whom it is handed over by etcd where that is another host. */
#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/str.h"
#include "daemon/control/handle_undo.h"
#include "daemon/control/handle_undo_internal.h"
#include "daemon/control/reply.h"
#include "daemon/log/audit_log.h"
#include "daemon/shared/undo_value.h"

/* How long the owner is waited for. */
#define OWNER_USEC (2 * USEC_PER_MINUTE)
/* An undo that was handed over for longer is not begun any more. */
#define ASKED_MAX_USEC USEC_PER_HOUR
#define WRITE_USEC (5 * USEC_PER_SEC)

static Fleet *handle_undo_fleet(const Undoing *undoing)
{
    return undoing->control->controller->backend.fleet;
}

/* What it is about, while it is not begun: an instance of the configuration. */
static int handle_undo_find_instance(const Undoing *undoing, size_t *ret_instance, Err *err)
{
    const Config *config = undoing->control->controller->config;
    size_t count = 0, owned_count = 0;

    for (size_t i = 0; i < config->instance_count; i++) {
        if (!undo_covers(undoing->undo, i))
            continue;
        *ret_instance = i;
        count++;
        owned_count +=
            fleet_owns(handle_undo_fleet(undoing), undoing->control->controller->backend.keys[i]);
    }
    if (count > 1 && owned_count < count)
        return err_set(err, -EPERM,
                       "these changes are of %zu instances, and not all are this host's: undo them "
                       "one by one, by --channel INSTANCE/CHANNEL",
                       count);
    return owned_count > 0;
}

/* ---- keys ---- */

static void handle_undo_on_told(void *userdata, FleetWritten result, uint64_t revision,
                                const char *message)
{
    (void)userdata;
    (void)result;
    (void)revision;
    (void)message;
}

/* Nobody needs the key any more. */
static void handle_undo_delete_key(Fleet *fleet, const char *name)
{
    const FleetPut gone = {.name = name};

    fleet_write(fleet, NULL, NULL, 0, &gone, 1, WRITE_USEC, handle_undo_on_told, NULL, NULL);
}

/* ---- handing over ---- */

static void handle_undo_on_handed(void *userdata, FleetWritten result, uint64_t revision,
                                  const char *message)
{
    Undoing *undoing = userdata;
    char text[512];

    (void)revision;
    undoing->writing = NULL;
    if (result == FLEET_WRITTEN)
        return;
    snprintf(text, sizeof(text), "the undo could not be handed to the owner: %.300s", message);
    handle_undo_refuse(undoing, 503, text);
}

static int handle_undo_on_owner_late(sd_event_source *source, uint64_t usec, void *userdata)
{
    Undoing *undoing = userdata;

    (void)source;
    (void)usec;
    handle_undo_delete_key(handle_undo_fleet(undoing), undoing->key);
    handle_undo_refuse(
        undoing, 503,
        "the undo was handed to the host that owns the instance, which has not said "
        "within 2 min what came of it; it was taken back, unless it was begun: rosterctl "
        "fleet shows the owner, and rosterctl history there what it did");
    return 0;
}

static int handle_undo_write(Undoing *undoing, const UndoValue *value, Err *err)
{
    _cleanup_(buf_done) Buf json = {0};
    const FleetIf first = {undoing->key, 0};
    FleetPut put = {.name = undoing->key};
    int r = undo_value_append(value, &json);

    if (r == -E2BIG)
        return err_set(err, r,
                       "the undo is of %zu changes, more than can be handed to another host at "
                       "once: undo it channel by channel (--channel), or on the host that owns the "
                       "instance",
                       value->actions.count);
    if (r < 0)
        return err_memory(err);
    put.json = buf_text(&json);
    r = fleet_write(handle_undo_fleet(undoing), NULL, &first, 1, &put, 1, WRITE_USEC,
                    handle_undo_on_handed, undoing, &undoing->writing);
    return r < 0 ? err_system(err, r, "etcd cannot be asked") : 0;
}

static int handle_undo_hand_over(Undoing *undoing, size_t instance, Err *err)
{
    const Controller *controller = undoing->control->controller;
    UndoValue value = {.instance_key = controller->backend.keys[instance],
                       .host = fleet_get_host(handle_undo_fleet(undoing)),
                       .pass = undo_get_pass(undoing->undo),
                       .uid = server_request_uid(undoing->request),
                       .asked_usec = clock_realtime_usec(),
                       .actions = *undo_get_actions(undoing->undo)};
    char hash[DIGEST_HEX_SIZE];
    int r = keys_hash_instance(value.instance_key, hash);

    if (r < 0)
        return err_memory(err);
    str_copy(undoing->instance_key, sizeof(undoing->instance_key), value.instance_key);
    snprintf(undoing->key, sizeof(undoing->key), KEYS_UNDO "%s/%020" PRIu64 "-%.200s", hash,
             value.asked_usec, value.host);
    r = sd_event_add_time_relative(undoing->control->event, &undoing->timer, CLOCK_MONOTONIC,
                                   OWNER_USEC, USEC_PER_SEC, handle_undo_on_owner_late, undoing);
    return r < 0 ? err_system(err, r, "cannot set up the event loop")
                 : handle_undo_write(undoing, &value, err);
}

/* ---- pausing ---- */

void handle_undo_fleet_go_on(Undoing *undoing)
{
    size_t instance = 0;
    Err err = {0};
    int r = 0;

    if (undoing->unpaused[0])
        r = err_set(&err, -EHOSTUNREACH,
                    "nothing is undone: etcd has not got the pause of its channels (%s), so that "
                    "another host could delete its members again",
                    undoing->unpaused);
    if (r == 0)
        r = handle_undo_find_instance(undoing, &instance, &err);
    if (r > 0)
        handle_undo_ask(undoing);
    else if (r == 0)
        r = handle_undo_hand_over(undoing, instance, &err);
    if (r < 0)
        handle_undo_refuse(undoing, reply_status(r), err.text);
}

static void handle_undo_on_paused(void *userdata, const SharedOutcome *outcome)
{
    Undoing *undoing = userdata;

    assert(undoing->pausing_count > 0);
    if (outcome->end == SHARED_HERE || outcome->end == SHARED_REFUSED)
        str_copy(undoing->unpaused, sizeof(undoing->unpaused),
                 outcome->message[0] ? outcome->message : "no answer");
    undoing->pausing_count--;
    for (size_t i = 0; undoing->pausing_count == 0 && i < undoing->pause_count; i++)
        undoing->pauses[i] = NULL;
    if (undoing->pausing_count > 0)
        return;
    undoing->is_paused_meanwhile = undoing->making != NULL;
    if (!undoing->making)
        handle_undo_fleet_go_on(undoing);
}

static int handle_undo_pause_one(void *userdata, const StorePause *pause, Err *err)
{
    Undoing *undoing = userdata;
    int r =
        shared_pause(undoing->control->shared, pause, clock_realtime_usec(), &undoing->replaced,
                     handle_undo_on_paused, undoing, &undoing->pauses[undoing->pause_count], err);

    if (r < 0)
        return r;
    undoing->has_paused = true;
    undoing->pause_count++;
    undoing->pausing_count++;
    return 0;
}

int handle_undo_fleet_begin(Undoing *undoing, Err *err)
{
    size_t instance = 0;
    int r = handle_undo_find_instance(undoing, &instance, err);

    if (r < 0)
        return r;
    undoing->pauses = calloc(undo_get_actions(undoing->undo)->count, sizeof(*undoing->pauses));
    if (!undoing->pauses)
        return err_memory(err);
    return undo_each_pause(undoing->undo, server_request_uid(undoing->request),
                           handle_undo_pause_one, undoing, err);
}

void handle_undo_fleet_done(Undoing *undoing)
{
    for (size_t i = 0; i < undoing->pause_count; i++)
        shared_cancel(undoing->pauses[i]);
    free(undoing->pauses);
    if (undoing->writing)
        fleet_cancel_write(undoing->writing);
    sd_event_source_disable_unref(undoing->timer);
}

/* ---- for other hosts ---- */

static int handle_undo_check_pause(void *userdata, const StorePause *pause, Err *err)
{
    const StorePauses *pauses = userdata;
    const StoreScope *scope = &pause->scope;

    if (store_pauses_find(pauses, scope))
        return 0;
    return err_set(err, -EPERM,
                   "%s was resumed after the undo had been asked for, and a pass could turn back "
                   "what it does; what is still paused for it stays so: ask again",
                   scope->channel_name ? scope->channel_name : scope->channel_id);
}

/* Whether each of its channels is paused, by what passes here go by: 0, -EPERM, or the state's
 * errors. */
static int handle_undo_check_pauses(const Undoing *undoing, Err *err)
{
    _cleanup_(store_pauses_done) StorePauses pauses = {0};
    Store *store = undoing->control->state->store;
    int r;

    if (!store)
        return err_set(err, -EIO, "the state: %s", undoing->control->state->err.text);
    r = store_pauses(store, clock_realtime_usec(), &pauses, err);
    if (r < 0)
        return r;
    return undo_each_pause(undoing->undo, (uid_t)-1, handle_undo_check_pause, &pauses, err);
}

/* Where that is lost it is asked for still, and done again: what is as it was is left alone. */
void handle_undo_fleet_answer(const Undoing *undoing, const Buf *answer, const char *error)
{
    _cleanup_(buf_done) Buf json = {0};
    FleetPut put = {.name = undoing->key};
    UndoValue value = {.instance_key = undoing->instance_key,
                       .host = undoing->channel,
                       .pass = undoing->pass,
                       .uid = (uid_t)-1,
                       .asked_usec = 1,
                       .owner = fleet_get_host(handle_undo_fleet(undoing)),
                       .answer = answer ? buf_text(answer) : NULL,
                       .error = error};

    int r = undo_value_append(&value, &json);

    if (r == -E2BIG) {
        value.answer = NULL;
        value.error = "the undo is over, and what came of each member is more than etcd takes: "
                      "rosterctl history there shows it";
        buf_reset(&json);
        r = undo_value_append(&value, &json);
    }
    if (r < 0)
        return;
    put.json = buf_text(&json);
    fleet_write(handle_undo_fleet(undoing), undoing->instance_key, NULL, 0, &put, 1, WRITE_USEC,
                handle_undo_on_told, NULL, NULL);
}

static int handle_undo_take(Control *control, const char *name, UndoValue *value, Err *err)
{
    Undoing *undoing = calloc(1, sizeof(*undoing));
    int r;

    if (!undoing)
        return err_memory(err);
    undoing->control = control;
    str_copy(undoing->key, sizeof(undoing->key), name);
    str_copy(undoing->instance_key, sizeof(undoing->instance_key), value->instance_key);
    str_copy(undoing->pass, sizeof(undoing->pass), value->pass);
    undoing->channel = strdup(value->host);
    control->undoing = undoing;
    audit_log_write(&(AuditEntry){.action = "undo", .uid = value->uid, .pass = value->pass},
                    "undo of pass %s handed over by %s", value->pass, value->host);
    if (!undoing->channel)
        return err_memory(err);
    if (clock_realtime_usec() > value->asked_usec + ASKED_MAX_USEC)
        return err_set(err, -ETIMEDOUT,
                       "it was asked for more than an hour ago, and what was paused for it may be "
                       "resumed by now: ask again");
    r = undo_new_of(control->controller->config, undoing->pass, &value->actions, &undoing->undo,
                    err);
    return r < 0 ? r : handle_undo_check_pauses(undoing, err);
}

/* One that this host is to carry out, as the owner of its instance. */
static void handle_undo_look_at_asked(Control *control, const char *name, UndoValue *value)
{
    Err err = {0};
    int r;

    if (control->undoing || !fleet_owns(control->controller->backend.fleet, value->instance_key))
        return;
    r = handle_undo_take(control, name, value, &err);
    if (r >= 0)
        handle_undo_ask(control->undoing);
    else if (control->undoing)
        handle_undo_refuse(control->undoing, reply_status(r), err.text);
}

/* What came of one that this host handed over. */
static void handle_undo_look_at_answer(Control *control, const char *name, const UndoValue *value)
{
    Fleet *fleet = control->controller->backend.fleet;
    Undoing *undoing = control->undoing;
    Buf answer = {0};
    char text[512];

    if (!str_equal(value->host, fleet_get_host(fleet)))
        return;
    handle_undo_delete_key(fleet, name);
    if (!undoing || !undoing->request || !str_equal(undoing->key, name))
        return;
    if (value->answer) {
        buf_puts(&answer, value->answer);
        handle_undo_answer(undoing, &answer);
        return;
    }
    snprintf(text, sizeof(text), "%.100s, which owns the instance: %.350s", value->owner,
             value->error ? value->error : "nothing was done");
    if (undoing->undo && handle_undo_check_pauses(undoing, NULL) < 0)
        undoing->has_paused = false; /* not all of them any more, which the owner says */
    handle_undo_refuse(undoing, 409, text);
}

void handle_undo_look(Control *control)
{
    Fleet *fleet = control->controller ? control->controller->backend.fleet : NULL;
    const Mirror *mirror = fleet ? fleet_mirror(fleet) : NULL;
    size_t position = 0;
    const EtcdKey *key;

    while (mirror && (key = mirror_next(mirror, KEYS_UNDO, &position))) {
        const char *name = mirror_name(mirror, key);
        UndoValue value;

        if (undo_value_read(key->value, key->value_size, &value, NULL) == 0) {
            if (value.owner)
                handle_undo_look_at_answer(control, name, &value);
            else
                handle_undo_look_at_asked(control, name, &value);
        }
        undo_value_done(&value);
    }
}
