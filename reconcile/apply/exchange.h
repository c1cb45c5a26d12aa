/* SPDX-License-Identifier: MIT */
/*
 * A channel that is full takes no addition before something goes (API.md section 1.11). For each
 * addition that the service refused for its quota one extra is deleted, and the addition is sent
 * once more: `settle` apart from the next such pair, never with fewer members in service than
 * min_remaining in between, and undivided: once the deletion was sent, neither a pause nor a closed
 * window nor a stop short of its grace keeps the addition back. Where extras only enter quarantine,
 * one is disabled likewise, and the addition has failed until a later pass deletes it.
 */
#pragma once

#include "reconcile/channel/channel.h"

/* Whether a change that ended so is an addition that an extra may be exchanged for, or was. */
bool exchange_is_for(const ChannelPass *channel, size_t number, CallEnd end, const Answer *answer);

/* Whether an addition waits for an exchange. */
bool exchange_is_due(const ChannelPass *channel);

/* Begins the next exchange by the list that was read last. Without an extra that may go, the
 * channel ends as failed. */
void exchange_begin(ChannelPass *channel);

/* The change under way of an exchange has ended. */
void exchange_go_on(ChannelPass *channel);

/* Additions that wait for an exchange have failed: none is made any more. 0, or the state's error
 * told in `err`. */
int exchange_give_up(ChannelPass *channel, Err *err);
