/* SPDX-License-Identifier: MIT */
#include "reconcile/apply/sent.h"

#include <assert.h>

#include "daemon/base/str.h"
#include "reconcile/apply/undo.h"
#include "reconcile/plan/identity.h"

Outcome *sent_outcome(const ChannelPass *channel, size_t number)
{
    ChannelReport *report = channel->report;

    assert(number < channel->change_count);
    if (channel->undo)
        return &undo_item(channel, number)->outcome;
    if (number >= channel->first_deletion)
        return &report->extras[number - channel->first_deletion].outcome;
    return number < report->added_count ? &report->added[number].outcome
                                        : &report->changed[number - report->added_count].outcome;
}

uint32_t *sent_attempts(const ChannelPass *channel, size_t number)
{
    ChannelReport *report = channel->report;

    assert(number < channel->change_count);
    if (channel->undo)
        return &undo_item(channel, number)->attempts;
    if (number >= channel->first_deletion)
        return &report->extras[number - channel->first_deletion].attempts;
    return number < report->added_count ? &report->added[number].attempts
                                        : &report->changed[number - report->added_count].attempts;
}

void sent_print_member(const ChannelPass *channel, size_t number, char *ret_text, size_t size)
{
    const Change *change = &channel->changes[number];
    const Extra *extra;

    assert(number < channel->change_count);
    if (channel->undo || change->kind != CHANGE_DELETE) {
        identity_print(change->identity, change->identity_size, ret_text, size);
        return;
    }
    extra = &channel->plan.extras[number - channel->first_deletion];
    identity_format(extra->group, extra->address, extra->port, ret_text, size);
}

Outcome sent_success(ChangeKind kind)
{
    static const Outcome outcomes[CHANGE_KIND_COUNT] = {
        [CHANGE_DELETE] = OUTCOME_DELETED,
        [CHANGE_ADD] = OUTCOME_ADDED,
        [CHANGE_CORRECT] = OUTCOME_CORRECTED,
    };

    assert(kind < CHANGE_KIND_COUNT);
    return outcomes[kind];
}

/* Out of the call's own last answer: an instance that fails ends calls that wait without one. */
void sent_note(Sent *sent, const Call *call, CallEnd end)
{
    assert(!call->is_in_flight);
    sent->was_uncertain = end == CALL_UNCERTAIN;
    sent->may_have_worked = sent->may_have_worked || call->was_ambiguous;
    sent->was_unheard = sent->was_unheard || call->was_unheard;
    sent->http = call->last.http;
    str_copy(sent->code, sizeof(sent->code), call->last.code);
    str_copy(sent->request_id, sizeof(sent->request_id), call->last.request_id);
}

static EventKind sent_event_kind(ChangeKind kind, bool has_failed)
{
    switch (kind) {
    case CHANGE_ADD:
        return has_failed ? EVENT_ADD_FAILED : EVENT_ADDED;
    case CHANGE_CORRECT:
        return has_failed ? EVENT_CORRECT_FAILED : EVENT_CORRECTED;
    case CHANGE_DELETE:
    case CHANGE_KIND_COUNT:
        break;
    }
    return has_failed ? EVENT_DELETE_FAILED : EVENT_DELETED;
}

void sent_tell(const ChannelPass *channel, size_t number, const Err *why)
{
    const ChannelReport *report = channel->report;
    const Change *change = &channel->changes[number];
    const Sent *sent = &channel->sent[number];
    Outcome outcome = *sent_outcome(channel, number);
    Err err = why ? *why : (Err){0};
    char member[IDENTITY_SIZE_MAX + 16];
    Event event = {
        .kind = sent_event_kind(change->kind, outcome == OUTCOME_FAILED),
        .is_undo = channel->undo != NULL,
        .roster = channel->roster,
        .pass = channel->pass_id,
        .instance_name = report->instance_name,
        .channel_name = report->name,
        .channel_id = report->id,
        .member = member,
        .member_id = sent->listed_id ? sent->listed_id : change->member_id,
        .digest = report->digest,
        .outcome = outcome,
        .attempt = *sent_attempts(channel, number),
        .err = &err,
    };

    err.http = sent->http;
    str_copy(err.code, sizeof(err.code), sent->code);
    str_copy(err.request_id, sizeof(err.request_id), sent->request_id);
    sent_print_member(channel, number, member, sizeof(member));
    channel->ops->tell(channel->context, &event);
}

int sent_decide(ChannelPass *channel, size_t number, Outcome outcome, Err *err)
{
    Sent *sent = &channel->sent[number];
    Answer answer = {.kind = ANSWER_HTTP, .http = sent->http};
    const ListedMember listed = {sent->listed_id, sent->listed_weight};

    assert(number < channel->change_count);
    sent->is_decided = true;
    str_copy(answer.code, sizeof(answer.code), sent->code);
    str_copy(answer.request_id, sizeof(answer.request_id), sent->request_id);
    return channel->ops->decide(channel->context, channel->changes[number].action, outcome,
                                *sent_attempts(channel, number), sent->listed_id ? &listed : NULL,
                                sent->http ? &answer : NULL, err);
}
