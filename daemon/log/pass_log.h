/* SPDX-License-Identifier: MIT */
/* What the passes of one instance say in the log, each thing once: what was so at the pass before
 * is not said again. */
#pragma once

#include "daemon/log/log_once.h"
#include "reconcile/report/report.h"

typedef struct PassLog {
    const char *instance_name; /* borrowed */
    LogOnce log_once;
    uint64_t outage_since_usec; /* monotonic: since when the instance itself fails; 0: it works */
    bool instance_failed;       /* told during the pass under way */
} PassLog;

void pass_log_done(PassLog *log);

/* The channel's own name, else what the roster has for it. */
const char *pass_log_channel_name(const ChannelReport *report);

/* What the pass under way tells. */
void pass_log_event(PassLog *log, const Event *event);

/* Where the guards of a whole pass hold nothing any more, what they hold next is logged as new. */
void pass_log_instance(PassLog *log, const InstanceReport *report);

/* After a pass: that a channel is well again, or has drift that stays, and which
 * of its extras look like a slip in the roster. */
void pass_log_recovered(PassLog *log, const ChannelReport *report);
void pass_log_drift(PassLog *log, const ChannelReport *report);

/* That none of the channels could be read, unless the pass has said so itself; that it is over. */
void pass_log_outage(PassLog *log, const Report *report);
void pass_log_recovery(const PassLog *log);
