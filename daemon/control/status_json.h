/* SPDX-License-Identifier: MIT */
/* What the daemon's status consists of, as JSON: what concerns all of it, each instance, and each
 * channel as its last pass found it. */
#pragma once

#include "daemon/control/channel_ref.h"
#include "daemon/control/control_internal.h"
#include "daemon/fleet/fleet_view.h"
#include "daemon/report/list_json.h"

/* Puts what concerns the whole daemon into the object that was opened last; the time is left out of
 * what is compact. `pauses_error`: why it is not known which channels are paused; NULL: it is. The
 * view, here and below, is of the fleet, empty where there is none. */
void status_json_put_head(JsonWriter *writer, Control *control, const char *pauses_error,
                          const FleetView *view);

/* Each puts an object at the end of an array. Of a channel, the pauses are those of now, the rest
 * is the last pass's; `rows` as in report_json_put_channel(). Of an instance that is not this
 * host's nothing of a pass is told but what its owner has told the fleet, and of its channels who
 * owns them. */
void status_json_put_instance(JsonWriter *writer, const Controller *controller, size_t number,
                              const FleetView *view);
void status_json_put_channel(JsonWriter *writer, const ChannelRef *found, const StorePauses *pauses,
                             const FleetView *view, ReportRows *rows);

/* Puts "progress": how far a run is, for people; null where there is none (NULL). */
void status_json_put_progress(JsonWriter *writer, const PassRun *run);
