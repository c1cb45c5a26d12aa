/* SPDX-License-Identifier: MIT */
/*
 * DOC: how many requests may be in flight over all instances
 *
 * A Limiter has limits.total_concurrency permits, one for each request in flight, whichever
 * instance, pass or credential it is for. Whoever sends is a LimiterUser: it takes a permit before
 * it judges and sends a request, keeps it while it has more to send, so that its connection serves
 * again, and gives it back when it has not. Whoever gets none stands in line, and is woken when one
 * is kept for it.
 *
 * What makes it fair:
 *
 * - A free permit goes to the user who has waited longest. A user that has had permits for
 *   LIMITER_TURN_USEC and LIMITER_TURN_REQUESTS gives each up after the answer under way and goes
 * to the end of the line, if another could use it; after LIMITER_TURN_MAX_USEC however few requests
 *   it had. A call that completes a change goes first.
 * - While others wait, no user gets more than its share: all permits divided by the users that
 *   hold some or wait, at least one. So slow instances do not gather them.
 * - Instances whose last request got no answer hold half of all permits together at the most, at
 *   least one: however many are silent, the rest is for the others.
 *
 * It is pure: it knows no clock, and the function by which it wakes only asks for a later call.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/base/clock.h"

/* How long, and for how many requests, permits may be kept while others wait. Handshakes cost
 * little beside it, also where all of them at once keep the processor busy for longer than the
 * time. */
#define LIMITER_TURN_USEC USEC_PER_SEC
#define LIMITER_TURN_REQUESTS 8
#define LIMITER_TURN_MAX_USEC (10 * USEC_PER_SEC)

typedef struct Limiter Limiter;
typedef struct LimiterUser LimiterUser;

/* Asks for a call of the user, in which it takes the permit that is kept for it; does nothing else.
 */
typedef void (*LimiterWake)(void *userdata);

/* What is known of an instance, by all who send to it. Starts as {0}. */
typedef struct LimiterPeer {
    bool is_silent; /* the last request to it got no answer */
} LimiterPeer;

/* Its fields are the limiter's. */
struct LimiterUser {
    Limiter *limiter; /* NULL: nothing is limited */
    const LimiterPeer *peer;
    LimiterWake wake;
    void *userdata;
    LimiterUser *previous, *next; /* in line */
    bool is_waiting;              /* in line */
    size_t held;                  /* permits */
    size_t used;                  /* of these, by requests in flight */
    size_t silent;                /* of these, those that count as held by silent instances */
    uint64_t turn_usec;           /* monotonic: when its turn began */
    size_t turn_requests;         /* begun in it */
    bool has_turn;                /* the two are known */
};

/* Starts as {.total = limits.total_concurrency}. */
struct Limiter {
    size_t total;
    size_t held;               /* by all users */
    size_t silent;             /* of these, by silent instances */
    size_t active;             /* users that hold some or wait */
    LimiterUser *first, *last; /* in line */
};

/* Everything is borrowed and outlives the user, which stays where it is until limiter_leave().
 * Where `limiter` is NULL, there is always a permit. */
void limiter_join(Limiter *limiter, LimiterUser *user, const LimiterPeer *peer, LimiterWake wake,
                  void *userdata);

/* Gives up everything, and its place in line. Harmless twice, and on a user that is {0}. */
void limiter_leave(LimiterUser *user);

/* Takes a permit for one request. False: there is none, and the user stands in line. `is_urgent`:
 * the request completes a change. */
bool limiter_take(LimiterUser *user, bool is_urgent, uint64_t now_usec);

/* A request has ended, or was not sent after all: the user keeps its permit until limiter_rest().
 */
void limiter_end(LimiterUser *user);

/* Gives the permits that no request uses to others. `still_wants`: limiter_take() has failed, and
 * the user keeps its place in line. */
void limiter_rest(LimiterUser *user, bool still_wants);

/* Whether it stands in line: it has nothing to send with until it is woken. */
bool limiter_is_waiting(const LimiterUser *user);
