/* SPDX-License-Identifier: MIT */
/* Logs what the channels of a pass came to (daemon/log/pass_log.h): some at once, where there are
 * many members to be told of the others in later turns of the event loop, in their order. */
#pragma once

#include <systemd/sd-event.h>

#include "daemon/log/pass_log.h"

/* So much is told in one turn: a channel counts as TELLING_CHANNEL, each of its rows as one. */
#define TELLING_AT_ONCE 10000U
#define TELLING_CHANNEL 50U

/* Starts as {0}; `event` and `log`, borrowed, are set by whoever owns it. Must not move while
 * something is left to be told. */
typedef struct Telling {
    sd_event *event;
    PassLog *log;
    const ChannelReport *channels; /* what is being told; NULL: nothing */
    size_t count, next;
    sd_event_source *go_on;
} Telling;

/* Tells of these channels, which stay until it is over. What was left from before is told first. */
void telling_begin(Telling *telling, const ChannelReport *channels, size_t count);

/* Tells what is left, at once: before the next pass says anything, and before the channels go.
 * Harmless where there is nothing. */
void telling_finish(Telling *telling);
