/* SPDX-License-Identifier: MIT */
/*
 * The lease of this host in its fleet: until when whatever the host owns is its own (rosterd(8),
 * "Several hosts").
 *
 * The service cannot refuse a host that has lost an instance, so the host has to stop by itself,
 * in time. Its end is reckoned from the moment before the grant or the renewal was sent, never from
 * the arrival of the answer, with the time to live that the answer names, less two in a hundred for
 * clocks that differ in speed. The clock is that of the boot, which goes on while the machine is
 * asleep. A lease that was not renewed by its end is lost, whatever an answer says that comes after
 * it; another one is a new lease, and who holds it begins from nothing.
 *
 *     NONE -> ASKED -> HELD -> NONE ...     NONE, ASKED, HELD -> OVER
 *
 * A renewal is sent each quarter of the time to live; one without an answer is sent again soon.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/clock.h"

/* A change has at least that long for its answer, or its own timeout where that is less. */
#define LEASE_REQUEST_MIN_USEC (5 * USEC_PER_SEC)

/* Between tries that had no answer; doubles up to a quarter of the time to live. */
#define LEASE_RETRY_USEC USEC_PER_SEC

typedef struct LeaseOps {
    uint64_t (*now_usec)(void *context); /* CLOCK_BOOTTIME */

    /* Asks for lease_on_time() at that time or soon after; replaces what was asked before;
     * USEC_NEVER: not. */
    void (*wake_at)(void *context, uint64_t boottime_usec);

    /* Begins to ask for a lease, or for its renewal, within `timeout_usec`. lease_on_granted() or
     * lease_on_renewed() follows, or lease_on_unanswered(), after this has returned. */
    void (*grant)(void *context, uint64_t ttl_usec, uint64_t timeout_usec);
    void (*renew)(void *context, int64_t id, uint64_t timeout_usec);

    /* Drops the request under way, if there is one: nothing follows of it; and gives a lease back,
     * as far as that can be had (0: none is known). */
    void (*revoke)(void *context, int64_t id);

    /* It is held from now on; it is lost: nothing that was begun under it may go on. */
    void (*on_held)(void *context);
    void (*on_lost)(void *context, const char *why);
} LeaseOps;

typedef enum LeaseState {
    LEASE_NONE,  /* waits for its next try */
    LEASE_ASKED, /* a grant is under way */
    LEASE_HELD,
    LEASE_OVER, /* given back, and no other is asked for */
} LeaseState;

typedef struct Lease {
    const LeaseOps *ops;
    void *context;        /* of ops */
    uint64_t wanted_usec; /* the time to live that is asked for */
    LeaseState state;
    int64_t id;          /* HELD */
    uint64_t ttl_usec;   /* HELD: as the last answer named it */
    uint64_t end_usec;   /* HELD: when it is lost */
    uint64_t asked_usec; /* when the request under way began */
    bool is_renewing;    /* HELD: one is under way */
    uint32_t failures;   /* tries in a row without an answer */
    uint64_t next_usec;  /* the next try; USEC_NEVER: none is due */
} Lease;

/* Everything is borrowed and outlives it. Asks for nothing before lease_begin(). */
void lease_init(Lease *lease, const LeaseOps *ops, void *context, uint64_t wanted_usec);
void lease_begin(Lease *lease);

/* The time that was asked for by wake_at() has come, or another. */
void lease_on_time(Lease *lease);

/* What the request under way came to. `ttl_usec` 0: there is no such lease (any more), even right
 * after a grant. */
void lease_on_granted(Lease *lease, int64_t id, uint64_t ttl_usec);
void lease_on_renewed(Lease *lease, uint64_t ttl_usec);
void lease_on_unanswered(Lease *lease);

/* Another sign that it is gone: a change that named it was refused for that. */
void lease_on_gone(Lease *lease);

/* Gives it back, and asks for none any more. Whatever hung on it ends with it. */
void lease_end(Lease *lease);

/* Whether it is held at this moment. */
bool lease_is_held(const Lease *lease);

/* How long a change that begins at this moment may take, at most `timeout_usec`; 0: none may
 * begin, for the lease could end before its answer. */
uint64_t lease_allows_usec(const Lease *lease, uint64_t timeout_usec);
