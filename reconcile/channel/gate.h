/* SPDX-License-Identifier: MIT */
/* Whether a channel may be changed at this moment, by windows, freezes and the two clocks. */
#pragma once

#include "reconcile/channel/channel.h"

typedef struct GateLook {
    bool is_closed;
    bool may_be_opened;  /* by an approval that says so: windows alone are closed */
    const char *reason;  /* is_closed: for people; static, or the configuration's */
    uint64_t until_usec; /* is_closed: realtime; 0: not known */
} GateLook;

/* Looks now; an approval makes no difference. What rosterd had disabled needs no window to be
 * enabled again, but is frozen with the rest. */
GateLook gate_look(const ChannelPass *channel);

/* What the configuration says of a pause, of windows and freezes, for a channel that is not read
 * yet. */
void gate_show(ChannelReport *report, const Config *config, uint64_t realtime_usec);

/* Asked before each change of a channel: whether it is closed by now. Then the channel counts as
 * paused, and its report says why. */
bool gate_shuts(ChannelPass *channel);
