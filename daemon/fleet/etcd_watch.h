/* SPDX-License-Identifier: MIT */
/*
 * Follows the changes of the keys from one on that come before another (etcd's Watch, over the
 * gateway one JSON object a line, without an end). Nothing is lost between two watches of which the
 * second begins behind the last revision that the first told. What etcd has forgotten by then
 * (compaction) is told as such: then the keys must be read anew.
 */
#pragma once

#include "daemon/base/arena.h"
#include "daemon/fleet/etcd.h"
#include "daemon/fleet/etcd_txn.h"

typedef struct EtcdWatch EtcdWatch;

typedef struct EtcdEvent {
    bool is_delete;
    EtcdKey key; /* of one that is deleted: its name, and `changed`, alone */
} EtcdEvent;

/* Called from the event loop; may end the watch, and may begin calls. */
typedef struct EtcdWatchOps {
    /* All changes of one revision or of some, in their order; everything up to `revision` has been
     * told then. Without events: it is alive; `revision` 0: that it has begun. */
    void (*on_events)(void *userdata, const EtcdEvent *events, size_t count, uint64_t revision);

    /* It has ended by itself, for the reason `why`; etcd_watch_free() is to be called before this
     * returns. `is_forgotten`: the revision that it should begin with is compacted. */
    void (*on_end)(void *userdata, bool is_forgotten, const char *why);
} EtcdWatchOps;

/*
 * Begins one at a revision (that one included), at the endpoint with that number (modulo theirs).
 * It ends by itself after `duration_usec`, so that one which hangs unseen is replaced in time.
 * Borrows everything but the keys. 0; -ENOMEM; sd-event's.
 */
int etcd_watch_new(Etcd *etcd, size_t endpoint, const char *from, const char *to, uint64_t revision,
                   uint64_t duration_usec, const EtcdWatchOps *ops, void *userdata,
                   EtcdWatch **ret_watch);

/* NULL is fine. No callback follows. */
void etcd_watch_free(EtcdWatch *watch);
DEFINE_CLEANUP(EtcdWatch, etcd_watch_free)
