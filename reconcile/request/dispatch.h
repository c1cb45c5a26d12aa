/* SPDX-License-Identifier: MIT */
/*
 * DOC: sending to one instance
 *
 * A Call is one request that should have its answer; a Dispatch sends the calls of one instance and
 * sends them again as classify.h and the retry policy say (retry.h): at most limits.concurrency at
 * once, within the rate, not while the service throttles us (throttle.h), each with a permit of
 * those that all instances share (limiter.h), with the credential renewed once where it is refused.
 * After a failure of the instance nothing is sent to it any more.
 *
 * A call stands in one queue at the most. `ready` waits for rate, throttle and permit and has a
 * slot; `waiting` has given its slot to others until its next attempt is due; `refused` waits for a
 * new credential; `held` are changes while changes are held. In flight it is in none. Whatever
 * comes, each call ends exactly once, by its on_end.
 *
 * A pass that is stopped sends nothing more but bound calls, which complete what was begun; once it
 * is abandoned, or its changes are held, not those either.
 *
 * A call that was sent may have had its effect whatever its answer says: was_ambiguous keeps that
 * for good, and whoever owns the call must not take a later "not found" for somebody else's work.
 */
#pragma once

#include "reconcile/request/queue.h"
#include "reconcile/request/throttle.h"

/* Clocks that are further apart are not the same for windows. */
#define DISPATCH_CLOCK_APART_USEC (5 * USEC_PER_MINUTE)

typedef struct Dispatch {
    const Config *config;
    const Ops *ops;
    void *context; /* of ops */
    const char *pass_id;
    size_t instance;
    Throttle *throttle;  /* borrowed: it outlives the pass */
    LimiterUser permits; /* one for each request in flight */
    uint64_t generation; /* of the credential, counted up at each renewal */
    bool is_renewing;
    bool is_stopped;
    bool is_abandoned; /* likewise, and bound calls are sent no more either */
    bool has_failed;
    bool has_clock_apart; /* the last Date of the service and our clock, by more than
                           * DISPATCH_CLOCK_APART_USEC */
    Err failure;          /* has_failed */
    CallQueue ready;      /* to be sent as soon as rate and throttle allow */
    CallQueue waiting;    /* for their next attempt, or the delay they were begun with */
    CallQueue refused;    /* for a new credential */
    Err refusal;          /* refused: of the first of them; not set where it was not even sent */
    CallQueue held;       /* changes that wait until changes are allowed again; they have no slot */
    bool holds_changes;
    size_t in_flight;
    size_t kept; /* slots of channels that are about to begin their next call */
} Dispatch;

/* Everything is borrowed and outlives the dispatch, which stays where it is until dispatch_done().
 */
void dispatch_init(Dispatch *dispatch, const Config *config, const Ops *ops, void *context,
                   size_t instance, const char *pass_id, Throttle *throttle);

/* Nothing of it is awaited any more. Harmless on {0}. */
void dispatch_done(Dispatch *dispatch);

/* 64 random bits, through the backend. */
uint64_t dispatch_random(const Dispatch *dispatch);

/* Begins a call, after a delay where one is given. The end comes by call->on_end, perhaps before
 * this returns (a stopped or failed instance). call is the owner's; it must stay until its end. */
void dispatch_begin(Dispatch *dispatch, Call *call, uint64_t delay_usec);

/* Whether there is a slot for another channel to begin work: none while a call waits for a permit.
 */
bool dispatch_has_slot(const Dispatch *dispatch);

/* Keeps the slot of a channel whose call has ended and whose next one comes a little later; and
 * gives it back, for that call. */
void dispatch_keep_slot(Dispatch *dispatch);
void dispatch_give_slot(Dispatch *dispatch);

/* Ends a call that waits to be sent, or sent again, with CALL_STOPPED; one in flight gets its
 * answer and is not sent again. Nothing where the call is not under way. */
void dispatch_withdraw(Dispatch *dispatch, Call *call, const Err *why);

/* Lets calls whose wait is over take free slots, then sends what may be sent now. */
void dispatch_pump(Dispatch *dispatch);

/* After it, once no further call will be begun now: permits that are not used go to others. */
void dispatch_rest(Dispatch *dispatch);

/* No change is sent until they are allowed again; one in flight gets its answer, and reads go on.
 */
void dispatch_hold_changes(Dispatch *dispatch);
void dispatch_allow_changes(Dispatch *dispatch);

/* When dispatch_pump() has something to do without an answer coming first; USEC_NEVER: not. */
uint64_t dispatch_next_usec(const Dispatch *dispatch);

void dispatch_on_answer(Dispatch *dispatch, Call *call, const Answer *answer);
void dispatch_on_renewed(Dispatch *dispatch, Renewal renewal, const Err *err);

/* Nothing more is sent: told once, ends every call that is not in flight with CALL_INSTANCE. */
void dispatch_fail(Dispatch *dispatch, const Err *err);

/* Ends every call that is not in flight; those in flight end with their next answer. A bound call
 * goes on, unless changes are held. */
void dispatch_stop(Dispatch *dispatch, const char *why);

/* After dispatch_stop(): bound calls end too. */
void dispatch_stop_bound(Dispatch *dispatch);

/* After dispatch_stop_bound(): ends a call that is in flight as if it had got no answer. */
void dispatch_abandon(Dispatch *dispatch, Call *call);
