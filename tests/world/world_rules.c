/* SPDX-License-Identifier: MIT */
/* What must hold in every imaginary world, after every step. Written naively on purpose: nothing
 * here uses the code under test. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/address.h"
#include "daemon/base/str.h"
#include "tests/world/judge.h"
#include "tests/world/judge_exchange.h"
#include "tests/world/judge_pass.h"
#include "tests/world/judge_undo.h"
#include "tests/world/quarantine.h"
#include "tests/world/world.h"

void world_broken(const World *world, const char *format, ...)
{
    char text[512];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    if (world->on_broken)
        world->on_broken(world, text);
    fail_msg("seed %zu, %s, %zu us: %s", (size_t)world->seed, world->pass_id,
             (size_t)world->now_usec, text);
    abort();
}

/* ---- who is who ---- */

static uint16_t rule_port(const WorldChannel *channel, uint16_t port)
{
    return port ? port : channel->row.port;
}

static bool rule_is_ecs(const WorldChannel *channel)
{
    return !str_equal(channel->row.member_type, "ip");
}

bool world_is_desired(const WorldChannel *channel, const RosterChannel *roster,
                      const WorldMember *member)
{
    const char *address = rule_is_ecs(channel) ? member->ecs_id : member->canonical;

    for (size_t i = 0; i < roster->member_count; i++) {
        const RosterMember *wanted = &roster->members[i];

        if (str_equal(config_member_group(wanted), member->group) &&
            str_equal(wanted->address, address) &&
            rule_port(channel, wanted->port) == rule_port(channel, member->port))
            return true;
    }
    return false;
}

bool world_is_ignored(const WorldChannel *channel, const RosterChannel *roster,
                      const WorldMember *member)
{
    for (size_t i = 0; i < roster->ignore_count; i++) {
        const IgnoreRule *rule = &roster->ignore[i];
        uint8_t bytes[16];

        if (rule->host && !str_equal(rule->host, member->canonical))
            continue;
        if (rule->has_network && (address_bytes(member->canonical, bytes) < 0 ||
                                  memcmp(bytes, rule->network, rule->prefix_bits / 8) != 0))
            continue;
        if (rule->has_port && rule_port(channel, rule->port) != rule_port(channel, member->port))
            continue;
        if (rule->group && !str_equal(rule->group, member->group))
            continue;
        if (rule->ecs_id && !str_equal(rule->ecs_id, member->ecs_id))
            continue;
        return true;
    }
    return false;
}

MemberFields world_fields(const WorldMember *member)
{
    return (MemberFields){member->weight, member->is_backup, member->status != 2};
}

bool world_is_manageable(const WorldChannel *channel)
{
    const ChannelRow *row = &channel->row;

    return !row->has_reference && row->type != 3 &&
           (str_equal(row->vpc_channel_type, "builtin") ||
            (row->vpc_channel_type[0] == '\0' &&
             (row->type == -1 || row->type == 0 || row->type == 2)));
}

bool world_is_listed(const WorldChannel *channel, const WorldMember *member)
{
    uint64_t now_usec = channel->world->now_usec;

    return (member->exists && member->listed_from_usec <= now_usec) ||
           member->listed_until_usec > now_usec;
}

bool world_is_in_sync(const WorldChannel *channel, const RosterChannel *roster)
{
    size_t desired = 0;

    for (size_t i = 0; i < channel->member_count; i++) {
        const WorldMember *member = channel->members[i];

        if (!world_is_listed(channel, member))
            continue;
        if (world_is_desired(channel, roster, member))
            desired++;
        else if (!world_is_ignored(channel, roster, member))
            return false;
    }
    return desired >= roster->member_count;
}

/* ---- requests ---- */

WorldVerdict world_verdict(const Answer *answer)
{
    const char *number = answer->code[0] ? strchr(answer->code, '.') : NULL;

    if (answer->kind == ANSWER_TIMEOUT || answer->kind == ANSWER_LOST ||
        answer->kind == ANSWER_NOT_SENT)
        return WORLD_RETRIES;
    if (answer->kind != ANSWER_HTTP || answer->http == 404)
        return WORLD_FINAL;
    if (number && (str_equal(number, ".0308") || str_equal(number, ".9008")))
        return WORLD_THROTTLES;
    if (number && (str_equal(number, ".1005") || str_equal(number, ".1020")))
        return WORLD_FINAL;
    if (number && str_equal(number, ".1010"))
        return WORLD_RETRIES;
    if (answer->http == 429)
        return WORLD_THROTTLES;
    if (answer->http == 401)
        return WORLD_REFUSES;
    return answer->http == 408 || answer->http >= 500 ? WORLD_RETRIES : WORLD_FINAL;
}

static WorldCall *rule_call(World *world, const void *tag)
{
    for (size_t i = 0; i < world->call_count; i++) {
        if (world->calls[i].tag == tag)
            return &world->calls[i];
    }
    if (mem_grow(&world->calls, &world->call_capacity, world->call_count + 1,
                 sizeof(*world->calls)) < 0)
        fail_msg("the test is out of memory");
    world->calls[world->call_count] = (WorldCall){.kind = REQUEST_LIST_CHANNELS, .sends = 0};
    memcpy(&world->calls[world->call_count].tag, &tag, sizeof(tag));
    return &world->calls[world->call_count++];
}

static void rule_attempts(World *world, const Request *request)
{
    WorldCall *call = rule_call(world, request->tag);
    const char *member_id = request->member_id ? request->member_id : "";
    bool is_same = call->sends > 0 && call->kind == request->kind &&
                   call->channel == request->channel && call->offset == request->offset &&
                   call->action == request->action && str_equal(call->member_id, member_id);
    uint32_t credential = world->instances[request->instance].credential;

    if (!is_same || call->state == CALL_FRESH) {
        *call = (WorldCall){.tag = call->tag,
                            .channel = request->channel,
                            .kind = request->kind,
                            .action = request->action,
                            .offset = request->offset};
        str_copy(call->member_id, sizeof(call->member_id), member_id);
    }
    if (call->state == CALL_RETRIES && world->now_usec < call->not_before_usec)
        world_broken(world, "a retry comes too early");
    call->retries += call->state == CALL_RETRIES;
    if (call->state == CALL_REFUSED && call->credential == credential)
        world_broken(world, "sent again with the credential that was refused");
    call->replays += call->state == CALL_REFUSED;
    if (call->replays > 1)
        world_broken(world, "more than one replay");
    call->sends++;
    call->credential = credential;
    if (call->sends > world->config.retry.attempts + call->replays)
        world_broken(world, "sent %u times", call->sends);
}

static void rule_rate(World *world, WorldInstance *instance)
{
    uint32_t limit = world->config.limits.requests_per_second;

    if (mem_grow(&instance->begun, &instance->begun_capacity, instance->begun_count + 1,
                 sizeof(*instance->begun)) < 0)
        fail_msg("the test is out of memory");
    if (limit > 0 && instance->begun_count >= limit &&
        instance->begun[instance->begun_count - limit] + USEC_PER_SEC > world->now_usec)
        world_broken(world, "more than %u requests within a second", limit);
    instance->begun[instance->begun_count++] = world->now_usec;
}

/* No change outside of the windows, but of a plan whose approval opens them; in a freeze none. */
static void rule_gate(World *world, const RosterChannel *roster, const WorldChannel *channel)
{
    const ChangeGate gate = config_gate(&world->config, roster);
    ChangeGateState state = change_gate_look(&gate, world->realtime_usec);

    if (state.kind != CHANGE_GATE_OPEN &&
        (state.is_frozen || channel->opened_in != world->pass_serial))
        world_broken(world, "%s is changed and may not be: %s", channel->row.id, state.reason);
}

/* The deletion of the member that this pass recorded and that has no outcome; NULL: there is none.
 */
static WorldAction *rule_find_deletion(World *world, const WorldChannel *channel,
                                       const WorldMember *member)
{
    for (size_t i = world->action_count; i > 0; i--) {
        WorldAction *action = &world->actions[i - 1];

        if (action->kind == CHANGE_DELETE && action->member == member &&
            action->channel == channel && action->pass == world->pass_serial && !action->is_decided)
            return action;
    }
    return NULL;
}

static void rule_extra(World *world, const Request *request, const WorldChannel *channel,
                       const WorldMember *member)
{
    if (world->dry_run || !mode_may(request->channel->mode, MODE_DELETES) ||
        !world_is_manageable(channel))
        world_broken(world, "a deletion where none may be");
    if (channel->is_paused || (request->channel->pause && request->channel->pause->until_usec == 0))
        world_broken(world, "%s is deleted and its channel is paused", member->host);
    rule_gate(world, request->channel, channel);
    if (channel->mutations > 0)
        world_broken(world, "two changes of one channel at once");
    if (world_is_desired(channel, request->channel, member) ||
        world_is_ignored(channel, request->channel, member))
        world_broken(world, "%s is deleted and belongs there", member->host);
    world_rule_quarantine(world, request->channel, member);
}

static void rule_deletion(World *world, const Request *request)
{
    WorldChannel *channel = world_find_channel(world, request->instance, request->channel_id);
    WorldMember *member = world_find_member(world, request->member_id);
    WorldAction *action;

    if (!channel || !member)
        world_broken(world, "a deletion of something unknown");
    action = rule_find_deletion(world, channel, member);
    if (!action)
        world_broken(world, "%s is deleted and was not recorded", member->id);
    if (channel->part_left > 0)
        world_broken(world, "%s is deleted and %zu others are not recorded yet", member->id,
                     channel->part_left);
    if (world->undo)
        judge_undo_send(world, channel, action);
    else
        rule_extra(world, request, channel, member);
    judge_exchange_deletion(world, request->channel, channel, action);
    channel->mutations++;
    action->was_sent = true;
}

static bool rule_is_listed(const WorldChannel *channel, const WorldMember *wanted)
{
    for (size_t i = 0; i < channel->member_count; i++) {
        if (channel->members[i]->shown_in == channel->list_serial &&
            judge_is_same(channel, channel->members[i], wanted))
            return true;
    }
    return false;
}

static void rule_posted(World *world, const Request *request, const WorldChannel *channel,
                        const WorldAction *action, bool is_bound)
{
    if (world->dry_run || !mode_may(request->channel->mode, MODE_ADDS) ||
        !world_is_manageable(channel))
        world_broken(world, "an addition where none may be");
    if (!is_bound && (channel->is_paused ||
                      (request->channel->pause && request->channel->pause->until_usec == 0)))
        world_broken(world, "%s is added and its channel is paused", action->after);
    if (channel->mutations > 0)
        world_broken(world, "two changes of one channel at once");
    if (!is_bound)
        rule_gate(world, request->channel, channel);
}

static void rule_addition(World *world, const Request *request)
{
    WorldChannel *channel = world_find_channel(world, request->instance, request->channel_id);
    WorldAction *action = &world->actions[request->action - 1];
    bool is_bound;

    if (request->action > world->action_count || action->channel != channel ||
        action->kind == CHANGE_DELETE || action->pass != world->pass_serial || action->is_decided)
        world_broken(world, "an addition that was not recorded");
    if (!str_equal(request->member_json, action->after))
        world_broken(world, "%s is sent as %s", action->after, request->member_json);
    is_bound = judge_exchange_addition(world, channel, action);
    if (world->undo)
        judge_undo_send(world, channel, action);
    else
        rule_posted(world, request, channel, action, is_bound);
    if (rule_is_listed(channel, action->member) != (action->kind == CHANGE_CORRECT))
        world_broken(world, "%s is added and was listed, or corrected and was not", action->after);
    channel->mutations++;
    action->was_sent = true;
}

static void rule_switch(World *world, const Request *request)
{
    const WorldChannel *channel = world_find_channel(world, request->instance, request->channel_id);

    if (request->kind == REQUEST_DISABLE_MEMBER)
        rule_gate(world, request->channel, channel);
    world_rule_switch(world, request);
}

static void rule_change(World *world, const Request *request)
{
    if (request->kind == REQUEST_DELETE_MEMBER)
        rule_deletion(world, request);
    else if (request->kind == REQUEST_ADD_MEMBERS)
        rule_addition(world, request);
    else
        rule_switch(world, request);
}

static void rule_total(World *world)
{
    size_t total = world->config.limits.total_concurrency, in_flight = 0;

    for (size_t i = 0; i < world->config.instance_count; i++)
        in_flight += world->instances[i].in_flight;
    if (total > 0 && in_flight >= total)
        world_broken(world, "more than %zu requests at once over all instances", total);
}

void world_rule_submit(World *world, const Request *request)
{
    WorldInstance *instance = &world->instances[request->instance];

    if (world->is_stopped && !judge_exchange_outlives_stop(world, request))
        world_broken(world, "sent after the stop");
    if (world->set != world->newest_set && !world->undo)
        world_broken(world, "sent by a set that a newer one has replaced");
    if (world->holds_changes && request_is_change(request->kind))
        world_broken(world, "a change is sent while changes are held");
    if (instance->has_failed || instance->is_over)
        world_broken(world, "sent to an instance that has failed");
    if (instance->is_renewing)
        world_broken(world, "sent while the credential is renewed");
    if (world->now_usec < instance->held_until_usec)
        world_broken(world, "sent while the instance throttles");
    if (instance->in_flight >= world->config.limits.concurrency)
        world_broken(world, "more than %u requests at once", world->config.limits.concurrency);
    rule_total(world);
    if ((request->kind == REQUEST_LIST_CHANNELS || request->kind == REQUEST_LIST_MEMBERS) &&
        (request->limit < 1 || request->limit > 500))
        world_broken(world, "a limit of %u", request->limit);
    if (request->kind == REQUEST_LIST_MEMBERS)
        judge_pass_ask(world, request);
    rule_rate(world, instance);
    rule_attempts(world, request);
    if (request_is_change(request->kind) && !world->submit_error)
        rule_change(world, request);
}
