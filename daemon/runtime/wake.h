/* SPDX-License-Identifier: MIT */
/* When a pass goes on by itself: at a time, or as soon as no answer is there that it could be told
 * first. Each answer asks again, mostly for the same time, so that asking must cost no system call.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>

typedef void (*WakeOnDue)(void *userdata);

typedef struct Wake {
    sd_event_source *timer;
    sd_event_source *idle; /* behind all that brings answers */
    uint64_t armed_usec;   /* when `timer` goes off; USEC_NEVER: it is off */
    bool is_due;           /* `idle` is on */
    WakeOnDue on_due;
    void *userdata;
} Wake;

/* 0, or sd-event's error; wake_done() in both cases. The Wake stays where it is. */
int wake_init(Wake *wake, sd_event *event, WakeOnDue on_due, void *userdata);
void wake_done(Wake *wake);

/* Asks for one on_due() at that monotonic time or soon after, never from within this call; replaces
 * what was asked before; USEC_NEVER: none. */
void wake_at(Wake *wake, uint64_t monotonic_usec);
