/* SPDX-License-Identifier: MIT */
/* One pass on a host of a fleet: all its instances are to be this host's before anything is read,
 * and are given back afterwards. */
#pragma once

#include "daemon/cli/interrupt.h"
#include "daemon/runtime/pass_run.h"

typedef struct OnceFleet {
    Backend *backend; /* borrowed */
    PassRun **run;    /* likewise: what is under way; NULL in it: nothing */
    Fleet *fleet;     /* NULL: nobody is to be asked */
    bool *has;        /* for each instance: it is this host's */
    bool *was_given;  /* likewise: it was, and is no more */
    bool is_ending;
    bool was_late; /* etcd, or the lease, was waited for in vain */
    bool has_lost; /* an instance, before the pass was over */
} OnceFleet;

/*
 * Campaigns for all instances of the backend, where its settings name a fleet and it may change
 * anything; else nothing happens. Turns its event loop, until a signal comes. 0: they are this
 * host's; or etcd does not answer, which is logged, and the pass may read, but will change nothing.
 * -EWOULDBLOCK: one is another host's, who is named in `err`. -ENOMEM, and the errors of
 * fleet_new(). once_fleet_done() in every case.
 */
int once_fleet_campaign(OnceFleet *once, Backend *backend, PassRun **run,
                        const Interrupt *interrupt, Err *err);

/* After the pass: tells the other hosts what it came to. */
void once_fleet_put_records(const OnceFleet *once, const Report *report);

/* Whether the pass could not change what it should have. */
bool once_fleet_has_failed(const OnceFleet *once);

/* Gives back what it has, once the run is freed. Turns the event loop, for a few seconds at the
 * most. */
void once_fleet_done(OnceFleet *once);
