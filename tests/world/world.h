/* SPDX-License-Identifier: MIT */
/*
 * An imaginary world behind reconcile/ops.h: a virtual clock with an ordered queue of events, a
 * service with channels and members that answers later, errs by script or by chance, and a state.
 * After every step it checks what must hold always (world_rules.c); a test asserts the rest.
 * Everything is deterministic: the same script or seed gives the same run.
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "config/config.h"
#include "daemon/base/arena.h"
#include "daemon/base/clock.h"
#include "reconcile/pass/pass.h"
#include "tests/world/filter.h"
#include "tests/world/world_member.h"

/* Where nobody says how many. */
#define WORLD_CHANNELS_MAX 96

typedef struct World World;

/* ---- the service ---- */

typedef struct WorldChannel {
    World *world;
    size_t instance;
    ChannelRow row;
    bool exists;
    WorldMember **members;
    size_t member_count, member_capacity;
    uint64_t lag_usec;             /* how long a removed member is still listed */
    uint64_t late_usec;            /* how long one that an undo added is not yet listed */
    uint64_t list_serial;          /* lists begun */
    uint64_t listed_realtime_usec; /* the last page: when its plan is made */
    uint64_t listed_usec;          /* likewise, by the clock that nobody turns */
    bool was_in_sync;              /* in truth, when its list was last read */
    size_t mutations;              /* in flight */
    size_t quota;                  /* how many members it may have; 0: any number */
    size_t owed_for; /* the action, from 1, by which an extra goes for an addition to come; or 0 */
    size_t bound;    /* the action that was sent for the last of these */
    uint32_t opened_in;  /* the pass that an approval opened its window for */
    Sighting *sightings; /* what the state remembers */
    size_t sighting_count;
    Sighting *durable; /* of them, what a kill leaves; unless is_buffered the same */
    size_t durable_count;
    bool is_buffered;
    uint64_t whole_lists;   /* read and counted, one a pass */
    uint32_t remembered_in; /* the pass that last wrote sightings */
    bool is_paused;
    uint64_t pause_end_usec; /* realtime; 0: no end */
    bool has_fighter;        /* somebody puts back what is deleted */
    uint64_t held_plan;      /* a sum over the plan that was held last, and its digest */
    char held_digest[DIGEST_HEX_SIZE];
    size_t recall_count;
    uint32_t asked_in; /* the pass that last asked for its list */
    uint32_t heard_in; /* the pass that last had it whole, or saw an attempt fail */
    bool is_asked;     /* it waits for an answer */
    uint64_t part_of;  /* the list whose plan was recorded last */
    size_t part_count; /* of its changes, so many were */
    size_t part_left;  /* and so many were not */
    bool part_is_approved;
} WorldChannel;

typedef struct WorldInstance {
    char name[32];
    size_t in_flight;
    uint64_t *begun; /* when each request was */
    size_t begun_count, begun_capacity;
    uint64_t held_until_usec; /* by the policy, at the earliest */
    uint32_t credential;      /* counted up by renewals */
    uint32_t credential_min;  /* older ones are refused */
    uint32_t credential_held; /* older ones have expired: nothing is sent with them */
    bool is_renewing;
    uint32_t renewal_count;
    Renewal renewal;     /* what a renewal comes to */
    bool has_failed;     /* told so in this pass */
    size_t counted_from; /* the first action that may count for the guards of a pass */
    bool is_over;        /* an answer said so, whether it was told or not */
} WorldInstance;

/* ---- what happens ---- */

typedef struct WorldEvent WorldEvent;

/* How requests are answered instead. A twist changes the right answer instead of replacing it. */
typedef struct WorldFault {
    RequestKind kind;
    size_t instance;        /* SIZE_MAX: any */
    const char *channel_id; /* NULL: any */
    const char *member_id;  /* NULL: any */
    uint32_t first, count;  /* which of the requests that match, from 1 */
    uint32_t matched;
    Answer answer;
    bool has_effect; /* a deletion happens all the same */
    uint64_t latency_usec;
    void (*twist)(WorldEvent *event);
} WorldFault;

typedef enum WorldEventKind {
    WORLD_ARRIVAL, /* of a request at the service */
    WORLD_ANSWER,
    WORLD_RENEWED,
    WORLD_ACT, /* of people */
} WorldEventKind;

struct WorldEvent {
    WorldEventKind kind;
    uint64_t at_usec, serial;
    Request request;
    char channel_id[40], member_id[16]; /* of request, where it outlives its pass */
    uint32_t pass;
    bool is_orphan; /* who sent it is dead: nobody waits for the answer */
    uint64_t owner; /* in a fleet: as which owner it was sent */
    uint32_t credential;
    WorldFault fault;
    bool has_fault;
    uint64_t submitted_usec;
    Answer answer;
    MemberPage members;
    MemberRow *rows; /* of members, for twists */
    ChannelPage channels;
    ChannelRow *channel_rows;
    Arena arena; /* holds the rows */
    void (*act)(World *world, void *argument);
    void *argument;
    size_t instance;
};

/* An event as the log would have it. */
typedef struct WorldTold {
    char pass[24], instance_name[16], channel_name[40], channel_id[40];
    char member[128], member_id[16], digest[DIGEST_HEX_SIZE];
    Outcome outcome;
    uint32_t attempt;
    uint64_t wait_usec;
    Err err; /* "" without one */
} WorldTold;

/* One request as it was sent. */
typedef struct WorldSend {
    Request request;
    char member_id[16];
    char channel_id[40];
    uint64_t at_usec;
} WorldSend;

/* A call as the rules see it: the sends of one request. Another channel's may have its tag. */
typedef struct WorldCall {
    void *tag;
    const RosterChannel *channel;
    RequestKind kind;
    char member_id[16];
    uint64_t action;
    uint64_t offset;
    uint32_t sends, retries, replays;
    enum { CALL_FRESH, CALL_RETRIES, CALL_REFUSED } state;
    uint64_t not_before_usec;
    uint32_t credential;
} WorldCall;

/* After so many lists without its channel, a deletion is given up. */
#define WORLD_ABSENT_LISTS 2

typedef struct WorldAction {
    ChangeKind kind;
    bool is_undo; /* of an undo; of an addition, `member` is the one that is put back */
    WorldChannel *channel;
    WorldMember *member; /* of an addition: what it is to be, which nobody lists */
    ListedMember listed; /* of an addition: who it became, once a list has said so */
    MemberFields sent;   /* of an addition or a correction */
    uint32_t pass;
    unsigned char *identity;
    size_t identity_size;
    char *before; /* as it was recorded; NULL of an addition */
    char *after;  /* likewise; NULL of a deletion */
    uint64_t realtime_usec;
    uint64_t recorded_usec;      /* by the clock that nobody turns */
    uint64_t decided_usec;       /* likewise */
    uint64_t span_usec;          /* of a member that is disabled: how long it stays in quarantine */
    bool is_due;                 /* a deletion out of quarantine */
    bool is_decided, is_durable; /* the outcome */
    Outcome outcome;
    uint32_t attempts;
    uint32_t absent_count; /* lists in which its channel was not */
    int http;
    char code[32], request_id[72]; /* of the answer that decided it */
    bool was_sent;
    bool is_approved;      /* its plan passed guards by an approval */
    bool was_refused_full; /* an addition: the channel is full */
    bool ended_channel;    /* a deletion: its answer ends the pass of the channel */
    bool may_have_gone;    /* some send was answered ambiguously, or not */
} WorldAction;

typedef struct WorldApproval {
    char digest[DIGEST_HEX_SIZE];
    bool is_spent;
    uint64_t plan; /* a sum over the plan that was meant; 0: not known */
    uint64_t given_usec;
    bool opens_window;
} WorldApproval;

struct World {
    Config config;
    size_t channel_max; /* likewise of rosters */
    Instance *config_instances;
    RosterChannel *rosters;
    WorldInstance *instances;
    Throttle *throttles;
    Limiter limiter; /* of all of them */
    WorldChannel *channels;
    size_t channel_count;
    WorldMember **members;
    size_t member_count, member_capacity;
    Arena arena;

    uint64_t now_usec, realtime_usec, wake_usec;
    uint64_t random_state;
    uint64_t gap_usec;            /* between passes */
    uint64_t clock_apart_usec;    /* between the service's clock and ours */
    uint64_t latency_usec;        /* of a request, there and back */
    uint64_t latency_spread_usec; /* by chance on top */
    WorldEvent **events;
    size_t event_count, event_capacity;
    uint64_t event_serial;
    WorldFault faults[16];
    size_t fault_count;
    const Ops *ops;                 /* world_ops, or what a test puts before it */
    void (*inside)(bool is_inside); /* told on the way into the pass and out of it; may be NULL */
    bool (*disturb)(World *world, WorldEvent *arrival);      /* faults by chance: fills fault */
    void (*landed)(World *world, const WorldEvent *arrival); /* of a change; may be NULL */
    void (*answered)(World *world, const WorldEvent *event); /* likewise, awaited or not */
    int submit_error;                                        /* submit() fails with it */

    Pass *pass;
    size_t *firsts;            /* of each instance, as in PassScope, from pass to pass */
    PassSpent *spent;          /* likewise */
    LookupMemory *lookups;     /* likewise */
    WorldFilter filter;        /* how the list of channels is filtered */
    const ChosenPlans *chosen; /* what the pass is confined to; NULL: nothing */
    struct WorldUndo *undo;    /* what the pass turns back (undo.h); NULL: it compares */
    uint32_t pass_serial;
    char pass_id[24];
    bool dry_run;
    bool is_probe;
    size_t scope; /* an instance, or PASS_ALL_INSTANCES */
    bool is_stopped, is_abandoned;
    bool refuses_changes;     /* may_change() says: not now */
    bool holds_changes;       /* the pass was told so, one way or the other */
    uint64_t set, newest_set; /* of settings and rosters: the pass's, and the newest there is */
    uint64_t asked_step;      /* of the pass, in which may_change() was asked last */
    uint32_t asked_count;     /* in this pass */
    uint64_t stop_after_usec, abandon_after_usec; /* of the next pass; 0: not */
    const WorldEvent *delivering;
    WorldCall *calls;
    size_t call_count, call_capacity;
    WorldSend *sends;
    size_t send_count, send_capacity;
    uint32_t told[EVENT_RENEWED + 1];
    Err told_err;                           /* of the last event that had one */
    WorldTold last_told[EVENT_RENEWED + 1]; /* of each kind */
    uint64_t steps;

    WorldAction *actions;
    size_t action_count, action_capacity;
    size_t first_buffered;       /* before it, every decided outcome is durable */
    uint64_t begun_usec;         /* the pass */
    size_t begun_scope;          /* its instance, or PASS_ALL_INSTANCES */
    size_t pass_first_action;    /* the first that this pass may have recorded */
    WorldApproval approvals[64]; /* the oldest gives way */
    uint64_t approval_count;     /* ever given */
    int record_error, recall_error, remember_error, decide_error;
    uint32_t decide_error_from; /* the decision from which decide_error holds, from 1 */
    uint32_t decide_count, remember_count, commit_count;
    uint64_t seed;         /* named when a rule is broken */
    uint32_t page_clamp;   /* rows that the service gives a page, whatever is asked; 0: as asked */
    size_t page_max;       /* rows of a page where lists have several; 0: they seldom have */
    uint64_t kill_at_call; /* of the pass's calls that have an effect; 0: none */
    bool kills_before;     /* the effect, instead of after it */
    uint64_t effects;      /* such calls so far */
    uint32_t kill_count;   /* so far */
    bool is_dead;          /* killed: nothing that the pass still does has an effect */
    bool buries;           /* forgets members that no list shows any more */
    bool may_undercount;   /* sightings may be fewer than there were: kills, edits */
    void *userdata;        /* of disturb */
    struct WorldFleet *fleet;                                /* NULL: it is alone (fleet.h) */
    struct WorldTrace *trace;                                /* NULL: none is kept */
    void (*on_broken)(const World *world, const char *text); /* instead of failing the test */
};

/* ---- making (world.c) ---- */

/* A world with that many instances and the default settings, but guards
 * that let everything pass. Its calls never fail: they end the test instead. */
World *world_new(size_t instance_count);
World *world_new_large(size_t instance_count, size_t channel_max);
void world_free(World *world);
void *world_alloc(World *world, size_t count, size_t size); /* zeroed; lasts as long as the world */

/* A builtin channel of addresses with port 8080 and the id "id-NAME". */
WorldChannel *world_add_channel(World *world, size_t instance, const char *name);
WorldMember *world_add_member(WorldChannel *channel, const char *host, uint16_t port);
WorldMember *world_add_grouped(WorldChannel *channel, const char *group, const char *host,
                               uint16_t port);
WorldMember *world_add_ecs(WorldChannel *channel, const char *ecs_id, uint16_t port);
void world_remove_member(WorldMember *member, WorldChannel *channel);
void world_change_host(World *world, WorldMember *member, const char *host);

/* A roster's entry for the channel of that name; prune. Without a name: set name or id yourself. */
RosterChannel *world_add_roster(World *world, size_t instance, const char *name);
void world_want(World *world, RosterChannel *roster, const char *group, const char *address,
                uint16_t port);
void world_want_ecs(World *world, RosterChannel *roster, const char *ecs_id, uint16_t port);
IgnoreRule *world_ignore(World *world, RosterChannel *roster);

/* The roster's members, to be written. */
RosterMember *world_edit_members(World *world, RosterChannel *roster);

/* The usual case: a channel "a" of instance 0 with `kept` members that its roster wants, at
 * 10.0.0.1 and up, and `extras` that it does not, at 10.9.0.1 and up. Port 8080. */
WorldChannel *world_add_usual(World *world, const char *name, size_t kept, size_t extras);

/* The nth of the requests of that kind, and `count` of them, are answered so. */
WorldFault *world_fault(World *world, RequestKind kind, uint32_t first, uint32_t count, int http,
                        const char *code);
WorldFault *world_fault_kind(World *world, RequestKind kind, uint32_t first, uint32_t count,
                             AnswerKind answer_kind);
WorldFault *world_twist(World *world, RequestKind kind, uint32_t first, uint32_t count,
                        void (*twist)(WorldEvent *event));

/* ---- running (world_run.c, world_pass.c) ---- */

/* One pass to its end, checked. */
void world_pass(World *world);
void world_dry_pass(World *world);
void world_begin(World *world, bool dry_run);
bool world_step(World *world);                /* false: the pass is done */
uint64_t world_next_usec(const World *world); /* when the next step is; USEC_NEVER: none */
bool world_step_outside(World *world); /* what is due of requests that arrive and of people */
uint64_t world_next_outside_usec(const World *world);
void world_finish(World *world);
void world_begin_prepared(World *world, bool dry_run); /* after world_forget() */

/* Has something done at a moment from now. */
void world_at(World *world, uint64_t after_usec, void (*act)(World *world, void *argument),
              void *argument);
void world_queue(World *world, WorldEvent *event);
uint64_t world_random(World *world);
uint64_t world_below(World *world, uint64_t limit);
bool world_chance(World *world, uint64_t percent);
void world_advance(World *world, uint64_t usec);
void world_inside(const World *world, bool is_inside);
extern const Ops world_ops;

/* ---- looking ---- */

const ChannelReport *world_report(const World *world, size_t roster);
Result world_result(const World *world, size_t roster);
uint32_t world_count_sent(const World *world, RequestKind kind);
uint32_t world_count_extras(const World *world, size_t roster, Outcome outcome);
const WorldAction *world_find_action(const World *world, const WorldMember *member);

/* The given time since the world began, of the nth request of that kind (from 1). */
uint64_t world_sent_at(const World *world, RequestKind kind, uint32_t nth);

/* ---- the rules ---- */

bool world_is_desired(const WorldChannel *channel, const RosterChannel *roster,
                      const WorldMember *member);
bool world_is_ignored(const WorldChannel *channel, const RosterChannel *roster,
                      const WorldMember *member);
bool world_is_listed(const WorldChannel *channel, const WorldMember *member);
bool world_is_manageable(const WorldChannel *channel);
MemberFields world_fields(const WorldMember *member);
bool world_is_in_sync(const WorldChannel *channel, const RosterChannel *roster);

typedef enum WorldVerdict {
    WORLD_FINAL,
    WORLD_RETRIES,
    WORLD_THROTTLES,
    WORLD_REFUSES
} WorldVerdict;

WorldVerdict world_verdict(const Answer *answer);
void world_rule_submit(World *world, const Request *request);
void world_rule_answer(World *world, const WorldEvent *event);
void world_rule_retry(World *world, const Event *event);
void world_rule_record(World *world, WorldChannel *channel, const Batch *batch);
void world_rule_end(World *world);
void world_broken(const World *world, const char *format, ...)
    __attribute__((format(printf, 2, 3), noreturn));

#include "tests/world/world_ops.h"
#include "tests/world/world_random.h"
