/* SPDX-License-Identifier: MIT */
/* An undo of a pass that this host has not made, and whose host may be gone: out of what its owner
 * made known before it changed anything, which etcd keeps for 7 days. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/str.h"
#include "daemon/control/handle_undo_internal.h"
#include "daemon/control/reply.h"
#include "daemon/shared/intent_value.h"

/* When a pass of that name may have made its changes known, around its beginning. */
#define BEFORE_USEC USEC_PER_MINUTE
#define AFTER_USEC (USEC_PER_DAY + USEC_PER_HOUR)

/* "TIME-N". 0 or -EINVAL. */
static int handle_undo_read_time(const char *pass, uint64_t *ret_usec)
{
    char time[STORE_PASS_ID_SIZE];
    char *number;

    str_copy(time, sizeof(time), pass);
    number = strrchr(time, '-');
    if (!number)
        return -EINVAL;
    *number = '\0';
    return clock_parse_rfc3339(time, ret_usec);
}

/* A change is taken for one that was made: the undo looks at what is there. */
static int handle_undo_add_past(Undoing *undoing, const IntentValue *intent,
                                const IntentChange *change)
{
    StoreActions *past = &undoing->past;
    Arena *arena = &past->arena;
    const Config *config = undoing->control->controller->config;
    StoreAction action = {
        .action = past->count + 1,
        .pass = undoing->pass,
        .kind = change_kind_text(change->kind),
        .instance_key = arena_string(arena, undoing->instance_key),
        .instance_name = arena_string(arena, config->instances[undoing->past_instance].name),
        .channel_id = arena_string(arena, intent->channel_id),
        .channel_name = arena_string(arena, intent->channel_name),
        .member_id = arena_string(arena, change->member_id),
        .identity = arena_copy(arena, change->identity, change->identity_size),
        .identity_size = change->identity_size,
        .before = change->before ? arena_string(arena, change->before) : NULL,
        .after = change->after ? arena_string(arena, change->after) : NULL,
        .weight = OPS_WEIGHT_NONE,
    };

    if (!action.instance_key || !action.instance_name || !action.channel_id ||
        !action.channel_name || !action.member_id || !action.identity ||
        (change->before && !action.before) || (change->after && !action.after) ||
        mem_grow(&past->items, &past->capacity, past->count + 1, sizeof(action)) < 0)
        return -ENOMEM;
    past->items[past->count++] = action;
    return 0;
}

static bool handle_undo_is_meant(const Undoing *undoing, const IntentValue *intent)
{
    const char *channel = undoing->choice.channel;

    return str_equal(intent->pass, undoing->pass) && !intent->is_undo &&
           (!channel || str_equal(channel, intent->channel_id) ||
            str_equal(channel, intent->channel_name));
}

static int handle_undo_on_intent(void *userdata, const EtcdKey *key)
{
    Undoing *undoing = userdata;
    IntentValue intent;
    Err err = {0};
    int r = intent_value_read(key->value, key->value_size, &intent, &err);

    for (size_t i = 0; r == 0 && handle_undo_is_meant(undoing, &intent) && i < intent.change_count;
         i++) {
        if (intent.changes[i].kind != CHANGE_ENABLE)
            r = handle_undo_add_past(undoing, &intent, &intent.changes[i]);
    }
    if (r < 0 && r != -ENOMEM) {
        str_copy(undoing->unpaused, sizeof(undoing->unpaused), err.text);
        r = 0;
    }
    intent_value_done(&intent);
    return r;
}

static int handle_undo_past_next(Undoing *undoing, Err *err);

static void handle_undo_on_read(void *userdata, const char *why)
{
    Undoing *undoing = userdata;
    Err err = {0};
    int r = 0;

    undoing->reading = NULL;
    if (why)
        r = err_set(&err, -EHOSTUNREACH, "what was changed cannot be read in etcd: %.300s", why);
    else if (undoing->unpaused[0])
        r = err_set(&err, -EPROTO, "what was changed cannot be read in etcd: %.200s",
                    undoing->unpaused);
    else if (undoing->past.count == 0)
        r = handle_undo_past_next(undoing, &err);
    if (r == 0 && undoing->past.count > 0)
        r = undo_new_of(undoing->control->controller->config, undoing->pass, &undoing->past,
                        &undoing->undo, &err);
    if (r == 0 && undoing->undo)
        r = handle_undo_start(undoing, &err);
    if (r < 0)
        handle_undo_refuse(undoing, reply_status(r), err.text);
}

static const FleetReadOps handle_undo_read_ops = {handle_undo_on_intent, handle_undo_on_read};

/* The next instance that it may have been a pass over. */
static int handle_undo_past_next(Undoing *undoing, Err *err)
{
    const Controller *controller = undoing->control->controller;
    const Config *config = controller->config;
    uint64_t usec = 0;
    size_t next;
    int r = handle_undo_read_time(undoing->pass, &usec);

    for (next = undoing->past_count; next < config->instance_count; next++) {
        if (!undoing->choice.instance ||
            str_equal(undoing->choice.instance, config->instances[next].name))
            break;
    }
    if (r < 0 || next == config->instance_count)
        return err_set(err, -ENOENT,
                       "neither the history of this host nor what owners made known in the last 7 "
                       "days holds a change of pass %s",
                       undoing->pass);
    undoing->past_instance = next;
    undoing->past_count = next + 1;
    str_copy(undoing->instance_key, sizeof(undoing->instance_key), controller->backend.keys[next]);
    r = fleet_read_intents(controller->backend.fleet, undoing->instance_key,
                           usec > BEFORE_USEC ? usec - BEFORE_USEC : 0, usec + AFTER_USEC,
                           &handle_undo_read_ops, undoing, &undoing->reading);
    return r < 0 ? err_system(err, r, "etcd cannot be asked") : 0;
}

int handle_undo_past_begin(Undoing *undoing, Err *err)
{
    store_actions_done(&undoing->past);
    undoing->past_count = 0;
    return handle_undo_past_next(undoing, err);
}

void handle_undo_past_done(Undoing *undoing)
{
    if (undoing->reading)
        fleet_cancel_read(undoing->reading);
    undoing->reading = NULL;
    store_actions_done(&undoing->past);
}
