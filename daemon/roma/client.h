/* SPDX-License-Identifier: MIT */
/*
 * DOC: the client of the service
 *
 * A RomaClient sends what passes ask for, for all instances of a configuration, and brings the
 * answers. It is the only way to the service, and the last check before a change: it sends a
 * change only where roma_client_permit() has named that very member, or its like that very action,
 * which happens after the change is recorded, and none at all where it is read-only or the channel
 * is only observed. It does so whatever the rooms above it decide.
 *
 * A request goes this way: wire/ writes its method, path and headers and signs them with the
 * credential that provider/ holds; daemon/http sends it once; wire/ reads what comes into an
 * Answer, its pages whole and checked, its error in words without secrets. Whether it is sent
 * again is decided in reconcile/request. wire/request.h has the names of a request in each room.
 *
 * permits.h keeps which members may be deleted or added, provider/route.h whom an instance's
 * connections trust and through which proxy they go. API.md is the service as rosterd relies on it;
 * comments cite its sections.
 *
 * Answers come from the event loop, never from within a call, and are borrowed for the callback.
 * The configuration is borrowed and outlives the client.
 */
#pragma once

#include <systemd/sd-event.h>

#include "config/config.h"
#include "daemon/base/lockout_store.h"
#include "reconcile/ops.h"
#include "reconcile/request/limiter.h"

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

/* The same in parts: without reading anything; and then the files of so many further instances. 1:
 * there are more; 0: all are read; negative, with all of them looked at: as roma_client_new().
 * Nothing may be submitted before. */
int roma_client_make(sd_event *event, const Config *config, bool read_only, RomaOnAnswer on_answer,
                     RomaOnRenewed on_renewed, void *userdata, RomaClient **ret_client, Err *err);
int roma_client_read(RomaClient *client, size_t at_once, Err *err);

/* Has such waits told, with roma_client_new()'s userdata. */
void roma_client_tell_waits(RomaClient *client, RomaOnWait on_wait);

/* How long a change of an instance that begins at this moment may take, at most `timeout_usec`; 0:
 * none may begin. */
typedef uint64_t (*RomaGate)(void *userdata, size_t instance, uint64_t timeout_usec);

/* Has each change ask `gate`, with roma_client_new()'s userdata: for its timeout when it is
 * submitted, and once more for what is left of it at the last point before bytes leave. Without it,
 * changes have limits.timeout. */
void roma_client_guard(RomaClient *client, RomaGate gate);

/* Where passwords that IAM refused are kept for later runs; without it, nowhere. Copied. */
void roma_client_remember_lockouts(RomaClient *client, const LockoutStore *store);

/* Has what credentials are got by take permits of that limiter, and keeps no more connections than
 * it has permits; roma_client_submit() is for who holds one. Borrowed: it outlives the client. */
void roma_client_limit(RomaClient *client, Limiter *limiter);

/* Frees what belongs to one instance, which is not used any more: whoever frees a client of a
 * thousand does it in parts. Harmless twice. */
void roma_client_drop(RomaClient *client, size_t instance);

/* What is under way ends without a callback. NULL is fine. */
void roma_client_free(RomaClient *client);
DEFINE_CLEANUP(RomaClient, roma_client_free)

/*
 * Sends a request, once. 0: on_answer follows from the event loop, never from within. Else it does
 * not, and nothing was sent: -EKEYEXPIRED when there is no credential to send it with, until
 * roma_client_renew() has got one; -EPERM for a deletion that is not permitted (a read-only client,
 * a channel in observe, a member without roma_client_permit()); -ESTALE for a change that the gate
 * lets begin no more (one that it stops later is answered by ANSWER_WITHHELD); -EINVAL for ids that
 * may not stand in a path, or a request that does not fit its instance; -ENOMEM. The request is
 * copied as far as it is needed.
 */
int roma_client_submit(RomaClient *client, const Request *request);

/* Gets a new credential for an instance: on_renewed follows from the event loop. -EALREADY while
 * one is under way (its on_renewed serves both), -EINVAL for no such instance. */
int roma_client_renew(RomaClient *client, size_t instance);

/* Until when (monotonic) the step of an instance's renewal under way may take: an answer's timeout,
 * or the wait for the next attempt. 0: none is under way. */
uint64_t roma_client_renewal_due_usec(const RomaClient *client, size_t instance);

/* What is known of an instance's credential. */
typedef struct RomaCredential {
    uint64_t expires_usec;  /* monotonic; USEC_NEVER: not known, or there is none */
    uint64_t failure_count; /* credential_cache_failure_count() */
} RomaCredential;

RomaCredential roma_client_credential(const RomaClient *client, size_t instance);

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

/* Permits the addition or correction that is recorded as that action. Errors likewise. */
int roma_client_permit_action(RomaClient *client, size_t instance, const char *channel_id,
                              uint64_t action);

/* Permits a recorded change of an undo, which no mode but `observe` forbids. Errors likewise. */
int roma_client_permit_undone(RomaClient *client, size_t instance, const char *channel_id,
                              const Change *change);

/* Takes all permits of an instance back: called at the end of its pass. */
void roma_client_forget_permits(RomaClient *client, size_t instance);

/* Ends everything under way of an instance, or of all, renewals included, without callbacks. */
void roma_client_cancel_instance(RomaClient *client, size_t instance);
void roma_client_cancel_all(RomaClient *client);
