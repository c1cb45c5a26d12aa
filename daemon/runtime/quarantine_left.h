/* SPDX-License-Identifier: MIT */
/* Channels that left the rosters while members that rosterd had disabled were in quarantine there:
 * they stay as they are, and a warning tells of it once. */
#pragma once

#include "daemon/runtime/backend.h"
#include "daemon/store/quarantine.h"
#include "reconcile/pass/pass.h"

/* A member, for people. */
void quarantine_left_print(const StoreQuarantined *member, char *ret_text, size_t size);

/* Tells of those of an instance, with the report of a pass over it; NULL: it has no channels. What
 * channels the rosters mean has to be known of all of them. Nothing without a state, or in a dry
 * run.
 */
void quarantine_left_tell(const Backend *backend, size_t instance, const Report *report);
