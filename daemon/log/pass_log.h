/* What a scheduler says in the log, each thing once: news is what was not so at the pass before. */
#pragma once

#include "daemon/runtime/scheduler.h"

const char *pass_log_instance_name(const Scheduler *scheduler);

/* The channel's own name, else what the roster has for it. */
const char *pass_log_channel_name(const ChannelReport *report);

/* What the pass under way tells; `userdata` is the scheduler. */
void pass_log_event(const Event *event, void *userdata);

/* After a pass: that a channel is well again, or has drift that stays, and which
 * of its extras look like a slip in the roster. */
void pass_log_recovered(Scheduler *scheduler, const ChannelReport *report);
void pass_log_drift(Scheduler *scheduler, const ChannelReport *report);

/* That none of the channels could be read, unless the pass has said so itself; that it is over. */
void pass_log_outage(Scheduler *scheduler, const Report *report);
void pass_log_recovery(const Scheduler *scheduler);
