/* SPDX-License-Identifier: MIT */
/* Whether a channel's plan is one of those that the pass is confined to (reconcile/plan/chosen.h).
 */
#pragma once

#include "reconcile/channel/channel.h"

/* 0: it is, members to be enabled included, or the pass is confined to none. -EPERM: it is another
 * one, or lapsed, told in `err`; then nothing is sent in the channel. */
int choice_check(const ChannelPass *channel, Err *err);

/* Whether the members that are to be enabled may be. */
bool choice_lets_enable(const ChannelPass *channel);

/* Ends a channel whose plan is another one: skipped. */
void choice_end(ChannelPass *channel, const Err *err);
