/* SPDX-License-Identifier: MIT */
/* Whether a pass under way still moves: what it waits for, and for how long. Kept by whoever runs
 * it; the watchdog asks. */
#pragma once

#include "reconcile/ops.h"

/* How long it may take to make a channel's changes known to a fleet. */
#define PROGRESS_INTENT_USEC USEC_PER_MINUTE

typedef struct Progress {
    uint64_t wake_usec;  /* the pass's next wake; USEC_NEVER: none */
    uint64_t moved_usec; /* when something happened last */
    size_t in_flight;    /* requests */
    size_t changes_in_flight;
    size_t intending; /* Ops.intend(), of which no answer came */
    bool is_renewing; /* a credential */
} Progress;

void progress_init(Progress *progress, uint64_t now_usec);

/* Something happened: an answer, a wake, an order. */
void progress_note(Progress *progress, uint64_t now_usec);

void progress_on_submit(Progress *progress, RequestKind kind);
void progress_on_answer(Progress *progress, RequestKind kind);

/* A channel's changes are being made known; that has ended, or was called off. */
void progress_on_intend(Progress *progress);
void progress_on_intended(Progress *progress);

/* Nothing in flight at the service is awaited any more. What is being made known is called off by
 * the pass, one by one. */
void progress_on_abandon(Progress *progress);

/* Whether a change is in flight, whose outcome is worth waiting for. */
bool progress_is_changing(const Progress *progress);

/*
 * Whether it is stuck: its wake is overdue, or a request is in flight for longer than its timeout
 * and some slack allow, or there is nothing at all that it waits for. `renewal_due_usec`: until
 * when the steps that renew a credential may take.
 */
bool progress_is_stuck(const Progress *progress, uint64_t timeout_usec, uint64_t renewal_due_usec,
                       uint64_t now_usec);
