/* SPDX-License-Identifier: MIT */
/*
 * The keys of the fleet that every host keeps in memory (KEYS.md): read whole at first, at one
 * revision, and kept by one watch from then on. Nothing is asked for again while it is told what
 * changes: an end of the watch, another endpoint that answers, or what etcd has forgotten begins it
 * anew, and what has changed meanwhile is told as if it had just been.
 *
 * What it says may be old: whoever decides by it has etcd compare in the transaction that acts.
 */
#pragma once

#include <stdbool.h>

#include "daemon/fleet/etcd.h"
#include "daemon/fleet/etcd_txn.h"

typedef struct Mirror Mirror;

/* Called from the event loop; may not free the mirror. */
typedef struct MirrorOps {
    /* A key that is new, changed, or gone (`key` NULL), by its name behind the prefix, and the
     * revision up to which that is so. */
    void (*on_key)(void *userdata, const char *name, const EtcdKey *key, uint64_t revision);

    /* All that came at once was told; `is_anew`: and everything that is there was read. */
    void (*on_change)(void *userdata, bool is_anew);

    /* It is told nothing for now, for the reason `why`; or it is told again (NULL). */
    void (*on_state)(void *userdata, const char *why);
} MirrorOps;

/* Everything but the prefix is borrowed. Asks for nothing before mirror_begin(). `patience_usec`:
 * for so long may it be behind what etcd says elsewhere before it asks for a new watch. 0; -ENOMEM;
 * sd-event's. */
int mirror_new(sd_event *event, Etcd *etcd, const char *prefix, uint64_t patience_usec,
               const MirrorOps *ops, void *userdata, Mirror **ret_mirror);
void mirror_begin(Mirror *mirror);

/* No callback follows. NULL is fine. */
void mirror_free(Mirror *mirror);
DEFINE_CLEANUP(Mirror, mirror_free)

/* An answer to something else named a revision: whether the watch still tells what changes shows by
 * it, and by the endpoint that gave it. Nothing is asked while they agree. */
void mirror_compare(Mirror *mirror, uint64_t revision);

/* Asks for a new watch: the machine was asleep, or cut off. */
void mirror_renew(Mirror *mirror);

/* The key with that name behind the prefix, such as "pauses/…"; NULL: there is none. Borrowed until
 * the event loop turns. */
const EtcdKey *mirror_find(const Mirror *mirror, const char *name);

/* One key after the other whose name begins so, in the order of names: begins with *position 0;
 * NULL after the last one. */
const EtcdKey *mirror_next(const Mirror *mirror, const char *prefix, size_t *position);

/* The name of one of its keys behind the prefix. */
const char *mirror_name(const Mirror *mirror, const EtcdKey *key);

/* Whether it has been read, and is being told what changes. */
bool mirror_is_current(const Mirror *mirror);

/* The revision up to which it was told everything; 0: nothing was read yet. */
uint64_t mirror_get_revision(const Mirror *mirror);
