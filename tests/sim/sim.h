/* SPDX-License-Identifier: MIT */
/*
 * A life of rosterd in an imaginary world (tests/world), out of one seed: passes over virtual days,
 * weather at the service, people who do what people do, deaths between any two steps. The world
 * checks its rules at every step; at the end faults stop, and every channel must come to where it
 * can be.
 */
#pragma once

#include "reconcile/schedule/lifecycle.h"
#include "reconcile/schedule/progress.h"
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
} SimInstance;

/* Whose passes are begun by one schedule: an instance's, or those over all. */
typedef struct SimSlot {
    size_t scope;
    uint64_t wake_usec;
    uint64_t queued; /* its place among those */
    bool is_queued;  /* its pass has begun, and the world is busy with another's */
    bool has_ended;  /* its pass ended before it was its turn */
    bool is_probe;
    uint64_t asked_usec;        /* when a pass was asked for that has not begun; 0: none */
    uint64_t asked_excuse_usec; /* what may delay it beyond its bound */
    uint64_t due_usec;          /* of the pass that one asked for came before; 0: none */
    uint64_t wanted;
    bool was_abandoned; /* its pass, with a change in flight */
    bool stands_by;     /* in a fleet: another host owns the instance, or nobody */
} SimSlot;

typedef struct Sim Sim;

/* What somebody is about to do. */
typedef enum SimAct {
    SIM_ACT_NONE,
    SIM_ACT_ASK,    /* for a pass */
    SIM_ACT_HOLD,   /* a file changes */
    SIM_ACT_ALLOW,  /* it has not changed after all */
    SIM_ACT_RELOAD, /* a newer set is valid */
    SIM_ACT_UNDO,
    SIM_ACT_STOP, /* and start again */
} SimAct;

typedef struct SimCounts {
    uint64_t passes, deletions, kills, edits, outages, returns, approvals, held, undos, asked,
        holds, stops;
    uint64_t virtual_usec;
} SimCounts;

struct Sim {
    World *world;
    SimInstance *instances;
    Lifecycle lifecycle;
    SimSlot *slots;
    size_t slot_count;   /* each instance has passes of its own, as in the daemon; or one has all */
    SimSlot *running;    /* whose pass the world is busy with; NULL: none's, or the undo's */
    size_t first_action; /* of the running pass */
    uint64_t queue_serial;
    SimAct act;
    uint64_t act_usec;
    bool has_newer;            /* a set that waits for the lifecycle's end */
    uint64_t stop_usec;        /* when the stop began; 0: it did not */
    uint32_t undo_serial;      /* the pass that the undo is of */
    const WorldAction *handed; /* the changes that it is of, where another host asks; else NULL */
    size_t handed_count;
    size_t turns; /* passes that are still to begin */
    uint64_t interval_usec;
    bool is_calm;
    uint64_t serial;       /* of hosts */
    RosterChannel retired; /* an entry that was taken out of the rosters, for a while */
    bool has_retired;
    bool was_killed;     /* the process before */
    bool is_owner;       /* a life as one host of a fleet (owner.h) */
    bool is_out;         /* in a fleet: another host owns the instances (owner.h) */
    uint64_t owner_usec; /* likewise: when that changes, or the lease ends */
    SimCounts *counts;
    void (*edit)(Sim *sim);                     /* has it read newer rosters and settings */
    void (*on_pass)(Sim *sim, size_t instance); /* of its has ended; may be NULL */
    struct FleetHost *host; /* whose it is, one of several (fleet/fleet.h); NULL: there is one */
    bool is_ended; /* in a fleet: it has stopped or died, and is not begun again by itself */
};

/* ---- life.c ---- */

/* Lives one seed; `trace` may be NULL. What breaks a rule does not return. */
void sim_life(uint64_t seed, struct WorldTrace *trace, SimCounts *counts);

/* Decides what somebody does next, and when. */
void sim_plan(Sim *sim);

/* For whoever moves the time of several: does one thing that is due without any time, or returns
 * false; when the next thing is due (USEC_NEVER: nothing is); does it then, or later. */
bool sim_settle(Sim *sim);
uint64_t sim_next_usec(const Sim *sim);
void sim_go_on(Sim *sim, uint64_t next_usec);

/* The process is killed; it begins again. */
void sim_die(Sim *sim);
void sim_start_again(Sim *sim);

/* ---- runs.c ---- */

/* For the instances of its world; so many slots, at most one of each. */
void sim_make_room(Sim *sim, size_t slot_count);

/* A new set, or a new process, with the schedules of its passes; begun. */
void sim_begin_set(Sim *sim);

/* The world's pass or undo is done, or dead. */
void sim_end_run(Sim *sim);

/* lifecycle_stand_by() and lifecycle_take_up(), of this set and those that come after it. */
void sim_stand_by(Sim *sim, size_t instance, bool is_lost, const char *why);

/* What an undo under way has left is not changed any more; lost: nor is an answer awaited. */
void sim_cut_undo(Sim *sim, bool is_lost);
void sim_take_up(Sim *sim, size_t instance);

/* Begins the pass whose turn it is, where there is one. */
void sim_begin_queued(Sim *sim);

bool sim_has_work(const Sim *sim, size_t instance);

/* How long a pass or an undo may take at most, and what is in flight at its end. */
uint64_t sim_run_max_usec(const Sim *sim);

/* A pass that is asked for may begin so much later. */
void sim_excuse(Sim *sim, uint64_t usec);

/* Whether a pass, or an undo, is under way in the world. */
bool sim_is_busy(const Sim *sim);

/* ---- main.c ---- */

/* Has a broken rule print the seed and a trace, and end the program. */
void sim_on_broken(World *world);

/* ---- calm.c ---- */

/* Faults are over: whatever can be in sync is so within a bound. */
void sim_calm(Sim *sim);

/* What that consists of: nothing fails any more and nobody forbids anything; what guards hold in
 * the last pass is approved; each channel of the last pass is where it can be. */
void sim_calm_begin(Sim *sim);
void sim_calm_approve(World *world);
void sim_calm_check(const World *world);

/* ---- weather.c ---- */

void sim_weather(Sim *sim, size_t instance);
bool sim_disturb(World *world, WorldEvent *arrival);

/* ---- people.c ---- */

/* What they do while a pass runs, and what they do once they have seen its report. */
void sim_people_during(Sim *sim);
void sim_people_after(Sim *sim);

/* Who has gone and not been put back: a fighter puts it back. */
void sim_people_fight(Sim *sim, size_t first_action);

/* ---- undo.c ---- */

/* Begins to put a pass back. False: there is nothing. */
bool sim_undo_begin(Sim *sim);

/* Once it is done: perhaps the same once more. */
void sim_undo_end(Sim *sim);

/* ---- edit.c ---- */

/* One change of the rosters or settings, between two passes. */
void sim_edit(Sim *sim);
