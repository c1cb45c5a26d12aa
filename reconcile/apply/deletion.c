/* SPDX-License-Identifier: MIT */
#include "reconcile/apply/deletion.h"

#include <assert.h>

#include "daemon/base/str.h"
#include "reconcile/plan/identity.h"

/* Out of the call's own last answer: an instance that fails ends calls that wait without one. */
void deletion_note(Sent *sent, const Call *call, CallEnd end)
{
    assert(!call->is_in_flight);
    sent->was_uncertain = end == CALL_UNCERTAIN;
    sent->may_have_gone = call->was_ambiguous;
    sent->was_unheard = call->was_unheard;
    sent->http = call->last.http;
    str_copy(sent->code, sizeof(sent->code), call->last.code);
    str_copy(sent->request_id, sizeof(sent->request_id), call->last.request_id);
}

void deletion_tell(const ChannelPass *channel, size_t number, const Err *why)
{
    const ChannelReport *report = channel->report;
    const ExtraReport *extra = &report->extras[number];
    const Sent *sent = &channel->sent[number];
    Err err = why ? *why : (Err){0};
    char member[IDENTITY_SIZE_MAX + 16];
    Event event = {
        .kind = extra->outcome == OUTCOME_FAILED ? EVENT_DELETE_FAILED : EVENT_DELETED,
        .roster = channel->roster,
        .pass = channel->pass_id,
        .instance_name = report->instance_name,
        .channel_name = report->name,
        .channel_id = report->id,
        .member = member,
        .member_id = extra->id,
        .digest = report->digest,
        .outcome = extra->outcome,
        .attempt = extra->attempts,
        .err = &err,
    };

    assert(number < report->extra_count && channel->sent);
    err.http = sent->http;
    str_copy(err.code, sizeof(err.code), sent->code);
    str_copy(err.request_id, sizeof(err.request_id), sent->request_id);
    identity_format(extra->group, extra->address, extra->port, member, sizeof(member));
    channel->ops->tell(channel->context, &event);
}

int deletion_decide(ChannelPass *channel, size_t number, Outcome outcome, Err *err)
{
    const Sent *sent = &channel->sent[number];
    Answer answer = {.kind = ANSWER_HTTP, .http = sent->http};

    assert(number < channel->report->extra_count && channel->sent && channel->deletions);
    str_copy(answer.code, sizeof(answer.code), sent->code);
    str_copy(answer.request_id, sizeof(answer.request_id), sent->request_id);
    return channel->ops->decide(channel->context, channel->deletions[number].action, outcome,
                                channel->report->extras[number].attempts,
                                sent->http ? &answer : NULL, err);
}
