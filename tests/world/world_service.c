/* SPDX-License-Identifier: MIT */
/* The imaginary service: requests arrive, have their effect, and are answered later. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/str.h"
#include "tests/world/filter.h"
#include "tests/world/judge.h"
#include "tests/world/trace.h"
#include "tests/world/world.h"

/* ---- sending ---- */

static bool fault_matches(const WorldFault *fault, const Request *request)
{
    return fault->kind == request->kind &&
           (fault->instance == SIZE_MAX || fault->instance == request->instance) &&
           (!fault->channel_id ||
            (request->channel_id && str_equal(fault->channel_id, request->channel_id))) &&
           (!fault->member_id ||
            (request->member_id && str_equal(fault->member_id, request->member_id)));
}

static void service_choose_fault(World *world, WorldEvent *event)
{
    for (size_t i = 0; i < world->fault_count; i++) {
        WorldFault *fault = &world->faults[i];

        if (!fault_matches(fault, &event->request))
            continue;
        fault->matched++;
        if (fault->matched < fault->first || fault->matched - fault->first >= fault->count)
            continue;
        event->fault = *fault;
        event->has_fault = true;
        return;
    }
    if (world->disturb)
        event->has_fault = world->disturb(world, event);
}

static void service_log(World *world, const Request *request)
{
    WorldSend *send;

    if (mem_grow(&world->sends, &world->send_capacity, world->send_count + 1,
                 sizeof(*world->sends)) < 0)
        fail_msg("the test is out of memory");
    send = &world->sends[world->send_count++];
    *send = (WorldSend){.request = *request, .at_usec = world->now_usec};
    str_copy(send->member_id, sizeof(send->member_id),
             request->member_id ? request->member_id : "");
    str_copy(send->channel_id, sizeof(send->channel_id),
             request->channel_id ? request->channel_id : "");
}

static uint64_t service_latency(World *world)
{
    uint64_t spread = world->latency_spread_usec;

    return world->latency_usec + (spread ? world_below(world, spread) : 0);
}

int world_submit(void *context, const Request *request)
{
    World *world = context;
    WorldEvent *event;
    uint64_t latency_usec;

    if (world->is_dead)
        return 0;
    if (world->instances[request->instance].credential <
        world->instances[request->instance].credential_held)
        return -EKEYEXPIRED;
    world_rule_submit(world, request);
    if (world->submit_error)
        return world->submit_error;
    if (!world_is_alive_before(world))
        return 0;
    service_log(world, request);
    world_trace_send(world, request);
    world->instances[request->instance].in_flight++;
    event = calloc(1, sizeof(*event));
    if (!event)
        fail_msg("the test is out of memory");
    event->kind = WORLD_ARRIVAL;
    event->request = *request;
    event->pass = world->pass_serial;
    str_copy(event->channel_id, sizeof(event->channel_id),
             request->channel_id ? request->channel_id : "");
    str_copy(event->member_id, sizeof(event->member_id),
             request->member_id ? request->member_id : "");
    event->request.channel_id = event->channel_id;
    event->request.member_id = request->member_id ? event->member_id : NULL;
    event->credential = world->instances[request->instance].credential;
    event->submitted_usec = world->now_usec;
    service_choose_fault(world, event);
    latency_usec = event->fault.latency_usec ? event->fault.latency_usec : service_latency(world);
    event->at_usec = world->now_usec + latency_usec / 2;
    world_queue(world, event);
    world_note_effect(world);
    return 0;
}

int world_renew(void *context, size_t number)
{
    World *world = context;
    WorldInstance *instance = &world->instances[number];
    WorldEvent *event;

    if (instance->is_renewing)
        world_broken(world, "two renewals at once");
    instance->is_renewing = true;
    instance->renewal_count++;
    event = calloc(1, sizeof(*event));
    if (!event)
        fail_msg("the test is out of memory");
    event->kind = WORLD_RENEWED;
    event->instance = number;
    event->at_usec = world->now_usec + 3 * world->latency_usec;
    world_queue(world, event);
    return 0;
}

/* ---- answering ---- */

static void service_say(WorldEvent *event, int http, const char *code, const char *message)
{
    event->answer = (Answer){.kind = ANSWER_HTTP, .http = http};
    str_copy(event->answer.code, sizeof(event->answer.code), code);
    str_copy(event->answer.message, sizeof(event->answer.message), message);
    str_copy(event->answer.request_id, sizeof(event->answer.request_id), "req-7");
}

void world_describe(const MemberRow *row, char *ret_json, size_t size)
{
    snprintf(ret_json, size,
             "{\"id\":\"%s\",\"host\":\"%s\",\"port\":%u,\"ecs_id\":\"%s\",\"group\":\"%s\","
             "\"weight\":%d,\"is_backup\":%s,\"status\":%d}",
             row->id, row->host, row->port, row->ecs_id, row->group, (int)row->fields.weight,
             row->fields.is_backup ? "true" : "false", row->fields.is_enabled ? 1 : 2);
}

MemberFields world_parse_fields(const char *json)
{
    const char *weight = strstr(json, "\"weight\":"), *status = strstr(json, "\"status\":");

    assert_non_null(weight);
    assert_non_null(status);
    return (MemberFields){
        .weight = (int32_t)strtol(weight + strlen("\"weight\":"), NULL, 10),
        .is_backup = strstr(json, "\"is_backup\":true") != NULL,
        .is_enabled = strtol(status + strlen("\"status\":"), NULL, 10) != 2,
    };
}

void world_describe_wanted(const RosterMember *member, uint16_t channel_port,
                           const MemberFields *fields, char *ret_json, size_t size)
{
    const MemberRow row = {
        .fields = *fields,
        .id = "",
        .host = member->is_ecs ? "" : member->address,
        .ecs_id = member->is_ecs ? member->address : "",
        .group = config_member_group(member),
        .port = member->port ? member->port : channel_port,
    };

    world_describe(&row, ret_json, size);
}

static const char *service_describe(const MemberPage *page, size_t row)
{
    static char json[512];

    world_describe(&page->rows[row], json, sizeof(json));
    return json;
}

/* How many rows a page has at most. */
static uint32_t service_limit(const World *world, const WorldEvent *event)
{
    uint32_t limit = event->request.limit;

    return world->page_clamp && world->page_clamp < limit ? world->page_clamp : limit;
}

static void service_list_channels(World *world, WorldEvent *event)
{
    bool is_filtered = event->request.find_id || event->request.find_name;
    ChannelRow *rows = arena_alloc(&event->arena, sizeof(*rows) * (world->channel_count + 1));
    uint32_t limit = service_limit(world, event);
    uint64_t total = 0, all = 0;
    size_t count = 0;

    if (is_filtered && world->filter == WORLD_FILTER_REFUSED) {
        service_say(event, 400, "APIG.2012", "invalid parameter value,parameterName:name");
        return;
    }
    for (size_t i = 0; i < world->channel_count; i++) {
        const WorldChannel *channel = &world->channels[i];

        if (channel->instance != event->request.instance || !channel->exists)
            continue;
        all++;
        if (!filter_fits(world->filter, &event->request, &channel->row))
            continue;
        if (total >= event->request.offset && count < limit)
            rows[count++] = channel->row;
        total++;
    }
    service_say(event, 200, "", "");
    event->channel_rows = rows;
    total = is_filtered && world->filter == WORLD_FILTER_TOTAL ? all : total;
    event->channels = (ChannelPage){.total = total, .rows = rows, .row_count = count};
    event->answer.channels = &event->channels;
}

static void service_list_members(const World *world, WorldEvent *event, WorldChannel *channel)
{
    MemberRow *rows = arena_alloc(&event->arena, sizeof(*rows) * (channel->member_count + 2));
    uint32_t limit = service_limit(world, event);
    uint64_t total = 0;
    size_t count = 0;

    for (size_t i = 0; i < channel->member_count; i++) {
        const WorldMember *member = channel->members[i];

        if (!world_is_listed(channel, member))
            continue;
        if (total >= event->request.offset && count < limit)
            rows[count++] = (MemberRow){
                .id = member->id,
                .channel_id = channel->row.id,
                .host = member->host,
                .ecs_id = member->ecs_id,
                .group = member->group,
                .port = member->port,
                .fields = world_fields(member),
            };
        total++;
    }
    service_say(event, 200, "", "");
    event->rows = rows;
    event->members = (MemberPage){
        .total = total, .rows = rows, .row_count = count, .describe = service_describe};
    event->answer.members = &event->members;
    channel->was_in_sync = world_is_in_sync(channel, event->request.channel);
}

static void service_delete(World *world, WorldEvent *event, WorldChannel *channel)
{
    WorldMember *member = world_find_member(world, event->request.member_id);

    if (!member || !member->exists) {
        service_say(event, 404, "APIG.3024", "the VPC instance does not exist");
        return;
    }
    if (event->has_fault && !event->fault.twist && !event->fault.has_effect)
        return;
    world_remove_member(member, channel);
    member->deleted_in = event->is_orphan ? 0 : event->pass;
    service_say(event, 204, "", "");
}

/* A weight that is left out is kept; a member that an undo puts back has none then. */
static void service_set_fields(WorldMember *member, const WorldAction *action)
{
    const MemberFields *fields = &action->sent;

    member->status = fields->is_enabled ? 1 : 2;
    if (fields->weight != OPS_WEIGHT_NONE || (action->is_undo && action->kind == CHANGE_ADD))
        member->weight = fields->weight;
    member->is_backup = fields->is_backup;
}

static void service_upsert(const WorldEvent *event, WorldMember *member, const WorldAction *action)
{
    member->ecs_id = action->member->ecs_id;
    service_set_fields(member, action);
    if (action->is_undo)
        member->restored_in = event->pass;
    else if (!event->is_orphan)
        member->added_in = event->pass;
}

static size_t service_count(const WorldChannel *channel)
{
    size_t count = 0;

    for (size_t i = 0; i < channel->member_count; i++)
        count += channel->members[i]->exists;
    return count;
}

/* An upsert (API.md section 1.4): who has the address already is written over, and where a port was
 * left out once, two have it. */
static void service_add(World *world, WorldEvent *event, WorldChannel *channel)
{
    const WorldAction *action = &world->actions[event->request.action - 1];
    const WorldMember *was = action->member;
    size_t found = 0;

    if (event->has_fault && !event->fault.twist && !event->fault.has_effect)
        return;
    for (size_t i = 0; i < channel->member_count; i++) {
        if (!channel->members[i]->exists || !judge_is_same(channel, channel->members[i], was))
            continue;
        service_upsert(event, channel->members[i], action);
        channel->members[i]->late_in = event->is_orphan ? world->pass_serial : 0;
        found++;
    }
    if (found == 0 && channel->quota > 0 && service_count(channel) >= channel->quota) {
        service_say(event, 403, "APIG.3110", "the channel is full");
        return;
    }
    if (found == 0) {
        WorldMember *member = world_add_grouped(channel, was->group, was->host, was->port);

        member->listed_from_usec = world->now_usec + channel->late_usec;
        service_upsert(event, member, action);
    }
    service_say(event, 201, "", "");
}

/* An id that nobody has is no error (API.md section 1.11). */
static void service_switch(World *world, WorldEvent *event)
{
    WorldMember *member = world_find_member(world, event->request.member_id);

    if (event->has_fault && !event->fault.twist && !event->fault.has_effect)
        return;
    if (member && member->exists) {
        member->status = event->request.kind == REQUEST_DISABLE_MEMBER ? 2 : 1;
        member->late_in = event->is_orphan ? world->pass_serial : 0;
    }
    service_say(event, 204, "", "");
}

/* The right answer, with its effect. */
static void service_serve(World *world, WorldEvent *event)
{
    const Request *request = &event->request;
    WorldChannel *channel;

    if (event->credential < world->instances[request->instance].credential_min) {
        service_say(event, 401, "APIG.1001", "the session has expired");
        return;
    }
    if (request->kind == REQUEST_LIST_CHANNELS) {
        service_list_channels(world, event);
        return;
    }
    channel = world_find_channel(world, request->instance, request->channel_id);
    if (!channel || !channel->exists)
        service_say(event, 404, "APIG.3023", "the VPC channel does not exist");
    else if (request->kind == REQUEST_LIST_MEMBERS)
        service_list_members(world, event, channel);
    else if (request->kind == REQUEST_ADD_MEMBERS)
        service_add(world, event, channel);
    else if (request->kind == REQUEST_DISABLE_MEMBER || request->kind == REQUEST_ENABLE_MEMBER)
        service_switch(world, event);
    else
        service_delete(world, event, channel);
}

static void service_note_lie(World *world, const WorldEvent *event)
{
    WorldMember *member = event->request.kind == REQUEST_DELETE_MEMBER
                              ? world_find_member(world, event->request.member_id)
                              : NULL;

    if (member && member->exists && (event->answer.http == 204 || event->answer.http == 404))
        member->was_lied_about = true;
}

void world_arrive(World *world, WorldEvent *event)
{
    uint64_t latency_usec =
        event->fault.latency_usec ? event->fault.latency_usec : service_latency(world);

    service_serve(world, event);
    if (world->landed && request_is_change(event->request.kind) && event->answer.http / 100 == 2)
        world->landed(world, event);
    if (event->has_fault && event->fault.twist)
        event->fault.twist(event);
    else if (event->has_fault)
        event->answer = event->fault.answer;
    event->answer.has_date = true;
    event->answer.clock_apart_usec = world->clock_apart_usec;
    service_note_lie(world, event);
    if (event->is_orphan)
        return;
    event->kind = WORLD_ANSWER;
    event->at_usec = world->now_usec + latency_usec - latency_usec / 2;
    world_queue(world, event);
}
