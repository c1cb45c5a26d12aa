/* SPDX-License-Identifier: MIT */
/* Reads many keys, in pages, all as they were in one revision. */
#pragma once

#include "daemon/fleet/etcd.h"
#include "daemon/fleet/etcd_txn.h"

typedef struct EtcdList EtcdList;

/* Called from the event loop. on_end() may free the list, and only there. */
typedef struct EtcdListOps {
    /* A page; borrowed for the call. 0, or -ENOMEM, which ends it as unanswered. */
    int (*on_keys)(void *userdata, const EtcdFound *found);

    /* ANSWERED: every key was told, as of `revision`. Otherwise `message` says why not. */
    void (*on_end)(void *userdata, EtcdResult result, uint64_t revision, const char *message);
} EtcdListOps;

/* Begins with the keys from one on that come before another; each page has `timeout_usec`. Borrows
 * everything but the keys. 0 or -ENOMEM, or sd-event's. */
int etcd_list_new(Etcd *etcd, const char *from, const char *to, uint64_t timeout_usec,
                  const EtcdListOps *ops, void *userdata, EtcdList **ret_list);

/* No callback follows. NULL is fine. */
void etcd_list_free(EtcdList *list);
DEFINE_CLEANUP(EtcdList, etcd_list_free)
