/* SPDX-License-Identifier: MIT */
/* Worlds made of a seed: what they hold, what people do meanwhile. Passes run through it, and a
 * calm one at the end must bring every channel to where it can be. */
#include <stdio.h>
#include <string.h>

#include "daemon/base/str.h"
#include "tests/world/chosen.h"
#include "tests/world/world.h"

/* ---- what is there ---- */

static const char *const random_groups[] = {"", "", "blue", "canary"};

static void random_host(World *world, char ret_host[static 48], bool is_extra)
{
    uint64_t number = world_below(world, 200) + 1;

    if (world_chance(world, 80))
        snprintf(ret_host, 48, "10.%d.0.%u", is_extra ? 9 : 0, (unsigned)number);
    else if (world_chance(world, 50))
        snprintf(ret_host, 48, "2001:DB8:0:0:0:%d:0:%u", is_extra ? 9 : 1, (unsigned)number);
    else
        snprintf(ret_host, 48, "%s%u.Example.COM", is_extra ? "old" : "node", (unsigned)number);
}

WorldMember *world_add_random_extra(World *world, WorldChannel *channel)
{
    char host[48];
    WorldMember *member;

    random_host(world, host, true);
    member = world_add_grouped(channel, random_groups[world_below(world, 4)], host,
                               world_chance(world, 70) ? 8080 : 9090);
    member->status = (uint8_t)world_below(world, 3);
    return member;
}

void world_change_fields(World *world, WorldMember *member)
{
    switch (world_below(world, 4)) {
    case 0:
        member->weight = world_chance(world, 20) ? OPS_WEIGHT_NONE : (int32_t)world_below(world, 4);
        break;
    case 1:
        member->is_backup = !member->is_backup;
        break;
    default:
        member->status = (uint8_t)world_below(world, 3);
        break;
    }
}

void world_state_random(World *world, RosterMember *member)
{
    member->states = (uint8_t)world_below(world, 8);
    member->weight = member->states & ROSTER_MEMBER_WEIGHT ? (uint16_t)world_below(world, 4) : 0;
    member->backup = member->states & ROSTER_MEMBER_BACKUP && world_chance(world, 30);
    member->enabled = member->states & ROSTER_MEMBER_ENABLED && world_chance(world, 80);
}

/* In one world of three, the roster states something of some of its members. */
static void random_states(World *world, RosterChannel *roster)
{
    RosterMember *members;

    if (!world_chance(world, 33))
        return;
    members = world_edit_members(world, roster);
    for (size_t i = 0; i < roster->member_count; i++) {
        if (world_chance(world, 50))
            world_state_random(world, &members[i]);
    }
}

/* Told or not, with a weight of its own or without. */
void world_random_groups(World *world, WorldChannel *channel)
{
    static const ChannelGroup groups[] = {{"blue", OPS_WEIGHT_NONE}, {"canary", OPS_WEIGHT_NONE}};
    static const ChannelGroup weighted[] = {{"blue", 50}, {"canary", OPS_WEIGHT_NONE}};

    channel->row.tells_groups = world_chance(world, 80);
    channel->row.groups = world_chance(world, 50) ? groups : weighted;
    channel->row.group_count = channel->row.tells_groups ? ELEMENTS(groups) : 0;
}

/* A member that the roster wants, live or missing, its port written or not. */
static void random_wanted(World *world, WorldChannel *channel, RosterChannel *roster)
{
    const char *group = random_groups[world_below(world, 4)];
    uint16_t port = world_chance(world, 50) ? 8080 : 9000;
    char host[48];
    WorldMember *member;

    snprintf(host, sizeof(host), "10.0.%zu.%zu", roster->member_count / 250,
             roster->member_count % 250 + 1);
    if (str_equal(channel->row.member_type, "ip"))
        world_want(world, roster, group, host, port == 8080 && world_chance(world, 50) ? 0 : port);
    else
        world_want_ecs(world, roster, host, port);
    if (world_chance(world, 5))
        return;
    if (str_equal(channel->row.member_type, "ip"))
        member = world_add_grouped(channel, group, host,
                                   port == 8080 && world_chance(world, 50) ? 0 : port);
    else
        member = world_add_ecs(channel, host, port);
    member->status = (uint8_t)world_below(world, 3);
}

static void random_ignore(World *world, const WorldChannel *channel, RosterChannel *roster)
{
    IgnoreRule *rule = world_ignore(world, roster);

    if (world_chance(world, 50) || !str_equal(channel->row.member_type, "ip")) {
        rule->group = "canary";
        return;
    }
    rule->has_network = true;
    rule->prefix_bits = 120;
    rule->network[10] = rule->network[11] = 0xff;
    rule->network[12] = 10;
    rule->network[13] = 9;
    rule->has_port = world_chance(world, 50);
    rule->port = world_chance(world, 50) ? 0 : 9090;
}

static void random_guards(World *world, Guards *guards)
{
    static const uint32_t deletes[] = {0, 1, 3, 10, 2000};
    static const uint32_t percents[] = {20, 50, 100, 100};

    guards->max_deletes = deletes[world_below(world, 5)];
    guards->max_delete_percent = percents[world_below(world, 4)];
    guards->max_adds = world_chance(world, 80) ? 10000 : (uint32_t)world_below(world, 4);
    guards->min_remaining = (uint32_t)world_below(world, 3);
    guards->confirm_passes = world_chance(world, 70) ? 1 : (uint32_t)world_below(world, 3) + 1;
}

static void random_kind(World *world, WorldChannel *channel)
{
    static const char *const types[] = {"reference", "microservice", "strange", ""};

    if (world_chance(world, 15))
        channel->row.member_type = world_chance(world, 50) ? "ecs" : "";
    if (world_chance(world, 10)) {
        channel->row.vpc_channel_type = types[world_below(world, 4)];
        channel->row.type = (int)world_below(world, 5) - 1;
        channel->row.has_reference = world_chance(world, 10);
    }
}

Mode world_random_mode(World *world)
{
    static const Mode modes[] = {MODE_PRUNE, MODE_PRUNE, MODE_PRUNE, MODE_PRUNE, MODE_SYNC,
                                 MODE_SYNC,  MODE_SYNC,  MODE_ADD,   MODE_ADD,   MODE_OBSERVE};

    return modes[world_below(world, ELEMENTS(modes))];
}

uint64_t world_random_quarantine(World *world)
{
    static const uint64_t spans_usec[] = {0, USEC_PER_SEC, 30 * USEC_PER_SEC, USEC_PER_HOUR,
                                          WORLD_QUARANTINE_MAX_USEC};

    return spans_usec[world_below(world, ELEMENTS(spans_usec))];
}

static void random_channel(World *world, size_t number)
{
    size_t instance = world_below(world, world->config.instance_count);
    size_t extras = world_below(world, 9), wanted = world_below(world, 9);
    WorldChannel *channel;
    RosterChannel *roster;
    char name[40];

    snprintf(name, sizeof(name), "channel%zu", number);
    channel = world_add_channel(world, instance, name);
    random_kind(world, channel);
    world_random_groups(world, channel);
    channel->lag_usec = world_chance(world, 20) ? world_below(world, 8 * USEC_PER_SEC) : 0;
    if (world_chance(world, 5))
        return;
    roster = world_add_roster(world, instance, name);
    if (world_chance(world, 30)) {
        roster->name = NULL;
        roster->id = channel->row.id;
    }
    random_guards(world, &roster->guards);
    roster->mode = world_random_mode(world);
    if (world_chance(world, 30))
        roster->quarantine_usec = world_random_quarantine(world);
    channel->is_paused = world_chance(world, 5);
    if (world_chance(world, 30))
        random_ignore(world, channel, roster);
    if (!world->page_max && world_chance(world, 2))
        wanted += 700 + world_below(world, 900);
    for (size_t i = 0; i < wanted; i++)
        random_wanted(world, channel, roster);
    random_states(world, roster);
    for (size_t i = 0; i < extras; i++)
        world_add_random_extra(world, channel);
    if (world_chance(world, 30))
        channel->quota = channel->member_count + world_below(world, 3);
}

static void random_pass_guards(World *world, Guards *guards)
{
    static const uint32_t totals[] = {GUARD_OFF, 0, 3, 8, 25};
    static const uint32_t channels[] = {GUARD_OFF, GUARD_OFF, 1, 2, 5};

    guards->max_deletes_total = totals[world_below(world, 5)];
    guards->max_channels = channels[world_below(world, 5)];
}

static void random_settings(World *world)
{
    static const uint32_t rates[] = {0, 2, 20, 1000}, totals[] = {1, 2, 3, 5, 9, 200};
    Config *config = &world->config;

    config->retry.attempts = (uint32_t)world_below(world, 5) + 1;
    config->retry.base_usec = (world_below(world, 2000) + 1) * USEC_PER_MSEC;
    config->retry.throttle_base_usec = (world_below(world, 8000) + 1) * USEC_PER_MSEC;
    config->retry.cap_usec = (world_below(world, 30000) + 1) * USEC_PER_MSEC;
    config->limits.concurrency = (uint32_t)world_below(world, 8) + 1;
    config->limits.total_concurrency = totals[world_below(world, ELEMENTS(totals))];
    world->filter = world_chance(world, 60) ? WORLD_FILTER_EXACT
                                            : (WorldFilter)world_below(world, WORLD_FILTER_COUNT);
    config->limits.requests_per_second = rates[world_below(world, 4)];
    random_pass_guards(world, &config->guards);
    config->settle_usec = world_below(world, 4) * 7 * USEC_PER_SEC;
    world->latency_spread_usec = world_below(world, 3) * 400 * USEC_PER_MSEC + 1;
}

void world_make_random(World *world)
{
    size_t channels = world_below(world, 7) + 1;

    random_settings(world);
    for (size_t i = 0; i < channels; i++)
        random_channel(world, i);
    if (world_chance(world, 5))
        world_add_roster(world, 0, "nowhere");
    if (world_chance(world, 5) && world->config.channel_count > 0)
        world_add_roster(world, world->rosters[0].instance, world->rosters[0].name)->id =
            world->rosters[0].id;
}

/* ---- what people do meanwhile ---- */

static void people_change(World *world, void *argument)
{
    WorldChannel *channel = argument;

    /* In a list of several pages a change between them may not show: nobody could tell. */
    if (channel->member_count > 400)
        return;
    if (world_chance(world, 50)) {
        world_add_random_extra(world, channel);
    } else if (channel->member_count > 0) {
        WorldMember *member = channel->members[world_below(world, channel->member_count)];

        if (member->exists)
            world_remove_member(member, channel);
    }
}

static void people_expire(World *world, void *argument)
{
    WorldInstance *instance = argument;

    uint32_t *expired =
        world_chance(world, 50) ? &instance->credential_min : &instance->credential_held;

    *expired = instance->credential + (world_chance(world, 80) ? 1 : 2);
}

static void random_people(World *world)
{
    size_t changes = world_below(world, 6);

    for (size_t i = 0; i < changes; i++)
        world_at(world, world_below(world, 20 * USEC_PER_SEC), people_change,
                 &world->channels[world_below(world, world->channel_count)]);
    if (world_chance(world, 15))
        world_at(world, world_below(world, 3 * USEC_PER_SEC), people_expire,
                 &world->instances[world_below(world, world->config.instance_count)]);
}

static void random_approvals(World *world)
{
    const Report *report = pass_get_report(world->pass);

    for (size_t i = 0; i < report->channel_count; i++) {
        if (report->channels[i].result == RESULT_HELD && world_chance(world, 50))
            world_approve(world, report->channels[i].digest);
    }
}

static void random_pass(World *world)
{
    for (size_t i = 0; i < world->config.instance_count; i++)
        world->instances[i].renewal =
            world_chance(world, 80) ? RENEWAL_DONE : (Renewal)world_below(world, 3);
    world->config.limits.pass_deadline_usec = world_chance(world, 20)
                                                  ? (world_below(world, 30) + 1) * USEC_PER_SEC
                                                  : 10 * USEC_PER_MINUTE;
    if (world_chance(world, 15))
        world->stop_after_usec = world_below(world, 5 * USEC_PER_SEC) + 1;
    if (world->stop_after_usec && world_chance(world, 50))
        world->abandon_after_usec = world->stop_after_usec + world_below(world, USEC_PER_SEC);
    world->gap_usec = world_below(world, 3) * 2 * USEC_PER_SEC;
    chosen_take_after_dry_run(world);
    world_begin(world, !world->chosen && world_chance(world, 25));
    random_people(world);
    world_finish(world);
    random_approvals(world);
    if (world_chance(world, 10))
        world->realtime_usec += USEC_PER_HOUR - world_below(world, 2) * 2 * USEC_PER_HOUR;
}

/* ---- the calm after it ---- */

bool world_lacks_group(const WorldChannel *channel, const RosterChannel *roster)
{
    for (size_t i = 0; i < roster->member_count && mode_may(roster->mode, MODE_ADDS); i++) {
        bool is_there = !config_member_group(&roster->members[i])[0];

        for (size_t k = 0; k < channel->row.group_count; k++)
            is_there = is_there || str_equal(channel->row.groups[k].name,
                                             config_member_group(&roster->members[i]));
        if (!is_there)
            return true;
    }
    return false;
}

static void calm_channel(World *world, const ChannelReport *report)
{
    const WorldChannel *channel =
        report->id ? world_find_channel(world, report->channel->instance, report->id) : NULL;
    bool has_missing = report->missing_count > 0;

    if (report->result != RESULT_FAILED)
        return;
    if (!channel || world->rosters[0].id == report->channel->id ||
        world->rosters[0].name == report->channel->name ||
        !str_equal(channel->row.member_type, "ip") || world_lacks_group(channel, report->channel) ||
        (has_missing && channel->quota > 0))
        return;
    world_broken(world, "%s fails in a calm world (%s%s)", report->id, report_error(report)->text,
                 has_missing ? ", members are missing" : "");
}

static void calm_pass(World *world)
{
    const Report *report;

    world->disturb = NULL;
    world->chosen = NULL;
    world->config.limits.pass_deadline_usec = USEC_PER_HOUR;
    for (size_t i = 0; i < world->config.instance_count; i++) {
        world->instances[i].renewal = RENEWAL_DONE;
        world->instances[i].credential_min = world->instances[i].credential_held = 0;
    }
    world_pass(world);
    report = pass_get_report(world->pass);
    for (size_t i = 0; i < report->channel_count; i++)
        calm_channel(world, &report->channels[i]);
}

void world_run_seed(uint64_t seed)
{
    World *world;
    size_t passes;

    world = world_new(1 + seed % 3);
    world->seed = seed;
    world->random_state = seed * 0x2545f4914f6cdd1dULL + 7;
    world_make_random(world);
    world->disturb = world_disturb_by_chance;
    passes = world_below(world, 3) + 1;
    for (size_t i = 0; i < passes; i++)
        random_pass(world);
    calm_pass(world);
    world_free(world);
}
