/* SPDX-License-Identifier: MIT */
/* The inside of a PassRun, and its Ops that go to the state (daemon/store). */
#pragma once

#include "daemon/runtime/pass_run.h"

struct PassRun {
    Backend *backend;
    Store *store; /* the backend's when it began: one that came since does not know this pass */
    BackendUser user;
    const Config *config; /* the backend's, or an undo's */
    Addition *restores;   /* of an undo; NULL: none */
    bool dry_run;         /* the backend's, or an undo's own */
    size_t instance;      /* or PASS_ALL_INSTANCES */
    bool is_probe;
    Pass *pass;
    sd_event_source *wake;
    sd_event_source *done; /* tells that the pass is done, outside all callbacks */
    uint64_t wake_usec;
    uint64_t progress_usec; /* when something happened last */
    size_t in_flight;
    size_t changes_in_flight;
    bool is_renewing;
    char pass_id[STORE_PASS_ID_SIZE];
    PassRunOnDone on_done;
    PassRunOnEvent on_event;
    PassRunOnAnswered on_answered; /* NULL: nobody waits for that */
    void *userdata;
};

/* As in ops.h; the context is the PassRun. */
int pass_run_store_recall(void *context, const RosterChannel *channel, const ChannelRow *row,
                          const char *digest, ChannelRecord *memory, Err *err);
int pass_run_store_remember(void *context, const RosterChannel *channel, const char *channel_id,
                            const Sighting *sightings, size_t count, Err *err);
int pass_run_store_unsettled(void *context, size_t instance, UnsettledAdd add, void *userdata);
int pass_run_store_settle(void *context, const RosterChannel *channel, const char *channel_id,
                          SettleMember settle_member, void *list, Err *err);
int pass_run_store_record(void *context, Batch *batches, size_t count, Err *err);
int pass_run_store_decide(void *context, uint64_t action, Outcome outcome, uint32_t attempts,
                          const Answer *answer, Err *err);

/* Puts pauses into the report that no plan asked for. */
void pass_run_store_show_pauses(PassRun *run);
