/* SPDX-License-Identifier: MIT */
/*
 * DOC: one pass
 *
 * One pass goes over all channels of a configuration, or those of one instance. It is a machine
 * that somebody else drives: whoever holds it brings answers and the time through the functions
 * below, never from within a call of its Ops, and asks whether it is done. It has no thread, no
 * clock and no socket, which is why a simulator can live years of passes in a minute.
 *
 * Each instance (instance.h) has its channels found once (lookup.h), by its list of channels or one
 * by one; that says which channel each entry of the rosters means. Then its channels go their own
 * ways side by side (reconcile/channel), each started when there is a slot for it, and none waits
 * for another. A whole list becomes a plan, the guards look at it, and decision.h says what is
 * done: nothing, held, or deleted.
 *
 * Before the first change of a channel all of its changes are made known to the other hosts of a
 * fleet, where there is one, and recorded. Channels that are decided in the same turn share one
 * commit (group_commit.h), which the pass makes at its next wake; before each it asks
 * Ops.may_change(). Changes can be held at any time and allowed again:
 * reads go on meanwhile.
 *
 * A pass ends by itself once each channel has a result, by its deadline, or because it is stopped:
 * then it sends nothing more and awaits what is in flight. Abandoned, it does not await that
 * either; what was sent and not answered stays undecided in the state, and a later pass settles it
 * out of a whole list (recovery.h has the channels that no roster names any more).
 */
#pragma once

#include "reconcile/apply/undo.h"
#include "reconcile/pass/lookup.h"
#include "reconcile/pass/pass_guards.h"
#include "reconcile/pass/take_over.h"
#include "reconcile/report/report.h"
#include "reconcile/request/call.h"
#include "reconcile/request/throttle.h"

typedef struct Pass Pass;

#define PASS_ALL_INSTANCES SIZE_MAX

typedef struct PassScope {
    const char *pass_id;
    bool dry_run;
    size_t instance;        /* index into Config.instances, or PASS_ALL_INSTANCES */
    const size_t *channels; /* numbers, in the configuration, of those of `instance`; NULL: they are
                             * looked for among all */
    size_t channel_count;   /* with `channels` */
    bool is_probe;          /* the instances failed before: give their channel lists one attempt */
    Throttle *throttles;    /* one for each instance of the configuration */
    ChannelUndo *undos; /* of an undo, one for each channel of the configuration; NULL: no undo */
    size_t *firsts; /* of each instance's channels, the one to begin with: a pass that is stopped
                       leaves there the first that it did not come to, so that none is always
                       last. NULL: from the top */
    const ChosenPlans *chosen; /* what it is confined to; NULL: it carries out any plan */
    PassSpent *spent; /* of each instance, what passes sent that this one goes on for; a pass that
                         is stopped leaves there what it sent. NULL: nothing, and nothing is left */
    LookupMemory *lookups; /* of each instance, what passes learn of its list of channels. NULL:
                              nothing is kept */
    TakeOver *take_overs;  /* of each instance, what passes learn since it was taken over from
                              another host. NULL: nothing is kept */
} PassScope;

/* Everything but the scope itself is borrowed and outlives the pass. 0 or -ENOMEM. */
int pass_new(const Config *config, const Ops *ops, void *context, const PassScope *scope,
             Pass **ret_pass);
void pass_free(Pass *pass);
DEFINE_CLEANUP(Pass, pass_free)

/* Begins; may be done when it returns (pass_is_done()). */
void pass_start(Pass *pass);

/* `tag` is the Request's. The answer is borrowed for the time of the call. */
void pass_on_answer(Pass *pass, void *tag, const Answer *answer);
/* Of Ops.intend(): its `tag`, and what became of it. One that is not awaited any more is ignored.
 */
void pass_on_intended(Pass *pass, void *tag, const IntentAnswer *answer);
void pass_on_renewed(Pass *pass, size_t instance, Renewal renewal, const Err *err);
void pass_on_wake(Pass *pass);

/* Sends nothing more; requests in flight are awaited. `why` is told where something was left:
 * "stopped by SIGTERM". */
void pass_stop(Pass *pass, const char *why);

/*
 * Begins no change and records none until changes are allowed again; requests in flight are
 * awaited, reads go on, the deadline and a stop still end the pass. `why` is told where it ends
 * meanwhile: "settings or rosters changed". Not to be called from within Ops.
 */
void pass_hold_changes(Pass *pass, const char *why);
void pass_allow_changes(Pass *pass);

/* Sends no further deletion in one channel of the configuration, which was paused just now; one in
 * flight is awaited. */
void pass_pause(Pass *pass, const RosterChannel *roster);

/* Stops, and does not await requests in flight either: no answer may be brought any more. */
void pass_abandon(Pass *pass, const char *why);

bool pass_is_done(const Pass *pass);

/* Complete once the pass is done; owned by it. */
const Report *pass_get_report(const Pass *pass);

/* Moves the report of a pass that is done out of it: report_done() when it is not wanted any more.
 * It still borrows the configuration and the pass's id. */
void pass_take_report(Pass *pass, Report *ret_report);
