/* SPDX-License-Identifier: MIT */
/*
 * Undoing a pass: out of the history, what it changed is turned back (reconcile/apply/undo.h). The
 * history's part, the pauses and the run; who asked is elsewhere.
 */
#pragma once

#include "daemon/runtime/pass_run.h"

/* What is to be undone: exactly one of `last`, `pass` and `action`. */
typedef struct UndoChoice {
    bool last; /* the last pass that changed something, and was no undo */
    const char *pass;
    uint64_t action;
    const char *channel;  /* its id or name: there alone; NULL: wherever it was */
    const char *instance; /* with `channel`: the name of its instance; NULL: any */
} UndoChoice;

typedef struct Undo Undo;

/* Called from the event loop, once, when all is done; may free the undo. */
typedef void (*UndoOnDone)(Undo *undo, void *userdata);

/*
 * Looks the changes up that took effect, or may have, all at once: undo_making.h does it step by
 * step. `config` is borrowed and outlives it.
 * Errors, told in `err`: -ENOENT there are none; -EINVAL their instance is not in the settings any
 * more; -EPERM a channel is only observed; the store's; -ENOMEM.
 */
int undo_new(Store *store, const Config *config, const UndoChoice *choice, Undo **ret_undo,
             Err *err);

/* The same of changes that stand in another host's history: `pass` is what they are of there.
 * `actions` are taken over. Errors as undo_new(). */
int undo_new_of(const Config *config, const char *pass, StoreActions *actions, Undo **ret_undo,
                Err *err);

/* What is in flight must be cancelled before. NULL is fine. */
void undo_free(Undo *undo);
DEFINE_CLEANUP(Undo, undo_free)

/* The pass whose changes they are. */
const char *undo_get_pass(const Undo *undo);

/* Those changes. Borrowed. */
const StoreActions *undo_get_actions(const Undo *undo);

/* Whether it concerns an instance of the configuration. */
bool undo_covers(const Undo *undo, size_t instance);

/* Tells the pause of each of its channels, which undo_pause() would set: until an error of
 * `on_pause`, which is returned. */
typedef int (*UndoOnPause)(void *userdata, const StorePause *pause, Err *err);
int undo_each_pause(const Undo *undo, uid_t uid, UndoOnPause on_pause, void *userdata, Err *err);

/* Pauses its channels, with the reason "undo of PASS" and no end, durably: by their ids, and by
 * their names, which show while the service does not say their ids. `uid` is who asked for it
 * ((uid_t)-1: not known); pauses of the channels that it replaced are added to `replaced` (NULL:
 * not asked for). 0 or the store's errors. */
int undo_pause(const Undo *undo, Store *store, uid_t uid, StorePauses *replaced, Err *err);

/* Begins, while no run is under way on its instances; in a dry run it only looks. Errors as
 * pass_run_begin(). */
int undo_begin(Undo *undo, Backend *backend, bool dry_run, UndoOnDone on_done, void *userdata,
               Err *err);

/* The run under way, or NULL. */
PassRun *undo_find_run(const Undo *undo);

/* Once it is done: gives up the run; what came of it stays, and borrows nothing of the
 * configuration. 0 or -ENOMEM. */
int undo_leave(Undo *undo);

/* Once it is done: whether something failed, and whether a guard holds a part of it. */
bool undo_has_failed(const Undo *undo);
bool undo_is_held(const Undo *undo);

/* Why what it did could not be recorded, once it is done; NULL where it is. Borrowed. */
const char *undo_find_state_error(const Undo *undo);

/* What came of one of its channels, once it is done. Borrowed. */
typedef struct UndoChannel {
    const ChannelReport *report;
    const char *name; /* NULL: not known */
    const ChannelUndo *undo;
} UndoChannel;

size_t undo_count_channels(const Undo *undo);
void undo_get_channel(const Undo *undo, size_t number, UndoChannel *ret_channel);
