/* SPDX-License-Identifier: MIT */
#include "reconcile/apply/add.h"

#include <assert.h>
#include <errno.h>

#include "daemon/base/clock.h"
#include "daemon/base/mem.h"
#include "reconcile/apply/apply.h"
#include "reconcile/channel/channel.h"

static void add_next(ChannelPass *channel);

/* The identities of all rows: nothing is desired and nothing ignored, so that each is an extra. */
static int add_index(const Diff *diff, Map *ret_live)
{
    for (size_t i = 0; i < diff->extra_count; i++) {
        Extra *extra = &diff->extras[i];

        if (map_put(ret_live, extra->identity, extra->identity_size, extra) < 0)
            return -ENOMEM;
    }
    return 0;
}

/* Logs what became of an item as soon as it is known, so that the log has it even where the undo
 * is cut short later. */
static void add_tell(const ChannelPass *channel, const AdditionItem *item, const Err *err)
{
    const ChannelReport *report = channel->report;
    char member[IDENTITY_SIZE_MAX + 16];
    Event event = {
        .kind = item->outcome == ADDITION_FAILED ? EVENT_RESTORE_FAILED : EVENT_RESTORED,
        .roster = channel->roster,
        .pass = channel->pass_id,
        .instance_name = report->instance_name,
        .channel_name = report->name ? report->name : "",
        .channel_id = report->id ? report->id : "",
        .member = member,
        .member_id = item->member_id,
        .digest = "",
        .attempt = item->attempts,
        .err = err,
    };

    identity_print(item->identity, item->identity_size, member, sizeof(member));
    channel->ops->tell(channel->context, &event);
}

static void add_keep_error(ChannelPass *channel, const Err *err)
{
    if (!err_is_set(&channel->report->error))
        channel->report->error = *err;
}

/* ---- confirming ---- */

/* An item is what the list says it is, whatever the answers were. Returns how many that should be
 * live are not. */
static size_t add_compare(ChannelPass *channel, const Map *live)
{
    size_t absent = 0;

    for (size_t i = 0; i < channel->addition->item_count; i++) {
        AdditionItem *item = &channel->addition->items[i];
        bool is_live = map_find(live, item->identity, item->identity_size) != NULL;

        if (item->outcome == ADDITION_FAILED && is_live) {
            item->outcome = ADDITION_ADDED;
            add_tell(channel, item, NULL);
        }
        absent += (item->outcome == ADDITION_ADDED || item->is_uncertain) && !is_live;
    }
    return absent;
}

static void add_miss(ChannelPass *channel, AdditionItem *item)
{
    Err err = {0};

    err_set(&err, -EREMOTEIO,
            "the service says that it added the member that was %s, but does not list it",
            item->member_id);
    item->outcome = ADDITION_FAILED;
    add_keep_error(channel, &err);
    add_tell(channel, item, &err);
}

/* Errors of items that are live after all are none. */
static void add_conclude(ChannelPass *channel, const Map *live)
{
    const Addition *addition = channel->addition;
    size_t left = 0;

    assert(addition->next <= addition->item_count);
    for (size_t i = 0; i < addition->item_count; i++) {
        AdditionItem *item = &addition->items[i];

        item->is_open = false;
        left += item->outcome == ADDITION_FAILED || item->outcome == ADDITION_SKIPPED;
        if (item->outcome == ADDITION_FAILED && item->is_uncertain)
            add_tell(channel, item, &channel->report->error);
    }
    if (left == 0)
        err_clear(&channel->report->error);
    for (size_t i = 0; i < addition->item_count; i++) {
        AdditionItem *item = &addition->items[i];
        const Extra *found = map_find(live, item->identity, item->identity_size);

        if (item->outcome != ADDITION_ADDED)
            continue;
        if (found) {
            /* The list is gone with the channel, the report is not. */
            item->added_id = arena_string(&channel->report->arena, found->id);
            continue;
        }
        add_miss(channel, item);
        left++;
    }
    channel_end(channel, left == 0 ? RESULT_CONVERGED : RESULT_FAILED, NULL);
}

static void add_on_confirmed(ChannelPass *channel)
{
    _cleanup_(map_done) Map live = {0};
    Addition *addition = channel->addition;
    Err err = {0};

    if (add_index(&channel->confirmed, &live) < 0) {
        err_memory(&err);
        channel_end(channel, RESULT_FAILED, &err);
        return;
    }
    /* One that was added may not be listed yet. */
    if (add_compare(channel, &live) == 0 ||
        !channel_look_again(channel, &channel->confirmed, &addition->looks, add_on_confirmed))
        add_conclude(channel, &live);
}

static void add_confirm(ChannelPass *channel)
{
    Err err = {0};

    if (!channel->addition->was_sent) {
        channel_end(channel, RESULT_IN_SYNC, NULL);
        return;
    }
    if (diff_init(&channel->confirmed, &channel->desired, channel->row->id,
                  channel->report->is_ecs) < 0) {
        err_memory(&err);
        channel_end(channel, RESULT_FAILED, &err);
        return;
    }
    channel_read(channel, &channel->confirmed, 0, add_on_confirmed);
}

/* ---- adding ---- */

/* The outcome by the answer, until the confirming list says more. */
static void add_note_end(AdditionItem *item, const Call *call, CallEnd end, const Answer *answer)
{
    if (answer)
        item->answer = *answer;
    item->answer.members = NULL;
    item->answer.channels = NULL;
    item->attempts = call->attempts;
    item->is_uncertain = end == CALL_UNCERTAIN;
    item->is_open =
        call->attempts > 0 && (end == CALL_DONE || item->is_uncertain || call->was_ambiguous);
    item->outcome = end == CALL_DONE      ? ADDITION_ADDED
                    : call->attempts == 0 ? ADDITION_SKIPPED
                                          : ADDITION_FAILED;
}

static void add_on_end(Call *call, CallEnd end, const Answer *answer, const Err *err)
{
    ChannelPass *channel = call->owner;
    Addition *addition = channel->addition;
    AdditionItem *item = &addition->items[addition->next++];
    Err why = *err;

    assert(call == &channel->call && addition->next <= addition->item_count);
    addition->was_sent = addition->was_sent || call->attempts > 0;
    add_note_end(item, call, end, answer);
    if (end == CALL_STOPPED && call->was_ambiguous)
        err_context(&why, -ECANCELED,
                    "the addition of what was %s was sent but its outcome is not known",
                    item->member_id);
    if (item->outcome != ADDITION_SKIPPED && !item->is_uncertain)
        add_tell(channel, item, &why);
    if (end == CALL_DONE) {
        addition->failures_in_row = 0;
        add_next(channel);
        return;
    }
    add_keep_error(channel, &why);
    if (end == CALL_CHANNEL || end == CALL_INSTANCE || end == CALL_STOPPED)
        channel_end(channel, RESULT_FAILED, NULL);
    else if (!item->is_uncertain && ++addition->failures_in_row >= APPLY_FAILURES_MAX)
        add_confirm(channel);
    else
        add_next(channel);
}

static void add_next(ChannelPass *channel)
{
    Addition *addition = channel->addition;
    const AdditionItem *item;

    assert(!channel->call.is_in_flight && !channel->is_done);
    while (addition->next < addition->item_count &&
           addition->items[addition->next].outcome == ADDITION_LIVE)
        addition->next++;
    if (addition->next == addition->item_count) {
        add_confirm(channel);
        return;
    }
    item = &addition->items[addition->next];
    identity_print(item->identity, item->identity_size, channel->member, sizeof(channel->member));
    channel_change(channel,
                   &(Request){.kind = REQUEST_ADD_MEMBERS,
                              .member_id = item->member_id,
                              .member_json = item->member_json,
                              .is_ecs = channel->report->is_ecs},
                   "adding a member", add_on_end);
}

void add_on_list(ChannelPass *channel)
{
    _cleanup_(map_done) Map live = {0};
    Addition *addition = channel->addition;
    size_t absent = 0;
    Err err = {0};

    assert(addition && addition->next == 0 && !channel->is_done);
    if (add_index(&channel->diff, &live) < 0) {
        err_memory(&err);
        channel_end(channel, RESULT_FAILED, &err);
        return;
    }
    channel->report->has_list = true;
    channel->report->live_count = channel->diff.live_count;
    for (size_t i = 0; i < addition->item_count; i++) {
        AdditionItem *item = &addition->items[i];

        item->outcome = ADDITION_LIVE;
        if (map_find(&live, item->identity, item->identity_size))
            continue;
        item->outcome = channel->dry_run ? ADDITION_PLANNED : ADDITION_SKIPPED;
        absent++;
    }
    if (channel->dry_run)
        channel_end(channel, absent ? RESULT_DRIFT : RESULT_IN_SYNC, NULL);
    else
        add_next(channel);
}
