/* SPDX-License-Identifier: MIT */
/* What is known of one of a channel's changes, what the log is told of it and what the history. */
#pragma once

#include "reconcile/channel/channel.h"

/* The outcome and the sends that the report has of a change. Borrowed. */
Outcome *sent_outcome(const ChannelPass *channel, size_t number);
uint32_t *sent_attempts(const ChannelPass *channel, size_t number);

/* Its member, for people: as the service writes it, where that is known. */
void sent_print_member(const ChannelPass *channel, size_t number, char *ret_text, size_t size);

/* Keeps how the call ended, and what its last answer said. */
void sent_note(Sent *sent, const Call *call, CallEnd end);

/* Tells the log what became of a change, with what the service said last; `why` it failed, NULL
 * where it did not. */
void sent_tell(const ChannelPass *channel, size_t number, const Err *why);

/* Gives a change its outcome in the history. 0, or the state's error told in `err`. */
int sent_decide(ChannelPass *channel, size_t number, Outcome outcome, Err *err);
