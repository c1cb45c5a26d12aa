/* SPDX-License-Identifier: MIT */
/*
 * Whether this host owns an instance of its fleet: who owns it makes passes over it, the others
 * stand by (rosterd(8), "Several hosts").
 *
 * Nobody gives an instance away unasked, and the first host with room takes what is free. Authority
 * is a key that hangs on the lease of the host and can be made by one host alone; the number that
 * its making got (the token) goes into every record of the owner, and another owner has a greater
 * one. A campaign without an answer may have been won: the key is looked at, and tells.
 *
 * A new owner reads at once. It changes nothing until `handover` has passed since it won, so that
 * whatever the one before had under way is over, unless that one released the instance after its
 * last answer, or there was none before. Whoever loses the lease drops all at once.
 *
 *     STANDBY -> CAMPAIGNING -> OWNED -> RELEASING -> STANDBY
 *     CAMPAIGNING -> UNCERTAIN -> OWNED, STANDBY     OWNED, RELEASING, ... -> STANDBY (lost)
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/base/clock.h"

/* Between tries that had no answer; doubles while that goes on. */
#define OWNERSHIP_RETRY_USEC USEC_PER_SEC
#define OWNERSHIP_RETRY_MAX_USEC (16 * USEC_PER_SEC)

typedef enum OwnershipState {
    OWNERSHIP_STANDBY,     /* another host owns it, or nobody; or it is not known yet */
    OWNERSHIP_CAMPAIGNING, /* is being asked for */
    OWNERSHIP_UNCERTAIN,   /* that had no answer: its key has to be looked at */
    OWNERSHIP_OWNED,
    OWNERSHIP_RELEASING, /* is given away as soon as nothing of it is under way */
} OwnershipState;

/* What etcd knows of an instance. */
typedef enum OwnerKind {
    OWNER_UNKNOWN, /* was not told yet, or etcd cannot be asked */
    OWNER_NOBODY,
    OWNER_OTHER,
    OWNER_SELF, /* under the lease that this host holds now */
} OwnerKind;

typedef struct OwnershipOps {
    uint64_t (*now_usec)(void *context); /* CLOCK_BOOTTIME */

    /* Asks for one ownership_on_time() of that instance at that time or soon after; replaces what
     * was asked before; USEC_NEVER: none. */
    void (*wake_at)(void *context, size_t instance, uint64_t boottime_usec);

    /* Whether this host may take one more. */
    bool (*has_room)(void *context);

    /* This one is neither owned nor asked for any more: there may be room for others, such as those
     * that were not asked for meanwhile. After this has returned, ownership_on_room() of all of
     * them follows, soon. */
    void (*on_room)(void *context);

    /* Begin a request to etcd, one at a time. After this has returned, ownership_on_unanswered()
     * follows, or of campaign() ownership_on_won() or ownership_on_taken(); of look()
     * ownership_on_looked(); of release() ownership_on_released(). What release() writes tells
     * that nothing of any owner is under way: each change that was sent was answered, and
     * `has_waited`, which it has not who gives away what it had to wait for itself. */
    void (*campaign)(void *context, size_t instance);
    void (*look)(void *context, size_t instance);
    void (*release)(void *context, size_t instance, uint64_t token, bool has_waited);

    /* Passes may begin from now on; from `change_from_usec` on (0: at once) with changes. */
    void (*begin)(void *context, size_t instance, uint64_t change_from_usec);

    /* No pass begins any more. The one under way sends nothing more; is_quiet() tells when it is
     * over. */
    void (*stop)(void *context, size_t instance, const char *why);

    /* The same, and no answer is awaited either; what the pass knew is forgotten, and the request
     * under way to etcd is dropped: nothing follows of it. */
    void (*drop)(void *context, size_t instance, const char *why);

    /* Whether nothing is under way at the service, be it that a change had no answer and may still
     * land. */
    bool (*is_quiet)(void *context, size_t instance);
} OwnershipOps;

typedef struct Ownership {
    const OwnershipOps *ops;
    void *context; /* of ops */
    size_t instance;
    uint64_t handover_usec;
    OwnershipState state;
    OwnerKind owner;           /* as far as this host knows */
    uint64_t revision;         /* of etcd, which it knows that of; what is older counts no more */
    uint64_t owner_token;      /* with OWNER_SELF: of the key that is there */
    uint64_t token;            /* OWNED, RELEASING: under which it acts */
    uint64_t change_from_usec; /* likewise: boottime; 0: at once */
    uint64_t next_usec;        /* the next try or look; USEC_NEVER: none */
    uint32_t failures;         /* tries without an answer, since it was owned last */
    bool has_lease;            /* of the host: nothing is asked for without */
    bool is_drained;           /* the host takes nothing */
    bool is_asking;            /* a request to etcd is under way */
    bool is_given_away;        /* RELEASING: that was asked for, and may have been carried out */
} Ownership;

/* Everything is borrowed and outlives it. */
void ownership_init(Ownership *ownership, const OwnershipOps *ops, void *context, size_t instance,
                    uint64_t handover_usec);

/* The host holds a lease from now on; it is lost, with all that hung on it. */
void ownership_on_lease(Ownership *ownership);
void ownership_on_lost(Ownership *ownership, const char *why);

/* What etcd tells of the owner, unasked (a watch), and the revision that this is of. `token`: with
 * OWNER_SELF alone. */
void ownership_on_owner(Ownership *ownership, OwnerKind owner, uint64_t revision, uint64_t token);

/* There is room again. */
void ownership_on_room(Ownership *ownership);

/* The time that was asked for by wake_at() has come, or another. */
void ownership_on_time(Ownership *ownership);

/* What the request under way came to. Won: the token is the revision; `is_handed_over` where there
 * was no owner before, or the last one released it after its last answer. Taken: the key was there,
 * another's, or by an earlier campaign of this host whose answer was lost. */
void ownership_on_won(Ownership *ownership, uint64_t token, bool is_handed_over);
void ownership_on_taken(Ownership *ownership, OwnerKind owner, uint64_t revision, uint64_t token);
void ownership_on_looked(Ownership *ownership, OwnerKind owner, uint64_t revision, uint64_t token);
void ownership_on_released(Ownership *ownership, uint64_t revision);
void ownership_on_unanswered(Ownership *ownership);

/* A record of the owner was refused: its key is not what it was. The instance is another's. */
void ownership_on_fenced(Ownership *ownership);

/* Gives it away as soon as all that is under way is answered, and takes nothing until
 * ownership_undrain(). */
void ownership_drain(Ownership *ownership, const char *why);
void ownership_undrain(Ownership *ownership);

/* After each answer and each pass: whether it can be given away by now. */
void ownership_step(Ownership *ownership);

/* Whether changes may be made at this moment, as far as the ownership goes. While it is given away
 * too, until that is asked for: a pass that is stopped completes what it has begun. */
bool ownership_allows_changes(const Ownership *ownership);
