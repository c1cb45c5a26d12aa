/* SPDX-License-Identifier: MIT */
#include "reconcile/pass/instance.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "reconcile/apply/undo.h"
#include "reconcile/pass/decision.h"
#include "reconcile/pass/recovery.h"

int instance_init(InstancePass *instance, size_t channel_capacity)
{
    size_t capacity = channel_capacity ? channel_capacity : 1;

    instance->channels = calloc(capacity, sizeof(ChannelPass *));
    instance->rows = calloc(capacity, sizeof(CatalogRow *));
    instance->capacity = capacity;
    return instance->channels && instance->rows ? 0 : -ENOMEM;
}

void instance_done(InstancePass *instance)
{
    dispatch_done(&instance->dispatch);
    catalog_done(&instance->catalog);
    free(instance->channels);
    free(instance->rows);
    pass_guards_done(&instance->guards);
}

void instance_add(InstancePass *instance, ChannelPass *channel)
{
    assert(instance->channel_count < instance->capacity && !instance->is_resolved);
    instance->channels[instance->channel_count++] = channel;
}

static size_t instance_number(const InstancePass *instance, size_t turn)
{
    assert(turn < instance->channel_count);
    return (instance->first + turn) % instance->channel_count;
}

size_t instance_take_first(const InstancePass *instance, size_t *first)
{
    size_t taken;

    if (instance->channel_count == 0)
        return 0;
    taken = *first % instance->channel_count;
    *first = 0;
    return taken;
}

void instance_leave_first(const InstancePass *instance, size_t *first)
{
    if (instance->channel_count > 0)
        *first = 0;
    for (size_t i = 0; i < instance->channel_count; i++) {
        size_t number = instance_number(instance, i);
        const ChannelPass *channel = instance->channels[number];

        if (!channel->is_done && !channel->report->has_list && channel->call.attempts == 0) {
            *first = number;
            return;
        }
    }
}

static void instance_close_all(InstancePass *instance, Result result, const Err *err)
{
    assert(!instance->is_resolved && instance->next == 0);
    instance->is_resolved = true;
    for (size_t i = instance->next; i < instance->channel_count; i++)
        channel_close(instance->channels[instance_number(instance, i)], result, err);
}

static void instance_fail(InstancePass *instance, const Err *err)
{
    Err why = *err;

    dispatch_fail(&instance->dispatch, &why);
    instance_close_all(instance, RESULT_FAILED, &why);
}

static void instance_claim(InstancePass *instance, size_t number)
{
    ChannelPass *channel = instance->channels[number];
    Err err = {0};

    if (channel->is_recovery) {
        instance->rows[number] = catalog_find(&instance->catalog, channel->roster->id);
        return;
    }
    instance->rows[number] = catalog_claim(&instance->catalog, channel->roster, &err);
    if (instance->rows[number])
        return;
    channel->report->is_refused = true;
    channel_end(channel, RESULT_FAILED, &err);
}

/* Resolves every entry first: one that shares its channel with another must know before it starts.
 */
static void instance_resolve(InstancePass *instance)
{
    assert(!instance->is_resolved);
    for (size_t i = 0; i < instance->channel_count; i++)
        instance_claim(instance, i);
    for (size_t i = 0; i < instance->channel_count; i++) {
        ChannelPass *channel = instance->channels[i];
        Err err = {0};

        if (channel->is_recovery) {
            recovery_look(channel, instance->rows[i], instance->catalog.unread_count > 0);
            continue;
        }
        if (!instance->rows[i] || instance->rows[i]->claims == 1)
            continue;
        err_set(&err, -EEXIST,
                "%zu entries of the rosters mean this channel (%s, %s): keep one of them (%s:%zu)",
                instance->rows[i]->claims, instance->rows[i]->channel.name,
                instance->rows[i]->channel.id, channel->roster->file, channel->roster->line);
        channel->report->is_refused = true;
        channel_end(channel, RESULT_FAILED, &err);
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
    if (instance->channel_count == 0)
        return;
    assert(first < instance->channel_count && !instance->is_resolved);
    assert(!instance->lookup.call.is_in_flight);
    instance->first = first;
    lookup_begin(&instance->lookup, &instance->dispatch, &instance->catalog, instance->channels,
                 instance->channel_count, memory, is_probe, instance_on_found, instance);
}

static ChannelOnWhole instance_next_step(const ChannelPass *channel)
{
    if (channel->is_recovery)
        return recovery_on_list;
    return channel->undo ? undo_on_list : decision_on_list;
}

static bool instance_has_heard_of(const ChannelPass *channel)
{
    return channel->is_done || channel->is_recovery || channel->report->has_list ||
           channel->list.listing.tries > 1 || channel->call.had_trouble;
}

/* Whether each of its channels was listed once, or has failed an attempt. */
static bool instance_has_heard(InstancePass *instance)
{
    while (instance->is_resolved && instance->heard < instance->channel_count) {
        size_t number = instance_number(instance, instance->heard);

        if (!instance_has_heard_of(instance->channels[number]))
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
    dispatch_pump(&instance->dispatch);
    while (instance->is_resolved && instance->next < instance->channel_count &&
           dispatch_has_slot(&instance->dispatch)) {
        size_t number = instance_number(instance, instance->next++);
        ChannelPass *channel = instance->channels[number];

        assert(channel->is_done || instance->rows[number]);
        if (!channel->is_done)
            channel_start(channel, &instance->rows[number]->channel, instance_next_step(channel));
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
        const ChannelPass *channel = instance->channels[i];

        assert(channel->is_done);
        if (channel->deletions_sent > 0)
            pass_spent_add(spent, channel->row->id, channel->deletions_sent);
    }
}
