/* SPDX-License-Identifier: MIT */
/*
 * What the hosts of a fleet share in etcd, as far as passes here go by it: pauses and approvals.
 * etcd's are the truth, and each host keeps a copy in its state, so that whatever looks there finds
 * them, and a start without etcd still knows them.
 *
 * A pause is kept here before etcd is told, as one that holds on this host alone (is_local); it
 * stays beside etcd's until etcd has it.
 */
#pragma once

#include "daemon/base/digest.h"
#include "daemon/store/store.h"

/* From now on the state is such a copy. What spends an approval has been spent in etcd before, in
 * the transaction of the intent, which may have been heard of here already: store_record() and
 * store_share_approval() find none to spend, and that is no error. Pauses that were set before this
 * host belonged to a fleet become local ones, which etcd gets. Commits at once where there are any.
 * 0, or the state's errors: then they hold as they did. */
int store_mirror_begin(Store *store, const char *host, Err *err);

/*
 * Makes the pauses that etcd has those of the state: what is not among these (by scope, reason,
 * host, uid and time of setting) ends, what is new is added; one of these that stood here as local
 * is local no more, and other local ones stay. Commits at once where anything changed. 1: something
 * did; 0; or the state's errors, and nothing did.
 */
int store_mirror_pauses(Store *store, const StorePause *pauses, size_t count,
                        uint64_t realtime_usec, Err *err);

/* etcd has a local pause now (by its number); or it shall not hold any more. Commits at once; one
 * that is not there any more is fine. */
int store_mirror_pause_is_there(Store *store, uint64_t number, Err *err);
int store_mirror_drop_pause(Store *store, uint64_t number, Err *err);

/* An approval in etcd. */
typedef struct StoreSharedApproval {
    char digest[DIGEST_HEX_SIZE];
    uint64_t given_usec; /* realtime */
    bool opens_window;
} StoreSharedApproval;

/*
 * The same of approvals: those not among these are withdrawn, but for what
 * store_share_approval() made of others and for those that are spent; one that was spent is given
 * again where it was given anew since.
 */
int store_mirror_approvals(Store *store, const StoreSharedApproval *approvals, size_t count,
                           uint64_t realtime_usec, Err *err);

/* The digest of the instance's plan that an approval was shared from, or its own where it was given
 * here for this run (store_mirror_keep_own()): 1; 0: from none, and etcd has it. */
int store_mirror_find_whole(Store *store, const char *digest,
                            char ret_digest[static DIGEST_HEX_SIZE], Err *err);

/* The approval was given on this host, for a pass of its own: etcd does not have it. Buffered;
 * nothing in a Store for reading. */
int store_mirror_keep_own(Store *store, const char *digest, Err *err);

/* An instance of the fleet may not be one of this host's: gives it a name, unless it has one. In
 * the open transaction. */
int store_mirror_name_instance(Store *store, const char *key, const char *name, Err *err);
