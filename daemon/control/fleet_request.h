/* SPDX-License-Identifier: MIT */
/* Requests that wait until the fleet has what they say (daemon/shared). Each is answered once, also
 * when the daemon ends: then with what is known of it, and what is not. */
#pragma once

#include "daemon/control/control_internal.h"
#include "daemon/shared/shared.h"

typedef struct FleetRequest FleetRequest;

/* Answers the request. */
typedef void (*FleetRequestAnswer)(const FleetRequest *waiting, const SharedOutcome *outcome);

struct FleetRequest {
    Control *control;
    FleetRequest *next;
    ServerRequest *request;
    FleetRequestAnswer answer;
    const char *at_end; /* what to say where the daemon ends first */
    SharedAsking *asking;
    Arena arena; /* of what it says, which outlives a reload */
    StorePause pause;
    StorePauses replaced;
    char digest[DIGEST_HEX_SIZE];
    bool opens_window;
};

/* Begins to wait; fleet_request_drop() where what it says cannot be begun. `at_end` follows
 * "rosterd is ending: ". The pause may be NULL, and is copied. 0 or -ENOMEM. */
int fleet_request_new(Control *control, ServerRequest *request, FleetRequestAnswer answer,
                      const char *at_end, const StorePause *pause, FleetRequest **ret_waiting,
                      Err *err);
void fleet_request_drop(FleetRequest *waiting);

/* For shared_pause() and the like, whose userdata is the FleetRequest. */
void fleet_request_on_outcome(void *userdata, const SharedOutcome *outcome);

/* Refuses all: the daemon ends. */
void fleet_request_end_all(Control *control);
