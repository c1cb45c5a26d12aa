/* SPDX-License-Identifier: MIT */
/*
 * The client of the service, for all instances of a configuration: sends what a pass asks for, with
 * each instance's credential, and brings the answers. It is the last that stands before a deletion,
 * and lets through only what was permitted.
 */
#pragma once

#include <systemd/sd-event.h>

#include "config/config.h"
#include "daemon/base/lockout_store.h"
#include "reconcile/ops.h"

typedef struct RomaClient RomaClient;

/* `tag` is the Request's; the answer is borrowed for the time of the call. It may submit, permit
 * and cancel, but not free the client. */
typedef void (*RomaOnAnswer)(void *userdata, void *tag, const Answer *answer);

/* `err` tells why with RENEWAL_FAILED, else it is empty. */
typedef void (*RomaOnRenewed)(void *userdata, size_t instance, Renewal renewal, const Err *err);

/* Getting an instance's credential waits for so long before its next attempt; `attempts` are those
 * made, `err` tells what came of the last. */
typedef void (*RomaOnWait)(void *userdata, size_t instance, uint64_t wait_usec, uint32_t attempts,
                           const Err *err);

/*
 * Loads every instance's credential, where it is not to be issued, and opens no connection yet.
 * `config` is borrowed and outlives the client. `read_only`: no deletion ever leaves it. Errors:
 * those of credential_load(), with all instances' failures in `err`, joined by "; "; -ENOMEM;
 * sd-event's.
 */
int roma_client_new(sd_event *event, const Config *config, bool read_only, RomaOnAnswer on_answer,
                    RomaOnRenewed on_renewed, void *userdata, RomaClient **ret_client, Err *err);

/* Has such waits told, with roma_client_new()'s userdata. */
void roma_client_tell_waits(RomaClient *client, RomaOnWait on_wait);

/* Where passwords that IAM refused are kept for later runs; without it, nowhere. Copied. */
void roma_client_remember_lockouts(RomaClient *client, const LockoutStore *store);

/* What is under way ends without a callback. NULL is fine. */
void roma_client_free(RomaClient *client);
DEFINE_CLEANUP(RomaClient, roma_client_free)

/*
 * Sends a request, once. 0: on_answer follows from the event loop, never from within. Else it does
 * not, and nothing was sent: -EKEYEXPIRED when there is no credential to send it with, until
 * roma_client_renew() has got one; -EPERM for a deletion that is not permitted (a read-only client,
 * a channel in observe, a member without roma_client_permit()); -EINVAL for ids that may not stand
 * in a path, or a request that does not fit its instance; -ENOMEM. The request is copied as far as
 * it is needed.
 */
int roma_client_submit(RomaClient *client, const Request *request);

/* Gets a new credential for an instance: on_renewed follows from the event loop. -EALREADY while
 * one is under way (its on_renewed serves both), -EINVAL for no such instance. */
int roma_client_renew(RomaClient *client, size_t instance);

/* Until when (monotonic) the step of an instance's renewal under way may take: an answer's timeout,
 * or the wait for the next attempt. 0: none is under way. */
uint64_t roma_client_renewal_due_usec(const RomaClient *client, size_t instance);

/* Reads an instance's secret files again where they have changed: called before each pass. */
void roma_client_refresh(RomaClient *client, size_t instance);

/* After a reload: takes over from the client before what the same instance was issued, and which
 * password IAM refused. No request of `old` may be under way. */
void roma_client_take_over(RomaClient *client, size_t instance, RomaClient *old,
                           size_t old_instance);

/* Permits the deletion of one member: called once the deletion is recorded. 0, -EINVAL for what is
 * no id, -ENOMEM. */
int roma_client_permit(RomaClient *client, size_t instance, const char *channel_id,
                       const char *member_id);

/* Permits putting one member back, named by the id that it had. Errors likewise. */
int roma_client_permit_addition(RomaClient *client, size_t instance, const char *channel_id,
                                const char *member_id);

/* Takes all permits of an instance back: called at the end of its pass. */
void roma_client_forget_permits(RomaClient *client, size_t instance);

/* Ends everything under way, renewals included, without callbacks. */
void roma_client_cancel_all(RomaClient *client);
