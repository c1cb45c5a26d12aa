/* SPDX-License-Identifier: MIT */
/* Requests that wait until the fleet has what they say (daemon/shared). Each is answered once, also
 * when the daemon ends. */
#pragma once

#include "daemon/control/control_internal.h"
#include "daemon/shared/shared.h"

typedef struct Asked Asked;

/* Answers the request. */
typedef void (*AskedAnswer)(const Asked *asked, const SharedOutcome *outcome);

struct Asked {
    Control *control;
    Asked *next;
    ServerRequest *request;
    AskedAnswer answer;
    SharedAsking *asking;
    Arena arena; /* of what it says, which outlives a reload */
    StorePause pause;
    StorePauses replaced;
    char digest[DIGEST_HEX_SIZE];
    bool opens_window;
};

/* Begins to wait; asked_drop() where what it says cannot be begun. The pause may be NULL, and is
 * copied. 0 or -ENOMEM. */
int asked_new(Control *control, ServerRequest *request, AskedAnswer answer, const StorePause *pause,
              Asked **ret_asked, Err *err);
void asked_drop(Asked *asked);

/* For shared_pause() and the like, whose userdata is the Asked. */
void asked_on_outcome(void *userdata, const SharedOutcome *outcome);

/* Refuses all: the daemon ends. */
void asked_end_all(Control *control);
