/* SPDX-License-Identifier: MIT */
#include "tests/world/judge_exchange.h"

#include "daemon/base/clock.h"
#include "daemon/base/str.h"
#include "tests/world/fleet.h"
#include "tests/world/judge.h"

static const WorldMember *judge_exchange_find_listed(const WorldChannel *channel,
                                                     const WorldMember *wanted)
{
    for (size_t i = 0; i < channel->member_count; i++) {
        if (channel->members[i]->shown_in == channel->list_serial &&
            judge_is_same(channel, channel->members[i], wanted))
            return channel->members[i];
    }
    return NULL;
}

/* Make before break: whatever the pass adds is listed before it deletes anything, but for what the
 * service would not take. Returns whether something waits for room. */
static bool judge_exchange_order(const World *world, const WorldChannel *channel)
{
    bool is_full = false;

    for (size_t i = world->pass_first_action; i < world->action_count; i++) {
        const WorldAction *action = &world->actions[i];

        if (action->channel != channel || action->kind != CHANGE_ADD ||
            action->pass != world->pass_serial ||
            judge_exchange_find_listed(channel, action->member))
            continue;
        if (!action->was_refused_full)
            world_broken(world, "a deletion before %s is listed", action->after);
        is_full = true;
    }
    return is_full;
}

/* Whether its addition counts as failed: it came to be listed later than a pass waits for it. */
static bool judge_exchange_came_late(const World *world, const WorldChannel *channel,
                                     const WorldMember *member)
{
    for (size_t i = 0; i < world->action_count; i++) {
        const WorldAction *action = &world->actions[i];

        if (action->pass == member->added_in && action->channel == channel &&
            action->kind == CHANGE_ADD && action->is_decided && action->outcome == OUTCOME_FAILED &&
            judge_is_same(channel, member, action->member))
            return true;
    }
    return false;
}

/* What was added had its time to take effect. */
static void judge_exchange_settle(const World *world, const WorldChannel *channel)
{
    for (size_t i = 0; i < channel->member_count; i++) {
        const WorldMember *member = channel->members[i];

        if (channel->late_usec == 0 && member->added_in != 0 &&
            member->shown_in == channel->list_serial &&
            world->now_usec < member->first_shown_usec + world->config.settle_usec &&
            !judge_exchange_came_late(world, channel, member))
            world_broken(world, "a deletion %zu us after %s was listed",
                         (size_t)(world->now_usec - member->first_shown_usec), member->host);
    }
}

static void judge_exchange_capacity(const World *world, const RosterChannel *roster,
                                    const WorldChannel *channel, const WorldAction *action)
{
    uint32_t in_service = 0;

    for (size_t i = 0; i < channel->member_count; i++)
        in_service += channel->members[i]->shown_in == channel->list_serial &&
                      channel->members[i]->shown.is_enabled;
    if (action->member->shown.is_enabled && !action->is_approved &&
        in_service < roster->guards.min_remaining + 1)
        world_broken(world, "%s goes while %u members are in service", action->member->id,
                     in_service);
}

void judge_exchange_deletion(World *world, const RosterChannel *roster, WorldChannel *channel,
                             const WorldAction *action)
{
    size_t number = (size_t)(action - world->actions) + 1;

    judge_exchange_settle(world, channel);
    if (!judge_exchange_order(world, channel) || channel->owed_for == number)
        return;
    if (channel->owed_for)
        world_broken(world, "%s is deleted before what the last one went for is added",
                     action->member->id);
    judge_exchange_capacity(world, roster, channel, action);
    channel->owed_for = number;
    channel->bound = 0;
}

bool judge_exchange_addition(const World *world, WorldChannel *channel, WorldAction *action)
{
    size_t number = (size_t)(action - world->actions) + 1;

    if (channel->bound == number)
        return true;
    if (action->was_refused_full && !channel->owed_for)
        world_broken(world, "%s is sent again to a full channel", action->after);
    if (!channel->owed_for)
        return false;
    if (!action->was_refused_full)
        world_broken(world, "%s was never refused, and something went for it", action->after);
    channel->owed_for = 0;
    channel->bound = number;
    return true;
}

bool judge_exchange_outlives_stop(const World *world, const Request *request)
{
    const WorldChannel *channel;

    if (request->kind != REQUEST_ADD_MEMBERS || !request->action)
        return false;
    channel = world->actions[request->action - 1].channel;
    return !world->is_abandoned && (channel->owed_for || channel->bound == request->action);
}

void judge_exchange_hear(World *world, const WorldEvent *event)
{
    WorldAction *action = event->request.action ? &world->actions[event->request.action - 1] : NULL;

    if (action && event->answer.kind == ANSWER_HTTP && str_equal(event->answer.code, "APIG.3110"))
        action->was_refused_full = true;
}

/* What may divide an exchange: the end of everything, a failure of the instance or of the state,
 * changes that are held while the pass is stopped, a lease that does not outlive the addition, a
 * deletion that surely had no effect, and one whose answer says that there is no such channel. */
void judge_exchange_end(const World *world)
{
    for (size_t i = 0; i < world->channel_count; i++) {
        const WorldChannel *channel = &world->channels[i];
        const WorldInstance *instance = &world->instances[channel->instance];
        const WorldAction *action =
            channel->owed_for ? &world->actions[channel->owed_for - 1] : NULL;

        if (!action || action->pass != world->pass_serial || world->is_dead ||
            world->is_abandoned || world->decide_error || world->submit_error ||
            world->holds_changes || instance->has_failed || instance->is_over ||
            instance->renewal_count > 0 || action->ended_channel ||
            (world->fleet && world->fleet->withheld_in[i] == world->pass_serial))
            continue;
        if (action->may_have_gone || (action->is_decided && action->outcome != OUTCOME_FAILED &&
                                      action->outcome != OUTCOME_SKIPPED))
            world_broken(world, "%s went, and nothing was added for it", action->member->id);
    }
}
