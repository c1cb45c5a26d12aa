/* SPDX-License-Identifier: MIT */
#include "daemon/runtime/undo_internal.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "config/instance_key.h"
#include "daemon/base/clock.h"
#include "daemon/base/log.h"
#include "daemon/base/map.h"
#include "daemon/base/str.h"
#include "daemon/log/event_log.h"
#include "daemon/log/message_ids.h"

/* ---- out of the history ---- */

/* Enabling again is no change of what the roster has said: nothing undoes it. */
static bool undo_took_effect(const StoreAction *action)
{
    ChangeKind kind = change_kind_of(action->kind);

    return kind < CHANGE_KIND_COUNT && kind != CHANGE_ENABLE &&
           (!action->outcome || str_equal(action->outcome, ops_outcome_text(undo_effect(kind))));
}

/* Keeps the changes that took effect, or may have. */
static void undo_keep_effective(StoreActions *actions)
{
    size_t kept = 0;

    for (size_t i = 0; i < actions->count; i++) {
        if (undo_took_effect(&actions->items[i]))
            actions->items[kept++] = actions->items[i];
    }
    actions->count = kept;
}

static int undo_look_up(Undo *undo, Store *store, const UndoChoice *choice, Err *err)
{
    StoreFilter filter = {
        .instance = choice->instance,
        .channel = choice->channel,
        .pass = choice->pass,
        .action = choice->action,
    };
    int r = 0;

    if (choice->last) {
        r = store_find_last_changing(store, choice->instance, choice->channel, undo->pass, err);
        filter.pass = undo->pass;
    }
    if (r == 0)
        r = store_history(store, &filter, &undo->actions, err);
    if (r < 0)
        return r;
    if (undo->actions.count == 0 && choice->action)
        return err_set(err, -ENOENT, "the history holds no change %" PRIu64, choice->action);
    if (undo->actions.count == 0)
        return err_set(err, -ENOENT, "the history holds no change of pass %s%s%.200s", filter.pass,
                       choice->channel ? " in " : "", choice->channel ? choice->channel : "");
    undo_keep_effective(&undo->actions);
    if (undo->actions.count == 0)
        return err_set(err, -ENOENT, "there is nothing to undo: no change of it took effect");
    str_copy(undo->pass, sizeof(undo->pass), undo->actions.items[0].pass);
    return 0;
}

static int undo_find_instance(const Config *config, const StoreAction *action, size_t *ret_instance,
                              Err *err)
{
    char key[INSTANCE_KEY_SIZE];

    for (size_t i = 0; i < config->instance_count; i++) {
        instance_key(&config->instances[i], key);
        if (str_equal(key, action->instance_key)) {
            *ret_instance = i;
            return 0;
        }
    }
    return err_set(err, -EINVAL, "the instance %s of these changes is not in the settings",
                   action->instance_name);
}

/* The entry that the rosters have of a channel now, or NULL. */
static const RosterChannel *undo_find_roster(const Config *config, size_t instance,
                                             const StoreAction *action)
{
    for (size_t i = 0; i < config->channel_count; i++) {
        const RosterChannel *channel = &config->channels[i];

        if (channel->instance == instance &&
            ((channel->id && str_equal(channel->id, action->channel_id)) ||
             (channel->name && str_equal(channel->name, action->channel_name))))
            return channel;
    }
    return NULL;
}

/* Adds the channel of an action that has none yet. */
static int undo_add_channel(Undo *undo, const Config *config, size_t instance,
                            const StoreAction *action, Err *err)
{
    size_t count = undo->config.channel_count;
    const RosterChannel *roster = undo_find_roster(config, instance, action);
    Mode mode = roster ? roster->mode : config->mode;

    assert(count < undo->actions.count);
    if (config->mode == MODE_OBSERVE || mode == MODE_OBSERVE)
        return err_set(err, -EPERM, "%s/%s is only observed: nothing is changed there",
                       action->instance_name, action->channel_name);
    undo->names[count] = action->channel_name;
    undo->channels[count] = (RosterChannel){
        .instance = instance,
        .id = action->channel_id,
        .mode = mode,
        .guards = roster ? roster->guards : config->guards,
        .allow_empty = true,
        .file = "",
    };
    undo->config.channel_count++;
    return 0;
}

/* Where an undo's channels are while it is made out of the history. */
typedef struct UndoFilling {
    Map known; /* instance and id of a channel -> its ChannelUndo */
    Arena keys;
    const char *instance_key; /* of the action before, and which instance that is */
    size_t instance;
} UndoFilling;

static void undo_filling_done(UndoFilling *filling)
{
    map_done(&filling->known);
    arena_done(&filling->keys);
}

static int undo_find_channel(Undo *undo, const Config *config, UndoFilling *filling,
                             const StoreAction *action, ChannelUndo **ret_channel, Err *err)
{
    _cleanup_(buf_done) Buf key = {0};
    const char *kept;
    int r = 0;

    if (!filling->instance_key || !str_equal(filling->instance_key, action->instance_key))
        r = undo_find_instance(config, action, &filling->instance, err);
    if (r < 0)
        return r;
    filling->instance_key = action->instance_key;
    buf_printf(&key, "%zu/%s", filling->instance, action->channel_id);
    if (buf_failed(&key) < 0)
        return err_memory(err);
    *ret_channel = map_find(&filling->known, key.data, key.size);
    if (*ret_channel)
        return 0;
    *ret_channel = &undo->undos[undo->config.channel_count];
    r = undo_add_channel(undo, config, filling->instance, action, err);
    if (r < 0)
        return r;
    kept = arena_copy(&filling->keys, key.data, key.size);
    if (!kept || map_put(&filling->known, kept, key.size, *ret_channel) < 0)
        return err_memory(err);
    return 0;
}

static void undo_add(ChannelUndo *channel, const StoreAction *action)
{
    channel->items[channel->item_count++] = (UndoItem){
        .action = action->action,
        .done = change_kind_of(action->kind),
        .is_decided = action->outcome != NULL,
        .member_id = action->member_id,
        .identity = action->identity,
        .identity_size = action->identity_size,
        .before = action->original ? action->original : action->before,
        .after = action->after,
        .listed_weight = action->weight,
        .outcome = OUTCOME_SKIPPED,
    };
}

/* Finds the channel of each action, then puts each action there. */
static int undo_sort(Undo *undo, const Config *config, ChannelUndo **of_actions, Err *err)
{
    _cleanup_(undo_filling_done) UndoFilling filling = {0};
    int r = 0;

    for (size_t i = 0; i < undo->actions.count && r == 0; i++) {
        r = undo_find_channel(undo, config, &filling, &undo->actions.items[i], &of_actions[i], err);
        if (r == 0)
            of_actions[i]->item_count++;
    }
    for (size_t i = 0; i < undo->config.channel_count && r == 0; i++) {
        undo->undos[i].items = calloc(undo->undos[i].item_count, sizeof(*undo->undos[i].items));
        if (!undo->undos[i].items)
            r = err_memory(err);
        undo->undos[i].item_count = 0;
    }
    for (size_t i = 0; i < undo->actions.count && r == 0; i++)
        undo_add(of_actions[i], &undo->actions.items[i]);
    return r;
}

/* With its actions. */
static int undo_fill(Undo *undo, const Config *config, Err *err)
{
    _cleanup_free_ ChannelUndo **of_actions = calloc(undo->actions.count, sizeof(*of_actions));

    undo->channels = calloc(undo->actions.count, sizeof(*undo->channels));
    undo->undos = calloc(undo->actions.count, sizeof(*undo->undos));
    undo->names = calloc(undo->actions.count, sizeof(char *));
    if (!of_actions || !undo->channels || !undo->undos || !undo->names)
        return err_memory(err);
    undo->config = *config;
    undo->config.channels = undo->channels;
    undo->config.channel_count = 0;
    return undo_sort(undo, config, of_actions, err);
}

int undo_new(Store *store, const Config *config, const UndoChoice *choice, Undo **ret_undo,
             Err *err)
{
    _cleanup_(undo_freep) Undo *undo = calloc(1, sizeof(*undo));
    int r;

    assert(store && choice->last + (choice->pass != NULL) + (choice->action != 0) == 1);
    if (!undo)
        return err_memory(err);
    r = undo_look_up(undo, store, choice, err);
    if (r == 0)
        r = undo_fill(undo, config, err);
    if (r == 0)
        *ret_undo = TAKE_PTR(undo);
    return r;
}

int undo_new_of(const Config *config, const char *pass, StoreActions *actions, Undo **ret_undo,
                Err *err)
{
    _cleanup_(undo_freep) Undo *undo = calloc(1, sizeof(*undo));
    int r;

    assert(actions->count > 0);
    if (!undo)
        return err_memory(err);
    undo->actions = *actions;
    *actions = (StoreActions){0};
    str_copy(undo->pass, sizeof(undo->pass), pass);
    r = undo_fill(undo, config, err);
    if (r == 0)
        *ret_undo = TAKE_PTR(undo);
    return r;
}

void undo_free(Undo *undo)
{
    if (!undo)
        return;
    pass_run_free(undo->run);
    report_done(&undo->report);
    for (size_t i = 0; undo->undos && i < undo->actions.count; i++)
        free(undo->undos[i].items);
    free(undo->undos);
    free(undo->channels);
    free(undo->names);
    store_actions_done(&undo->actions);
    free(undo);
}

/* ---- doing it ---- */

const char *undo_get_pass(const Undo *undo)
{
    return undo->pass;
}

const StoreActions *undo_get_actions(const Undo *undo)
{
    return &undo->actions;
}

bool undo_covers(const Undo *undo, size_t instance)
{
    for (size_t i = 0; i < undo->config.channel_count; i++) {
        if (undo->channels[i].instance == instance)
            return true;
    }
    return false;
}

int undo_each_pause(const Undo *undo, uid_t uid, UndoOnPause on_pause, void *userdata, Err *err)
{
    char reason[STORE_PASS_ID_SIZE + 16], key[INSTANCE_KEY_SIZE];
    StorePause pause = {.reason = reason, .uid = uid};
    int r = 0;

    snprintf(reason, sizeof(reason), "undo of %s", undo->pass);
    for (size_t i = 0; i < undo->config.channel_count && r == 0; i++) {
        const RosterChannel *channel = &undo->channels[i];
        const Instance *instance = &undo->config.instances[channel->instance];

        instance_key(instance, key);
        pause.scope = (StoreScope){
            .instance_key = key,
            .instance_name = instance->name,
            .channel_id = channel->id,
            .channel_name = str_is_empty(undo->names[i]) ? NULL : undo->names[i],
        };
        r = on_pause(userdata, &pause, err);
    }
    return r;
}

/* Where the pauses go. */
typedef struct UndoPausing {
    Store *store;
    StorePauses *replaced;
} UndoPausing;

static int undo_keep_pause(void *userdata, const StorePause *pause, Err *err)
{
    const UndoPausing *pausing = userdata;

    return store_pause(pausing->store, pause, clock_realtime_usec(), pausing->replaced, err);
}

int undo_pause(const Undo *undo, Store *store, uid_t uid, StorePauses *replaced, Err *err)
{
    UndoPausing pausing = {store, replaced};

    assert(store);
    return undo_each_pause(undo, uid, undo_keep_pause, &pausing, err);
}

static void undo_on_event(const Event *event, void *userdata)
{
    (void)userdata;
    event_log_write(event, true);
}

static void undo_on_run_done(PassRun *run, void *userdata)
{
    const LogFields fields = {.message_id = MESSAGE_STATE};
    Undo *undo = userdata;

    if (pass_run_finish(run, &undo->state_err) < 0)
        log_event(LOG_LEVEL_ERR, &fields, "undo of %s: %s", undo->pass, undo->state_err.text);
    undo->on_done(undo, undo->userdata);
}

int undo_begin(Undo *undo, Backend *backend, bool dry_run, UndoOnDone on_done, void *userdata,
               Err *err)
{
    assert(on_done && !undo->run && undo->report.channel_count == 0);
    undo->on_done = on_done;
    undo->userdata = userdata;
    return pass_run_begin_undo(backend, &undo->config, undo->pass, undo->undos, dry_run,
                               undo_on_run_done, undo_on_event, undo, &undo->run, err);
}

PassRun *undo_find_run(const Undo *undo)
{
    return undo->run;
}
