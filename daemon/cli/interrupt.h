/* SPDX-License-Identifier: MIT */
/* Signals that end what a command does at the service: the first stops it, and after a while, or at
 * the second, it is abandoned. */
#pragma once

#include <systemd/sd-event.h>

#include "daemon/runtime/pass_run.h"

typedef struct Interrupt {
    sd_event *event;  /* borrowed */
    Backend *backend; /* likewise */
    PassRun **run;    /* likewise; what is under way; NULL in it: nothing yet, or any more */
    char why[64];     /* the signal that stops it; "" before one */
} Interrupt;

/* SIGTERM, SIGINT and SIGHUP, which are blocked since the start of the program, are looked for from
 * here on, as long as there is the event loop; `interrupt` must stay where it is. 0, or told in
 * `err`. */
int interrupt_catch(Interrupt *interrupt, Err *err);
