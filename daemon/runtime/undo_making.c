/* SPDX-License-Identifier: MIT */
#include "daemon/runtime/undo_making.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "config/instance_key.h"
#include "daemon/base/map.h"
#include "daemon/base/str.h"
#include "daemon/runtime/undo_internal.h"

#define STEP_ACTIONS 500U       /* that one step is about */
#define ROSTERS_PER_ACTION 100U /* entries that are looked through for what an action costs */

/* What comes next. */
typedef enum UndoStage {
    UNDO_READ, /* the history, page by page */
    UNDO_SORT, /* the channel of each action is found */
    UNDO_ADD,  /* each action is put there */
} UndoStage;

struct UndoMaking {
    Undo *undo;
    const Config *config;
    UndoStage stage;
    size_t done; /* of STEP_ACTIONS in this step */

    /* Reading. */
    Store *store;
    StoreFilter filter; /* `after`: where the next page begins */
    bool is_any;        /* something fits, whether or not it took effect */

    /* Finding the channels. */
    size_t next; /* action, and then as they are put there */
    Map known;   /* instance and id of a channel -> its ChannelUndo */
    Arena keys;
    const char *instance_key; /* of the action before, and which instance that is */
    size_t instance;
    ChannelUndo **of_actions;
};

void undo_making_free(UndoMaking *making)
{
    if (!making)
        return;
    undo_free(making->undo);
    map_done(&making->known);
    arena_done(&making->keys);
    free(making->of_actions);
    free(making);
}

/* ---- out of the history ---- */

/* Enabling again is no change of what the roster has said: nothing undoes it. */
static bool undo_took_effect(const StoreAction *action)
{
    ChangeKind kind = change_kind_of(action->kind);

    return kind < CHANGE_KIND_COUNT && kind != CHANGE_ENABLE &&
           (!action->outcome || str_equal(action->outcome, ops_outcome_text(undo_effect(kind))));
}

/* Of the changes from `first` on, keeps those that took effect, or may have. */
static void undo_keep_effective(StoreActions *actions, size_t first)
{
    size_t kept = first;

    for (size_t i = first; i < actions->count; i++) {
        if (undo_took_effect(&actions->items[i]))
            actions->items[kept++] = actions->items[i];
    }
    actions->count = kept;
}

static int undo_check_found(const UndoMaking *making, Err *err)
{
    const StoreFilter *filter = &making->filter;

    if (making->undo->actions.count > 0)
        return 0;
    if (making->is_any)
        return err_set(err, -ENOENT, "there is nothing to undo: no change of it took effect");
    if (filter->action)
        return err_set(err, -ENOENT, "the history holds no change %" PRIu64, filter->action);
    return err_set(err, -ENOENT, "the history holds no change of pass %s%s%.200s", filter->pass,
                   filter->channel ? " in " : "", filter->channel ? filter->channel : "");
}

static int undo_begin_sorting(UndoMaking *making, Err *err)
{
    Undo *undo = making->undo;
    size_t count = undo->actions.count;

    making->stage = UNDO_SORT;
    making->of_actions = calloc(count, sizeof(*making->of_actions));
    undo->channels = calloc(count, sizeof(*undo->channels));
    undo->undos = calloc(count, sizeof(*undo->undos));
    undo->items = calloc(count, sizeof(*undo->items));
    undo->names = calloc(count, sizeof(char *));
    if (!making->of_actions || !undo->channels || !undo->undos || !undo->items || !undo->names)
        return err_memory(err);
    undo->config = *making->config;
    undo->config.channels = undo->channels;
    undo->config.channel_count = 0;
    return 0;
}

static int undo_read(UndoMaking *making, Err *err)
{
    StoreActions *actions = &making->undo->actions;
    const size_t first = actions->count;
    uint64_t next = 0;
    int r = store_history_page(making->store, &making->filter, actions, &next, err);

    if (r < 0)
        return r;
    making->is_any = making->is_any || actions->count > first;
    making->filter.after = next;
    making->done += next > 0 ? STEP_ACTIONS : actions->count - first;
    undo_keep_effective(actions, first);
    if (next > 0)
        return 1;
    r = undo_check_found(making, err);
    if (r < 0)
        return r;
    str_copy(making->undo->pass, sizeof(making->undo->pass), actions->items[0].pass);
    r = undo_begin_sorting(making, err);
    return r < 0 ? r : 1;
}

/* ---- into channels ---- */

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
static int undo_add_channel(UndoMaking *making, const StoreAction *action, Err *err)
{
    const Config *config = making->config;
    Undo *undo = making->undo;
    size_t instance = making->instance, count = undo->config.channel_count;
    const RosterChannel *roster = undo_find_roster(config, instance, action);
    Mode mode = roster ? roster->mode : config->mode;

    assert(count < undo->actions.count);
    making->done += config->channel_count / ROSTERS_PER_ACTION;
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

static int undo_find_channel(UndoMaking *making, const StoreAction *action,
                             ChannelUndo **ret_channel, Err *err)
{
    Undo *undo = making->undo;
    _cleanup_(buf_done) Buf key = {0};
    const char *kept;
    int r = 0;

    if (!making->instance_key || !str_equal(making->instance_key, action->instance_key))
        r = undo_find_instance(making->config, action, &making->instance, err);
    if (r < 0)
        return r;
    making->instance_key = action->instance_key;
    buf_printf(&key, "%zu/%s", making->instance, action->channel_id);
    if (buf_failed(&key) < 0)
        return err_memory(err);
    *ret_channel = map_find(&making->known, key.data, key.size);
    if (*ret_channel)
        return 0;
    *ret_channel = &undo->undos[undo->config.channel_count];
    r = undo_add_channel(making, action, err);
    if (r < 0)
        return r;
    kept = arena_copy(&making->keys, key.data, key.size);
    if (!kept || map_put(&making->known, kept, key.size, *ret_channel) < 0)
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

/* Whether there is a next action, and this step takes it. */
static bool undo_takes_next(UndoMaking *making)
{
    return making->next < making->undo->actions.count && making->done++ < STEP_ACTIONS;
}

/* Each channel has a piece of all the items, which is empty yet. */
static void undo_begin_adding(UndoMaking *making)
{
    Undo *undo = making->undo;
    UndoItem *items = undo->items;

    making->stage = UNDO_ADD;
    making->next = 0;
    for (size_t i = 0; i < undo->config.channel_count; i++) {
        undo->undos[i].items = items;
        items += undo->undos[i].item_count;
        undo->undos[i].item_count = 0;
    }
}

static int undo_sort(UndoMaking *making, Err *err)
{
    const StoreActions *actions = &making->undo->actions;

    for (; undo_takes_next(making); making->next++) {
        ChannelUndo **channel = &making->of_actions[making->next];
        int r = undo_find_channel(making, &actions->items[making->next], channel, err);

        if (r < 0)
            return r;
        (*channel)->item_count++;
    }
    if (making->next == actions->count)
        undo_begin_adding(making);
    return 1;
}

static int undo_add_all(UndoMaking *making)
{
    const StoreActions *actions = &making->undo->actions;

    for (; undo_takes_next(making); making->next++)
        undo_add(making->of_actions[making->next], &actions->items[making->next]);
    return making->next < actions->count;
}

/* ---- step by step ---- */

static int undo_making_begin(const Config *config, UndoMaking **ret_making, Err *err)
{
    _cleanup_(undo_making_freep) UndoMaking *making = calloc(1, sizeof(*making));

    if (!making)
        return err_memory(err);
    making->config = config;
    making->undo = calloc(1, sizeof(*making->undo));
    if (!making->undo)
        return err_memory(err);
    *ret_making = TAKE_PTR(making);
    return 0;
}

int undo_making_new(Store *store, const Config *config, const UndoChoice *choice,
                    UndoMaking **ret_making, Err *err)
{
    _cleanup_(undo_making_freep) UndoMaking *making = NULL;
    int r;

    assert(store && choice->last + (choice->pass != NULL) + (choice->action != 0) == 1);
    r = undo_making_begin(config, &making, err);
    if (r < 0)
        return r;
    making->store = store;
    making->filter = (StoreFilter){
        .instance = choice->instance,
        .channel = choice->channel,
        .pass = choice->last ? making->undo->pass : choice->pass,
        .action = choice->action,
        .after = choice->action ? choice->action - 1 : 0,
        .before = choice->action ? choice->action + 1 : 0,
        .limit = STEP_ACTIONS,
    };
    if (choice->last)
        r = store_find_last_changing(store, choice->instance, choice->channel, making->undo->pass,
                                     err);
    if (r == 0)
        *ret_making = TAKE_PTR(making);
    return r;
}

static int undo_go_on(UndoMaking *making, Err *err)
{
    switch (making->stage) {
    case UNDO_READ:
        return undo_read(making, err);
    case UNDO_SORT:
        return undo_sort(making, err);
    case UNDO_ADD:
        break;
    }
    return undo_add_all(making);
}

int undo_making_step(UndoMaking *making, Undo **ret_undo, Err *err)
{
    int r = 1;

    for (making->done = 0; r > 0 && making->done < STEP_ACTIONS;)
        r = undo_go_on(making, err);
    if (r == 0)
        *ret_undo = TAKE_PTR(making->undo);
    return r;
}

static int undo_making_end(UndoMaking *making, Undo **ret_undo, Err *err)
{
    int r = 1;

    while (r > 0)
        r = undo_making_step(making, ret_undo, err);
    return r;
}

int undo_new(Store *store, const Config *config, const UndoChoice *choice, Undo **ret_undo,
             Err *err)
{
    _cleanup_(undo_making_freep) UndoMaking *making = NULL;
    int r = undo_making_new(store, config, choice, &making, err);

    return r < 0 ? r : undo_making_end(making, ret_undo, err);
}

int undo_new_of(const Config *config, const char *pass, StoreActions *actions, Undo **ret_undo,
                Err *err)
{
    _cleanup_(undo_making_freep) UndoMaking *making = NULL;
    int r = undo_making_begin(config, &making, err);

    assert(actions->count > 0);
    if (r < 0)
        return r;
    making->undo->actions = *actions;
    *actions = (StoreActions){0};
    str_copy(making->undo->pass, sizeof(making->undo->pass), pass);
    r = undo_begin_sorting(making, err);
    return r < 0 ? r : undo_making_end(making, ret_undo, err);
}
