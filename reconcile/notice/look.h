/* SPDX-License-Identifier: MIT */
/*
 * What a pass says of the conditions that people are told of. A condition is looked at by its
 * cause: a channel that was held and cannot be read any more is held still, as far as anybody
 * knows, and fails besides. What one cause explains is told once: what a guard holds is no drift,
 * and what fails with its whole instance is told of the instance.
 */
#pragma once

#include "config/notifier.h"
#include "reconcile/report/report.h"

typedef enum Presence {
    PRESENCE_UNKNOWN, /* the pass says nothing of it: it is as it was */
    PRESENCE_NO,
    PRESENCE_YES,
} Presence;

/* A channel's condition; `kinds` (bits) is all that this notifier tells: drift is not told again
 * for members that `missing` tells. `instance` is the channel's. */
Presence look_at_channel(NoticeKind kind, uint32_t kinds, const ChannelReport *channel,
                         const InstanceReport *instance, bool is_instance_failed);

/* A condition of the whole instance that the report is of. */
Presence look_at_instance(NoticeKind kind, const Report *report, const InstanceReport *instance);

/* What a pass has changed. */
typedef struct LookChanges {
    size_t deleted, added, corrected, disabled, enabled;
} LookChanges;

/* Adds what it has changed in a channel. Whether that is anything. */
bool look_add_changes(const ChannelReport *channel, LookChanges *changes);
