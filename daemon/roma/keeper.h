/*
 * Keeps one instance's credential: reads it from files or the environment, or has it issued
 * (issuer.h); gets a new one when the service refuses it, when its files change, or before it
 * expires. However many ask, one renewal at a time is under way.
 */
#pragma once

#include <systemd/sd-event.h>

#include "daemon/http/http.h"
#include "daemon/roma/credential.h"
#include "daemon/roma/issuer.h"
#include "reconcile/ops.h"

typedef struct Keeper Keeper;

/* `err` tells why with RENEWAL_FAILED, else it is empty. */
typedef void (*KeeperOnRenewed)(void *userdata, Renewal renewal, const Err *err);

/* What the callbacks are, and where refused passwords are kept. on_wait tells that getting a
 * credential waits before its next attempt. */
typedef struct KeeperTold {
    KeeperOnRenewed on_renewed;
    IssuerOnWait on_wait;
    void *userdata;
    const RefusalMemory *memory; /* borrowed */
} KeeperTold;

/* Everything is borrowed and outlives the keeper. Errors as credential_load() or issuer_new(), or
 * sd-event's. What has to be issued is not asked for yet. */
int keeper_new(sd_event *event, Http *http, const Config *config, const Instance *instance,
               const KeeperTold *told, Keeper **ret_keeper, Err *err);

/* A renewal under way ends without its callback. NULL is fine. */
void keeper_free(Keeper *keeper);
DEFINE_CLEANUP(Keeper, keeper_free)

/* What requests are to be sent with now, borrowed; NULL: nothing, keeper_renew() first. One that
 * expires before long is renewed meanwhile, without a callback. */
Credential *keeper_get(Keeper *keeper);

/* The service has refused this one: a renewal that came in between is not followed by another. */
void keeper_note_refused(Keeper *keeper, Credential *credential);

/* Files that have changed are read again. What is wrong with them is no error as long as the
 * service takes what was read before. To be called before each pass. */
void keeper_refresh(Keeper *keeper);

/* Begins a renewal, or waits for the one under way; the callback follows from the event loop, never
 * from within. -EALREADY when a callback is to follow already: it serves both. */
int keeper_renew(Keeper *keeper);

/* Until when (monotonic) the step of a renewal under way may take. */
uint64_t keeper_due_usec(const Keeper *keeper);

/* Ends a renewal under way without its callback. NULL is fine. */
void keeper_cancel(Keeper *keeper);

/* Takes over what the keeper of the same instance before a reload was issued and has learnt. */
void keeper_take_over(Keeper *keeper, Keeper *old);
