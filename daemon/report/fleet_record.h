/* SPDX-License-Identifier: MIT */
/* What the owner of an instance tells the other hosts of its fleet after each pass (daemon/fleet,
 * KEYS.md): what the pass came to, in short. */
#pragma once

#include "daemon/base/buf.h"
#include "reconcile/report/report.h"

/* So many channels are named that are held or have failed; the counts are of all. */
#define FLEET_RECORD_CHANNELS_MAX 16

/* Appends the object {"pass", "ended", "roster", "result", "digest", "channels", "results": {WORD:
 * count}, "guards", "held": [{"channel", "guards"}], "failed": [{"channel", "error"}]} of one of
 * the instances of a report, by its place there; `ended_usec` is realtime. 0 or -ENOMEM. */
int fleet_record_append(const Report *report, size_t number, uint64_t ended_usec, Buf *buf);
