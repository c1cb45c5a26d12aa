/* SPDX-License-Identifier: MIT */
/* An instance that changes hands: out of the owner's state into its ~carry/K, and from there, with
 * what earlier owners made known before they changed anything, into the state of the next one. What
 * goes wrong is logged with the instance's name. */
#pragma once

#include "daemon/fleet/fleet.h"
#include "daemon/store/store.h"

/* Appends the carry of an instance to an empty buffer. 0, -ENOMEM, or the state's errors, which are
 * logged. */
int hand_over_append(Store *store, const char *instance_key, const char *instance_name, Buf *carry);

/* Takes what the one before left, before the first pass; intents of this host itself, `own_host`,
 * are those of its own history. Where that cannot be had it is as if nothing was left: whoever is
 * in quarantine is found disabled, and what was sighted is sighted again. */
void hand_over_take(Store *store, const char *instance_key, const char *instance_name,
                    const char *own_host, const FleetCarry *carry);
