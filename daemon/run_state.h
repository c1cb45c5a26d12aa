/* The inside of a Run, and its Ops that go to the state (daemon/store). */
#pragma once

#include "daemon/run.h"

struct Run {
    Door *door;
    Store *store; /* the door's when it began: one that came since does not know this pass */
    DoorUser user;
    const Config *config; /* the door's, or an undo's */
    Addition *restores;   /* of an undo; NULL: none */
    bool dry_run;         /* the door's, or an undo's own */
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
    RunOnDone on_done;
    RunOnEvent on_event;
    RunOnAnswered on_answered; /* NULL: nobody waits for that */
    void *userdata;
};

/* As in ops.h; the context is the Run. */
int run_state_recall(void *context, const RosterChannel *channel, const ChannelRow *row,
                     const char *digest, ChannelRecord *memory, Err *err);
int run_state_remember(void *context, const RosterChannel *channel, const char *channel_id,
                       const Sighting *sightings, size_t count, Err *err);
int run_state_unsettled(void *context, size_t instance, UnsettledAdd add, void *userdata);
int run_state_settle(void *context, const RosterChannel *channel, const char *channel_id,
                     SettleMember settle_member, void *list, Err *err);
int run_state_record(void *context, Batch *batches, size_t count, Err *err);
int run_state_decide(void *context, uint64_t action, Outcome outcome, uint32_t attempts,
                     const Answer *answer, Err *err);

/* Puts pauses into the report that no plan asked for. */
void run_state_show_pauses(Run *run);
