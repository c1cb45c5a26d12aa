/* SPDX-License-Identifier: MIT */
/*
 * Several hosts on one imaginary service and one imaginary etcd, out of one seed. Each host is a
 * life of its own (sim.h) in a world of its own (tests/world): its state, its rosters, its passes.
 * What the service holds is one truth: whatever changes it in one world is told to all others at
 * once. Between the hosts are the real lease and ownership (reconcile/schedule). Processes stand
 * still at any step, machines sleep, die and begin again, are cut off from etcd or from the
 * service; requests land late, twice or never.
 *
 * The fleet moves the time, which all worlds share; what a host reads of its own clock is offset
 * and runs up to 2 % too fast or too slow. What must hold is in judge.h.
 */
#pragma once

#include "reconcile/schedule/lease.h"
#include "reconcile/schedule/ownership.h"
#include "tests/sim/fleet/etcd.h"
#include "tests/sim/sim.h"

#define FLEET_HOSTS_MAX 5

/* For so long after its sender gave up may a request still land. */
#define FLEET_FRONT_DOOR_USEC (50 * USEC_PER_SEC)

typedef struct Fleet Fleet;
typedef struct FleetHost FleetHost;

/* Faults in the code between the rules and the world, each of which the judge has to notice. */
typedef enum FleetFault {
    FLEET_FAULT_NONE,
    FLEET_FAULT_LATE_DEADLINE,  /* the lease is reckoned from the arrival of the answer */
    FLEET_FAULT_NO_HANDOVER,    /* a new owner changes at once */
    FLEET_FAULT_NO_FENCE,       /* an intent does not compare the owner */
    FLEET_FAULT_NO_INTENT,      /* changes are made that nobody was told of */
    FLEET_FAULT_NO_GATE,        /* a change begins whatever the lease */
    FLEET_FAULT_SLEEPING_CLOCK, /* the clock of the lease stands while the machine sleeps */
    FLEET_FAULT_RASH_RELEASE,   /* an instance is given away with a change unanswered */
    FLEET_FAULT_OLD_PLAN,       /* who lost an instance goes on with its pass */
    FLEET_FAULT_DEAF_TO_PAUSES, /* pauses of other hosts are neither heard nor compared */
    FLEET_FAULT_UNDONE_UNDO,    /* the same, and the judge looks at what an undo put back alone */
    FLEET_FAULT_HASTY_UNDO,     /* an undo is handed over, and begun, before its pauses are known */
    FLEET_FAULT_STALE_ANSWER,   /* who was the owner answers an undo */
    FLEET_FAULT_KEPT_APPROVAL,  /* an intent does not spend the approval that it goes by */
    FLEET_FAULT_LOOSE_APPROVAL, /* an approval lets whatever plan pass */
    FLEET_FAULT_COUNT
} FleetFault;

/* A request to etcd, from its host's hand to its answer. */
typedef struct FleetCall FleetCall;
struct FleetCall {
    FleetHost *host;
    uint64_t life, number;
    uint64_t timeout_usec;
    EtcdRequest request;
    EtcdAnswer answer;
    bool has_answer;
    void (*on_done)(FleetHost *host,
                    const FleetCall *call); /* has_answer, or in time it has none */
    size_t instance, channel;
    uint64_t extra;  /* a token, a revision */
    size_t approval; /* which of the comparisons, from 1, is of one; 0: none is */
};

/* What a host asks etcd for. */
typedef enum FleetAsk {
    FLEET_ASK_LEASE, /* grants and ends of leases */
    FLEET_ASK_KEEPALIVE,
    FLEET_ASK_ALL, /* all keys */
    FLEET_ASK_CAMPAIGN,
    FLEET_ASK_RELEASE,
    FLEET_ASK_INTENT,
    FLEET_ASK_RECORD,
    FLEET_ASK_OTHER,
    FLEET_ASK_COUNT
} FleetAsk;

typedef struct FleetEvent {
    uint64_t at_usec, serial;
    void (*run)(Fleet *fleet, FleetCall *call);
    FleetCall *call;
    bool is_host; /* waits for a host that stands still */
} FleetEvent;

/* What a host has made known, of its last pass that would change a channel. */
typedef struct FleetIntent {
    void *tag;         /* of what is under way; NULL: nothing is */
    uint64_t call;     /* likewise */
    uint64_t number;   /* of its key's value */
    uint32_t pass;     /* 0: none */
    uint64_t token;    /* as which owner; 0: it is not known yet */
    uint64_t revision; /* of etcd, in which it came to be known */
    bool has_spent;    /* an approval: */
    WorldApproval approval;
} FleetIntent;

/* An undo that was handed to the owner of an instance. */
typedef struct FleetHanded {
    size_t instance;
    const World *from;    /* its host's, whose channels and members are meant */
    WorldAction *actions; /* as its history had them then */
    size_t count;
    uint64_t revision; /* of etcd, when it was asked for */
} FleetHanded;

/* What a host has to do with undos: it asks for one, and carries one out. */
typedef struct FleetUndoing {
    uint64_t wanted_until_usec; /* its own, once its pauses are known */
    uint64_t revision;          /* of etcd, when it was asked for, here or elsewhere */
    char key[ETCD_KEY_SIZE];    /* that it was handed over under; "": it was not */
    uint64_t owner_until_usec;  /* so long the owner is waited for */
    WorldAction *taken;         /* those of another host, in this world; NULL: it has taken none */
    size_t taken_count, taken_instance, asker;
    uint64_t number;
    char taken_key[ETCD_KEY_SIZE];
} FleetUndoing;

struct FleetHost {
    Fleet *fleet;
    size_t number;
    Sim sim;
    uint64_t life; /* counts processes: what was for another is dropped */
    bool is_up;
    uint32_t world_kills;       /* of its world, when the process began */
    uint64_t up_usec;           /* down: when it begins again */
    uint64_t idle_until_usec;   /* nothing is due here before, unless it is told something */
    uint64_t frozen_until_usec; /* the process stands still, or the machine sleeps */
    uint64_t slept_usec;        /* the latter, in all */
    uint64_t etcd_cut_usec;     /* cut off from etcd until then */
    uint64_t service_cut_usec;  /* likewise from the service */
    uint64_t clock_offset_usec;
    int64_t clock_ppm;
    Lease lease;
    Ownership *ownerships;       /* of each instance, as all that follows */
    uint64_t *wakes;             /* by its clock: the lease's, then the ownerships' */
    uint64_t lease_call, *calls; /* under way; 0: none */
    uint64_t *settled_usec; /* by its clock, when what had no answer is over; USEC_NEVER: no need */
    uint64_t *owned_usec;   /* since when it owns an instance */
    bool *is_unclean;       /* taken over from a host that did not release it */
    uint64_t *before_set;   /* of the owner before */
    uint64_t *took_set;     /* its own then */
    bool drains_soon;
    FleetUndoing undo;
    EtcdKv *mirror;
    size_t mirror_count, mirror_capacity;
    uint64_t mirror_revision; /* 0: nothing is known yet */
    uint64_t ranging;         /* the request for all of it; 0: none is under way */
    bool has_room;            /* it does not own something any more: others may be taken */
    FleetIntent *intents;     /* of each channel */
    uint64_t set;             /* of the office */
    size_t room; /* so many instances it owns at most: the fleet's, when the process began */
    uint64_t asked[FLEET_ASK_COUNT];
};

typedef struct FleetCounts {
    SimCounts sim;
    uint64_t landed, owned, taken_over, released, intents, refused, freezes, sleeps, kills, stops,
        late, undos, handed, answered, kept, pauses, approved, spent, drains, pushes, virtual_usec;
} FleetCounts;

/* What kind of a life it is. */
typedef struct FleetKind {
    size_t channel_max;
    void (*choose)(Fleet *fleet); /* how many hosts there are, with room for what; and spans */
    void (*make)(World *world);   /* what the service holds, and what the rosters want */
    bool keeps_records;           /* an owner records each pass in etcd */
} FleetKind;

struct Fleet {
    const FleetKind *kind;
    uint64_t seed, now_usec, born_usec;
    World *office; /* where rosters are written, and people look at the service from */
    Sim office_sim;
    bool has_landed; /* a change, of which not all worlds have been told */
    uint64_t set;
    FleetHost hosts[FLEET_HOSTS_MAX];
    size_t host_count, instance_count;
    uint64_t lease_usec, handover_usec;
    size_t room; /* so many instances a host that begins owns at most */
    Etcd etcd;
    uint64_t etcd_away_usec; /* it has no quorum until then */
    uint64_t told_revision;  /* of which hosts hear sooner or later */
    FleetEvent *events;
    size_t event_count, event_capacity;
    uint64_t serial;
    uint64_t trouble_usec, people_usec; /* when something happens next */
    bool is_calm;
    FleetFault fault;
    uint64_t *newest; /* of an instance: the greatest token of which a change landed */
    uint64_t *kept; /* of each member that an undo put back, the pause that it stands under; or 0 */
    size_t kept_count, kept_capacity;
    FleetHanded *handed;
    size_t handed_count, handed_capacity;
    uint64_t *resumed;         /* of a channel: the revision in which its pause was ended last */
    uint64_t *wait_until_usec; /* of an instance: the newest owner changes nothing until then */
    FleetCounts *counts;
    struct WorldTrace *trace;
};

/* Whether hosts neither hear of pauses nor compare them. */
static inline bool fleet_is_deaf(const Fleet *fleet)
{
    return fleet->fault == FLEET_FAULT_DEAF_TO_PAUSES || fleet->fault == FLEET_FAULT_UNDONE_UNDO;
}

/* ---- fleet.c ---- */

/* Lives one seed. What breaks a rule does not return. */
void fleet_life(uint64_t seed, FleetFault fault, struct WorldTrace *trace, FleetCounts *counts);

Fleet *fleet_new(const FleetKind *kind, size_t instance_count, uint64_t seed, FleetFault fault,
                 struct WorldTrace *trace, FleetCounts *counts);
void fleet_free(Fleet *fleet);

uint64_t fleet_below(Fleet *fleet, uint64_t limit);

/* Something that goes wrong: never in calm weather. */
bool fleet_happens(Fleet *fleet, uint64_t percent);

bool fleet_is_frozen(const FleetHost *host);
void fleet_trace(const FleetHost *host, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Lets the time pass, up to then. */
void fleet_run(Fleet *fleet, uint64_t until_usec);

/* Something may be due at any host by now. */
void fleet_wake(Fleet *fleet);

/* Tells all other worlds what the service holds in this one. */
void fleet_spread(Fleet *fleet, const World *from);

/* ---- host.c ---- */

/* `random_state`: of the office, before it made what there is. */
void host_init(Fleet *fleet, FleetHost *host, size_t number, uint64_t random_state);
void host_done(FleetHost *host);

/* A process begins, with what is durable; is killed; ends by itself, giving all away first. */
void host_begin(FleetHost *host);
void host_kill(FleetHost *host);
void host_stop(FleetHost *host);

/* Its boot's clock; when the next of its wakes is, by the fleet's. */
uint64_t host_boottime_usec(const FleetHost *host);
uint64_t host_next_usec(const FleetHost *host);

/* Does one thing that is due. False: nothing is. */
bool host_step(FleetHost *host);

/* Whether anybody could ask it for something; whether it owns an instance and may change it. */
bool host_is_serving(const FleetHost *host);
bool host_may_change(const FleetHost *host, size_t instance);

/* The process stands still for so long, or the machine sleeps. */
void host_freeze(FleetHost *host, uint64_t usec);

void host_drain(FleetHost *host);
void host_undrain(FleetHost *host);

/* Takes the newest rosters and settings. */
void host_load(Sim *sim);

/* ---- owned.c ---- */

extern const LeaseOps host_lease_ops;
extern const OwnershipOps host_ownership_ops;

/* Records a pass that has ended in etcd, where the host owns the instance. */
void host_record_pass(Sim *sim, size_t instance);

/* What a pass over an instance has to heed. */
void host_get_conditions(FleetHost *host, size_t instance, Conditions *ret_conditions);

/* ---- mirror.c ---- */

/* What etcd has told: of owners, of pauses. Asks for all of it where it has nothing yet. */
void mirror_begin(FleetHost *host);
void mirror_hear(FleetHost *host, uint64_t revision);
const EtcdKv *mirror_find(const FleetHost *host, const char *key);

/* ---- changes.c ---- */

/* Those of the world, behind the gate. */
extern Ops fleet_ops;
void changes_init(void);

/* Whether a change of an instance may begin, and how long it may take; 0: none may. */
uint64_t changes_allow_usec(const FleetHost *host, size_t instance);
bool changes_disturb(World *world, WorldEvent *arrival);
bool changes_are_quiet(const FleetHost *host, size_t instance);
/* Of a change: until what has no answer is over, the instance is not given away. */
void changes_note_unanswered(FleetHost *host, size_t instance);
void changes_answered(World *world, const WorldEvent *event);
void changes_landed(World *world, const WorldEvent *event);

/* ---- undos.c ---- */

/* Somebody wants one, by any host that has changed something. */
void undos_want(Fleet *fleet);

/* Does what may be done by now. Returns whether one is wanted or under way. */
bool undos_go_on_all(Fleet *fleet);

/* One that another host asked for is over: tells it. */
void undos_end_taken(FleetHost *host);

/* The process is no more. */
void undos_forget(FleetHost *host);

/* ---- approvals.c ---- */

/* Somebody approves a plan, by its digest and sum (0: not known), on that host. */
void approvals_give(FleetHost *host, const char *digest, uint64_t plan, bool opens_window);

/* Approves by chance what any host has told to be held. */
void approvals_happen(Fleet *fleet);

/* etcd has told of changes. */
void approvals_hear(FleetHost *host);

void approvals_key(const Fleet *fleet, char ret_key[static ETCD_KEY_SIZE], const char *digest);

/* Of Ops. */
int approvals_are_given(void *context, const char *digest, const ChangeGate *gate, Err *err);
int approvals_record(void *context, Batch *batches, size_t count, Err *err);

/* ---- intents.c ---- */

/* Of Ops. */
int intents_intend(void *context, const Batch *batch, void *tag, Err *err);
void intents_cancel(void *context, void *tag);

/* ---- net.c ---- */

/* Sends a request, within so long; on_done() follows unless the process ends before. */
uint64_t net_ask(FleetHost *host, const FleetCall *call);
void net_run(Fleet *fleet, size_t index);
void net_done_with(Fleet *fleet);

/* Has a host hear of all up to a revision. */
void net_tell(FleetHost *host, uint64_t revision);
size_t net_first(const Fleet *fleet); /* SIZE_MAX: none is due */
uint64_t net_next_usec(const Fleet *fleet);

/* ---- keys.c ---- */

void keys_owner(char ret_key[static ETCD_KEY_SIZE], size_t instance);
void keys_last(char ret_key[static ETCD_KEY_SIZE], size_t instance);
void keys_pause(char ret_key[static ETCD_KEY_SIZE], size_t channel);
void keys_intent(char ret_key[static ETCD_KEY_SIZE], size_t instance, size_t channel);
void keys_record(char ret_key[static ETCD_KEY_SIZE], size_t instance);
void keys_carry(char ret_key[static ETCD_KEY_SIZE], size_t instance);
void keys_approval(char ret_key[static ETCD_KEY_SIZE], const char *digest);
