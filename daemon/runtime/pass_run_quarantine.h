/* SPDX-License-Identifier: MIT */
/* Quarantine in the state, as a pass asks for it: part of the pass's Ops. */
#pragma once

#include "daemon/runtime/pass_run_internal.h"

int pass_run_quarantine_recall(void *context, const RosterChannel *channel, const char *channel_id,
                               Quarantine *quarantine, Err *err);
int pass_run_quarantine_enter(void *context, const RosterChannel *channel, const ChannelRow *row,
                              const char *const *member_ids, size_t count, Err *err);
int pass_run_quarantine_leave(void *context, const RosterChannel *channel, const char *channel_id,
                              const char *const *member_ids, size_t count, Err *err);

/* Its pass is done: tells of channels that have left the rosters (quarantine_left.h). */
void pass_run_quarantine_tell_left(const PassRun *run);
