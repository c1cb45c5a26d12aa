/* What a beat says in the log, each thing once: news is what was not so at the pass before. */
#pragma once

#include "daemon/beat.h"

const char *say_instance_name(const Beat *beat);

/* The channel's own name, else what the roster has for it. */
const char *say_channel_name(const ChannelReport *report);

/* What the pass under way tells; `userdata` is the beat. */
void say_event(const Event *event, void *userdata);

/* After a pass: that a channel is well again, or has drift that stays, and which
 * of its extras look like a slip in the roster. */
void say_recovered(Beat *beat, const ChannelReport *report);
void say_drift(Beat *beat, const ChannelReport *report);

/* That none of the channels could be read, unless the pass has said so itself; that it is over. */
void say_outage(Beat *beat, const Report *report);
void say_recovery(const Beat *beat);
