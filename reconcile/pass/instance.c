/* SPDX-License-Identifier: MIT */
#include "reconcile/pass/instance.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "reconcile/apply/apply.h"
#include "reconcile/apply/undo.h"
#include "reconcile/pass/decision.h"
#include "reconcile/pass/recovery.h"

int instance_init(InstancePass *instance, size_t channel_capacity)
{
    size_t capacity = channel_capacity ? channel_capacity : 1;

    instance->channels = calloc(capacity, sizeof(*instance->channels));
    instance->rows = calloc(capacity, sizeof(CatalogRow *));
    instance->capacity = capacity;
    return instance->channels && instance->rows ? 0 : -ENOMEM;
}

void instance_done(InstancePass *instance)
{
    for (size_t i = 0; instance->channels && i < instance->channel_count; i++) {
        InstanceChannel *channel = &instance->channels[i];

        if (!channel->pass || channel->is_recovery)
            continue;
        channel_done(channel->pass);
        free(channel->pass);
    }
    dispatch_done(&instance->dispatch);
    catalog_done(&instance->catalog);
    free(instance->channels);
    free(instance->rows);
    pass_guards_done(&instance->guards);
}

/* ---- its channels ---- */

void instance_add(InstancePass *instance, const InstanceChannel *channel)
{
    assert(instance->channel_count < instance->capacity && !instance->is_resolved);
    instance->channels[instance->channel_count++] = *channel;
    ++*instance->open_count;
}

static ChannelPass instance_make(InstancePass *instance, size_t number)
{
    const InstanceChannel *channel = &instance->channels[number];
    const Dispatch *dispatch = &instance->dispatch;

    return (ChannelPass){
        .config = dispatch->config,
        .ops = dispatch->ops,
        .context = dispatch->context,
        .pass_id = dispatch->pass_id,
        .dry_run = instance->guards.dry_run,
        .chosen = instance->chosen,
        .dispatch = &instance->dispatch,
        .report = channel->report,
        .roster = channel->roster,
        .undo = channel->undo,
        .is_recovery = channel->is_recovery,
        .is_paused = channel->is_paused,
        .group_commit = instance->group_commit,
        .pass_guards = &instance->guards,
        .open_count = instance->open_count,
        .take_over = instance->take_over,
        .number = number,
    };
}

void instance_add_recovery(InstancePass *instance, const RosterChannel *roster,
                           ChannelReport *report, ChannelPass *pass)
{
    instance_add(
        instance,
        &(InstanceChannel){.roster = roster, .report = report, .pass = pass, .is_recovery = true});
    *pass = instance_make(instance, instance->channel_count - 1);
}

/* Ends one that has not started. */
static void instance_close(InstancePass *instance, size_t number, Result result, const Err *err,
                           bool is_told)
{
    InstanceChannel *channel = &instance->channels[number];
    ChannelPass passing = instance_make(instance, number);
    ChannelPass *pass = channel->pass ? channel->pass : &passing;

    assert(!instance_channel_is_done(channel) && !pass->row);
    if (is_told)
        channel_end(pass, result, err);
    else
        channel_close(pass, result, err);
    channel->was_closed = true;
}

static void instance_start_channel(InstancePass *instance, size_t number, ChannelOnWhole on_list)
{
    InstanceChannel *channel = &instance->channels[number];

    if (!channel->pass) {
        channel->pass = malloc(sizeof(*channel->pass));
        if (!channel->pass) {
            Err err = {0};

            err_memory(&err);
            instance_close(instance, number, RESULT_FAILED, &err, true);
            return;
        }
        *channel->pass = instance_make(instance, number);
        channel->pass->done = &instance->done;
    }
    channel_start(channel->pass, &instance->rows[number]->channel, on_list);
}

/* What was never to change anything has had all its answers; not so where they are not awaited. */
static void instance_sweep(InstancePass *instance)
{
    ChannelPass *next;

    for (ChannelPass *pass = instance->done; pass; pass = next) {
        InstanceChannel *channel = &instance->channels[pass->number];

        next = pass->next_done;
        assert(channel->pass == pass && pass->is_done && !pass->call.is_in_flight);
        if (pass->on_recorded || instance->dispatch.is_abandoned)
            continue;
        assert(pass->deletions_sent == 0);
        channel->was_closed = true;
        channel->pass = NULL;
        free(pass);
    }
    instance->done = NULL;
}

void instance_pause(InstancePass *instance, const RosterChannel *roster)
{
    for (size_t i = 0; i < instance->channel_count; i++) {
        InstanceChannel *channel = &instance->channels[i];

        if (channel->roster != roster || instance_channel_is_done(channel))
            continue;
        channel->is_paused = true;
        if (channel->pass)
            apply_pause(channel->pass);
    }
}

void instance_abandon(InstancePass *instance)
{
    dispatch_stop_bound(&instance->dispatch);
    if (instance->lookup.call.is_in_flight)
        dispatch_abandon(&instance->dispatch, &instance->lookup.call);
    for (size_t i = 0; i < instance->channel_count; i++) {
        ChannelPass *pass = instance->channels[i].pass;

        if (pass && !pass->is_done && pass->call.is_in_flight)
            dispatch_abandon(&instance->dispatch, &pass->call);
    }
}

static size_t instance_number(const InstancePass *instance, size_t turn)
{
    assert(turn < instance->channel_count);
    return (instance->first + turn) % instance->channel_count;
}

size_t instance_take_first(const InstancePass *instance, size_t *first)
{
    size_t taken = *first % instance->channel_count;

    *first = 0;
    return taken;
}

void instance_leave_first(const InstancePass *instance, size_t *first)
{
    if (instance->channel_count > 0)
        *first = 0;
    for (size_t i = 0; i < instance->channel_count; i++) {
        size_t number = instance_number(instance, i);
        const InstanceChannel *channel = &instance->channels[number];

        if (!instance_channel_is_done(channel) && !channel->report->has_list &&
            (!channel->pass || channel->pass->call.attempts == 0)) {
            *first = number;
            return;
        }
    }
}

static void instance_close_all(InstancePass *instance, Result result, const Err *err)
{
    assert(!instance->is_resolved && instance->next == 0);
    for (size_t i = 0; i < instance->channel_count; i++)
        instance_close(instance, instance_number(instance, i), result, err, false);
}

static void instance_fail(InstancePass *instance, const Err *err)
{
    Err why = *err;

    dispatch_fail(&instance->dispatch, &why);
    instance_close_all(instance, RESULT_FAILED, &why);
}

static void instance_claim(InstancePass *instance, size_t number)
{
    const InstanceChannel *channel = &instance->channels[number];
    Err err = {0};

    if (channel->is_recovery) {
        instance->rows[number] = catalog_find(&instance->catalog, channel->roster->id);
        return;
    }
    instance->rows[number] = catalog_claim(&instance->catalog, channel->roster, &err);
    if (instance->rows[number])
        return;
    channel->report->is_refused = true;
    instance_close(instance, number, RESULT_FAILED, &err, true);
}

/* Resolves every entry first: one that shares its channel with another must know before it starts.
 */
static void instance_resolve(InstancePass *instance)
{
    assert(!instance->is_resolved);
    for (size_t i = 0; i < instance->channel_count; i++)
        instance_claim(instance, i);
    for (size_t i = 0; i < instance->channel_count; i++) {
        const InstanceChannel *channel = &instance->channels[i];
        Err err = {0};

        if (channel->is_recovery) {
            recovery_look(channel->pass, instance->rows[i], instance->catalog.unread_count > 0);
            continue;
        }
        if (!instance->rows[i] || instance->rows[i]->claims == 1)
            continue;
        err_set(&err, -EEXIST,
                "%zu entries of the rosters mean this channel (%s, %s): keep one of them (%s:%zu)",
                instance->rows[i]->claims, instance->rows[i]->channel.name,
                instance->rows[i]->channel.id, channel->roster->file, channel->roster->line);
        channel->report->is_refused = true;
        instance_close(instance, i, RESULT_FAILED, &err, true);
    }
    instance->is_resolved = true;
}

static void instance_on_found(void *owner, ListReadEnd end, const Err *err)
{
    InstancePass *instance = owner;

    switch (end) {
    case LIST_READ_WHOLE:
        instance_resolve(instance);
        return;
    case LIST_READ_LEFT:
        assert(false);
        return;
    case LIST_READ_STOPPED:
        instance_close_all(instance, RESULT_DRIFT, err);
        return;
    case LIST_READ_FAILED:
        instance_fail(instance, err);
        return;
    }
}

void instance_start(InstancePass *instance, bool is_probe, size_t first, LookupMemory *memory)
{
    assert(first < instance->channel_count && !instance->is_resolved);
    assert(!instance->lookup.call.is_in_flight);
    instance->first = first;
    lookup_begin(&instance->lookup, &instance->dispatch, &instance->catalog, instance->channels,
                 instance->channel_count, memory, is_probe, instance_on_found, instance);
}

static ChannelOnWhole instance_next_step(const InstanceChannel *channel)
{
    if (channel->is_recovery)
        return recovery_on_list;
    return channel->undo ? undo_on_list : decision_on_list;
}

static bool instance_has_heard_of(const InstanceChannel *channel)
{
    const ChannelPass *pass = channel->pass;

    return instance_channel_is_done(channel) || channel->is_recovery || channel->report->has_list ||
           (pass && (pass->list.listing.tries > 1 || pass->call.had_trouble));
}

/* Whether each of its channels was listed once, or has failed an attempt. */
static bool instance_has_heard(InstancePass *instance)
{
    while (instance->is_resolved && instance->heard < instance->channel_count) {
        size_t number = instance_number(instance, instance->heard);

        if (!instance_has_heard_of(&instance->channels[number]))
            return false;
        instance->heard++;
    }
    return instance->is_resolved;
}

uint64_t instance_next_usec(const InstancePass *instance)
{
    uint64_t dispatch_usec = dispatch_next_usec(&instance->dispatch);
    uint64_t guards_usec = pass_guards_next_usec(&instance->guards);

    return dispatch_usec < guards_usec ? dispatch_usec : guards_usec;
}

/* Sends after each start: a request that cannot even be sent gives its slot back at once, and no
 * answer would come to start the next channel. */
void instance_pump(InstancePass *instance)
{
    instance_sweep(instance);
    dispatch_pump(&instance->dispatch);
    while (instance->is_resolved && instance->next < instance->channel_count &&
           dispatch_has_slot(&instance->dispatch)) {
        size_t number = instance_number(instance, instance->next++);
        const InstanceChannel *channel = &instance->channels[number];

        assert(instance_channel_is_done(channel) || instance->rows[number]);
        if (!instance_channel_is_done(channel))
            instance_start_channel(instance, number, instance_next_step(channel));
        dispatch_pump(&instance->dispatch);
    }
    pass_guards_pump(&instance->guards, instance_has_heard(instance));
    dispatch_rest(&instance->dispatch);
}

void instance_conclude(InstancePass *instance, const Report *report, InstanceReport *ret_report,
                       PassSpent *spent)
{
    if (instance->dispatch.has_failed)
        ret_report->error = instance->dispatch.failure;
    pass_guards_report(&instance->guards, report, ret_report);
    if (!spent)
        return;
    pass_spent_take(spent, &instance->guards.before);
    for (size_t i = 0; i < instance->channel_count; i++) {
        const ChannelPass *pass = instance->channels[i].pass;

        assert(instance_channel_is_done(&instance->channels[i]));
        if (pass && pass->deletions_sent > 0)
            pass_spent_add(spent, pass->row->id, pass->deletions_sent);
    }
}
