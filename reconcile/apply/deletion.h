/* SPDX-License-Identifier: MIT */
/* What is known of one of a channel's deletions, what the log is told of it and what the history.
 */
#pragma once

#include "reconcile/channel/channel.h"

/* Keeps how the call ended, and what its last answer said. */
void deletion_note(Sent *sent, const Call *call, CallEnd end);

/* Tells the log what became of an extra, with what the service said last; `why` it failed, NULL
 * where it did not. */
void deletion_tell(const ChannelPass *channel, size_t number, const Err *why);

/* Gives a deletion its outcome in the history. 0, or the state's error told in `err`. */
int deletion_decide(ChannelPass *channel, size_t number, Outcome outcome, Err *err);
