/* SPDX-License-Identifier: MIT */
/*
 * This host's part in what the fleet shares: what etcd has is kept in the state, and what people
 * say here is written to etcd.
 *
 * A pause is kept here first, so that it holds on this host whatever becomes of etcd, then written
 * there. No intent that comes after it can be written any more (daemon/fleet/KEYS.md); what an
 * owner had begun before ends when it hears of the pause, which it says under taken/HOST. A pause
 * that etcd did not get stays here, and is written when etcd answers again, unless another host has
 * ended meanwhile what it stood in for. Resuming and approving are done in etcd or not at all.
 */
#pragma once

#include <systemd/sd-event.h>

#include "daemon/fleet/fleet.h"
#include "daemon/store/store.h"

typedef struct Shared Shared;

/* Whoever makes passes. Called from the event loop, and from shared_pause() and shared_on_change();
 * passes of this host send nothing more within the scope. */
typedef void (*SharedOnPaused)(void *userdata, const StoreScope *scope);

/* `host` is what this one is called in the fleet, `lease_usec` how long a lease lasts. Everything
 * is borrowed. 0, -ENOMEM, or sd-event's. */
int shared_new(sd_event *event, Fleet *fleet, const char *host, uint64_t lease_usec,
               SharedOnPaused on_paused, void *userdata, Shared **ret_shared);

/* Ends what is under way without callbacks. NULL is fine. */
void shared_free(Shared *shared);
DEFINE_CLEANUP(Shared, shared_free)

/* The state that can be written, from now on; NULL: there is none. Keeps in it what etcd has. */
void shared_use_store(Shared *shared, Store *store);

/* FleetOps.on_key and on_change. */
void shared_on_key(Shared *shared, const char *name, const EtcdKey *key);
void shared_on_change(Shared *shared);

/* ---- what people say ---- */

typedef enum SharedEnd {
    SHARED_DONE,    /* etcd has it, and whom it concerns has taken it */
    SHARED_LATE,    /* of a pause: etcd has it, an owner has not taken it yet */
    SHARED_HERE,    /* of a pause: etcd does not have it, and it holds on this host alone */
    SHARED_REFUSED, /* of anything else: etcd does not have it */
} SharedEnd;

/* Borrowed for the call. */
typedef struct SharedOutcome {
    SharedEnd end;
    const char *message; /* SHARED_HERE, SHARED_REFUSED: why */
    const char *owner;   /* SHARED_LATE: who has not taken it */
    uint64_t until_usec; /* likewise, realtime: until when what it began before may go on */
} SharedOutcome;

typedef void (*SharedOnOutcome)(void *userdata, const SharedOutcome *outcome);
typedef struct SharedAsking SharedAsking;

/*
 * Each begins: 0, and the callback comes later, once, within 5 s; or negative, told in `err`, and
 * nothing was done. shared_cancel() has it not come.
 *
 * shared_pause(): as store_pause(); it holds here when this returns. shared_resume(): ends the
 * pause of that scope. shared_approve(): an approval of the plan with that digest.
 */
int shared_pause(Shared *shared, const StorePause *pause, uint64_t realtime_usec,
                 StorePauses *replaced, SharedOnOutcome callback, void *userdata,
                 SharedAsking **ret_asking, Err *err);
int shared_resume(Shared *shared, const StoreScope *scope, SharedOnOutcome callback, void *userdata,
                  SharedAsking **ret_asking, Err *err);
int shared_approve(Shared *shared, const char *digest, bool opens_window, uid_t uid,
                   uint64_t realtime_usec, SharedOnOutcome callback, void *userdata,
                   SharedAsking **ret_asking, Err *err);
void shared_cancel(SharedAsking *asking);
