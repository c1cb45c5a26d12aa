/* SPDX-License-Identifier: MIT */
#include "reconcile/apply/changes.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

static void changes_put(ChannelPass *channel, Change change, size_t wanted, size_t row)
{
    channel->sent[channel->change_count] = (Sent){.wanted = wanted, .row = row};
    channel->changes[channel->change_count++] = change;
}

/* One that is added, or (`changed`) corrected; `row` is the report's. */
static int changes_put_post(ChannelPass *channel, size_t wanted, const Changed *changed, size_t row)
{
    const RosterMember *member = &channel->roster->members[wanted];
    const MemberPost post = {
        .wanted = member,
        .port = desired_port(&channel->desired, member),
        .states = desired_states(&channel->desired, member),
        .leaves_weight = !desired_is_weightless(&channel->desired, config_member_group(member)),
        .before = changed ? changed->member_json : NULL,
    };
    const char *after = channel->ops->compose(channel->context, &post, &channel->diff.arena);
    DesiredKey key;

    if (!after || desired_copy_key(&channel->desired, wanted, &channel->diff.arena, &key) < 0)
        return -ENOMEM;
    changes_put(channel,
                (Change){
                    .kind = changed ? CHANGE_CORRECT : CHANGE_ADD,
                    .member_id = changed ? changed->id : "",
                    .identity = key.bytes,
                    .identity_size = key.size,
                    .before = post.before,
                    .after = after,
                },
                wanted, row);
    return 0;
}

/* An extra that is disabled or deleted. */
static void changes_put_extra(ChannelPass *channel, ChangeKind kind, size_t row)
{
    const Extra *extra = &channel->plan.extras[row];

    changes_put(channel,
                (Change){
                    .kind = kind,
                    .member_id = extra->id,
                    .identity = extra->identity,
                    .identity_size = extra->identity_size,
                    .before = extra->member_json,
                },
                DESIRED_NONE, row);
}

static void changes_put_extras(ChannelPass *channel)
{
    const Plan *plan = &channel->plan;

    for (size_t i = 0; i < plan->extra_count; i++) {
        if (plan->extras[i].fate == EXTRA_ENTERS && plan->extras[i].fields.is_enabled)
            changes_put_extra(channel, CHANGE_DISABLE, i);
    }
    for (size_t i = 0; i < plan->extra_count; i++) {
        if (plan->extras[i].fate == EXTRA_DELETES || plan->extras[i].fate == EXTRA_LEAVES)
            changes_put_extra(channel, CHANGE_DELETE, i);
    }
}

int changes_allocate(ChannelPass *channel, size_t count)
{
    assert(count > 0 && !channel->changes && !channel->sent);
    channel->changes = calloc(count, sizeof(*channel->changes));
    channel->sent = calloc(count, sizeof(*channel->sent));
    if (!channel->member)
        channel->member = calloc(1, IDENTITY_TEXT_SIZE);
    return channel->changes && channel->sent && channel->member ? 0 : -ENOMEM;
}

int changes_make(ChannelPass *channel)
{
    size_t count = plan_change_count(&channel->plan);
    int r = changes_allocate(channel, count);

    if (r < 0)
        return r;
    for (size_t i = 0; i < channel->roster->member_count && channel->plan.add_count > 0; i++) {
        if (!channel->diff.seen[i] && r == 0)
            r = changes_put_post(channel, i, NULL, channel->change_count);
    }
    for (size_t i = 0; i < channel->plan.correct_count && r == 0; i++)
        r = changes_put_post(channel, channel->plan.changed[i].desired, &channel->plan.changed[i],
                             i);
    channel->first_deletion = channel->change_count;
    channel->is_made = channel->first_deletion == 0;
    if (r == 0)
        changes_put_extras(channel);
    assert(r < 0 || channel->change_count <= count);
    return r;
}
