/* Keeps one instance's credential: loads it at start, gets a new one when the service refuses it.
 * Renewing is a matter of files here, and its end comes from the event loop all the same: tokens of
 * IAM and of the metadata service take requests of their own. */
#pragma once

#include <systemd/sd-event.h>

#include "daemon/roma/credential.h"
#include "reconcile/ops.h"

typedef struct Keeper Keeper;

/* `err` tells why with RENEWAL_FAILED, else it is empty. */
typedef void (*KeeperOnRenewed)(void *userdata, Renewal renewal, const Err *err);

/* `auth` and `directory` are borrowed and outlive the keeper. Errors as credential_load(), or
 * sd-event's. */
int keeper_new(sd_event *event, const Auth *auth, const char *directory, KeeperOnRenewed on_renewed,
               void *userdata, Keeper **ret_keeper, Err *err);

/* A renewal under way ends without its callback. NULL is fine. */
void keeper_free(Keeper *keeper);
DEFINE_CLEANUP(Keeper, keeper_free)

/* What requests are to be sent with now. Borrowed. */
Credential *keeper_get(const Keeper *keeper);

/* Begins a renewal; the callback follows from the event loop, never from within. -EALREADY while
 * one is under way: its callback serves both. */
int keeper_renew(Keeper *keeper);

/* Ends a renewal under way without its callback. NULL is fine. */
void keeper_cancel(Keeper *keeper);
