/* SPDX-License-Identifier: MIT */
#include "tests/world/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/address.h"
#include "daemon/base/str.h"
#include "tests/world/fleet.h"

static void *world_must(void *pointer)
{
    if (!pointer)
        fail_msg("the test is out of memory");
    return pointer;
}

static const char *world_string(World *world, const char *text)
{
    return world_must(arena_string(&world->arena, text));
}

static const char *world_canonical(World *world, const char *host)
{
    char canonical[ADDRESS_SIZE_MAX];

    if (address_canonical(host, canonical) < 0)
        fail_msg("no address: %s", host);
    return world_string(world, canonical);
}

void *world_alloc(World *world, size_t count, size_t size)
{
    return memset(world_must(arena_alloc(&world->arena, count * size)), 0, count * size);
}

static void world_make_room(World *world, size_t instance_count, size_t channel_max)
{
    world->channel_max = channel_max;
    world->config_instances = world_alloc(world, instance_count, sizeof(Instance));
    world->instances = world_alloc(world, instance_count, sizeof(WorldInstance));
    world->throttles = world_alloc(world, instance_count, sizeof(Throttle));
    world->firsts = world_alloc(world, instance_count, sizeof(size_t));
    world->spent = world_alloc(world, instance_count, sizeof(PassSpent));
    world->lookups = world_alloc(world, instance_count, sizeof(LookupMemory));
    world->rosters = world_alloc(world, channel_max, sizeof(RosterChannel));
    world->channels = world_alloc(world, channel_max, sizeof(WorldChannel));
}

World *world_new(size_t instance_count)
{
    return world_new_large(instance_count, WORLD_CHANNELS_MAX);
}

World *world_new_large(size_t instance_count, size_t channel_max)
{
    World *world = world_must(calloc(1, sizeof(*world)));

    world_make_room(world, instance_count, channel_max);
    world->config = (Config){
        .path = "/imaginary/rosterd.yaml",
        .directory = "/imaginary",
        .instances = world->config_instances,
        .instance_count = instance_count,
        .channels = world->rosters,
        .mode = MODE_PRUNE,
        .interval_usec = USEC_PER_MINUTE,
        .settle_usec = 10 * USEC_PER_SEC,
        .retry = {4, USEC_PER_SEC, 30 * USEC_PER_SEC, 5 * USEC_PER_SEC},
        .limits = {8, 20, 15 * USEC_PER_SEC, 60 * USEC_PER_SEC, 10 * USEC_PER_MINUTE, 0},
        .guards = {.max_deletes = 1000000,
                   .max_adds = 1000000,
                   .max_delete_percent = 100,
                   .confirm_passes = 1,
                   .max_deletes_total = GUARD_OFF,
                   .max_channels = GUARD_OFF},
    };
    for (size_t i = 0; i < instance_count; i++) {
        WorldInstance *instance = &world->instances[i];

        snprintf(instance->name, sizeof(instance->name), "instance%zu", i);
        world->config_instances[i].name = instance->name;
        world->config_instances[i].endpoint = "https://roma.example.com";
        world->config_instances[i].project_id = "p";
        world->config_instances[i].instance_id = instance->name;
    }
    world->now_usec = 1000 * USEC_PER_SEC;
    world->realtime_usec = UINT64_C(1795532645) * USEC_PER_SEC;
    world->wake_usec = USEC_NEVER;
    world->gap_usec = 5 * USEC_PER_SEC;
    world->latency_usec = 10 * USEC_PER_MSEC;
    world->scope = PASS_ALL_INSTANCES;
    world->ops = &world_ops;
    world->random_state = 1;
    return world;
}

void world_free(World *world)
{
    pass_free(world->pass);
    free(world->undo);
    world_leave_fleet(world);
    for (size_t i = 0; i < world->config.instance_count; i++)
        throttle_done(&world->throttles[i]);
    for (size_t i = 0; i < world->config.instance_count; i++)
        pass_spent_done(&world->spent[i]);
    for (size_t i = 0; i < world->event_count; i++) {
        arena_done(&world->events[i]->arena);
        free(world->events[i]);
    }
    for (size_t i = 0; i < world->channel_count; i++) {
        free(world->channels[i].members);
        free(world->channels[i].sightings);
        free(world->channels[i].durable);
    }
    for (size_t i = 0; i < world->config.instance_count; i++)
        free(world->instances[i].begun);
    for (size_t i = 0; i < world->action_count; i++) {
        free(world->actions[i].identity);
        free(world->actions[i].before);
        free(world->actions[i].after);
    }
    free(world->members);
    free(world->events);
    free(world->calls);
    free(world->sends);
    free(world->actions);
    arena_done(&world->arena);
    free(world);
}

/* ---- the service ---- */

WorldChannel *world_add_channel(World *world, size_t instance, const char *name)
{
    WorldChannel *channel = &world->channels[world->channel_count];
    char id[40];

    assert_true(world->channel_count < world->channel_max);
    world->channel_count++;
    snprintf(id, sizeof(id), "id-%s", name);
    *channel = (WorldChannel){
        .world = world,
        .instance = instance,
        .exists = true,
        .row =
            {
                .id = world_string(world, id),
                .name = world_string(world, name),
                .member_type = "ip",
                .vpc_channel_type = "builtin",
                .type = 2,
                .port = 8080,
            },
    };
    return channel;
}

WorldMember *world_add_grouped(WorldChannel *channel, const char *group, const char *host,
                               uint16_t port)
{
    World *world = channel->world;
    WorldMember *member = world_must(arena_alloc(&world->arena, sizeof(*member)));

    *member = (WorldMember){
        .number = world->member_count,
        .host = world_string(world, host),
        .canonical = world_canonical(world, host),
        .ecs_id = world_string(world, host),
        .group = world_string(world, group),
        .port = port,
        .status = 1,
        .weight = 1,
        .exists = true,
    };
    snprintf(member->id, sizeof(member->id), "m%06zu", member->number);
    if (mem_grow(&world->members, &world->member_capacity, world->member_count + 1,
                 sizeof(*world->members)) < 0 ||
        mem_grow(&channel->members, &channel->member_capacity, channel->member_count + 1,
                 sizeof(*channel->members)) < 0)
        fail_msg("the test is out of memory");
    world->members[world->member_count++] = member;
    channel->members[channel->member_count++] = member;
    return member;
}

WorldMember *world_add_member(WorldChannel *channel, const char *host, uint16_t port)
{
    return world_add_grouped(channel, "", host, port);
}

WorldMember *world_add_ecs(WorldChannel *channel, const char *ecs_id, uint16_t port)
{
    WorldMember *member = world_add_member(channel, "192.168.7.7", port);

    member->ecs_id = world_string(channel->world, ecs_id);
    return member;
}

void world_change_host(World *world, WorldMember *member, const char *host)
{
    member->host = world_string(world, host);
    member->canonical = world_canonical(world, host);
}

void world_remove_member(WorldMember *member, WorldChannel *channel)
{
    member->exists = false;
    member->listed_until_usec = channel->world->now_usec + channel->lag_usec;
}

const RosterChannel *world_find_roster(const World *world, const WorldChannel *channel)
{
    for (size_t i = 0; i < world->config.channel_count; i++) {
        const RosterChannel *roster = &world->rosters[i];

        if (roster->instance == channel->instance &&
            (roster->id ? str_equal(roster->id, channel->row.id)
                        : str_equal(roster->name, channel->row.name)))
            return roster;
    }
    return NULL;
}

WorldChannel *world_find_channel(World *world, size_t instance, const char *id)
{
    for (size_t i = 0; i < world->channel_count; i++) {
        WorldChannel *channel = &world->channels[i];

        if (channel->instance == instance && str_equal(channel->row.id, id))
            return channel;
    }
    return NULL;
}

WorldMember *world_find_member(World *world, const char *id)
{
    unsigned long number = id[0] == 'm' ? strtoul(id + 1, NULL, 10) : world->member_count;

    return number < world->member_count && str_equal(world->members[number]->id, id)
               ? world->members[number]
               : NULL;
}

/* ---- rosters ---- */

RosterChannel *world_add_roster(World *world, size_t instance, const char *name)
{
    RosterChannel *roster = &world->rosters[world->config.channel_count];

    assert_true(world->config.channel_count < world->channel_max);
    *roster = (RosterChannel){
        .instance = instance,
        .name = name ? world_string(world, name) : NULL,
        .mode = MODE_PRUNE,
        .guards = world->config.guards,
        .allow_empty = true,
        .file = "team.yaml",
        .line = world->config.channel_count + 3,
    };
    world->config.channel_count++;
    return roster;
}

RosterMember *world_edit_members(World *world, RosterChannel *roster)
{
    size_t size = (roster->member_count + 1) * sizeof(RosterMember);
    RosterMember *members = world_must(arena_alloc(&world->arena, size));

    if (roster->member_count > 0)
        memcpy(members, roster->members, roster->member_count * sizeof(*members));
    roster->members = members;
    return members;
}

static void world_add_wanted(World *world, RosterChannel *roster, const RosterMember *member)
{
    world_edit_members(world, roster)[roster->member_count] = *member;
    roster->member_count++;
}

void world_want(World *world, RosterChannel *roster, const char *group, const char *address,
                uint16_t port)
{
    RosterMember member = {.port = port};
    int r = config_member_set_texts(&member, &world->arena, world_canonical(world, address), group,
                                    NULL);

    world_must(r < 0 ? NULL : &member);
    world_add_wanted(world, roster, &member);
}

void world_want_ecs(World *world, RosterChannel *roster, const char *ecs_id, uint16_t port)
{
    world_add_wanted(
        world, roster,
        &(RosterMember){.address = world_string(world, ecs_id), .port = port, .is_ecs = true});
}

IgnoreRule *world_ignore(World *world, RosterChannel *roster)
{
    size_t count = roster->ignore_count;
    IgnoreRule *rules = world_must(arena_alloc(&world->arena, (count + 1) * sizeof(*rules)));

    if (count > 0)
        memcpy(rules, roster->ignore, count * sizeof(*rules));
    rules[count] = (IgnoreRule){0};
    roster->ignore = rules;
    roster->ignore_count = count + 1;
    return &rules[count];
}

WorldChannel *world_add_usual(World *world, const char *name, size_t kept, size_t extras)
{
    WorldChannel *channel = world_add_channel(world, 0, name);
    RosterChannel *roster = world_add_roster(world, 0, name);
    char host[64];

    for (size_t i = 0; i < kept + extras; i++) {
        size_t number = i < kept ? i + 1 : i - kept + 1;

        snprintf(host, sizeof(host), "10.%d.%zu.%zu", i < kept ? 0 : 9, number / 250,
                 number % 250 + 1);
        world_add_member(channel, host, 8080);
        if (i < kept)
            world_want(world, roster, "", host, 8080);
    }
    return channel;
}

/* ---- faults ---- */

WorldFault *world_fault(World *world, RequestKind kind, uint32_t first, uint32_t count, int http,
                        const char *code)
{
    WorldFault *fault = &world->faults[world->fault_count];

    assert_true(world->fault_count < ELEMENTS(world->faults));
    world->fault_count++;
    *fault = (WorldFault){
        .kind = kind,
        .instance = SIZE_MAX,
        .first = first,
        .count = count,
        .answer = {.kind = ANSWER_HTTP, .http = http, .request_id = "req-1"},
    };
    str_copy(fault->answer.code, sizeof(fault->answer.code), code);
    str_copy(fault->answer.message, sizeof(fault->answer.message), "as the test wants it");
    return fault;
}

WorldFault *world_fault_kind(World *world, RequestKind kind, uint32_t first, uint32_t count,
                             AnswerKind answer_kind)
{
    WorldFault *fault = world_fault(world, kind, first, count, 0, "");

    fault->answer.kind = answer_kind;
    if (answer_kind == ANSWER_TIMEOUT)
        fault->latency_usec = world->config.limits.timeout_usec;
    return fault;
}

WorldFault *world_twist(World *world, RequestKind kind, uint32_t first, uint32_t count,
                        void (*twist)(WorldEvent *event))
{
    WorldFault *fault = world_fault(world, kind, first, count, 0, "");

    fault->twist = twist;
    return fault;
}
