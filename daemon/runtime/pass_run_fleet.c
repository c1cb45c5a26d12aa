/* SPDX-License-Identifier: MIT */
#include "daemon/runtime/pass_run_fleet.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "daemon/base/str.h"
#include "daemon/fleet/keys.h"
#include "daemon/store/mirror.h"

/* A channel's changes that are being made known. */
struct PassRunIntent {
    PassRun *run;
    PassRunIntent *next;
    void *tag; /* of Ops.intend() */
    FleetIntending *intending;
};

void pass_run_fleet_get_conditions(void *context, size_t instance, Conditions *ret_conditions)
{
    const PassRun *run = context;
    const Backend *backend = run->backend;
    FleetConditions told;

    *ret_conditions = (Conditions){0};
    if (!backend->fleet)
        return;
    fleet_get_conditions(backend->fleet, backend->keys[instance],
                         backend->config->limits.timeout_usec, &told);
    str_copy(ret_conditions->lease, sizeof(ret_conditions->lease), told.lease);
    str_copy(ret_conditions->roster, sizeof(ret_conditions->roster), told.roster);
    ret_conditions->handover_usec = told.handover_usec;
    ret_conditions->needs_sightings = told.needs_sightings;
    ret_conditions->token = told.token;
}

static PassRunIntent **pass_run_fleet_find(PassRun *run, const void *tag)
{
    PassRunIntent **place = &run->intents;

    while (*place && (*place)->tag != tag)
        place = &(*place)->next;
    return place;
}

static void pass_run_fleet_on_intended(void *userdata, const IntentAnswer *answer)
{
    PassRunIntent *intent = userdata;
    PassRun *run = intent->run;
    void *tag = intent->tag;

    *pass_run_fleet_find(run, tag) = intent->next;
    free(intent);
    progress_on_intended(&run->progress);
    pass_on_intended(run->pass, tag, answer);
    pass_run_look(run);
}

/* The approval that etcd has and that goes with the changes. What was shared from an instance's, or
 * given for this very pass, stands here alone and is spent here. */
static const char *pass_run_fleet_find_approval(const PassRun *run, const Batch *batch)
{
    char whole[DIGEST_HEX_SIZE];

    if (!batch->approved ||
        (run->store && store_mirror_find_whole(run->store, batch->digest, whole, NULL) > 0))
        return NULL;
    return batch->digest;
}

int pass_run_fleet_intend(void *context, const Batch *batch, void *tag, Err *err)
{
    PassRun *run = context;
    size_t instance = batch->channel->instance;
    const FleetIntent known = {
        .batch = batch,
        .spent_approval = pass_run_fleet_find_approval(run, batch),
        .is_undo = run->undos != NULL,
    };
    PassRunIntent *intent;
    int r;

    assert(instance < run->config->instance_count && !*pass_run_fleet_find(run, tag));
    if (!run->backend->fleet)
        return 1;
    intent = calloc(1, sizeof(*intent));
    if (!intent)
        return err_memory(err);
    *intent = (PassRunIntent){.run = run, .next = run->intents, .tag = tag};
    r = fleet_intend(run->backend->fleet, run->backend->keys[instance], &known,
                     pass_run_fleet_on_intended, intent, &intent->intending, err);
    if (r < 0) {
        free(intent);
        return r;
    }
    run->intents = intent;
    progress_on_intend(&run->progress);
    return 0;
}

static void pass_run_fleet_drop(PassRunIntent **place)
{
    PassRunIntent *intent = *place;

    fleet_cancel_intent(intent->intending);
    *place = intent->next;
    free(intent);
}

void pass_run_fleet_cancel_intent(void *context, void *tag)
{
    PassRun *run = context;
    PassRunIntent **place = pass_run_fleet_find(run, tag);

    if (!*place)
        return;
    pass_run_fleet_drop(place);
    progress_on_intended(&run->progress);
}

void pass_run_fleet_done(PassRun *run)
{
    while (run->intents)
        pass_run_fleet_drop(&run->intents);
}

static void pass_run_fleet_on_shared(void *userdata, FleetWritten result, uint64_t revision,
                                     const char *message)
{
    (void)userdata;
    (void)result;
    (void)revision;
    (void)message;
}

/* Where that does not reach etcd, another owner may share it again: its plans are those that this
 * one was given for, or it fits nothing. */
void pass_run_fleet_share_approval(const PassRun *run, const char *digest)
{
    _cleanup_(buf_done) Buf name = {0};
    FleetPut gone = {0};

    if (!run->backend->fleet)
        return;
    buf_printf(&name, KEYS_APPROVALS "%s", digest);
    gone.name = buf_text(&name);
    if (buf_failed(&name) == 0)
        fleet_write(run->backend->fleet, NULL, NULL, 0, &gone, 1, 10 * USEC_PER_SEC,
                    pass_run_fleet_on_shared, NULL, NULL);
}
