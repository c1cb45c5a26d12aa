/* SPDX-License-Identifier: MIT */
/*
 * DOC: what is logged, and how often
 *
 * A pass tells events (ops.h); event_log.h turns each into one line with its fields and its
 * message id (message_ids.h, described in systemd/rosterd.catalog). Deletions are logged always.
 * What merely stays as it was is logged once: log_once.h keeps what was logged last of each
 * subject, and a line that says the same again goes to debug.
 *
 * A PassLog is that of one instance. It outlives its passes, so that an outage is logged when it
 * begins and when it is over, a held plan when it is held and when its digest changes, drift when
 * it appears. After a reload it goes on where the one before left off (scheduler.h).
 *
 * audit_log.h logs what a person did through the control socket, with the user's id, and
 * warnings.h what is suspicious in a configuration that is valid.
 *
 * The functions here are those that log; what they call does not. Texts that come from the service
 * are cut and cleaned before they get here (daemon/roma/wire), and no secret is ever in them.
 */
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
