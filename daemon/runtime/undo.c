/* SPDX-License-Identifier: MIT */
#include "daemon/runtime/undo_internal.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "config/instance_key.h"
#include "daemon/base/clock.h"
#include "daemon/base/log.h"
#include "daemon/base/str.h"
#include "daemon/log/event_log.h"
#include "daemon/log/message_ids.h"

void undo_free(Undo *undo)
{
    if (!undo)
        return;
    pass_run_free(undo->run);
    report_done(&undo->report);
    free(undo->items);
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
