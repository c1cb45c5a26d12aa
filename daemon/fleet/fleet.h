/* SPDX-License-Identifier: MIT */
/*
 * DOC: the fleet, as this host takes part in it
 *
 * Several hosts with the same rosters share the instances by etcd: each instance has one owner, the
 * others stand by (rosterd(8), "Several hosts"). etcd is asked over its gateway (etcd.h, ETCD.md);
 * its keys are those of KEYS.md. All that is decided stands in reconcile/schedule, lease.h and
 * ownership.h; this room carries it out, and tells of each change of hands in the log.
 *
 * A Fleet lives as long as the daemon and goes by the keys of instances (config/instance_key.h),
 * since a reload changes which there are. It holds one lease for the host, one Ownership for each
 * instance, and a Mirror of the keys that every host knows: who is there, who owns what, pauses,
 * approvals, records. What the daemon does about an instance is FleetOps: its passes begin and stop
 * by them.
 *
 * Before a change fleet_allows_usec() is asked, at the last point before its bytes leave. Before
 * the first change of a channel in a pass comes fleet_intend(): its transaction compares that the
 * instance is still this host's and that nobody has paused the channel, spends the approval, and
 * leaves a record of what is about to be changed. Nothing here is ever sent to the service.
 *
 * In quiet times a host costs etcd one renewal each quarter of its lease; a pass costs a record,
 * and a channel with changes one transaction.
 *
 * Who owns what: the caller owns the Fleet, and is called back from the event loop alone, never
 * from within a call, but for FleetOps.stop, drop and is_quiet from fleet_drain(), fleet_end(),
 * fleet_step() and fleet_set_instances(). fleet_free() ends all that is under way.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "config/config.h"
#include "daemon/base/buf.h"
#include "daemon/base/clock.h"
#include "daemon/base/err.h"
#include "daemon/fleet/mirror.h"
#include "reconcile/change.h"
#include "reconcile/intent.h"

typedef struct Fleet Fleet;

/* ---- what the daemon is told ---- */

/* A piece of what an owner made known before it changed a channel. */
typedef struct FleetPast {
    const char *channel_id;
    uint64_t realtime_usec; /* by the clock of the host that wrote it */
    const char *json;       /* KEYS.md, "intents" */
} FleetPast;

/* What the one before left behind. Texts are never NULL. Borrowed for the call. */
typedef struct FleetCarry {
    const char *json;         /* as fleet_put_record() was given it; "": nothing was left */
    const FleetPast *intents; /* of the last hour, of all owners, in the order of their time */
    size_t intent_count;
    const char *host;       /* the one before; "": there was none */
    const char *set_digest; /* that it went by; "": not known */
    bool is_handed_over;    /* nothing of it was under way when it gave the instance away; also
                             * where there was none before */
} FleetCarry;

/* Called from the event loop. `key` is an instance's. */
typedef struct FleetOps {
    /* Passes over it may begin. What was left has been read. */
    void (*begin)(void *userdata, const char *key, const FleetCarry *carry);

    /* No pass begins any more, and the one under way sends nothing more; fleet_step() is called
     * after each answer until is_quiet(). */
    void (*stop)(void *userdata, const char *key, const char *why);

    /* The same, and no answer is awaited; what was known is forgotten. */
    void (*drop)(void *userdata, const char *key, const char *why);

    /* Whether nothing of it is under way at the service. */
    bool (*is_quiet)(void *userdata, const char *key);

    /* A mirrored key is new or changed, or gone (NULL); then, after all that came at once. May not
     * free the fleet. */
    void (*on_key)(void *userdata, const char *name, const EtcdKey *key);
    void (*on_change)(void *userdata);
} FleetOps;

/* ---- its life ---- */

/* For a configuration with `fleet`, which is copied. Reads the password and looks at the files of
 * the certificate; asks etcd nothing. Errors of those, with the key of the settings and the remedy;
 * -ENOMEM; sd-event's. */
int fleet_new(sd_event *event, const Config *config, Fleet **ret_fleet, Err *err);

/* Ends everything at once, without callbacks. NULL is fine. */
void fleet_free(Fleet *fleet);
DEFINE_CLEANUP(Fleet, fleet_free)

/* The name of this host. */
const char *fleet_get_host(const Fleet *fleet);

/* Why this host holds no lease at this moment, for people; "": it holds one. */
const char *fleet_get_trouble(const Fleet *fleet);

/* Before fleet_begin(). Borrowed. */
void fleet_set_user(Fleet *fleet, const FleetOps *ops, void *userdata);

/* The instances of the configuration in force, by their keys and names for people, and the set of
 * rosters. One that is there no more is given away. Copies. 0 or -ENOMEM, and then all is as
 * before. */
int fleet_set_instances(Fleet *fleet, const char *const *keys, const char *const *names,
                        size_t count, const RosterSet *set);

/* Asks for the lease. */
void fleet_begin(Fleet *fleet);

/* Gives all instances away, as soon as what is under way at the service is answered, then the
 * lease; fleet_is_over() then. Whoever calls bounds the time, and calls fleet_free(). */
void fleet_end(Fleet *fleet, const char *why);
bool fleet_is_over(const Fleet *fleet);

/* This host gives its instances away and takes none, until told otherwise or to the end of the
 * process. */
void fleet_drain(Fleet *fleet);
void fleet_undrain(Fleet *fleet);
bool fleet_is_drained(const Fleet *fleet);

/* ---- may it? ---- */

/* Whether passes may be made over the instance: begin() was called, and neither stop() nor drop().
 */
bool fleet_owns(const Fleet *fleet, const char *key);

/* How long a change that begins at this moment may take, at most `timeout_usec`; 0: none may begin.
 */
uint64_t fleet_allows_usec(const Fleet *fleet, const char *key, uint64_t timeout_usec);

#define FLEET_WHY_SIZE 512

/* What holds changes of an instance back. */
typedef struct FleetConditions {
    char lease[FLEET_WHY_SIZE];  /* why no change may begin now; "": it does not hold */
    uint64_t handover_usec;      /* is left until changes may be made; 0: nothing */
    char roster[FLEET_WHY_SIZE]; /* how the set differs from the predecessor's; "": it does not */
    bool needs_sightings;        /* the one before did not hand it over */
    uint64_t token;              /* of the ownership; 0: it is not owned */
} FleetConditions;

/* `timeout_usec`: that of a change. */
void fleet_get_conditions(const Fleet *fleet, const char *key, uint64_t timeout_usec,
                          FleetConditions *ret_conditions);

/* After each answer and each pass of an instance that is to stop; NULL: of any. */
void fleet_step(Fleet *fleet, const char *key);

/* ---- what is made known ---- */

/* How long etcd has for a piece of an intent. */
#define FLEET_INTENT_USEC (10 * USEC_PER_SEC)

typedef struct FleetIntending FleetIntending;
typedef void (*FleetOnIntended)(void *userdata, const IntentAnswer *answer);

/* What is about to be changed. */
typedef struct FleetIntent {
    const Batch *batch;         /* all of a channel, with its id, name, pass and digest */
    const char *spent_approval; /* the digest under approvals/ that it spends; NULL: none */
    bool is_undo;               /* pauses do not count */
} FleetIntent;

/* Makes the changes of a whole channel known, before the first of them, and spends the approval in
 * the same transaction. The batch is read before this returns. 0: the callback comes later, once,
 * from the event loop, within FLEET_INTENT_USEC for each thousand changes. -EPERM: the instance is
 * not this host's; -E2BIG: one change is over what etcd takes; -ENOMEM; then none comes. */
int fleet_intend(Fleet *fleet, const char *key, const FleetIntent *intent, FleetOnIntended callback,
                 void *userdata, FleetIntending **ret_intending, Err *err);

/* No callback comes. What was written by then stays. */
void fleet_cancel_intent(FleetIntending *intending);

/* After a pass: the short record that all hosts show, and what the next owner needs, both JSON
 * objects, in one transaction with the token. Copies. The newest goes out where one is under way.
 * 0 or -ENOMEM; nothing happens where the instance is not owned. */
int fleet_put_record(Fleet *fleet, const char *key, const Buf *record, const Buf *carry);

/* ---- what all have in common ---- */

const Mirror *fleet_mirror(const Fleet *fleet);

/* A key, by its name behind the prefix, and its new value; NULL: it is deleted. */
typedef struct FleetPut {
    const char *name;
    const char *json;
} FleetPut;

/* What has to be so for a write. */
typedef struct FleetIf {
    const char *name;
    uint64_t changed; /* the key is as that revision left it, or gone; 0: there is none */
} FleetIf;

typedef enum FleetWritten {
    FLEET_WRITTEN,
    FLEET_DIFFERS, /* one of the conditions does not hold: nothing was written */
    FLEET_FAILED,  /* refused, or no answer: it may have been written */
} FleetWritten;

typedef struct FleetWriting FleetWriting;
typedef void (*FleetOnWritten)(void *userdata, FleetWritten result, uint64_t revision,
                               const char *message);

/* Writes some keys in one transaction, within `timeout_usec`: pauses, approvals, undos. With `key`
 * only as the owner of that instance (else NULL). 0: the callback comes later, once. -ENOMEM;
 * -EPERM: the instance is not this host's. */
int fleet_write(Fleet *fleet, const char *key, const FleetIf *ifs, size_t if_count,
                const FleetPut *puts, size_t put_count, uint64_t timeout_usec,
                FleetOnWritten callback, void *userdata, FleetWriting **ret_writing);
void fleet_cancel_write(FleetWriting *writing);

/* ---- what was made known before ---- */

typedef struct FleetReadOps {
    /* One piece of an intent (KEYS.md), in the order of their time; borrowed for the call. 0, or
     * -ENOMEM, which ends the reading. */
    int (*on_intent)(void *userdata, const EtcdKey *key);
    /* All were told; or `why` not. */
    void (*on_end)(void *userdata, const char *why);
} FleetReadOps;

typedef struct FleetReading FleetReading;

/* Reads the intents of an instance (whoever owns it) from one time to another (realtime). 0, and
 * on_end() comes later, once, unless it is cancelled before fleet_free(). -ENOMEM; sd-event's. */
int fleet_read_intents(Fleet *fleet, const char *key, uint64_t from_usec, uint64_t to_usec,
                       const FleetReadOps *ops, void *userdata, FleetReading **ret_reading);
void fleet_cancel_read(FleetReading *reading);
