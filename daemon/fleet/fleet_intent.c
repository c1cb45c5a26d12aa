/* SPDX-License-Identifier: MIT */
/* What is about to be changed, made known under the token: piece after piece, each of which asks
 * again whether the instance is still this host's and whether anybody has paused the channel. */
#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/str.h"
#include "daemon/fleet/fleet_intent_internal.h"
#include "daemon/fleet/fleet_internal.h"

/* How often it is asked again where the compare failed and nothing found says why, as where a pause
 * has ended that this host had not heard of. */
#define TRIES_MAX 3

#define TIMEOUT_MIN_USEC USEC_PER_SEC

/* ---- its end ---- */

static void intending_free(FleetIntending *intending)
{
    if (intending->call)
        etcd_cancel(intending->call);
    if (intending->previous)
        intending->previous->next = intending->next;
    else if (intending->instance->intendings == intending)
        intending->instance->intendings = intending->next;
    if (intending->next)
        intending->next->previous = intending->previous;
    sd_event_source_disable_unref(intending->lost);
    fleet_pieces_done(&intending->pieces);
    free(intending->pass);
    free(intending->digest);
    free(intending->channel_id);
    free(intending->channel_name);
    free(intending->spent_approval);
    free(intending);
}
DEFINE_CLEANUP(FleetIntending, intending_free)

static void intending_end(FleetIntending *intending, const IntentAnswer *answer)
{
    FleetOnIntended callback = intending->callback;
    FleetInstance *instance = intending->instance;
    void *userdata = intending->userdata;

    intending_free(intending);
    fleet_instance_work_in(instance, 0); /* it may be given away by now */
    callback(userdata, answer);
}

static void intending_fail(FleetIntending *intending, IntentEnd end, const char *why)
{
    Err err;

    err_set(&err, -EIO, "%s", why);
    intending_end(intending, &(IntentAnswer){.end = end, .err = &err});
}

static int intending_on_lost(sd_event_source *source, void *userdata)
{
    (void)source;
    intending_fail(userdata, INTENT_LOST, "the instance is another host's by now");
    return 0;
}

void fleet_intent_lose(FleetInstance *instance)
{
    for (FleetIntending *intending = instance->intendings; intending; intending = intending->next) {
        if (intending->call)
            etcd_cancel(intending->call);
        intending->call = NULL;
        sd_event_source_set_enabled(intending->lost, SD_EVENT_ONESHOT);
    }
}

void fleet_intent_forget(FleetInstance *instance)
{
    while (instance->intendings)
        intending_free(instance->intendings);
}

void fleet_cancel_intent(FleetIntending *intending)
{
    FleetInstance *instance = intending->instance;

    intending_free(intending);
    fleet_instance_work_in(instance, 0);
}

static int intending_send(FleetIntending *intending);

/* ---- what came of it ---- */

/* A pause that holds: tells so. False: it is over, and is known by its revision from now on. */
static bool intending_take_pause(FleetIntending *intending, IntentScope *scope, const EtcdKey *key)
{
    _cleanup_(json_freep) Json *root = NULL;
    Err err = {0};
    uint64_t until_usec = 0;
    const char *reason;

    /* One that nobody understands holds. */
    if (json_parse_once(key->value, key->value_size, &root, &err) == 0)
        until_usec = json_as_number(json_find(root, "until_usec"));
    if (until_usec != 0 && until_usec <= clock_realtime_usec()) {
        scope->ended = key->changed;
        return false;
    }
    reason = json_as_text(json_find(root, "reason"));
    intending_end(intending, &(IntentAnswer){.end = INTENT_PAUSED,
                                             .pause_reason = reason,
                                             .pause_end_usec = until_usec,
                                             .pause_scope = scope->scope});
    return true;
}

static void intending_go_on(FleetIntending *intending)
{
    intending->at++;
    intending->tries = 0;
    if (intending->at == intending->pieces.count)
        intending_end(intending, &(IntentAnswer){.end = INTENT_TAKEN});
    else if (intending_send(intending) < 0)
        intending_fail(intending, INTENT_UNANSWERED, "out of memory");
}

static void intending_explain(FleetIntending *intending, const EtcdTxnAnswer *txn)
{
    FleetInstance *instance = intending->instance;
    const EtcdFound *found = txn->found;

    if (txn->found_count != 3 + intending->scope_count) {
        intending_fail(intending, INTENT_UNANSWERED, "etcd did not say why it took no intent");
        return;
    }
    if (found[0].count == 0 || found[0].keys[0].created != intending->token) {
        fleet_owner_fence(instance, txn); /* which ends this one as lost */
        return;
    }
    for (size_t i = 0; i < intending->scope_count; i++) {
        if (found[3 + i].count > 0 &&
            intending_take_pause(intending, &intending->scopes[i], &found[3 + i].keys[0]))
            return;
    }
    if (found[1].count > 0) /* an earlier try, whose answer was lost */
        intending_go_on(intending);
    else if (fleet_intent_spends(intending) && found[2].count == 0)
        intending_end(intending, &(IntentAnswer){.end = INTENT_APPROVAL_GONE});
    else if (++intending->tries >= TRIES_MAX || intending_send(intending) < 0)
        intending_fail(intending, INTENT_UNANSWERED, "etcd did not take the intent");
}

static void intending_on_answer(void *userdata, const EtcdAnswer *answer)
{
    FleetIntending *intending = userdata;
    Fleet *fleet = intending->instance->fleet;
    Arena arena = {0};
    EtcdTxnAnswer txn;

    intending->call = NULL;
    if (!fleet_read(fleet, answer, &arena, &txn)) {
        intending_fail(intending, INTENT_UNANSWERED, fleet->trouble);
        fleet_lease_check(fleet, answer);
    } else if (txn.succeeded) {
        intending_go_on(intending);
    } else {
        intending_explain(intending, &txn);
    }
    arena_done(&arena);
}

/* What comes after half of what is left of the lease would leave little for the changes. */
static uint64_t intending_timeout_usec(const FleetIntending *intending)
{
    const Lease *lease = &intending->instance->fleet->lease;
    uint64_t half_usec = lease_allows_usec(lease, 2 * FLEET_INTENT_USEC) / 2;

    return half_usec > TIMEOUT_MIN_USEC ? half_usec : TIMEOUT_MIN_USEC;
}

static int intending_send(FleetIntending *intending)
{
    _cleanup_(buf_done) Buf body = {0}, key = {0};
    EtcdTxn txn;

    etcd_txn_begin(&txn, &body);
    fleet_intent_compare(intending, &txn, &key);
    etcd_txn_then(&txn);
    fleet_intent_put(intending, &txn, &key);
    etcd_txn_else(&txn);
    fleet_intent_look(intending, &txn, &key);
    buf_fail_with(&body, &key);
    return fleet_ask(intending->instance->fleet, &txn, &body, intending_timeout_usec(intending),
                     intending_on_answer, intending, &intending->call);
}

/* ---- its beginning ---- */

/* A pause that is over by what is mirrored may stand there. */
static int intending_add_scope(FleetIntending *intending, PauseScope kind, const char *channel,
                               bool is_name)
{
    const FleetInstance *instance = intending->instance;
    IntentScope *scope = &intending->scopes[intending->scope_count];
    const EtcdKey *key;
    _cleanup_(json_freep) Json *root = NULL;
    Err err = {0};
    uint64_t until_usec;

    assert(intending->scope_count < SCOPES_MAX);
    if (keys_format_pause(kind == PAUSE_SCOPE_ALL ? NULL : instance->key, channel, is_name,
                          scope->name) < 0)
        return -ENOMEM;
    scope->scope = kind;
    intending->scope_count++;
    key = mirror_find(instance->fleet->mirror, scope->name);
    if (!key || json_parse_once(key->value, key->value_size, &root, &err) < 0)
        return 0;
    until_usec = json_as_number(json_find(root, "until_usec"));
    if (until_usec != 0 && until_usec <= clock_realtime_usec())
        scope->ended = key->changed;
    return 0;
}

static int intending_add_scopes(FleetIntending *intending)
{
    int r;

    if (intending->is_undo)
        return 0;
    r = intending_add_scope(intending, PAUSE_SCOPE_ALL, NULL, false);
    if (r == 0)
        r = intending_add_scope(intending, PAUSE_SCOPE_INSTANCE, NULL, false);
    if (r == 0)
        r = intending_add_scope(intending, PAUSE_SCOPE_CHANNEL, intending->channel_id, false);
    if (r == 0 && intending->channel_name[0] != '\0')
        r = intending_add_scope(intending, PAUSE_SCOPE_CHANNEL, intending->channel_name, true);
    return r;
}

static int intending_copy(FleetIntending *intending, const FleetIntent *intent)
{
    const Batch *batch = intent->batch;

    intending->pass = strdup(batch->pass);
    intending->digest = strdup(batch->digest ? batch->digest : "");
    intending->channel_id = strdup(batch->channel_id);
    intending->channel_name = strdup(batch->channel_name ? batch->channel_name : "");
    if (intent->spent_approval)
        intending->spent_approval = strdup(intent->spent_approval);
    intending->is_undo = intent->is_undo;
    return intending->pass && intending->digest && intending->channel_id &&
                   intending->channel_name && (intending->spent_approval || !intent->spent_approval)
               ? 0
               : -ENOMEM;
}

static int intending_begin(FleetIntending *intending, const FleetIntent *intent, Err *err)
{
    FleetInstance *instance = intending->instance;
    int r = fleet_pieces_init(&intending->pieces, intent->batch, err);

    if (r < 0)
        return r;
    r = intending_copy(intending, intent);
    if (r == 0)
        r = intending_add_scopes(intending);
    if (r == 0)
        r = sd_event_add_defer(instance->fleet->event, &intending->lost, intending_on_lost,
                               intending);
    if (r >= 0)
        r = sd_event_source_set_enabled(intending->lost, SD_EVENT_OFF);
    if (r >= 0)
        r = intending_send(intending);
    return r < 0 ? err_system(err, r, "could not ask etcd") : 0;
}

int fleet_intend(Fleet *fleet, const char *key, const FleetIntent *intent, FleetOnIntended callback,
                 void *userdata, FleetIntending **ret_intending, Err *err)
{
    _cleanup_(intending_freep) FleetIntending *intending = NULL;
    FleetInstance *instance = fleet_find(fleet, key);
    int r;

    if (!instance || instance->use != FLEET_BEGUN)
        return err_set(err, -EPERM, "the instance is not this host's");
    intending = calloc(1, sizeof(*intending));
    if (!intending)
        return err_memory(err);
    intending->instance = instance;
    intending->callback = callback;
    intending->userdata = userdata;
    intending->token = instance->ownership.token;
    intending->time_usec = clock_realtime_usec();
    r = intending_begin(intending, intent, err);
    if (r < 0)
        return r;
    intending->next = instance->intendings;
    if (intending->next)
        intending->next->previous = intending;
    instance->intendings = intending;
    if (ret_intending)
        *ret_intending = intending;
    TAKE_PTR(intending);
    return 0;
}
