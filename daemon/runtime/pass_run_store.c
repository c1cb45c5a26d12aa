/* SPDX-License-Identifier: MIT */
#include "daemon/runtime/pass_run_store.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "daemon/base/clock.h"
#include "daemon/base/str.h"
#include "daemon/roma/compose.h"
#include "daemon/runtime/pass_run_fleet.h"
#include "reconcile/plan/identity.h"

static const char *pass_run_store_key(const PassRun *run, const RosterChannel *channel)
{
    assert(channel->instance < run->config->instance_count);
    return run->backend->keys[channel->instance];
}

int pass_run_store_recall(void *context, const RosterChannel *channel, const ChannelRow *row,
                          ChannelRecord *record, Err *err)
{
    PassRun *run = context;
    const StoreScope scope = {
        .instance_key = pass_run_store_key(run, channel),
        .channel_id = row->id,
        .channel_name = row->name,
    };

    if (!run->store)
        return backend_without_store(run->backend, err);
    return store_recall(run->store, &scope, clock_realtime_usec(), record, err);
}

int pass_run_store_is_approved(void *context, const char *digest, const ChangeGate *gate, Err *err)
{
    PassRun *run = context;

    if (!run->store)
        return backend_without_store(run->backend, err);
    return store_is_approved(run->store, digest, clock_realtime_usec(), gate, err);
}

int pass_run_store_share_approval(void *context, const char *digest, const char *const *plans,
                                  size_t plan_count, Err *err)
{
    PassRun *run = context;
    int r;

    if (!run->store)
        return backend_without_store(run->backend, err);
    r = store_share_approval(run->store, digest, plans, plan_count, clock_realtime_usec(), err);
    if (r == 0)
        pass_run_fleet_share_approval(run, digest);
    return r;
}

int pass_run_store_remember(void *context, const RosterChannel *channel, const char *channel_id,
                            const Sighting *sightings, size_t count, Err *err)
{
    PassRun *run = context;

    if (!run->store)
        return backend_without_store(run->backend, err);
    return store_remember(run->store, pass_run_store_key(run, channel), channel_id, sightings,
                          count, err);
}

int pass_run_store_unsettled(void *context, size_t instance, UnsettledAdd add, void *userdata)
{
    PassRun *run = context;

    assert(instance < run->config->instance_count);
    if (!run->store)
        return 0;
    return store_unsettled(run->store, run->backend->keys[instance], add, userdata, NULL);
}

/* ---- what an ended run left undecided ---- */

static const struct {
    EventKind made, failed;
    const char *is_made, *is_not; /* how a list shows it */
} settled_rows[CHANGE_KIND_COUNT] = {
    [CHANGE_DELETE] = {EVENT_DELETED, EVENT_DELETE_FAILED, "not listed any more", "still listed"},
    [CHANGE_ADD] = {EVENT_ADDED, EVENT_ADD_FAILED, "listed", "not listed"},
    [CHANGE_CORRECT] = {EVENT_CORRECTED, EVENT_CORRECT_FAILED, "listed so", "not listed so"},
    [CHANGE_DISABLE] = {EVENT_DISABLED, EVENT_DISABLE_FAILED, "listed so", "not listed so"},
    [CHANGE_ENABLE] = {EVENT_ENABLED, EVENT_ENABLE_FAILED, "listed so", "not listed so"},
};

/* A change is logged whichever run learns of it. */
static void pass_run_store_tell_settled(void *userdata, const StoreAction *action, Outcome outcome)
{
    PassRun *run = userdata;
    char member[IDENTITY_TEXT_SIZE];
    ChangeKind kind = change_kind_of(action->kind);
    bool was_made = outcome != OUTCOME_FAILED && (kind == CHANGE_DELETE || outcome != OUTCOME_GONE);
    Err why = {0};
    Event event = {
        .pass = action->pass,
        .is_undo = action->undo_of != NULL,
        .instance_name = action->instance_name,
        .channel_name = action->channel_name,
        .channel_id = action->channel_id,
        .member = member,
        .member_id = action->member_id,
        .digest = action->digest,
        .outcome = outcome,
        .err = &why,
    };

    assert(kind < CHANGE_KIND_COUNT);
    event.kind = was_made ? settled_rows[kind].made : settled_rows[kind].failed;
    identity_print(action->identity, action->identity_size, member, sizeof(member));
    err_set(&why, -ECANCELED, "it was under way when its %s ended, and the member is %s",
            action->undo_of ? "undo" : "run",
            was_made ? settled_rows[kind].is_made : settled_rows[kind].is_not);
    tally_on_event(run->backend->tally, &event);
    run->on_event(&event, run->userdata);
}

/* Without a state nothing is known of earlier deletions, and nothing will be deleted either. */
int pass_run_store_settle(void *context, const RosterChannel *channel, const char *channel_id,
                          const SettleList *list, Err *err)
{
    PassRun *run = context;
    const StoreSettling settling = {
        .list = *list,
        .quarantine_usec = channel->quarantine_usec,
        .on_settled = pass_run_store_tell_settled,
        .userdata = run,
    };

    if (!run->store)
        return 0;
    return store_settle(run->store, pass_run_store_key(run, channel), channel_id, &settling,
                        clock_realtime_usec(), err);
}

/* ---- what an undo put back ---- */

typedef struct AddedWatch {
    PassRun *run;
    const RosterChannel *channel;
    const ChannelRow *row;
} AddedWatch;

static bool pass_run_store_is_paused(const PassRun *run, const RosterChannel *channel,
                                     const ChannelRow *row)
{
    _cleanup_(store_pauses_done) StorePauses pauses = {0};
    uint64_t now_usec = clock_realtime_usec();
    const StoreScope scope = {
        .instance_key = pass_run_store_key(run, channel),
        .channel_id = row->id,
        .channel_name = row->name,
    };

    return config_pause_holds(channel, now_usec) ||
           (store_pauses(run->store, now_usec, &pauses, NULL) == 0 &&
            store_pauses_find(&pauses, &scope));
}

static void pass_run_store_tell_vanished(void *userdata, const StoreAction *action)
{
    const AddedWatch *watch = userdata;
    char member[IDENTITY_TEXT_SIZE];
    const Event event = {
        .kind = EVENT_VANISHED,
        .pass = watch->run->pass_id,
        .instance_name = action->instance_name,
        .channel_name = action->channel_name,
        .channel_id = action->channel_id,
        .member = member,
        .member_id = action->member_id,
        .digest = "",
    };

    if (!pass_run_store_is_paused(watch->run, watch->channel, watch->row))
        return;
    identity_print(action->identity, action->identity_size, member, sizeof(member));
    watch->run->on_event(&event, watch->run->userdata);
}

void pass_run_store_watch_added(void *context, const RosterChannel *channel, const ChannelRow *row,
                                IsListed is_listed, const void *list)
{
    PassRun *run = context;
    AddedWatch watch = {run, channel, row};

    if (run->store)
        store_watch_added(run->store, pass_run_store_key(run, channel), row->id, is_listed, list,
                          pass_run_store_tell_vanished, &watch, NULL);
}

/* ---- what a pass changes ---- */

static int pass_run_store_permit_one(const PassRun *run, const Batch *batch, const Change *change)
{
    RomaClient *client = run->backend->client;
    size_t instance = batch->channel->instance;

    assert(change->action != 0); /* recorded */
    if (run->undos)
        return roma_client_permit_undone(client, instance, batch->channel_id, change);
    return change->kind == CHANGE_DELETE
               ? roma_client_permit(client, instance, batch->channel_id, change->member_id)
               : roma_client_permit_action(client, instance, batch->channel_id, change->action);
}

static int pass_run_store_permit(const PassRun *run, const Batch *batch, Err *err)
{
    for (size_t i = 0; i < batch->change_count; i++) {
        if (pass_run_store_permit_one(run, batch, &batch->changes[i]) < 0)
            return err_memory(err);
    }
    return 0;
}

const char *pass_run_store_compose(void *context, const MemberPost *post, Arena *arena)
{
    (void)context;
    return compose_member(post, arena);
}

int pass_run_store_read_fields(void *context, const char *member_json, MemberFields *ret_fields)
{
    (void)context;
    return compose_read_fields(member_json, ret_fields);
}

/* Recorded first, permitted then: the client sends no other change. */
int pass_run_store_record(void *context, Batch *batches, size_t count, Err *err)
{
    PassRun *run = context;
    int r;

    assert(count > 0 && !run->dry_run);
    if (run->backend->dry_run)
        return err_set(err, -EPERM, "nothing is changed in a dry run");
    if (!run->store)
        return backend_without_store(run->backend, err);
    for (size_t i = 0; i < count; i++)
        batches[i].instance_key = pass_run_store_key(run, batches[i].channel);
    r = store_record(run->store, batches, count, clock_realtime_usec(), err);
    for (size_t i = 0; i < count && r == 0; i++)
        r = pass_run_store_permit(run, &batches[i], err);
    return r;
}

int pass_run_store_decide(void *context, uint64_t action, Outcome outcome, uint32_t attempts,
                          const ListedMember *listed, const Answer *answer, Err *err)
{
    PassRun *run = context;

    assert(action != 0);
    if (!run->store)
        return backend_without_store(run->backend, err);
    return store_decide_listed(run->store, action, outcome, attempts, listed, answer,
                               clock_realtime_usec(), err);
}

void pass_run_store_name_instances(const PassRun *run)
{
    const Config *config = run->config;
    bool is_of_all = run->instance == PASS_ALL_INSTANCES;
    size_t begin = is_of_all ? 0 : run->instance;
    size_t end = is_of_all ? config->instance_count : run->instance + 1;

    for (size_t i = begin; i < end; i++)
        store_name_instance(run->store, run->backend->keys[i], config->instances[i].name, NULL);
}

/* A pause is shown wherever the channel is, in sync as well, where no plan asked for it. */
void pass_run_store_show_pauses(const PassRun *run, const Report *report)
{
    _cleanup_(store_pauses_done) StorePauses pauses = {0};

    if (!run->store || store_pauses(run->store, clock_realtime_usec(), &pauses, NULL) < 0)
        return;
    for (size_t i = 0; pauses.count > 0 && i < report->channel_count; i++) {
        ChannelReport *channel = &report->channels[i];
        const StoreScope scope = {
            .instance_key = pass_run_store_key(run, channel->channel),
            .channel_id = channel->id,
            .channel_name = channel->name,
        };
        const StorePause *pause = store_pauses_find(&pauses, &scope);

        if (!channel->pause_reason && pause)
            report_set_pause(channel, pause->reason, pause->until_usec,
                             store_scope_kind(&pause->scope));
    }
}
