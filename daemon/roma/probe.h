/* SPDX-License-Identifier: MIT */
/* Whether a service answers at all: one request that carries no credential, for whoever looks for a
 * fault. */
#pragma once

#include <systemd/sd-event.h>

#include "config/config.h"
#include "daemon/base/err.h"

typedef struct Probe Probe;

/* Borrowed for the time of the call. */
typedef struct ProbeAnswer {
    bool has_answered;   /* in HTTP, with whatever status */
    bool is_of_proxy;    /* without: the proxy, or the way to it, failed */
    const char *message; /* likewise: why not, and what to do */
    bool has_date;       /* it tells its time: */
    uint64_t theirs_usec, ours_usec, apart_usec;
} ProbeAnswer;

typedef void (*ProbeOnAnswer)(void *userdata, const ProbeAnswer *answer);

/*
 * Asks an instance's endpoint for its root, as requests of a pass would be sent. The callback
 * follows from the event loop, once. Everything is borrowed and outlives it. Errors as
 * route_init(); -ENOMEM; sd-event's.
 */
int probe_begin(sd_event *event, const Config *config, const Instance *instance,
                ProbeOnAnswer on_answer, void *userdata, Probe **ret_probe, Err *err);

/* Ends one that is under way without its callback. Not to be called from the callback. NULL is
 * fine. */
void probe_free(Probe *probe);
DEFINE_CLEANUP(Probe, probe_free)
