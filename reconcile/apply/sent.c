/* SPDX-License-Identifier: MIT */
#include "reconcile/apply/sent.h"

#include <assert.h>

#include "daemon/base/str.h"
#include "reconcile/apply/kinds.h"
#include "reconcile/apply/undo.h"
#include "reconcile/plan/identity.h"

/* Which of a report's arrays has a change of that kind. */
typedef struct SentRow {
    Outcome *outcome;
    uint32_t *attempts;
} SentRow;

static SentRow sent_row(const ChannelPass *channel, size_t number)
{
    ChannelReport *report = channel->report;
    size_t row = channel->sent[number].row;

    assert(number < channel->change_count);
    if (channel->undo) {
        UndoItem *item = undo_item(channel, number);

        return (SentRow){&item->outcome, &item->attempts};
    }
    switch (channel->changes[number].kind) {
    case CHANGE_ADD:
        return (SentRow){&report->added[row].outcome, &report->added[row].attempts};
    case CHANGE_CORRECT:
        return (SentRow){&report->changed[row].outcome, &report->changed[row].attempts};
    case CHANGE_ENABLE:
        return (SentRow){&report->enabled[row].outcome, &report->enabled[row].attempts};
    case CHANGE_DELETE:
    case CHANGE_DISABLE:
    case CHANGE_KIND_COUNT:
        break;
    }
    return (SentRow){&report->extras[row].outcome, &report->extras[row].attempts};
}

Outcome *sent_outcome(const ChannelPass *channel, size_t number)
{
    return sent_row(channel, number).outcome;
}

uint32_t *sent_attempts(const ChannelPass *channel, size_t number)
{
    return sent_row(channel, number).attempts;
}

void sent_print_member(const ChannelPass *channel, size_t number, char *ret_text, size_t size)
{
    const Change *change = &channel->changes[number];
    const Extra *extra;

    assert(number < channel->change_count);
    if (channel->undo || (change->kind != CHANGE_DELETE && change->kind != CHANGE_DISABLE)) {
        identity_print(change->identity, change->identity_size, ret_text, size);
        return;
    }
    extra = &channel->plan.extras[channel->sent[number].row];
    identity_format(extra->group, extra->address, extra->port, ret_text, size);
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

/* The word of the history and of the log, where the report has another one. */
static Outcome sent_recorded(const KindRow *kind, Outcome outcome)
{
    return outcome == kind->success ? kind->recorded : outcome;
}

void sent_tell(const ChannelPass *channel, size_t number, const Err *why)
{
    const ChannelReport *report = channel->report;
    const Change *change = &channel->changes[number];
    const KindRow *kind = kinds_row(change->kind);
    const Sent *sent = &channel->sent[number];
    Outcome outcome = *sent_outcome(channel, number);
    Err err = why ? *why : (Err){0};
    char member[IDENTITY_TEXT_SIZE];
    Event event = {
        .kind = outcome == OUTCOME_FAILED ? kind->failed : kind->done,
        .is_undo = channel->undo != NULL,
        .roster = channel->roster,
        .pass = channel->pass_id,
        .instance_name = report->instance_name,
        .channel_name = report->name,
        .channel_id = report->id,
        .member = member,
        .member_id = sent->listed_id ? sent->listed_id : change->member_id,
        .digest = report->digest,
        .outcome = sent_recorded(kind, outcome),
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
    return channel->ops->decide(channel->context, channel->changes[number].action,
                                sent_recorded(kinds_row(channel->changes[number].kind), outcome),
                                *sent_attempts(channel, number), sent->listed_id ? &listed : NULL,
                                sent->http ? &answer : NULL, err);
}
