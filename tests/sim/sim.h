/* SPDX-License-Identifier: MIT */
/*
 * A life of rosterd in an imaginary world (tests/world), out of one seed: passes over virtual days,
 * weather at the service, people who do what people do, deaths between any two steps. The world
 * checks its rules at every step; at the end faults stop, and every channel must come to where it
 * can be.
 */
#pragma once

#include "tests/world/world.h"

typedef enum Weather {
    WEATHER_CALM,
    WEATHER_BURSTS,  /* seconds in which much goes wrong */
    WEATHER_OUTAGE,  /* nothing works, always in the same way */
    WEATHER_THROTTLE /* most requests are throttled, with absurd advice at times */
} Weather;

typedef struct SimInstance {
    Weather weather;
    uint64_t weather_until_usec;
    uint32_t outage; /* which way of failing */
    uint64_t next_usec;
    uint32_t failures; /* passes in a row that could read nothing */
} SimInstance;

typedef struct SimCounts {
    uint64_t passes, deletions, kills, edits, outages, returns, approvals, held, undos;
    uint64_t virtual_usec;
} SimCounts;

typedef struct Sim {
    World *world;
    SimInstance instances[WORLD_INSTANCES_MAX];
    bool has_beats; /* each instance has passes of its own, as in the daemon */
    uint64_t interval_usec;
    bool is_calm;
    uint64_t serial;       /* of hosts */
    RosterChannel retired; /* an entry that was taken out of the rosters, for a while */
    bool has_retired;
    bool wants_edit; /* the pass was stopped because a roster changed */
    SimCounts *counts;
} Sim;

/* ---- life.c ---- */

/* Lives one seed; `trace` may be NULL. What breaks a rule does not return. */
void sim_life(uint64_t seed, struct WorldTrace *trace, SimCounts *counts);

/* One pass of the scope, with what happens meanwhile; then people look at it. */
void sim_pass(Sim *sim, size_t scope);

/* ---- main.c ---- */

/* Has a broken rule print the seed and a trace, and end the program. */
void sim_on_broken(World *world);

/* ---- calm.c ---- */

/* Faults are over: whatever can be in sync is so within a bound. */
void sim_calm(Sim *sim);

/* ---- weather.c ---- */

void sim_weather(Sim *sim, size_t instance);
bool sim_disturb(World *world, WorldEvent *arrival);

/* ---- people.c ---- */

/* What they do while a pass runs, and what they do once they have seen its report. */
void sim_people_during(Sim *sim);
void sim_people_after(Sim *sim);

/* Who has gone and not been put back: a fighter puts it back. */
void sim_people_fight(Sim *sim, size_t first_action);

/* ---- handle_undo.c ---- */

/* Somebody has a pass put back, and perhaps once more. */
void sim_undo(Sim *sim);

/* ---- edit.c ---- */

/* One change of the rosters or settings, between two passes. */
void sim_edit(Sim *sim);
