/* SPDX-License-Identifier: MIT */
/*
 * A channel in an instance's part of a pass. Its ChannelPass is big, and a daemon has passes of
 * many instances under way at once, most of which wait for a permit: it is made when the channel
 * starts, and goes when the channel is done and has changed nothing. One that was to change
 * something stays until the pass is freed, for what was sent may still be answered.
 */
#pragma once

#include "reconcile/channel/channel.h"

typedef struct InstanceChannel {
    const RosterChannel *roster;
    ChannelReport *report;
    ChannelUndo *undo; /* NULL: no undo */
    ChannelPass *pass; /* NULL: it has not started, or is done */
    bool is_recovery;  /* `pass` is borrowed, and there from the beginning to the end */
    bool is_paused;    /* before it started */
    bool was_closed;   /* without a ChannelPass, or that is gone */
} InstanceChannel;

static inline bool instance_channel_is_done(const InstanceChannel *channel)
{
    return channel->was_closed || (channel->pass && channel->pass->is_done);
}
