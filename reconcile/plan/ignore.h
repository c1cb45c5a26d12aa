/* SPDX-License-Identifier: MIT */
/* Ignore rules: members that rosterd must never touch. */
#pragma once

#include <stdbool.h>

#include "config/config.h"
#include "reconcile/ops.h"

/* Whether a live member matches every field of any of the channel's rules. `host` is the row's in
 * canonical form ("" without one), `port` the effective one. */
bool ignore_matches(const RosterChannel *channel, uint16_t channel_port, const MemberRow *row,
                    const char *host, uint16_t port);
