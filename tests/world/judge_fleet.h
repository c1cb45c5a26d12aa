/* SPDX-License-Identifier: MIT */
/* What a fleet says of plans, once more: sightings since a take-over, counted by who was seen. */
#pragma once

#include "tests/world/world.h"

/* The sightings of one member that is to be changed. */
typedef struct SeenMember {
    char name[128];
    uint64_t streak; /* whole lists in a row, one a pass, that showed it so */
    uint64_t list;   /* the last of them */
} SeenMember;

/* Of one channel, since the instance was taken over. */
typedef struct SeenChannel {
    uint64_t token;
    uint64_t lists, kept; /* ever, and those that the state said it kept */
    bool is_confirmed;    /* in one but the first, all that was planned had been seen before */
    uint32_t pass;        /* of the last list */
    SeenMember *members;
    size_t count, capacity;
} SeenChannel;

void judge_fleet_done(SeenChannel *seen);

/* A whole list counts; `is_kept`: the state has said that it keeps it. */
void judge_fleet_count(World *world, WorldChannel *channel, const RosterChannel *roster,
                       bool is_kept);

/* The fewest sightings of a member that is planned, this list counted in; `seen` where the channel
 * needs none. */
uint64_t judge_fleet_seen(const World *world, const WorldChannel *channel,
                          const RosterChannel *roster, uint64_t seen);

/* Whether its report names a condition. */
bool judge_fleet_tells(const ChannelReport *report);

/* Whether a condition holds a channel that is told to be held: then it must be so. */
bool judge_fleet_held(const World *world, const WorldChannel *channel, const ChannelReport *report);

/* How many sightings an extra needs. */
uint32_t judge_fleet_limit(const World *world, const WorldChannel *channel,
                           const RosterChannel *roster);
